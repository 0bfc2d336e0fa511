//! `InstallSpec`: the system that is wanted, as plain data. Actions edit it, the planner reads it; it holds no
//! secret.

use serde::{Deserialize, Serialize};

use crate::action::{Filesystem, PartitionRequest};
use crate::machine::TableKind;

/// The wanted system. Everything optional: what was not said stays as the live system has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InstallSpec {
    /// Seed of every UUID that planning makes, so that the same wish on the same machine is the same plan.
    pub seed: String,
    /// A disk to lay out.
    pub layout: Option<PartitionRequest>,
    /// Kind of table where a new one is made; GPT where not said.
    pub table: Option<TableKind>,
    /// Existing partitions that get a new file system now.
    pub formats: Vec<FormatWish>,
    /// Existing partitions that are mounted in the target.
    pub mounts: Vec<MountWish>,
    /// The live system is to be copied.
    pub copy: bool,
    /// Host name.
    pub hostname: Option<String>,
    /// IANA time zone.
    pub timezone: Option<String>,
    /// Locale, e.g. `en_US.UTF-8`.
    pub locale: Option<String>,
    /// Console keymap.
    pub keyboard: Option<String>,
    /// Accounts, `root` excluded.
    pub users: Vec<UserWish>,
    /// Accounts (`root` included) whose password is to be typed and set.
    pub passwords: Vec<String>,
    /// A boot loader is wanted; with the disk it was asked for, if one was named.
    pub bootloader: Option<BootloaderWish>,
    /// The target is to be unmounted and closed.
    pub finish: bool,
}

/// An existing partition to format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatWish {
    /// Device path.
    pub partition: String,
    /// New file system.
    pub filesystem: Filesystem,
}

/// An existing partition to mount in the target, contents kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountWish {
    /// Device path.
    pub partition: String,
    /// `/`, `/home`, `/boot/efi`, `swap` ….
    pub mountpoint: String,
}

/// An account to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserWish {
    /// Login name.
    pub name: String,
    /// Member of the admin group.
    pub sudo: bool,
    /// Further groups.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// A boot loader to install.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BootloaderWish {
    /// Disk, where one was named.
    pub target: Option<String>,
}
