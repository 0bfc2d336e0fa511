//! Words to actions: rules, grounding, later engines.
//!
//! The map: `text` cuts words up, `rules` reads them into `Reading`s (what was said, references as
//! spoken), `ground` finds what they mean on this machine and asks where nothing or more than one thing fits.
//! [`understand`] is the way through; nothing in this crate changes anything.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod calls;
pub mod decide;
pub mod eval;
pub mod explain;
pub mod grammar;
pub mod ground;
pub mod names;
pub mod prompt;
pub mod reading;
pub mod refs;
pub mod rules;
pub mod sentence;
pub mod shell;
pub mod table;
pub mod text;
pub mod tools;
pub mod wire;
mod words;

use levitate_core::action::InstallerAction;
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::state::State;
use serde::{Deserialize, Serialize};

/// Who said a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    User,
    /// The installer, in plain words.
    Assistant,
    /// The result of an action.
    Tool,
}

/// An earlier turn of the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// What was said.
    pub content: String,
}

/// Everything an utterance is understood against. Borrowed: the session owns it.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The computer, as it is now.
    pub machine: &'a Machine,
    /// What is decided and done, and what waits for a yes or no.
    pub state: &'a State,
    /// Earlier turns, oldest first, without the present one.
    pub history: &'a [Message],
    /// The closed lists of this system.
    pub lists: &'a Lists,
    /// The wish that the installer's last questions are about, as it was read: an answer completes it. Where it is
    /// empty, the rules read it from the history.
    pub open: &'a [reading::Reading],
}

/// What came of an utterance.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Do these, in this order. A `Clarify` stands alone: ask its question and do nothing.
    Actions(Vec<InstallerAction>),
    /// Say this; nothing was asked for that could be done (a question, or a request outside the job).
    Text(String),
    /// Neither: say `message`, offer `suggestions` (things that can be said in this state).
    NotUnderstood {
        /// What was not understood, in a sentence.
        message: String,
        /// Things that can be said now.
        suggestions: Vec<String>,
    },
}

/// Reads `text` without a model.
///
/// Pure: no clock, no randomness, no input but the arguments; under a millisecond but for a mistyped place name.
pub fn understand(text: &str, ctx: &Context<'_>) -> Answer {
    decide::without_model(text, ctx).answer
}
