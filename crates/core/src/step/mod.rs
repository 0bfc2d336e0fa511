//! Steps: the unit of execution, of the journal and of taking back.
//!
//! A step is plain data, made by the planner, complete: running it decides nothing. Each kind has a file with
//! what it does (`run`), what taking it back needs (`record`, read before the act) and its words. A new kind is
//! one file and one arm in each match here.

pub mod boot;
pub mod chroot;
pub mod copy;
pub mod disk;
pub mod finish;
pub mod fstab;
pub mod mount;
pub mod settings;
pub mod undo;
pub mod users;
mod words;

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::layout::Shrink;
use crate::state::Stage;
use crate::sys::{SysError, System};

pub use undo::UndoRecord;
pub use words::TOOLS;

/// Where the target is mounted while we work on it.
pub const TARGET: &str = "/mnt/target";
/// Where the journal, the log and saved tables are kept until they are copied into the target.
pub const STATE_DIR: &str = "/run/levitate-installer";
/// Where they are in the installed system.
pub const INSTALLED_LOG_DIR: &str = "/var/log/levitate-installer";

/// One thing to do. Serialised into the journal, so it never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// Unmount and close what an earlier plan opened.
    Release(finish::Release),
    /// Make another system's file system smaller.
    ShrinkFilesystem(Shrink),
    /// Write a partition table.
    WriteTable(disk::WriteTable),
    /// Make and open a LUKS container.
    MakeLuks(disk::MakeLuks),
    /// Make a file system.
    MakeFilesystem(disk::MakeFilesystem),
    /// Mount the target.
    MountTarget(mount::MountTarget),
    /// Copy the live system.
    CopySystem(copy::CopySystem),
    /// Write fstab, crypttab and key files.
    WriteFstab(fstab::WriteFstab),
    /// Write the host name.
    SetHostname(settings::Hostname),
    /// Set the time zone.
    SetTimezone(settings::Timezone),
    /// Generate and set the locale.
    SetLocale(settings::Locale),
    /// Set the console and boot keymap.
    SetKeyboard(settings::Keyboard),
    /// Make an account.
    CreateUser(users::CreateUser),
    /// Put an account into a group.
    AddToGroup(users::AddToGroup),
    /// Set a password that the person types.
    SetPassword(users::SetPassword),
    /// Make the initramfs for this target.
    BuildInitramfs(boot::BuildInitramfs),
    /// Install GRUB.
    InstallGrub(boot::InstallGrub),
    /// Write grub.cfg.
    WriteGrubConfig(boot::WriteGrubConfig),
    /// Check that what was written can start.
    CheckBoot(boot::CheckBoot),
    /// Copy journal and log, unmount, close.
    Finish(finish::Finish),
}

/// What a step gets beside the system.
pub struct Context<'a> {
    /// Secrets the person typed for this plan.
    pub secrets: &'a mut dyn Secrets,
    /// Hears progress and notes.
    pub report: &'a mut dyn FnMut(Report),
}

/// Something a running step tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Bytes done of bytes in all.
    Progress {
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// A warning the person should read; the step goes on.
    Warning(String),
}

/// Gives the secrets of a plan, asking the person where needed. Asked twice for the same one it gives the same.
pub trait Secrets {
    /// The secret, or `None` where the person declined.
    fn get(&mut self, request: &SecretRequest) -> Option<SecretString>;
    /// Forgets a secret that was used up (a password), so that the next request asks again.
    fn forget(&mut self, request: &SecretRequest);
}

/// A secret that a step needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "secret", rename_all = "snake_case")]
pub enum SecretRequest {
    /// The passphrase of the new LUKS containers.
    LuksPassphrase,
    /// The password of an account.
    Password {
        /// The account.
        user: String,
    },
}

impl SecretRequest {
    /// The prompt as the requirements word it.
    pub fn prompt(&self) -> String {
        match self {
            Self::LuksPassphrase => "Enter encryption passphrase: ".into(),
            Self::Password { user } => format!("Set password for {user}: "),
        }
    }

    /// Secrets with fewer characters are worth a remark: whoever holds the disk can try passphrases as fast as a
    /// computer computes them, passwords only as fast as a login lets them.
    pub fn short_below(&self) -> usize {
        match self {
            Self::LuksPassphrase => 8,
            Self::Password { .. } => 0,
        }
    }
}

/// Why a step failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StepError {
    /// The system did.
    #[error(transparent)]
    System(#[from] SysError),
    /// A check after the act found something else than was meant.
    #[error("{0}")]
    Check(String),
    /// The person typed no secret.
    #[error("no {0} was given")]
    NoSecret(&'static str),
}

impl StepError {
    /// True where the person asked to stop.
    pub fn cancelled(&self) -> bool {
        matches!(self, Self::System(SysError::Cancelled) | Self::NoSecret(_))
    }

    /// True in tests of recovery: the process is gone, nothing may follow.
    pub fn killed(&self) -> bool {
        matches!(self, Self::System(SysError::Killed))
    }
}

impl Step {
    /// Does it.
    pub fn run(&self, sys: &mut dyn System, cx: &mut Context<'_>) -> Result<(), StepError> {
        match self {
            Self::Release(step) => step.run(sys),
            Self::ShrinkFilesystem(step) => disk::shrink(step, sys),
            Self::WriteTable(step) => step.run(sys),
            Self::MakeLuks(step) => step.run(sys, cx),
            Self::MakeFilesystem(step) => step.run(sys),
            Self::MountTarget(step) => step.run(sys, cx),
            Self::CopySystem(step) => step.run(sys, cx),
            Self::WriteFstab(step) => step.run(sys, cx),
            Self::SetHostname(step) => step.run(sys),
            Self::SetTimezone(step) => step.run(sys),
            Self::SetLocale(step) => step.run(sys),
            Self::SetKeyboard(step) => step.run(sys),
            Self::CreateUser(step) => step.run(sys),
            Self::AddToGroup(step) => step.run(sys),
            Self::SetPassword(step) => step.run(sys, cx),
            Self::BuildInitramfs(step) => step.run(sys),
            Self::InstallGrub(step) => step.run(sys, cx),
            Self::WriteGrubConfig(step) => step.run(sys),
            Self::CheckBoot(step) => step.run(sys),
            Self::Finish(step) => step.run(sys),
        }
    }

    /// Reads what taking the step back will need; called before [`Self::run`], journalled before it acts.
    pub fn record(&self, sys: &mut dyn System) -> Result<UndoRecord, StepError> {
        match self {
            Self::ShrinkFilesystem(step) => {
                Ok(UndoRecord::GrowFilesystem { partition: step.partition.clone(), fs: step.fs.clone() })
            }
            Self::WriteTable(step) => step.record(sys),
            Self::MakeLuks(step) => Ok(UndoRecord::CloseLuks { name: step.luks.name.clone() }),
            Self::MakeFilesystem(_) | Self::CopySystem(_) | Self::CheckBoot(_) | Self::BuildInitramfs(_) => {
                Ok(UndoRecord::Nothing)
            }
            Self::MountTarget(step) => Ok(step.record()),
            Self::WriteFstab(step) => undo::save_files(sys, &step.paths()),
            Self::SetHostname(_) => undo::save_files(sys, &settings::Hostname::paths()),
            Self::SetTimezone(_) => undo::save_files(sys, &settings::Timezone::paths()),
            Self::SetLocale(_) => undo::save_files(sys, &settings::Locale::paths()),
            Self::SetKeyboard(_) => undo::save_files(sys, &settings::Keyboard::paths()),
            Self::CreateUser(step) => Ok(UndoRecord::RemoveUser { name: step.name.clone() }),
            Self::AddToGroup(step) => step.record(sys),
            Self::SetPassword(step) => step.record(sys),
            Self::InstallGrub(step) => step.record(sys),
            Self::WriteGrubConfig(step) => undo::save_files(sys, &step.paths()),
            Self::Release(_) | Self::Finish(_) => Ok(UndoRecord::Final {
                why: "The target is unmounted and closed; say what is still to be changed and it is mounted again."
                    .into(),
            }),
        }
    }

    /// The secret it needs.
    pub fn secret(&self) -> Option<SecretRequest> {
        match self {
            Self::MakeLuks(_) => Some(SecretRequest::LuksPassphrase),
            Self::SetPassword(step) => Some(SecretRequest::Password { user: step.user.clone() }),
            _ => None,
        }
    }

    /// The stage it belongs to.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Release(_)
            | Self::ShrinkFilesystem(_)
            | Self::WriteTable(_)
            | Self::MakeLuks(_)
            | Self::MakeFilesystem(_) => Stage::Disk,
            Self::MountTarget(_) | Self::CopySystem(_) | Self::WriteFstab(_) => Stage::System,
            Self::SetHostname(_) | Self::SetTimezone(_) | Self::SetLocale(_) | Self::SetKeyboard(_) => {
                Stage::Configuration
            }
            Self::CreateUser(_) | Self::AddToGroup(_) | Self::SetPassword(_) => Stage::Users,
            Self::BuildInitramfs(_)
            | Self::InstallGrub(_)
            | Self::WriteGrubConfig(_)
            | Self::CheckBoot(_) => Stage::Bootloader,
            Self::Finish(_) => Stage::Finalize,
        }
    }

    /// True where something that was there is lost for good.
    pub fn destructive(&self) -> bool {
        match self {
            Self::ShrinkFilesystem(_) => true,
            Self::WriteTable(step) => step.erases_table(),
            Self::MakeFilesystem(step) => step.erases,
            Self::CopySystem(step) => step.over_existing,
            _ => false,
        }
    }

    /// The device it touches.
    pub fn touches(&self) -> Option<String> {
        match self {
            Self::ShrinkFilesystem(step) => Some(step.partition.clone()),
            Self::WriteTable(step) => Some(step.disk.clone()),
            Self::MakeLuks(step) => Some(step.partition.clone()),
            Self::MakeFilesystem(step) => Some(step.partition.clone()),
            Self::CopySystem(step) => Some(step.partition.clone()),
            Self::InstallGrub(step) => Some(step.disk.clone()),
            _ => None,
        }
    }

    /// Bytes it deals with: of the partition it makes, or to be copied.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::ShrinkFilesystem(step) => Some(step.to_bytes),
            Self::WriteTable(step) => Some(step.size_bytes),
            Self::MakeLuks(step) => Some(step.size_bytes),
            Self::MakeFilesystem(step) => Some(step.size_bytes),
            Self::CopySystem(step) => Some(step.source.installed_bytes),
            _ => None,
        }
    }
}

/// A path inside the mounted target.
pub(crate) fn in_target(path: &str) -> PathBuf {
    PathBuf::from(TARGET).join(path.trim_start_matches('/'))
}
