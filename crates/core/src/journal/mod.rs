//! The journal: append-only JSON lines, each fsynced before what it announces happens.
//!
//! `Started` (with all that undo needs) is durable before a step acts, `Done` after it. Reading it back gives a
//! [`Ledger`]: what was wanted, what was done, what is open. An entry that does not follow from the ones before
//! is an error; a torn last line (the process died while writing it) is dropped. Shape of entries: version 1.

mod ledger;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::layout::TargetLayout;
use crate::machine::Version;
use crate::spec::InstallSpec;
use crate::step::{STATE_DIR, Step, UndoRecord};
use crate::sys::{SysError, System};

pub use ledger::{Ledger, PlanEntry, StepStatus};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Seconds since 1970 by the system's clock.
    pub at: u64,
    /// What happened.
    #[serde(flatten)]
    pub entry: Entry,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// A session began.
    Opened {
        /// Version of the journal's shape.
        version: Version,
        /// Version of the installer.
        installer: String,
    },
    /// The wanted system changed.
    Wanted {
        /// All of it.
        spec: InstallSpec,
    },
    /// A plan was confirmed and begins.
    Planned {
        /// Number of the plan in this journal.
        plan: u32,
        /// Its digest.
        digest: String,
        /// Its steps.
        steps: Vec<Step>,
        /// The layout it works on.
        layout: Option<TargetLayout>,
    },
    /// A step is about to act.
    Started {
        /// Plan.
        plan: u32,
        /// Index of the step.
        step: u32,
        /// What taking it back needs.
        undo: UndoRecord,
    },
    /// A step is done.
    Done {
        /// Plan.
        plan: u32,
        /// Index of the step.
        step: u32,
    },
    /// A step failed or was cancelled.
    Failed {
        /// Plan.
        plan: u32,
        /// Index of the step.
        step: u32,
        /// Why.
        error: String,
    },
    /// A step was taken back.
    Undone {
        /// Plan.
        plan: u32,
        /// Index of the step.
        step: u32,
    },
    /// A step could not be taken back.
    Kept {
        /// Plan.
        plan: u32,
        /// Index of the step.
        step: u32,
        /// Why.
        why: String,
    },
    /// A plan is over.
    Ended {
        /// Plan.
        plan: u32,
        /// How.
        outcome: Outcome,
    },
}

/// How a plan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step is done.
    Done,
    /// It failed, was cancelled or taken back, and everything is as it was before.
    Undone,
    /// Likewise, but something could not be taken back; `kept` entries say what and why.
    PartlyUndone,
}

/// The journal of this live session.
pub struct Journal {
    path: PathBuf,
    ledger: Ledger,
}

impl Journal {
    /// The journal's file on the live system.
    pub fn path() -> PathBuf {
        PathBuf::from(STATE_DIR).join("journal.jsonl")
    }

    /// Opens the journal, reading what an earlier run left.
    ///
    /// # Errors
    /// The file cannot be read, or is not a journal.
    pub fn open(sys: &mut dyn System, installer: &str) -> Result<Self, SysError> {
        let path = Self::path();
        let text = crate::sys::read_text(sys, &path)?.unwrap_or_default();
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let ledger =
            Ledger::read(&text[..whole]).map_err(|e| SysError::other(path.display().to_string(), e))?;
        if whole < text.len() {
            // A torn line must not become the beginning of the next one.
            sys.write(&path, &text.as_bytes()[..whole], 0o600)?;
        }
        let mut journal = Self { path, ledger };
        journal.add(sys, Entry::Opened { version: Version, installer: installer.into() })?;
        Ok(journal)
    }

    /// Appends an entry durably.
    ///
    /// # Errors
    /// The entry does not follow from the ones before (a bug), or cannot be written.
    pub fn add(&mut self, sys: &mut dyn System, entry: Entry) -> Result<(), SysError> {
        let mut next = self.ledger.clone();
        next.apply(&entry).map_err(|why| SysError::other("the journal", why))?;
        let line = Line { at: sys.now(), entry };
        let mut text =
            serde_json::to_string(&line).map_err(|e| SysError::other("the journal", e.to_string()))?;
        text.push('\n');
        sys.append(&self.path, text.as_bytes(), 0o600)?;
        self.ledger = next;
        Ok(())
    }

    /// What the entries amount to.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}
