//! What interfaces and the engine say to each other: `Op` in, `Event` out. An interface knows nothing else.

use secrecy::SecretString;
use serde::Serialize;

use crate::machine::Disk;
use crate::plan::Plan;
use crate::state::Stage;

/// What an interface asks of the engine.
#[derive(Debug)]
pub enum Op {
    /// The person said this.
    Say(String),
    /// The answer to [`Event::Confirm`]: yes or no to the plan with this digest.
    Answer {
        /// Digest of the plan, as shown.
        digest: String,
        /// Yes or no.
        yes: bool,
    },
    /// The answer to [`Event::Phrase`]: the name as typed.
    Phrase(String),
    /// The answer to [`Event::Secret`]; `None` where the person declined.
    Secret(Option<SecretString>),
    /// The answer to [`Event::Question`]: yes or no.
    YesNo(bool),
    /// Try again what failed last, where [`Failure::retry`] offered it: planned anew, asked about as always.
    Retry,
    /// Open a shell on the terminal, which the interface has let go of; [`Event::ShellEnded`] follows in any case.
    Shell,
    /// The person leaves.
    Quit,
}

/// What the engine tells an interface.
#[derive(Debug)]
pub enum Event {
    /// The language model is being loaded: how far it is.
    Loading(String),
    /// Who understands from now on: engine and model.
    Engine(String),
    /// What was said is being read; an answer follows.
    Thinking,
    /// Something to say; plain sentences, maybe several lines.
    Say(String),
    /// What was understood, in one line, before a plan is shown.
    Understood(String),
    /// The disks, to be shown as the interface does it.
    Disks(Vec<Disk>),
    /// The disks as they are known now; nothing that the person asked for. Once at the start, then after changes.
    Computer(Vec<Disk>),
    /// What could be said now, the next step first; before a [`Event::Ready`] where it changed.
    Hints(Vec<String>),
    /// The plan that is about to be confirmed or run.
    Plan(Box<PlanView>),
    /// A yes or no to this plan is wanted.
    Confirm {
        /// Digest of the plan.
        digest: String,
    },
    /// This name must be typed, because the disk carries data.
    Phrase {
        /// The device whose data dies.
        device: String,
        /// The prompt.
        prompt: String,
    },
    /// A hidden input is wanted, typed twice.
    Secret {
        /// The prompt.
        prompt: String,
        /// The prompt of the second time.
        confirm: String,
        /// A shorter one can be guessed by who has the disk: the person is told. 0 where nobody can try.
        short_below: usize,
    },
    /// A plain yes or no is wanted.
    Question {
        /// The question, e.g. `Reboot now?`.
        prompt: String,
    },
    /// An execution begins: its steps, in order.
    Running(Vec<StepTitle>),
    /// A step began.
    StepStarted {
        /// Its progress line, e.g. `Copying system`.
        title: String,
        /// Its index and the number of steps.
        of: (usize, usize),
        /// True where the step prints a sentence when done and no progress line.
        quiet: bool,
    },
    /// How far it is.
    Progress {
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// It is done.
    StepDone {
        /// Its sentence, where it has one.
        sentence: Option<String>,
    },
    /// It failed.
    StepFailed,
    /// A step is taken back.
    Undoing {
        /// What that means.
        sentence: String,
    },
    /// Something the person should read.
    Warning(String),
    /// Something failed: what, what it means, what to do next.
    Failure(Failure),
    /// An installation is complete: what was made, how it starts, where its journal is. A fact a line.
    Summary(Vec<String>),
    /// The shell is closed; the terminal is the interface's again.
    ShellEnded,
    /// The stages as they are now.
    Stages(Vec<(Stage, StageState)>),
    /// The engine waits for the person to say something.
    Ready,
    /// The session is over; the interface ends with this status.
    Ended {
        /// Exit status: 0 done, 3 cancelled, 4 failed and undone, 5 failed and not fully undone.
        status: u8,
    },
}

/// A stage on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Not begun.
    Open,
    /// Being done.
    Running,
    /// Done.
    Done,
    /// Failed.
    Failed,
}

/// A step that is to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTitle {
    /// Its progress line, as in [`Event::StepStarted`].
    pub title: String,
    /// True where it prints a sentence when done and no progress line.
    pub quiet: bool,
}

/// A plan as an interface shows it.
#[derive(Clone, Debug)]
pub struct PlanView {
    /// The plan itself, for interfaces that draw it.
    pub plan: Plan,
    /// The disks that it touches, as they are before it.
    pub before: Vec<Disk>,
    /// A yes is wanted before it runs.
    pub asks: bool,
}

/// A failure told honestly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What failed, with the program's own last words.
    pub what: String,
    /// What was taken back, and what could not be.
    pub state: Vec<String>,
    /// What to do next.
    pub next: String,
    /// [`Op::Retry`] would try it again.
    pub retry: bool,
}
