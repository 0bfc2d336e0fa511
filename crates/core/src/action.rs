//! `InstallerAction`: the one closed list of things that can be asked for (contract, section 3).
//!
//! Schema, grammar, prompt and help are made from this enum; an action changes nothing by itself. `apply` edits
//! the [`InstallSpec`](crate::spec::InstallSpec), the planner says which steps that takes.

use serde::{Deserialize, Serialize};

use crate::size::Size;

/// A request, in the terms of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum InstallerAction {
    /// Show disks and partitions.
    ListDisks,
    /// Lay a disk out and make its file systems.
    Partition(PartitionRequest),
    /// Make a file system on one existing partition.
    Format {
        partition: String,
        filesystem: Filesystem,
    },
    /// Use an existing partition for a mount point, contents kept.
    Mount {
        partition: String,
        mountpoint: String,
    },
    /// Mount the target, copy the live system, write fstab.
    CopySystem,
    SetHostname {
        name: String,
    },
    /// An IANA name that exists on this system.
    SetTimezone {
        zone: String,
    },
    /// e.g. `en_US.UTF-8`; must exist on this system.
    SetLocale {
        locale: String,
    },
    /// A console keymap that exists on this system.
    SetKeyboard {
        layout: String,
    },
    CreateUser {
        name: String,
        #[serde(default)]
        sudo: bool,
    },
    /// The password itself is typed into a hidden prompt. `root` is allowed.
    SetPassword {
        user: String,
    },
    /// `sudo` and `wheel` both mean this system's admin group.
    AddToGroup {
        user: String,
        group: String,
    },
    InstallBootloader {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
    /// Unmount, close LUKS, offer a reboot.
    Finish,
    /// Finish, then reboot.
    Reboot,
    /// Finish, leave the live system running.
    Exit,
    /// Yes to the pending plan.
    Confirm,
    /// No to the pending plan.
    Cancel,
    /// Take the last undoable thing back.
    Undo,
    /// What is done, what is next, what the target looks like.
    Status,
    /// What can be said now.
    Help,
    /// A prepared text.
    Explain {
        topic: Topic,
    },
    /// Read-only look at the system, from an allow-list, run without a shell.
    RunShellCommand {
        command: String,
    },
    /// Something needed is missing, ambiguous or contradictory: ask, do nothing.
    Clarify {
        #[serde(default)]
        question: String,
    },
}

/// How a disk is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// Erase the disk.
    Whole,
    /// Only the largest free region; nothing existing is touched.
    Free,
    /// Make room by shrinking the other system's file system.
    Beside,
}

/// Arguments of `partition`. `scheme` excludes `fs`, `root`, `home`, `swap` and `boot`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionRequest {
    /// Device path of the disk.
    pub disk: String,
    /// How the disk is used.
    #[serde(rename = "use")]
    pub usage: Use,
    /// LUKS2 for everything but the ESP and a separate /boot.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub encrypt: bool,
    /// With `beside`: the size to give to the new system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub give: Option<Size>,
    /// The partitions as the person dictated them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Vec<SchemeEntry>>,
    /// File system of root and home; ext4 where not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fs: Option<Filesystem>,
    /// Size of root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Size>,
    /// Size of a separate /home; none where not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Size>,
    /// Size of swap; none where not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<Size>,
    /// Size of a separate ext4 /boot; none where not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<Size>,
}

impl PartitionRequest {
    /// A request with every default.
    pub fn new(disk: impl Into<String>, usage: Use) -> Self {
        Self {
            disk: disk.into(),
            usage,
            encrypt: false,
            give: None,
            scheme: None,
            fs: None,
            root: None,
            home: None,
            swap: None,
            boot: None,
        }
    }
}

/// One partition of a scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemeEntry {
    /// Mount point, or `swap`, or `bios_boot`.
    pub mount: String,
    /// Its size.
    pub size: Size,
    /// Its file system; `None` only for `bios_boot`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fs: Option<Filesystem>,
}

/// File systems we make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Filesystem {
    Vfat,
    Ext4,
    Btrfs,
    Xfs,
    Swap,
}

impl Filesystem {
    /// The kernel's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vfat => "vfat",
            Self::Ext4 => "ext4",
            Self::Btrfs => "btrfs",
            Self::Xfs => "xfs",
            Self::Swap => "swap",
        }
    }

    /// The file system of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Vfat, Self::Ext4, Self::Btrfs, Self::Xfs, Self::Swap].into_iter().find(|fs| fs.name() == name)
    }
}

/// Topics that have a prepared text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Topic {
    Ext4,
    Btrfs,
    Xfs,
    Luks,
    Swap,
    Efi,
    Gpt,
    Grub,
    DualBoot,
    DataSafety,
    Duration,
    DiskSpace,
    Privacy,
    Undo,
    Installer,
}
