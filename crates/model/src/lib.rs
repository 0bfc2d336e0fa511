//! Engines: what turns a conversation into an answer.
//!
//! One trait, [`Engine`]; [`embedded`] runs llama.cpp in this process, [`server`] Transformers in another.
//! [`profile`] knows how a model wants to be spoken to, [`manifest`] which files belong together, [`find`] where they
//! are. Grammars are written by `levitate_agent::grammar`; an engine takes any.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod embedded;
mod error;
pub mod find;
mod hash;
pub mod manifest;
pub mod profile;
mod request;
pub mod server;

pub use embedded::{Embedded, Options};
pub use error::EngineError;
pub use levitate_core::sys::Cancel;
pub use profile::Profile;
pub use request::{Finish, Generation, Limits, Message, Request, Role, Timings};
pub use server::{Server, ServerError, ServerOptions};

/// What turns a conversation into an answer.
///
/// An engine answers one request at a time. Whatever fails, the engine stays usable for the next request, except
/// after [`EngineError::Gone`].
pub trait Engine: Send {
    /// What it is, for the log and `eval`: engine, model, adapter.
    fn name(&self) -> &str;

    /// Answers a conversation: always the likeliest next token that the grammar allows, so the same request gives
    /// the same answer.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] and [`EngineError::TimedOut`] within a fraction of a second;
    /// [`EngineError::TooLong`] where the conversation does not fit; [`EngineError::Grammar`] where the grammar is
    /// no grammar; others where the engine itself fails.
    fn generate(&mut self, request: &Request, cancel: &Cancel) -> Result<Generation, EngineError>;

    /// Evaluates the known beginning of the next request, its last message being unfinished, and returns at once.
    /// The next [`generate`](Self::generate) interrupts what is not done by then.
    ///
    /// # Errors
    /// Only where the engine is gone; a beginning that cannot be evaluated is no error here.
    fn prepare(&mut self, messages: &[Message]) -> Result<(), EngineError>;

    /// The log-probability of `answer` (natural logarithm, 0 is certain), its end included, under the request's
    /// grammar: for choosing between two readings. Minus infinity where the grammar does not allow it.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    fn score(&mut self, request: &Request, answer: &str, cancel: &Cancel) -> Result<f32, EngineError>;

    /// The most memory the process that holds the model has had resident so far, in bytes; what is mapped from the
    /// model's file counts. `None` where it cannot be told.
    fn peak_memory(&self) -> Option<u64>;
}
