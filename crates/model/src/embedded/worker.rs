//! Evaluates and chooses: everything that happens on the model's thread after loading.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use toktrie::SimpleVob;

use super::{Options, kept, pick, vocab};
use crate::profile::Piece;
use crate::{Cancel, EngineError, Finish, Generation, Message, Profile, Request, Timings};

/// Tokens evaluated at a time. Cancelling and time limits are looked at in between: a tenth of a second or less.
pub const BATCH: usize = 32;

/// The model with what it has evaluated.
pub struct Worker<'m> {
    model: &'m LlamaModel,
    context: LlamaContext<'m>,
    grammars: &'m ParserFactory,
    profile: Profile,
    options: &'m Options,
    /// The tokens whose evaluation the context holds, in order from position 0.
    held: Vec<LlamaToken>,
    batch: LlamaBatch<'static>,
}

/// When to stop.
struct Until<'c> {
    cancel: &'c Cancel,
    start: Instant,
    timeout: Duration,
}

impl Until<'_> {
    fn check(&self) -> Result<(), EngineError> {
        if self.cancel.requested() {
            return Err(EngineError::Cancelled);
        }
        if self.start.elapsed() >= self.timeout {
            return Err(EngineError::TimedOut(self.timeout));
        }
        Ok(())
    }
}

impl<'m> Worker<'m> {
    /// With nothing evaluated.
    pub fn new(
        model: &'m LlamaModel,
        context: LlamaContext<'m>,
        grammars: &'m ParserFactory,
        profile: Profile,
        options: &'m Options,
    ) -> Self {
        let batch = LlamaBatch::new(BATCH, 1);
        Self { model, context, grammars, profile, options, held: Vec::new(), batch }
    }

    /// Evaluates the constant beginning, or reads it from where it is kept.
    pub fn start(&mut self, waiting: &AtomicUsize) {
        let tokens = match self.tokens(&self.options.constant, false) {
            Ok(tokens) if !tokens.is_empty() && self.options.prefix_cache => tokens,
            _ => return,
        };
        let path = kept::path(self.options, &tokens);
        if let Some(path) = &path
            && path.exists()
        {
            if kept::load(&mut self.context, path, &tokens) {
                self.held = tokens;
                return;
            }
            self.forget();
        }
        // Worth finishing even where somebody waits: they would have to wait for it all the same.
        let whole = self.advance(&tokens, false, || Ok(()));
        if let (Ok(()), Some(path)) = (whole, &path)
            && waiting.load(Ordering::Relaxed) == 0
        {
            kept::save(&self.context, path, &tokens);
        }
    }

    /// Evaluates an unfinished conversation until somebody waits for something else.
    pub fn prepare(&mut self, messages: &[Message], waiting: &AtomicUsize) {
        if !self.options.prefix_cache {
            return;
        }
        let result = self.tokens(messages, false).and_then(|tokens| {
            self.fits(tokens.len())?;
            self.advance(&tokens, false, || {
                if waiting.load(Ordering::Relaxed) > 0 { Err(EngineError::Cancelled) } else { Ok(()) }
            })
        });
        if let Err(error) = result {
            tracing::debug!(%error, "not prepared");
        }
    }

    /// Answers.
    pub fn generate(&mut self, request: &Request, cancel: &Cancel) -> Result<Generation, EngineError> {
        let until = Until { cancel, start: Instant::now(), timeout: request.limits.timeout };
        until.check()?;
        let mut sequence = self.tokens(&request.messages, true)?;
        let prompt = sequence.len();
        self.fits(prompt + request.limits.max_tokens)?;
        if !self.options.prefix_cache {
            self.forget();
        }
        let mut timings =
            Timings { prompt_tokens: prompt, cached_tokens: self.common(&sequence), ..Timings::default() };
        let mut matcher = timed(&mut timings.grammar, || self.matcher(request.grammar.as_deref()))?;
        let mut log_probability = 0.0;
        let mut finish = Finish::End;
        let mut first = true;
        loop {
            if let Some(matcher) = &mut matcher {
                if self.options.forced_tokens {
                    let forced = timed(&mut timings.grammar, || matcher.consume_ff_tokens());
                    timings.forced += forced.len();
                    sequence.extend(forced.into_iter().map(vocab::token));
                }
                if matcher.is_stopped() {
                    sound(matcher)?;
                    break;
                }
            }
            if sequence.len() >= prompt + request.limits.max_tokens {
                finish = Finish::Limit;
                break;
            }
            let spent = if first { &mut timings.prefill } else { &mut timings.decode };
            first = false;
            timed(spent, || self.advance(&sequence, true, || until.check()))?;
            let mask = timed(&mut timings.grammar, || mask(matcher.as_mut()))?;
            let logits = self.context.get_logits();
            let (id, log) = pick::best(logits, mask.as_ref())
                .ok_or_else(|| EngineError::Grammar("no token is allowed".into()))?;
            log_probability += log;
            let token = vocab::token(id);
            if self.model.vocab().is_eog(token) {
                break;
            }
            if let Some(matcher) = &mut matcher {
                timed(&mut timings.grammar, || matcher.consume_token(id)).map_err(|error| grammar(&error))?;
            }
            timings.sampled += 1;
            sequence.push(token);
        }
        let text = self.text(&sequence[prompt..]);
        Ok(Generation { text, finish, log_probability, timings })
    }

    /// The log-probability of an answer, its end included.
    pub fn score(&mut self, request: &Request, text: &str, cancel: &Cancel) -> Result<f32, EngineError> {
        let until = Until { cancel, start: Instant::now(), timeout: request.limits.timeout };
        until.check()?;
        let mut sequence = self.tokens(&request.messages, true)?;
        let prompt = sequence.len();
        let answer = self.model.vocab().tokenize(text.as_bytes(), false, false);
        self.fits(prompt + answer.len() + 1)?;
        if !self.options.prefix_cache {
            self.forget();
        }
        let mut matcher = self.matcher(request.grammar.as_deref())?;
        let mut sum = 0.0;
        for step in 0..=answer.len() {
            // Nothing is asked of the model where the grammar leaves no choice.
            let mask = match &mut matcher {
                Some(matcher) if matcher.is_stopped() => {
                    sound(matcher)?;
                    return Ok(if step == answer.len() { sum } else { f32::NEG_INFINITY });
                }
                matcher => mask(matcher.as_mut())?,
            };
            let next = answer.get(step).copied();
            if mask.as_ref().is_none_or(|mask| mask.num_set() > 1) {
                self.advance(&sequence, true, || until.check())?;
                let logits = self.context.get_logits();
                sum += match next {
                    Some(token) => pick::log_probability(logits, mask.as_ref(), vocab::id(token)),
                    None => self.end(logits, mask.as_ref()),
                };
            } else if next
                .is_some_and(|token| mask.as_ref().is_some_and(|mask| !mask.is_allowed(vocab::id(token))))
            {
                sum = f32::NEG_INFINITY;
            }
            let (Some(token), true) = (next, sum > f32::NEG_INFINITY) else { break };
            if let Some(matcher) = &mut matcher {
                matcher.consume_token(vocab::id(token)).map_err(|error| grammar(&error))?;
            }
            sequence.push(token);
        }
        Ok(sum)
    }

    /// The log-probability that the answer ends here, by the likeliest of the ends.
    fn end(&self, logits: &[f32], mask: Option<&SimpleVob>) -> f32 {
        let ends = self.grammars.tok_env().tok_trie().eos_tokens();
        let each = ends.iter().map(|&end| pick::log_probability(logits, mask, end));
        each.fold(f32::NEG_INFINITY, f32::max)
    }

    /// A conversation as tokens; the template's are the template's, everything else is text.
    fn tokens(&self, messages: &[Message], answer: bool) -> Result<Vec<LlamaToken>, EngineError> {
        let vocab = self.model.vocab();
        let mut tokens = Vec::new();
        for piece in self.profile.pieces(messages, answer) {
            match piece {
                Piece::Text(text) => vocab.tokenize_into(text.as_bytes(), &mut tokens, false, false),
                Piece::Special(name) => {
                    let [token] = vocab.tokenize(name.as_bytes(), false, true)[..] else {
                        return Err(EngineError::File {
                            path: self.options.model.clone(),
                            problem: format!("a model without the token {name}"),
                        });
                    };
                    tokens.push(token);
                }
            }
        }
        Ok(tokens)
    }

    fn text(&self, tokens: &[LlamaToken]) -> String {
        let ids: Vec<_> = tokens.iter().copied().map(vocab::id).collect();
        String::from_utf8_lossy(&self.grammars.tok_env().tok_trie().decode(&ids)).into_owned()
    }

    fn matcher(&self, text: Option<&str>) -> Result<Option<Matcher>, EngineError> {
        let Some(text) = text else { return Ok(None) };
        let matcher = Matcher::new(self.grammars.create_parser(TopLevelGrammar::from_lark(text.to_owned())));
        sound(&matcher)?;
        Ok(Some(matcher))
    }

    fn fits(&self, tokens: usize) -> Result<(), EngineError> {
        let context = self.options.context as usize;
        if tokens > context { Err(EngineError::TooLong { tokens, context }) } else { Ok(()) }
    }

    /// How many of these tokens need no evaluation.
    fn common(&self, tokens: &[LlamaToken]) -> usize {
        self.held.iter().zip(tokens).take_while(|(held, wanted)| held == wanted).count()
    }

    fn forget(&mut self) {
        self.held.clear();
        self.context.clear_kv_cache();
    }

    /// Makes the context hold exactly these tokens; with `logits`, those after the last one can be read then.
    /// What is evaluated when `check` stops it stays held.
    fn advance(
        &mut self,
        tokens: &[LlamaToken],
        logits: bool,
        check: impl Fn() -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let mut keep = self.common(tokens);
        if logits && keep == tokens.len() {
            keep = keep.saturating_sub(1);
        }
        if keep < self.held.len() {
            let from = u32::try_from(keep).unwrap_or(u32::MAX);
            match self.context.kv_cache_seq_rm(0, Some(from), None) {
                Ok(()) => self.held.truncate(keep),
                Err(_) => self.forget(),
            }
        }
        while self.held.len() < tokens.len() {
            check()?;
            let from = self.held.len();
            let to = tokens.len().min(from + BATCH);
            self.batch.clear();
            for (position, token) in tokens.iter().enumerate().take(to).skip(from) {
                let last = logits && position + 1 == tokens.len();
                self.batch
                    .add(*token, i32::try_from(position).unwrap_or(i32::MAX), &[0], last)
                    .map_err(|error| EngineError::Failed(error.to_string()))?;
            }
            if let Err(error) = self.context.decode(&mut self.batch) {
                self.forget();
                return Err(EngineError::Failed(error.to_string()));
            }
            self.held.extend_from_slice(&tokens[from..to]);
        }
        Ok(())
    }
}

fn timed<T>(spent: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *spent += start.elapsed();
    result
}

fn mask(matcher: Option<&mut Matcher>) -> Result<Option<SimpleVob>, EngineError> {
    matcher.map(Matcher::compute_mask).transpose().map_err(|error| grammar(&error))
}

fn sound(matcher: &Matcher) -> Result<(), EngineError> {
    matcher.get_error().map_or(Ok(()), |error| Err(EngineError::Grammar(first_lines(&error))))
}

fn grammar(error: &impl std::fmt::Display) -> EngineError {
    EngineError::Grammar(first_lines(&error.to_string()))
}

/// llguidance's messages carry its whole state behind them.
fn first_lines(text: &str) -> String {
    text.lines().take(2).collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
