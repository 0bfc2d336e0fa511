//! From a request to partitions: `expand` makes the scheme (contract, section 3), `place` gives every partition
//! its number, bytes, UUID and device. Pure; the machine is only read.
//!
//! Key types: [`TargetLayout`] (everything the steps need to know of the target), [`Volume`] (one partition with
//! what is on it). Next door: `plan` makes steps of it, `table` makes bytes of it.

mod existing;
mod expand;
mod place;
mod room;

use serde::{Deserialize, Serialize};

pub use existing::existing;
pub(crate) use existing::{check_format, find, mounted};
pub use expand::{expand, space};
pub use place::place;
pub use room::host_partition;

use crate::action::PartitionRequest;
use crate::machine::Firmware;
use crate::state::TargetUse;
use crate::table::TableEdit;

/// The target: its disk, what changes in the table, and every volume of the new system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetLayout {
    /// The request this came from; `None` where existing partitions are used.
    pub request: Option<PartitionRequest>,
    /// The disk that the root is on.
    pub disk: String,
    /// How the disk is used.
    pub usage: TargetUse,
    /// How the computer starts.
    pub firmware: Firmware,
    /// Change of the partition table; `None` where it stays.
    pub table: Option<TableEdit>,
    /// File system that is made smaller first.
    pub shrink: Option<Shrink>,
    /// Volumes in the order of the table.
    pub volumes: Vec<Volume>,
}

/// A file system of another system that is made smaller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shrink {
    /// Device path.
    pub partition: String,
    /// Its number.
    pub number: u32,
    /// `ntfs` or `ext4`.
    pub fs: String,
    /// Bytes now.
    pub from_bytes: u64,
    /// Bytes after.
    pub to_bytes: u64,
}

/// One partition of the target and what is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Mount point, or `swap`, or `bios_boot`.
    pub mount: String,
    /// Device path of the partition.
    pub partition: String,
    /// Number in the table.
    pub number: u32,
    /// First byte.
    pub start_bytes: u64,
    /// Length in bytes.
    pub size_bytes: u64,
    /// File system by the kernel's name; `None` for `bios_boot`.
    pub fs: Option<String>,
    /// UUID of the file system as blkid says it.
    pub uuid: String,
    /// True where the file system is made; false where an existing one is kept.
    pub make: bool,
    /// LUKS around it.
    pub luks: Option<Luks>,
}

/// A LUKS container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Luks {
    /// Name below /dev/mapper.
    pub name: String,
    /// UUID of the container.
    pub uuid: String,
    /// Key derivation.
    pub kdf: Kdf,
    /// A key file on the encrypted root opens it as well.
    pub key_file: bool,
}

/// LUKS2 key derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kdf {
    /// What GRUB before 2.14 can read.
    Pbkdf2,
    /// Stronger; needs an unencrypted /boot.
    Argon2id,
}

impl Volume {
    /// The device that carries the file system.
    pub fn device(&self) -> String {
        match &self.luks {
            Some(luks) => format!("/dev/mapper/{}", luks.name),
            None => self.partition.clone(),
        }
    }

    /// True for a volume that is mounted somewhere (not swap, not bios_boot).
    pub fn is_mounted(&self) -> bool {
        self.mount.starts_with('/')
    }

    /// What people call it: `EFI`, `root`, `home`, `swap`, `boot`, `BIOS boot`, or its mount point.
    pub fn role(&self) -> &str {
        role_of(&self.mount)
    }
}

/// What people call the volume of a mount point.
pub fn role_of(mount: &str) -> &str {
    match mount {
        "/boot/efi" => "EFI",
        "/" => "root",
        "/home" => "home",
        "/boot" => "boot",
        "bios_boot" => "BIOS boot",
        other => other,
    }
}

impl TargetLayout {
    /// The volume of a mount point.
    pub fn volume(&self, mount: &str) -> Option<&Volume> {
        self.volumes.iter().find(|volume| volume.mount == mount)
    }

    /// True where any volume is inside LUKS.
    pub fn encrypted(&self) -> bool {
        self.volumes.iter().any(|volume| volume.luks.is_some())
    }

    /// True where GRUB itself must open LUKS: the root is encrypted and holds /boot.
    pub fn grub_opens_luks(&self) -> bool {
        self.volume("/").is_some_and(|root| root.luks.is_some()) && self.volume("/boot").is_none()
    }
}
