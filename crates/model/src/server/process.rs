//! The server's process: started, listened to, stopped.
//!
//! It ends with its stdin, which this process holds open: however this one ends, the server does too. It learns the
//! token there as well, where no other user can read it.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::Deserialize;

use super::ServerError;
use crate::Cancel;

/// The server's program, carried along so that there is no file to look for or to tamper with.
const PROGRAM: &str = include_str!("../../../installer/python/llm_server.py");
/// Reads a program from stdin and runs it; what follows on stdin is the program's. The current folder is no place
/// to take modules from.
const BOOT: &str = "import sys; sys.path[:] = [p for p in sys.path if p]; \
    exec(compile(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())), 'llm_server.py', 'exec'))";
/// What the server may know of this process' environment: where programs, packages and models are.
const KEPT: [&str; 13] = [
    "PATH", "HOME", "USER", "LANG", "TMPDIR", "VIRTUAL_ENV", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME",
    "HF_ENDPOINT", "HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE",
];
/// Lines of the server that are meant for this program begin so.
const EVENT: &str = "@levitate ";
/// Longest line that is kept, in bytes, and how many of the last ones are.
const LINE: usize = 2000;
const LAST: usize = 6;
/// How often it is looked whether the server still runs.
const TURN: Duration = Duration::from_millis(50);
/// From SIGTERM to SIGKILL, and from there to giving up on a process that hangs in the kernel.
const GRACE: Duration = Duration::from_secs(3);
const STUCK: Duration = Duration::from_secs(2);

/// What the server says to this program.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    /// It has the port, and answers.
    Listening { port: u16 },
    /// It ends, for this reason.
    Fatal {
        kind: String,
        message: String,
        #[serde(default)]
        packages: Vec<String>,
    },
}

/// The server's process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    ended: Option<ExitStatus>,
    /// Holds stdin open once everything is written to it.
    stdin: Option<JoinHandle<Option<ChildStdin>>>,
    events: Receiver<Event>,
    last: Arc<Mutex<VecDeque<String>>>,
}

impl Process {
    /// Starts `python` with the server's program, or with `script` in its place.
    pub fn start(
        python: &Path,
        script: Option<&Path>,
        arguments: &[String],
        token: &str,
    ) -> Result<Self, ServerError> {
        // A long-lived child that a library talks to over a socket, and that must end with this process, is not what
        // sys::real runs; it gets an argv without a shell and a small environment all the same.
        #[allow(clippy::disallowed_methods, reason = "the model server, see above; it never touches a disk")]
        let mut command = std::process::Command::new(python);
        let mut input = Vec::new();
        match script {
            Some(path) => drop(command.arg(path)),
            None => {
                command.args(["-c", BOOT]);
                input.extend(format!("{}\n{PROGRAM}", PROGRAM.len()).bytes());
            }
        }
        input.extend(format!("{token}\n").bytes());
        command
            .args(arguments)
            .env_clear()
            .envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs([("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONSAFEPATH", "1"), ("PYTHONUTF8", "1")])
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| ServerError::Python {
            python: python.to_owned(),
            problem: if error.kind() == std::io::ErrorKind::NotFound {
                "there is no such program".into()
            } else {
                error.to_string()
            },
        })?;
        let stdin = child.stdin.take().map(|mut pipe| {
            std::thread::spawn(move || {
                // A server that ended says so itself.
                pipe.write_all(&input).and_then(|()| pipe.flush()).ok().map(|()| pipe)
            })
        });
        let (tell, events) = channel();
        let last = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(pipe) = child.stdout.take() {
            listen(pipe, tell.clone(), Arc::clone(&last));
        }
        if let Some(pipe) = child.stderr.take() {
            listen(pipe, tell, Arc::clone(&last));
        }
        Ok(Self { child, ended: None, stdin, events, last })
    }

    /// Waits until the server has its port, which is returned.
    pub fn listening(&mut self, python: &Path, cancel: &Cancel) -> Result<Option<u16>, ServerError> {
        loop {
            if cancel.requested() {
                return Ok(None);
            }
            match self.events.recv_timeout(TURN) {
                Ok(Event::Listening { port }) => return Ok(Some(port)),
                Ok(Event::Fatal { kind, message, packages }) => {
                    return Err(match kind.as_str() {
                        "packages" => ServerError::Packages { python: python.to_owned(), packages },
                        "port" => ServerError::Port(message),
                        "model" => ServerError::Model(message),
                        _ => ServerError::Odd(message),
                    });
                }
                Err(RecvTimeoutError::Timeout) => self.check()?,
                Err(RecvTimeoutError::Disconnected) => {
                    // Both pipes are closed: it ends now, or is no server.
                    self.wait(GRACE);
                    self.check()?;
                    return Err(ServerError::Odd("it closed its output".into()));
                }
            }
        }
    }

    /// Whether it still runs.
    pub fn check(&mut self) -> Result<(), ServerError> {
        self.wait(Duration::ZERO);
        let Some(status) = self.ended else { return Ok(()) };
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        Err(ServerError::Ended { status: status.to_string(), last: last.iter().cloned().collect() })
    }

    /// The same, where its connection broke: its end may be a moment away.
    pub fn check_again(&mut self) -> Result<(), ServerError> {
        self.wait(Duration::from_millis(500));
        self.check()
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self, most: Duration) {
        let start = Instant::now();
        while self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
            if self.ended.is_some() || start.elapsed() >= most {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, signal: Signal) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // Its group may be gone already.
            let _ = killpg(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.wait(Duration::ZERO);
        if self.ended.is_none() {
            self.signal(Signal::SIGTERM);
            self.stdin = None;
            self.wait(GRACE);
        }
        if self.ended.is_none() {
            tracing::warn!(pid = self.id(), "the model server did not end when asked to");
            self.signal(Signal::SIGKILL);
            self.wait(STUCK);
        }
        tracing::debug!(status = ?self.ended, "model server stopped");
    }
}

/// Reads a pipe to its end on a thread of its own, so that the server never waits for a reader.
fn listen(mut pipe: impl Read + Send + 'static, tell: Sender<Event>, last: Arc<Mutex<VecDeque<String>>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        let mut line = Vec::new();
        loop {
            let read = match pipe.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Ok(0) | Err(_) => break,
                Ok(read) => read,
            };
            for &byte in buffer.get(..read).unwrap_or_default() {
                if byte == b'\n' || byte == b'\r' {
                    hear(&line, &tell, &last);
                    line.clear();
                } else if line.len() < LINE {
                    line.push(byte);
                }
            }
        }
        hear(&line, &tell, &last);
    });
}

fn hear(line: &[u8], tell: &Sender<Event>, last: &Mutex<VecDeque<String>>) {
    let text = String::from_utf8_lossy(line);
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    if let Some(event) = text.strip_prefix(EVENT).and_then(|json| serde_json::from_str(json).ok()) {
        // Nobody may listen any more.
        let _ = tell.send(event);
        return;
    }
    tracing::debug!(target: "model_server", "{text}");
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if last.len() == LAST {
        last.pop_front();
    }
    last.push_back(text.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_from_the_log() {
        let (tell, events) = channel();
        let last = Arc::new(Mutex::new(VecDeque::new()));
        let said =
            "starting\n@levitate {\"event\":\"listening\",\"port\":81}\n 10%|\r 20%|\r\n\n@levitate {\n"
                .to_owned()
                + "@levitate {\"event\":\"fatal\",\"kind\":\"port\",\"message\":\"m\"}\n"
                + &"x".repeat(3 * LINE);
        listen(std::io::Cursor::new(said), tell, Arc::clone(&last));
        assert_eq!(events.recv().unwrap(), Event::Listening { port: 81 });
        let fatal = Event::Fatal { kind: "port".into(), message: "m".into(), packages: vec![] };
        assert_eq!(events.recv().unwrap(), fatal);
        assert!(events.recv().is_err());
        let last = last.lock().unwrap();
        let lengths: Vec<usize> = last.iter().map(String::len).collect();
        assert_eq!(lengths, [8, 4, 4, 11, LINE]);
    }
}
