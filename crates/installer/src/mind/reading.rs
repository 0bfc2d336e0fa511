//! Our tuned model: one reading of the sentence, held to a grammar of its own words, weighed against the rules'.

use std::time::Duration;

use levitate_agent::decide::{self, By, Heard};
use levitate_agent::{Context, grammar, prompt};
use levitate_core::sys::Cancel;
use levitate_model::{Engine, EngineError, Limits, Profile, Request};

use super::Thought;

/// Evaluates instruction and facts ahead.
pub(super) fn prepare(engine: &mut dyn Engine, ctx: &Context<'_>) -> Result<(), EngineError> {
    engine.prepare(&Profile::utterance(&prompt::facts(ctx), "says:"))
}

/// How a sentence is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// The model's reading is taken as it is.
    pub alone: bool,
    /// Longest time.
    pub patience: Duration,
}

/// Reads a sentence.
pub(super) fn understand(
    engine: &mut dyn Engine,
    text: &str,
    ctx: &Context<'_>,
    how: How,
    cancel: &Cancel,
) -> Result<Thought, EngineError> {
    let facts = prompt::facts(ctx);
    let request = Request {
        messages: Profile::utterance(&facts, &prompt::says(text)),
        grammar: Some(grammar::reading(text, &facts)),
        limits: Limits { timeout: how.patience, ..Limits::default() },
    };
    let generation = engine.generate(&request, cancel)?;
    if how.alone {
        let readings = levitate_agent::reading::parse(&generation.text).unwrap_or_default();
        return Ok(Thought {
            answer: decide::answer(&readings, ctx),
            by: By::Model,
            reading: generation.text,
            open: Vec::new(),
            timings: Some(generation.timings),
        });
    }
    let heard = Heard {
        reading: generation.text,
        log_probability: generation.log_probability,
        first: generation.first,
    };
    let mut failed = None;
    let decision = decide::decide(text, ctx, &heard, |rules| {
        if rules.is_empty() {
            return None;
        }
        match engine.score(&request, rules, cancel) {
            Ok(likely) => Some(likely),
            Err(error) => {
                failed = Some(error);
                None
            }
        }
    });
    match failed {
        // Without the score the model's reading stands; only somebody who stops it is heeded.
        Some(EngineError::Cancelled) => Err(EngineError::Cancelled),
        _ => Ok(Thought { timings: Some(generation.timings), ..decision.into() }),
    }
}
