//! The described machines: every one can be read, is possible, and comes out as it went in.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeSet;
use std::path::Path;

use levitate_core::machine::{Disk, Machine, Partition, PartitionKind, TableKind, Transport};
use levitate_core::size::MIB;

fn read_all(dir: &str) -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let mut all: Vec<(String, String)> = std::fs::read_dir(&dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| {
            (path.file_stem().unwrap().to_string_lossy().into(), std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    all.sort();
    all
}

fn machines() -> Vec<(String, Machine)> {
    read_all("../../machines")
        .into_iter()
        .map(|(name, text)| {
            let machine = Machine::from_json(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, machine)
        })
        .collect()
}

#[test]
fn there_are_machines_of_every_sort() {
    let names: BTreeSet<String> = machines().into_iter().map(|(name, _)| name).collect();
    let wanted = "bios-mbr emmc-tablet esp-full four-k linux-laptop live-stick-only lvm-server no-disk one-nvme \
                  read-only small-disk twenty-disks two-disks vm vm-bios windows-bitlocker windows-free windows-full \
                  windows-hibernated windows-laptop";
    for name in wanted.split_whitespace() {
        assert!(names.contains(name), "{name} is missing");
    }
}

#[test]
fn a_machine_comes_out_as_it_went_in() {
    for (name, text) in read_all("../../machines") {
        let machine = Machine::from_json(&text).unwrap();
        let written: serde_json::Value = serde_json::to_value(&machine).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written, read, "{name}");
    }
}

#[test]
fn old_samples_keep_parsing() {
    let samples = read_all("tests/fixtures/machines-v1");
    assert!(samples.len() >= 5);
    // Content on a bare disk, as the probe shows it.
    let bare = &samples.iter().find(|(name, _)| name == "whole-disk-data").unwrap().1;
    check_disk("whole-disk-data", &Machine::from_json(bare).unwrap().disks[0]);
    assert!(Machine::from_json(bare).unwrap().disks[0].carries_data());
    for (name, text) in samples {
        let machine = Machine::from_json(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let again = serde_json::to_string(&machine).unwrap();
        assert_eq!(Machine::from_json(&again).unwrap(), machine, "{name}");
    }
    assert!(
        Machine::from_json(
            r#"{"version":2,"firmware":"bios","source":{"kind":"directory","path":"/","installed_bytes":1}}"#
        )
        .is_err()
    );
}

#[test]
fn every_machine_is_possible() {
    for (name, machine) in machines() {
        assert!(machine.source.installed_bytes > 0 && machine.memory_bytes > 0, "{name}");
        let mut paths = BTreeSet::new();
        for disk in &machine.disks {
            assert!(paths.insert(disk.path.clone()), "{name}: {} twice", disk.path);
            check_disk(&name, disk);
            for partition in disk.partitions.iter().filter(|p| p.number > 0) {
                assert!(paths.insert(partition.path.clone()), "{name}: {} twice", partition.path);
            }
        }
        let serials: Vec<&String> = machine.disks.iter().filter_map(|disk| disk.serial.as_ref()).collect();
        assert_eq!(
            serials.len(),
            serials.iter().collect::<BTreeSet<_>>().len(),
            "{name}: a serial number twice"
        );
    }
}

fn check_disk(name: &str, disk: &Disk) {
    let at = format!("{name}: {}", disk.path);
    assert!(matches!(disk.logical_sector, 512 | 4096) && disk.physical_sector >= disk.logical_sector, "{at}");
    assert!(disk.size_bytes > 0 && disk.size_bytes.is_multiple_of(u64::from(disk.logical_sector)), "{at}");
    assert_eq!(disk.live_medium, disk.in_use.iter().any(|phrase| phrase == "live medium"), "{at}");
    assert!(
        !(disk.rotational && matches!(disk.transport, Transport::Nvme | Transport::Mmc | Transport::Virtio)),
        "{at}"
    );
    let numbers: BTreeSet<u32> = disk.partitions.iter().map(|p| p.number).collect();
    assert_eq!(numbers.len(), disk.partitions.len(), "{at}");
    for partition in &disk.partitions {
        check_partition(&at, disk, partition);
    }
    for (i, one) in disk.partitions.iter().enumerate() {
        for other in &disk.partitions[i + 1..] {
            let apart = one.end_bytes() <= other.start_bytes || other.end_bytes() <= one.start_bytes;
            let inside = one.kind == PartitionKind::Extended
                && other.number > 4
                && one.start_bytes < other.start_bytes
                && other.end_bytes() <= one.end_bytes();
            assert!(apart || inside, "{at}: {} and {} overlap", one.path, other.path);
        }
    }
}

fn check_partition(at: &str, disk: &Disk, partition: &Partition) {
    let at = format!("{at}: {}", partition.path);
    let Some(table) = disk.table else {
        // Content on a bare disk is shown as number 0, which fills it.
        assert_eq!((partition.number, partition.start_bytes), (0, 0), "{at}");
        assert_eq!((&partition.path, partition.size_bytes), (&disk.path, disk.size_bytes), "{at}");
        return;
    };
    assert_eq!(partition.path, disk.partition_path(partition.number), "{at}");
    assert!(partition.size_bytes > 0 && partition.end_bytes() <= disk.usable_end(table), "{at}");
    assert!(disk.live_medium || partition.start_bytes.is_multiple_of(MIB), "{at}: not aligned");
    assert!(partition.used_bytes.is_none_or(|used| used <= partition.size_bytes), "{at}");
    assert!(table == TableKind::Gpt || partition.kind != PartitionKind::BiosBoot, "{at}");
}

#[test]
fn the_odd_machines_are_odd_in_the_way_their_name_says() {
    let all = machines();
    let get = |name: &str| &all.iter().find(|(n, _)| n == name).unwrap().1;
    assert!(get("no-disk").disks.is_empty());
    assert_eq!(get("live-stick-only").candidates().count(), 0);
    assert_eq!(get("read-only").candidates().count(), 0);
    assert_eq!(get("twenty-disks").disks.iter().filter(|d| !d.live_medium).count(), 20);
    assert_eq!(get("four-k").disks[0].logical_sector, 4096);
    assert!(get("small-disk").disks[0].size_bytes < 2 << 30);
    assert!(get("windows-free").disks[0].largest_free().unwrap().size > 199 << 30);
    assert!(get("windows-laptop").disks[0].free_regions().iter().all(|free| free.size < 16 * MIB));
    let windows = |name: &str| get(name).disks[0].partitions[2].clone();
    let full = windows("windows-full");
    assert!(full.size_bytes - full.used_bytes.unwrap() < get("windows-full").source.installed_bytes);
    assert!(
        !windows("windows-hibernated").problems.is_empty()
            && !windows("windows-bitlocker").problems.is_empty()
    );
    let esp = &get("esp-full").disks[0].partitions[0];
    assert!(esp.size_bytes - esp.used_bytes.unwrap() < 4 * MIB);
    assert!(get("lvm-server").disks[..5].iter().all(|disk| !disk.in_use.is_empty()));
    assert!(get("bios-mbr").disks[0].largest_free().unwrap().size > 100 << 30);
}
