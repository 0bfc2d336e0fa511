//! Runs a program to its end: never a shell, never a full pipe, never an inherited environment.
//!
//! Two threads read stdout and stderr, a third feeds stdin, and the caller's thread waits for all of them, so a
//! program that fills one pipe while we look at another cannot hang. The program leads its own process group:
//! the terminal's Ctrl-C reaches us alone, and a stop reaches its children too.

use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use secrecy::{ExposeSecret, SecretString};

use super::files;
use crate::sys::{Cancel, Cmd, Output, SysError, Tick};

/// The whole environment of a program, before [`Cmd::env`].
const ENVIRONMENT: [(&str, &str); 3] = [
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("LC_ALL", "C"),
    ("DEBIAN_FRONTEND", "noninteractive"),
];
const STDOUT_KEPT: usize = 1 << 20;
const STDERR_KEPT: usize = 64 << 10;
const LINE_KEPT: usize = 64 << 10;
/// How often cancelling and the end of the program are looked at.
const TURN: Duration = Duration::from_millis(50);
const WATCH_EVERY: Duration = Duration::from_millis(250);
/// From SIGTERM to SIGKILL.
const GRACE: Duration = Duration::from_secs(5);
/// From SIGKILL to giving up on a program that hangs in the kernel (a vanished disk).
const STUCK: Duration = Duration::from_secs(30);
/// How long output is awaited after the end, where a background child still holds the pipe.
const LINGER: Duration = Duration::from_secs(1);

/// Runs a program; see [`crate::sys::System::run`]. With a `limit` it is ended when that has passed.
pub(super) fn run(
    cmd: &Cmd,
    cancel: &Cancel,
    limit: Option<Duration>,
    on_tick: &mut dyn FnMut(Tick<'_>),
) -> Result<Output, SysError> {
    if cancel.requested() {
        return Err(SysError::Cancelled);
    }
    let started = Instant::now();
    let (mut running, heard) = Running::start(cmd)?;
    let mut kept = Kept::default();
    let result = follow(&mut running, &heard, &mut kept, cmd, &Ends { cancel, limit }, on_tick);
    let took = started.elapsed().as_millis();
    let ended = match result {
        Ok(ended) => ended,
        Err(error) => {
            tracing::debug!(argv = %cmd, %error, took, "program stopped");
            return Err(error);
        }
    };
    tracing::debug!(argv = %cmd, status = ?ended.code(), took, "program ended");
    judge(cmd, ended, kept)
}

/// What may end a program before its time.
struct Ends<'a> {
    cancel: &'a Cancel,
    limit: Option<Duration>,
}

/// Why a program is being stopped.
#[derive(Clone, Copy)]
enum Why {
    Cancelled,
    TooLong(Duration),
}

fn follow(
    running: &mut Running,
    heard: &Receiver<Heard>,
    kept: &mut Kept,
    cmd: &Cmd,
    ends: &Ends<'_>,
    on_tick: &mut dyn FnMut(Tick<'_>),
) -> Result<ExitStatus, SysError> {
    let started = Instant::now();
    let mut watched = None;
    let mut stop: Option<(Instant, Why, bool)> = None;
    let mut exited: Option<Instant> = None;
    let mut open = 2;
    loop {
        match heard.recv_timeout(TURN) {
            Ok(Heard::Out(bytes)) => kept.out(&bytes, &mut |line| on_tick(Tick::Line(line))),
            Ok(Heard::Err(bytes)) => kept.err(&bytes),
            Ok(Heard::End) => open -= 1,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                open = 0;
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let status = running.try_wait(cmd)?;
        if status.is_some() && exited.is_none() {
            exited = Some(Instant::now());
        }
        if let (Some(status), Some(at)) = (status, exited)
            && (open <= 0 || at.elapsed() > LINGER)
        {
            kept.end(&mut |line| on_tick(Tick::Line(line)));
            return match stop {
                Some((_, why, _)) => {
                    // It has ended; children of its that did not listen must not go on writing.
                    running.signal(Signal::SIGKILL);
                    Err(why.error(cmd))
                }
                None => Ok(status),
            };
        }
        if exited.is_none() {
            stop = press(running, cmd, ends, stop, started)?;
        }
        if let Some(path) = &cmd.watch
            && watched.is_none_or(|at: Instant| at.elapsed() >= WATCH_EVERY)
        {
            watched = Some(Instant::now());
            if let Ok(usage) = files::usage(path) {
                on_tick(Tick::Used(usage.used));
            }
        }
    }
}

/// Asks the program to stop where it should, and insists where it does not.
fn press(
    running: &Running,
    cmd: &Cmd,
    ends: &Ends<'_>,
    stop: Option<(Instant, Why, bool)>,
    started: Instant,
) -> Result<Option<(Instant, Why, bool)>, SysError> {
    match stop {
        None => {
            let why = if ends.cancel.requested() {
                Why::Cancelled
            } else if let Some(limit) = ends.limit.filter(|limit| started.elapsed() > *limit) {
                Why::TooLong(limit)
            } else {
                return Ok(None);
            };
            running.signal(Signal::SIGTERM);
            Ok(Some((Instant::now(), why, false)))
        }
        Some((at, why, false)) if at.elapsed() > GRACE => {
            running.signal(Signal::SIGKILL);
            Ok(Some((at, why, true)))
        }
        Some((at, _, true)) if at.elapsed() > GRACE + STUCK => {
            Err(SysError::other(format!("stopping {cmd}"), "it hangs in the kernel and cannot be ended"))
        }
        stop => Ok(stop),
    }
}

impl Why {
    fn error(self, cmd: &Cmd) -> SysError {
        match self {
            Self::Cancelled => SysError::Cancelled,
            Self::TooLong(limit) => SysError::Failed {
                argv: cmd.to_string(),
                status: None,
                stderr: format!("no answer within {} seconds", limit.as_secs()),
            },
        }
    }
}

/// The end of a program, as success or as an error that says what it said.
fn judge(cmd: &Cmd, ended: ExitStatus, kept: Kept) -> Result<Output, SysError> {
    let stdout = String::from_utf8_lossy(&kept.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&kept.stderr).into_owned();
    if let Some(status) = ended.code().filter(|status| cmd.ok.contains(status)) {
        return Ok(Output { status, stdout, stderr });
    }
    // chroot(1) says 127 where the program is missing in the new root.
    if cmd.root.is_some() && ended.code() == Some(127) && stderr.starts_with("chroot: failed to run") {
        return Err(SysError::Missing(cmd.argv.first().cloned().unwrap_or_default()));
    }
    let said = if stderr.trim().is_empty() { &stdout } else { &stderr };
    let mut last = last_lines(said, 5);
    if let Some(signal) = ended.signal() {
        last = format!("ended by signal {signal}{}{last}", if last.is_empty() { "" } else { ": " });
    }
    Err(SysError::Failed {
        argv: cmd.to_string(),
        status: ended.code(),
        stderr: hide(last, cmd.stdin.as_ref()),
    })
}

/// The last lines that say something, without control characters.
fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<String> = text
        .split(['\n', '\r'])
        .map(|line| line.chars().filter(|c| !c.is_control()).take(300).collect::<String>())
        .filter(|line| !line.trim().is_empty())
        .collect();
    let from = lines.len().saturating_sub(count);
    lines.get(from..).unwrap_or_default().join("\n")
}

/// A program that repeats what it was given must not carry a secret into a log.
fn hide(text: String, secret: Option<&SecretString>) -> String {
    let Some(secret) = secret else { return text };
    secret
        .expose_secret()
        .split(['\n', ':'])
        .filter(|word| word.len() >= 4)
        .fold(text, |text, word| text.replace(word, "********"))
}

enum Heard {
    Out(Vec<u8>),
    Err(Vec<u8>),
    End,
}

/// A program that is ended, with its children, when we leave early (a panic in the listener).
struct Running {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Running {
    fn start(cmd: &Cmd) -> Result<(Self, Receiver<Heard>), SysError> {
        let mut argv: Vec<&std::ffi::OsStr> = Vec::new();
        if let Some(root) = &cmd.root {
            argv.extend(["chroot".as_ref(), root.as_os_str()]);
        }
        argv.extend(cmd.argv.iter().map(std::ffi::OsStr::new));
        let Some((program, arguments)) = argv.split_first() else {
            return Err(SysError::other("running a program", "none was named"));
        };
        // The one place that runs programs (clippy.toml).
        #[allow(clippy::disallowed_methods)]
        let mut command = std::process::Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(ENVIRONMENT)
            .envs(cmd.env.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .process_group(0)
            .stdin(if cmd.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SysError::Missing(program.to_string_lossy().into_owned()),
            _ => SysError::io(format!("starting {cmd}"), &error),
        })?;
        // Bounded, so that a program that talks faster than we listen waits instead of filling memory.
        let (tell, heard) = sync_channel(256);
        if let Some(pipe) = child.stdout.take() {
            listen(pipe, tell.clone(), Heard::Out);
        }
        if let Some(pipe) = child.stderr.take() {
            listen(pipe, tell, Heard::Err);
        }
        if let (Some(mut pipe), Some(secret)) = (child.stdin.take(), cmd.stdin.clone()) {
            // A program may end without reading: a broken pipe is its own affair.
            std::thread::spawn(move || {
                let _ = pipe.write_all(secret.expose_secret().as_bytes());
            });
        }
        Ok((Self { child, ended: None }, heard))
    }

    fn try_wait(&mut self, cmd: &Cmd) -> Result<Option<ExitStatus>, SysError> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().map_err(|e| SysError::io(format!("waiting for {cmd}"), &e))?;
        }
        Ok(self.ended)
    }

    fn signal(&self, signal: Signal) {
        // Its group may be gone already.
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = killpg(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.is_none() {
            self.signal(Signal::SIGKILL);
            let _ = self.child.try_wait();
        }
    }
}

fn listen(mut pipe: impl Read + Send + 'static, tell: SyncSender<Heard>, as_what: fn(Vec<u8>) -> Heard) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        loop {
            match pipe.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                Ok(n) => {
                    if tell.send(as_what(buffer.get(..n).unwrap_or_default().to_vec())).is_err() {
                        return;
                    }
                }
            }
        }
        let _ = tell.send(Heard::End);
    });
}

/// What is kept of the output: the first of stdout, the last of stderr.
#[derive(Default)]
struct Kept {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    line: Vec<u8>,
    after_return: bool,
}

impl Kept {
    fn out(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&str)) {
        let room = STDOUT_KEPT.saturating_sub(self.stdout.len()).min(bytes.len());
        self.stdout.extend_from_slice(bytes.get(..room).unwrap_or_default());
        for &byte in bytes {
            // Progress bars end their lines with \r; \r\n is one end.
            let second = self.after_return && byte == b'\n';
            self.after_return = byte == b'\r';
            match byte {
                _ if second => {}
                b'\n' | b'\r' => self.flush(on_line),
                _ => {
                    self.line.push(byte);
                    if self.line.len() >= LINE_KEPT {
                        self.flush(on_line);
                    }
                }
            }
        }
    }

    fn err(&mut self, bytes: &[u8]) {
        self.stderr.extend_from_slice(bytes);
        if self.stderr.len() > 2 * STDERR_KEPT {
            self.trim();
        }
    }

    fn trim(&mut self) {
        let surplus = self.stderr.len().saturating_sub(STDERR_KEPT);
        self.stderr.drain(..surplus);
    }

    fn flush(&mut self, on_line: &mut dyn FnMut(&str)) {
        on_line(&String::from_utf8_lossy(&self.line));
        self.line.clear();
    }

    fn end(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.line.is_empty() {
            self.flush(on_line);
        }
        self.trim();
    }
}

#[cfg(test)]
mod tests;
