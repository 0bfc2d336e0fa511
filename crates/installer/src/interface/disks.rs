//! The disks in words, as the requirements print them.

use levitate_core::machine::{Disk, Partition, Problem};
use levitate_core::names::printable;
use levitate_core::plan::{size_words as size, what};
use levitate_core::size::{GIB, decimal};

/// The list of disks as the requirements print it, with their partitions below them.
pub fn disk_lines(disks: &[Disk]) -> Vec<String> {
    if disks.is_empty() {
        return vec![
            "Found no disks.".into(),
            "  Connect one, or check that the firmware shows it, and say \"list disks\" again.".into(),
        ];
    }
    let mut lines = vec!["Found:".to_string()];
    for disk in disks {
        lines.push(format!("  {}", disk_line(disk)));
        lines.extend(disk.partitions.iter().map(|partition| format!("    {}", partition_line(partition))));
        if let Some(free) = disk
            .largest_free()
            .filter(|free| free.size >= GIB && !disk.partitions.is_empty() && !disk.live_medium)
        {
            lines.push(format!("    {} free", decimal(free.size)));
        }
    }
    lines
}

/// A disk in one line: path, size, kind, model, and what forbids its use.
pub(super) fn disk_line(disk: &Disk) -> String {
    let kind = disk.kind_name();
    let bytes = decimal(disk.size_bytes);
    let mut line = format!("{} - {bytes} {kind}", disk.path);
    if let Some(model) = disk.model.as_deref().map(|model| short_model(model, &bytes, kind)) {
        line.push_str(&format!(" ({model})"));
    }
    let mut marks = Vec::new();
    if disk.live_medium {
        marks.push("live medium".to_string());
    }
    if disk.read_only {
        marks.push("read-only".into());
    }
    // The live medium is always in use; saying so once is enough.
    let holders: Vec<String> =
        disk.in_use.iter().filter(|_| !disk.live_medium).map(|h| printable(h)).collect();
    if !holders.is_empty() {
        marks.push(format!("in use: {}", holders.join(", ")));
    }
    for mark in marks {
        line.push_str(&format!(", {mark}"));
    }
    line
}

/// A model without the words that the line has said already: `Samsung SSD 870 EVO 500GB` → `Samsung 870 EVO`.
fn short_model(model: &str, bytes: &str, kind: &str) -> String {
    let model = printable(model);
    let said = |word: &str| {
        word.eq_ignore_ascii_case(bytes) || kind.split(' ').any(|part| word.eq_ignore_ascii_case(part))
    };
    let short: Vec<&str> = model.split_whitespace().filter(|word| !said(word)).collect();
    if short.is_empty() { model.trim().to_string() } else { short.join(" ") }
}

fn partition_line(partition: &Partition) -> String {
    format!("{} - {} {}", partition.path, size(partition.size_bytes), holds(partition))
}

/// What a partition holds, and what forbids a resize of it.
pub(super) fn holds(partition: &Partition) -> String {
    let mut line = what(partition);
    for problem in &partition.problems {
        line.push_str(match problem {
            Problem::Hibernated => ", hibernated",
            Problem::Dirty => ", not cleanly unmounted",
            Problem::Bitlocker => ", locked by BitLocker",
        });
    }
    line
}
