//! The engine: words in, events out, on a thread of its own.
//!
//! `Say` → understand → actions → `apply` on the wanted system → `plan` → (consent) → `exec` → sentences. It owns
//! the system, the journal and the conversation; interfaces see [`Op`] and [`Event`] only. A dry run is the same
//! engine on a simulated copy of the probed machine, so nothing here asks whether it may write.
//!
//! Rooms: `actions` what each action does, `consent` plans that wait and their execution, `retry` what
//! failed, `secrets` hidden input, `undo` what is taken back, `table` the kind of a new table, `summary` the system that
//! was made, `words` status, help and what was understood.

mod actions;
mod consent;
mod retry;
mod secrets;
mod summary;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod undo;
mod words;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use levitate_agent::decide::{self, By};
use levitate_agent::reading::Reading;
use levitate_agent::{Answer, Context, Message, Role, explain};
use levitate_core::achieved::Achieved;
use levitate_core::action::InstallerAction;
use levitate_core::apply::{World, apply};
use levitate_core::exec;
use levitate_core::journal::{Entry, Journal};
use levitate_core::lists::Lists;
use levitate_core::machine::{Disk, Machine, TableKind};
use levitate_core::plan::{Now, Plan, plan};
use levitate_core::protocol::{Event, Op, StageState};
use levitate_core::refusal::Refusal;
use levitate_core::spec::InstallSpec;
use levitate_core::state::{Stage, State};
use levitate_core::sys::{Cancel, LiveFacts, SysError, System};

use crate::mind::{Mind, Thought, mask};
use retry::Again;

/// Turns of the conversation that are kept.
const HISTORY: usize = 40;

/// What a session is made of.
pub struct SessionOptions {
    /// The computer, real or simulated.
    pub sys: Box<dyn System>,
    /// Closed lists of the system.
    pub lists: Lists,
    /// Kind of a new partition table; GPT where `None`.
    pub table: Option<TableKind>,
    /// Opens what understands, on the engine's thread: loading a model takes a moment. It may tell how far it is.
    pub mind: OpenMind,
}

/// Opens what understands.
pub type OpenMind = Box<dyn FnOnce(&Cancel, &mut dyn FnMut(&str)) -> Mind + Send>;

/// The interface's end of a session.
pub struct Handle {
    /// What the interface asks.
    pub ops: Sender<Op>,
    /// What the engine tells.
    pub events: Receiver<Event>,
    /// Asks running work to stop.
    pub cancel: Cancel,
    /// Joins when the session is over, with the computer as it was left.
    pub thread: JoinHandle<Box<dyn System>>,
}

/// The engine.
pub struct Session {
    sys: Box<dyn System>,
    mind: Mind,
    journal: Journal,
    lists: Lists,
    live: LiveFacts,
    machine: Machine,
    spec: InstallSpec,
    history: Vec<Message>,
    pending: Option<Pending>,
    /// The wish that the questions since then are about.
    open: Vec<Reading>,
    /// Something was asked since the plan that waits was shown: a yes may be the answer to that.
    asked: bool,
    undo: Vec<Undoable>,
    /// The last thing that was done is an undo.
    undone: bool,
    failed: Option<Stage>,
    again: Option<Again>,
    status: u8,
    over: bool,
    told: Told,
    ops: Receiver<Op>,
    events: Sender<Event>,
}

/// What the interface has heard last, so that it hears only what changed.
#[derive(Default)]
struct Told {
    disks: Option<Vec<Disk>>,
    hints: Vec<String>,
}

/// A plan that waits for a yes.
struct Pending {
    plan: Plan,
    spec: InstallSpec,
    action: InstallerAction,
    after: After,
}

/// What follows when a plan is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum After {
    #[default]
    Nothing,
    OfferReboot,
    Reboot,
    Exit,
}

/// Something `undo` can take back.
enum Undoable {
    /// A wish that was only noted: the spec before it.
    Wish(InstallSpec),
    /// A plan that was executed: the spec before it.
    Plan(InstallSpec),
}

impl Session {
    /// Starts the engine on its thread.
    ///
    /// # Errors
    /// The machine cannot be probed, or the journal cannot be opened.
    pub fn start(options: SessionOptions) -> Result<Handle, SysError> {
        let SessionOptions { mut sys, lists, table, mind } = options;
        let (ops, their_ops) = channel();
        let (their_events, events) = channel();
        let cancel = sys.cancel();
        let live = sys.live()?;
        let machine = sys.probe()?;
        let journal = Journal::open(sys.as_mut(), env!("CARGO_PKG_VERSION"))?;
        let spec = match journal.ledger().spec.clone() {
            Some(spec) => spec,
            None => InstallSpec { seed: seed(sys.as_mut())?, table, ..InstallSpec::default() },
        };
        let undo = journal
            .ledger()
            .plans
            .iter()
            .filter(|plan| plan.outcome == Some(levitate_core::journal::Outcome::Done))
            .filter_map(|plan| plan.spec.clone().map(Undoable::Plan))
            .collect();
        let session = Self {
            sys,
            mind: Mind::rules(),
            journal,
            lists,
            live,
            machine,
            spec,
            history: Vec::new(),
            pending: None,
            open: Vec::new(),
            asked: false,
            undo,
            undone: false,
            failed: None,
            again: None,
            status: 0,
            over: false,
            told: Told::default(),
            ops: their_ops,
            events: their_events,
        };
        let thread = std::thread::Builder::new()
            .name("engine".into())
            .spawn(move || session.run(mind))
            .map_err(|e| SysError::io("starting the engine thread", &e))?;
        Ok(Handle { ops, events, cancel, thread })
    }

    fn run(mut self, open: OpenMind) -> Box<dyn System> {
        if let Err(error) = self.recover() {
            self.say(format!("The journal of an earlier run cannot be used: {error}"));
            self.status = 5;
            self.send(Event::Ended { status: self.status });
            return self.sys;
        }
        self.stages(None);
        self.computer();
        let events = self.events.clone();
        self.mind = open(&self.sys.cancel(), &mut |text| drop(events.send(Event::Loading(text.to_owned()))));
        self.send(Event::Engine(self.mind.name()));
        while !self.over {
            for notice in self.mind.notices() {
                self.send(Event::Warning(notice));
            }
            self.ahead();
            self.hints();
            self.send(Event::Ready);
            match self.ops.recv() {
                Ok(op) => self.take(op),
                // The interface is gone; close as if the person had left.
                Err(_) => self.quit(),
            }
        }
        self.send(Event::Ended { status: self.status });
        self.sys
    }

    fn take(&mut self, op: Op) {
        // A Ctrl-C at the prompt, or for what is over, was not meant for this.
        self.sys.cancel().clear();
        match op {
            Op::Say(text) => self.said(&text),
            Op::Answer { digest, yes } => self.answered(&digest, yes),
            Op::Quit => self.quit(),
            Op::Retry => self.retry(),
            Op::Shell => self.shell(),
            // Answers to questions that are no longer open.
            Op::Phrase(_) | Op::Secret(_) | Op::YesNo(_) => {}
        }
    }

    fn said(&mut self, text: &str) {
        let (text, hidden) = mask(text.trim());
        if text.is_empty() {
            return;
        }
        if self.again.is_some() && retry::asked(&text) {
            self.remember(Role::User, &text);
            return self.retry();
        }
        if hidden {
            self.send(Event::Warning(
                "Passwords are asked for in a hidden prompt; what you typed here was not kept.".into(),
            ));
        }
        self.send(Event::Thinking);
        let thought = self.think(&text);
        self.remember(Role::User, &text);
        self.keep_open(&thought);
        match self.with_table(&text, thought.answer) {
            Answer::Actions(mut actions) => {
                // A yes that only the model heard is asked for in so many words.
                let yes = actions.len();
                if thought.by == By::Model {
                    actions.retain(|action| *action != InstallerAction::Confirm);
                }
                if actions.is_empty() && yes > 0 {
                    return self.ask_again();
                }
                self.act(actions, &text);
            }
            Answer::Text(text) => self.say(text),
            Answer::NotUnderstood { message, suggestions } => {
                let mut text = message;
                if !suggestions.is_empty() {
                    text.push_str("\nYou can say:");
                    for suggestion in suggestions {
                        text.push_str(&format!("\n  \"{suggestion}\""));
                    }
                }
                self.say(text);
            }
        }
    }

    /// Remembers what a question is about until it is answered or nobody wants it any more.
    fn keep_open(&mut self, thought: &Thought) {
        let asks = matches!(&thought.answer, Answer::Actions(actions)
            if matches!(actions[..], [InstallerAction::Clarify { .. }]));
        if asks {
            self.asked = self.pending.is_some();
        }
        decide::keep_open(&mut self.open, &thought.answer, &thought.open);
    }

    fn think(&mut self, text: &str) -> Thought {
        let cancel = self.sys.cancel();
        self.with_mind(|mind, session, ctx| {
            mind.understand(text, ctx, &|actions| session.would_do(actions), &cancel)
        })
    }

    /// Opens a shell for the person, who may do anything there: the disks are looked at again.
    fn shell(&mut self) {
        if let Err(error) = self.sys.shell() {
            self.say(format!("{error}."));
        }
        self.send(Event::ShellEnded);
        self.sys.cancel().clear();
        self.refresh();
    }

    /// Takes the mind out of the session for as long as it reads the rest of it.
    fn with_mind<T>(&mut self, work: impl FnOnce(&mut Mind, &Self, &Context<'_>) -> T) -> T {
        let state = self.state();
        let mut mind = std::mem::replace(&mut self.mind, Mind::rules());
        let result = work(&mut mind, self, &self.context(&state));
        self.mind = mind;
        result
    }

    /// Lets the engine evaluate what is known before the person has typed.
    fn ahead(&mut self) {
        self.with_mind(|mind, _, ctx| mind.prepare(ctx));
    }

    /// What words are understood against.
    fn context<'a>(&'a self, state: &'a State) -> Context<'a> {
        Context {
            machine: &self.machine,
            state,
            history: &self.history,
            lists: &self.lists,
            open: &self.open,
        }
    }

    /// Why actions would be refused, in words for a model.
    fn would_do(&self, actions: &[InstallerAction]) -> Result<(), String> {
        let mut wanted = self.spec.clone();
        for action in actions {
            if let Some(next) =
                apply(&wanted, &self.world(), action).map_err(|refusal| refusal.to_string())?
            {
                wanted = next;
            }
        }
        Ok(())
    }

    /// Takes back what an earlier run left half done.
    fn recover(&mut self) -> Result<(), levitate_core::step::StepError> {
        let Some((_, open)) = self.journal.ledger().open_plan() else { return Ok(()) };
        let running = open.steps.iter().find(|(_, status)| {
            status.record().is_some_and(|_| !matches!(status, levitate_core::journal::StepStatus::Done(_)))
        });
        let during = running.map(|(step, _)| format!(" during: {}", step.title())).unwrap_or_default();
        self.say(format!(
            "An earlier run of the installer was interrupted{during}. Taking back what it began."
        ));
        let mut observer = consent::Teller::new(self.events.clone());
        let kept = exec::recover(self.sys.as_mut(), &mut self.journal, &mut observer)?.unwrap_or_default();
        for (step, why) in &kept {
            self.say(format!("Not taken back: {} ({why})", step.sentence()));
        }
        if kept.is_empty() {
            self.say(
                "Everything is as it was before. What you had said is remembered; say \"status\" to see it.",
            );
        }
        self.refresh();
        Ok(())
    }

    /// Leaves: unwinds nothing that is done, but unmounts and closes.
    fn quit(&mut self) {
        self.pending = None;
        self.sys.cancel().clear();
        if self.achieved().mounted {
            let mut spec = self.spec.clone();
            spec.finish = true;
            match self.plan(&spec) {
                Ok(plan) => {
                    self.execute(Pending { plan, spec, action: InstallerAction::Exit, after: After::Exit });
                }
                Err(refusal) => self.refuse(&refusal),
            }
        }
        self.over = true;
    }

    // --- what every room uses ---

    fn send(&self, event: Event) {
        // An interface that is gone hears nothing; the loop notices at its next recv.
        let _ = self.events.send(event);
    }

    fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.remember(Role::Assistant, &text);
        self.send(Event::Say(text));
    }

    fn refuse(&mut self, refusal: &Refusal) {
        self.say(refusal.to_string());
    }

    fn remember(&mut self, role: Role, text: &str) {
        self.history.push(Message { role, content: text.chars().take(2000).collect() });
        if self.history.len() > HISTORY {
            self.history.drain(..self.history.len() - HISTORY);
        }
    }

    fn achieved(&self) -> Achieved {
        self.journal.ledger().achieved()
    }

    /// The state that the language part reads.
    fn state(&self) -> State {
        let mut state = self.achieved().state(&self.spec);
        if state.target.is_none() {
            state.target = words::noted_target(&self.machine, &self.spec);
        }
        state.pending = self.pending.as_ref().map(|pending| pending.action.clone());
        state
    }

    fn world(&self) -> World<'_> {
        World {
            machine: &self.machine,
            lists: &self.lists,
            admin_group: self.live.admin_group.as_deref().unwrap_or("sudo"),
        }
    }

    /// Probes again: partitions come and go, sticks are pulled.
    fn refresh(&mut self) {
        match self.sys.probe() {
            Ok(machine) => {
                self.machine = machine;
                self.computer();
            }
            Err(error) => self.say(format!("The disks cannot be read: {error}")),
        }
    }

    /// Tells the disks where they are not what the interface knows.
    fn computer(&mut self) {
        if self.told.disks.as_ref() != Some(&self.machine.disks) {
            self.told.disks = Some(self.machine.disks.clone());
            self.send(Event::Computer(self.machine.disks.clone()));
        }
    }

    /// Tells what could be said now, where it changed.
    fn hints(&mut self) {
        let state = self.state();
        let hints = explain::suggestions(&self.context(&state));
        if hints != self.told.hints {
            self.told.hints.clone_from(&hints);
            self.send(Event::Hints(hints));
        }
    }

    fn plan(&self, spec: &InstallSpec) -> Result<Plan, Refusal> {
        let achieved = self.achieved();
        plan(Now { machine: &self.machine, live: &self.live, achieved: &achieved }, spec)
    }

    /// Makes `spec` the wanted system and journals it.
    fn want(&mut self, spec: InstallSpec) {
        if spec == self.spec {
            return;
        }
        self.noted_since_failure(&spec);
        self.undone = false;
        self.spec = spec;
        if let Err(error) = self.journal.add(self.sys.as_mut(), Entry::Wanted { spec: self.spec.clone() }) {
            self.say(format!("The journal cannot be written: {error}"));
        }
    }

    /// Tells the stages; `running` is the one that is being done.
    fn stages(&self, running: Option<Stage>) {
        let done = self.achieved().stages();
        let list = Stage::ALL
            .into_iter()
            .map(|stage| {
                let state = if running == Some(stage) {
                    StageState::Running
                } else if done.contains(&stage) {
                    StageState::Done
                } else if self.failed == Some(stage) {
                    StageState::Failed
                } else {
                    StageState::Open
                };
                (stage, state)
            })
            .collect();
        self.send(Event::Stages(list));
    }
}

/// A fresh seed for this installation's UUIDs.
fn seed(sys: &mut dyn System) -> Result<String, SysError> {
    Ok(sys.random(16)?.iter().map(|byte| format!("{byte:02x}")).collect())
}
