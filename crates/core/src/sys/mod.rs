//! The one door to the computer: running programs, files, block devices, mounts.
//!
//! Steps act through [`System`] and nothing else, so that the same step runs on a real computer ([`real::Real`])
//! and on a described one ([`sim::Simulated`]). A program is always an argv, never a shell line; a secret
//! travels on stdin alone; every error carries the argv, the exit status and the last of stderr.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::machine::Machine;

pub mod cancel;
pub mod real;
pub mod sim;

pub use cancel::Cancel;
pub use real::Real;
pub use sim::Simulated;

/// What a step may do to the world. Paths are absolute on the live system; the target's root is a prefix.
pub trait System: Send {
    /// The machine facts as they are now. Never cached.
    fn probe(&mut self) -> Result<Machine, SysError>;

    /// Facts of the live session that planning needs beside the machine.
    fn live(&mut self) -> Result<LiveFacts, SysError>;

    /// Runs a program to its end. `on_tick` hears every line of stdout and, a few times a second, the bytes in
    /// use below [`Cmd::watch`]. Cancelling ends the program and gives [`SysError::Cancelled`].
    fn run(&mut self, cmd: &Cmd, on_tick: &mut dyn FnMut(Tick<'_>)) -> Result<Output, SysError>;

    /// Reads a whole file.
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, SysError>;
    /// Writes a whole file through a temporary beside it, fsynced; parents are made. `mode` are the permission
    /// bits of the result.
    fn write(&mut self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), SysError>;
    /// Appends to a file and fsyncs it (the journal).
    fn append(&mut self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), SysError>;
    /// Removes a file, a link or a whole directory; a missing one is no error.
    fn remove(&mut self, path: &Path) -> Result<(), SysError>;
    /// Makes a symbolic link, replacing what is there.
    fn symlink(&mut self, to: &Path, link: &Path) -> Result<(), SysError>;
    /// Makes a directory and its parents.
    fn create_dir(&mut self, path: &Path, mode: u32) -> Result<(), SysError>;
    /// What is at a path, links not followed; `None` where nothing is.
    fn kind(&mut self, path: &Path) -> Result<Option<FileKind>, SysError>;
    /// Names in a directory, sorted; empty where there is no such directory.
    fn list(&mut self, path: &Path) -> Result<Vec<String>, SysError>;
    /// Bytes used and total of the file system that holds `path` (statvfs).
    fn usage(&mut self, path: &Path) -> Result<Usage, SysError>;

    /// Reads `len` bytes of a block device.
    fn read_device(&mut self, device: &str, offset: u64, len: usize) -> Result<Vec<u8>, SysError>;
    /// Writes ranges of a block device: opened exclusively (`O_EXCL`, refused while anything holds it), written
    /// in order, fsynced once.
    fn write_device(&mut self, device: &str, ranges: &[(u64, Vec<u8>)]) -> Result<(), SysError>;
    /// Makes the kernel read the partition table of a disk again, waits for udev and for every node of
    /// `partitions` to exist. Retries while busy.
    fn reread_table(&mut self, disk: &str, partitions: &[String]) -> Result<(), SysError>;

    /// Mounts; the mount point is made where missing.
    fn mount(&mut self, mount: &MountCall) -> Result<(), SysError>;
    /// Unmounts one mount point, retrying on busy for some seconds.
    fn unmount(&mut self, path: &Path) -> Result<(), SysError>;
    /// Mounts as the kernel lists them, in order of mounting.
    fn mounts(&mut self) -> Result<Vec<Mounted>, SysError>;

    /// The flag that asks a running program or step to stop.
    fn cancel(&self) -> Cancel;
    /// True where nothing real is touched (rehearsal).
    fn simulated(&self) -> bool {
        false
    }
    /// Seconds since 1970.
    fn now(&mut self) -> u64;
    /// Bytes of the kernel's random generator.
    fn random(&mut self, length: usize) -> Result<Vec<u8>, SysError>;
    /// Opens a shell on the terminal and waits until the person leaves it.
    fn shell(&mut self) -> Result<(), SysError>;
    /// Restarts the computer. On a real machine this does not return on success.
    fn reboot(&mut self) -> Result<(), SysError>;
}

/// Facts of the running live session that are not part of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LiveFacts {
    /// Argument of the last serial `console=` of the kernel command line, e.g. `ttyS0,115200`.
    pub serial_console: Option<String>,
    /// Programs found in the live system's path, of those that any step may run.
    pub tools: Vec<String>,
    /// The admin group of the system: `sudo` or `wheel`.
    pub admin_group: Option<String>,
}

/// A program to run.
#[derive(Clone, Debug)]
pub struct Cmd {
    /// Program and arguments; no shell ever sees them.
    pub argv: Vec<String>,
    /// Environment on top of a minimal one (`PATH`, `LC_ALL=C`, `DEBIAN_FRONTEND=noninteractive`); nothing is
    /// inherited.
    pub env: Vec<(String, String)>,
    /// What the program reads on stdin, secrets included. Nothing where `None`.
    pub stdin: Option<SecretString>,
    /// Directory to chroot into first (through the `chroot` program).
    pub root: Option<PathBuf>,
    /// Report the bytes in use of the file system at this path while it runs.
    pub watch: Option<PathBuf>,
    /// Exit statuses that are success; `[0]` unless told.
    pub ok: Vec<i32>,
}

impl Cmd {
    /// A program with its arguments.
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            stdin: None,
            root: None,
            watch: None,
            ok: vec![0],
        }
    }

    /// Gives it something to read.
    #[must_use]
    pub fn stdin(mut self, text: SecretString) -> Self {
        self.stdin = Some(text);
        self
    }

    /// Runs it inside this root.
    #[must_use]
    pub fn chroot(mut self, root: &Path) -> Self {
        self.root = Some(root.to_path_buf());
        self
    }

    /// Reports the bytes in use at `path` while it runs.
    #[must_use]
    pub fn watch(mut self, path: &Path) -> Self {
        self.watch = Some(path.to_path_buf());
        self
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Statuses that are success.
    #[must_use]
    pub fn ok(mut self, statuses: &[i32]) -> Self {
        self.ok = statuses.to_vec();
        self
    }
}

/// The argv as a person would type it; for messages and logs, never for a shell.
impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(root) = &self.root {
            write!(f, "chroot {} ", root.display())?;
        }
        for (i, word) in self.argv.iter().enumerate() {
            let gap = if i == 0 { "" } else { " " };
            if word.is_empty() || word.contains(|c: char| c.is_whitespace() || "'\"$\\".contains(c)) {
                write!(f, "{gap}{word:?}")?;
            } else {
                write!(f, "{gap}{word}")?;
            }
        }
        Ok(())
    }
}

/// What a running program tells.
#[derive(Clone, Copy, Debug)]
pub enum Tick<'a> {
    /// A line of its stdout.
    Line(&'a str),
    /// Bytes in use on the watched file system.
    Used(u64),
}

/// What a finished program left.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Exit status; one of [`Cmd::ok`].
    pub status: i32,
    /// Its stdout, lossy UTF-8, cut at 1 MiB.
    pub stdout: String,
    /// Its stderr, likewise.
    pub stderr: String,
}

/// What a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file with its permission bits.
    File(u32),
    /// A directory.
    Directory,
    /// A symbolic link and where it points.
    Link(PathBuf),
    /// A device node, socket or pipe.
    Other,
}

/// Bytes of a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in use.
    pub used: u64,
    /// Bytes in all.
    pub total: u64,
}

/// A call of mount(2).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MountCall {
    /// Device, or directory for a bind mount, or the name of a virtual file system.
    pub source: String,
    /// Where.
    pub target: PathBuf,
    /// File system type; `None` for a bind mount.
    pub fs: Option<String>,
    /// Read-only.
    pub read_only: bool,
    /// Options for the file system driver.
    pub options: String,
}

/// A mount as the kernel lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// Device or name.
    pub source: String,
    /// Where.
    pub target: PathBuf,
    /// File system type.
    pub fs: String,
}

/// Why something could not be done to the computer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SysError {
    /// A program ended badly.
    #[error("{argv} failed ({}){}", status.map_or("killed".to_string(), |s| format!("exit status {s}")), tail(stderr))]
    Failed {
        /// The argv, for people.
        argv: String,
        /// Its status; `None` where a signal ended it.
        status: Option<i32>,
        /// The last lines of stderr (of stdout where stderr is empty).
        stderr: String,
    },
    /// A program is not there.
    #[error("the program {0} is missing on this system")]
    Missing(String),
    /// A system call failed.
    #[error("{what}: {why}")]
    Io {
        /// What was tried, naming the object.
        what: String,
        /// The system's words.
        why: String,
        /// The errno, where there is one.
        code: Option<i32>,
    },
    /// Something holds the device.
    #[error("{device} is busy: {holders}")]
    Busy {
        /// The device.
        device: String,
        /// Who holds it.
        holders: String,
    },
    /// The person asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The simulated process was killed here (tests of recovery): nothing may run after it, not even an unwind.
    #[error("killed")]
    Killed,
}

fn tail(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(": {stderr}") }
}

impl SysError {
    /// An I/O error with what was tried.
    pub fn io(what: impl Into<String>, error: &std::io::Error) -> Self {
        Self::Io { what: what.into(), why: error.to_string(), code: error.raw_os_error() }
    }

    /// A failure that is not a system call's, e.g. a file with unexpected content.
    pub fn other(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Io { what: what.into(), why: why.into(), code: None }
    }
}

/// Runs a program whose output nobody watches.
pub fn run(sys: &mut dyn System, cmd: &Cmd) -> Result<Output, SysError> {
    sys.run(cmd, &mut |_| {})
}

/// Reads a text file; `None` where it is missing.
pub fn read_text(sys: &mut dyn System, path: &Path) -> Result<Option<String>, SysError> {
    match sys.kind(path)? {
        None => Ok(None),
        Some(_) => Ok(Some(String::from_utf8_lossy(&sys.read(path)?).into_owned())),
    }
}
