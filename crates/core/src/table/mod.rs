//! Partition tables as bytes: read one, rehearse an edit, save what an edit will overwrite.
//!
//! Nothing here writes to a device. [`edit`] runs the change on a copy in memory, reads the result back, and
//! gives the byte ranges to write; [`saved_ranges`] says which bytes to keep first, so that writing them back is
//! the whole of the undo. Next door: `step/table.rs` writes and journals, `probe` uses the kind maps.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::machine::{PartitionKind, TableKind};

mod gpt;
mod kinds;
mod mbr;
mod overlay;
mod reader;
#[cfg(test)]
mod tests;

pub use kinds::{guid_bytes, guid_of_kind, guid_text, kind_from_guid, kind_from_mbr_type, mbr_type_of_kind};
pub use reader::DeviceReader;

use overlay::Overlay;

/// A partition to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPartition {
    /// Number in the table, from 1.
    pub number: u32,
    /// First byte.
    pub start_bytes: u64,
    /// Length in bytes.
    pub size_bytes: u64,
    /// What it is for.
    pub kind: PartitionKind,
    /// Its GUID as text; an MBR has none and does not look at it.
    pub guid: String,
    /// Its name; GPT keeps 36 UTF-16 units of it, MBR none.
    pub name: String,
}

/// A change of a disk's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case", deny_unknown_fields)]
pub enum TableEdit {
    /// A new table in the place of whatever was there.
    Create {
        /// GPT or MBR.
        kind: TableKind,
        /// GUID of the disk; the signature of an MBR is its first eight digits.
        guid: String,
        /// Its partitions.
        partitions: Vec<NewPartition>,
    },
    /// The same table with one partition shorter and others added; everything else keeps every bit.
    Change {
        /// Number and new size in bytes.
        shrink: Option<(u32, u64)>,
        /// Partitions to add.
        add: Vec<NewPartition>,
    },
}

/// What a table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFacts {
    /// GPT or MBR.
    pub kind: TableKind,
    /// GUID of the disk, or the eight hex digits of an MBR's signature.
    pub guid: String,
    /// What is wrong with it though it can be read, e.g. a damaged primary copy.
    pub note: Option<String>,
    /// Its partitions by number.
    pub partitions: Vec<EntryFacts>,
}

/// What a table says about one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFacts {
    /// Number, from 1.
    pub number: u32,
    /// First byte.
    pub start_bytes: u64,
    /// Length in bytes.
    pub size_bytes: u64,
    /// What it is for.
    pub kind: PartitionKind,
    /// PARTUUID as the kernel gives it: the GUID, or `SIGNATURE-NN` on an MBR.
    pub guid: String,
    /// Name in a GPT; untrusted text.
    pub name: String,
    /// Type GUID, or `0x83` on an MBR.
    pub type_id: String,
    /// Attribute bits of a GPT entry; the boot flag of an MBR entry.
    pub attributes: u64,
}

/// Why a table cannot be read or changed as asked.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum TableError {
    #[error("reading the disk: {0}")]
    Io(#[from] io::Error),
    #[error("the GUID partition table is damaged: {0}")]
    DamagedGpt(String),
    #[error("the master boot record cannot be written: {0}")]
    DamagedMbr(String),
    #[error("there is no partition table on the disk to change")]
    NoTable,
    #[error("there is no partition {0} in the table")]
    NoPartition(u32),
    #[error("partition number {0} is taken")]
    Taken(u32),
    #[error("partition {number} would overlap partition {other}")]
    Overlap { number: u32, other: u32 },
    #[error("partition {number} would lie outside the usable part of the disk")]
    Outside { number: u32 },
    #[error("partition {number} does not begin and end at a sector boundary")]
    Misaligned { number: u32 },
    #[error("partition {number} has no place: the table has room for {entries}")]
    Full { number: u32, entries: u32 },
    #[error("partition {number} has no place: an MBR has four primary slots and none is free for it")]
    NoSlot { number: u32 },
    #[error("partition {number} is of a kind that does not go with {table}")]
    Kind { number: u32, table: &'static str },
    #[error("partition {number} has {old} bytes and cannot be shrunk to {new}")]
    NotSmaller { number: u32, old: u64, new: u64 },
    #[error("{0:?} is not a GUID")]
    Guid(String),
    #[error("a disk of {size} bytes is too small for a partition table")]
    TooSmall { size: u64 },
    #[error("the rehearsal of the partition table did not read back as planned: {0}")]
    Rehearsal(String),
}

impl TableError {
    /// The same kind of damage again, for an error that is reported about another copy.
    fn clone_text(&self) -> Self {
        match self {
            Self::DamagedGpt(why) => Self::DamagedGpt(why.clone()),
            other => Self::DamagedGpt(other.to_string()),
        }
    }
}

/// A stretch of the disk that a partition has.
#[derive(Clone, Copy, Debug)]
struct Span {
    number: u32,
    start: u64,
    end: u64,
}

/// Checks a new partition against what is there.
fn check_new(new: &NewPartition, taken: &[Span], usable: Range<u64>, sector: u64) -> Result<(), TableError> {
    let number = new.number;
    let end = new.start_bytes.checked_add(new.size_bytes).ok_or(TableError::Outside { number })?;
    if new.size_bytes == 0
        || !new.start_bytes.is_multiple_of(sector)
        || !new.size_bytes.is_multiple_of(sector)
    {
        return Err(TableError::Misaligned { number });
    }
    if new.start_bytes < usable.start || end > usable.end {
        return Err(TableError::Outside { number });
    }
    if taken.iter().any(|span| span.number == number) {
        return Err(TableError::Taken(number));
    }
    match taken.iter().find(|span| new.start_bytes < span.end && span.start < end) {
        Some(span) => Err(TableError::Overlap { number, other: span.number }),
        None => Ok(()),
    }
}

fn check_shrink(number: u32, old: u64, new: u64, sector: u64) -> Result<(), TableError> {
    if new == 0 || new > old {
        Err(TableError::NotSmaller { number, old, new })
    } else if !new.is_multiple_of(sector) {
        Err(TableError::Misaligned { number })
    } else {
        Ok(())
    }
}

/// What the table on a device says; `None` where there is none. The reader's own end is not looked at, only
/// `size_bytes`.
///
/// # Errors
/// A GPT of which no copy can be read, or the device itself cannot.
pub fn read<D: Read + Seek>(
    device: &mut D,
    size_bytes: u64,
    logical_sector: u32,
) -> Result<Option<TableFacts>, TableError> {
    let Some(mbr) = mbr::read(device, size_bytes, logical_sector)? else { return Ok(None) };
    if mbr.protects_gpt() {
        return Ok(Some(gpt::read(device, size_bytes, logical_sector)?.facts(logical_sector)));
    }
    if mbr.is_empty() && is_boot_sector(device)? {
        return Ok(None);
    }
    Ok(Some(mbr.facts(logical_sector)))
}

/// A FAT or NTFS on the bare disk ends its first sector with the same two bytes as an MBR.
fn is_boot_sector<D: Read + Seek>(device: &mut D) -> Result<bool, TableError> {
    let mut head = [0; 96];
    device.seek(SeekFrom::Start(0))?;
    device.read_exact(&mut head)?;
    Ok(&head[3..7] == b"NTFS"
        || &head[3..8] == b"EXFAT"
        || &head[54..57] == b"FAT"
        || &head[82..85] == b"FAT")
}

/// The byte ranges to write for an edit: both copies of a GPT and its protective MBR, or the boot records. Found
/// by rehearsing the edit on a copy in memory, which is then read back and compared.
///
/// # Errors
/// What stands against the edit, with the partition it concerns; nothing was changed anywhere.
pub fn edit<D: Read + Seek>(
    device: &mut D,
    size_bytes: u64,
    logical_sector: u32,
    edit: &TableEdit,
) -> Result<Vec<(u64, Vec<u8>)>, TableError> {
    let before = match edit {
        TableEdit::Create { .. } => None,
        TableEdit::Change { .. } => {
            Some(read(device, size_bytes, logical_sector)?.ok_or(TableError::NoTable)?)
        }
    };
    let mut disk = Overlay::new(device, size_bytes, logical_sector);
    match (edit, &before) {
        (TableEdit::Create { kind: TableKind::Gpt, guid, partitions }, _) => {
            gpt::create(&mut disk, size_bytes, logical_sector, guid, partitions)?;
        }
        (TableEdit::Create { kind: TableKind::Mbr, guid, partitions }, _) => {
            mbr::create(&mut disk, size_bytes, logical_sector, guid, partitions)?;
        }
        (TableEdit::Change { shrink, add }, Some(TableFacts { kind: TableKind::Mbr, .. })) => {
            let mbr = mbr::read(&mut disk, size_bytes, logical_sector)?.ok_or(TableError::NoTable)?;
            mbr::change(&mut disk, mbr, size_bytes, logical_sector, *shrink, add)?;
        }
        (TableEdit::Change { shrink, add }, _) => {
            gpt::change(&mut disk, size_bytes, logical_sector, *shrink, add)?;
        }
    }
    let after = read(&mut disk, size_bytes, logical_sector)?
        .ok_or_else(|| TableError::Rehearsal("no table is there".into()))?;
    compare(before.as_ref(), &after, edit)?;
    Ok(disk.ranges()?)
}

/// The table that came out must be the old one with the edit and nothing else.
fn compare(before: Option<&TableFacts>, after: &TableFacts, edit: &TableEdit) -> Result<(), TableError> {
    let (shrink, added) = match edit {
        TableEdit::Create { partitions, .. } => (None, partitions),
        TableEdit::Change { shrink, add } => (*shrink, add),
    };
    let mut expected: Vec<(u32, u64, u64)> = before
        .map(|facts| facts.partitions.iter().map(|p| (p.number, p.start_bytes, p.size_bytes)).collect())
        .unwrap_or_default();
    for entry in &mut expected {
        if let Some((number, size)) = shrink
            && entry.0 == number
        {
            entry.2 = size;
        }
    }
    expected.extend(added.iter().map(|p| (p.number, p.start_bytes, p.size_bytes)));
    expected.sort_unstable();
    let mut found: Vec<_> =
        after.partitions.iter().map(|p| (p.number, p.start_bytes, p.size_bytes)).collect();
    found.sort_unstable();
    if expected == found {
        Ok(())
    } else {
        Err(TableError::Rehearsal(format!("{found:?} instead of {expected:?}")))
    }
}

/// The ranges (offset, length) to save before the first write, so that writing them back restores the table to
/// the bit: the head and the tail where a GPT lives, the boot sector, and the records of logical partitions.
/// Every range that [`edit`] gives lies within these.
///
/// # Errors
/// Only where the device cannot be read; a damaged table is saved as it is.
pub fn saved_ranges<D: Read + Seek>(
    device: &mut D,
    size_bytes: u64,
    logical_sector: u32,
) -> Result<Vec<(u64, usize)>, TableError> {
    let sector = u64::from(logical_sector);
    let size = size_bytes / sector * sector;
    let array = gpt::ARRAY_BYTES.next_multiple_of(sector);
    let mut places = vec![(0, 2 * sector + array), (size.saturating_sub(array + sector), array + sector)];
    if let Some(mbr) = mbr::read(device, size_bytes, logical_sector)? {
        places.extend(mbr.chain().map(|ebr| (ebr * sector, sector)));
        if mbr.protects_gpt() {
            match gpt::read(device, size_bytes, logical_sector) {
                Ok(gpt) => places.extend(gpt.places(logical_sector)),
                Err(TableError::Io(error)) => return Err(TableError::Io(error)),
                Err(_) => {}
            }
        }
    }
    // Whole sectors, in order, joined where they touch.
    places.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (start, length) in places {
        let start = start / sector * sector;
        let end = (start + length).next_multiple_of(sector).min(size);
        match joined.last_mut() {
            Some((_, last)) if start <= *last => *last = (*last).max(end),
            _ => joined.push((start, end)),
        }
    }
    Ok(joined.into_iter().map(|(start, end)| (start, (end - start) as usize)).collect())
}
