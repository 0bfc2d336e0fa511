//! Device nodes of the simulated computer: what a path names, who holds it, what lies on it.

use super::disk::{Place, Volume};
use super::{Simulated, os};
use crate::machine::{Disk, Machine};
use crate::sys::SysError;

/// Bytes that a LUKS2 header takes from its container.
const LUKS_HEADER: u64 = 16 << 20;

/// A block device.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) path: String,
    pub(super) place: Place,
    pub(super) size: u64,
    pub(super) kind: DeviceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeviceKind {
    Disk,
    Partition,
    Mapper,
}

impl Simulated {
    /// The device that a path names; no node is there for a disk that is gone.
    pub(super) fn find_device(&self, path: &str) -> Option<Device> {
        if let Some(name) = path.strip_prefix("/dev/mapper/") {
            let container = self.mappers.get(name)?;
            let below = self.device_at(container)?;
            let place = Place { inside: true, ..container.clone() };
            let size = below.size.saturating_sub(LUKS_HEADER);
            return Some(Device { path: path.into(), place, size, kind: DeviceKind::Mapper });
        }
        self.disks.iter().filter(|disk| !disk.gone).find_map(|disk| {
            let place = |start| Place { disk: disk.facts.path.clone(), start, inside: false };
            if disk.facts.path == path {
                let (size, kind) = (disk.facts.size_bytes, DeviceKind::Disk);
                return Some(Device { path: path.into(), place: place(0), size, kind });
            }
            let partition = disk.facts.partitions.iter().find(|p| p.path == path)?;
            let (size, kind) = (partition.size_bytes, DeviceKind::Partition);
            Some(Device { path: path.into(), place: place(partition.start_bytes), size, kind })
        })
    }

    /// The device or the kernel's words.
    pub(super) fn device(&self, path: &str) -> Result<Device, SysError> {
        self.find_device(path).ok_or_else(|| os(format!("opening {path}"), 2))
    }

    /// The partition that begins at a place (of a LUKS volume: the container's).
    fn device_at(&self, place: &Place) -> Option<Device> {
        let disk = self.disk(&place.disk)?;
        let partition = disk.partitions.iter().find(|p| p.start_bytes == place.start)?;
        self.find_device(&partition.path)
    }

    /// Facts of a disk that is there.
    pub(super) fn disk(&self, path: &str) -> Option<&Disk> {
        self.disks.iter().find(|disk| disk.facts.path == path && !disk.gone).map(|disk| &disk.facts)
    }

    /// True where the disk below a place was unplugged, or the partition is no more.
    pub(super) fn is_gone(&self, place: &Place) -> bool {
        self.disk(&place.disk).is_none()
    }

    /// Everything that holds a device, one phrase each; of a whole disk, everything on it.
    pub(super) fn holders(&self, device: &Device) -> Vec<String> {
        let mut holders = Vec::new();
        let covers = |place: &Place| match device.kind {
            DeviceKind::Disk => place.disk == device.place.disk,
            DeviceKind::Partition => place.disk == device.place.disk && place.start == device.place.start,
            DeviceKind::Mapper => *place == device.place,
        };
        if device.kind == DeviceKind::Disk {
            let described = self.machine.disk(&device.path).map(|disk| disk.in_use.clone());
            holders.extend(described.unwrap_or_default());
        }
        for mount in &self.mounts {
            if mount.space.place().is_some_and(covers) {
                holders.push(format!("mounted at {}", mount.target.display()));
            }
        }
        if self.swaps.iter().filter_map(|path| self.find_device(path)).any(|swap| covers(&swap.place)) {
            holders.push("swap".into());
        }
        if device.kind != DeviceKind::Mapper {
            let open = self.mappers.iter().filter(|(_, container)| covers(container));
            holders.extend(open.map(|(name, _)| format!("LUKS volume {name}")));
        }
        holders
    }

    /// Refuses a device that something holds.
    pub(super) fn not_held(&self, device: &Device) -> Result<(), SysError> {
        let holders = self.holders(device);
        if holders.is_empty() {
            Ok(())
        } else {
            Err(SysError::Busy { device: device.path.clone(), holders: holders.join(", ") })
        }
    }

    /// True where the kernel refuses writes to the disk below.
    pub(super) fn is_read_only(&self, device: &Device) -> bool {
        self.disk(&device.place.disk).is_some_and(|disk| disk.read_only)
    }

    /// What lies on a device.
    pub(super) fn volume(&self, device: &Device) -> Option<&Volume> {
        self.volumes.get(&device.place)
    }

    /// Puts something new on a device. What lay on other places of the same bytes is gone, and so is what was
    /// inside a container there.
    pub(super) fn put_volume(&mut self, device: &Device, volume: Volume) {
        self.clear_volume(device);
        self.volumes.insert(device.place.clone(), volume);
    }

    /// Takes away whatever lies on a device.
    pub(super) fn clear_volume(&mut self, device: &Device) {
        let (own, size) = (device.place.clone(), device.size);
        self.volumes.retain(|place, volume| {
            if own.inside || place.disk != own.disk {
                return *place != own;
            }
            let overlap = place.start < own.start + size && own.start < place.start + volume.size.max(1);
            !overlap
        });
    }

    /// The machine with its facts as they are now.
    pub(super) fn facts(&self) -> Machine {
        let mut machine = self.machine.clone();
        machine.disks = self
            .disks
            .iter()
            .filter(|disk| !disk.gone)
            .map(|disk| {
                let mut facts = disk.facts.clone();
                for partition in &mut facts.partitions {
                    let volume = self.volumes.get(&super::disk::place(&disk.facts, partition));
                    let volume = volume.cloned().unwrap_or_default();
                    partition.fs = volume.fs;
                    partition.label = volume.label;
                    partition.uuid = volume.uuid;
                    partition.used_bytes = volume.used;
                    partition.os = volume.os;
                    partition.problems = volume.problems;
                }
                if let Ok(device) = self.device(&facts.path) {
                    facts.in_use = self.holders(&device);
                }
                facts
            })
            .collect();
        machine
    }
}
