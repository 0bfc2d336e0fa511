//! What the integration tests share: described machines, wishes, a headless person.
#![allow(dead_code)]

use std::path::PathBuf;

use levitate_core::achieved::Achieved;
use levitate_core::action::{Filesystem, InstallerAction, PartitionRequest, Use};
use levitate_core::apply::{World, apply};
use levitate_core::exec::Observer;
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::plan::{Now, Plan, plan};
use levitate_core::refusal::Refusal;
use levitate_core::size::Size;
use levitate_core::spec::InstallSpec;
use levitate_core::step::{Report, SecretRequest, Secrets, Step, StepError};
use levitate_core::sys::LiveFacts;
use secrecy::SecretString;

/// The described machines, by name.
pub fn machines() -> Vec<(String, Machine)> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../machines");
    let mut all: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, Machine::from_json(&std::fs::read_to_string(&path).unwrap()).unwrap())
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

pub fn machine(name: &str) -> Machine {
    machines().into_iter().find(|(n, _)| n == name).map(|(_, m)| m).unwrap()
}

pub fn live() -> LiveFacts {
    LiveFacts { serial_console: None, tools: Vec::new(), admin_group: Some("sudo".into()) }
}

pub fn spec() -> InstallSpec {
    InstallSpec { seed: "test".into(), ..InstallSpec::default() }
}

/// Applies actions one after another.
pub fn wish(machine: &Machine, actions: &[InstallerAction]) -> Result<InstallSpec, Refusal> {
    wish_from(spec(), machine, actions)
}

pub fn wish_from(
    mut spec: InstallSpec,
    machine: &Machine,
    actions: &[InstallerAction],
) -> Result<InstallSpec, Refusal> {
    let lists = Lists::embedded();
    let world = World { machine, lists: &lists, admin_group: "sudo" };
    for action in actions {
        if let Some(next) = apply(&spec, &world, action)? {
            spec = next;
        }
    }
    Ok(spec)
}

pub fn plan_of(machine: &Machine, achieved: &Achieved, spec: &InstallSpec) -> Result<Plan, Refusal> {
    let live = live();
    plan(Now { machine, live: &live, achieved }, spec)
}

pub fn request(disk: &str, usage: Use) -> PartitionRequest {
    PartitionRequest::new(disk, usage)
}

/// Wishes that the plan snapshots are made of, for one disk.
pub fn wishes(disk: &str) -> Vec<(&'static str, PartitionRequest)> {
    let with = |usage, edit: fn(&mut PartitionRequest)| {
        let mut request = request(disk, usage);
        edit(&mut request);
        request
    };
    vec![
        ("whole", with(Use::Whole, |_| {})),
        ("whole, encrypted", with(Use::Whole, |r| r.encrypt = true)),
        (
            "whole, btrfs, swap, home",
            with(Use::Whole, |r| {
                r.fs = Some(Filesystem::Btrfs);
                r.swap = Some(Size::gib(4));
                r.home = Some(Size::Rest);
            }),
        ),
        (
            "whole, encrypted, boot, swap, home",
            with(Use::Whole, |r| {
                r.encrypt = true;
                r.boot = Some(Size::gib(1));
                r.swap = Some(Size::gib(2));
                r.home = Some(Size::Rest);
            }),
        ),
        ("free", with(Use::Free, |_| {})),
        ("beside", with(Use::Beside, |_| {})),
    ]
}

/// Everything after the disk, as in the example session.
pub fn settings() -> Vec<InstallerAction> {
    vec![
        InstallerAction::SetTimezone { zone: "America/Los_Angeles".into() },
        InstallerAction::SetHostname { name: "my-laptop".into() },
        InstallerAction::SetLocale { locale: "de_DE.UTF-8".into() },
        InstallerAction::SetKeyboard { layout: "us".into() },
        InstallerAction::CreateUser { name: "vince".into(), sudo: true },
        InstallerAction::InstallBootloader { target: None },
        InstallerAction::Finish,
    ]
}

/// A person who types the same secret everywhere.
pub struct Typist;

/// What [`Typist`] types; no file of a test may ever contain it.
pub const SECRET: &str = "correct horse battery";

impl Secrets for Typist {
    fn get(&mut self, _: &SecretRequest) -> Option<SecretString> {
        Some(SecretString::from(SECRET))
    }
    fn forget(&mut self, _: &SecretRequest) {}
}

/// Hears everything and keeps the titles.
#[derive(Default)]
pub struct Listener {
    pub heard: Vec<String>,
}

impl Observer for Listener {
    fn started(&mut self, _: usize, step: &Step) {
        self.heard.push(step.title());
    }
    fn report(&mut self, _: &Step, _: Report) {}
    fn done(&mut self, _: usize, _: &Step) {}
    fn failed(&mut self, step: &Step, error: &StepError) {
        self.heard.push(format!("{} failed: {error}", step.title()));
    }
    fn undoing(&mut self, step: &Step) {
        self.heard.push(format!("undo {}", step.title()));
    }
}
