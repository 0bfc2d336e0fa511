//! Where on the disk the new partitions may go, and what that costs the other system.

use crate::action::{PartitionRequest, Use};
use crate::machine::{Disk, FreeRegion, Partition, PartitionKind, Problem, TableKind};
use crate::refusal::Refusal;
use crate::size::{GIB, MIB, Size, decimal};

use super::Shrink;

/// Least free space that is left inside a file system that we shrink.
const SLACK: u64 = 2 * GIB;

/// The stretch for the new partitions, and the shrink that makes it.
pub(super) struct Room {
    pub region: FreeRegion,
    pub shrink: Option<Shrink>,
}

/// Finds the stretch of `disk` that the request may use.
pub(super) fn find(disk: &Disk, request: &PartitionRequest, table: TableKind) -> Result<Room, Refusal> {
    match request.usage {
        Use::Whole => {
            let end = disk.usable_end(table) / MIB * MIB;
            if end <= 2 * MIB {
                return Err(too_small(disk));
            }
            Ok(Room { region: FreeRegion { start: MIB, size: end - MIB }, shrink: None })
        }
        Use::Free => {
            if disk.table.is_none() && !disk.carries_data() {
                // A blank disk is one free region; what it lacks is a table, which is `whole`'s business.
                return Err(Refusal::new(
                    &disk.path,
                    format!(
                        "{} has no partition table, so there is no free space between partitions.",
                        disk.path
                    ),
                    format!("Say \"use the whole disk {}\".", disk.path),
                ));
            }
            let region = disk.largest_free().ok_or_else(|| {
                Refusal::new(
                    &disk.path,
                    format!("{} has no unpartitioned space.", disk.path),
                    "Say \"beside\" to shrink the other system, or choose another disk.",
                )
            })?;
            Ok(Room { region, shrink: None })
        }
        Use::Beside => beside(disk, request.give),
    }
}

fn too_small(disk: &Disk) -> Refusal {
    Refusal::new(
        &disk.path,
        format!("{} is too small ({}).", disk.path, decimal(disk.size_bytes)),
        "Choose a larger disk.",
    )
}

/// The system beside which room is made: the largest NTFS or ext4 that carries one.
fn beside(disk: &Disk, give: Option<Size>) -> Result<Room, Refusal> {
    let host = host_partition(disk).ok_or_else(|| {
        Refusal::new(
            &disk.path,
            format!("There is no other system on {} that could be made smaller.", disk.path),
            format!(
                "Say \"use the whole disk {}\", or choose the disk that has the other system.",
                disk.path
            ),
        )
    })?;
    check_shrinkable(host)?;
    let used = host.used_bytes.ok_or_else(|| {
        Refusal::new(
            &host.path,
            format!("It is not known how full {} is, so it will not be made smaller.", host.path),
            "Start the other system, shut it down properly, and try again.",
        )
    })?;
    let free = host.size_bytes.saturating_sub(used);
    let most = free.saturating_sub(SLACK.max(used / 20));
    let wanted = match give {
        Some(Size::Bytes(bytes)) => bytes,
        Some(Size::Rest) => most,
        None => (free / 2).min(most),
    };
    let wanted = wanted / MIB * MIB;
    if wanted > most || wanted < MIB {
        return Err(Refusal::new(
            &host.path,
            format!(
                "{} has {} free of {}; {} of that could be given to the new system{}.",
                host.path,
                decimal(free),
                decimal(host.size_bytes),
                decimal(most / MIB * MIB),
                give.and_then(Size::bytes).map(|b| format!(", not {}", decimal(b))).unwrap_or_default(),
            ),
            if most < MIB {
                "Delete files in the other system first, or choose another disk."
            } else {
                "Ask for less, or delete files in the other system first."
            },
        ));
    }
    let end = host.end_bytes() / MIB * MIB;
    let start = (end - wanted).max(host.start_bytes);
    let shrink = Shrink {
        partition: host.path.clone(),
        number: host.number,
        fs: host.fs.clone().unwrap_or_default(),
        from_bytes: host.size_bytes,
        to_bytes: start - host.start_bytes,
    };
    Ok(Room { region: FreeRegion { start, size: end - start }, shrink: Some(shrink) })
}

/// The partition of the other system.
pub fn host_partition(disk: &Disk) -> Option<&Partition> {
    let fits = |p: &&Partition| {
        let windows = p.kind != PartitionKind::WindowsRecovery
            && (p.fs.as_deref() == Some("ntfs") || p.fs.as_deref() == Some("BitLocker"));
        let linux = p.fs.as_deref() == Some("ext4") && p.os.is_some();
        windows || linux
    };
    // One that carries a known system first, then the largest.
    disk.partitions.iter().filter(fits).max_by_key(|p| (p.os.is_some(), p.size_bytes))
}

fn check_shrinkable(host: &Partition) -> Result<(), Refusal> {
    let refuse = |why: &str, remedy: &str| {
        Err(Refusal::new(&host.path, format!("{} {why}", host.path), remedy.to_string()))
    };
    if host.problems.contains(&Problem::Bitlocker) || host.fs.as_deref() == Some("BitLocker") {
        return refuse(
            "is encrypted by BitLocker, so it cannot be made smaller from here.",
            "In Windows, turn BitLocker off or shrink the volume in Disk Management, then use the free space.",
        );
    }
    if host.problems.contains(&Problem::Hibernated) {
        return refuse(
            "holds a hibernated Windows (fast start-up counts too); changing it now could destroy it.",
            "Start Windows, run \"shutdown /s /t 0\" with fast start-up turned off, and try again.",
        );
    }
    if host.problems.contains(&Problem::Dirty) {
        return refuse(
            "was not shut down cleanly.",
            "Start the other system, let it check its disk (chkdsk /f in Windows), shut it down, and try again.",
        );
    }
    Ok(())
}
