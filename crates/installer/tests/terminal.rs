//! The program on a real terminal (a pty): what is typed at a hidden prompt is never shown, bars end as they must,
//! Ctrl-C, Ctrl-D and SIGTERM are heard.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The program with a keyboard and a screen.
struct Terminal {
    child: Child,
    keyboard: File,
    bytes: Arc<Mutex<Vec<u8>>>,
    seen: usize,
}

impl Terminal {
    fn start(term: &str, locale: &str) -> Self {
        let size = Winsize { ws_row: 50, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        // A program that held its own keyboard would never hear that the terminal is gone.
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        let machine =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/machines/two-disks.json");
        let end = |fd: &OwnedFd| Stdio::from(fd.try_clone().unwrap());
        // setsid makes the pty the controlling terminal, so that Ctrl-C is a signal; then it becomes the program.
        #[allow(clippy::disallowed_methods)]
        let child = std::process::Command::new("setsid")
            .args(["--ctty", env!("CARGO_BIN_EXE_levitate-installer"), "--line", "--machine"])
            .arg(machine)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", term)
            .env("LANG", locale)
            .stdin(end(&pty.slave))
            .stdout(end(&pty.slave))
            .stderr(end(&pty.slave))
            .spawn()
            .unwrap();
        drop(pty.slave);
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let mut screen = File::from(pty.master.try_clone().unwrap());
        let sink = Arc::clone(&bytes);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                sink.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Self { child, keyboard: File::from(pty.master), bytes, seen: 0 }
    }

    /// Everything since the last `type_line`, as bytes came.
    fn raw(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// All lines, as a terminal shows them.
    fn screen(&self) -> String {
        let mut parser = vt100::Parser::new(400, 100, 0);
        parser.process(&self.bytes.lock().unwrap());
        parser.screen().contents()
    }

    /// Waits until `text` is on the screen after what was waited for before.
    fn wait(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            let screen = self.screen();
            let rest = screen.get(self.seen..).unwrap_or_default();
            if let Some(at) = rest.find(text) {
                self.seen += at + text.len();
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{text:?} did not come:\n{}", self.screen());
    }

    fn key(&mut self, keys: &str) {
        // A person needs a moment, and what is typed before a question is not taken for its answer.
        std::thread::sleep(Duration::from_millis(150));
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    fn answer(&mut self, prompt: &str, keys: &str) {
        self.wait(prompt);
        self.key(&format!("{keys}\r"));
    }

    fn status(&mut self) -> i32 {
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not end:\n{}", self.screen());
    }
}

/// A test that fails leaves nothing running.
impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn install(term: &str, locale: &str, cell: &str) {
    let mut terminal = Terminal::start(term, locale);
    terminal.wait("touched.");
    terminal.answer("> ", "install on the ssd, whole disk, encrypted");
    terminal.answer("Proceed? [y/n] > ", "y");
    terminal.answer("  Enter encryption passphrase: ", "hunter2-\u{e4}");
    terminal.answer("  Confirm: ", "hunter2-\u{e4}");
    terminal.wait(&format!("Copying system... [{}] 100%\n", cell.repeat(20)));
    terminal.wait("Generating fstab... done");
    terminal.answer("> ", "create user vince with sudo");
    terminal.answer("Set password for vince: ", "hunter3");
    terminal.answer("Confirm: ", "hunter3");
    terminal.answer("\n> ", "exit without reboot");
    let screen = terminal.screen();
    assert!(screen.contains("  Enter encryption passphrase: *********\n  Confirm: *********\n"), "{screen}");
    assert!(!terminal.raw().contains("hunter"), "a secret was shown:\n{screen}");
    // No boot loader: it says so and may ask; leave in any case.
    std::thread::sleep(Duration::from_millis(500));
    terminal.key("y\r");
    let raw = Arc::clone(&terminal.bytes);
    let status = terminal.status();
    assert_eq!(status, 0, "{}", String::from_utf8_lossy(&raw.lock().unwrap()));
}

#[test]
fn secrets_are_stars_on_a_modern_terminal() {
    install("xterm-256color", "C.UTF-8", "█");
}

#[test]
fn secrets_are_stars_on_a_serial_line() {
    install("vt220", "C.UTF-8", "#");
}

#[test]
fn secrets_are_stars_where_nothing_can_be_drawn() {
    let mut terminal = Terminal::start("dumb", "C");
    terminal.wait("touched.");
    terminal.answer("> ", "use the whole ssd, encrypted");
    terminal.answer("Proceed? [y/n] > ", "y");
    terminal.answer("  Enter encryption passphrase: ", "hunter2");
    terminal.answer("  Confirm: ", "hunter2");
    terminal.wait("Copying system... 100%\n");
    assert!(!terminal.raw().contains("hunter"));
    assert!(!terminal.raw().contains('\u{1b}'), "{:?}", terminal.raw());
}

#[test]
fn ctrl_c_stops_what_runs_and_ctrl_d_asks() {
    let mut terminal = Terminal::start("xterm", "C.UTF-8");
    terminal.wait("touched.");
    terminal.answer("> ", "use the whole ssd");
    terminal.answer("Proceed? [y/n] > ", "y");
    terminal.wait("Copying system");
    terminal.key("\u{3}");
    terminal.wait("Stopping…");
    terminal.wait("\n> ");
    terminal.key("abc\u{3}");
    terminal.wait("To leave");
    terminal.wait("\n> ");
    terminal.key("\u{4}");
    terminal.answer("Leave the installer? [y/n] > ", "n");
    terminal.wait("> ");
    terminal.key("\u{4}");
    terminal.answer("Leave the installer? [y/n] > ", "y");
    assert_eq!(terminal.status(), 3);
}

#[test]
fn sigterm_takes_back_and_ends() {
    let mut terminal = Terminal::start("xterm", "C.UTF-8");
    terminal.wait("touched.");
    terminal.answer("> ", "use the whole ssd");
    terminal.answer("Proceed? [y/n] > ", "y");
    terminal.wait("Copying system");
    kill(Pid::from_raw(terminal.child.id().cast_signed()), Signal::SIGTERM).unwrap();
    terminal.wait("Stopping…");
    assert_eq!(terminal.status(), 3);
}
