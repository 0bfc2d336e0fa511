//! The real computer: the one place that runs programs, writes devices and mounts.
//!
//! [`run`] programs, [`files`] with fsync, [`device`] nodes opened exclusively, [`mounting`], [`holding`] (which
//! process is in the way), [`shell`] for the person, [`live`] facts of the session. Facts of the machine come from [`crate::probe`].
//! Every path goes through [`Real::at`], so a temporary directory is a machine in tests (programs still run on
//! this computer).

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::reboot::{RebootMode, reboot};

use super::{Cancel, Cmd, FileKind, LiveFacts, MountCall, Mounted, Output, SysError, System, Tick, Usage};
use crate::machine::Machine;
use crate::probe::{self, Look, Options};

mod device;
mod files;
mod holding;
mod live;
mod mounting;
mod run;
mod shell;

/// How long a program of the probe may take: a dying disk answers after minutes, and the person waits.
const PROBE_LIMIT: Duration = Duration::from_secs(20);
/// How long a busy device or mount is tried again: udev and desktop helpers let go within a second or two.
const BUSY_LIMIT: Duration = Duration::from_secs(5);
/// Pause between two tries.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// This computer.
#[derive(Debug)]
pub struct Real {
    root: PathBuf,
    cancel: Cancel,
    options: Options,
}

impl Real {
    /// The computer this runs on. Reads `LEVITATE_SOURCE` (the system to copy) and `LEVITATE_LOOP_DEVICES`
    /// (loop devices to show, for tests: `all`, or names with commas).
    pub fn new(cancel: Cancel) -> Self {
        Self { root: PathBuf::from("/"), cancel, options: Options::from_environment() }
    }

    /// A directory that stands for a computer: every path is looked up below it. For tests.
    pub fn under(root: &Path, options: Options, cancel: Cancel) -> Self {
        Self { root: root.to_path_buf(), cancel, options }
    }

    /// Where an absolute path of the machine lies.
    fn at(&self, path: &Path) -> PathBuf {
        if self.is_host() { path.to_path_buf() } else { probe::below(&self.root, path) }
    }

    /// True for the computer itself, false for a directory that stands for one.
    fn is_host(&self) -> bool {
        self.root == Path::new("/")
    }

    /// What keeps a device from being opened exclusively, in words.
    fn device_holders(&self, device: &str) -> String {
        let mut holders = probe::holders_of(&self.root, device);
        holders.extend(holding::of_device(&self.root, &self.at(Path::new(device))));
        if holders.is_empty() { "another program has it open".into() } else { holders.join(", ") }
    }
}

impl System for Real {
    fn probe(&mut self) -> Result<Machine, SysError> {
        let options = self.options.clone();
        let root = self.root.clone();
        probe::machine(&mut Here { root, real: self }, &options)
    }

    fn live(&mut self) -> Result<LiveFacts, SysError> {
        Ok(live::facts(&self.root))
    }

    fn run(&mut self, cmd: &Cmd, on_tick: &mut dyn FnMut(Tick<'_>)) -> Result<Output, SysError> {
        run::run(cmd, &self.cancel, None, on_tick)
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, SysError> {
        let at = self.at(path);
        std::fs::read(&at).map_err(|e| SysError::io(format!("reading {}", at.display()), &e))
    }

    fn write(&mut self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), SysError> {
        files::write(&self.at(path), bytes, mode)
    }

    fn append(&mut self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), SysError> {
        files::append(&self.at(path), bytes, mode)
    }

    fn remove(&mut self, path: &Path) -> Result<(), SysError> {
        files::remove(&self.at(path), &mounting::targets())
    }

    fn symlink(&mut self, to: &Path, link: &Path) -> Result<(), SysError> {
        files::symlink(to, &self.at(link))
    }

    fn create_dir(&mut self, path: &Path, mode: u32) -> Result<(), SysError> {
        files::create_dir(&self.at(path), mode)
    }

    fn kind(&mut self, path: &Path) -> Result<Option<FileKind>, SysError> {
        files::kind(&self.at(path))
    }

    fn list(&mut self, path: &Path) -> Result<Vec<String>, SysError> {
        files::list(&self.at(path))
    }

    fn usage(&mut self, path: &Path) -> Result<Usage, SysError> {
        files::usage(&self.at(path))
    }

    fn read_device(&mut self, device: &str, offset: u64, len: usize) -> Result<Vec<u8>, SysError> {
        device::read(&self.at(Path::new(device)), offset, len)
    }

    fn write_device(&mut self, device: &str, ranges: &[(u64, Vec<u8>)]) -> Result<(), SysError> {
        let node = self.at(Path::new(device));
        match device::open_exclusively(&node, self.is_host(), &self.cancel)? {
            Some(file) => device::write(&node, file, ranges),
            None => Err(SysError::Busy { device: device.into(), holders: self.device_holders(device) }),
        }
    }

    fn reread_table(&mut self, disk: &str, partitions: &[String]) -> Result<(), SysError> {
        device::reread_table(self, disk, partitions)
    }

    fn mount(&mut self, mount: &MountCall) -> Result<(), SysError> {
        let source = if mount.source.starts_with('/') {
            self.at(Path::new(&mount.source))
        } else {
            PathBuf::from(&mount.source)
        };
        mounting::mount(mount, &source, &self.at(&mount.target))
    }

    fn unmount(&mut self, path: &Path) -> Result<(), SysError> {
        mounting::unmount(&self.at(path))
    }

    fn mounts(&mut self) -> Result<Vec<Mounted>, SysError> {
        mounting::list(&self.root)
    }

    fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    fn now(&mut self) -> u64 {
        // A clock before 1970 is a dead battery, not a reason to stop.
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn random(&mut self, length: usize) -> Result<Vec<u8>, SysError> {
        // /dev/random waits until the generator is seeded, which early in a live boot is not a given.
        let mut bytes = vec![0; length];
        std::fs::File::open("/dev/random")
            .and_then(|mut random| random.read_exact(&mut bytes))
            .map_err(|e| SysError::io("reading /dev/random", &e))?;
        Ok(bytes)
    }

    fn shell(&mut self) -> Result<(), SysError> {
        shell::open()
    }

    fn reboot(&mut self) -> Result<(), SysError> {
        if !self.is_host() {
            return Err(SysError::other("restarting the computer", "this is a directory, not a computer"));
        }
        nix::unistd::sync();
        // systemd stops services and unmounts; the bare system call is for a live system without it.
        if super::run(self, &Cmd::new(["systemctl", "reboot"])).is_ok() {
            std::thread::sleep(Duration::from_secs(90));
            return Err(SysError::other(
                "restarting the computer",
                "systemd was asked, and nothing happened",
            ));
        }
        match reboot(RebootMode::RB_AUTOBOOT) {
            Ok(never) => match never {},
            Err(errno) => Err(files::errno("restarting the computer", errno)),
        }
    }
}

/// What the probe may do here: look, within a time limit.
struct Here<'a> {
    root: PathBuf,
    real: &'a Real,
}

impl Look for Here<'_> {
    fn root(&self) -> &Path {
        &self.root
    }

    fn run(&mut self, argv: &[&str]) -> Result<Output, SysError> {
        // Statuses are facts here: blkid says "nothing found" with 2.
        let any: Vec<i32> = (0..=127).collect();
        let cmd = Cmd::new(argv.iter().copied()).ok(&any);
        run::run(&cmd, &self.real.cancel, Some(PROBE_LIMIT), &mut |_| {})
    }

    fn read_device(&mut self, device: &str, offset: u64, len: usize) -> Option<Vec<u8>> {
        device::read(&self.real.at(Path::new(device)), offset, len).ok()
    }

    fn usage(&mut self, path: &Path) -> Option<Usage> {
        files::usage(&self.real.at(path)).ok()
    }

    fn peek(&mut self, device: &str, fs: &str, look: &mut dyn FnMut(&Path)) {
        if self.real.is_host() && nix::unistd::geteuid().is_root() {
            mounting::peek(Path::new(device), fs, look);
        }
    }
}
