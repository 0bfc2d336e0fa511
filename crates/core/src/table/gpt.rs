//! The GUID partition table: two copies, a header and an array of entries each.
//!
//! `gptman` encodes and checks; the two copies are placed here, because an existing table may keep its backup
//! elsewhere than `gptman` would, and because a damaged header must not make it panic.

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use gptman::{GPT, GPTHeader, GPTPartitionEntry};

use super::overlay::Overlay;
use super::{
    EntryFacts, NewPartition, Span, TableError, TableFacts, check_new, guid_bytes, guid_text, kinds,
};
use crate::machine::TableKind;

/// Bytes of an array of 128 entries.
pub(super) const ARRAY_BYTES: u64 = 128 * 128;

/// A table as read: the header is always the primary one.
pub(super) struct Gpt {
    pub(super) header: GPTHeader,
    entries: Vec<GPTPartitionEntry>,
    /// Where the backup keeps its array.
    pub(super) backup_array: u64,
    /// Which copy is damaged, in words.
    pub(super) note: Option<String>,
}

fn array_bytes(header: &GPTHeader) -> u64 {
    u64::from(header.number_of_partition_entries) * u64::from(header.size_of_partition_entry)
}

/// One copy, with everything checked that `gptman` would take on trust.
fn copy_at<D: Read + Seek>(
    device: &mut D,
    lba: u64,
    sectors: u64,
    sector: u64,
) -> Result<(GPTHeader, Vec<GPTPartitionEntry>), TableError> {
    let damaged = |why: String| TableError::DamagedGpt(why);
    let mut bytes = vec![0; sector as usize];
    device.seek(SeekFrom::Start(lba * sector))?;
    device.read_exact(&mut bytes)?;
    let header = GPTHeader::read_from(&mut Cursor::new(&bytes)).map_err(|e| damaged(e.to_string()))?;
    let array = array_bytes(&header).div_ceil(sector);
    let array_end = header.partition_entry_lba.checked_add(array);
    let sane = header.primary_lba == lba
        && header.size_of_partition_entry == 128
        && (1..=1024).contains(&header.number_of_partition_entries)
        && array_end.is_some_and(|end| end <= sectors)
        && header.backup_lba < sectors
        && header.first_usable_lba >= 2
        && header.first_usable_lba <= header.last_usable_lba
        && header.last_usable_lba < sectors;
    if !sane {
        return Err(damaged("its header points outside the disk".into()));
    }
    let entries = header.read_partitions(device, sector).map_err(|e| damaged(e.to_string()))?;
    if entries.iter().any(|e| e.is_used() && (e.starting_lba > e.ending_lba || e.ending_lba >= sectors)) {
        return Err(damaged("an entry points outside the disk".into()));
    }
    Ok((header, entries))
}

/// Reads the table; the backup stands in for a damaged primary.
pub(super) fn read<D: Read + Seek>(device: &mut D, size: u64, sector: u32) -> Result<Gpt, TableError> {
    let sector = u64::from(sector);
    let sectors = size / sector;
    if sectors < 8 {
        return Err(TableError::DamagedGpt("the disk is too small for one".into()));
    }
    match copy_at(device, 1, sectors, sector) {
        Ok((header, entries)) => {
            let (backup_array, note) = match copy_at(device, header.backup_lba, sectors, sector) {
                Ok((backup, _)) => (backup.partition_entry_lba, None),
                Err(TableError::Io(error)) => return Err(TableError::Io(error)),
                Err(error) => (
                    header.backup_lba.saturating_sub(array_bytes(&header).div_ceil(sector)),
                    Some(format!("the backup copy of the partition table is damaged ({error})")),
                ),
            };
            Ok(Gpt { header, entries, backup_array, note })
        }
        Err(TableError::Io(error)) => Err(TableError::Io(error)),
        Err(primary) => {
            let (backup, entries) =
                copy_at(device, sectors - 1, sectors, sector).map_err(|error| match error {
                    TableError::Io(error) => TableError::Io(error),
                    _ => primary.clone_text(),
                })?;
            let mut header = backup.clone();
            header.primary_lba = 1;
            header.backup_lba = sectors - 1;
            header.partition_entry_lba = 2;
            let note = format!("the primary partition table is damaged ({primary}); its backup copy is used");
            Ok(Gpt { header, entries, backup_array: backup.partition_entry_lba, note: Some(note) })
        }
    }
}

impl Gpt {
    pub(super) fn facts(&self, sector: u32) -> TableFacts {
        let sector = u64::from(sector);
        let partitions = self
            .entries
            .iter()
            .zip(1u32..)
            .filter(|(entry, _)| entry.is_used())
            .map(|(entry, number)| {
                let type_id = guid_text(entry.partition_type_guid);
                EntryFacts {
                    number,
                    start_bytes: entry.starting_lba.saturating_mul(sector),
                    size_bytes: (entry.ending_lba - entry.starting_lba + 1).saturating_mul(sector),
                    kind: kinds::kind_from_guid(&type_id),
                    guid: guid_text(entry.unique_partition_guid),
                    name: entry.partition_name.as_str().to_string(),
                    type_id,
                    attributes: entry.attribute_bits,
                }
            })
            .collect();
        TableFacts {
            kind: TableKind::Gpt,
            guid: guid_text(self.header.disk_guid),
            note: self.note.clone(),
            partitions,
        }
    }

    /// Where the table lies outside its usual places too; for what is saved before an edit.
    pub(super) fn places(&self, sector: u32) -> Vec<(u64, u64)> {
        let sector = u64::from(sector);
        let bytes = array_bytes(&self.header);
        vec![
            (self.header.primary_lba * sector, sector),
            (self.header.partition_entry_lba * sector, bytes),
            (self.backup_array * sector, bytes),
            (self.header.backup_lba * sector, sector),
        ]
    }

    fn spans(&self, sector: u64) -> Vec<Span> {
        self.entries
            .iter()
            .zip(1u32..)
            .filter(|(entry, _)| entry.is_used())
            .map(|(entry, number)| Span {
                number,
                start: entry.starting_lba.saturating_mul(sector),
                end: (entry.ending_lba + 1).saturating_mul(sector),
            })
            .collect()
    }

    fn add(&mut self, new: &NewPartition, sector: u64) -> Result<(), TableError> {
        let usable = self.header.first_usable_lba * sector..(self.header.last_usable_lba + 1) * sector;
        check_new(new, &self.spans(sector), usable, sector)?;
        let full = TableError::Full { number: new.number, entries: self.header.number_of_partition_entries };
        let slot = (new.number as usize).checked_sub(1).and_then(|i| self.entries.get_mut(i)).ok_or(full)?;
        let kind = kinds::guid_of_kind(new.kind).and_then(guid_bytes);
        *slot = GPTPartitionEntry {
            partition_type_guid: kind.ok_or(TableError::Kind { number: new.number, table: "a GPT" })?,
            unique_partition_guid: guid_bytes(&new.guid).ok_or_else(|| TableError::Guid(new.guid.clone()))?,
            starting_lba: new.start_bytes / sector,
            ending_lba: (new.start_bytes + new.size_bytes) / sector - 1,
            attribute_bits: 0,
            partition_name: new.name.as_str().into(),
        };
        Ok(())
    }

    fn write<D: Read + Seek>(&mut self, disk: &mut Overlay<'_, D>, sector: u64) -> Result<(), TableError> {
        let mut backup = self.header.clone();
        backup.primary_lba = self.header.backup_lba;
        backup.backup_lba = self.header.primary_lba;
        backup.partition_entry_lba = self.backup_array;
        for header in [&mut self.header, &mut backup] {
            header
                .write_into(disk, sector, &self.entries)
                .map_err(|e| TableError::DamagedGpt(e.to_string()))?;
        }
        Ok(())
    }
}

/// A new, empty table with these partitions; what stood in the places of both copies goes.
pub(super) fn create<D: Read + Seek>(
    disk: &mut Overlay<'_, D>,
    size: u64,
    sector: u32,
    guid: &str,
    partitions: &[NewPartition],
) -> Result<(), TableError> {
    let sector = u64::from(sector);
    let array = ARRAY_BYTES.div_ceil(sector);
    let sectors = size / sector;
    if sectors < 2 * array + 16 {
        return Err(TableError::TooSmall { size });
    }
    disk.zero(0, 2 + array);
    disk.zero(sectors - 1 - array, array + 1);
    GPT::write_protective_mbr_into(disk, sector).map_err(|e| TableError::DamagedGpt(e.to_string()))?;
    let guid = guid_bytes(guid).ok_or_else(|| TableError::Guid(guid.to_string()))?;
    let header =
        GPTHeader::new_from(disk, sector, guid).map_err(|e| TableError::DamagedGpt(e.to_string()))?;
    let entries = vec![GPTPartitionEntry::empty(); header.number_of_partition_entries as usize];
    let mut gpt = Gpt { backup_array: header.last_usable_lba + 1, header, entries, note: None };
    for new in partitions {
        gpt.add(new, sector)?;
    }
    gpt.write(disk, sector)?;
    disk.flush()?;
    Ok(())
}

/// Shrinks one entry and adds others; the rest of the table keeps every bit.
pub(super) fn change<D: Read + Seek>(
    disk: &mut Overlay<'_, D>,
    size: u64,
    sector: u32,
    shrink: Option<(u32, u64)>,
    add: &[NewPartition],
) -> Result<(), TableError> {
    let mut gpt = read(disk, size, sector)?;
    let sector = u64::from(sector);
    if let Some((number, new_size)) = shrink {
        let slot = (number as usize).checked_sub(1).and_then(|i| gpt.entries.get_mut(i));
        let entry = slot.filter(|entry| entry.is_used()).ok_or(TableError::NoPartition(number))?;
        let old_size = (entry.ending_lba - entry.starting_lba + 1) * sector;
        super::check_shrink(number, old_size, new_size, sector)?;
        entry.ending_lba = entry.starting_lba + new_size / sector - 1;
    }
    for new in add {
        gpt.add(new, sector)?;
    }
    if gpt.note.is_some() {
        // The damaged copy is written anew; nothing of its old bytes may stay beside the new header.
        disk.zero(gpt.header.primary_lba, 1);
        disk.zero(gpt.header.backup_lba, 1);
    }
    gpt.write(disk, sector)
}
