//! Every described machine × every wish: the plan as people read it, or the refusal. A change of a sentence or of
//! a layout is reviewed as a diff of these snapshots.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fmt::Write as _;

use common::{live, machine, machines, plan_of, request, settings, wish, wishes};
use levitate_core::achieved::Achieved;
use levitate_core::action::{Filesystem, InstallerAction, SchemeEntry, Use};
use levitate_core::machine::TableKind;
use levitate_core::plan::{Now, plan};
use levitate_core::size::{MIB, Size};
use levitate_core::step::Step;

#[test]
fn every_machine_and_wish_is_a_plan_or_a_refusal() {
    for (name, machine) in machines() {
        let mut text = String::new();
        for disk in &machine.disks {
            for (wish_name, request) in wishes(&disk.path) {
                writeln!(text, "== {} {wish_name}", disk.path).unwrap();
                let mut actions = vec![InstallerAction::Partition(request)];
                actions.extend(settings());
                match wish(&machine, &actions).and_then(|spec| plan_of(&machine, &Achieved::default(), &spec))
                {
                    Ok(plan) => {
                        for line in &plan.lines {
                            writeln!(text, "{line}").unwrap();
                        }
                        for warning in &plan.warnings {
                            writeln!(text, "WARNING: {warning}").unwrap();
                        }
                        if let Some(phrase) = &plan.phrase {
                            writeln!(text, "to be typed: {phrase}").unwrap();
                        }
                    }
                    Err(refusal) => writeln!(text, "refused ({}): {refusal}", refusal.object).unwrap(),
                }
            }
        }
        insta::assert_snapshot!(format!("plan-{name}"), text);
    }
}

#[test]
fn a_plan_never_writes_outside_what_was_asked() {
    for (name, machine) in machines() {
        for disk in &machine.disks {
            for (wish_name, request) in wishes(&disk.path) {
                let case = format!("{name} {} {wish_name}", disk.path);
                let usage = request.usage;
                let Ok(spec) = wish(&machine, &[InstallerAction::Partition(request)]) else { continue };
                let plan = plan_of(&machine, &Achieved::default(), &spec).unwrap();
                assert!(!disk.live_medium && !disk.read_only && disk.in_use.is_empty(), "{case}");
                let layout = plan.layout.as_ref().unwrap();
                let mut made: Vec<_> = layout
                    .volumes
                    .iter()
                    .filter(|v| v.make || v.mount == "bios_boot")
                    .map(|v| (v.start_bytes, v.size_bytes))
                    .collect();
                made.sort_unstable();
                for pair in made.windows(2) {
                    assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{case}: overlap");
                }
                for (start, size) in &made {
                    assert_eq!(start % MIB, 0, "{case}: start not aligned");
                    assert_eq!(size % MIB, 0, "{case}: size not aligned");
                    assert!(start + size <= disk.usable_end(TableKind::Gpt), "{case}: past the end");
                    if usage != Use::Whole {
                        for old in &disk.partitions {
                            let end = match &layout.shrink {
                                Some(shrink) if shrink.partition == old.path => {
                                    old.start_bytes + shrink.to_bytes
                                }
                                _ => old.end_bytes(),
                            };
                            assert!(
                                *start >= end || start + size <= old.start_bytes,
                                "{case}: {} is overwritten",
                                old.path
                            );
                        }
                    }
                }
                for step in &plan.steps {
                    let Some(device) = step.touches() else { continue };
                    let own = device == disk.path
                        || device.starts_with("/dev/mapper/crypt-")
                        || layout.volumes.iter().any(|v| v.partition == device)
                        || layout.shrink.as_ref().is_some_and(|s| s.partition == device);
                    assert!(own, "{case}: touches {device}");
                    if let Step::MakeFilesystem(make) = step {
                        let old = disk.partitions.iter().any(|p| p.path == make.partition);
                        assert!(usage == Use::Whole || !old, "{case}: formats {}", make.partition);
                    }
                }
            }
        }
    }
}

#[test]
fn the_same_wish_on_the_same_machine_has_the_same_digest() {
    let machine = machine("two-disks");
    let actions = [InstallerAction::Partition(request("/dev/sda", Use::Whole))];
    let digest =
        |machine| plan_of(machine, &Achieved::default(), &wish(machine, &actions).unwrap()).unwrap().digest;
    assert_eq!(digest(&machine), digest(&machine));
    let mut other = machine.clone();
    other.disks[0].serial = Some("ANOTHER".into());
    assert_ne!(digest(&machine), digest(&other), "another disk took the name");
    let mut bystander = machine.clone();
    bystander.disks[1].serial = Some("ANOTHER".into());
    assert_eq!(digest(&machine), digest(&bystander), "a disk that is not touched does not matter");
}

#[test]
fn a_dictated_scheme_is_taken_as_said_or_refused() {
    let machine = machine("two-disks");
    let entry = |mount: &str, size, fs| SchemeEntry { mount: mount.into(), size, fs: Some(fs) };
    let plan_with = |scheme: Vec<SchemeEntry>| {
        let mut request = request("/dev/sda", Use::Whole);
        request.scheme = Some(scheme);
        wish(&machine, &[InstallerAction::Partition(request)])
            .and_then(|spec| plan_of(&machine, &Achieved::default(), &spec))
    };
    let plan = plan_with(vec![
        entry("/boot/efi", Size::gib(1), Filesystem::Vfat),
        entry("swap", Size::gib(8), Filesystem::Swap),
        entry("/", Size::gib(100), Filesystem::Xfs),
        entry("/srv", Size::Rest, Filesystem::Xfs),
    ])
    .unwrap();
    let sizes: Vec<_> =
        plan.layout.unwrap().volumes.iter().map(|v| (v.mount.clone(), v.size_bytes >> 30)).collect();
    assert_eq!(sizes[..3], [("/boot/efi".into(), 1), ("swap".into(), 8), ("/".into(), 100)]);
    for (why, scheme) in [
        ("no root", vec![entry("/home", Size::Rest, Filesystem::Ext4)]),
        (
            "two rests",
            vec![entry("/", Size::Rest, Filesystem::Ext4), entry("/home", Size::Rest, Filesystem::Ext4)],
        ),
        ("root on vfat", vec![entry("/", Size::Rest, Filesystem::Vfat)]),
        (
            "twice",
            vec![entry("/", Size::gib(20), Filesystem::Ext4), entry("/", Size::Rest, Filesystem::Ext4)],
        ),
        ("too large", vec![entry("/", Size::gib(5000), Filesystem::Ext4)]),
        ("a bad mount point", vec![entry("/proc", Size::Rest, Filesystem::Ext4)]),
    ] {
        assert!(plan_with(scheme).is_err(), "{why}");
    }
}

#[test]
fn an_mbr_is_made_where_asked_on_bios() {
    let machine = machine("vm-bios");
    let disk = machine.candidates().next().unwrap().path.clone();
    let mut spec = wish(&machine, &[]).unwrap();
    spec.table = Some(TableKind::Mbr);
    let spec =
        common::wish_from(spec, &machine, &[InstallerAction::Partition(request(&disk, Use::Whole))]).unwrap();
    let plan = plan_of(&machine, &Achieved::default(), &spec).unwrap();
    assert!(plan.lines.iter().all(|line| !line.contains("BIOS boot")), "{:?}", plan.lines);
    assert!(plan.steps.iter().any(|s| s.sentence().contains("MBR")));
}

#[test]
fn a_missing_tool_is_a_refusal_before_anything_is_written() {
    let machine = machine("vm");
    let disk = machine.candidates().next().unwrap().path.clone();
    let mut live = live();
    live.tools = vec!["wipefs".into(), "blkid".into(), "blockdev".into(), "mkfs.vfat".into()];
    let spec = wish(&machine, &[InstallerAction::Partition(request(&disk, Use::Whole))]).unwrap();
    let refusal =
        plan(Now { machine: &machine, live: &live, achieved: &Achieved::default() }, &spec).unwrap_err();
    assert_eq!(refusal.object, "mkfs.ext4");
}

#[test]
fn wishes_before_the_disk_wait_in_the_spec() {
    let machine = machine("vm");
    let mut actions = settings();
    actions.pop();
    let spec = wish(&machine, &actions).unwrap();
    assert!(plan_of(&machine, &Achieved::default(), &spec).unwrap().is_empty());
    let disk = machine.candidates().next().unwrap().path.clone();
    let mut all = actions.clone();
    all.push(InstallerAction::Partition(request(&disk, Use::Whole)));
    let plan = plan_of(&machine, &Achieved::default(), &wish(&machine, &all).unwrap()).unwrap();
    let kinds: Vec<_> = plan.steps.iter().map(Step::kind).collect();
    assert!(
        kinds.contains(&"set_hostname") && kinds.contains(&"create_user") && kinds.contains(&"install_grub")
    );
    let copy = kinds.iter().position(|k| *k == "copy_system").unwrap();
    assert!(kinds.iter().position(|k| *k == "set_hostname").unwrap() > copy);
}

#[test]
fn bad_names_are_refused_with_object_and_remedy() {
    let machine = machine("vm");
    for action in [
        InstallerAction::SetHostname { name: "my laptop".into() },
        InstallerAction::CreateUser { name: "Vince".into(), sudo: true },
        InstallerAction::CreateUser { name: "root".into(), sudo: true },
        InstallerAction::SetTimezone { zone: "Mars/Olympus".into() },
        InstallerAction::SetLocale { locale: "xx_XX.UTF-8".into() },
        InstallerAction::SetKeyboard { layout: "banana".into() },
        InstallerAction::Partition(request("/dev/sdz", Use::Whole)),
        InstallerAction::SetPassword { user: "nobody-here".into() },
        InstallerAction::AddToGroup { user: "nobody-here".into(), group: "sudo".into() },
        InstallerAction::CopySystem,
        InstallerAction::Mount { partition: "/dev/sdz1".into(), mountpoint: "/home".into() },
        InstallerAction::InstallBootloader { target: Some("/dev/sdz".into()) },
    ] {
        let refusal = wish(&machine, std::slice::from_ref(&action)).unwrap_err();
        assert!(
            !refusal.object.is_empty() && !refusal.why.is_empty() && !refusal.remedy.is_empty(),
            "{action:?}"
        );
    }
}
