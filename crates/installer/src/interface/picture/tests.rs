//! Pictures of the described machines and of odd ones.

use std::fmt::Write as _;
use std::path::Path;

use levitate_core::achieved::Achieved;
use levitate_core::action::{Filesystem, InstallerAction, PartitionRequest, Use};
use levitate_core::apply::{World, apply};
use levitate_core::lists::Lists;
use levitate_core::machine::{Disk, Machine, Partition, PartitionKind, TableKind};
use levitate_core::plan::{Now, Plan, plan};
use levitate_core::size::{GIB, MIB, Size};
use levitate_core::spec::InstallSpec;
use levitate_core::sys::LiveFacts;

use super::*;

pub(super) fn machine(name: &str) -> Machine {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../machines");
    Machine::from_json(&std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()).unwrap()
}

pub(super) fn planned(machine: &Machine, actions: &[InstallerAction]) -> Plan {
    let lists = Lists::embedded();
    let world = World { machine, lists: &lists, admin_group: "sudo" };
    let mut spec = InstallSpec { seed: "test".into(), ..InstallSpec::default() };
    for action in actions {
        spec = apply(&spec, &world, action).unwrap().unwrap_or(spec);
    }
    let live = LiveFacts { admin_group: Some("sudo".into()), ..LiveFacts::default() };
    plan(Now { machine, live: &live, achieved: &Achieved::default() }, &spec).unwrap()
}

pub(super) fn partition(disk: &str, usage: Use, edit: fn(&mut PartitionRequest)) -> InstallerAction {
    let mut request = PartitionRequest::new(disk, usage);
    edit(&mut request);
    InstallerAction::Partition(request)
}

pub(super) fn said(row: &Row) -> String {
    row.iter().map(|piece| piece.text.as_str()).collect()
}

fn drawn(pictures: &[Picture]) -> String {
    let mut out = String::new();
    for (width, unicode) in [(30, false), (58, true), (58, false), (76, true)] {
        writeln!(out, "== {width} {}", if unicode { "Unicode" } else { "ASCII" }).unwrap();
        for picture in pictures {
            for row in picture.rows(width, unicode) {
                writeln!(out, "{}", said(&row)).unwrap();
            }
        }
    }
    writeln!(out, "== words").unwrap();
    for sentence in pictures.iter().flat_map(Picture::words) {
        writeln!(out, "{sentence}").unwrap();
    }
    out
}

fn of_plan(machine: &Machine, plan: &Plan) -> Vec<Picture> {
    machine.disks.iter().filter_map(|disk| Picture::of_plan(disk, plan)).collect()
}

#[test]
fn disks_are_drawn_to_scale() {
    for name in ["two-disks", "windows-laptop", "lvm-server", "emmc-tablet", "twenty-disks"] {
        let pictures: Vec<_> = machine(name).disks.iter().map(Picture::of_disk).collect();
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("disks-{name}"), drawn(&pictures));
        });
    }
}

#[test]
fn plans_are_drawn_before_and_after() {
    let none = |_: &mut PartitionRequest| {};
    let format =
        |partition: &str, filesystem| InstallerAction::Format { partition: partition.into(), filesystem };
    let mount = |partition: &str, at: &str| InstallerAction::Mount {
        partition: partition.into(),
        mountpoint: at.into(),
    };
    for (name, wish, actions) in [
        ("two-disks", "whole-encrypted", vec![partition("/dev/sda", Use::Whole, |r| r.encrypt = true)]),
        ("windows-laptop", "beside", vec![partition("/dev/nvme0n1", Use::Beside, none)]),
        ("windows-full", "whole", vec![partition("/dev/nvme0n1", Use::Whole, none)]),
        ("windows-free", "free", vec![partition("/dev/sda", Use::Free, |r| r.home = Some(Size::gib(40)))]),
        ("linux-laptop", "beside", vec![partition("/dev/nvme0n1", Use::Beside, none)]),
        ("linux-laptop", "format", vec![format("/dev/nvme0n1p2", Filesystem::Btrfs)]),
        ("lvm-server", "whole", vec![partition("/dev/nvme0n1", Use::Whole, none)]),
        ("emmc-tablet", "whole", vec![partition("/dev/mmcblk0", Use::Whole, none)]),
        (
            "bios-mbr",
            "free-and-kept",
            vec![partition("/dev/sda", Use::Free, none), mount("/dev/sda3", "/home")],
        ),
    ] {
        let machine = machine(name);
        let pictures = of_plan(&machine, &planned(&machine, &actions));
        assert_eq!(pictures.len(), 1, "{name}: only the disk that changes is drawn");
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("plan-{name}-{wish}"), drawn(&pictures));
        });
    }
}

#[test]
fn a_plan_that_changes_no_disk_has_no_picture() {
    let machine = machine("two-disks");
    let plan = planned(&machine, &[InstallerAction::SetHostname { name: "my-laptop".into() }]);
    assert_eq!(of_plan(&machine, &plan), vec![]);
}

pub(super) fn part(number: u32, start: u64, size: u64, kind: PartitionKind) -> Partition {
    Partition {
        path: format!("/dev/sda{number}"),
        number,
        start_bytes: start,
        size_bytes: size,
        kind,
        fs: Some("ext4".into()),
        label: None,
        uuid: None,
        used_bytes: None,
        os: None,
        problems: vec![],
    }
}

pub(super) fn disk(gib: u64, partitions: Vec<Partition>) -> Disk {
    let mut disk = machine("vm").disks.remove(0);
    disk.path = "/dev/sda".into();
    disk.size_bytes = gib * GIB;
    disk.table = Some(TableKind::Mbr);
    disk.partitions = partitions;
    disk
}

#[test]
fn an_extended_partition_is_not_drawn_twice_and_the_order_is_that_of_the_disk() {
    let disk = disk(
        100,
        vec![
            part(1, 50 * GIB, 10 * GIB, PartitionKind::Linux),
            part(2, MIB, 40 * GIB, PartitionKind::Extended),
            part(5, 2 * MIB, 10 * GIB, PartitionKind::Linux),
            part(6, 20 * GIB, 10 * GIB, PartitionKind::Linux),
        ],
    );
    let picture = Picture::of_disk(&disk);
    let told: Vec<_> =
        picture.bars[0].segments.iter().map(|s| (s.label.as_str(), s.bytes >> 30, s.what.as_str())).collect();
    let inside = "in the extended partition";
    assert_eq!(
        told,
        [
            ("sda5", 10, "ext4"),
            ("free", 9, inside),
            ("sda6", 10, "ext4"),
            ("free", 10, inside),
            ("free", 9, ""),
            ("sda1", 10, "ext4"),
            ("free", 40, ""),
        ]
    );
}

#[test]
fn names_of_strangers_draw_nothing_by_themselves() {
    let mut stranger = part(1, MIB, 90 * GIB, PartitionKind::Linux);
    stranger.os = Some("\u{1b}[2JOS\n".into());
    stranger.label = Some("東京のディスク".into());
    let picture = Picture::of_disk(&disk(100, vec![stranger]));
    for row in picture.rows(30, true) {
        assert!(said(&row).chars().all(|c| !c.is_control()), "{row:?}");
        assert!(console::measure_text_width(&said(&row)) <= 30, "{row:?}");
    }
}

#[test]
fn more_partitions_than_columns_share_them() {
    let parts =
        (1..=128).map(|n| part(n, u64::from(n) * GIB, GIB * u64::from(n % 7 + 1) / 8, PartitionKind::Linux));
    let picture = Picture::of_disk(&disk(200, parts.collect()));
    let runs = picture.bars[0].cells(40);
    assert_eq!(runs.len(), 40);
    assert!(said(&picture.rows(40, true)[1]).contains('…'));
}

#[test]
fn columns_are_in_proportion() {
    let bar = |bytes: &[u64]| Bar {
        name: None,
        segments: bytes
            .iter()
            .map(|&bytes| Segment { label: "x".into(), what: String::new(), bytes, fate: Fate::Stays })
            .collect(),
    };
    let cells = |bytes: &[u64], width| bar(bytes).cells(width).iter().map(|r| r.columns).collect::<Vec<_>>();
    assert_eq!(cells(&[1, 1], 10), [5, 5]);
    assert_eq!(cells(&[1, 1, 1], 10), [4, 3, 3], "the first of equals has what is left");
    assert_eq!(cells(&[1, 999, 1000], 40), [2, 19, 19], "nothing is invisible");
    assert_eq!(cells(&[u64::MAX, u64::MAX, 0], 5), [2, 2, 1]);
    assert_eq!(cells(&[5, 5, 1], 2), [1, 1]);
    assert_eq!(cells(&[], 10), [0; 0]);
    assert_eq!(cells(&[1], 0), [0; 0]);
}

#[test]
fn a_partition_that_ends_after_all_numbers_is_drawn() {
    let parts = [1, 2].map(|number| part(number, u64::from(number) * MIB, u64::MAX, PartitionKind::Linux));
    assert_eq!(Picture::of_disk(&disk(100, parts.to_vec())).bars[0].segments.len(), 2);
}
