//! A program on a terminal of its own (a pty): a keyboard, a window, and every byte that it writes.
// Each test program uses a part of it.
#![allow(dead_code, unused_imports)]

mod given_back;

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

pub use given_back::{assert_given_back, assert_screen_is_gone};

/// How long anything may take on a machine that builds beside it.
const LIMIT: Duration = Duration::from_secs(30);

/// What is started, and on what kind of terminal.
pub struct Start<'a> {
    /// The program.
    pub program: &'a str,
    /// Its arguments.
    pub args: &'a [&'a str],
    /// `$TERM`.
    pub term: &'a str,
    /// `$LANG`.
    pub locale: &'a str,
    /// More of the environment.
    pub env: &'a [(&'a str, &'a str)],
    /// Rows and columns; 0 × 0 is a serial line.
    pub size: (u16, u16),
    /// The far corner, for a terminal that tells it when asked.
    pub corner: Option<(u16, u16)>,
}

impl Default for Start<'_> {
    fn default() -> Self {
        Self {
            program: "",
            args: &[],
            term: "xterm-256color",
            locale: "C.UTF-8",
            env: &[],
            size: (24, 80),
            corner: None,
        }
    }
}

/// The file that describes a computer with two disks.
pub fn two_disks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/machines/two-disks.json")
}

/// What came from the program.
struct Seen {
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

/// A program with a keyboard and a screen.
pub struct Terminal {
    child: Child,
    keyboard: Option<File>,
    seen: Arc<Mutex<Seen>>,
    reader: Option<JoinHandle<()>>,
    closing: Arc<AtomicBool>,
    columns: u16,
    /// Bytes of the lines that were waited for.
    passed: usize,
    /// When it was started.
    pub started: Instant,
    /// The terminal's settings before the start.
    pub before: Termios,
}

impl Terminal {
    /// Starts a program.
    pub fn start(start: &Start<'_>) -> Self {
        let (rows, columns) = start.size;
        let pty = openpty(Some(&window(rows, columns)), None).unwrap();
        // A program that held its own keyboard would never hear that the terminal is gone.
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        let before = tcgetattr(&pty.slave).unwrap();
        let end = |fd: &OwnedFd| Stdio::from(fd.try_clone().unwrap());
        // setsid makes the pty the controlling terminal, so that Ctrl-C is a signal; then it becomes the program.
        #[allow(clippy::disallowed_methods)]
        let mut command = std::process::Command::new("setsid");
        command.arg("--ctty").arg(start.program).args(start.args).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("TERM", start.term).env("LANG", start.locale);
        command.envs(start.env.iter().copied());
        command.stdin(end(&pty.slave)).stdout(end(&pty.slave)).stderr(end(&pty.slave));
        let started = Instant::now();
        let child = command.spawn().unwrap();
        drop((command, pty.slave));
        // Of a serial line the test decides what is drawn where.
        let (rows, columns) = if rows == 0 { (24, 80) } else { (rows, columns) };
        let screen = vt100::Parser::new(rows, columns, 0);
        let seen = Arc::new(Mutex::new(Seen { bytes: Vec::new(), screen }));
        let closing = Arc::new(AtomicBool::new(false));
        let master = File::from(pty.master);
        let reader = {
            let (screen, seen, closing) =
                (master.try_clone().unwrap(), Arc::clone(&seen), Arc::clone(&closing));
            let corner = start.corner;
            std::thread::spawn(move || listen(screen, &seen, &closing, corner))
        };
        Self {
            child,
            keyboard: Some(master),
            seen,
            reader: Some(reader),
            closing,
            columns,
            passed: 0,
            started,
            before,
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn keyboard(&self) -> &File {
        self.keyboard.as_ref().unwrap()
    }

    /// Every byte that came.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen().bytes.clone()
    }

    /// Every byte that came, as text.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.seen().bytes).into_owned()
    }

    /// What the window shows now.
    pub fn window(&self) -> vt100::Screen {
        self.seen().screen.screen().clone()
    }

    /// All lines that were printed, also those that a window would have lost.
    pub fn lines(&self) -> String {
        let mut parser = vt100::Parser::new(400, self.columns, 0);
        parser.process(&self.seen().bytes);
        parser.screen().contents()
    }

    /// Waits until `text` is among the lines, after what was waited for before.
    pub fn wait(&mut self, text: &str) {
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            let lines = self.lines();
            if let Some(at) = lines.get(self.passed..).unwrap_or_default().find(text) {
                self.passed += at + text.len();
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{text:?} did not come:\n{}", self.lines());
    }

    /// Waits until the window is as wanted; gives it.
    pub fn until(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> vt100::Screen {
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            let window = self.window();
            if wanted(&window) {
                return window;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{what} did not come:\n{}", self.window().contents());
    }

    /// Waits until `text` is in the window.
    pub fn shows(&self, text: &str) -> vt100::Screen {
        self.until(&format!("{text:?}"), |window| window.contents().contains(text))
    }

    /// Types, after a moment as a person needs one: what is typed before a question is not taken for its answer.
    pub fn key(&self, keys: &str) {
        std::thread::sleep(Duration::from_millis(150));
        self.type_now(keys);
    }

    /// Types at once.
    pub fn type_now(&self, keys: &str) {
        self.keyboard().write_all(keys.as_bytes()).unwrap();
    }

    /// Answers a question of line mode.
    pub fn answer(&mut self, prompt: &str, keys: &str) {
        self.wait(prompt);
        self.key(&format!("{keys}\r"));
    }

    /// Gives the window another size.
    pub fn resize(&self, rows: u16, columns: u16) {
        self.resize_seen(rows, columns);
        let size = rustix::termios::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(self.keyboard(), size).unwrap();
    }

    /// Looks at what comes as in a window of this size; the program is not told.
    pub fn resize_seen(&self, rows: u16, columns: u16) {
        self.seen().screen.screen_mut().set_size(rows, columns);
    }

    /// The terminal's settings now.
    pub fn settings(&self) -> Termios {
        tcgetattr(self.keyboard()).unwrap()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// The person's end is gone, as when a connection breaks.
    pub fn hang_up(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        self.reader.take().map(JoinHandle::join);
        self.keyboard = None;
    }

    /// Waits for the program's end, and for its last words; gives its exit status.
    pub fn status(&mut self) -> i32 {
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                // The last bytes are still on their way.
                std::thread::sleep(Duration::from_millis(100));
                return status.code().unwrap_or(-1);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not end:\n{}", self.window().contents());
    }
}

/// A test that fails leaves nothing running.
impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.closing.store(true, Ordering::SeqCst);
    }
}

/// Takes what the program writes, and answers where it asks for the cursor.
fn listen(mut screen: File, seen: &Mutex<Seen>, closing: &AtomicBool, corner: Option<(u16, u16)>) {
    let mut buffer = [0; 4096];
    while !closing.load(Ordering::SeqCst) {
        let mut ends = [PollFd::new(screen.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ends, PollTimeout::from(50_u8)) {
            Ok(1..) => {}
            _ => continue,
        }
        let Ok(count @ 1..) = screen.read(&mut buffer) else { return };
        let bytes = &buffer[..count];
        if let (Some((row, column)), true) = (corner, bytes.windows(4).any(|four| four == b"\x1b[6n")) {
            write!(screen, "\x1b[{row};{column}R").unwrap();
        }
        let mut seen = seen.lock().unwrap();
        seen.bytes.extend_from_slice(bytes);
        seen.screen.process(bytes);
    }
}

fn window(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}
