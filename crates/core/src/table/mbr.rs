//! The master boot record: four entries, one of which may hold a chain of logical partitions.
//!
//! `mbrman` encodes one sector of it; the chain is walked here, with limits and checked sums, because what is on
//! a disk is not to be trusted (and because `mbrman` 0.6 writes a chain past 4 GiB to the wrong place).

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use mbrman::{BOOT_ACTIVE, BOOT_INACTIVE, CHS, MBRHeader, MBRPartitionEntry};

use super::overlay::Overlay;
use super::{EntryFacts, NewPartition, Span, TableError, TableFacts, check_new, kinds};
use crate::machine::{PartitionKind, TableKind};

/// What the kernel would not number higher than.
const MAX_LOGICAL: usize = 60;

/// A table as read.
pub(super) struct Mbr {
    header: MBRHeader,
    logical: Vec<Logical>,
}

struct Logical {
    /// Sector of its boot record.
    ebr: u64,
    start: u64,
    entry: MBRPartitionEntry,
}

/// The boot record in a sector, if it is one.
fn record_at<D: Read + Seek>(device: &mut D, offset: u64) -> Result<Option<MBRHeader>, TableError> {
    let mut bytes = vec![0; 512];
    device.seek(SeekFrom::Start(offset))?;
    device.read_exact(&mut bytes)?;
    Ok(MBRHeader::read_from(&mut Cursor::new(bytes)).ok())
}

/// Reads the table; `None` where the first sector is not one.
pub(super) fn read<D: Read + Seek>(
    device: &mut D,
    size: u64,
    sector: u32,
) -> Result<Option<Mbr>, TableError> {
    let sector = u64::from(sector);
    if size < sector {
        return Ok(None);
    }
    let Some(header) = record_at(device, 0)? else { return Ok(None) };
    let mut logical = Vec::new();
    if let Some((_, extended)) = header.iter().find(|(_, entry)| entry.is_extended()) {
        let base = u64::from(extended.starting_lba);
        let mut ebr = base;
        let mut seen = 0;
        // A chain that leaves the disk or runs in a circle ends where it stops making sense, as in the kernel.
        while (ebr + 1) * sector <= size && seen < MAX_LOGICAL {
            seen += 1;
            let Some(record) = record_at(device, ebr * sector)? else { break };
            let entry = record.partition_1.clone();
            let start = ebr + u64::from(entry.starting_lba);
            if entry.is_used() && entry.sectors > 0 {
                logical.push(Logical { ebr, start, entry });
            }
            if record.partition_2.starting_lba == 0 {
                break;
            }
            ebr = base + u64::from(record.partition_2.starting_lba);
        }
    }
    Ok(Some(Mbr { header, logical }))
}

impl Mbr {
    /// True where the table only protects a GPT.
    pub(super) fn protects_gpt(&self) -> bool {
        self.header.iter().any(|(_, entry)| entry.sys == 0xee)
    }

    /// True where no entry is used: an empty table, or the boot sector of a file system on the bare disk.
    pub(super) fn is_empty(&self) -> bool {
        self.header.iter().all(|(_, entry)| entry.is_unused())
    }

    /// Sectors of the boot records in the chain.
    pub(super) fn chain(&self) -> impl Iterator<Item = u64> + '_ {
        self.logical.iter().map(|logical| logical.ebr)
    }

    pub(super) fn facts(&self, sector: u32) -> TableFacts {
        let sector = u64::from(sector);
        let guid = format!("{:08x}", u32::from_le_bytes(self.header.disk_signature));
        let fact = |number: u32, start: u64, entry: &MBRPartitionEntry| EntryFacts {
            number,
            start_bytes: start * sector,
            size_bytes: u64::from(entry.sectors) * sector,
            kind: kinds::kind_from_mbr_type(entry.sys),
            guid: format!("{guid}-{number:02x}"),
            name: String::new(),
            type_id: format!("0x{:02x}", entry.sys),
            attributes: u64::from(entry.boot),
        };
        let primary = self
            .header
            .iter()
            .filter(|(_, entry)| entry.is_used())
            .map(|(number, entry)| fact(number as u32, u64::from(entry.starting_lba), entry));
        let logical = self.logical.iter().zip(5u32..).map(|(l, number)| fact(number, l.start, &l.entry));
        TableFacts {
            kind: TableKind::Mbr,
            note: None,
            partitions: primary.chain(logical).collect(),
            guid: guid.clone(),
        }
    }

    fn spans(&self, sector: u64) -> Vec<Span> {
        self.header
            .iter()
            .filter(|(_, entry)| entry.is_used())
            .map(|(number, entry)| {
                let start = u64::from(entry.starting_lba) * sector;
                Span { number: number as u32, start, end: start + u64::from(entry.sectors) * sector }
            })
            .collect()
    }

    fn add(&mut self, new: &NewPartition, size: u64, sector: u64) -> Result<(), TableError> {
        let usable = sector..size.min(u64::from(u32::MAX) * sector);
        check_new(new, &self.spans(sector), usable, sector)?;
        let slot =
            self.header.get_mut(new.number as usize).ok_or(TableError::NoSlot { number: new.number })?;
        *slot = entry(new, new.start_bytes / sector, sector)?;
        Ok(())
    }
}

/// An entry with block addresses; CHS says "past what CHS can say", as every tool of today writes it.
fn entry(new: &NewPartition, start: u64, sector: u64) -> Result<MBRPartitionEntry, TableError> {
    let kind = kinds::mbr_type_of_kind(new.kind);
    let large = |_| TableError::Outside { number: new.number };
    Ok(MBRPartitionEntry {
        boot: BOOT_INACTIVE,
        first_chs: CHS::new(1023, 254, 63),
        sys: kind.ok_or(TableError::Kind { number: new.number, table: "an MBR" })?,
        last_chs: CHS::new(1023, 254, 63),
        starting_lba: u32::try_from(start).map_err(large)?,
        sectors: u32::try_from(new.size_bytes / sector).map_err(large)?,
    })
}

fn put<D: Read + Seek>(disk: &mut Overlay<'_, D>, offset: u64, record: &MBRHeader) -> Result<(), TableError> {
    let mut bytes = Cursor::new(vec![0; 512]);
    record.write_into(&mut bytes).map_err(|e| TableError::DamagedMbr(e.to_string()))?;
    disk.seek(SeekFrom::Start(offset))?;
    disk.write_all(&bytes.into_inner())?;
    Ok(())
}

/// A new table with these partitions; numbers from 5 lie in the one extended partition. A GPT that stood there
/// goes, or the next reader would find two tables.
pub(super) fn create<D: Read + Seek>(
    disk: &mut Overlay<'_, D>,
    size: u64,
    sector: u32,
    guid: &str,
    partitions: &[NewPartition],
) -> Result<(), TableError> {
    let sector = u64::from(sector);
    let sectors = size / sector;
    if sectors < 64 {
        return Err(TableError::TooSmall { size });
    }
    disk.zero(0, 2);
    disk.zero(sectors - 1, 1);
    let digits = guid.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let signature = digits.ok_or_else(|| TableError::Guid(guid.to_string()))?;
    let mut mbr = Mbr { header: MBRHeader::new(signature.to_le_bytes()), logical: Vec::new() };
    let (primary, logical): (Vec<_>, Vec<_>) = partitions.iter().partition(|new| new.number <= 4);
    for new in primary {
        mbr.add(new, size, sector)?;
    }
    // Some firmware boots only a disk that has an active partition.
    if let Some((_, first)) = mbr.header.iter_mut().find(|(_, entry)| entry.sys == 0x83) {
        first.boot = BOOT_ACTIVE;
    }
    put(disk, 0, &mbr.header)?;
    if !logical.is_empty() {
        create_chain(disk, &mbr, logical, sector)?;
    }
    Ok(())
}

fn create_chain<D: Read + Seek>(
    disk: &mut Overlay<'_, D>,
    mbr: &Mbr,
    mut logical: Vec<&NewPartition>,
    sector: u64,
) -> Result<(), TableError> {
    logical.sort_by_key(|new| new.number);
    let no_slot = TableError::NoSlot { number: logical[0].number };
    let (_, extended) = mbr.header.iter().find(|(_, entry)| entry.is_extended()).ok_or(no_slot)?;
    let base = u64::from(extended.starting_lba);
    let inside = base * sector..(base + u64::from(extended.sectors)) * sector;
    let mut ebr = base;
    let mut spans: Vec<Span> = Vec::new();
    for (i, (new, number)) in logical.iter().zip(5u32..).enumerate() {
        if new.number != number || number as usize >= 5 + MAX_LOGICAL {
            return Err(TableError::NoSlot { number: new.number });
        }
        check_new(new, &spans, inside.start + sector..inside.end, sector)?;
        let start = new.start_bytes / sector;
        if start <= ebr {
            // The boot record of a logical partition needs a sector before it.
            return Err(TableError::Outside { number });
        }
        let mut record = MBRHeader::new([0; 4]);
        record.partition_1 = entry(new, start - ebr, sector)?;
        let end = (new.start_bytes + new.size_bytes) / sector;
        if let Some(next) = logical.get(i + 1) {
            let next_end = next.start_bytes.saturating_add(next.size_bytes) / sector;
            record.partition_2 = MBRPartitionEntry {
                boot: BOOT_INACTIVE,
                first_chs: CHS::new(1023, 254, 63),
                sys: 0x05,
                last_chs: CHS::new(1023, 254, 63),
                starting_lba: u32::try_from(end.saturating_sub(base)).unwrap_or(u32::MAX),
                sectors: u32::try_from(next_end.saturating_sub(end)).unwrap_or(u32::MAX),
            };
        }
        put(disk, ebr * sector, &record)?;
        spans.push(Span { number, start: new.start_bytes, end: new.start_bytes + new.size_bytes });
        ebr = end;
    }
    Ok(())
}

/// Shrinks one entry and adds primary ones; the rest keeps every bit, boot code included.
pub(super) fn change<D: Read + Seek>(
    disk: &mut Overlay<'_, D>,
    mut mbr: Mbr,
    size: u64,
    sector: u32,
    shrink: Option<(u32, u64)>,
    add: &[NewPartition],
) -> Result<(), TableError> {
    let sector = u64::from(sector);
    if let Some((number, new_size)) = shrink {
        let sectors = u32::try_from(new_size / sector).unwrap_or(u32::MAX);
        if let Some(logical) = (number as usize).checked_sub(5).and_then(|i| mbr.logical.get(i)) {
            super::check_shrink(number, u64::from(logical.entry.sectors) * sector, new_size, sector)?;
            let offset = logical.ebr * sector;
            let mut record = record_at(disk, offset)?.ok_or(TableError::NoPartition(number))?;
            record.partition_1.sectors = sectors;
            put(disk, offset, &record)?;
        } else {
            let entry = mbr.header.get_mut(number as usize).filter(|entry| entry.is_used());
            let entry = entry.ok_or(TableError::NoPartition(number))?;
            if entry.is_extended() {
                return Err(TableError::Kind { number, table: "a shrink" });
            }
            super::check_shrink(number, u64::from(entry.sectors) * sector, new_size, sector)?;
            entry.sectors = sectors;
        }
    }
    for new in add {
        if new.kind == PartitionKind::Extended {
            return Err(TableError::Kind { number: new.number, table: "a changed MBR" });
        }
        mbr.add(new, size, sector)?;
    }
    put(disk, 0, &mbr.header)
}
