//! Understanding: words to an answer, by a model where there is one and by the rules where there is none.
//!
//! Whatever happens to the model, a sentence gets an answer: an engine that cannot be opened gives way to the next,
//! one that fails twice in a row is put away, and the person is told once. Rooms: `choice` what was asked for, by
//! flag or file, `open` engines, `reading` our tuned model, `tools` models that call functions themselves.

mod choice;
mod open;
mod reading;
mod secret_words;
#[cfg(test)]
mod tests;
mod tools;

use std::time::Duration;

use levitate_agent::decide::{self, By, Decision};
use levitate_agent::reading::Reading;
use levitate_agent::{Answer, Context};
use levitate_core::action::InstallerAction;
use levitate_core::sys::Cancel;
use levitate_model::{Engine, EngineError, Profile, Timings};

pub use choice::{Choice, Kind, ProfileName};
pub use secret_words::mask;

/// Failures in a row after which an engine is put away.
const FAILURES: u8 = 2;

/// An engine that is open.
pub struct Opened {
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// How its model is spoken to.
    pub profile: Profile,
}

/// What came of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Thought {
    /// The answer.
    pub answer: Answer,
    /// Whose reading it rests on.
    pub by: By,
    /// The reading or call, for the log and for measuring.
    pub reading: String,
    /// Where the answer is a question: the wish that it is about.
    pub open: Vec<Reading>,
    /// Where a model's time went.
    pub timings: Option<Timings>,
}

impl Thought {
    /// Somebody stopped it: nothing is done, whatever was understood by then.
    fn stopped() -> Self {
        Self {
            answer: Answer::Text("Stopped; nothing was done.".into()),
            by: By::Model,
            reading: String::new(),
            open: Vec::new(),
            timings: None,
        }
    }
}

impl From<Decision> for Thought {
    fn from(decision: Decision) -> Self {
        Self {
            answer: decision.answer,
            by: decision.by,
            reading: decision.reading,
            open: decision.open,
            timings: None,
        }
    }
}

/// Looks at calls before they are done: `Err` says why they cannot be, for the model.
pub type Check<'a> = dyn Fn(&[InstallerAction]) -> Result<(), String> + 'a;

/// The understanding of one session.
pub struct Mind {
    opened: Option<Opened>,
    notices: Vec<String>,
    failures: u8,
    tools: tools::Calls,
    /// The model's readings are taken as they are, the rules never asked.
    alone: bool,
    /// Longest time a sentence may take.
    patience: Duration,
}

impl Mind {
    /// The rules alone.
    pub fn rules() -> Self {
        Self {
            opened: None,
            notices: Vec::new(),
            failures: 0,
            tools: tools::Calls::default(),
            alone: false,
            patience: Choice::default().patience(),
        }
    }

    /// An engine that is open already.
    #[cfg(test)]
    fn with(opened: Opened) -> Self {
        Self { opened: Some(opened), ..Self::rules() }
    }

    /// Opens the engine that was chosen, else the next: server, embedded, rules. `told` hears how loading goes.
    pub fn open(choice: &Choice, cancel: &Cancel, told: &mut dyn FnMut(&str)) -> Self {
        let mut mind = Self { patience: choice.patience(), ..Self::rules() };
        for kind in choice.kind.chain() {
            match open::open(kind, choice, cancel, told) {
                Ok(opened) => {
                    mind.opened = opened;
                    break;
                }
                Err(error) => {
                    tracing::warn!(engine = kind.name(), %error, "engine not opened");
                    let next = kind.next().map_or("the rules", Kind::words);
                    mind.notices.push(format!("{}: {error}. I go on with {next}.", kind.title()));
                }
            }
        }
        mind
    }

    /// Which engine understands, for the log and for measuring.
    pub fn name(&self) -> String {
        self.opened.as_ref().map_or_else(|| "rules".into(), |opened| opened.engine.name().to_owned())
    }

    /// The memory of an engine that is a process of its own, in bytes.
    pub fn peak_memory(&self) -> Option<u64> {
        self.opened.as_ref().and_then(|opened| opened.engine.peak_memory())
    }

    /// For measuring the model: its readings are taken as they are.
    pub fn set_alone(&mut self, alone: bool) {
        self.alone = alone;
    }

    /// What the person has to be told about the engine, once.
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// Evaluates ahead what is known before the person has typed. Returns at once.
    pub fn prepare(&mut self, ctx: &Context<'_>) {
        let Some(opened) = &mut self.opened else { return };
        let result = match opened.profile {
            Profile::Reading => reading::prepare(opened.engine.as_mut(), ctx),
            Profile::Tools => opened.engine.prepare(&self.tools.messages(ctx, None)),
        };
        if let Err(error) = result {
            self.failed(&error);
        }
    }

    /// The answer to a sentence. Calls that `check` refuses go back to a model that calls, twice at most.
    pub fn understand(
        &mut self,
        text: &str,
        ctx: &Context<'_>,
        check: &Check<'_>,
        cancel: &Cancel,
    ) -> Thought {
        if let Some(plain) = decide::plain(text, ctx).filter(|_| !self.alone) {
            return plain.into();
        }
        let Some(opened) = &mut self.opened else { return decide::without_model(text, ctx).into() };
        let thought = match opened.profile {
            Profile::Reading => {
                let how = reading::How { alone: self.alone, patience: self.patience };
                reading::understand(opened.engine.as_mut(), text, ctx, how, cancel)
            }
            Profile::Tools => {
                let how = tools::How { check, patience: self.patience };
                self.tools.understand(opened.engine.as_mut(), text, ctx, &how, cancel)
            }
        };
        if cancel.requested() {
            // An engine may end, or break, in the moment it is stopped. The rules must not answer then: the person
            // would see done what was just called off.
            return Thought::stopped();
        }
        match thought {
            Ok(thought) => {
                self.failures = 0;
                tracing::info!(reading = %thought.reading, by = ?thought.by, timings = ?thought.timings, "understood");
                thought
            }
            Err(EngineError::Cancelled) => Thought::stopped(),
            Err(error) => {
                self.failed(&error);
                decide::without_model(text, ctx).into()
            }
        }
    }

    /// The sentence a model says about what its call gave; `None` where it has none to say or what it says is not
    /// in `result`.
    pub fn sentence(&mut self, result: &str, ctx: &Context<'_>, cancel: &Cancel) -> Option<String> {
        let opened = self.opened.as_mut().filter(|opened| opened.profile == Profile::Tools)?;
        match self.tools.sentence(opened.engine.as_mut(), result, ctx, self.patience, cancel) {
            Ok(sentence) => sentence,
            // Not its fault: somebody did not want to wait for it.
            Err(EngineError::Cancelled) => None,
            Err(error) => {
                self.failed(&error);
                None
            }
        }
    }

    fn failed(&mut self, error: &EngineError) {
        self.failures += 1;
        tracing::warn!(%error, failures = self.failures, "the engine failed");
        if self.failures >= FAILURES || *error == EngineError::Gone {
            self.opened = None;
            self.notices.push(format!(
                "The language model does not answer ({error}). I go on with fixed rules: short plain sentences work best."
            ));
        }
    }
}
