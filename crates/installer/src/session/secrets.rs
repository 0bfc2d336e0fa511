//! Hidden input: asked through the interface, kept for one plan, never anywhere else.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender};

use levitate_core::protocol::{Event, Op};
use levitate_core::step::{SecretRequest, Secrets};
use secrecy::SecretString;

/// The secrets of one plan.
pub(super) struct Asked<'a> {
    ops: &'a Receiver<Op>,
    events: Sender<Event>,
    typed: HashMap<SecretRequest, SecretString>,
    left: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn new(ops: &'a Receiver<Op>, events: Sender<Event>) -> Self {
        Self { ops, events, typed: HashMap::new(), left: false }
    }

    /// True where the person left instead of typing.
    pub(super) fn left(&self) -> bool {
        self.left
    }
}

impl Secrets for Asked<'_> {
    fn get(&mut self, request: &SecretRequest) -> Option<SecretString> {
        if let Some(secret) = self.typed.get(request) {
            return Some(secret.clone());
        }
        let event = Event::Secret {
            prompt: request.prompt(),
            confirm: "Confirm: ".into(),
            short_below: request.short_below(),
        };
        self.events.send(event).ok()?;
        match self.ops.recv() {
            Ok(Op::Secret(Some(secret))) => {
                self.typed.insert(request.clone(), secret.clone());
                Some(secret)
            }
            Ok(Op::Quit) | Err(_) => {
                self.left = true;
                None
            }
            Ok(_) => None,
        }
    }

    fn forget(&mut self, request: &SecretRequest) {
        self.typed.remove(request);
    }
}
