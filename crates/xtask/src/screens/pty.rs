//! A program on a terminal of its own: a keyboard, a window that can change its size, and a screen that is looked at.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use rustix::termios::{Winsize, tcsetwinsize};

use super::answers::Answers;
use super::keys::Key;
use super::table::Wanted;
use crate::shell;

/// Between two keys of a person who types fast.
const TYPING: Duration = Duration::from_millis(12);
/// After Esc: what follows at once would be read as one key with it.
const ESCAPE: Duration = Duration::from_millis(200);
/// A screen that has not changed for so long has come to rest.
const REST: Duration = Duration::from_millis(350);

/// What is started, and on what kind of terminal.
pub struct Start<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub args: &'a [&'a str],
    /// Where it runs.
    pub folder: &'a Path,
    /// Rows and columns.
    pub size: (u16, u16),
    /// `$TERM`.
    pub term: &'a str,
    /// `$LANG`.
    pub locale: &'a str,
}

/// A program on a terminal.
pub struct Terminal {
    child: Child,
    master: File,
    parser: vt100::Parser<Answers>,
    size: (u16, u16),
    changed: Instant,
    ended: bool,
}

impl Terminal {
    /// Starts a program. Its environment is empty but for what a terminal sets, so that every run is the same.
    pub fn start(start: &Start) -> Result<Self> {
        let pty = openpty(None, None).context("cannot open a pseudo terminal")?;
        // A program that held its own keyboard would never hear that the terminal is gone.
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).context("cannot keep the terminal")?;
        set_size(&pty.slave, start.size)?;
        let end = |fd: &OwnedFd| fd.try_clone().map(Stdio::from).context("cannot share the terminal");
        // setsid gives it the terminal for its own, so that Ctrl-C is a signal; then it becomes the program.
        let mut command = shell::command("setsid");
        command
            .arg("--ctty")
            .arg(start.program)
            .args(start.args)
            .current_dir(start.folder)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/nonexistent")
            .env("TZ", "UTC")
            .env("TERM", start.term)
            .env("LANG", start.locale)
            .stdin(end(&pty.slave)?)
            .stdout(end(&pty.slave)?)
            .stderr(end(&pty.slave)?);
        let child =
            command.spawn().with_context(|| format!("cannot start `{}`", shell::display(&command)))?;
        let (rows, columns) = start.size;
        Ok(Self {
            child,
            master: File::from(pty.master),
            parser: vt100::Parser::new_with_callbacks(rows, columns, 0, Answers::default()),
            size: start.size,
            changed: Instant::now(),
            ended: false,
        })
    }

    /// What is on the screen.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Waits until all of `wanted` is on the screen and the screen has come to rest.
    pub fn wait_for(&mut self, wanted: &[Wanted], limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            let there = wanted.iter().all(|wanted| self.shows(wanted));
            if there && (self.ended || self.changed.elapsed() >= REST) {
                return Ok(());
            }
            if self.ended {
                bail!("{wanted:?} did not come, and the program has ended; the screen:\n{}", self.framed());
            }
            if Instant::now() >= deadline {
                let what =
                    if there { "is there, but the screen never comes to rest" } else { "did not come" };
                bail!("{wanted:?} {what} within {} s; the screen:\n{}", limit.as_secs(), self.framed());
            }
            self.listen(Duration::from_millis(20))?;
        }
    }

    /// Waits until all of `wanted` is on the screen, whether or not something there still moves.
    pub fn sees(&mut self, wanted: &[Wanted], limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        while !wanted.iter().all(|wanted| self.shows(wanted)) {
            if self.ended || Instant::now() >= deadline {
                bail!("{wanted:?} did not come; the screen:\n{}", self.framed());
            }
            self.listen(Duration::from_millis(20))?;
        }
        Ok(())
    }

    /// The process that runs on it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn shows(&self, wanted: &Wanted) -> bool {
        let screen = self.screen();
        let (_, columns) = screen.size();
        match wanted {
            Wanted::Text(text) => screen.rows(0, columns).any(|row| row.contains(text)),
            // Who hides the cursor waits for nobody, wherever it drew last.
            Wanted::AtCursor(_) if screen.hide_cursor() => false,
            Wanted::AtCursor(text) => {
                let (row, column) = screen.cursor_position();
                let before = screen.rows(0, column).nth(usize::from(row)).unwrap_or_default();
                before.trim_end().ends_with(text)
            }
        }
    }

    /// Presses keys one after the other, as a person does.
    pub fn press(&mut self, keys: &[Key]) -> Result<()> {
        for key in keys {
            match key {
                Key::Size(size) => self.resize(size.unwrap_or(self.size))?,
                Key::Bytes(bytes) => {
                    self.send(bytes)?;
                    self.listen_for(if bytes == b"\x1b" { ESCAPE } else { TYPING })?;
                }
            }
        }
        // What was typed counts as a change, so that the next wait sees its effect and not the screen before.
        self.changed = Instant::now();
        Ok(())
    }

    /// Gives the window another size: rows, then columns.
    pub fn resize(&mut self, size: (u16, u16)) -> Result<()> {
        self.parser.screen_mut().set_size(size.0, size.1);
        set_size(&self.master, size)
    }

    /// Waits for the program's end.
    pub fn finish(&mut self, limit: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().context("cannot wait for the program")? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                bail!(
                    "the program does not end within {} s; the screen:\n{}",
                    limit.as_secs(),
                    self.framed()
                );
            }
            self.listen_for(Duration::from_millis(20))?;
        }
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.master.write_all(bytes).with_context(|| format!("cannot type; the screen:\n{}", self.framed()))
    }

    fn listen_for(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            if self.ended {
                std::thread::sleep(left);
            }
            self.listen(left)?;
        }
        Ok(())
    }

    /// Reads what comes within `time`, once, and answers what a terminal is asked.
    fn listen(&mut self, time: Duration) -> Result<()> {
        let timeout = PollTimeout::try_from(time.max(Duration::from_millis(1))).unwrap_or(PollTimeout::MAX);
        let mut ends = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ends, timeout) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error).context("cannot wait for the terminal"),
        }
        let mut buffer = [0; 4096];
        let count = match self.master.read(&mut buffer) {
            Ok(0) => return self.end(),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            // Linux says so when the last program has closed its end.
            Err(error) if error.raw_os_error() == Some(nix::libc::EIO) => return self.end(),
            Err(error) => return Err(error).context("cannot read the terminal"),
        };
        let before = self.screen().contents_formatted();
        self.parser.process(&buffer[..count]);
        if self.screen().contents_formatted() != before {
            self.changed = Instant::now();
        }
        let answers = self.parser.callbacks_mut().take();
        if answers.is_empty() { Ok(()) } else { self.send(&answers) }
    }

    fn end(&mut self) -> Result<()> {
        self.ended = true;
        Ok(())
    }

    /// The screen in a frame, for an error.
    fn framed(&self) -> String {
        let (_, columns) = self.screen().size();
        let width = usize::from(columns);
        let edge = format!("+{}+", "-".repeat(width));
        let rows = self.screen().rows(0, columns).map(|row| format!("|{row:<width$}|"));
        std::iter::once(edge.clone()).chain(rows).chain([edge]).collect::<Vec<_>>().join("\n")
    }
}

/// Nothing is left running, whatever went wrong.
impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn set_size(fd: impl std::os::fd::AsFd, (rows, columns): (u16, u16)) -> Result<()> {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(fd, size).context("cannot set the size of the terminal")
}

#[cfg(test)]
#[path = "pty_tests.rs"]
mod tests;
