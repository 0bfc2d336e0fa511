//! Taking back: a closed list of records, each enough to undo one step from the journal alone.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::sys::{Cmd, FileKind, SysError, System, run};

use super::{STATE_DIR, StepError, TARGET, chroot};

/// What taking one step back needs; written to the journal before the step acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum UndoRecord {
    /// Nothing to do: the step left nothing behind, or the step before it takes it along.
    Nothing,
    /// Cannot be taken back, and why.
    Final {
        /// For people.
        why: String,
    },
    /// Write the saved bytes of the old table back.
    RestoreTable {
        /// The disk.
        disk: String,
        /// File with the saved bytes, beside the journal.
        saved: PathBuf,
        /// Partitions that the old table had.
        partitions: Vec<String>,
        /// Partitions that the new table has and the old one had not.
        added: Vec<String>,
        /// The first step of the plan (by index) after which the old table no longer restores what was there.
        lost_after: Option<u32>,
    },
    /// Grow a file system to its partition again.
    GrowFilesystem {
        /// The partition.
        partition: String,
        /// `ntfs` or `ext4`.
        fs: String,
    },
    /// Close a LUKS container.
    CloseLuks {
        /// Name below /dev/mapper.
        name: String,
    },
    /// Unmount these points and what is below them, then close the containers.
    Unmount {
        /// Mount points.
        points: Vec<PathBuf>,
        /// LUKS containers, by name below /dev/mapper.
        luks: Vec<String>,
    },
    /// Put files back as they were.
    RestoreFiles {
        /// The files.
        files: Vec<SavedFile>,
    },
    /// Remove an account and its home.
    RemoveUser {
        /// The account.
        name: String,
    },
    /// Take an account out of a group.
    RemoveFromGroup {
        /// The account.
        user: String,
        /// The group.
        group: String,
    },
    /// Lock the password of an account that had none.
    LockPassword {
        /// The account.
        user: String,
    },
    /// Remove what GRUB's installation added to an ESP.
    RemoveLoader {
        /// Directories and files that were not there before.
        added: Vec<PathBuf>,
        /// Files to put back.
        files: Vec<SavedFile>,
    },
}

/// A file as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFile {
    /// Absolute path.
    pub path: PathBuf,
    /// What was there.
    pub was: Saved,
}

/// What was at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saved {
    /// Nothing.
    Absent,
    /// A file.
    File {
        /// Base64 of its bytes.
        base64: String,
        /// Permission bits.
        mode: u32,
    },
    /// A file too large for the journal, kept beside it.
    Beside {
        /// Where its bytes are.
        copy: PathBuf,
        /// Permission bits.
        mode: u32,
    },
    /// A symbolic link.
    Link {
        /// Where it points.
        to: PathBuf,
    },
}

/// Saves small text files of the target. Never used on files that hold secrets.
pub(super) fn save_files(sys: &mut dyn System, paths: &[PathBuf]) -> Result<UndoRecord, StepError> {
    Ok(UndoRecord::RestoreFiles { files: saved(sys, paths)? })
}

/// What is at these paths now.
pub(super) fn saved(sys: &mut dyn System, paths: &[PathBuf]) -> Result<Vec<SavedFile>, StepError> {
    let mut files = Vec::new();
    for path in paths {
        let was = match sys.kind(path)? {
            Some(FileKind::File(mode)) => {
                let bytes = sys.read(path)?;
                keep(sys, bytes, mode)?
            }
            Some(FileKind::Link(to)) => Saved::Link { to },
            None | Some(FileKind::Directory | FileKind::Other) => Saved::Absent,
        };
        files.push(SavedFile { path: path.clone(), was });
    }
    Ok(files)
}

/// Bytes of a file that a journal line still carries well.
const INLINE: usize = 16 << 10;

fn keep(sys: &mut dyn System, bytes: Vec<u8>, mode: u32) -> Result<Saved, StepError> {
    let base64 = BASE64.encode(&bytes);
    if bytes.len() <= INLINE {
        return Ok(Saved::File { base64, mode });
    }
    let copy = PathBuf::from(STATE_DIR).join(format!("saved-{}", &crate::ids::digest(&base64)[..16]));
    sys.write(&copy, &bytes, 0o600)?;
    Ok(Saved::Beside { copy, mode })
}

impl UndoRecord {
    /// Takes the step back. Safe to run for a step that was only begun, and to run twice.
    ///
    /// # Errors
    /// What could not be taken back.
    pub fn apply(&self, sys: &mut dyn System) -> Result<(), StepError> {
        match self {
            Self::Nothing | Self::Final { .. } => Ok(()),
            Self::RestoreTable { disk, saved, partitions, added, .. } => {
                super::disk::restore_table(sys, disk, saved, partitions, added)
            }
            Self::GrowFilesystem { partition, fs } => super::disk::grow(sys, partition, fs),
            Self::CloseLuks { name } => close_luks(sys, name),
            Self::Unmount { points, luks } => {
                unmount_all(sys, points)?;
                luks.iter().try_for_each(|name| close_luks(sys, name))
            }
            Self::RestoreFiles { files } => restore(sys, files),
            Self::RemoveUser { name } => {
                if user_exists(sys, name)? {
                    let cmd = Cmd::new(["userdel", "--remove", name.as_str()]).ok(&[0, 6, 12]);
                    chroot::run(sys, &cmd)?;
                }
                Ok(())
            }
            Self::RemoveFromGroup { user, group } => {
                // 3: the account is not in the group (the step had only begun).
                chroot::run(sys, &Cmd::new(["gpasswd", "--delete", user, group]).ok(&[0, 3]))?;
                Ok(())
            }
            Self::LockPassword { user } => {
                chroot::run(sys, &Cmd::new(["usermod", "--password", "!", user]))?;
                Ok(())
            }
            Self::RemoveLoader { added, files } => {
                for path in added {
                    sys.remove(path)?;
                }
                restore(sys, files)
            }
        }
    }

    /// Why it cannot be taken back, where it cannot whatever happened since.
    pub fn is_final(&self) -> Option<&str> {
        match self {
            Self::Final { why } => Some(why),
            _ => None,
        }
    }
}

fn restore(sys: &mut dyn System, files: &[SavedFile]) -> Result<(), StepError> {
    for file in files {
        match &file.was {
            Saved::Absent => sys.remove(&file.path)?,
            Saved::Link { to } => sys.symlink(to, &file.path)?,
            Saved::Beside { copy, mode } => {
                let bytes = sys.read(copy)?;
                sys.write(&file.path, &bytes, *mode)?;
            }
            Saved::File { base64, mode } => {
                let bytes = BASE64
                    .decode(base64)
                    .map_err(|e| StepError::Check(format!("the journal is damaged: {e}")))?;
                sys.write(&file.path, &bytes, *mode)?;
            }
        }
    }
    Ok(())
}

/// Closes a LUKS container; one that is not open is no error.
pub(super) fn close_luks(sys: &mut dyn System, name: &str) -> Result<(), StepError> {
    if sys.kind(Path::new("/dev/mapper").join(name).as_path())?.is_some() {
        run(sys, &Cmd::new(["cryptsetup", "close", name]))?;
    }
    Ok(())
}

/// Unmounts these points and everything below them, the last mounted first.
pub(super) fn unmount_all(sys: &mut dyn System, points: &[PathBuf]) -> Result<(), StepError> {
    let mounted: Vec<PathBuf> = sys.mounts()?.into_iter().map(|m| m.target).collect();
    let mut first_error = None;
    for target in mounted.iter().rev().filter(|t| points.iter().any(|point| t.starts_with(point))) {
        if let Err(error) = sys.unmount(target) {
            if matches!(error, SysError::Killed) {
                return Err(error.into());
            }
            first_error.get_or_insert(error);
        }
    }
    first_error.map_or(Ok(()), |error| Err(error.into()))
}

fn user_exists(sys: &mut dyn System, name: &str) -> Result<bool, StepError> {
    let passwd = sys.read(&PathBuf::from(TARGET).join("etc/passwd"))?;
    Ok(String::from_utf8_lossy(&passwd).lines().any(|line| line.split(':').next() == Some(name)))
}
