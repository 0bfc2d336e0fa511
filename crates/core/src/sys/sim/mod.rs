//! A computer that is imagined: for rehearsals and for tests.
//!
//! [`Simulated`] is made from a described machine. Its disks are bytes with a real partition table ([`disk`]),
//! file systems are trees of files that appear where they are mounted ([`mounts`], [`tree`]), LUKS containers
//! open with the right passphrase only, and programs are acted out ([`programs`]) with their argv checked
//! strictly, so that a flag the real tool lacks fails here first. Tests make calls fail, kill the process at any
//! call and unplug disks ([`faults`]); [`Simulated::fingerprint`] then says whether the end is the start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{Cancel, Cmd, LiveFacts, SysError, Usage};
use crate::lists::Lists;
use crate::machine::Machine;

mod calls;
mod devices;
mod disk;
mod faults;
mod inspect;
mod mounts;
mod programs;
#[cfg(test)]
mod tests;
mod tree;
mod worlds;

use disk::{Place, SimDisk, Volume};
use faults::{Fate, Faults};
use mounts::{Mount, Space};
use tree::Tree;

/// How long things take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Speed {
    #[default]
    Instant,
    Rehearsal,
}

/// A described computer that can be installed to. Nothing real is touched.
pub struct Simulated {
    machine: Machine,
    disks: Vec<SimDisk>,
    volumes: BTreeMap<Place, Volume>,
    /// Open LUKS containers by name.
    mappers: BTreeMap<String, Place>,
    swaps: Vec<String>,
    mounts: Vec<Mount>,
    spaces: BTreeMap<Space, Tree>,
    /// Boot entries in the firmware.
    nvram: Vec<String>,
    live: LiveFacts,
    missing: BTreeSet<String>,
    faults: Faults,
    transcript: Vec<String>,
    cancel: Cancel,
    speed: Speed,
    counter: u64,
    rebooted: bool,
}

impl Simulated {
    /// The described computer, running the live system, with nothing done to it yet.
    pub fn new(machine: Machine) -> Self {
        let mut volumes = BTreeMap::new();
        let mut disks = Vec::new();
        for facts in &machine.disks {
            let (disk, found) = SimDisk::new(facts.clone());
            volumes.extend(found);
            disks.push(disk);
        }
        let mut sim = Self {
            spaces: BTreeMap::new(),
            machine,
            disks,
            volumes,
            mappers: BTreeMap::new(),
            swaps: Vec::new(),
            mounts: Vec::new(),
            nvram: vec!["UEFI OS".into()],
            live: LiveFacts { serial_console: None, tools: Vec::new(), admin_group: Some("sudo".into()) },
            missing: BTreeSet::new(),
            faults: Faults::default(),
            transcript: Vec::new(),
            cancel: Cancel::default(),
            speed: Speed::Instant,
            counter: 0,
            rebooted: false,
        };
        sim.boot(&Lists::embedded());
        sim
    }

    /// The zones, locales and keymaps that exist on the live system and on what is copied from it.
    #[must_use]
    pub fn with_lists(mut self, lists: &Lists) -> Self {
        self.boot(lists);
        self
    }

    /// Facts of the live session; its list of tools is what is there unless one is given.
    #[must_use]
    pub fn with_live(mut self, live: LiveFacts) -> Self {
        self.live = live;
        self
    }

    /// Uses this flag to be asked to stop.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// A described LUKS partition opens with this passphrase; without it, with none.
    #[must_use]
    pub fn with_passphrase(mut self, partition: &str, passphrase: &str) -> Self {
        if let Some(device) = self.find_device(partition)
            && let Some(volume) = self.volumes.get_mut(&device.place)
        {
            volume.keys.push(programs::key_digest(volume.uuid.as_deref(), passphrase.as_bytes()));
        }
        self
    }

    /// Nothing waits: for tests. The default.
    #[must_use]
    pub fn instant(mut self) -> Self {
        self.speed = Speed::Instant;
        self
    }

    /// Programs take a moment, so that a person sees progress move: a whole session waits some seconds.
    #[must_use]
    pub fn rehearsal(mut self) -> Self {
        self.speed = Speed::Rehearsal;
        self
    }

    /// The n-th changing call from the start (the first is 1) does nothing and fails.
    pub fn fail_at(&mut self, call: u64) {
        self.faults.fail_at = Some(call);
    }

    /// The n-th changing call and everything after it gives [`SysError::Killed`] and does nothing; only a copy
    /// is left half done.
    pub fn kill_at(&mut self, call: u64) {
        self.faults.kill_at = Some(call);
    }

    /// As [`Self::kill_at`], but a write to a device or an append to a file is done by half.
    pub fn torn_at(&mut self, call: u64) {
        self.faults.torn_at = Some(call);
    }

    /// The process starts again after a kill: disks, mounts, open containers and files are as they were left.
    pub fn revive(&mut self) {
        self.faults.killed = false;
        self.faults.kill_at = None;
        self.faults.torn_at = None;
        self.cancel.clear();
    }

    /// The disk vanishes right before the n-th changing call.
    pub fn unplug_at(&mut self, disk: &str, call: u64) {
        self.faults.unplug_at = Some((call, disk.into()));
    }

    /// The disk vanishes when a copy has reached this share.
    pub fn unplug_while_copying(&mut self, disk: &str, percent: u8) {
        self.faults.unplug_while_copying = Some((percent, disk.into()));
    }

    /// The disk vanishes now.
    pub fn unplug(&mut self, disk: &str) {
        for found in self.disks.iter_mut().filter(|found| found.facts.path == disk) {
            found.gone = true;
        }
    }

    /// A program is missing on the live system, and so on what is copied from it.
    pub fn missing_tool(&mut self, name: &str) {
        self.missing.insert(name.into());
        for space in [Space::Live, Space::Image] {
            if let Some(tree) = self.spaces.get_mut(&space) {
                tree.remove(&format!("usr/bin/{name}"));
                tree.remove(&format!("usr/sbin/{name}"));
            }
        }
    }

    /// The file system on a device has no byte left.
    pub fn full(&mut self, device: &str) {
        if let Some(device) = self.find_device(device)
            && let Some(volume) = self.volumes.get_mut(&device.place)
        {
            volume.full = true;
        }
    }

    /// Changing calls so far, failed ones included.
    pub fn calls(&self) -> u64 {
        self.faults.calls
    }

    /// Every program that was run, as a person would type it, without what it read on stdin.
    pub fn transcript(&self) -> &[String] {
        &self.transcript
    }

    /// True after a reboot was asked for.
    pub fn rebooted(&self) -> bool {
        self.rebooted
    }

    /// Boot entries in the firmware, first tried first.
    pub fn nvram(&self) -> &[String] {
        &self.nvram
    }

    /// Counts a call that changes something; what becomes of it.
    fn fate(&mut self) -> Result<Fate, SysError> {
        let fate = self.faults.next()?;
        if let Some((call, disk)) = self.faults.unplug_at.clone()
            && self.faults.calls >= call
        {
            self.faults.unplug_at = None;
            self.unplug(&disk);
        }
        Ok(fate)
    }

    /// Counts a call that has no half.
    fn change(&mut self, what: impl Into<String>) -> Result<(), SysError> {
        match self.fate()? {
            Fate::Go => Ok(()),
            Fate::Fail => Err(os(what, 5)),
            Fate::Kill | Fate::Tear => Err(SysError::Killed),
        }
    }

    /// Waits in a rehearsal; ends early where a stop is asked for.
    fn pause(&self, milliseconds: u64) -> Result<(), SysError> {
        let mut left = if self.speed == Speed::Rehearsal { milliseconds } else { 0 };
        loop {
            if self.cancel.requested() {
                return Err(SysError::Cancelled);
            }
            if left == 0 {
                return Ok(());
            }
            let slice = left.min(40);
            std::thread::sleep(Duration::from_millis(slice));
            left -= slice;
        }
    }

    fn random_bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 32);
        while bytes.len() < length {
            self.counter += 1;
            bytes.extend(Sha256::digest(self.counter.to_le_bytes()));
        }
        bytes.truncate(length);
        bytes
    }

    /// Random hex digits.
    fn random_hex(&mut self, digits: usize) -> String {
        let bytes = self.random_bytes(digits.div_ceil(2));
        hex(&bytes)[..digits].to_string()
    }
}

impl Simulated {
    /// Makes the kernel see the partitions that the bytes of a disk describe.
    fn reread(&mut self, disk: &str) -> Result<(), SysError> {
        let device = self.device(disk)?;
        self.not_held(&device)?;
        for found in self.disks.iter_mut().filter(|found| found.facts.path == disk) {
            let (table, partitions) = found.parse();
            found.facts.table = table;
            found.facts.partitions = partitions;
        }
        Ok(())
    }

    fn usage_of(&self, path: &Path) -> Result<Usage, SysError> {
        let spot = self.resolve(path, true)?;
        if self.node_at(&spot)?.is_none() {
            return Err(os(format!("reading the usage of {}", path.display()), 2));
        }
        Ok(match &spot.space {
            Space::Volume(place) => {
                let volume = self.volumes.get(place).cloned().unwrap_or_default();
                // A fiftieth is what ext4 and the like keep for themselves.
                let total = volume.size - volume.size / 50;
                let used = volume.used.unwrap_or(0).min(total);
                Usage { used: if volume.full { total } else { used }, total }
            }
            _ => Usage { used: 64 << 20, total: self.machine.memory_bytes / 2 },
        })
    }

    /// Names of device nodes in a directory below /dev.
    fn device_names(&self, key: &str) -> Vec<String> {
        match key {
            "" => {
                let disks = self.disks.iter().filter(|disk| !disk.gone).map(|disk| &disk.facts);
                let paths = disks.flat_map(|disk| {
                    std::iter::once(&disk.path).chain(disk.partitions.iter().map(|partition| &partition.path))
                });
                paths.filter_map(|path| path.strip_prefix("/dev/")).map(Into::into).collect()
            }
            "mapper" => self.mappers.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// The root directory that a path inside a chroot is seen from.
    fn root_of(cmd: &Cmd) -> PathBuf {
        cmd.root.clone().unwrap_or_else(|| PathBuf::from("/"))
    }
}

/// A failed system call in the kernel's words.
fn os(what: impl Into<String>, code: i32) -> SysError {
    SysError::io(what, &std::io::Error::from_raw_os_error(code))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 in hex.
fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
