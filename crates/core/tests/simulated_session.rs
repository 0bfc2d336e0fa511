//! A plan, walked on the simulated computer: it succeeds, and wherever it fails or dies the disks are as they
//! were or the walker says what it could not take back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use levitate_core::achieved::Achieved;
use levitate_core::action::{Filesystem, InstallerAction, PartitionRequest, Use};
use levitate_core::apply::{World, apply};
use levitate_core::exec::{self, Ended, Observer};
use levitate_core::journal::Journal;
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::plan::{Now, Plan, plan};
use levitate_core::size::Size;
use levitate_core::spec::InstallSpec;
use levitate_core::step::{Report, SecretRequest, Secrets, Step, StepError};
use levitate_core::sys::{Simulated, SysError, System};
use secrecy::SecretString;

const PASSPHRASE: &str = "correct horse battery";
const PASSWORD: &str = "hunter2secret";

const BLANK: &str = r#"{"version":1,"firmware":"uefi","memory_bytes":8589934592,
 "source":{"kind":"squashfs","path":"/run/live/medium/live/filesystem.squashfs","installed_bytes":1900000000},
 "disks":[{"path":"/dev/sda","size_bytes":500107862016,"model":"Blank","table":null,"partitions":[]}]}"#;

const WINDOWS: &str = r#"{"version":1,"firmware":"uefi","memory_bytes":8589934592,
 "source":{"kind":"squashfs","path":"/run/live/medium/live/filesystem.squashfs","installed_bytes":1900000000},
 "disks":[{"path":"/dev/nvme0n1","size_bytes":1000204886016,"model":"Windows disk","table":"gpt","transport":"nvme",
  "partitions":[
   {"path":"/dev/nvme0n1p1","number":1,"start_bytes":1048576,"size_bytes":268435456,"kind":"esp","fs":"vfat","uuid":"A1B2-C3D4","used_bytes":31457280},
   {"path":"/dev/nvme0n1p2","number":2,"start_bytes":269484032,"size_bytes":16777216,"kind":"microsoft_reserved"},
   {"path":"/dev/nvme0n1p3","number":3,"start_bytes":286261248,"size_bytes":998999326720,"kind":"microsoft_basic","fs":"ntfs","label":"Windows","uuid":"01D9","used_bytes":200000000000,"os":"Windows 11"}]}]}"#;

struct Typed;

impl Secrets for Typed {
    fn get(&mut self, request: &SecretRequest) -> Option<SecretString> {
        Some(SecretString::from(match request {
            SecretRequest::LuksPassphrase => PASSPHRASE,
            SecretRequest::Password { .. } => PASSWORD,
        }))
    }
    fn forget(&mut self, _: &SecretRequest) {}
}

struct Silent;

impl Observer for Silent {
    fn started(&mut self, _: usize, _: &Step) {}
    fn report(&mut self, _: &Step, _: Report) {}
    fn done(&mut self, _: usize, _: &Step) {}
    fn failed(&mut self, _: &Step, _: &StepError) {}
    fn undoing(&mut self, _: &Step) {}
}

fn request(disk: &str, usage: Use, encrypt: bool) -> InstallerAction {
    let mut request = PartitionRequest::new(disk, usage);
    request.encrypt = encrypt;
    InstallerAction::Partition(request)
}

fn machine(json: &str) -> Machine {
    Machine::from_json(json).unwrap()
}

/// The layout and everything after it in one plan.
fn planned(sim: &mut Simulated, layout: InstallerAction) -> Plan {
    let machine = sim.probe().unwrap();
    let live = sim.live().unwrap();
    let lists = Lists::embedded();
    let world = World { machine: &machine, lists: &lists, admin_group: "sudo" };
    let actions = [
        layout,
        InstallerAction::CopySystem,
        InstallerAction::SetHostname { name: "my-laptop".into() },
        InstallerAction::SetTimezone { zone: "America/Los_Angeles".into() },
        InstallerAction::SetLocale { locale: "en_US.UTF-8".into() },
        InstallerAction::SetKeyboard { layout: "us".into() },
        InstallerAction::CreateUser { name: "vince".into(), sudo: true },
        InstallerAction::SetPassword { user: "vince".into() },
        InstallerAction::InstallBootloader { target: None },
        InstallerAction::Finish,
    ];
    let mut spec = InstallSpec { seed: "seed".into(), ..InstallSpec::default() };
    for action in &actions {
        if let Some(next) = apply(&spec, &world, action).unwrap_or_else(|e| panic!("{action:?}: {e:?}")) {
            spec = next;
        }
    }
    plan(Now { machine: &machine, live: &live, achieved: &Achieved::default() }, &spec).unwrap()
}

fn ready(json: &str) -> Simulated {
    Simulated::new(machine(json)).with_lists(&Lists::embedded())
}

fn walk(sim: &mut Simulated, plan: &Plan) -> Result<Ended, StepError> {
    let mut journal = Journal::open(sim, "test")?;
    exec::execute(sim, &mut journal, plan, &mut Typed, &mut Silent)
}

fn cases() -> Vec<(&'static str, &'static str, InstallerAction)> {
    let mut btrfs = PartitionRequest::new("/dev/sda", Use::Whole);
    btrfs.fs = Some(Filesystem::Btrfs);
    btrfs.home = Some(Size::Rest);
    btrfs.swap = Some(Size::gib(8));
    vec![
        ("whole", BLANK, request("/dev/sda", Use::Whole, false)),
        ("encrypted", BLANK, request("/dev/sda", Use::Whole, true)),
        ("btrfs, home, swap", BLANK, InstallerAction::Partition(btrfs)),
        ("beside", WINDOWS, request("/dev/nvme0n1", Use::Beside, false)),
        ("beside, encrypted", WINDOWS, request("/dev/nvme0n1", Use::Beside, true)),
        ("over Windows", WINDOWS, request("/dev/nvme0n1", Use::Whole, false)),
    ]
}

#[test]
fn every_way_to_install_comes_to_its_end() {
    for (name, json, layout) in cases() {
        let mut sim = ready(json);
        let plan = planned(&mut sim, layout);
        match walk(&mut sim, &plan).unwrap() {
            Ended::Done => {}
            Ended::Failed { step, error, kept } => {
                panic!("{name}: {step:?}: {error}\n{kept:?}\n{:#?}", sim.transcript())
            }
        }
        assert_eq!(sim.where_is(PASSWORD), Vec::<String>::new(), "{name}");
        assert_eq!(sim.where_is(PASSPHRASE), Vec::<String>::new(), "{name}");
        assert!(!sim.mounts().unwrap().iter().any(|m| m.target.starts_with("/mnt/target")), "{name}");
    }
}

/// The calls to try: every one where it is cheap to miss something, a sample elsewhere, to stay within seconds.
fn calls(name: &str, last: u64) -> impl Iterator<Item = u64> {
    let step = if name == "beside, encrypted" { 1 } else { 11 };
    (1..=last).step_by(step)
}

/// True where the walker may leave traces: what was there was erased by then.
fn erases(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.destructive() && !matches!(step, Step::ShrinkFilesystem(_)))
}

#[test]
fn wherever_it_fails_the_disks_are_as_they_were_or_it_says_why() {
    for (name, json, layout) in cases() {
        let mut reference = ready(json);
        let plan = planned(&mut reference, layout);
        let start = reference.fingerprint();
        walk(&mut reference, &plan).unwrap();
        for call in calls(name, reference.calls()) {
            let mut sim = ready(json);
            sim.fail_at(call);
            let kept = match walk(&mut sim, &plan) {
                // A failure that only warns (the firmware's boot entry), or the journal itself.
                Ok(Ended::Done) | Err(_) => continue,
                Ok(Ended::Failed { kept, .. }) => kept,
            };
            assert!(
                !sim.mounts().unwrap().iter().any(|m| m.target.starts_with("/mnt/target")),
                "{name} {call}"
            );
            let same = sim.fingerprint() == start;
            assert!(
                same || erases(&plan) || !kept.is_empty(),
                "{name}, call {call} ({:?})",
                sim.transcript().last()
            );
        }
    }
}

#[test]
fn wherever_it_dies_the_next_run_brings_the_disks_back_or_says_why() {
    for (name, json, layout) in cases() {
        let mut reference = ready(json);
        let plan = planned(&mut reference, layout);
        let start = reference.fingerprint();
        walk(&mut reference, &plan).unwrap();
        for torn in [false, true] {
            for call in calls(name, reference.calls()) {
                let mut sim = ready(json);
                if torn {
                    sim.torn_at(call)
                } else {
                    sim.kill_at(call)
                }
                match walk(&mut sim, &plan) {
                    Ok(ended) => panic!("{name} {call}: {ended:?}"),
                    Err(error) => assert!(
                        matches!(error, StepError::System(SysError::Killed)),
                        "{name} {call}: {error}"
                    ),
                }
                sim.revive();
                let mut journal =
                    Journal::open(&mut sim, "test").unwrap_or_else(|e| panic!("{name} {call}: {e}"));
                let kept = exec::recover(&mut sim, &mut journal, &mut Silent).unwrap().unwrap_or_default();
                let same = sim.fingerprint() == start;
                // The last calls belong to a plan that is done.
                let done = journal.ledger().open_plan().is_none() && journal.ledger().last_done().is_some();
                assert!(
                    same || done || erases(&plan) || !kept.is_empty(),
                    "{name}, call {call}, torn {torn} ({:?})",
                    sim.transcript()
                );
                assert!(
                    done || !sim.mounts().unwrap().iter().any(|m| m.target.starts_with("/mnt/target")),
                    "{name} {call}"
                );
            }
        }
    }
}
