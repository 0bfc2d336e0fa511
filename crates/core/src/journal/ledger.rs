//! The entries of a journal folded: the wanted system, every plan with the status of its steps.

use crate::achieved::Achieved;
use crate::layout::TargetLayout;
use crate::spec::InstallSpec;
use crate::step::{Step, UndoRecord};

use super::{Entry, Line, Outcome};

/// What a journal amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The wanted system, as last said.
    pub spec: Option<InstallSpec>,
    /// Plans in order.
    pub plans: Vec<PlanEntry>,
}

/// One plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanEntry {
    /// Its digest.
    pub digest: String,
    /// Its layout.
    pub layout: Option<TargetLayout>,
    /// The wanted system before this plan's wish, to go back to.
    pub spec: Option<InstallSpec>,
    /// Steps and where they stand.
    pub steps: Vec<(Step, StepStatus)>,
    /// How it ended; `None` while open.
    pub outcome: Option<Outcome>,
}

/// Where a step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// Not begun.
    Waiting,
    /// Begun; it may or may not have acted.
    Started(UndoRecord),
    /// Done.
    Done(UndoRecord),
    /// Failed.
    Failed(UndoRecord),
    /// Taken back.
    Undone,
    /// Could not be taken back.
    Kept,
}

impl StepStatus {
    /// The undo record of a step that began and was not taken back.
    pub fn record(&self) -> Option<&UndoRecord> {
        match self {
            Self::Started(record) | Self::Done(record) | Self::Failed(record) => Some(record),
            Self::Waiting | Self::Undone | Self::Kept => None,
        }
    }
}

impl Ledger {
    /// Reads whole lines.
    ///
    /// # Errors
    /// The number of the line and what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut ledger = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line: Line = serde_json::from_str(line)
                .map_err(|e| format!("line {} is not an entry: {e}", number + 1))?;
            ledger.apply(&line.entry).map_err(|why| format!("line {}: {why}", number + 1))?;
        }
        Ok(ledger)
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// The entry does not follow from the ones before.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), String> {
        match entry {
            Entry::Opened { .. } => Ok(()),
            Entry::Wanted { spec } => {
                self.spec = Some(spec.clone());
                Ok(())
            }
            Entry::Planned { plan, digest, steps, layout } => {
                if self.open_plan().is_some() {
                    return Err("a plan begins while another is open".into());
                }
                if *plan as usize != self.plans.len() {
                    return Err(format!("plan {plan} comes after {} plans", self.plans.len()));
                }
                self.plans.push(PlanEntry {
                    digest: digest.clone(),
                    layout: layout.clone(),
                    spec: self.spec.clone(),
                    steps: steps.iter().map(|step| (step.clone(), StepStatus::Waiting)).collect(),
                    outcome: None,
                });
                Ok(())
            }
            Entry::Started { plan, step, undo } => self.step(*plan, *step, |status| match status {
                StepStatus::Waiting => Some(StepStatus::Started(undo.clone())),
                _ => None,
            }),
            Entry::Done { plan, step } => self.step(*plan, *step, |status| match status {
                StepStatus::Started(record) => Some(StepStatus::Done(record)),
                _ => None,
            }),
            Entry::Failed { plan, step, .. } => self.step(*plan, *step, |status| match status {
                StepStatus::Started(record) => Some(StepStatus::Failed(record)),
                StepStatus::Waiting => Some(StepStatus::Failed(UndoRecord::Nothing)),
                _ => None,
            }),
            Entry::Undone { plan, step } => {
                self.step(*plan, *step, |status| status.record().is_some().then_some(StepStatus::Undone))
            }
            Entry::Kept { plan, step, .. } => {
                self.step(*plan, *step, |status| status.record().is_some().then_some(StepStatus::Kept))
            }
            Entry::Ended { plan, outcome } => {
                let entry = self.plan_mut(*plan)?;
                let whole = entry.steps.iter().all(|(_, status)| matches!(status, StepStatus::Done(_)));
                let settled = entry.steps.iter().all(|(_, status)| status.record().is_none());
                let fits = match outcome {
                    Outcome::Done => whole,
                    Outcome::Undone | Outcome::PartlyUndone => settled,
                };
                if !fits {
                    return Err(format!("plan {plan} cannot end as {outcome:?} now"));
                }
                entry.outcome = Some(*outcome);
                Ok(())
            }
        }
    }

    fn plan_mut(&mut self, plan: u32) -> Result<&mut PlanEntry, String> {
        self.plans.get_mut(plan as usize).ok_or_else(|| format!("there is no plan {plan}"))
    }

    fn step(
        &mut self,
        plan: u32,
        step: u32,
        next: impl FnOnce(StepStatus) -> Option<StepStatus>,
    ) -> Result<(), String> {
        let entry = self.plan_mut(plan)?;
        let (_, status) =
            entry.steps.get_mut(step as usize).ok_or_else(|| format!("plan {plan} has no step {step}"))?;
        let before = status.clone();
        *status = next(before.clone()).ok_or_else(|| format!("step {step} of plan {plan} is {before:?}"))?;
        Ok(())
    }

    /// The plan that was begun and is not over, with its number.
    pub fn open_plan(&self) -> Option<(u32, &PlanEntry)> {
        let (index, plan) = self.plans.iter().enumerate().next_back()?;
        plan.outcome.is_none().then(|| (u32::try_from(index).unwrap_or(u32::MAX), plan))
    }

    /// The last plan that is done and can be taken back.
    pub fn last_done(&self) -> Option<(u32, &PlanEntry)> {
        self.plans
            .iter()
            .enumerate()
            .rev()
            .find(|(_, plan)| plan.outcome == Some(Outcome::Done))
            .map(|(index, plan)| (u32::try_from(index).unwrap_or(u32::MAX), plan))
    }

    /// What was really done.
    pub fn achieved(&self) -> Achieved {
        let mut achieved = Achieved::default();
        for plan in &self.plans {
            for (step, status) in &plan.steps {
                // A release that is not taken back has happened, whatever became of its plan.
                let released = matches!((step, status), (Step::Release(_), StepStatus::Kept));
                if released || matches!(status, StepStatus::Done(_)) {
                    achieved.record(step, plan.layout.as_ref());
                }
            }
        }
        achieved
    }
}
