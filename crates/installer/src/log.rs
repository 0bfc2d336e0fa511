//! The log: to a file and, the last of it, to memory; never to the terminal, never with a secret (those have no
//! `Debug` that shows them).

use std::collections::VecDeque;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use levitate_core::step::STATE_DIR;
use tracing_subscriber::EnvFilter;

/// The file in its directory.
const NAME: &str = "installer.log";
/// Lines that are kept in memory.
const KEPT: usize = 2000;

/// What was logged, for who shows it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Log {
    path: Option<PathBuf>,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Log {
    /// The last lines, the oldest first.
    pub fn recent(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The file, where there is one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Where a person finds it, in words.
    pub fn place(&self) -> String {
        match self.path() {
            Some(path) => format!("The log is {}.", path.display()),
            None => "No log was kept in a file.".into(),
        }
    }
}

/// Starts logging. `real`: of an installation, to `/run/levitate-installer`; else of a rehearsal, to
/// `$XDG_STATE_HOME/levitate-installer` where that is set. Without a file it is kept in memory alone: an
/// installation does not fail for its log.
pub fn start(real: bool, verbose: bool) -> Log {
    let folder = if real { Some(PathBuf::from(STATE_DIR)) } else { state_home() };
    let opened = folder.and_then(|folder| Some((open(&folder).ok()?, folder.join(NAME))));
    let (file, path) = opened.unzip();
    let log = Log { path, ..Log::default() };
    let writer = Writer { file, lines: Arc::clone(&log.lines), begun: Vec::new() };
    // Every program that is run, with its status and time, is in the log; what it was given on stdin never is.
    let level = if verbose { "debug" } else { "info,levitate_core=debug" };
    let filter = EnvFilter::try_from_env("LEVITATE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    // Somebody logs already only in tests.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(writer))
        .try_init();
    log
}

fn state_home() -> Option<PathBuf> {
    let home = std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty())?;
    Some(PathBuf::from(home).join("levitate-installer"))
}

/// Writes to the file and keeps the last lines.
struct Writer {
    file: Option<File>,
    lines: Arc<Mutex<VecDeque<String>>>,
    /// Of a line whose end has not come.
    begun: Vec<u8>,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(part);
            if part.ends_with(b"\n") {
                if lines.len() == KEPT {
                    lines.pop_front();
                }
                lines.push_back(String::from_utf8_lossy(&self.begun).trim_end().to_string());
                self.begun.clear();
            }
        }
        // A full disk costs the file, not the session.
        let _ = self.file.as_mut().map(|file| file.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn open(folder: &Path) -> std::io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    OpenOptions::new().create(true).append(true).mode(0o600).open(folder.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_has_all_and_memory_the_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::default();
        let file = Some(open(folder.path()).unwrap());
        let mut writer = Writer { file, lines: Arc::clone(&log.lines), begun: Vec::new() };
        writer.write_all(b"fir").unwrap();
        assert!(log.recent().is_empty());
        writer.write_all(b"st\nsecond\nthi").unwrap();
        assert_eq!(log.clone().recent(), ["first", "second"]);
        for number in 0..KEPT {
            writeln!(writer, "{number}").unwrap();
        }
        assert_eq!(log.recent().len(), KEPT);
        assert_eq!(log.recent().first().unwrap(), "thi0");
        let text = std::fs::read_to_string(folder.path().join(NAME)).unwrap();
        assert!(text.starts_with("first\nsecond\n"));
    }

    #[test]
    fn only_the_owner_reads_the_log() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder.path().join("state")).unwrap();
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().join("state")), 0o700);
        assert_eq!(mode(folder.path().join("state/installer.log")), 0o600);
    }
}
