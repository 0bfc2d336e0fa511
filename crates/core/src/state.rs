//! What is already decided and done, in the shape the language part reads (contract, section 2).

use serde::{Deserialize, Serialize};

use crate::action::{InstallerAction, Use};

/// The state of the installation as the language part sees it. Derived from the spec and the journal; never
/// stored by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// Where the system goes.
    pub target: Option<Target>,
    /// Stages that were really done.
    pub done: Vec<Stage>,
    /// Decided host name.
    pub hostname: Option<String>,
    /// Decided IANA time zone.
    pub timezone: Option<String>,
    /// Decided locale, e.g. `en_US.UTF-8`.
    pub locale: Option<String>,
    /// Decided console keymap.
    pub keyboard: Option<String>,
    /// Accounts to make or made.
    pub users: Vec<User>,
    /// The action that waits for a yes or no.
    pub pending: Option<InstallerAction>,
}

/// The target as the language part sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Device path of the disk.
    pub disk: String,
    /// How the disk is used.
    #[serde(rename = "use")]
    pub usage: TargetUse,
    /// LUKS or not.
    #[serde(default)]
    pub encrypt: bool,
    /// What is mounted where.
    #[serde(default)]
    pub mounts: Vec<TargetMount>,
}

/// How the target disk is used; [`Use`] and `existing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetUse {
    /// The whole disk.
    Whole,
    /// The largest free region.
    Free,
    /// Room made beside another system.
    Beside,
    /// Partitions that were there.
    Existing,
}

impl From<Use> for TargetUse {
    fn from(usage: Use) -> Self {
        match usage {
            Use::Whole => Self::Whole,
            Use::Free => Self::Free,
            Use::Beside => Self::Beside,
        }
    }
}

/// One mount of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetMount {
    /// Device path of the partition.
    pub path: String,
    /// Mount point, `/`, `/home`, `swap` ….
    pub mount: String,
    /// File system.
    #[serde(default)]
    pub fs: Option<String>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Login name.
    pub name: String,
    /// May use sudo.
    #[serde(default)]
    pub sudo: bool,
    /// A password was set.
    #[serde(default)]
    pub password_set: bool,
}

/// The six stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Stage {
    Disk,
    System,
    Configuration,
    Users,
    Bootloader,
    Finalize,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 6] =
        [Self::Disk, Self::System, Self::Configuration, Self::Users, Self::Bootloader, Self::Finalize];

    /// The title the requirements give the stage.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Disk => "Disk Configuration",
            Self::System => "System Installation",
            Self::Configuration => "Configuration",
            Self::Users => "User Setup",
            Self::Bootloader => "Bootloader",
            Self::Finalize => "Finalize",
        }
    }

    /// Two example prompts of the requirements for the stage.
    pub const fn examples(self) -> [&'static str; 2] {
        match self {
            Self::Disk => ["partition the disk", "use whole disk encrypted"],
            Self::System => ["install the system", "copy to disk"],
            Self::Configuration => ["set timezone to...", "hostname is..."],
            Self::Users => ["create user X with sudo", "set password"],
            Self::Bootloader => ["install bootloader", "where does grub go"],
            Self::Finalize => ["done", "reboot"],
        }
    }
}
