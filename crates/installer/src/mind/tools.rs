//! Models that call functions themselves (SmolLM3): user → call → result → sentence, four turns.
//!
//! The calls are held to a grammar in which only what exists can be named, parsed as the contract's wire formats, and
//! pass the same checks as everything else. What the model says about a result is shown only where every number,
//! device and name in it stands in the result.

use std::collections::VecDeque;
use std::time::Duration;

use levitate_agent::decide::By;
use levitate_agent::{Answer, Context, Role, calls, sentence, tools, wire};
use levitate_core::action::InstallerAction;
use levitate_core::sys::Cancel;
use levitate_model::{self as model, Engine, EngineError, Limits, Message, Profile, Request};

use super::{Check, Thought};

/// How often a refused or broken call goes back to the model.
const RETRIES: usize = 2;
/// Calls that are remembered.
const KEPT: usize = 12;
/// Characters of conversation that are shown, about a thousand tokens; what is older is folded away.
const WINDOW: usize = 4000;
/// Longest tool result that is shown, in characters.
const RESULT: usize = 1200;

/// How a sentence is understood.
pub(super) struct How<'a> {
    /// Looks at calls before they are done.
    pub check: &'a Check<'a>,
    /// Longest time of one answer.
    pub patience: Duration,
}

/// The calls of this session, so that the model sees its own turns.
#[derive(Debug, Default)]
pub(super) struct Calls(VecDeque<(String, String)>);

impl Calls {
    /// Instruction, facts, folded history and, where something was said, the person's turn.
    pub(super) fn messages(&self, ctx: &Context<'_>, said: Option<&str>) -> Vec<Message> {
        let mut system = Profile::Tools.system(tools::DEFINITIONS);
        system.push_str("\n\n");
        system.push_str(&tools::facts(ctx));
        let mut turns: Vec<Message> = Vec::new();
        for message in ctx.history {
            let content: String = message.content.chars().take(RESULT).collect();
            match message.role {
                Role::User => {
                    turns.push(Message::new(model::Role::User, &content));
                    if let Some((_, call)) = self.0.iter().rev().find(|(user, _)| *user == message.content) {
                        turns.push(Message::new(model::Role::Assistant, call));
                    }
                }
                Role::Tool => turns.push(Message::new(model::Role::Tool, tools::quoted(&content))),
                Role::Assistant => turns.push(Message::new(model::Role::Assistant, content)),
            }
        }
        let mut room = WINDOW;
        let mut from = turns.len();
        while from > 0 && turns[from - 1].content.len() <= room {
            room -= turns[from - 1].content.len();
            from -= 1;
        }
        if from > 0 {
            system
                .push_str(&format!("\n{from} earlier turns are folded away; the facts above are current.\n"));
        }
        let mut messages = vec![Message::new(model::Role::System, system)];
        messages.extend(turns.drain(from..));
        messages.extend(said.map(|said| Message::new(model::Role::User, said)));
        messages
    }

    /// A sentence to calls or to plain words.
    pub(super) fn understand(
        &mut self,
        engine: &mut dyn Engine,
        text: &str,
        ctx: &Context<'_>,
        how: &How<'_>,
        cancel: &Cancel,
    ) -> Result<Thought, EngineError> {
        let mut messages = self.messages(ctx, Some(text));
        let mut refused = String::new();
        for _ in 0..=RETRIES {
            let request = Request {
                messages: messages.clone(),
                grammar: Some(calls::calls(ctx)),
                limits: Limits { max_tokens: 320, timeout: how.patience },
            };
            let generation = engine.generate(&request, cancel)?;
            let thought = |answer| Thought {
                answer,
                by: By::Model,
                reading: generation.text.clone(),
                open: Vec::new(),
                timings: Some(generation.timings),
            };
            let problem = match wire::parse(&generation.text) {
                Ok(actions) if actions.is_empty() => {
                    let said = generation.text.trim();
                    return if sentence::grounded(said, &[&tools::facts(ctx), text]) {
                        Ok(thought(Answer::Text(said.to_owned())))
                    } else {
                        // A model that talks of what is not there has nothing to say; nothing was asked to be done.
                        Ok(thought(Answer::NotUnderstood {
                            message: "I am not sure what you mean.".into(),
                            suggestions: levitate_agent::explain::suggestions(ctx),
                        }))
                    };
                }
                Ok(actions) => match (how.check)(&actions) {
                    Ok(()) => {
                        self.remember(text, &actions);
                        return Ok(thought(Answer::Actions(actions)));
                    }
                    Err(problem) => problem,
                },
                Err(error) => error.to_string(),
            };
            tracing::info!(call = %generation.text, %problem, "the call goes back");
            messages.push(Message::new(model::Role::Assistant, &generation.text));
            messages.push(Message::new(model::Role::Tool, tools::quoted(&format!("refused: {problem}"))));
            refused = problem;
        }
        // Twice refused: the person hears why, and nothing is done.
        Ok(Thought {
            answer: Answer::Actions(vec![InstallerAction::Clarify {
                question: format!("That cannot be done: {refused}. What shall I do instead?"),
            }]),
            by: By::Model,
            reading: String::new(),
            open: Vec::new(),
            timings: None,
        })
    }

    /// What the model says about a result, where all of it stands there.
    pub(super) fn sentence(
        &mut self,
        engine: &mut dyn Engine,
        result: &str,
        ctx: &Context<'_>,
        patience: Duration,
        cancel: &Cancel,
    ) -> Result<Option<String>, EngineError> {
        let request = Request {
            messages: self.messages(ctx, None),
            grammar: Some(calls::words()),
            limits: Limits { max_tokens: 120, timeout: patience },
        };
        let said = engine.generate(&request, cancel)?.text.trim().to_owned();
        Ok((!said.is_empty() && sentence::grounded(&said, &[result])).then_some(said))
    }

    fn remember(&mut self, text: &str, actions: &[InstallerAction]) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        let calls: Vec<String> = actions.iter().map(wire::print).collect();
        self.0.push_back((text.to_owned(), calls.join("")));
    }
}
