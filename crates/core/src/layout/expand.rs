//! A request's scheme: the contract's expansion (section 3). Two requests are equal when their schemes are.

use crate::action::{Filesystem, PartitionRequest, SchemeEntry, Use};
use crate::machine::{Disk, Firmware, Machine, PartitionKind, TableKind};
use crate::names::check_mountpoint;
use crate::refusal::Refusal;
use crate::size::{GIB, Size};

use super::room;

/// Size of a new ESP.
const ESP: Size = Size::mib(512);
/// Size of the partition that holds GRUB's core on BIOS with GPT.
const BIOS_BOOT: Size = Size::mib(1);

/// Bytes of the stretch that the request's partitions share.
pub fn space(machine: &Machine, request: &PartitionRequest) -> Result<u64, Refusal> {
    let disk = disk_of(machine, request)?;
    Ok(room::find(disk, request, disk.table.unwrap_or(TableKind::Gpt))?.region.size)
}

/// The partitions that the request makes, in order: ESP or bios_boot, boot, swap, root, home. An ESP that is kept
/// (`free`, `beside`) is not listed: nothing of it is made.
///
/// # Errors
/// A refusal where the disk does not exist, has no room, or the sizes contradict one another.
pub fn expand(machine: &Machine, request: &PartitionRequest) -> Result<Vec<SchemeEntry>, Refusal> {
    let disk = disk_of(machine, request)?;
    let firmware_entry = firmware_entry(machine.firmware, disk, request);
    if let Some(scheme) = &request.scheme {
        return dictated(disk, scheme, firmware_entry);
    }
    let fs = request.fs.unwrap_or(Filesystem::Ext4);
    if matches!(fs, Filesystem::Vfat | Filesystem::Swap) {
        return Err(Refusal::new(
            fs.name(),
            format!("A root file system cannot be {}.", fs.name()),
            "Choose ext4, btrfs or xfs.",
        ));
    }
    let entry = |mount: &str, size, fs| SchemeEntry { mount: mount.into(), size, fs: Some(fs) };
    let mut scheme: Vec<SchemeEntry> = firmware_entry.into_iter().collect();
    if let Some(size) = request.boot {
        scheme.push(entry("/boot", size, Filesystem::Ext4));
    }
    if let Some(size) = request.swap {
        scheme.push(entry("swap", size, Filesystem::Swap));
    }
    let (root, home) = match (request.root, request.home) {
        (root, None) => (root.unwrap_or(Size::Rest), None),
        (Some(Size::Rest) | None, Some(Size::Rest)) => {
            let share = space(machine, request)? * 2 / 5;
            (Size::Bytes(share.clamp(20 * GIB, 100 * GIB) / GIB * GIB), Some(Size::Rest))
        }
        (None, home) => (Size::Rest, home),
        (root, home) => (root.unwrap_or(Size::Rest), home),
    };
    scheme.push(entry("/", root, fs));
    if let Some(size) = home {
        scheme.push(entry("/home", size, fs));
    }
    Ok(scheme)
}

fn disk_of<'a>(machine: &'a Machine, request: &PartitionRequest) -> Result<&'a Disk, Refusal> {
    machine.disk(&request.disk).ok_or_else(|| {
        let known: Vec<_> = machine.candidates().map(|disk| disk.path.as_str()).collect();
        let remedy = if known.is_empty() {
            "No disk of this computer can be used.".to_string()
        } else {
            format!("The disks are: {}.", known.join(", "))
        };
        Refusal::new(
            &request.disk,
            format!("There is no disk {}.", crate::names::printable(&request.disk)),
            remedy,
        )
    })
}

/// The partition that the firmware needs: an ESP on UEFI unless one is kept, bios_boot on BIOS with GPT.
fn firmware_entry(firmware: Firmware, disk: &Disk, request: &PartitionRequest) -> Option<SchemeEntry> {
    let keeps = |kind| request.usage != Use::Whole && disk.partitions.iter().any(|p| p.kind == kind);
    match firmware {
        Firmware::Uefi => (!keeps(PartitionKind::Esp)).then(|| SchemeEntry {
            mount: "/boot/efi".into(),
            size: ESP,
            fs: Some(Filesystem::Vfat),
        }),
        Firmware::Bios => {
            let gpt = request.usage == Use::Whole || disk.table != Some(TableKind::Mbr);
            (gpt && !keeps(PartitionKind::BiosBoot)).then(|| SchemeEntry {
                mount: "bios_boot".into(),
                size: BIOS_BOOT,
                fs: None,
            })
        }
    }
}

/// A dictated scheme is taken as said; what the firmware needs and was not said is put in front.
fn dictated(
    disk: &Disk,
    said: &[SchemeEntry],
    firmware_entry: Option<SchemeEntry>,
) -> Result<Vec<SchemeEntry>, Refusal> {
    let refuse = |object: &str, why: String, remedy: &str| Err(Refusal::new(object, why, remedy));
    for entry in said {
        let mount = entry.mount.as_str();
        if mount != "bios_boot" {
            check_mountpoint(mount)?;
        }
        let fits = match (mount, entry.fs) {
            ("bios_boot", fs) => fs.is_none(),
            (_, None) => false,
            ("swap", Some(fs)) => fs == Filesystem::Swap,
            ("/boot/efi", Some(fs)) => fs == Filesystem::Vfat,
            (_, Some(fs)) => !matches!(fs, Filesystem::Swap | Filesystem::Vfat),
        };
        if !fits {
            let fs = entry.fs.map_or("no file system", Filesystem::name);
            return refuse(
                mount,
                format!("{mount} cannot have {fs}."),
                "The ESP is vfat, swap is swap, everything else ext4, btrfs or xfs.",
            );
        }
        if said.iter().filter(|other| other.mount == mount).count() > 1 {
            return refuse(mount, format!("{mount} is there twice."), "Name every mount point once.");
        }
    }
    if !said.iter().any(|entry| entry.mount == "/") {
        return refuse("/", "The scheme has no root partition.".into(), "Say how large / shall be, or rest.");
    }
    if said.iter().filter(|entry| entry.size == Size::Rest).count() > 1 {
        return refuse(
            &disk.path,
            "Only one partition can have the rest of the disk.".into(),
            "Give the others a size.",
        );
    }
    let missing = firmware_entry.filter(|own| !said.iter().any(|entry| entry.mount == own.mount));
    Ok(missing.into_iter().chain(said.iter().cloned()).collect())
}
