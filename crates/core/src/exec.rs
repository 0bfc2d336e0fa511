//! The walker: executes a confirmed plan, journals every step, takes back on failure, recovers after a crash.
//!
//! It decides nothing. Forward: record what undo needs, journal `Started`, act, journal `Done`. Backward, after
//! a failure, a cancel, an `undo` or a crash: the same reverse walk over the journal's open steps, every undo
//! journalled, all errors collected.

use crate::journal::{Entry, Journal, Outcome, StepStatus};
use crate::plan::Plan;
use crate::step::{Context, Report, Secrets, Step, StepError, UndoRecord};
use crate::sys::System;

/// Hears what the walker does.
pub trait Observer {
    /// A step begins.
    fn started(&mut self, index: usize, step: &Step);
    /// A step tells something.
    fn report(&mut self, step: &Step, report: Report);
    /// A step is done.
    fn done(&mut self, index: usize, step: &Step);
    /// A step failed; the unwind follows.
    fn failed(&mut self, step: &Step, error: &StepError);
    /// A step is being taken back.
    fn undoing(&mut self, step: &Step);
}

/// How an execution ended.
#[derive(Debug)]
pub enum Ended {
    /// Every step is done.
    Done,
    /// A step failed or was cancelled; what was begun was taken back as far as `kept` says.
    Failed {
        /// The step.
        step: Box<Step>,
        /// Why.
        error: StepError,
        /// What could not be taken back: step and reason.
        kept: Vec<(Step, String)>,
    },
}

/// Executes a plan.
///
/// # Errors
/// The journal cannot be written: nothing more is done then, because nothing could be taken back.
pub fn execute(
    sys: &mut dyn System,
    journal: &mut Journal,
    plan: &Plan,
    secrets: &mut dyn Secrets,
    observer: &mut dyn Observer,
) -> Result<Ended, StepError> {
    let number = u32::try_from(journal.ledger().plans.len()).unwrap_or(u32::MAX);
    journal.add(
        sys,
        Entry::Planned {
            plan: number,
            digest: plan.digest.clone(),
            steps: plan.steps.clone(),
            layout: plan.layout.clone(),
        },
    )?;
    for (index, step) in plan.steps.iter().enumerate() {
        observer.started(index, step);
        if let Err(error) = forward(sys, journal, number, index, step, secrets, observer) {
            if error.killed() {
                return Err(error);
            }
            let at = u32::try_from(index).unwrap_or(u32::MAX);
            journal.add(sys, Entry::Failed { plan: number, step: at, error: error.to_string() })?;
            observer.failed(step, &error);
            // The wish to stop is granted; the unwind itself must run to its end.
            sys.cancel().clear();
            let kept = unwind(sys, journal, number, observer)?;
            return Ok(Ended::Failed { step: Box::new(step.clone()), error, kept });
        }
        observer.done(index, step);
    }
    journal.add(sys, Entry::Ended { plan: number, outcome: Outcome::Done })?;
    Ok(Ended::Done)
}

fn forward(
    sys: &mut dyn System,
    journal: &mut Journal,
    plan: u32,
    index: usize,
    step: &Step,
    secrets: &mut dyn Secrets,
    observer: &mut dyn Observer,
) -> Result<(), StepError> {
    if sys.cancel().requested() {
        return Err(crate::sys::SysError::Cancelled.into());
    }
    let undo = step.record(sys)?;
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    journal.add(sys, Entry::Started { plan, step: index, undo })?;
    let mut report = |told: Report| observer.report(step, told);
    let mut cx = Context { secrets, report: &mut report };
    step.run(sys, &mut cx)?;
    journal.add(sys, Entry::Done { plan, step: index })?;
    Ok(())
}

/// Takes back every step of a plan that began, the last first. Gives what could not be taken back.
///
/// # Errors
/// The journal cannot be written.
pub fn unwind(
    sys: &mut dyn System,
    journal: &mut Journal,
    plan: u32,
    observer: &mut dyn Observer,
) -> Result<Vec<(Step, String)>, StepError> {
    let steps =
        journal.ledger().plans.get(plan as usize).map(|entry| entry.steps.clone()).unwrap_or_default();
    let mut kept = Vec::new();
    for (index, (step, status)) in steps.iter().enumerate().rev() {
        let Some(record) = status.record() else { continue };
        let at = u32::try_from(index).unwrap_or(u32::MAX);
        observer.undoing(step);
        let refused = cannot_restore(record, &steps).or_else(|| record.is_final().map(str::to_string));
        let result = match refused {
            Some(why) => Err(why),
            None => match record.apply(sys) {
                Err(error) if error.killed() => return Err(error),
                other => other.map_err(|error| error.to_string()),
            },
        };
        match result {
            Ok(()) => journal.add(sys, Entry::Undone { plan, step: at })?,
            Err(why) => {
                tracing::warn!(step = step.kind(), %why, "not taken back");
                journal.add(sys, Entry::Kept { plan, step: at, why: why.clone() })?;
                kept.push((step.clone(), why));
            }
        }
    }
    kept.reverse();
    let outcome = if kept.is_empty() { Outcome::Undone } else { Outcome::PartlyUndone };
    journal.add(sys, Entry::Ended { plan, outcome })?;
    Ok(kept)
}

/// Why the old table would not restore what was there: a new file system was begun over it.
fn cannot_restore(record: &UndoRecord, steps: &[(Step, StepStatus)]) -> Option<String> {
    let UndoRecord::RestoreTable { disk, lost_after: Some(after), .. } = record else { return None };
    let begun = steps.iter().skip(*after as usize).any(|(_, status)| !matches!(status, StepStatus::Waiting));
    begun.then(|| format!("what was on {disk} was overwritten by the new file systems, so its old table would bring nothing back"))
}

/// Takes back what a run that died left open. `None` where nothing was open.
///
/// # Errors
/// The journal cannot be written.
pub fn recover(
    sys: &mut dyn System,
    journal: &mut Journal,
    observer: &mut dyn Observer,
) -> Result<Option<Vec<(Step, String)>>, StepError> {
    let Some((plan, _)) = journal.ledger().open_plan() else { return Ok(None) };
    release_strays(sys)?;
    unwind(sys, journal, plan, observer).map(Some)
}

/// A process that died inside a chroot left its binds mounted; they are nobody's now.
fn release_strays(sys: &mut dyn System) -> Result<(), StepError> {
    let target = std::path::Path::new(crate::step::TARGET);
    for name in ["run/udev", "run", "sys/firmware/efi/efivars", "sys", "dev/pts", "dev", "proc"] {
        let point = target.join(name);
        while sys.mounts()?.iter().any(|mounted| mounted.target == point) {
            sys.unmount(&point)?;
        }
    }
    let source = std::path::Path::new(crate::step::STATE_DIR).join("source");
    if sys.mounts()?.iter().any(|mounted| mounted.target == source) {
        sys.unmount(&source)?;
    }
    Ok(())
}

/// Takes back the last plan that is done. `None` where there is none.
///
/// # Errors
/// The reason why it cannot be taken back (nothing was changed then), or the journal cannot be written.
pub fn undo_last(
    sys: &mut dyn System,
    journal: &mut Journal,
    observer: &mut dyn Observer,
) -> Result<Option<UndoneLast>, StepError> {
    let Some((plan, entry)) = journal.ledger().last_done() else { return Ok(None) };
    // A plan is taken back whole or not at all: half of it would be neither the one system nor the other.
    for (_, status) in &entry.steps {
        let Some(record) = status.record() else { continue };
        let why = cannot_restore(record, &entry.steps).or_else(|| record.is_final().map(str::to_string));
        if let Some(why) = why {
            return Ok(Some(UndoneLast::Refused(why)));
        }
    }
    let steps: Vec<Step> = entry.steps.iter().map(|(step, _)| step.clone()).collect();
    let kept = unwind(sys, journal, plan, observer)?;
    Ok(Some(UndoneLast::Undone { steps, kept }))
}

/// What came of an `undo`.
#[derive(Debug)]
pub enum UndoneLast {
    /// It cannot be taken back, and why; nothing was changed.
    Refused(String),
    /// It was.
    Undone {
        /// The steps of the plan.
        steps: Vec<Step>,
        /// What could not be taken back.
        kept: Vec<(Step, String)>,
    },
}
