//! Completion for line editing.

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper as RustylineHelper};

use crate::interface::Words;

/// What line editing asks.
pub struct Helper(Words);

impl Helper {
    /// Completes from these words.
    pub fn new(words: Words) -> Self {
        Self(words)
    }
}

impl Completer for Helper {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.0.complete(line.get(..pos).unwrap_or(line)))
    }
}

impl Hinter for Helper {
    type Hint = String;
}
impl Highlighter for Helper {}
impl Validator for Helper {}
impl RustylineHelper for Helper {}
