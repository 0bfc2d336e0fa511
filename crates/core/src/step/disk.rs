//! The disk stage: tables, LUKS, file systems, and making another system's file system smaller.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::action::Filesystem;
use crate::layout::{Kdf, Luks, Shrink};
use crate::sys::{Cmd, System, run};
use crate::table::{self, DeviceReader, TableEdit};

use super::{Context, STATE_DIR, SecretRequest, StepError, UndoRecord};

/// Writes a partition table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteTable {
    /// The disk.
    pub disk: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its logical sector in bytes.
    pub logical_sector: u32,
    /// What changes.
    pub edit: TableEdit,
    /// Partitions of the old table.
    pub old: Vec<String>,
    /// Partitions of the new table.
    pub new: Vec<String>,
    /// The first step of the plan (by index) after which the old table no longer restores what was there.
    pub lost_after: Option<u32>,
}

impl WriteTable {
    /// True where a new table replaces one that had partitions.
    pub fn erases_table(&self) -> bool {
        matches!(self.edit, TableEdit::Create { .. }) && !self.old.is_empty()
    }

    pub(super) fn record(&self, sys: &mut dyn System) -> Result<UndoRecord, StepError> {
        let ranges = {
            let mut reader = DeviceReader::new(sys, &self.disk, self.size_bytes);
            table::saved_ranges(&mut reader, self.size_bytes, self.logical_sector).map_err(check)?
        };
        let mut lines = String::new();
        for (offset, length) in ranges {
            let bytes = sys.read_device(&self.disk, offset, length)?;
            lines.push_str(&format!("{offset} {}\n", BASE64.encode(bytes)));
        }
        let name = self.disk.trim_start_matches("/dev/").replace('/', "-");
        let saved =
            PathBuf::from(STATE_DIR).join(format!("table-{name}-{}", &crate::ids::digest(&lines)[..12]));
        sys.write(&saved, lines.as_bytes(), 0o600)?;
        Ok(UndoRecord::RestoreTable {
            disk: self.disk.clone(),
            saved,
            partitions: self.old.clone(),
            added: self.new.iter().filter(|path| !self.old.contains(path)).cloned().collect(),
            lost_after: self.lost_after,
        })
    }

    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        // Signatures of the disk itself (a file system without a table, LVM, md, the old tables) would come back
        // to life. Those of old partitions stay until a new file system takes their place: so the saved table
        // brings everything back if we must stop before that.
        if matches!(self.edit, TableEdit::Create { .. }) && self.has_signature(sys)? {
            run(sys, &Cmd::new(["wipefs", "--all", "--force", self.disk.as_str()]))?;
        }
        let ranges = {
            let mut reader = DeviceReader::new(sys, &self.disk, self.size_bytes);
            table::edit(&mut reader, self.size_bytes, self.logical_sector, &self.edit).map_err(check)?
        };
        sys.write_device(&self.disk, &ranges)?;
        sys.reread_table(&self.disk, &self.new)?;
        self.check(sys)
    }

    /// A blank disk needs no wipe; keeping it untouched makes its undo exact.
    fn has_signature(&self, sys: &mut dyn System) -> Result<bool, StepError> {
        let probe = Cmd::new(["blkid", "--probe", "--output", "export", self.disk.as_str()]).ok(&[0, 2, 8]);
        Ok(!run(sys, &probe)?.stdout.trim().is_empty())
    }

    /// Reads the table back: what the kernel will see must be what was planned.
    fn check(&self, sys: &mut dyn System) -> Result<(), StepError> {
        let mut reader = DeviceReader::new(sys, &self.disk, self.size_bytes);
        let facts = table::read(&mut reader, self.size_bytes, self.logical_sector).map_err(check)?;
        let facts =
            facts.ok_or_else(|| StepError::Check(format!("{} has no table after writing it", self.disk)))?;
        let (TableEdit::Create { partitions, .. } | TableEdit::Change { add: partitions, .. }) = &self.edit;
        for wanted in partitions {
            let found = facts.partitions.iter().find(|p| p.number == wanted.number);
            if found.is_none_or(|p| p.start_bytes != wanted.start_bytes || p.size_bytes != wanted.size_bytes)
            {
                return Err(StepError::Check(format!(
                    "partition {} of {} is not where it was planned",
                    wanted.number, self.disk
                )));
            }
        }
        Ok(())
    }
}

fn check(error: table::TableError) -> StepError {
    StepError::Check(error.to_string())
}

/// Writes the saved table bytes back.
pub(super) fn restore_table(
    sys: &mut dyn System,
    disk: &str,
    saved: &Path,
    partitions: &[String],
    added: &[String],
) -> Result<(), StepError> {
    let text = String::from_utf8_lossy(&sys.read(saved)?).into_owned();
    let mut ranges = Vec::new();
    for line in text.lines() {
        let (offset, bytes) = line
            .split_once(' ')
            .and_then(|(o, b)| Some((o.parse().ok()?, BASE64.decode(b).ok()?)))
            .ok_or_else(|| StepError::Check(format!("the saved table {} is damaged", saved.display())))?;
        ranges.push((offset, bytes));
    }
    // What was made on the added partitions must not be found again by a later scan of the free space.
    for path in added {
        if sys.kind(Path::new(path))?.is_some() {
            run(sys, &Cmd::new(["wipefs", "--all", "--force", path.as_str()]))?;
        }
    }
    sys.write_device(disk, &ranges)?;
    sys.reread_table(disk, partitions)?;
    Ok(())
}

/// Makes and opens a LUKS2 container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeLuks {
    /// The partition.
    pub partition: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// The container.
    pub luks: Luks,
    /// What people call the volume.
    pub role: String,
}

impl MakeLuks {
    pub(super) fn run(&self, sys: &mut dyn System, cx: &mut Context<'_>) -> Result<(), StepError> {
        let passphrase = cx
            .secrets
            .get(&SecretRequest::LuksPassphrase)
            .ok_or(StepError::NoSecret("encryption passphrase"))?;
        let kdf = match self.luks.kdf {
            Kdf::Pbkdf2 => "pbkdf2",
            Kdf::Argon2id => "argon2id",
        };
        run(sys, &Cmd::new(["wipefs", "--all", "--force", &self.partition]))?;
        let format = [
            "cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--pbkdf", kdf, "--uuid",
            &self.luks.uuid, "--key-file", "-", &self.partition,
        ];
        run(sys, &Cmd::new(format).stdin(passphrase.clone()))?;
        let open =
            ["cryptsetup", "open", "--type", "luks2", "--key-file", "-", &self.partition, &self.luks.name];
        run(sys, &Cmd::new(open).stdin(passphrase))?;
        Ok(())
    }
}

/// Makes a file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeFilesystem {
    /// The device it is made on: the partition or its open LUKS container.
    pub device: String,
    /// The partition below it.
    pub partition: String,
    /// Size of the partition in bytes.
    pub size_bytes: u64,
    /// Kind.
    pub fs: Filesystem,
    /// UUID (FAT: `XXXX-XXXX`).
    pub uuid: String,
    /// What people call the volume.
    pub role: String,
    /// True where data that was there is lost by this step.
    pub erases: bool,
}

impl MakeFilesystem {
    /// The program that makes it.
    pub fn command(&self) -> Cmd {
        let label = match self.role.as_str() {
            "EFI" => "EFI".to_string(),
            role => {
                let word: String = role.chars().filter(char::is_ascii_alphanumeric).take(10).collect();
                if word.is_empty() { "data".into() } else { word }
            }
        };
        let (uuid, device) = (self.uuid.as_str(), self.device.as_str());
        match self.fs {
            Filesystem::Vfat => {
                let id = uuid.replace('-', "");
                Cmd::new(["mkfs.vfat", "-F", "32", "-n", &label.to_uppercase(), "-i", &id, device])
            }
            Filesystem::Ext4 => Cmd::new(["mkfs.ext4", "-q", "-F", "-U", uuid, "-L", &label, device]),
            Filesystem::Btrfs => Cmd::new(["mkfs.btrfs", "-q", "-f", "-U", uuid, "-L", &label, device]),
            Filesystem::Xfs => {
                let uuid = format!("uuid={uuid}");
                Cmd::new(["mkfs.xfs", "-q", "-f", "-m", &uuid, "-L", &label, device])
            }
            Filesystem::Swap => Cmd::new(["mkswap", "-U", uuid, "-L", &label, device]),
        }
    }

    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        run(sys, &Cmd::new(["wipefs", "--all", "--force", &self.device]))?;
        run(sys, &self.command())?;
        let found = uuid_of(sys, &self.device)?;
        if !found.eq_ignore_ascii_case(&self.uuid) {
            return Err(StepError::Check(format!(
                "{} has UUID {found:?} after it was made, not {}",
                self.device, self.uuid
            )));
        }
        Ok(())
    }
}

/// The UUID that blkid reads from the device itself, not from a cache.
pub(super) fn uuid_of(sys: &mut dyn System, device: &str) -> Result<String, StepError> {
    let cmd =
        Cmd::new(["blkid", "--probe", "--match-tag", "UUID", "--output", "value", device]).ok(&[0, 2, 8]);
    Ok(run(sys, &cmd)?.stdout.trim().to_string())
}

/// Makes a file system of another system smaller: check, trial run, then the real thing. The partition follows
/// later, in the table.
pub(super) fn shrink(step: &Shrink, sys: &mut dyn System) -> Result<(), StepError> {
    let size = step.to_bytes.to_string();
    let device = step.partition.as_str();
    if step.fs == "ntfs" {
        run(sys, &Cmd::new(["ntfsresize", "--no-progress-bar", "--info", "--force", device]))?;
        let trial = ["ntfsresize", "--no-progress-bar", "--force", "--no-action", "--size", &size, device];
        run(sys, &Cmd::new(trial))?;
        let real = ["ntfsresize", "--no-progress-bar", "--force", "--size", &size, device];
        run(sys, &Cmd::new(real).stdin(SecretString::from("y\n")))?;
    } else {
        // 1: errors were corrected; fine.
        run(sys, &Cmd::new(["e2fsck", "-f", "-p", device]).ok(&[0, 1]))?;
        let sectors = format!("{}s", step.to_bytes / 512);
        run(sys, &Cmd::new(["resize2fs", device, &sectors]))?;
    }
    Ok(())
}

/// Grows a file system to the size of its partition.
pub(super) fn grow(sys: &mut dyn System, partition: &str, fs: &str) -> Result<(), StepError> {
    if fs == "ntfs" {
        let cmd = ["ntfsresize", "--no-progress-bar", "--force", partition];
        run(sys, &Cmd::new(cmd).stdin(SecretString::from("y\n")))?;
    } else {
        run(sys, &Cmd::new(["e2fsck", "-f", "-p", partition]).ok(&[0, 1]))?;
        run(sys, &Cmd::new(["resize2fs", partition]))?;
    }
    Ok(())
}
