//! A target made of partitions that were there (`format` and `mount`), or of those beside a new layout.

use crate::action::Filesystem;
use crate::machine::{Firmware, Machine, Partition, PartitionKind, TableKind};
use crate::refusal::Refusal;
use crate::spec::{InstallSpec, MountWish};
use crate::state::TargetUse;

use super::place::{check_root, check_usable, kept, kept_esp};
use super::{TargetLayout, Volume};

/// The target of a spec that names existing partitions and no layout. `None` where no root is named yet.
///
/// # Errors
/// A refusal that names the partition and what would work.
pub fn existing(machine: &Machine, spec: &InstallSpec) -> Result<Option<TargetLayout>, Refusal> {
    let mut volumes = Vec::new();
    for wish in &spec.mounts {
        volumes.push(mounted(machine, wish)?);
    }
    let Some(root) = volumes.iter().find(|v| v.mount == "/") else { return Ok(None) };
    let Some((disk, _)) = machine.partition(&root.partition) else { return Ok(None) };
    match machine.firmware {
        Firmware::Uefi if !volumes.iter().any(|v| v.mount == "/boot/efi") => {
            let esp = disk.partitions.iter().find(|p| p.kind == PartitionKind::Esp).ok_or_else(|| {
                Refusal::new(
                    &disk.path,
                    format!("{} has no EFI partition, so nothing on it can be started.", disk.path),
                    "Mount one of another disk at /boot/efi, or use the whole disk.",
                )
            })?;
            volumes.insert(0, kept_esp(esp)?);
        }
        Firmware::Bios
            if disk.table == Some(TableKind::Gpt)
                && !disk.partitions.iter().any(|p| p.kind == PartitionKind::BiosBoot) =>
        {
            return Err(Refusal::new(
                &disk.path,
                format!("{} has a GPT but no bios_boot partition for GRUB.", disk.path),
                "Make one of 1 MiB, or use the whole disk.",
            ));
        }
        _ => {}
    }
    check_root(machine, &volumes)?;
    Ok(Some(TargetLayout {
        request: None,
        disk: disk.path.clone(),
        usage: TargetUse::Existing,
        firmware: machine.firmware,
        table: None,
        shrink: None,
        volumes,
    }))
}

/// The volume of one `mount` wish.
pub(crate) fn mounted(machine: &Machine, wish: &MountWish) -> Result<Volume, Refusal> {
    let partition = find(machine, &wish.partition)?;
    let refuse = |why: String, remedy: &str| Err(Refusal::new(&wish.partition, why, remedy));
    let Some(fs) = partition.fs.as_deref() else {
        return refuse(
            format!("{} has no file system.", partition.path),
            "Format it first, e.g. \"format it as ext4\".",
        );
    };
    if matches!(fs, "crypto_LUKS" | "BitLocker" | "LVM2_member" | "linux_raid_member") {
        return refuse(
            format!("{} holds {fs}, which cannot be mounted from here.", partition.path),
            "Choose another partition, or format this one.",
        );
    }
    let fits = match wish.mountpoint.as_str() {
        "/" | "/usr" | "/var" => matches!(fs, "ext4" | "btrfs" | "xfs"),
        "/boot/efi" => fs == "vfat",
        "swap" => fs == "swap",
        _ => fs != "swap",
    };
    if !fits {
        return refuse(
            format!("{} has {fs}, which does not fit {}.", partition.path, wish.mountpoint),
            "Choose another partition, or format this one.",
        );
    }
    if partition.uuid.is_none() {
        return refuse(
            format!("The file system on {} has no UUID.", partition.path),
            "Format it, or choose another partition.",
        );
    }
    Ok(kept(partition, &wish.mountpoint, fs))
}

/// Finds a partition that may be formatted or mounted.
pub(crate) fn find<'a>(machine: &'a Machine, path: &str) -> Result<&'a Partition, Refusal> {
    let Some((disk, partition)) = machine.partition(path) else {
        let known: Vec<_> =
            machine.candidates().flat_map(|d| &d.partitions).map(|p| p.path.as_str()).take(12).collect();
        let remedy = if known.is_empty() {
            "There are no partitions; say \"use the whole disk\".".to_string()
        } else {
            format!("The partitions are: {}.", known.join(", "))
        };
        return Err(Refusal::new(
            path,
            format!("There is no partition {}.", crate::names::printable(path)),
            remedy,
        ));
    };
    check_usable(disk)?;
    if partition.kind == PartitionKind::Extended {
        return Err(Refusal::new(
            path,
            format!("{path} is an extended partition, a box for others."),
            "Name a partition inside it.",
        ));
    }
    Ok(partition)
}

/// Checks a `format` wish.
pub(crate) fn check_format(machine: &Machine, path: &str, fs: Filesystem) -> Result<(), Refusal> {
    let partition = find(machine, path)?;
    if partition.kind == PartitionKind::Esp && fs != Filesystem::Vfat {
        return Err(Refusal::new(
            path,
            format!("{path} is an EFI partition; the firmware reads only vfat there."),
            "Choose another partition, or vfat.",
        ));
    }
    Ok(())
}
