//! Plans executed on the simulated computer: a failure at every call, a kill at every call, undo, a second try.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::{Listener, SECRET, Typist, machine, request, settings, wish};
use levitate_core::achieved::Achieved;
use levitate_core::action::{Filesystem, InstallerAction, PartitionRequest, Use};
use levitate_core::exec::{Ended, UndoneLast, execute, recover, undo_last};
use levitate_core::journal::{Journal, Outcome};
use levitate_core::machine::Machine;
use levitate_core::plan::{Now, Plan, plan};
use levitate_core::size::Size;
use levitate_core::spec::InstallSpec;
use levitate_core::state::Stage;
use levitate_core::step::{Step, StepError};
use levitate_core::sys::System;
use levitate_core::sys::sim::Simulated;

/// The sessions that are broken at every call: name, machine, request.
fn sessions() -> Vec<(&'static str, Machine, PartitionRequest)> {
    let candidate = |machine: &Machine| machine.candidates().next().unwrap().path.clone();
    let mut all = Vec::new();
    let vm = machine("vm");
    all.push(("blank disk", vm.clone(), request(&candidate(&vm), Use::Whole)));
    let mut encrypted = request(&candidate(&vm), Use::Whole);
    encrypted.encrypt = true;
    all.push(("encrypted", vm, encrypted));
    let bios = machine("vm-bios");
    let mut btrfs = request(&candidate(&bios), Use::Whole);
    btrfs.fs = Some(Filesystem::Btrfs);
    btrfs.swap = Some(Size::gib(1));
    btrfs.home = Some(Size::gib(4));
    btrfs.encrypt = true;
    btrfs.boot = Some(Size::gib(1));
    all.push(("BIOS btrfs swap home boot encrypted", bios, btrfs));
    let windows = machine("windows-laptop");
    let disk = candidate(&windows);
    all.push(("beside Windows", windows.clone(), request(&disk, Use::Beside)));
    all.push(("over Windows", windows, request(&disk, Use::Whole)));
    let free = machine("windows-free");
    let disk = candidate(&free);
    all.push(("free space", free, request(&disk, Use::Free)));
    all
}

/// The calls that are broken: every one of the two sessions that matter most, every seventh of the others (from
/// another beginning each), so that the sweep stays within a minute or two.
fn broken_calls(name: &str, calls: u64) -> impl Iterator<Item = u64> {
    let (first, step) = match name {
        "encrypted" | "beside Windows" => (1, 1),
        other => (1 + other.len() as u64 % 7, 7),
    };
    (first..=calls).step_by(step)
}

fn spec_of(machine: &Machine, request: &PartitionRequest) -> InstallSpec {
    let mut actions = vec![InstallerAction::Partition(request.clone())];
    actions.extend(settings());
    wish(machine, &actions).unwrap()
}

fn plan_now(sys: &mut Simulated, journal: &Journal, spec: &InstallSpec) -> Plan {
    let machine = sys.probe().unwrap();
    let live = sys.live().unwrap();
    let achieved = journal.ledger().achieved();
    plan(Now { machine: &machine, live: &live, achieved: &achieved }, spec).unwrap()
}

fn run(sys: &mut Simulated, spec: &InstallSpec) -> Result<Ended, StepError> {
    let mut journal = Journal::open(sys, "test")?;
    let plan = plan_now(sys, &journal, spec);
    execute(sys, &mut journal, &plan, &mut Typist, &mut Listener::default())
}

fn journal_text(sys: &mut Simulated) -> String {
    String::from_utf8(sys.read(&Journal::path()).unwrap()).unwrap()
}

#[test]
fn every_session_ends_with_a_system_that_starts_and_nothing_left_open() {
    for (name, machine, request) in sessions() {
        let mut sys = Simulated::new(machine.clone()).instant();
        let spec = spec_of(&machine, &request);
        match run(&mut sys, &spec).unwrap() {
            Ended::Done => {}
            Ended::Failed { step, error, .. } => panic!("{name}: {}: {error}", step.title()),
        }
        let mounts = sys.mounts().unwrap();
        assert!(mounts.iter().all(|m| !m.target.starts_with("/mnt/target")), "{name}: {mounts:?}");
        let text = journal_text(&mut sys);
        assert!(!text.contains(SECRET), "{name}: the secret is in the journal");
        assert!(
            sys.transcript().iter().all(|line| !line.contains(SECRET)),
            "{name}: the secret is in an argv"
        );
        let mut journal = Journal::open(&mut sys, "test").unwrap();
        assert_eq!(journal.ledger().achieved().stages(), Stage::ALL, "{name}");
        // Nothing is left to do, and a finished plan says why it is not taken back.
        let undone = undo_last(&mut sys, &mut journal, &mut Listener::default()).unwrap().unwrap();
        assert!(matches!(undone, UndoneLast::Refused(_)), "{name}");
    }
}

#[test]
fn the_argv_transcript_is_reviewed() {
    for (name, machine, request) in sessions() {
        let mut sys = Simulated::new(machine.clone()).instant();
        run(&mut sys, &spec_of(&machine, &request)).unwrap();
        insta::assert_snapshot!(format!("argv-{}", name.replace(' ', "-")), sys.transcript().join("\n"));
    }
}

#[test]
fn a_failure_at_any_call_leaves_the_start_state_or_says_what_it_kept() {
    for (name, machine, request) in sessions() {
        let spec = spec_of(&machine, &request);
        let calls = {
            let mut sys = Simulated::new(machine.clone()).instant();
            run(&mut sys, &spec).unwrap();
            sys.calls()
        };
        assert!(calls > 20, "{name}: {calls} calls");
        for at in broken_calls(name, calls) {
            let case = format!("{name}, call {at} of {calls}");
            let mut sys = Simulated::new(machine.clone()).instant();
            let start = sys.fingerprint_lines();
            sys.fail_at(at);
            let Ok(ended) = run(&mut sys, &spec) else {
                // The journal itself could not be written: nothing was begun after that.
                continue;
            };
            let kept = match &ended {
                // Some failures are warnings by design: the firmware's boot entry.
                Ended::Done => continue,
                Ended::Failed { kept, .. } => kept.clone(),
            };
            assert_state(&mut sys, &start, !kept.is_empty(), &case);
            again(&mut sys, &spec, &request, &case);
        }
    }
}

#[test]
fn a_kill_at_any_call_is_recovered_to_the_start_state_or_the_journal_says_why() {
    for (name, machine, request) in sessions() {
        let spec = spec_of(&machine, &request);
        let calls = {
            let mut sys = Simulated::new(machine.clone()).instant();
            run(&mut sys, &spec).unwrap();
            sys.calls()
        };
        for at in broken_calls(name, calls) {
            let case = format!("{name}, killed at call {at} of {calls}");
            let mut sys = Simulated::new(machine.clone()).instant();
            let start = sys.fingerprint_lines();
            sys.kill_at(at);
            let error = run(&mut sys, &spec).expect_err(&case);
            assert!(error.killed(), "{case}: {error}");
            sys.revive();
            let mut journal = Journal::open(&mut sys, "test").unwrap();
            let finished = journal.ledger().plans.iter().any(|plan| {
                plan.steps.iter().any(|(step, status)| {
                    matches!(step, Step::Finish(_))
                        && !matches!(status, levitate_core::journal::StepStatus::Waiting)
                })
            });
            let kept = recover(&mut sys, &mut journal, &mut Listener::default()).unwrap().unwrap_or_default();
            if finished && !kept.is_empty() {
                continue;
            }
            assert_state(&mut sys, &start, !kept.is_empty(), &case);
            again(&mut sys, &spec, &request, &case);
        }
    }
}

/// The start state, or an honest account in the journal; nothing mounted either way.
fn assert_state(sys: &mut Simulated, start: &[String], kept: bool, case: &str) {
    let mounts = sys.mounts().unwrap();
    let ours: Vec<_> = mounts.iter().filter(|m| m.target.starts_with("/mnt/target")).collect();
    assert!(ours.is_empty(), "{case}: still mounted: {ours:?}");
    let text = journal_text(sys);
    assert!(!text.contains(SECRET), "{case}: the secret is in the journal");
    if kept {
        assert!(text.contains("\"entry\":\"kept\""), "{case}: kept, and the journal does not say so");
    } else {
        let now = sys.fingerprint_lines();
        let new: Vec<_> = now.iter().filter(|line| !start.contains(line)).collect();
        let gone: Vec<_> = start.iter().filter(|line| !now.contains(line)).collect();
        assert!(
            now == start,
            "{case}: not the start state; new {:?}, gone {:?}",
            new.iter().take(5).collect::<Vec<_>>(),
            gone.iter().take(5).collect::<Vec<_>>()
        );
    }
}

/// A second attempt in the same session works, where the disk is as it was.
fn again(sys: &mut Simulated, spec: &InstallSpec, request: &PartitionRequest, case: &str) {
    let mut journal = Journal::open(sys, "test").unwrap();
    if journal.ledger().plans.iter().any(|plan| plan.outcome == Some(Outcome::PartlyUndone))
        && request.usage != Use::Whole
    {
        return;
    }
    let plan = plan_now(sys, &journal, spec);
    match execute(sys, &mut journal, &plan, &mut Typist, &mut Listener::default()) {
        Ok(Ended::Done) => {}
        Ok(Ended::Failed { step, error, .. }) => panic!("{case}: second attempt: {}: {error}", step.title()),
        Err(error) => panic!("{case}: second attempt: {error}"),
    }
}

#[test]
fn undo_brings_back_what_can_be_brought_back_and_refuses_the_rest_untouched() {
    for (name, machine, request) in sessions() {
        let mut sys = Simulated::new(machine.clone()).instant();
        let start = sys.fingerprint();
        let spec = wish(&machine, &[InstallerAction::Partition(request.clone())]).unwrap();
        assert!(matches!(run(&mut sys, &spec).unwrap(), Ended::Done), "{name}");
        let made = sys.fingerprint();
        assert_ne!(start, made, "{name}");
        let mut journal = Journal::open(&mut sys, "test").unwrap();
        let undone = undo_last(&mut sys, &mut journal, &mut Listener::default()).unwrap().unwrap();
        if name == "over Windows" {
            assert!(matches!(undone, UndoneLast::Refused(_)), "{name}: {undone:?}");
            assert_eq!(sys.fingerprint(), made, "{name}: refused but changed");
        } else {
            assert!(
                matches!(undone, UndoneLast::Undone { ref kept, .. } if kept.is_empty()),
                "{name}: {undone:?}"
            );
            assert_eq!(sys.fingerprint(), start, "{name}");
            assert_eq!(journal.ledger().achieved(), Achieved::default(), "{name}");
        }
    }
}

#[test]
fn settings_are_taken_back_one_by_one() {
    let machine = machine("vm");
    let disk = machine.candidates().next().unwrap().path.clone();
    let mut sys = Simulated::new(machine.clone()).instant();
    let base = wish(&machine, &[InstallerAction::Partition(request(&disk, Use::Whole))]).unwrap();
    assert!(matches!(run(&mut sys, &base).unwrap(), Ended::Done));
    for action in settings().into_iter().filter(|action| {
        !matches!(action, InstallerAction::Finish | InstallerAction::InstallBootloader { .. })
    }) {
        let before = sys.fingerprint();
        let spec = common::wish_from(base.clone(), &machine, std::slice::from_ref(&action)).unwrap();
        assert!(matches!(run(&mut sys, &spec).unwrap(), Ended::Done), "{action:?}");
        let mut journal = Journal::open(&mut sys, "test").unwrap();
        let undone = undo_last(&mut sys, &mut journal, &mut Listener::default()).unwrap().unwrap();
        assert!(
            matches!(undone, UndoneLast::Undone { ref kept, .. } if kept.is_empty()),
            "{action:?}: {undone:?}"
        );
        if !matches!(action, InstallerAction::SetLocale { .. }) {
            // A generated locale stays in the archive; it is not the default any more.
            assert_eq!(sys.fingerprint(), before, "{action:?}");
        }
    }
}

#[test]
fn an_unplugged_disk_is_named_and_the_session_survives() {
    let machine = machine("vm");
    let disk = machine.candidates().next().unwrap().path.clone();
    let mut sys = Simulated::new(machine.clone()).instant();
    sys.unplug_while_copying(&disk, 40);
    let spec = wish(&machine, &[InstallerAction::Partition(request(&disk, Use::Whole))]).unwrap();
    let Ended::Failed { error, .. } = run(&mut sys, &spec).unwrap() else { panic!("it cannot have worked") };
    assert!(error.to_string().contains(&format!("{disk} is gone")), "{error}");
}

#[test]
fn a_full_target_is_named() {
    let machine = machine("linux-laptop");
    let root =
        machine.candidates().flat_map(|d| &d.partitions).find(|p| p.fs.as_deref() == Some("ext4")).unwrap();
    let format = InstallerAction::Format { partition: root.path.clone(), filesystem: Filesystem::Ext4 };
    let mut sys = Simulated::new(machine.clone()).instant();
    assert!(matches!(run(&mut sys, &wish(&machine, &[format]).unwrap()).unwrap(), Ended::Done));
    sys.full(&root.path);
    let machine = sys.probe().unwrap();
    let mount = InstallerAction::Mount { partition: root.path.clone(), mountpoint: "/".into() };
    let spec = wish(&machine, &[mount, InstallerAction::CopySystem]).unwrap();
    let Ended::Failed { error, .. } = run(&mut sys, &spec).unwrap() else { panic!("it cannot have worked") };
    assert!(error.to_string().contains("No space left"), "{error}");
}

#[test]
fn a_journal_with_a_torn_last_line_is_read_and_a_false_one_is_refused() {
    let mut sys = Simulated::new(machine("vm")).instant();
    Journal::open(&mut sys, "test").unwrap();
    let path = Journal::path();
    let whole = sys.read(&path).unwrap();
    let mut torn = whole.clone();
    torn.extend_from_slice(b"{\"at\":1,\"entry\":\"sta");
    sys.write(Path::new(&path), &torn, 0o600).unwrap();
    Journal::open(&mut sys, "test").unwrap();
    let mut wrong = whole;
    wrong.extend_from_slice(b"{\"at\":1,\"entry\":\"done\",\"plan\":0,\"step\":3}\n");
    sys.write(Path::new(&path), &wrong, 0o600).unwrap();
    assert!(Journal::open(&mut sys, "test").is_err());
}
