//! Mounting the target.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::sys::{Cmd, MountCall, System, run};

use super::{Context, SecretRequest, StepError, TARGET, UndoRecord};

/// Mounts the target's file systems, parents first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountTarget {
    /// Volumes in order: root first.
    pub volumes: Vec<MountVolume>,
}

/// One file system of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountVolume {
    /// Device.
    pub device: String,
    /// Mount point in the installed system.
    pub mount: String,
    /// File system by the kernel's name.
    pub fs: String,
    /// LUKS container that must be open first: partition and name.
    pub luks: Option<(String, String)>,
}

impl MountTarget {
    /// Unmounting the root's mount point takes everything below along; containers that this step opened again
    /// are closed with it.
    pub(super) fn record(&self) -> UndoRecord {
        UndoRecord::Unmount {
            points: vec![PathBuf::from(TARGET)],
            luks: self.volumes.iter().filter_map(|v| v.luks.as_ref()).map(|(_, name)| name.clone()).collect(),
        }
    }

    pub(super) fn run(&self, sys: &mut dyn System, cx: &mut Context<'_>) -> Result<(), StepError> {
        for volume in &self.volumes {
            self.open(sys, cx, volume)?;
            let at = super::in_target(&volume.mount);
            let point = if volume.mount == "/" { PathBuf::from(TARGET) } else { at };
            sys.mount(&MountCall {
                source: volume.device.clone(),
                target: point,
                fs: Some(kernel_fs(&volume.fs).to_string()),
                read_only: false,
                options: String::new(),
            })?;
        }
        self.prove(sys)
    }

    /// A container that an earlier plan made and closed is opened again.
    fn open(
        &self,
        sys: &mut dyn System,
        cx: &mut Context<'_>,
        volume: &MountVolume,
    ) -> Result<(), StepError> {
        let Some((partition, name)) = &volume.luks else { return Ok(()) };
        if sys.kind(Path::new(&volume.device))?.is_some() {
            return Ok(());
        }
        let passphrase = cx
            .secrets
            .get(&SecretRequest::LuksPassphrase)
            .ok_or(StepError::NoSecret("encryption passphrase"))?;
        let argv = ["cryptsetup", "open", "--type", "luks2", "--key-file", "-", partition, name];
        run(sys, &Cmd::new(argv).stdin(passphrase))?;
        Ok(())
    }

    /// The root of the target must be a mount of the planned device, or a copy would fill the live system.
    fn prove(&self, sys: &mut dyn System) -> Result<(), StepError> {
        let mounts = sys.mounts()?;
        for volume in &self.volumes {
            let point = super::in_target(&volume.mount);
            let point = if volume.mount == "/" { Path::new(TARGET) } else { point.as_path() };
            let found = mounts.iter().rev().find(|m| m.target == point);
            if found.is_none_or(|m| !same_device(&m.source, &volume.device)) {
                return Err(StepError::Check(format!(
                    "{} is not mounted at {} although mounting it succeeded",
                    volume.device,
                    point.display()
                )));
            }
        }
        Ok(())
    }
}

/// The kernel may name a LUKS device by its dm node.
fn same_device(listed: &str, wanted: &str) -> bool {
    listed == wanted || (wanted.starts_with("/dev/mapper/") && listed.starts_with("/dev/dm-"))
}

/// The kernel driver of a file system that blkid names otherwise.
fn kernel_fs(fs: &str) -> &str {
    match fs {
        "ntfs" => "ntfs3",
        other => other,
    }
}
