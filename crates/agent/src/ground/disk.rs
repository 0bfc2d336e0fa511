//! Which disk is meant.

use levitate_core::lists::fold;
use levitate_core::machine::{Disk, PartitionKind, Transport};
use levitate_core::size::{GIB, decimal};

pub use super::pick::spoken_of;
use super::{Ask, history, join, makers, pick};
use crate::Context;
use crate::refs::{Ref, Refs};

/// A free region smaller than this is no room for a system.
pub const ROOM: u64 = 8 * GIB;

/// The one disk that all the words fit.
///
/// # Errors
/// A question, where none or more than one fits, or the only one cannot be used.
pub fn find<'a>(refs: &Refs, ctx: &Context<'a>) -> Result<&'a Disk, Ask> {
    let fitting = pick::matching(refs, ctx)?;
    let mut usable: Vec<&Disk> =
        fitting.iter().copied().filter(|disk| !disk.live_medium && !disk.read_only).collect();
    if usable.len() > 1 {
        // "the bigger one" of the two that were just offered.
        let offered = history::last_offered(ctx);
        if offered.len() > 1 && usable.iter().filter(|disk| offered.contains(&disk.path)).count() == 1 {
            usable.retain(|disk| offered.contains(&disk.path));
        }
    }
    match (usable.as_slice(), fitting.as_slice()) {
        ([only], _) => Ok(only),
        ([], [disk, ..]) if disk.live_medium => Err(Ask::new(format!(
            "{} is the medium this system is running from, so nothing can be installed on it. {}",
            describe(disk),
            describe_candidates(ctx)
        ))),
        ([], [disk, ..]) => Err(Ask::new(format!(
            "{} is read-only, so nothing can be installed on it. {}",
            describe(disk),
            describe_candidates(ctx)
        ))),
        ([], []) => {
            Err(Ask::new(format!("No disk here fits \"{}\". {}", spoken(refs), describe_candidates(ctx))))
        }
        (several, _) => {
            let names: Vec<String> = several.iter().map(|disk| describe(disk)).collect();
            Err(Ask::new(format!("Which one do you mean: {}?", join(&names, "or"))))
        }
    }
}

/// Disks of about that size, the narrowest reading that gives any.
pub(super) fn of_size<'a>(disks: &[&'a Disk], said: &str) -> Vec<&'a Disk> {
    for tolerance in [0.015, 0.04, 0.1] {
        let near: Vec<&Disk> =
            disks.iter().copied().filter(|disk| is_within(disk.size_bytes, said, tolerance)).collect();
        if !near.is_empty() {
            return near;
        }
    }
    Vec::new()
}

/// True where a person would say this number for that many bytes.
pub(crate) fn is_about(bytes: u64, said: &str) -> bool {
    is_within(bytes, said, 0.04)
}

fn is_within(bytes: u64, said: &str, tolerance: f64) -> bool {
    let number: f64 = said.trim_end_matches(['M', 'G', 'T']).parse().unwrap_or(0.0);
    let units: &[(f64, f64)] = match said.as_bytes().last() {
        Some(b'M') => &[(1e6, 1_048_576.0)],
        Some(b'T') => &[(1e12, 1_099_511_627_776.0)],
        Some(b'G') => &[(1e9, 1_073_741_824.0)],
        _ => &[(1e9, 1_073_741_824.0), (1e12, 1_099_511_627_776.0)],
    };
    let near = |wanted: f64| (bytes as f64 - wanted).abs() <= wanted * tolerance;
    units.iter().any(|(ten, two)| near(number * ten) || near(number * two))
}

/// True where a word fits a disk.
pub fn fits(word: &Ref, disk: &Disk) -> bool {
    match word {
        Ref::Device(name) => {
            // "p5" beside a maker is a model; alone it is a partition.
            if name.starts_with('p') {
                return fits_word(name, disk);
            }
            let path = format!("/dev/{name}");
            disk.path == path || disk.partitions.iter().any(|partition| partition.path == path)
        }
        Ref::Blank => !disk.carries_data() && !disk.live_medium,
        Ref::Roomy => disk.largest_free().is_some_and(|region| region.size >= ROOM),
        Ref::Word(word) => fits_word(word, disk),
        Ref::Size(said) => !of_size(&[disk], said).is_empty(),
        _ => false,
    }
}

pub(super) fn fits_word(word: &str, disk: &Disk) -> bool {
    let flash =
        !disk.rotational && !matches!(disk.transport, Transport::Usb | Transport::Mmc | Transport::Loop);
    match word {
        "ssd" => flash,
        "nvme" | "m2" => disk.transport == Transport::Nvme,
        "sata" => disk.transport == Transport::Sata,
        "hdd" => disk.rotational,
        "usb" => disk.transport == Transport::Usb,
        "emmc" | "mmc" => disk.transport == Transport::Mmc,
        "virtual" => disk.transport == Transport::Virtio,
        "windows" => has_windows(disk),
        "linux" => {
            disk.partitions.iter().any(|p| p.os.as_deref().is_some_and(|os| !fold(os).contains("windows")))
        }
        _ => {
            let model = disk.model.as_deref().map(fold).unwrap_or_default();
            let maker = match word {
                "wd" => "wd",
                "western" => "wd",
                other => other,
            };
            let in_model =
                model.split(' ').any(|part| part == maker || (maker.len() >= 2 && part.starts_with(maker)));
            in_model
                || is_serial(word, disk)
                || makers::is_made_by(maker, disk)
                || disk.partitions.iter().any(|partition| {
                    let os = partition.os.as_deref().map(fold).unwrap_or_default();
                    let label = partition.label.as_deref().map(fold).unwrap_or_default();
                    label == word
                        || os
                            .split(' ')
                            .any(|part| part == word || (word.len() > 3 && part == format!("open{word}")))
                })
        }
    }
}

/// True for a disk's serial number, or a part of it as it is printed: "WD-WCC6Y7LK2V9D", "WCC6Y7LK2V9D".
pub(crate) fn is_serial(word: &str, disk: &Disk) -> bool {
    let serial = disk.serial.as_deref().map(fold).unwrap_or_default();
    word.len() >= 5 && (serial.replace(' ', "") == word || serial.split(' ').any(|part| part == word))
}

/// True where a Windows lives on the disk.
pub fn has_windows(disk: &Disk) -> bool {
    disk.partitions.iter().any(|partition| {
        partition.os.as_deref().is_some_and(|os| fold(os).contains("windows"))
            || (partition.kind == PartitionKind::MicrosoftBasic
                && partition.fs.as_deref() == Some("BitLocker"))
    })
}

/// True where another system lives on the disk.
pub fn has_system(disk: &Disk) -> bool {
    disk.partitions.iter().any(|partition| partition.os.is_some())
}

/// `/dev/sda (500GB SSD, Samsung 870, Windows 11)`.
pub fn describe(disk: &Disk) -> String {
    let mut parts = vec![format!("{} {}", decimal(disk.size_bytes), disk.kind_name())];
    if let Some(model) = &disk.model {
        parts.push(super::short(model));
    }
    let systems: Vec<String> = disk
        .partitions
        .iter()
        .filter(|partition| partition.kind != PartitionKind::Esp)
        .filter_map(|partition| partition.os.as_deref().map(super::short))
        .collect();
    if !systems.is_empty() {
        parts.push(format!("with {}", join(&systems, "and")));
    } else if disk.carries_data() {
        parts.push("with data".into());
    } else {
        parts.push("empty".into());
    }
    format!("{} ({})", disk.path, parts.join(", "))
}

/// A sentence that names the disks that could be used.
pub fn describe_candidates(ctx: &Context<'_>) -> String {
    let names: Vec<String> = ctx.machine.candidates().map(describe).collect();
    match names.as_slice() {
        [] => "There is no disk here that a system could be installed on.".into(),
        [only] => format!("Shall I use {only}?"),
        _ => format!("Which disk shall I use: {}?", join(&names, "or")),
    }
}

fn spoken(refs: &Refs) -> String {
    refs.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
