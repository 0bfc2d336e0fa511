//! The [`System`] of the simulated computer: each call counted, its fate asked, then acted out.

use std::path::Path;

use super::faults::Fate;
use super::mounts::{Mount, Space};
use super::tree::Node;
use super::{Simulated, Speed, os, programs};
use crate::machine::Machine;
use crate::sys::{
    Cancel, Cmd, FileKind, LiveFacts, MountCall, Mounted, Output, SysError, System, Tick, Usage,
};

/// The time in tests: the fifth of January 2026, noon.
const EPOCH: u64 = 1_767_614_400;

impl System for Simulated {
    fn probe(&mut self) -> Result<Machine, SysError> {
        self.faults.alive()?;
        Ok(self.facts())
    }

    fn live(&mut self) -> Result<LiveFacts, SysError> {
        self.faults.alive()?;
        let mut live = self.live.clone();
        if live.tools.is_empty() {
            live.tools = programs::known().map(String::from).collect();
        }
        live.tools.retain(|tool| !self.missing.contains(tool));
        Ok(live)
    }

    fn run(&mut self, cmd: &Cmd, on_tick: &mut dyn FnMut(Tick<'_>)) -> Result<Output, SysError> {
        self.run_program(cmd, on_tick)
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, SysError> {
        self.faults.alive()?;
        let what = || format!("reading {}", path.display());
        match self.node(path)? {
            Some(Node::File { bytes, .. }) => Ok(bytes),
            Some(Node::Dir(_)) => Err(os(what(), 21)),
            Some(_) => Err(os(what(), 6)),
            None => Err(os(what(), 2)),
        }
    }

    fn write(&mut self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), SysError> {
        self.change(format!("writing {}", path.display()))?;
        let (space, key) = self.writable(path, false)?;
        let Some(tree) = self.tree_mut(&space) else {
            return Err(os(format!("writing {}", path.display()), 5));
        };
        if matches!(tree.get(&key), Some(Node::Dir(_))) {
            return Err(os(format!("writing {}", path.display()), 21));
        }
        // Renamed into place, so a link that was there is replaced and not followed.
        tree.put(&key, Node::File { bytes: bytes.to_vec(), mode });
        Ok(())
    }

    fn append(&mut self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), SysError> {
        let what = format!("appending to {}", path.display());
        let (bytes, torn) = match self.fate()? {
            Fate::Go => (bytes, false),
            Fate::Fail => return Err(os(what, 5)),
            Fate::Kill => return Err(SysError::Killed),
            Fate::Tear => (&bytes[..bytes.len() / 2], true),
        };
        let (space, key) = self.writable(path, true)?;
        let Some(tree) = self.tree_mut(&space) else { return Err(os(what, 5)) };
        let node = match tree.get(&key) {
            Some(Node::File { bytes: old, mode }) => {
                Node::File { bytes: [old.as_slice(), bytes].concat(), mode }
            }
            None => Node::File { bytes: bytes.to_vec(), mode },
            Some(_) => return Err(os(what, 21)),
        };
        tree.put(&key, node);
        if torn { Err(SysError::Killed) } else { Ok(()) }
    }

    fn remove(&mut self, path: &Path) -> Result<(), SysError> {
        self.change(format!("removing {}", path.display()))?;
        let real = self.real_path(Path::new("/"), path, false)?;
        if self.mounts.iter().any(|mount| mount.target.starts_with(&real)) {
            return Err(os(format!("removing {}", path.display()), 16));
        }
        let spot = self.resolve(path, false)?;
        if self.node_at(&spot)?.is_none() {
            return Ok(());
        }
        if spot.read_only {
            return Err(os(format!("removing {}", path.display()), 30));
        }
        if let Some(tree) = self.tree_mut(&spot.space) {
            tree.remove(&spot.key);
        }
        Ok(())
    }

    fn symlink(&mut self, to: &Path, link: &Path) -> Result<(), SysError> {
        self.change(format!("linking {}", link.display()))?;
        let (space, key) = self.writable(link, false)?;
        let Some(tree) = self.tree_mut(&space) else {
            return Err(os(format!("linking {}", link.display()), 5));
        };
        if matches!(tree.get(&key), Some(Node::Dir(_))) {
            return Err(os(format!("linking {}", link.display()), 21));
        }
        tree.put(&key, Node::Link(to.to_path_buf()));
        Ok(())
    }

    fn create_dir(&mut self, path: &Path, mode: u32) -> Result<(), SysError> {
        self.change(format!("making the directory {}", path.display()))?;
        match self.node(path)? {
            Some(Node::Dir(_)) => return Ok(()),
            Some(_) => return Err(os(format!("making the directory {}", path.display()), 17)),
            None => {}
        }
        let (space, key) = self.writable(path, true)?;
        if let Some(tree) = self.tree_mut(&space) {
            tree.put(&key, Node::Dir(mode));
        }
        Ok(())
    }

    fn kind(&mut self, path: &Path) -> Result<Option<FileKind>, SysError> {
        self.faults.alive()?;
        let spot = self.resolve(path, false)?;
        Ok(self.node_at(&spot)?.map(|node| match node {
            Node::File { mode, .. } => FileKind::File(mode),
            Node::Dir(_) => FileKind::Directory,
            Node::Link(to) => FileKind::Link(to),
            Node::Other => FileKind::Other,
        }))
    }

    fn list(&mut self, path: &Path) -> Result<Vec<String>, SysError> {
        self.faults.alive()?;
        let spot = self.resolve(path, true)?;
        if !matches!(self.node_at(&spot)?, Some(Node::Dir(_))) {
            return Ok(Vec::new());
        }
        let mut names = self.tree(&spot.space).map(|tree| tree.list(&spot.key)).unwrap_or_default();
        if spot.space == Space::Dev {
            names.extend(self.device_names(&spot.key));
            names.sort_unstable();
        }
        Ok(names)
    }

    fn usage(&mut self, path: &Path) -> Result<Usage, SysError> {
        self.faults.alive()?;
        self.usage_of(path)
    }

    fn read_device(&mut self, device: &str, offset: u64, len: usize) -> Result<Vec<u8>, SysError> {
        self.faults.alive()?;
        let found = self.device(device)?;
        if offset.checked_add(len as u64).is_none_or(|end| end > found.size) {
            return Err(SysError::other(format!("reading {device}"), "failed to fill whole buffer"));
        }
        let disk = self.disks.iter().find(|disk| disk.facts.path == found.place.disk);
        Ok(disk.map(|disk| disk.bytes.read(found.place.start + offset, len)).unwrap_or_default())
    }

    fn write_device(&mut self, device: &str, ranges: &[(u64, Vec<u8>)]) -> Result<(), SysError> {
        let what = || format!("writing {device}");
        let fate = self.fate()?;
        let count = match fate {
            Fate::Go => ranges.len(),
            Fate::Fail => return Err(os(what(), 5)),
            Fate::Kill => return Err(SysError::Killed),
            Fate::Tear => ranges.len() / 2,
        };
        let found = self.device(device)?;
        self.not_held(&found)?;
        if self.is_read_only(&found) {
            return Err(os(what(), 30));
        }
        for (offset, bytes) in &ranges[..count] {
            if offset.checked_add(bytes.len() as u64).is_none_or(|end| end > found.size) {
                return Err(os(what(), 28));
            }
            for disk in self.disks.iter_mut().filter(|disk| disk.facts.path == found.place.disk) {
                disk.bytes.write(found.place.start + offset, bytes);
            }
        }
        if fate == Fate::Tear { Err(SysError::Killed) } else { Ok(()) }
    }

    fn reread_table(&mut self, disk: &str, partitions: &[String]) -> Result<(), SysError> {
        self.change(format!("reading the partition table of {disk} again"))?;
        self.reread(disk)?;
        match partitions.iter().find(|path| self.find_device(path).is_none()) {
            None => Ok(()),
            Some(missing) => Err(SysError::other(
                format!("waiting for {missing}"),
                format!("the kernel does not show it in the partition table of {disk}"),
            )),
        }
    }

    fn mount(&mut self, mount: &MountCall) -> Result<(), SysError> {
        self.change(format!("mounting {} at {}", mount.source, mount.target.display()))?;
        self.do_mount(mount)
    }

    fn unmount(&mut self, path: &Path) -> Result<(), SysError> {
        self.change(format!("unmounting {}", path.display()))?;
        self.do_unmount(path)
    }

    fn mounts(&mut self) -> Result<Vec<Mounted>, SysError> {
        self.faults.alive()?;
        let mounted = |mount: &Mount| Mounted {
            source: mount.source.clone(),
            target: mount.target.clone(),
            fs: mount.fs.clone(),
        };
        Ok(self.mounts.iter().map(mounted).collect())
    }

    fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    fn simulated(&self) -> bool {
        true
    }

    fn now(&mut self) -> u64 {
        match self.speed {
            // The same in every run, so that journals can be compared.
            Speed::Instant => EPOCH + self.faults.calls,
            Speed::Rehearsal => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(EPOCH, |since| since.as_secs()),
        }
    }

    fn random(&mut self, length: usize) -> Result<Vec<u8>, SysError> {
        self.faults.alive()?;
        Ok(self.random_bytes(length))
    }

    fn shell(&mut self) -> Result<(), SysError> {
        Err(SysError::other("In a rehearsal no shell is opened", "it would be one on the real computer"))
    }

    fn reboot(&mut self) -> Result<(), SysError> {
        self.change("restarting the computer")?;
        self.rebooted = true;
        Ok(())
    }
}
