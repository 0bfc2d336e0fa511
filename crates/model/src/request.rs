//! What an engine is asked, and what it answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Who speaks in a conversation with a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The instruction.
    System,
    /// The person, or what stands for them.
    User,
    /// The model.
    Assistant,
    /// The result of an action.
    Tool,
}

impl Role {
    /// Its name in a chat template.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// A turn of the conversation. Its text is text: nothing in it is read as a token of the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A turn.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// Where an answer ends at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tokens of the answer.
    pub max_tokens: usize,
    /// From the call to the return.
    pub timeout: Duration,
}

impl Default for Limits {
    /// Six long readings; longer than anyone waits.
    fn default() -> Self {
        Self { max_tokens: 160, timeout: Duration::from_secs(20) }
    }
}

/// A request for an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The conversation; the answer follows its last turn.
    pub messages: Vec<Message>,
    /// The answers that are allowed, as Lark text of llguidance; `None`: any.
    pub grammar: Option<String>,
    /// Where it ends at the latest.
    pub limits: Limits,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model ended its turn, or the grammar allowed nothing more.
    End,
    /// At the limit of tokens; the text is cut.
    Limit,
}

/// Where the time of a request went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Tokens of the conversation, template included.
    pub prompt_tokens: usize,
    /// How many of them were evaluated before.
    pub cached_tokens: usize,
    /// Tokens of the answer that were chosen by the model.
    pub sampled: usize,
    /// Tokens of the answer that the grammar left no choice about.
    pub forced: usize,
    /// Reading the grammar, and its masks.
    pub grammar: Duration,
    /// Evaluating the conversation.
    pub prefill: Duration,
    /// Evaluating the answer.
    pub decode: Duration,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    /// Its text, without the end of turn.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Sum of the natural logarithms of the probabilities of its tokens among those that the grammar allowed; 0 is
    /// certain.
    pub log_probability: f32,
    /// The same of its first token that was chosen: how sure the model is of the kind of thing it says.
    pub first: f32,
    /// Where the time went.
    pub timings: Timings,
}
