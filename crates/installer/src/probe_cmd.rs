//! `probe`: the facts of this computer, for people or as a machine file.

use levitate_core::machine::{Firmware, Machine, SourceKind};
use levitate_core::size::decimal;
use levitate_core::sys::real::Real;
use levitate_core::sys::{Cancel, System};

use crate::failed::{Failed, print};
use crate::interface::{Facts, Picture, Style, disk_lines};

/// Prints what is there.
///
/// # Errors
/// Nothing true can be said, because `blkid` is missing.
pub fn run(json: bool) -> Result<u8, Failed> {
    let machine = Real::new(Cancel::default()).probe()?;
    if !nix::unistd::geteuid().is_root() {
        eprintln!("note: without root, what is inside partitions cannot be read; use sudo for all facts.");
    }
    print(&if json { as_json(&machine) } else { words(&machine, &Style::of(&Facts::read(), false, false)) });
    Ok(0)
}

fn as_json(machine: &Machine) -> String {
    serde_json::to_string_pretty(machine).unwrap_or_default() + "\n"
}

fn words(machine: &Machine, style: &Style) -> String {
    let firmware = match machine.firmware {
        Firmware::Uefi => "UEFI",
        Firmware::Bios => "BIOS",
    };
    let kind = match machine.source.kind {
        SourceKind::Squashfs => "squashfs image",
        SourceKind::Erofs => "EROFS image",
        SourceKind::Directory => "directory",
    };
    format!(
        "Firmware: {firmware}\nMemory: {}\nSystem to copy: {} ({kind}, {} when installed)\n\n{}",
        decimal(machine.memory_bytes),
        machine.source.path,
        decimal(machine.source.installed_bytes),
        pictures(machine, style)
    )
}

fn pictures(machine: &Machine, style: &Style) -> String {
    if machine.disks.is_empty() {
        return disk_lines(&machine.disks).join("\n") + "\n";
    }
    let picture = |disk| {
        let rows = Picture::of_disk(disk).rows(style.width(), style.unicode);
        rows.iter().map(|row| style.row(row) + "\n").collect::<String>()
    };
    machine.disks.iter().map(picture).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_probe_prints_is_read_again() {
        let text = include_str!("../tests/fixtures/machines/odd.json");
        let machine = Machine::from_json(text).unwrap();
        assert_eq!(Machine::from_json(&as_json(&machine)).unwrap(), machine);
        let style = Style::of(&Facts::default(), false, false);
        assert!(words(&machine, &style).starts_with("Firmware: UEFI\nMemory: 8.6GB\n"));
    }
}
