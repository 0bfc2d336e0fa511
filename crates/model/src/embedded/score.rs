//! How likely a given answer is.

use std::time::Instant;

use llama_cpp_2::token::LlamaToken;
use llguidance::Matcher;
use toktrie::SimpleVob;

use super::worker::{Until, Worker, grammar, sound};
use super::{pick, vocab};
use crate::{Cancel, EngineError, Request};

/// What a token of an answer is chosen from.
enum Choice {
    /// Any token.
    Any,
    /// These.
    Of(SimpleVob),
    /// There is nothing to choose.
    None,
}

impl Worker<'_> {
    /// The log-probability of an answer, its end included.
    pub fn score(
        &mut self,
        request: &Request,
        text: &str,
        cancel: &Cancel,
        asked: Instant,
    ) -> Result<f32, EngineError> {
        let until = Until::new(cancel, asked, request.limits.timeout);
        until.check()?;
        let mut sequence = self.tokens(&request.messages, true)?;
        let prompt = sequence.len();
        let answer = self.model.vocab().tokenize(text.as_bytes(), false, false);
        self.fits(prompt + answer.len() + 1)?;
        if !self.options.prefix_cache {
            self.forget();
        }
        self.begin(&sequence, || until.check())?;
        let mut matcher = self.matcher(request.grammar.as_deref())?;
        let Some(choices) = self.choices(matcher.as_mut(), &answer)? else {
            return Ok(f32::NEG_INFINITY);
        };
        sequence.extend_from_slice(&answer);
        let first = prompt.saturating_sub(1);
        sequence.truncate(first + choices.len());
        let ends = self.grammars.tok_env().tok_trie().eos_tokens();
        let mut sum = 0.0;
        self.advance(
            &sequence,
            first,
            || until.check(),
            |position, logits| {
                let step = position - first;
                let mask = match choices.get(step) {
                    Some(Choice::Any) => None,
                    Some(Choice::Of(mask)) => Some(mask),
                    Some(Choice::None) | None => return,
                };
                let log = |token| pick::log_probability(logits, mask, token);
                sum += match answer.get(step) {
                    Some(token) => log(vocab::id(*token)),
                    None => ends.iter().map(|&end| log(end)).fold(f32::NEG_INFINITY, f32::max),
                };
            },
        )?;
        Ok(sum)
    }

    /// What the model may choose from at each token of an answer and at its end; `None` where the grammar does not
    /// allow the answer.
    fn choices(
        &self,
        mut matcher: Option<&mut Matcher>,
        answer: &[LlamaToken],
    ) -> Result<Option<Vec<Choice>>, EngineError> {
        let Some(matcher) = matcher.take() else {
            return Ok(Some(answer.iter().map(|_| Choice::Any).chain([Choice::Any]).collect()));
        };
        let mut choices = Vec::with_capacity(answer.len() + 1);
        loop {
            let rest = answer.get(choices.len()..).unwrap_or_default();
            if matcher.is_stopped() {
                sound(matcher)?;
                return Ok(rest.is_empty().then_some(choices));
            }
            // As when answering: what is forced is certain, however else its text could be cut into tokens.
            let forced = if self.options.forced_tokens { matcher.compute_ff_tokens() } else { Vec::new() };
            let (taken, choice) = if !forced.is_empty()
                && rest.iter().copied().map(vocab::id).take(forced.len()).eq(forced.iter().copied())
            {
                choices.extend(forced.iter().skip(1).map(|_| Choice::None));
                (forced, Choice::None)
            } else {
                let mask = matcher.compute_mask().map_err(|error| grammar(&error))?;
                let token = match rest.first() {
                    Some(token) => vocab::id(*token),
                    None if matcher.is_accepting().map_err(|error| grammar(&error))? => {
                        choices.push(Choice::Of(mask));
                        return Ok(Some(choices));
                    }
                    None => return Ok(None),
                };
                if !mask.is_allowed(token) {
                    return Ok(None);
                }
                (vec![token], Choice::Of(mask))
            };
            matcher.consume_tokens(&taken).map_err(|error| grammar(&error))?;
            choices.push(choice);
        }
    }
}
