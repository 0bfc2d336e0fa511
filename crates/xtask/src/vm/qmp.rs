//! QEMU's control socket: what ended the guest, pulling a disk out, going on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// Why a guest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The guest wants to start again.
    Reboot,
    /// The guest switched itself off.
    PowerOff,
    /// Someone outside ended it.
    Quit,
}

/// A control connection. A thread reads what QEMU says and keeps how the guest ended.
pub struct Qmp {
    stream: UnixStream,
    end: Arc<Mutex<Option<End>>>,
    reader: Option<JoinHandle<()>>,
}

impl Qmp {
    /// Connects to a machine that is just starting.
    pub fn connect(socket: &Path, child: &mut Child) -> Result<Self> {
        let started = Instant::now();
        let stream = loop {
            match UnixStream::connect(socket) {
                Ok(stream) => break stream,
                Err(error) => {
                    if let Some(status) = child.try_wait().context("cannot ask after QEMU")? {
                        bail!("QEMU ended at once with {status}");
                    }
                    if started.elapsed() > Duration::from_secs(20) {
                        return Err(error)
                            .with_context(|| format!("no control socket at {}", socket.display()));
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        };
        let end = Arc::new(Mutex::new(None));
        let lines = BufReader::new(stream.try_clone().context("cannot share the control socket")?).lines();
        let seen = Arc::clone(&end);
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(reason) = end_in(&line) {
                    *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
                }
            }
        });
        let mut qmp = Self { stream, end, reader: Some(reader) };
        qmp.send(&json!({ "execute": "qmp_capabilities" }))?;
        Ok(qmp)
    }

    /// Lets a machine run that was started paused.
    pub fn go(&mut self) -> Result<()> {
        self.send(&json!({ "execute": "cont" }))
    }

    /// Pulls out the disk with this index, as if its cable came off.
    pub fn unplug(&mut self, disk: usize) -> Result<()> {
        self.send(&json!({ "execute": "device_del", "arguments": { "id": format!("dev-disk{disk}") } }))
    }

    /// Ends QEMU in good order, its disk images written out.
    pub fn quit(&mut self) -> Result<()> {
        self.send(&json!({ "execute": "quit" }))
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        writeln!(self.stream, "{message}").context("cannot write to QEMU's control socket")
    }

    /// How the guest ended, once QEMU has.
    pub fn end(&mut self) -> End {
        if let Some(reader) = self.reader.take() {
            // It ends with QEMU's side of the socket and cannot panic; there is nothing to learn from joining.
            let _ = reader.join();
        }
        self.end.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(End::Quit)
    }
}

/// How the guest ended, if this line of the control socket says so.
fn end_in(line: &str) -> Option<End> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message.get("event")? != "SHUTDOWN" {
        return None;
    }
    Some(match message.pointer("/data/reason").and_then(Value::as_str) {
        Some("guest-reset") => End::Reboot,
        Some("guest-shutdown") => End::PowerOff,
        _ => End::Quit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shutdown_event_says_what_the_guest_wanted() {
        let line = |reason: &str| {
            format!(
                r#"{{"timestamp":{{"seconds":1}},"event":"SHUTDOWN","data":{{"guest":true,"reason":"{reason}"}}}}"#
            )
        };
        assert_eq!(end_in(&line("guest-reset")), Some(End::Reboot));
        assert_eq!(end_in(&line("guest-shutdown")), Some(End::PowerOff));
        assert_eq!(end_in(&line("host-signal")), Some(End::Quit));
        assert_eq!(end_in(r#"{"event":"RESUME"}"#), None);
        assert_eq!(end_in(r#"{"return":{}}"#), None);
        assert_eq!(end_in("garbage"), None);
    }
}
