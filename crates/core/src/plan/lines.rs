//! The plan in words, as the requirements print it: the disk, its partitions, what dies, what stays.

use crate::action::Use;
use crate::layout::{TargetLayout, Volume};
use crate::machine::{Disk, Firmware};
use crate::names::printable;
use crate::size::{GIB, MIB, decimal};
use crate::spec::InstallSpec;
use crate::state::{Stage, TargetUse};
use crate::step::Step;
use crate::table::TableEdit;

use super::Now;
use super::steps::Built;

/// The line of a plan after which it says what follows the layout.
pub const THEN: &str = "Then:";

/// True for the line about the kind of the table, which no picture of a disk shows.
pub fn is_about_the_table(line: &str) -> bool {
    [A_NEW_TABLE, THE_TABLE_STAYS].iter().any(|begins| line.starts_with(begins))
}

const A_NEW_TABLE: &str = "- A new partition table: ";
const THE_TABLE_STAYS: &str = "- The partition table stays ";

/// The size of a partition: exact mebibytes below a gigabyte as `512MB`, exact gibibytes as `100GiB`, for what was said as
/// "100 GB" (the contract counts in powers of 1024), else with one decimal (`499.5GB`), so that the parts of a disk can be
/// told from the whole.
pub fn size(bytes: u64) -> String {
    if bytes >= GIB && bytes.is_multiple_of(GIB) {
        return format!("{}GiB", bytes / GIB);
    }
    if bytes < GIB && bytes.is_multiple_of(MIB) {
        return format!("{}MB", bytes / MIB);
    }
    let (value, unit) =
        if bytes >= 1_000_000_000_000 { (bytes as f64 / 1e12, "TB") } else { (bytes as f64 / 1e9, "GB") };
    if bytes < 1_000_000_000 { decimal(bytes) } else { format!("{}{unit}", (value * 10.0).floor() / 10.0) }
}

/// A disk in one line: path, size, kind, model, serial.
pub fn disk_line(disk: &Disk) -> String {
    let mut identity = Vec::new();
    if let Some(model) = &disk.model {
        identity.push(printable(model));
    }
    if let Some(serial) = &disk.serial {
        identity.push(format!("serial {}", printable(serial)));
    }
    let identity = if identity.is_empty() { String::new() } else { format!(", {}", identity.join(", ")) };
    format!("{} ({}{identity})", disk.path, decimal(disk.size_bytes))
}

pub(super) fn lines(now: Now<'_>, spec: &InstallSpec, built: &Built) -> Vec<String> {
    let mut lines = Vec::new();
    let lays_out = built.steps.iter().any(|step| matches!(step, Step::WriteTable(_)));
    if lays_out
        && let Some(layout) = &built.layout
        && let Some(disk) = now.machine.disk(&layout.disk)
    {
        lines.push(format!("Disk: {}", disk_line(disk)));
        if !disk.partitions.is_empty() {
            lines.push(format!("Now on it: {}", contents(disk)));
        }
        lines.extend(table(disk, spec, layout));
        if let Some(shrink) = &layout.shrink {
            lines.push(format!(
                "- {}: shrink {} from {} to {}, its files stay",
                shrink.partition,
                shrink.fs,
                decimal(shrink.from_bytes),
                decimal(shrink.to_bytes)
            ));
        }
        lines.extend(layout.volumes.iter().map(volume_line));
        lines.extend(fate(disk, layout));
        let after =
            built.steps.iter().filter(|step| !matches!(step.stage(), Stage::Disk)).map(Step::sentence);
        let after: Vec<_> = after.collect();
        if !after.is_empty() {
            lines.push(THEN.into());
            lines.extend(after.into_iter().map(|sentence| format!("- {sentence}")));
        }
    } else {
        lines.extend(built.steps.iter().map(|step| format!("- {}", step.sentence())));
        for wish in &spec.formats {
            if let Some((disk, partition)) = now.machine.partition(&wish.partition) {
                lines.insert(
                    0,
                    format!(
                        "Partition: {} ({}) of {}",
                        wish.partition,
                        size(partition.size_bytes),
                        disk_line(disk)
                    ),
                );
                lines.push(format!("This ERASES what is on {}: {}.", wish.partition, what(partition)));
            }
        }
    }
    lines
}

/// What becomes of the partition table, where its kind was said.
fn table(disk: &Disk, spec: &InstallSpec, layout: &TargetLayout) -> Option<String> {
    let wanted = spec.table?;
    match (&layout.table, disk.table) {
        (Some(TableEdit::Create { kind, .. }), _) => Some(format!("{A_NEW_TABLE}{}.", kind.name())),
        (_, Some(stays)) if stays != wanted => {
            Some(format!("{THE_TABLE_STAYS}{}: only a disk that is erased gets a new one.", stays.name()))
        }
        _ => None,
    }
}

fn volume_line(volume: &Volume) -> String {
    format!("- {}: {} {}", volume.partition, size(volume.size_bytes), volume_words(volume))
}

/// What a volume of the new system is, in a few words: `EFI (vfat)`, `LUKS → ext4 root`.
pub fn volume_words(volume: &Volume) -> String {
    let fs = volume.fs.as_deref().unwrap_or("");
    match (volume.role(), &volume.luks) {
        ("EFI", _) if !volume.make => "EFI (vfat), kept as it is and shared".to_string(),
        (role, None) if !volume.make && volume.fs.is_some() => format!("{fs} {role}, kept as it is"),
        ("EFI", _) => "EFI (vfat)".into(),
        ("BIOS boot", _) => "BIOS boot (for GRUB)".into(),
        ("swap", None) => "swap".into(),
        ("swap", Some(_)) => "LUKS → swap".into(),
        (role, None) => format!("{fs} {role}"),
        (role, Some(_)) => format!("LUKS → {fs} {role}"),
    }
}

/// What dies and what stays.
fn fate(disk: &Disk, layout: &TargetLayout) -> Vec<String> {
    match layout.usage {
        TargetUse::Whole if disk.partitions.is_empty() => Vec::new(),
        TargetUse::Whole => {
            let dies: Vec<_> = disk.partitions.iter().map(|p| p.path.as_str()).collect();
            vec![format!("Dies: {}. Stays: nothing on this disk.", dies.join(", "))]
        }
        _ => {
            let stays: Vec<_> = disk.partitions.iter().map(|p| p.path.as_str()).collect();
            vec![format!(
                "Stays where it is: {}.",
                if stays.is_empty() { "nothing is there".into() } else { stays.join(", ") }
            )]
        }
    }
}

/// Everything on a disk in one line.
pub fn contents(disk: &Disk) -> String {
    let parts: Vec<_> =
        disk.partitions.iter().map(|p| format!("{} {} {}", p.path, size(p.size_bytes), what(p))).collect();
    if parts.is_empty() { "nothing".into() } else { parts.join("; ") }
}

/// What a partition holds, in a few words.
pub fn what(partition: &crate::machine::Partition) -> String {
    use crate::machine::PartitionKind as Kind;
    let mut words = Vec::new();
    if let Some(os) = &partition.os {
        words.push(printable(os));
    }
    match (&partition.fs, partition.kind) {
        (_, Kind::Esp) => words.push("EFI".into()),
        (_, Kind::WindowsRecovery) => words.push("Windows recovery".into()),
        (Some(fs), _) => words.push(printable(fs)),
        (None, Kind::MicrosoftReserved) => words.push("Microsoft reserved".into()),
        (None, Kind::BiosBoot) => words.push("BIOS boot".into()),
        (None, _) => words.push("no file system".into()),
    }
    if let Some(label) = partition.label.as_deref().filter(|label| !label.is_empty()) {
        words.push(format!("\"{}\"", printable(label)));
    }
    if let Some(used) = partition.used_bytes {
        words.push(format!("{} used", decimal(used)));
    }
    words.join(", ")
}

pub(super) fn warnings(now: Now<'_>, spec: &InstallSpec, built: &Built) -> Vec<String> {
    let mut warnings = Vec::new();
    for step in &built.steps {
        match step {
            Step::WriteTable(step) if step.erases_table() => {
                warnings.push(format!("This will ERASE all data on {}", step.disk));
            }
            Step::WriteTable(step) if step.lost_after.is_none() && step.old.is_empty() => {
                // A blank disk loses nothing, and yet the person should see the word before a yes.
                warnings.push(format!("This will ERASE all data on {}", step.disk));
            }
            Step::MakeFilesystem(step) if step.erases => {
                warnings.push(format!("This will ERASE all data on {}", step.partition));
            }
            Step::ShrinkFilesystem(step) => warnings.push(format!(
                "{} is made smaller. Have a backup of it: a power cut in this minute can damage it.",
                step.partition
            )),
            Step::CopySystem(step) if step.over_existing => {
                let os =
                    now.machine.partition(&step.device).and_then(|(_, partition)| partition.os.as_deref());
                warnings.push(match os {
                    Some(os) => format!(
                        "The new system is copied over {} on {}: files with the same names are replaced, and {} is lost.",
                        printable(os),
                        step.device,
                        printable(os)
                    ),
                    None => format!(
                        "{} holds files already; those with the same names are replaced.",
                        step.device
                    ),
                });
            }
            _ => {}
        }
    }
    let lays_out = built.steps.iter().any(|step| matches!(step, Step::MakeLuks(_)));
    if lays_out && let Some(layout) = &built.layout {
        if layout.grub_opens_luks() {
            warnings.push(
                "GRUB opens the encrypted root (LUKS2 with PBKDF2) and asks for the passphrase on a US keyboard \
                 layout. Ask for a separate /boot to have it asked later, with your layout and argon2id."
                    .into(),
            );
        } else {
            warnings.push(
                "The passphrase is asked by the initramfs (LUKS2 with argon2id); /boot is not encrypted."
                    .into(),
            );
        }
    }
    let finishes = built.steps.iter().any(|step| matches!(step, Step::Finish(_)));
    let boots = now.achieved.bootloader || built.steps.iter().any(|step| matches!(step, Step::CheckBoot(_)));
    let copied = now.achieved.copied || built.steps.iter().any(|step| matches!(step, Step::CopySystem(_)));
    if finishes && copied && !boots {
        warnings.push("No boot loader is installed: this disk would not start.".into());
    }
    if finishes && copied && spec.passwords.is_empty() && now.achieved.passwords.is_empty() {
        warnings.push("No account has a password: nobody could log in.".into());
    }
    if spec.layout.as_ref().is_some_and(|request| request.usage == Use::Whole)
        && now.machine.firmware == Firmware::Bios
        && built
            .layout
            .as_ref()
            .and_then(|l| now.machine.disk(&l.disk))
            .is_some_and(|d| d.size_bytes > 2 << 40)
        && spec.table == Some(crate::machine::TableKind::Mbr)
    {
        warnings.push("An MBR reaches only the first 2 TiB of this disk.".into());
    }
    warnings
}
