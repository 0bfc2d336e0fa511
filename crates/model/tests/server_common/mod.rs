//! What the tests of the server share.
#![allow(dead_code, reason = "not every test file needs all of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use levitate_model::{Cancel, EngineError, Server, ServerOptions};

/// A file beside the tests.
pub fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// A Python with these packages, or `None`, loudly.
pub fn python(packages: &[&str]) -> Option<PathBuf> {
    let python = std::env::var_os("LEVITATE_TEST_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let check =
        "import importlib.util, sys; sys.exit(any(not importlib.util.find_spec(p) for p in sys.argv[1:]))";
    let has =
        program(&python).args(["-c", check]).args(packages).status().is_ok_and(|status| status.success());
    if has {
        return Some(python);
    }
    let said = format!("{} is no Python with {packages:?}", python.display());
    assert!(std::env::var_os("LEVITATE_REQUIRE_PYTHON").is_none(), "{said}");
    // Not `eprintln!`, which is shown for failed tests only.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {said} (LEVITATE_TEST_PYTHON names one for tests)");
    None
}

/// A program that a test runs.
pub fn program(path: &Path) -> Command {
    #[allow(clippy::disallowed_methods, reason = "tests start what they test")]
    Command::new(path)
}

/// Options for a pretended model.
pub fn fake(model: &str) -> Option<ServerOptions> {
    let mut options = ServerOptions::new(model);
    options.python = python(&[])?;
    options.script = Some(beside("fake_server.py"));
    options.port = 0;
    Some(options)
}

/// Starts and forgets the progress.
pub fn start(options: &ServerOptions) -> Result<Server, EngineError> {
    Server::start(options, &Cancel::default(), &mut |_| {})
}

/// True while there is such a process (one that ended and waits for its parent does not count).
pub fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

/// Waits until a process is gone.
pub fn ends(pid: u32, most: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < most {
        if !runs(pid) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The server with a token that the test knows, to be asked byte by byte.
pub struct Raw {
    child: Child,
    pub port: u16,
}

pub const TOKEN: &str = "0123456789abcdef0123";

impl Raw {
    /// With a pretended model.
    pub fn start(python: &Path, model: &str) -> Self {
        let mut child = program(python)
            .arg(beside("fake_server.py"))
            .args([&format!("--model={model}"), "--port=0"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{TOKEN}").unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let said = lines.find(|line| line.starts_with("@levitate")).unwrap();
        let port = said.split(|c: char| !c.is_ascii_digit()).find_map(|digits| digits.parse().ok()).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn close_stdin(&mut self) {
        self.child.stdin = None;
    }

    /// Sends a head without its end, and a body; returns the whole answer. `PORT` stands for the port.
    pub fn ask(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = head.replace('\n', "\r\n").replace("PORT", &self.port.to_string());
        write!(stream, "{head}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
