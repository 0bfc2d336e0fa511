//! Disks of the simulated computer: sparse bytes that carry a real partition table, and what lies on them.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use super::tree::Tree;
use crate::machine::{Disk, Partition, PartitionKind, Problem, TableKind};
use crate::table::{self, NewPartition, TableEdit};

const PAGE: u64 = 4096;

/// Bytes of a disk; a page that was never written, or only with zeros, is not kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Bytes {
    pages: BTreeMap<u64, Vec<u8>>,
    size: u64,
}

impl Bytes {
    pub(super) fn new(size: u64) -> Self {
        Self { pages: BTreeMap::new(), size }
    }

    pub(super) fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.chunks(offset, len, |page, at, range| {
            if let Some(page) = self.pages.get(&page) {
                let n = range.len();
                bytes[range].copy_from_slice(&page[at..at + n]);
            }
        });
        bytes
    }

    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        let mut pages = std::mem::take(&mut self.pages);
        self.chunks(offset, bytes.len(), |index, at, range| {
            let page = pages.entry(index).or_insert_with(|| vec![0; PAGE as usize]);
            page[at..at + range.len()].copy_from_slice(&bytes[range]);
            if page.iter().all(|byte| *byte == 0) {
                pages.remove(&index);
            }
        });
        self.pages = pages;
    }

    /// Every page that has something in it.
    pub(super) fn pages(&self) -> impl Iterator<Item = (&u64, &Vec<u8>)> {
        self.pages.iter()
    }

    /// Reads from the start.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { bytes: self, position: 0 }
    }

    fn chunks(&self, offset: u64, len: usize, mut each: impl FnMut(u64, usize, std::ops::Range<usize>)) {
        let mut done = 0;
        while done < len {
            let position = offset + done as u64;
            let at = (position % PAGE) as usize;
            let n = (PAGE as usize - at).min(len - done);
            each(position / PAGE, at, done..done + n);
            done += n;
        }
    }
}

/// Bytes to read and seek in.
pub(super) struct Reader<'a> {
    bytes: &'a Bytes,
    position: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = (buf.len() as u64).min(self.bytes.size.saturating_sub(self.position)) as usize;
        buf[..n].copy_from_slice(&self.bytes.read(self.position, n));
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let next = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.bytes.size.checked_add_signed(n),
            SeekFrom::Current(n) => self.position.checked_add_signed(n),
        };
        self.position = next.ok_or_else(|| io::Error::other("a seek before the start"))?;
        Ok(self.position)
    }
}

/// A disk: its described facts with the partitions the kernel knows, and its bytes.
#[derive(Clone, Debug)]
pub(super) struct SimDisk {
    pub(super) facts: Disk,
    pub(super) bytes: Bytes,
    pub(super) gone: bool,
}

/// Where something lies: a disk and a first byte, on the device itself or inside a LUKS container there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) disk: String,
    pub(super) start: u64,
    pub(super) inside: bool,
}

/// A file system, swap area, LUKS header or whatever else lies at a place.
#[derive(Clone, Debug, Default)]
pub(super) struct Volume {
    pub(super) fs: Option<String>,
    pub(super) label: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) used: Option<u64>,
    pub(super) os: Option<String>,
    pub(super) problems: Vec<Problem>,
    /// Bytes the file system was made or resized for.
    pub(super) size: u64,
    pub(super) tree: Tree,
    /// Digests of the keys that open a LUKS container.
    pub(super) keys: Vec<String>,
    /// Key derivation of the first key slot.
    pub(super) kdf: Option<String>,
    /// Checked by e2fsck -f since it was last mounted.
    pub(super) checked: bool,
    /// A test filled it up.
    pub(super) full: bool,
}

impl SimDisk {
    /// A disk with a real table that says what is described, and the volumes on it.
    pub(super) fn new(mut facts: Disk) -> (Self, Vec<(Place, Volume)>) {
        let mut bytes = Bytes::new(facts.size_bytes);
        let volumes =
            facts.partitions.iter().filter_map(|p| Some((place(&facts, p), described(p)?))).collect();
        if let Some(kind) = facts.table {
            match initial_table(&facts, kind) {
                Ok(ranges) => ranges.iter().for_each(|(offset, range)| bytes.write(*offset, range)),
                Err(error) => tracing::warn!(disk = facts.path, %error, "the described table cannot exist"),
            }
        }
        facts.partitions.sort_by_key(|p| p.number);
        (Self { facts, bytes, gone: false }, volumes)
    }

    /// What the bytes say: the kernel's view after reading the table again.
    pub(super) fn parse(&self) -> (Option<TableKind>, Vec<Partition>) {
        let disk = &self.facts;
        let Ok(Some(table)) = table::read(&mut self.bytes.reader(), disk.size_bytes, disk.logical_sector)
        else {
            return (None, Vec::new());
        };
        let partitions = table.partitions.into_iter().map(|entry| {
            let old = disk.partitions.iter().find(|p| p.start_bytes == entry.start_bytes);
            Partition {
                path: disk.partition_path(entry.number),
                number: entry.number,
                start_bytes: entry.start_bytes,
                size_bytes: entry.size_bytes,
                kind: old.map_or(entry.kind, |old| same_type(table.kind, old.kind, entry.kind)),
                fs: None,
                label: None,
                uuid: None,
                used_bytes: None,
                os: None,
                problems: Vec::new(),
            }
        });
        (Some(table.kind), partitions.collect())
    }
}

/// The described kind where the table cannot tell it from what it says.
fn same_type(table: TableKind, old: PartitionKind, new: PartitionKind) -> PartitionKind {
    let same = match table {
        TableKind::Gpt => old == new,
        TableKind::Mbr => table::mbr_type_of_kind(old) == table::mbr_type_of_kind(new),
    };
    if same { old } else { new }
}

pub(super) fn place(disk: &Disk, partition: &Partition) -> Place {
    Place { disk: disk.path.clone(), start: partition.start_bytes, inside: false }
}

fn described(p: &Partition) -> Option<Volume> {
    let blank = p.fs.is_none() && p.label.is_none() && p.uuid.is_none() && p.used_bytes.is_none();
    if blank && p.os.is_none() && p.problems.is_empty() {
        return None;
    }
    Some(Volume {
        fs: p.fs.clone(),
        label: p.label.clone(),
        uuid: p.uuid.clone(),
        used: p.used_bytes,
        os: p.os.clone(),
        problems: p.problems.clone(),
        size: p.size_bytes,
        tree: super::worlds::foreign(p),
        ..Volume::default()
    })
}

fn initial_table(disk: &Disk, kind: TableKind) -> Result<Vec<(u64, Vec<u8>)>, table::TableError> {
    let partitions = disk
        .partitions
        .iter()
        .map(|p| NewPartition {
            number: p.number,
            start_bytes: p.start_bytes,
            size_bytes: p.size_bytes,
            kind: p.kind,
            guid: guid(&format!("{}/{}", disk.path, p.number)),
            name: String::new(),
        })
        .collect();
    let edit = TableEdit::Create { kind, guid: guid(&disk.path), partitions };
    let blank = Bytes::new(disk.size_bytes);
    table::edit(&mut blank.reader(), disk.size_bytes, disk.logical_sector, &edit)
}

/// A GUID that is always the same for the same text.
fn guid(text: &str) -> String {
    let hex = super::digest(text.as_bytes());
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
