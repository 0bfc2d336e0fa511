//! Evaluates and chooses: everything that happens on the model's thread after loading.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use toktrie::SimpleVob;

use super::load::Contexts;
use super::pace::Pace;
use super::{Options, kept, pick, vocab};
use crate::profile::Piece;
use crate::{Cancel, EngineError, Finish, Generation, Message, Profile, Request, Timings};

/// Tokens evaluated at a time. Cancelling and time limits are looked at in between: a tenth of a second or less.
pub const BATCH: usize = 16;

/// The model with what it has evaluated.
pub struct Worker<'m> {
    pub(super) model: &'m LlamaModel,
    contexts: Contexts<'m>,
    context: LlamaContext<'m>,
    /// Watched while several threads evaluate.
    pace: Option<Pace>,
    pub(super) grammars: &'m ParserFactory,
    profile: Profile,
    pub(super) options: &'m Options,
    /// The tokens whose evaluation the context holds, in order from position 0.
    held: Vec<LlamaToken>,
    /// The constant beginning and where it is to be kept, until that is done.
    unkept: Option<(Vec<LlamaToken>, Option<PathBuf>)>,
    batch: LlamaBatch<'static>,
}

/// When to stop.
pub(super) struct Until<'c> {
    cancel: &'c Cancel,
    start: Instant,
    timeout: Duration,
}

impl<'c> Until<'c> {
    pub(super) fn new(cancel: &'c Cancel, start: Instant, timeout: Duration) -> Self {
        Self { cancel, start, timeout }
    }

    pub(super) fn check(&self) -> Result<(), EngineError> {
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
        contexts: Contexts<'m>,
        context: LlamaContext<'m>,
        grammars: &'m ParserFactory,
        profile: Profile,
        options: &'m Options,
    ) -> Self {
        let batch = LlamaBatch::new(BATCH, 1);
        let pace = (options.threads > 1).then(Pace::default);
        let model = contexts.model;
        Self {
            model,
            contexts,
            context,
            pace,
            grammars,
            profile,
            options,
            held: Vec::new(),
            unkept: None,
            batch,
        }
    }

    /// Reads the constant beginning from where it is kept, or evaluates it until somebody waits.
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
        self.unkept = Some((tokens.clone(), path));
        if let Err(error) = self.begin(&tokens, || idle(waiting)) {
            tracing::debug!(%error, "the beginning is evaluated with the first request");
        }
    }

    /// Evaluates and keeps the constant beginning where that is not done yet and `tokens` begin with it.
    pub(super) fn begin(
        &mut self,
        tokens: &[LlamaToken],
        check: impl Fn() -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let Some((constant, path)) = self.unkept.take() else { return Ok(()) };
        if !tokens.starts_with(&constant) {
            self.unkept = Some((constant, path));
            return Ok(());
        }
        if let Err(error) = self.advance(&constant, constant.len(), check, |_, _| ()) {
            self.unkept = Some((constant, path));
            return Err(error);
        }
        path.iter().for_each(|path| kept::save(&self.context, path, &constant));
        Ok(())
    }

    /// Evaluates an unfinished conversation until somebody waits for something else.
    pub fn prepare(&mut self, messages: &[Message], waiting: &AtomicUsize) {
        if !self.options.prefix_cache {
            return;
        }
        let result = self.tokens(messages, false).and_then(|tokens| {
            self.fits(tokens.len())?;
            let check = || idle(waiting);
            self.begin(&tokens, check)?;
            self.advance(&tokens, tokens.len(), check, |_, _| ())
        });
        if let Err(error) = result {
            tracing::debug!(%error, "not prepared");
        }
    }

    /// Answers what was asked at `asked`.
    pub fn generate(
        &mut self,
        request: &Request,
        cancel: &Cancel,
        asked: Instant,
    ) -> Result<Generation, EngineError> {
        let until = Until::new(cancel, asked, request.limits.timeout);
        until.check()?;
        let mut sequence = self.tokens(&request.messages, true)?;
        let prompt = sequence.len();
        self.fits(prompt + request.limits.max_tokens)?;
        if !self.options.prefix_cache {
            self.forget();
        }
        let mut timings =
            Timings { prompt_tokens: prompt, cached_tokens: self.common(&sequence), ..Timings::default() };
        timed(&mut timings.prefill, || self.begin(&sequence, || until.check()))?;
        let mut matcher = timed(&mut timings.grammar, || self.matcher(request.grammar.as_deref()))?;
        let (mut log_probability, mut likely_first) = (0.0, None);
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
            let allowed = timed(&mut timings.grammar, || mask(matcher.as_mut()))?;
            let mut best = None;
            timed(spent, || {
                let see = |_, logits: &[f32]| best = pick::best(logits, allowed.as_ref());
                self.advance(&sequence, sequence.len() - 1, || until.check(), see)
            })?;
            let (id, log) = best.ok_or_else(|| EngineError::Grammar("no token is allowed".into()))?;
            log_probability += log;
            likely_first = likely_first.or(Some(log));
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
        Ok(Generation { text, finish, log_probability, first: likely_first.unwrap_or(0.0), timings })
    }

    /// A conversation as tokens; the template's are the template's, everything else is text.
    pub(super) fn tokens(&self, messages: &[Message], answer: bool) -> Result<Vec<LlamaToken>, EngineError> {
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

    pub(super) fn matcher(&self, text: Option<&str>) -> Result<Option<Matcher>, EngineError> {
        let Some(text) = text else { return Ok(None) };
        let matcher = Matcher::new(self.grammars.create_parser(TopLevelGrammar::from_lark(text.to_owned())));
        sound(&matcher)?;
        Ok(Some(matcher))
    }

    pub(super) fn fits(&self, tokens: usize) -> Result<(), EngineError> {
        let context = self.options.context as usize;
        if tokens > context { Err(EngineError::TooLong { tokens, context }) } else { Ok(()) }
    }

    /// How many of these tokens need no evaluation.
    fn common(&self, tokens: &[LlamaToken]) -> usize {
        self.held.iter().zip(tokens).take_while(|(held, wanted)| held == wanted).count()
    }

    pub(super) fn forget(&mut self) {
        self.held.clear();
        self.context.clear_kv_cache();
    }

    /// Makes the context hold exactly these tokens. `see` is shown the logits behind each position from `first` on.
    /// What is evaluated when `check` stops it stays held.
    pub(super) fn advance(
        &mut self,
        tokens: &[LlamaToken],
        first: usize,
        check: impl Fn() -> Result<(), EngineError>,
        mut see: impl FnMut(usize, &[f32]),
    ) -> Result<(), EngineError> {
        let keep = self.common(tokens).min(first);
        if keep < self.held.len() {
            let from = u32::try_from(keep).unwrap_or(u32::MAX);
            match self.context.kv_cache_seq_rm(0, Some(from), None) {
                Ok(()) => self.held.truncate(keep),
                Err(_) => self.forget(),
            }
        }
        let mut unseen = first;
        while self.held.len() < tokens.len() {
            check()?;
            let from = self.held.len();
            let to = tokens.len().min(from + BATCH);
            self.batch.clear();
            for (position, token) in tokens.iter().enumerate().take(to).skip(from) {
                let number = i32::try_from(position).unwrap_or(i32::MAX);
                self.batch
                    .add(*token, number, &[0], position >= unseen)
                    .map_err(|error| EngineError::Failed(error.to_string()))?;
            }
            let start = Instant::now();
            if let Err(error) = self.context.decode(&mut self.batch) {
                self.forget();
                return Err(EngineError::Failed(error.to_string()));
            }
            let crowded = self.pace.as_mut().is_some_and(|pace| pace.crowded(to - from, start.elapsed()));
            for (index, position) in (0..).zip(from..to) {
                if position >= unseen {
                    see(position, self.context.get_logits_ith(index));
                }
            }
            unseen = unseen.max(to);
            self.held.extend_from_slice(&tokens[from..to]);
            if crowded {
                self.alone()?;
            }
        }
        Ok(())
    }

    /// Goes on with one thread, for the rest of the session; what was evaluated has to be evaluated again.
    fn alone(&mut self) -> Result<(), EngineError> {
        tracing::info!("the cores are taken: the model goes on with one thread");
        self.pace = None;
        self.context = self.contexts.make(1)?;
        self.held.clear();
        Ok(())
    }
}

/// An error where somebody waits.
fn idle(waiting: &AtomicUsize) -> Result<(), EngineError> {
    if waiting.load(Ordering::Relaxed) > 0 { Err(EngineError::Cancelled) } else { Ok(()) }
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

pub(super) fn sound(matcher: &Matcher) -> Result<(), EngineError> {
    matcher.get_error().map_or(Ok(()), |error| Err(EngineError::Grammar(first_lines(&error))))
}

pub(super) fn grammar(error: &impl std::fmt::Display) -> EngineError {
    EngineError::Grammar(first_lines(&error.to_string()))
}

/// llguidance's messages carry its whole state behind them.
fn first_lines(text: &str) -> String {
    text.lines().take(2).collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
