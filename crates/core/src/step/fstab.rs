//! fstab, crypttab and the key files that save further prompts.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::layout::{TargetLayout, Volume};
use crate::sys::{Cmd, SysError, System, read_text, run};

use super::{Context, SecretRequest, StepError, in_target};

/// Writes fstab, crypttab and key files into the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteFstab {
    /// Text of /etc/fstab.
    pub fstab: String,
    /// Text of /etc/crypttab, where anything is encrypted.
    pub crypttab: Option<String>,
    /// Key files to make: path in the installed system, partition they open.
    pub key_files: Vec<KeyFile>,
}

/// A key file on the encrypted root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFile {
    /// Path in the installed system.
    pub path: String,
    /// The LUKS partition it opens.
    pub partition: String,
}

/// Where key files are; systemd-cryptsetup looks there by itself too (crypttab(5)).
pub const KEY_DIR: &str = "/etc/cryptsetup-keys.d";

impl WriteFstab {
    /// The files of this layout.
    pub fn of(layout: &TargetLayout) -> Self {
        let mut fstab = String::from(
            "# /etc/fstab: made by the LevitateOS installer.\n# <device> <mount point> <type> <options> <dump> <pass>\n",
        );
        let mut mounted: Vec<&Volume> = layout.volumes.iter().filter(|v| v.is_mounted()).collect();
        mounted.sort_by_key(|v| v.mount.matches('/').count() + usize::from(v.mount != "/"));
        let swap = layout.volumes.iter().filter(|v| v.mount == "swap");
        for volume in mounted.into_iter().chain(swap) {
            fstab.push_str(&line(volume));
        }
        let luks: Vec<(&Volume, &crate::layout::Luks)> =
            layout.volumes.iter().filter_map(|v| v.luks.as_ref().map(|luks| (v, luks))).collect();
        let mut crypttab = String::from(
            "# /etc/crypttab: made by the LevitateOS installer.\n# <name> <device> <key file> <options>\n",
        );
        let mut key_files = Vec::new();
        for (volume, luks) in &luks {
            let path = format!("{KEY_DIR}/{}.key", luks.name);
            let key = if luks.key_file { path.as_str() } else { "none" };
            let initramfs = if volume.mount == "/" { ",initramfs" } else { "" };
            crypttab.push_str(&format!("{} UUID={} {key} luks,discard{initramfs}\n", luks.name, luks.uuid));
            if luks.key_file {
                key_files.push(KeyFile { path, partition: volume.partition.clone() });
            }
        }
        Self { fstab, crypttab: (!luks.is_empty()).then_some(crypttab), key_files }
    }

    pub(super) fn paths(&self) -> Vec<PathBuf> {
        vec![in_target("/etc/fstab"), in_target("/etc/crypttab")]
    }

    pub(super) fn run(&self, sys: &mut dyn System, cx: &mut Context<'_>) -> Result<(), StepError> {
        sys.write(&in_target("/etc/fstab"), self.fstab.as_bytes(), 0o644)?;
        if let Some(crypttab) = &self.crypttab {
            sys.write(&in_target("/etc/crypttab"), crypttab.as_bytes(), 0o600)?;
        }
        if self.key_files.is_empty() {
            return Ok(());
        }
        sys.create_dir(&in_target(KEY_DIR), 0o700)?;
        let passphrase = cx
            .secrets
            .get(&SecretRequest::LuksPassphrase)
            .ok_or(StepError::NoSecret("encryption passphrase"))?;
        for key in &self.key_files {
            let path = in_target(&key.path);
            let bytes = random_key(sys)?;
            sys.write(&path, &bytes, 0o600)?;
            let path = path.to_string_lossy();
            // The key is 64 random bytes: stretching it would only cost time at every start.
            let argv = [
                "cryptsetup",
                "luksAddKey",
                "--batch-mode",
                "--key-file",
                "-",
                "--pbkdf",
                "pbkdf2",
                "--pbkdf-force-iterations",
                "1000",
                key.partition.as_str(),
                &path,
            ];
            run(sys, &Cmd::new(argv).stdin(passphrase.clone()))?;
        }
        Ok(())
    }
}

/// 64 bytes of the kernel's generator.
fn random_key(sys: &mut dyn System) -> Result<Vec<u8>, SysError> {
    let key = sys.random(64)?;
    if key.len() != 64 || key.iter().all(|byte| *byte == key[0]) {
        return Err(SysError::other("random bytes", "the kernel gave none"));
    }
    Ok(key)
}

fn line(volume: &Volume) -> String {
    let fs = volume.fs.as_deref().unwrap_or("auto");
    let (options, pass) = match (volume.mount.as_str(), fs) {
        ("swap", _) => ("sw", 0),
        (_, "vfat") => ("umask=0077", 1),
        ("/", "ext4") => ("errors=remount-ro", 1),
        (_, "ext4") => ("defaults", 2),
        (_, "ntfs") => ("defaults,nofail", 0),
        // btrfs and xfs check themselves; fsck of theirs does nothing.
        _ => ("defaults", 0),
    };
    let (mount, fs) = match (volume.mount.as_str(), fs) {
        ("swap", _) => ("none", "swap"),
        (mount, "ntfs") => (mount, "ntfs3"),
        (mount, fs) => (mount, fs),
    };
    format!("UUID={} {mount} {fs} {options} 0 {pass}\n", volume.uuid)
}

/// Adds a line to a text file of the target unless it is there.
pub(super) fn ensure_line(sys: &mut dyn System, path: &str, text: &str) -> Result<(), StepError> {
    let path = in_target(path);
    let mut content = read_text(sys, &path)?.unwrap_or_default();
    if content.lines().any(|have| have == text) {
        return Ok(());
    }
    if !content.is_empty() && !content.ends_with('\n') {
        content.push('\n');
    }
    content.push_str(text);
    content.push('\n');
    sys.write(&path, content.as_bytes(), 0o644)?;
    Ok(())
}
