//! Gives every partition of a scheme its number, bytes, UUID and device.

use crate::action::{PartitionRequest, SchemeEntry, Use};
use crate::ids;
use crate::machine::{Disk, Firmware, Machine, Partition, PartitionKind, TableKind};
use crate::refusal::Refusal;
use crate::size::{MIB, Size, decimal};
use crate::table::{NewPartition, TableEdit};

use super::{Kdf, Luks, TargetLayout, Volume, expand, room};

/// Free bytes that an existing ESP must have for GRUB and its fallback copy.
const ESP_NEEDS: u64 = 12 * MIB;
/// Bytes beyond the copied files that a root must have: initramfs, GRUB, logs, room to live.
const ROOT_MARGIN: u64 = 512 * MIB;

/// The target that `request` leads to on this machine.
///
/// # Errors
/// A refusal that names the disk, partition or size, and what would work.
pub fn place(
    machine: &Machine,
    request: &PartitionRequest,
    table: Option<TableKind>,
    seed: &str,
) -> Result<TargetLayout, Refusal> {
    let mut scheme = expand(machine, request)?;
    let Some(disk) = machine.disk(&request.disk) else {
        return Err(Refusal::new(&request.disk, "The disk is gone.", "List the disks again."));
    };
    check_usable(disk)?;
    let kind = match request.usage {
        Use::Whole => table.unwrap_or(TableKind::Gpt),
        _ => disk.table.unwrap_or(TableKind::Gpt),
    };
    if kind == TableKind::Mbr && machine.firmware == Firmware::Bios {
        scheme.retain(|entry| entry.mount != "bios_boot");
    }
    let room = room::find(disk, request, kind)?;
    let sizes = sizes(disk, &scheme, room.region.size)?;
    let mut numbers = free_numbers(disk, request.usage, kind);
    let mut volumes = Vec::new();
    let mut start = room.region.start;
    for (entry, size) in scheme.iter().zip(sizes) {
        let number = numbers.next().ok_or_else(|| table_full(disk, kind))?;
        volumes.push(volume(disk, entry, number, start, size, request, seed));
        start += size;
    }
    let separate_boot = volumes.iter().any(|v| v.mount == "/boot");
    for luks in volumes.iter_mut().filter_map(|v| v.luks.as_mut()) {
        luks.kdf = if separate_boot { Kdf::Argon2id } else { Kdf::Pbkdf2 };
    }
    check_root(machine, &volumes)?;
    let new = volumes.iter().map(|v| new_partition(v, seed)).collect();
    let edit = match request.usage {
        Use::Whole => TableEdit::Create { kind, guid: ids::uuid(seed, "disk"), partitions: new },
        _ => TableEdit::Change { shrink: room.shrink.as_ref().map(|s| (s.number, s.to_bytes)), add: new },
    };
    if request.usage != Use::Whole
        && machine.firmware == Firmware::Uefi
        && let Some(esp) = disk.partitions.iter().find(|p| p.kind == PartitionKind::Esp)
    {
        volumes.insert(0, kept_esp(esp)?);
    }
    Ok(TargetLayout {
        request: Some(request.clone()),
        disk: disk.path.clone(),
        usage: request.usage.into(),
        firmware: machine.firmware,
        table: Some(edit),
        shrink: room.shrink,
        volumes,
    })
}

/// Refuses a disk that must not be written to.
pub(super) fn check_usable(disk: &Disk) -> Result<(), Refusal> {
    let refuse = |why: String, remedy: &str| Err(Refusal::new(&disk.path, why, remedy));
    if disk.live_medium {
        return refuse(
            format!("{} is the medium this live system runs from.", disk.path),
            "Choose another disk.",
        );
    }
    if disk.read_only {
        return refuse(
            format!("{} is read-only.", disk.path),
            "Take the write protection off, or choose another disk.",
        );
    }
    if !disk.in_use.is_empty() {
        return refuse(
            format!("{} is in use: {}.", disk.path, disk.in_use.join(", ")),
            "Release it first (unmount, swapoff, close or stop what holds it), or choose another disk.",
        );
    }
    Ok(())
}

/// The bytes of each entry of the scheme, in order; multiples of 1 MiB that fit into `space`.
fn sizes(disk: &Disk, scheme: &[SchemeEntry], space: u64) -> Result<Vec<u64>, Refusal> {
    let fixed = |entry: &SchemeEntry| entry.size.bytes().map(|bytes| bytes.next_multiple_of(MIB));
    let taken: u64 = scheme.iter().filter_map(fixed).fold(0, u64::saturating_add);
    let wants_rest = scheme.iter().any(|entry| entry.size == Size::Rest);
    if taken > space || (wants_rest && space - taken < MIB) {
        return Err(Refusal::new(
            &disk.path,
            format!(
                "The partitions need {} but {} has room for {}.",
                decimal(taken),
                disk.path,
                decimal(space)
            ),
            "Ask for smaller partitions, or choose a larger disk.",
        ));
    }
    Ok(scheme.iter().map(|entry| fixed(entry).unwrap_or(space - taken)).collect())
}

/// Partition numbers that are not taken, lowest first.
fn free_numbers(disk: &Disk, usage: Use, kind: TableKind) -> impl Iterator<Item = u32> {
    let taken: Vec<u32> = match usage {
        Use::Whole => Vec::new(),
        _ => disk.partitions.iter().map(|p| p.number).collect(),
    };
    let last = match kind {
        TableKind::Gpt => 128,
        TableKind::Mbr => 4,
    };
    // After the highest number first: a gap in the numbers may belong to something people remember.
    let highest = taken.iter().copied().max().unwrap_or(0);
    let gaps: Vec<u32> = (1..highest).filter(|n| !taken.contains(n) && *n <= last).collect();
    ((highest + 1)..=last).chain(gaps)
}

fn table_full(disk: &Disk, kind: TableKind) -> Refusal {
    let (most, remedy) = match kind {
        TableKind::Mbr => {
            (4, "Ask for fewer partitions (no separate home or swap), or use the whole disk with GPT.")
        }
        TableKind::Gpt => {
            (128, "Ask for fewer partitions (no separate home or swap), or use the whole disk.")
        }
    };
    Refusal::new(
        &disk.path,
        format!(
            "The partition table of {} has room for {most} partitions, and that is not enough.",
            disk.path
        ),
        remedy,
    )
}

fn volume(
    disk: &Disk,
    entry: &SchemeEntry,
    number: u32,
    start_bytes: u64,
    size_bytes: u64,
    request: &PartitionRequest,
    seed: &str,
) -> Volume {
    let mount = entry.mount.clone();
    let encrypt = request.encrypt && !matches!(mount.as_str(), "/boot/efi" | "/boot" | "bios_boot");
    let short = match super::role_of(&mount) {
        "root" => "root".to_string(),
        other => other.trim_matches('/').replace('/', "-").to_lowercase(),
    };
    let vfat = entry.fs == Some(crate::action::Filesystem::Vfat);
    Volume {
        partition: disk.partition_path(number),
        number,
        start_bytes,
        size_bytes,
        fs: entry.fs.map(|fs| fs.name().to_string()),
        uuid: if vfat { ids::fat_id(seed, &mount) } else { ids::uuid(seed, &mount) },
        make: entry.fs.is_some(),
        luks: encrypt.then(|| Luks {
            name: format!("crypt-{short}"),
            uuid: ids::uuid(seed, &format!("luks {mount}")),
            kdf: Kdf::Pbkdf2,
            // The root's own key file lies in the initramfs, so it needs /boot on the encrypted root.
            key_file: mount != "/" || request.boot.is_none() && !dictates_boot(request),
        }),
        mount,
    }
}

fn dictates_boot(request: &PartitionRequest) -> bool {
    request.scheme.as_ref().is_some_and(|scheme| scheme.iter().any(|entry| entry.mount == "/boot"))
}

fn new_partition(volume: &Volume, seed: &str) -> NewPartition {
    let kind = match volume.mount.as_str() {
        "/boot/efi" => PartitionKind::Esp,
        "bios_boot" => PartitionKind::BiosBoot,
        _ if volume.luks.is_some() => PartitionKind::Luks,
        "swap" => PartitionKind::Swap,
        "/home" => PartitionKind::LinuxHome,
        _ => PartitionKind::Linux,
    };
    NewPartition {
        number: volume.number,
        start_bytes: volume.start_bytes,
        size_bytes: volume.size_bytes,
        kind,
        guid: ids::uuid(seed, &format!("partition {}", volume.mount)),
        name: format!("LevitateOS {}", volume.role()),
    }
}

/// The volume of an ESP that is kept.
pub(super) fn kept_esp(esp: &Partition) -> Result<Volume, Refusal> {
    if let Some(used) = esp.used_bytes
        && esp.size_bytes.saturating_sub(used) < ESP_NEEDS
    {
        return Err(Refusal::new(
            &esp.path,
            format!(
                "The EFI partition {} is too full: {} free, {} needed.",
                esp.path,
                decimal(esp.size_bytes.saturating_sub(used)),
                decimal(ESP_NEEDS)
            ),
            "Delete old boot loaders from it in the other system, or use another disk.",
        ));
    }
    if esp.fs.as_deref().is_some_and(|fs| fs != "vfat") {
        return Err(Refusal::new(
            &esp.path,
            format!("The EFI partition {} has no FAT file system.", esp.path),
            "Repair it in the other system, or use the whole disk.",
        ));
    }
    Ok(kept(esp, "/boot/efi", "vfat"))
}

/// The volume of a partition whose content is kept.
pub(super) fn kept(partition: &Partition, mount: &str, fs: &str) -> Volume {
    Volume {
        mount: mount.into(),
        partition: partition.path.clone(),
        number: partition.number,
        start_bytes: partition.start_bytes,
        size_bytes: partition.size_bytes,
        fs: Some(fs.into()),
        uuid: partition.uuid.clone().unwrap_or_default(),
        make: false,
        luks: None,
    }
}

/// The root must hold the copied files and a margin; with separate mounts for part of them still most of it.
pub(super) fn check_root(machine: &Machine, volumes: &[Volume]) -> Result<(), Refusal> {
    let Some(root) = volumes.iter().find(|v| v.mount == "/") else { return Ok(()) };
    // Metadata, journal and reserved blocks of the file system take up to a tenth.
    let needs = (machine.source.installed_bytes.saturating_add(ROOT_MARGIN)) / 10 * 11;
    if root.size_bytes < needs {
        return Err(Refusal::new(
            &root.partition,
            format!(
                "The root partition {} would have {}; the system needs {}.",
                root.partition,
                decimal(root.size_bytes),
                decimal(needs)
            ),
            "Give root more space, leave out swap or home, or choose a larger disk.",
        ));
    }
    Ok(())
}
