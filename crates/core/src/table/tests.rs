use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::machine::PartitionKind as Kind;
use crate::size::MIB;

const SIZE: u64 = 64 * MIB;
const DISK: &str = "6f3a1c52-9d0e-4b7a-8a55-0123456789ab";

fn guid(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

fn part(number: u32, start: u64, size: u64, kind: Kind) -> NewPartition {
    NewPartition {
        number,
        start_bytes: start * MIB,
        size_bytes: size * MIB,
        kind,
        guid: guid(number),
        name: format!("part {number}"),
    }
}

fn blank() -> Cursor<Vec<u8>> {
    Cursor::new(vec![0; SIZE as usize])
}

fn create(kind: TableKind, partitions: &[NewPartition]) -> TableEdit {
    TableEdit::Create { kind, guid: DISK.into(), partitions: partitions.to_vec() }
}

fn change(shrink: Option<(u32, u64)>, add: &[NewPartition]) -> TableEdit {
    TableEdit::Change { shrink, add: add.to_vec() }
}

fn write(disk: &mut Cursor<Vec<u8>>, ranges: &[(u64, Vec<u8>)]) {
    for (offset, bytes) in ranges {
        let at = *offset as usize;
        disk.get_mut()[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

fn apply(disk: &mut Cursor<Vec<u8>>, sector: u32, wanted: &TableEdit) -> Result<(), TableError> {
    let ranges = edit(disk, SIZE, sector, wanted)?;
    write(disk, &ranges);
    Ok(())
}

fn facts(disk: &mut Cursor<Vec<u8>>, sector: u32) -> TableFacts {
    read(disk, SIZE, sector).unwrap().unwrap()
}

fn windows() -> Vec<NewPartition> {
    vec![
        part(1, 1, 4, Kind::Esp),
        part(2, 5, 1, Kind::MicrosoftReserved),
        part(3, 6, 40, Kind::MicrosoftBasic),
        part(4, 60, 2, Kind::WindowsRecovery),
    ]
}

#[test]
fn what_is_created_is_read_back_on_both_sector_sizes() {
    for sector in [512, 4096] {
        let mut disk = blank();
        apply(&mut disk, sector, &create(TableKind::Gpt, &windows())).unwrap();
        let table = facts(&mut disk, sector);
        assert_eq!((table.kind, table.guid.as_str(), &table.note), (TableKind::Gpt, DISK, &None));
        for (entry, new) in table.partitions.iter().zip(windows()) {
            assert_eq!(
                (entry.number, entry.start_bytes, entry.size_bytes, entry.kind, &entry.guid, &entry.name),
                (new.number, new.start_bytes, new.size_bytes, new.kind, &new.guid, &new.name)
            );
        }
        assert_eq!(table.partitions.len(), 4);
    }
}

#[test]
fn an_mbr_with_logical_partitions_is_read_back() {
    let parts = [
        part(1, 1, 8, Kind::MicrosoftBasic),
        part(2, 9, 8, Kind::Linux),
        part(3, 20, 40, Kind::Extended),
        part(5, 21, 5, Kind::Swap),
        part(6, 27, 30, Kind::Linux),
    ];
    for sector in [512, 4096] {
        let mut disk = blank();
        apply(&mut disk, sector, &create(TableKind::Mbr, &parts)).unwrap();
        let table = facts(&mut disk, sector);
        assert_eq!(table.guid, "6f3a1c52");
        let found: Vec<_> =
            table.partitions.iter().map(|p| (p.number, p.start_bytes, p.size_bytes, p.kind)).collect();
        let wanted: Vec<_> = parts.iter().map(|p| (p.number, p.start_bytes, p.size_bytes, p.kind)).collect();
        assert_eq!(found, wanted);
        assert_eq!(table.partitions[1].guid, "6f3a1c52-02");
        assert_eq!(table.partitions[1].attributes, 0x80, "the first Linux partition is active");
    }
}

#[test]
fn a_change_keeps_every_other_entry_to_the_bit() {
    for sector in [512, 4096] {
        let mut disk = blank();
        apply(&mut disk, sector, &create(TableKind::Gpt, &windows())).unwrap();
        // Attributes and odd names stand for what we would not write ourselves.
        let array = 2 * u64::from(sector) as usize;
        disk.get_mut()[array + 3 * 128 + 48] = 0x01;
        disk.get_mut()[array + 3 * 128 + 120] = 0x7f;
        repair_crc(&mut disk, sector);
        let before = disk.clone();
        apply(&mut disk, sector, &change(Some((3, 20 * MIB)), &[part(5, 26, 30, Kind::Linux)])).unwrap();
        let (old, new) = (before.get_ref(), disk.get_ref());
        for entry in [0, 1, 3] {
            let at = array + entry * 128;
            assert_eq!(old[at..at + 128], new[at..at + 128], "entry {entry}");
        }
        // Of the shrunk entry only the last sector differs.
        let at = array + 2 * 128;
        assert_eq!(old[at..at + 40], new[at..at + 40]);
        assert_eq!(old[at + 48..at + 128], new[at + 48..at + 128]);
        assert_eq!(old[..sector as usize], new[..sector as usize], "the protective MBR");
        let table = facts(&mut disk, sector);
        assert_eq!(table.partitions[2].size_bytes, 20 * MIB);
        assert_eq!(table.partitions[3].attributes, 1);
        assert_eq!(table.partitions[4].kind, Kind::Linux);
        // Both copies say the same.
        disk.get_mut()[sector as usize..2 * sector as usize].fill(0);
        let backup = facts(&mut disk, sector);
        assert_eq!(backup.partitions, table.partitions);
        assert!(backup.note.is_some());
    }
}

/// Recomputes the sums of the primary copy after bytes were set by hand.
fn repair_crc(disk: &mut Cursor<Vec<u8>>, sector: u32) {
    let mut gpt_bytes = disk.get_ref().clone();
    let at = sector as usize;
    let mut header = {
        // gptman checks sums on reading, so the header is read from the untouched part and its sums are made new.
        let mut cursor = Cursor::new(&gpt_bytes[at..at + 512]);
        gptman::GPTHeader::read_from(&mut cursor).unwrap()
    };
    let mut cursor = Cursor::new(gpt_bytes.as_mut_slice());
    let entries: Vec<_> = (0..128u64)
        .map(|i| {
            cursor.set_position(2 * u64::from(sector) + i * 128);
            gptman::GPTPartitionEntry::read_from(&mut cursor).unwrap()
        })
        .collect();
    header.write_into(&mut cursor, u64::from(sector), &entries).unwrap();
    *disk.get_mut() = gpt_bytes;
}

#[test]
fn a_change_of_an_mbr_keeps_boot_code_and_the_other_entries() {
    let mut disk = blank();
    let parts = [part(1, 1, 30, Kind::MicrosoftBasic), part(2, 60, 2, Kind::WindowsRecovery)];
    apply(&mut disk, 512, &create(TableKind::Mbr, &parts)).unwrap();
    disk.get_mut()[..440].fill(0xfa);
    let before = disk.get_ref().clone();
    apply(&mut disk, 512, &change(Some((1, 10 * MIB)), &[part(3, 11, 40, Kind::Linux)])).unwrap();
    assert_eq!(before[..446 + 12], disk.get_ref()[..446 + 12]);
    assert_eq!(before[446 + 16..446 + 32], disk.get_ref()[446 + 16..446 + 32]);
    assert_eq!(facts(&mut disk, 512).partitions.len(), 3);
}

#[test]
fn a_logical_partition_can_be_shrunk() {
    let mut disk = blank();
    let parts = [part(1, 10, 50, Kind::Extended), part(5, 11, 10, Kind::Linux), part(6, 30, 20, Kind::Linux)];
    apply(&mut disk, 512, &create(TableKind::Mbr, &parts)).unwrap();
    apply(&mut disk, 512, &change(Some((6, 5 * MIB)), &[])).unwrap();
    let sizes: Vec<_> = facts(&mut disk, 512).partitions.iter().map(|p| p.size_bytes / MIB).collect();
    assert_eq!(sizes, [50, 10, 5]);
}

#[test]
fn writing_the_saved_ranges_back_restores_the_disk() {
    let mbr = create(
        TableKind::Mbr,
        &[part(1, 1, 20, Kind::Linux), part(2, 30, 20, Kind::Extended), part(5, 31, 10, Kind::Linux)],
    );
    let gpt = create(TableKind::Gpt, &windows());
    let edits = [
        (&gpt, change(Some((3, 20 * MIB)), &[part(5, 26, 30, Kind::Linux)])),
        (&gpt, create(TableKind::Mbr, &[part(1, 1, 50, Kind::Linux)])),
        (&gpt, create(TableKind::Gpt, &[part(1, 1, 50, Kind::Linux)])),
        (&mbr, change(Some((5, 5 * MIB)), &[part(3, 55, 5, Kind::Linux)])),
        (&mbr, gpt.clone()),
    ];
    for sector in [512, 4096] {
        for (first, second) in &edits {
            let mut disk = blank();
            disk.get_mut().iter_mut().enumerate().for_each(|(i, byte)| *byte = (i % 251) as u8);
            apply(&mut disk, sector, first).unwrap();
            let before = disk.get_ref().clone();
            let saved: Vec<(u64, Vec<u8>)> = saved_ranges(&mut disk, SIZE, sector)
                .unwrap()
                .into_iter()
                .map(|(at, n)| (at, before[at as usize..at as usize + n].to_vec()))
                .collect();
            apply(&mut disk, sector, second).unwrap();
            assert_ne!(before, *disk.get_ref());
            write(&mut disk, &saved);
            assert!(before == *disk.get_ref(), "{second:?}");
        }
    }
}

#[test]
fn a_damaged_primary_is_read_from_the_backup_and_said_so() {
    let mut disk = blank();
    apply(&mut disk, 512, &create(TableKind::Gpt, &windows())).unwrap();
    let whole = facts(&mut disk, 512);
    disk.get_mut()[520] ^= 0xff;
    let table = facts(&mut disk, 512);
    assert_eq!(table.partitions, whole.partitions);
    assert!(table.note.unwrap().contains("backup copy is used"));
    // A change mends it.
    apply(&mut disk, 512, &change(None, &[part(5, 50, 5, Kind::Linux)])).unwrap();
    assert_eq!(facts(&mut disk, 512).note, None);
    // Both copies gone: an error, not an empty disk.
    disk.get_mut()[520] ^= 0xff;
    let end = SIZE as usize;
    disk.get_mut()[end - 512..].fill(0);
    assert!(matches!(read(&mut disk, SIZE, 512), Err(TableError::DamagedGpt(_))));
}

#[test]
fn no_table_and_file_systems_on_the_bare_disk_are_no_table() {
    let mut disk = blank();
    assert_eq!(read(&mut disk, SIZE, 512).unwrap(), None);
    disk.get_mut()[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk.get_mut()[82..87].copy_from_slice(b"FAT32");
    assert_eq!(read(&mut disk, SIZE, 512).unwrap(), None);
    assert!(matches!(apply(&mut disk, 512, &change(None, &[])), Err(TableError::NoTable)));
}

#[test]
fn refusals_name_the_partition() {
    let mut disk = blank();
    apply(&mut disk, 512, &create(TableKind::Gpt, &windows())).unwrap();
    let mut misaligned = part(5, 50, 5, Kind::Linux);
    misaligned.start_bytes += 100;
    let cases = [
        (change(None, &[part(5, 10, 5, Kind::Linux)]), "partition 5 would overlap partition 3"),
        (change(None, &[part(3, 50, 5, Kind::Linux)]), "partition number 3 is taken"),
        (change(None, &[part(5, 62, 5, Kind::Linux)]), "partition 5 would lie outside"),
        (change(None, &[part(5, 0, 1, Kind::Linux)]), "partition 5 would lie outside"),
        (change(None, &[part(129, 50, 5, Kind::Linux)]), "partition 129 has no place"),
        (change(None, &[part(0, 50, 5, Kind::Linux)]), "partition 0 has no place"),
        (change(None, &[part(5, 50, 5, Kind::Extended)]), "does not go with a GPT"),
        (change(None, &[misaligned]), "sector boundary"),
        (change(Some((9, MIB)), &[]), "no partition 9"),
        (change(Some((3, 41 * MIB)), &[]), "cannot be shrunk"),
    ];
    for (wanted, message) in cases {
        let error = apply(&mut disk, 512, &wanted).unwrap_err().to_string();
        assert!(error.contains(message), "{error} / {message}");
    }
    let full: Vec<_> = (1..=4).map(|n| part(n, u64::from(n) * 5, 5, Kind::Linux)).collect();
    apply(&mut disk, 512, &create(TableKind::Mbr, &full)).unwrap();
    let error = apply(&mut disk, 512, &change(None, &[part(5, 50, 5, Kind::Linux)])).unwrap_err();
    assert!(error.to_string().contains("four primary slots"), "{error}");
    let error = apply(&mut disk, 512, &create(TableKind::Mbr, &[part(1, 1, 1, Kind::BiosBoot)])).unwrap_err();
    assert!(error.to_string().contains("does not go with an MBR"), "{error}");
}

#[test]
fn kinds_survive_the_way_through_both_tables() {
    use Kind::*;
    for kind in [
        Esp, BiosBoot, Linux, LinuxHome, Swap, Luks, Lvm, Raid, MicrosoftBasic, MicrosoftReserved,
        WindowsRecovery, Apple, Extended, Unknown,
    ] {
        if let Some(guid) = guid_of_kind(kind) {
            assert_eq!(kind_from_guid(guid), kind);
            assert_eq!(guid_text(guid_bytes(guid).unwrap()), guid);
        }
        if let Some(byte) = mbr_type_of_kind(kind).filter(|_| kind != LinuxHome) {
            assert_eq!(kind_from_mbr_type(byte), kind);
        }
    }
    assert_eq!(guid_bytes("é0000000-0000-0000-0000-00000000000"), None);
}

/// sfdisk reads what we write and sees the same.
#[test]
#[allow(clippy::disallowed_methods)] // a tool as a second opinion, on a temporary file
fn sfdisk_agrees() {
    let Some(sfdisk) =
        ["/usr/sbin/sfdisk", "/sbin/sfdisk"].into_iter().find(|p| std::path::Path::new(p).exists())
    else {
        return;
    };
    let mbr = [
        part(1, 1, 8, Kind::Linux),
        part(2, 20, 40, Kind::Extended),
        part(5, 21, 5, Kind::Swap),
        part(6, 27, 9, Kind::Luks),
    ];
    for (kind, parts) in [(TableKind::Gpt, &windows()[..]), (TableKind::Mbr, &mbr[..])] {
        let mut disk = blank();
        apply(&mut disk, 512, &create(kind, parts)).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), disk.get_ref()).unwrap();
        let output = std::process::Command::new(sfdisk).arg("--json").arg(file.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let table = facts(&mut disk, 512);
        let theirs = &json["partitiontable"];
        let id = theirs["id"].as_str().unwrap().to_lowercase();
        assert_eq!(id.trim_start_matches("0x"), table.guid);
        let rows = theirs["partitions"].as_array().unwrap();
        assert_eq!(rows.len(), table.partitions.len());
        for (row, ours) in rows.iter().zip(&table.partitions) {
            assert_eq!(row["start"].as_u64().unwrap() * 512, ours.start_bytes);
            assert_eq!(row["size"].as_u64().unwrap() * 512, ours.size_bytes);
            if kind == TableKind::Gpt {
                assert_eq!(row["uuid"].as_str().unwrap().to_lowercase(), ours.guid);
                assert_eq!(row["type"].as_str().unwrap().to_lowercase(), ours.type_id);
                assert_eq!(row["name"].as_str().unwrap(), ours.name);
            } else {
                assert_eq!(
                    format!("0x{}", row["type"].as_str().unwrap()),
                    format!("0x{:x}", u8::from_str_radix(&ours.type_id[2..], 16).unwrap())
                );
            }
        }
    }
}

fn any_part() -> impl Strategy<Value = NewPartition> {
    (0u32..12, 0u64..70, 0u64..40, any::<bool>()).prop_map(|(number, start, size, swap)| {
        part(number, start, size, if swap { Kind::Swap } else { Kind::Linux })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is asked, a table that comes out has no overlap and nothing outside the disk, and every byte that
    /// is written was saved.
    #[test]
    fn no_edit_makes_partitions_overlap(
        mbr in any::<bool>(),
        first in prop::collection::vec(any_part(), 0..3),
        rest in prop::collection::vec((prop::option::of((1u32..8, 0u64..40)), prop::collection::vec(any_part(), 0..3)), 1..4),
    ) {
        let kind = if mbr { TableKind::Mbr } else { TableKind::Gpt };
        let mut disk = blank();
        let edits = std::iter::once(create(kind, &first))
            .chain(rest.iter().map(|(shrink, add)| change(shrink.map(|(n, m)| (n, m * MIB)), add)));
        for wanted in edits {
            let saved = saved_ranges(&mut disk, SIZE, 512).unwrap();
            let Ok(ranges) = edit(&mut disk, SIZE, 512, &wanted) else { continue };
            for (at, bytes) in &ranges {
                let end = at + bytes.len() as u64;
                prop_assert!(saved.iter().any(|(s, n)| s <= at && end <= s + *n as u64), "{} not saved", at);
            }
            write(&mut disk, &ranges);
            let Some(table) = read(&mut disk, SIZE, 512).unwrap() else { continue };
            let mut spans: Vec<_> = table.partitions.iter().map(|p| (p.start_bytes, p.start_bytes + p.size_bytes)).collect();
            spans.sort_unstable();
            prop_assert!(spans.iter().all(|(start, end)| start < end && *end <= SIZE));
            prop_assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        }
    }

    /// No bytes on a disk make the reader panic.
    #[test]
    fn any_bytes_can_be_read(seed in prop::collection::vec(any::<(u16, u8)>(), 0..64), gpt in any::<bool>()) {
        let mut disk = Cursor::new(vec![0u8; 4 << 20]);
        let size = 4 << 20;
        let kind = if gpt { TableKind::Gpt } else { TableKind::Mbr };
        let parts = [part(1, 1, 2, if gpt { Kind::Linux } else { Kind::Extended })];
        let ranges = edit(&mut disk, size, 512, &create(kind, &parts)).unwrap();
        write(&mut disk, &ranges);
        for (at, byte) in seed {
            disk.get_mut()[usize::from(at) % 2048] = byte;
        }
        let _ = read(&mut disk, size, 512);
        let _ = saved_ranges(&mut disk, size, 512);
    }
}
