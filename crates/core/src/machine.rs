//! Machine facts: what a computer is, as a probe saw it or a file describes it (contract, section 1).
//!
//! Plain data. `probe` fills it from a real computer, `machines/*.json` describe imagined ones, and planning
//! reads nothing else. Sizes and starts are in bytes.

use serde::{Deserialize, Serialize};

use crate::size::MIB;

/// A computer: its firmware, memory, the system to copy and its disks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Version of this shape; 1.
    pub version: Version,
    /// How the computer starts.
    pub firmware: Firmware,
    /// Main memory, in bytes.
    #[serde(default)]
    pub memory_bytes: u64,
    /// The live system that is copied.
    pub source: Source,
    /// Every whole disk, the live medium included.
    #[serde(default)]
    pub disks: Vec<Disk>,
}

/// The version of a stored shape; only 1 exists and anything else is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Version;

impl TryFrom<u32> for Version {
    type Error = String;
    fn try_from(value: u32) -> Result<Self, String> {
        if value == 1 { Ok(Self) } else { Err(format!("version {value} is not known here; 1 is")) }
    }
}

impl From<Version> for u32 {
    fn from(_: Version) -> u32 {
        1
    }
}

/// How a computer starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Firmware {
    /// UEFI.
    Uefi,
    /// Legacy BIOS.
    Bios,
}

/// The system that is copied to the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What is at `path`.
    pub kind: SourceKind,
    /// An image file, or the root directory of a tree.
    pub path: String,
    /// Bytes the files take when installed.
    pub installed_bytes: u64,
}

/// The form of the system that is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A squashfs image.
    Squashfs,
    /// An EROFS image.
    Erofs,
    /// A directory tree.
    Directory,
}

/// How a disk is attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Transport {
    Sata,
    Nvme,
    Usb,
    Virtio,
    Mmc,
    Scsi,
    Loop,
    #[default]
    Unknown,
}

/// The kind of a partition table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// GUID partition table.
    Gpt,
    /// Master boot record.
    Mbr,
}

impl TableKind {
    /// Its name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gpt => "GPT",
            Self::Mbr => "MBR",
        }
    }
}

/// A whole disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Device node, e.g. `/dev/nvme0n1`.
    pub path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Model as the disk reports it; untrusted text.
    #[serde(default)]
    pub model: Option<String>,
    /// Serial number; untrusted text.
    #[serde(default)]
    pub serial: Option<String>,
    /// How it is attached.
    #[serde(default)]
    pub transport: Transport,
    /// True for spinning disks.
    #[serde(default)]
    pub rotational: bool,
    /// True for sticks and cards.
    #[serde(default)]
    pub removable: bool,
    /// True where the kernel refuses writes.
    #[serde(default)]
    pub read_only: bool,
    /// Logical sector size in bytes: 512 or 4096.
    #[serde(default = "sector_512")]
    pub logical_sector: u32,
    /// Physical sector size in bytes.
    #[serde(default = "sector_512")]
    pub physical_sector: u32,
    /// The partition table, if one is there.
    #[serde(default)]
    pub table: Option<TableKind>,
    /// True for the medium the live system runs from.
    #[serde(default)]
    pub live_medium: bool,
    /// Everything that holds the disk or a part of it, one plain phrase each.
    #[serde(default)]
    pub in_use: Vec<String>,
    /// Partitions by number.
    #[serde(default)]
    pub partitions: Vec<Partition>,
}

fn sector_512() -> u32 {
    512
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Device node, e.g. `/dev/nvme0n1p3`.
    pub path: String,
    /// Number in the table, from 1.
    pub number: u32,
    /// First byte.
    pub start_bytes: u64,
    /// Length in bytes.
    pub size_bytes: u64,
    /// What the table says it is for.
    #[serde(default)]
    pub kind: PartitionKind,
    /// blkid's name of its content, e.g. `ext4`, `crypto_LUKS`; untrusted text.
    #[serde(default)]
    pub fs: Option<String>,
    /// File system label; untrusted text.
    #[serde(default)]
    pub label: Option<String>,
    /// File system UUID.
    #[serde(default)]
    pub uuid: Option<String>,
    /// Bytes in use on the file system, where known.
    #[serde(default)]
    pub used_bytes: Option<u64>,
    /// Operating system found on it, e.g. `Windows 11`; untrusted text.
    #[serde(default)]
    pub os: Option<String>,
    /// What forbids a resize.
    #[serde(default)]
    pub problems: Vec<Problem>,
}

/// What a partition is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PartitionKind {
    Esp,
    BiosBoot,
    Linux,
    LinuxHome,
    Swap,
    Luks,
    Lvm,
    Raid,
    MicrosoftBasic,
    MicrosoftReserved,
    WindowsRecovery,
    Apple,
    Extended,
    #[default]
    Unknown,
}

/// What forbids a resize of a Windows volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Windows is hibernated (fast start-up included).
    Hibernated,
    /// The file system was not unmounted cleanly.
    Dirty,
    /// The volume is encrypted by BitLocker.
    Bitlocker,
}

/// A stretch of a disk that belongs to no partition, aligned to 1 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeRegion {
    /// First byte.
    pub start: u64,
    /// Length in bytes.
    pub size: u64,
}

impl Machine {
    /// Reads a described machine (`machines/NAME.json`).
    ///
    /// # Errors
    /// A text that says where the JSON departs from the contract.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The disk with this device path.
    pub fn disk(&self, path: &str) -> Option<&Disk> {
        self.disks.iter().find(|disk| disk.path == path)
    }

    /// The partition with this device path and its disk.
    pub fn partition(&self, path: &str) -> Option<(&Disk, &Partition)> {
        self.disks.iter().find_map(|disk| {
            disk.partitions.iter().find(|partition| partition.path == path).map(|partition| (disk, partition))
        })
    }

    /// Disks a system could be installed to: not the live medium, not read-only.
    pub fn candidates(&self) -> impl Iterator<Item = &Disk> {
        self.disks.iter().filter(|disk| !disk.live_medium && !disk.read_only)
    }
}

impl Disk {
    /// The device path of partition `number`: `/dev/sda1`, `/dev/nvme0n1p1`, `/dev/mmcblk0p1`, `/dev/loop0p1`.
    pub fn partition_path(&self, number: u32) -> String {
        let separator = if self.path.ends_with(|c: char| c.is_ascii_digit()) { "p" } else { "" };
        format!("{}{separator}{number}", self.path)
    }

    /// The last byte, exclusive, that a partition may use (the GPT keeps a copy of itself at the end).
    pub fn usable_end(&self, table: TableKind) -> u64 {
        let tail = match table {
            // 128 entries of 128 bytes and the header.
            TableKind::Gpt => 16384 + u64::from(self.logical_sector),
            TableKind::Mbr => 0,
        };
        let end = self.size_bytes.saturating_sub(tail);
        match table {
            TableKind::Gpt => end,
            // A sector number of an MBR has 32 bits.
            TableKind::Mbr => end.min(u64::from(u32::MAX) * u64::from(self.logical_sector)),
        }
    }

    /// Unpartitioned stretches of at least 1 MiB, aligned to 1 MiB, in disk order. A disk without a table is
    /// one such stretch.
    pub fn free_regions(&self) -> Vec<FreeRegion> {
        let end = self.usable_end(self.table.unwrap_or(TableKind::Gpt));
        let mut taken: Vec<(u64, u64)> = self
            .partitions
            .iter()
            .map(|p| (p.start_bytes, p.start_bytes.saturating_add(p.size_bytes)))
            .collect();
        taken.sort_unstable();
        taken.push((end, end));
        let mut regions = Vec::new();
        let mut cursor = MIB;
        for (start, stop) in taken {
            // A damaged table may say that a partition ends at the end of all numbers.
            let Some(from) = cursor.checked_next_multiple_of(MIB) else { break };
            let to = start.min(end) / MIB * MIB;
            if to > from {
                regions.push(FreeRegion { start: from, size: to - from });
            }
            cursor = cursor.max(stop);
        }
        regions
    }

    /// The largest of [`Self::free_regions`].
    pub fn largest_free(&self) -> Option<FreeRegion> {
        self.free_regions().into_iter().max_by_key(|region| region.size)
    }

    /// True where something on the disk would be lost by erasing it: a table with partitions, or content.
    pub fn carries_data(&self) -> bool {
        !self.partitions.is_empty()
    }

    /// "SSD", "HDD", "USB stick", "NVMe SSD", "eMMC", "virtual disk".
    pub fn kind_name(&self) -> &'static str {
        match self.transport {
            Transport::Usb if self.removable => "USB stick",
            Transport::Usb => "USB disk",
            Transport::Nvme => "NVMe SSD",
            Transport::Mmc if self.removable => "SD card",
            Transport::Mmc => "eMMC",
            Transport::Virtio => "virtual disk",
            Transport::Loop => "loop device",
            _ if self.rotational => "HDD",
            _ => "SSD",
        }
    }
}

impl Partition {
    /// One past the last byte.
    pub fn end_bytes(&self) -> u64 {
        self.start_bytes.saturating_add(self.size_bytes)
    }
}
