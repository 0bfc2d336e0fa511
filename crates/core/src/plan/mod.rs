//! `plan`: which steps lead from what is to what is wanted. Pure: no clock, no randomness but the spec's seed.
//!
//! A [`Plan`] is shown, confirmed by its digest, and executed as it is. `steps` builds the list, `lines` words it
//! for people.

mod lines;
mod steps;

use serde::Serialize;

pub use lines::{THEN, contents, disk_line, is_about_the_table, size as size_words, volume_words, what};

use crate::achieved::Achieved;
use crate::ids;
use crate::layout::TargetLayout;
use crate::machine::{Disk, Machine};
use crate::refusal::Refusal;
use crate::spec::InstallSpec;
use crate::step::Step;
use crate::sys::LiveFacts;

/// What is planned against.
#[derive(Clone, Copy)]
pub struct Now<'a> {
    /// The computer, freshly probed.
    pub machine: &'a Machine,
    /// The live session.
    pub live: &'a LiveFacts,
    /// What was done.
    pub achieved: &'a Achieved,
}

/// A list of steps with everything a person should know before saying yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// The layout the plan makes or works on.
    pub layout: Option<TargetLayout>,
    /// What the person should know.
    pub warnings: Vec<String>,
    /// The first step after which the data that is erased cannot be brought back.
    pub no_return: Option<usize>,
    /// The device whose name must be typed, because it carries data that dies.
    pub phrase: Option<String>,
    /// The plan as people read it; disks, partitions, what dies, what stays.
    pub lines: Vec<String>,
    /// SHA-256 over steps and the facts of the disks they touch.
    pub digest: String,
}

impl Plan {
    /// True where a yes is needed: something that was there is lost.
    pub fn destructive(&self) -> bool {
        self.steps.iter().any(Step::destructive) || self.writes_table()
    }

    /// True where the plan changes a partition table, even a blank disk's: always shown and confirmed.
    pub fn writes_table(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::WriteTable(_)))
    }

    /// True where there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The disks whose content it touches.
    pub fn touched<'a>(&self, machine: &'a Machine) -> Vec<&'a Disk> {
        touched(machine, &self.steps)
    }
}

/// Plans from what is to what `spec` wants.
///
/// # Errors
/// A refusal with object and remedy; also where a program that the plan needs is missing.
pub fn plan(now: Now<'_>, spec: &InstallSpec) -> Result<Plan, Refusal> {
    let built = steps::build(now, spec)?;
    check_tools(now.live, &built.steps)?;
    let no_return = built.steps.iter().position(Step::destructive);
    let phrase = phrase(now.machine, &built.steps);
    let warnings = lines::warnings(now, spec, &built);
    let digest = digest(now.machine, &built.steps);
    let lines = lines::lines(now, spec, &built);
    Ok(Plan { steps: built.steps, layout: built.layout, warnings, no_return, phrase, lines, digest })
}

/// The disk or partition whose data dies, to be typed by the person.
fn phrase(machine: &Machine, steps: &[Step]) -> Option<String> {
    steps.iter().find_map(|step| match step {
        Step::WriteTable(step) if step.erases_table() => Some(step.disk.clone()),
        Step::MakeFilesystem(step) if step.erases => {
            let (_, partition) = machine.partition(&step.partition)?;
            partition.fs.is_some().then(|| step.partition.clone())
        }
        // A system that the new one is copied over is lost as if it were erased.
        Step::CopySystem(step) if step.over_existing => {
            let (_, partition) = machine.partition(&step.device)?;
            partition.os.is_some().then(|| step.device.clone())
        }
        Step::ShrinkFilesystem(step) => machine.partition(&step.partition).map(|(disk, _)| disk.path.clone()),
        _ => None,
    })
}

/// The digest covers the steps and the identity and content of every disk they touch: a stick that took the name
/// of another in the meantime makes another plan.
fn digest(machine: &Machine, steps: &[Step]) -> String {
    // Plain data of ours: turning it into JSON cannot fail.
    ids::digest(&serde_json::to_string(&(steps, touched(machine, steps))).unwrap_or_default())
}

fn touched<'a>(machine: &'a Machine, steps: &[Step]) -> Vec<&'a Disk> {
    let devices: Vec<String> = steps.iter().filter_map(Step::touches).collect();
    let is_touched = |disk: &&Disk| devices.iter().any(|device| owns(machine, &disk.path, device));
    machine.disks.iter().filter(is_touched).collect()
}

fn owns(machine: &Machine, disk: &str, device: &str) -> bool {
    disk == device || machine.partition(device).is_some_and(|(owner, _)| owner.path == disk)
}

/// Programs that the steps will run on the live system; those inside the target come with the copy.
fn check_tools(live: &LiveFacts, steps: &[Step]) -> Result<(), Refusal> {
    // No list: a described machine, where every tool is there.
    if live.tools.is_empty() {
        return Ok(());
    }
    for step in steps {
        for tool in step.tools() {
            if !live.tools.iter().any(|have| have == tool) {
                return Err(Refusal::new(
                    *tool,
                    format!("The program {tool} is missing on this live system."),
                    "Install the package that has it, or choose a plan that does without it.",
                ));
            }
        }
    }
    Ok(())
}
