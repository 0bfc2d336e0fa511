//! The state of the screen, and what changes it. No terminal here: messages in, operations for the engine out.

use std::sync::mpsc::Sender;
use std::time::Duration;

use levitate_core::machine::Disk;
use levitate_core::protocol::{Event, Op, PlanView, StageState};
use levitate_core::state::Stage;
use levitate_core::sys::Cancel;
use nix::sys::signal::Signal;

use super::chat::Chat;
use super::editor::Editor;
use super::entry::{Entry, StepLine};
use super::hidden::Hidden;
use super::look::Look;
use super::overlay::Overlay;
use super::work::{Work, clock};
use crate::interface::{Dialogue, Log, Next, Picture, Waiting, Words};

/// What the loop hears.
#[derive(Debug)]
pub enum Msg {
    /// The engine told something.
    Engine(Event),
    /// The engine is gone.
    EngineGone,
    /// A key, a paste, the mouse, another size.
    Terminal(crossterm::event::Event),
    /// The terminal is gone.
    TerminalGone,
    /// A signal came.
    Signal(Signal),
}

/// What the loop does for the screen, because it needs the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Draw everything again.
    Redraw,
    /// Leave the terminal to a shell until the engine says that it ended.
    Shell,
    /// Go on in line mode.
    Line,
}

/// The screen.
pub struct App {
    ops: Sender<Op>,
    cancel: Cancel,
    /// The log, as far as it is in memory.
    pub log: Log,
    /// How things look.
    pub look: Look,
    /// Time since the start.
    pub now: Duration,
    /// What the person is being asked.
    pub dialogue: Dialogue,
    /// The conversation.
    pub chat: Chat,
    /// What is typed.
    pub editor: Editor,
    /// What is typed and not shown.
    pub hidden: Hidden,
    /// Completion.
    pub words: Words,
    /// The stages.
    pub stages: Vec<(Stage, StageState)>,
    /// The plan that runs.
    pub work: Option<Work>,
    /// What is being waited for, where it is no step: the model loads or thinks. Since when.
    pub busy: Option<(String, Duration)>,
    /// Who understands.
    pub engine: String,
    /// What can be said now.
    pub hints: Vec<String>,
    /// The disks as the engine knows them.
    pub disks: Vec<Disk>,
    /// What was understood last.
    pub understood: Option<String>,
    /// The last plan that was shown.
    pub plan: Option<Box<PlanView>>,
    /// What lies over the conversation.
    pub overlay: Option<Overlay>,
    /// Rows and columns of the examples on the screen, for the mouse.
    pub examples_at: Vec<(ratatui::layout::Rect, usize)>,
    /// What the loop has to do.
    pub wishes: Vec<Wish>,
    /// A stop was asked for and has not come yet.
    pub stopping: bool,
    /// The exit status, when it is over.
    pub over: Option<u8>,
}

/// What an app is made of.
pub struct Parts {
    /// To the engine.
    pub ops: Sender<Op>,
    /// Stops running work.
    pub cancel: Cancel,
    /// The log.
    pub log: Log,
    /// How things look.
    pub look: Look,
    /// Completion.
    pub words: Words,
}

impl App {
    /// A screen that heard nothing yet. `notice`: what the person must know of this session.
    pub fn new(parts: Parts, notice: &str) -> Self {
        let Parts { ops, cancel, log, look, words } = parts;
        let mut chat = Chat::default();
        chat.push(Entry::Said(format!(
            "LevitateOS Installer v{}.{}\nType what you want to do. I'll help you install.",
            env!("CARGO_PKG_VERSION_MAJOR"),
            env!("CARGO_PKG_VERSION_MINOR")
        )));
        if !notice.is_empty() {
            chat.push(Entry::Remark(notice.into()));
        }
        Self {
            ops,
            cancel,
            log,
            look,
            now: Duration::ZERO,
            dialogue: Dialogue::new(),
            chat,
            editor: Editor::default(),
            hidden: Hidden::default(),
            words,
            stages: Stage::ALL.into_iter().map(|stage| (stage, StageState::Open)).collect(),
            work: None,
            busy: Some(("starting".into(), Duration::ZERO)),
            engine: String::new(),
            hints: Vec::new(),
            disks: Vec::new(),
            understood: None,
            plan: None,
            overlay: None,
            examples_at: Vec::new(),
            wishes: Vec::new(),
            stopping: false,
            over: None,
        }
    }

    /// Takes a message in.
    pub fn update(&mut self, msg: Msg) {
        match msg {
            Msg::Engine(Event::Ended { status }) => self.over = Some(self.dialogue.status(status)),
            Msg::Engine(event) => {
                let next = self.dialogue.hear(&event);
                self.told(event);
                self.go_on(next);
            }
            Msg::EngineGone => {
                let log = self.log.place();
                self.chat.push(Entry::Said(format!(
                    "The installer stopped without a word. {log} Start it again: it takes back what was begun."
                )));
                self.over = Some(5);
            }
            Msg::Terminal(event) => self.terminal(event),
            Msg::TerminalGone => {
                let next = self.dialogue.signalled();
                self.go_on(next);
            }
            Msg::Signal(Signal::SIGINT) => self.stop(),
            Msg::Signal(_) => {
                let next = self.dialogue.signalled();
                self.go_on(next);
            }
        }
    }

    /// True where something moves by itself, so that frames are drawn without a message.
    pub fn moves(&self) -> bool {
        let runs = self.work.as_ref().is_some_and(|work| work.step.is_some());
        self.busy.is_some() || (runs && !self.step_asks())
    }

    /// True where the running step waits for the person.
    pub fn step_asks(&self) -> bool {
        matches!(
            self.dialogue.waiting(),
            Waiting::Secret(_) | Waiting::Phrase { .. } | Waiting::Question { .. }
        )
    }

    /// Ctrl-C and Esc: stop what runs, no to what is asked.
    pub fn stop(&mut self) {
        self.hidden.clear();
        let next = self.dialogue.stop();
        self.go_on(next);
    }

    /// Asks whether to leave; the second time it is a yes.
    pub fn leave(&mut self) {
        let next = self.dialogue.end();
        self.go_on(next);
    }

    /// The line is said.
    pub fn enter(&mut self) {
        let next = match self.dialogue.waiting() {
            Waiting::Secret(_) => {
                let secret = self.hidden.take();
                self.dialogue.secret(secret)
            }
            waiting => {
                let (rests, quiet) = (matches!(waiting, Waiting::Rest), matches!(waiting, Waiting::Nothing));
                let text = self.editor.take(rests || quiet);
                if !text.trim().is_empty() && !quiet {
                    // Of several lines the later ones are shown when they are said.
                    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                    self.person(first);
                }
                self.dialogue.typed(&text)
            }
        };
        self.chat.follow();
        self.go_on(next);
    }

    fn person(&mut self, said: &str) {
        let prompt = self.prompt();
        let line = if prompt == "> " {
            said.to_string()
        } else {
            format!("{} {said}", prompt.trim_end_matches("> ").trim_end())
        };
        self.chat.push(Entry::Person(line));
    }

    /// The prompt before the input.
    pub fn prompt(&self) -> String {
        match self.dialogue.waiting() {
            // Nobody listens yet: what is typed waits.
            Waiting::Nothing => "… ".into(),
            Waiting::Rest => "> ".into(),
            Waiting::Confirm { .. } => "Proceed? [y/n] > ".into(),
            Waiting::Phrase { prompt } => format!("{} > ", trimmed(prompt)),
            Waiting::Question { prompt } => format!("{} [y/n] > ", trimmed(prompt)),
            Waiting::Secret(hidden) => format!("{}: ", trimmed(hidden.prompt())),
            Waiting::Leave(_) => "Leave the installer? [y/n] > ".into(),
        }
    }

    fn go_on(&mut self, next: Vec<Next>) {
        for next in next {
            match next {
                // The prompt is always there.
                Next::Ask => {}
                Next::Remark(text) => self.remark(text),
                Next::Echo(line) => self.chat.push(Entry::Person(line)),
                Next::Send(op) => self.send(op),
                Next::Stop => {
                    self.cancel.request();
                    self.stopping = true;
                }
            }
        }
    }

    /// Something the screen itself has to say.
    pub fn remark(&mut self, text: &str) {
        self.chat.push(Entry::Remark(text.into()));
    }

    /// Asks something of the engine that is no answer to a question.
    pub fn begin(&mut self, op: Op) {
        let next = self.dialogue.begin(op);
        self.go_on(next);
    }

    /// Tells the engine.
    pub fn send(&mut self, op: Op) {
        // What was said is being worked on: seen at once, before the engine says so.
        if matches!(op, Op::Say(_) | Op::Answer { .. } | Op::Retry) {
            self.busy = Some(("thinking".into(), self.now));
        }
        // An engine that is gone is heard of as `EngineGone`.
        let _ = self.ops.send(op);
    }

    // --- the engine ---

    fn told(&mut self, event: Event) {
        match event {
            Event::Loading(text) => self.busy = Some((text, self.now)),
            Event::Engine(name) => self.engine = name,
            Event::Thinking => self.busy = Some(("thinking".into(), self.now)),
            Event::Say(text) => self.chat.push(Entry::Said(text)),
            Event::Understood(text) => {
                self.understood = Some(text.clone());
                self.chat.push(Entry::Understood(text));
            }
            Event::Computer(disks) => self.saw(disks),
            Event::Disks(disks) => {
                self.saw(disks.clone());
                self.chat.push(Entry::Disks(disks));
            }
            Event::Plan(view) => {
                if let Some(layout) = &view.plan.layout {
                    layout.volumes.iter().for_each(|volume| self.words.saw(&volume.partition));
                }
                // The log has the same in words.
                for disk in &view.before {
                    let picture = Picture::of_plan(disk, &view.plan);
                    picture.iter().flat_map(Picture::words).for_each(|line| tracing::info!("{line}"));
                }
                self.plan = Some(view.clone());
                if view.asks || !view.plan.warnings.is_empty() {
                    self.chat.push(Entry::Plan(view));
                }
            }
            Event::Hints(hints) => self.hints = hints,
            Event::Running(steps) => {
                self.busy = None;
                let steps = steps.into_iter().map(|step| step.title).collect();
                self.work = Some(Work { steps, ..Work::default() });
            }
            Event::StepStarted { title, of, quiet } => {
                self.busy = None;
                self.work.get_or_insert_default().start(&title, of, self.now);
                if !quiet {
                    self.chat.push(Entry::Step(StepLine { title, end: String::new(), failed: false }));
                }
            }
            Event::Progress { done, total } => {
                if let Some(step) = self.work.as_mut().and_then(|work| work.step.as_mut()) {
                    step.progress(done, total, self.now);
                }
            }
            Event::StepDone { sentence } => {
                self.step_ended(false);
                self.chat_said(sentence);
            }
            Event::StepFailed => self.step_ended(true),
            Event::Undoing { sentence } => self.chat.push(Entry::Undoing(sentence)),
            Event::Warning(text) => self.chat.push(Entry::Warning(text)),
            Event::Failure(failure) => {
                self.overlay = Some(Overlay::failure(&failure, self.now));
                self.chat.push(Entry::Failure(failure));
            }
            Event::Summary(lines) => self.chat.push(Entry::Summary(lines)),
            Event::Stages(stages) => {
                if !stages.is_empty() {
                    self.stages = stages;
                }
            }
            Event::Ready => {
                self.busy = None;
                self.work = None;
                self.stopping = false;
            }
            Event::ShellEnded => self.wishes.push(Wish::Redraw),
            Event::Confirm { .. } | Event::Ended { .. } => {}
            Event::Phrase { .. } | Event::Question { .. } | Event::Secret { .. } => {
                self.busy = None;
                // What was typed meanwhile was no answer to this.
                if !self.editor.is_empty() {
                    self.editor.set("");
                }
                self.overlay = None;
            }
        }
    }

    fn saw(&mut self, disks: Vec<Disk>) {
        for disk in &disks {
            self.words.saw(&disk.path);
            disk.partitions.iter().for_each(|partition| self.words.saw(&partition.path));
        }
        self.disks = disks;
    }

    fn step_ended(&mut self, failed: bool) {
        let Some(step) = self.work.as_mut().and_then(|work| work.step.take()) else { return };
        let took = self.now.saturating_sub(step.since);
        let mut end = if failed { "failed".to_string() } else { "done".into() };
        if let (Some((_, total)), false) = (step.bytes(), failed) {
            end = format!("done, {} in {}", levitate_core::size::decimal(total), clock(took));
        }
        let line = self.chat.find_last_mut(|entry| match entry {
            Entry::Step(line) if line.title == step.title && line.end.is_empty() => Some(line),
            _ => None,
        });
        match line {
            Some(line) => {
                line.end = end;
                line.failed = failed;
            }
            // A step without a line of its own gets one when it fails.
            None if failed => {
                self.chat.push(Entry::Step(StepLine { title: step.title, end, failed }));
            }
            None => {}
        }
    }

    fn chat_said(&mut self, sentence: Option<String>) {
        if let Some(sentence) = sentence {
            self.chat.push(Entry::Said(sentence));
        }
    }

    /// True where a plan is asked about that does not begin in the window.
    pub fn plan_begins_above(&self) -> bool {
        matches!(self.dialogue.waiting(), Waiting::Confirm { .. })
            && self.chat.begins_above(|entry| matches!(entry, Entry::Plan(_)))
    }

    /// What stays on the terminal when the screen is gone: how it ended, and where the log is where that matters.
    pub fn last_words(&self, status: u8) -> Vec<String> {
        let mut words = Vec::new();
        let mut ended = Vec::new();
        for entry in self.chat.entries().rev() {
            match entry {
                Entry::Summary(lines) => {
                    words.extend(lines.iter().cloned());
                    break;
                }
                Entry::Failure(failure) if status != 0 => {
                    words.extend(failure.what.lines().map(String::from));
                    words.extend(failure.state.iter().cloned());
                    break;
                }
                Entry::Said(text) if ended.is_empty() => ended.push(text.clone()),
                Entry::Person(_) if words.is_empty() && status == 0 => break,
                _ => {}
            }
        }
        words.append(&mut ended);
        if let (true, Some(path)) = (status != 0, self.log.path()) {
            words.push(format!("The log is {}.", path.display()));
        }
        words
    }

    /// The stage where one is: what runs, else what failed, else the first that is not done.
    pub fn current_stage(&self) -> Option<Stage> {
        let find = |wanted: &[StageState]| {
            self.stages.iter().find(|(_, state)| wanted.contains(state)).map(|(stage, _)| *stage)
        };
        find(&[StageState::Running])
            .or_else(|| find(&[StageState::Failed]))
            .or_else(|| find(&[StageState::Open]))
    }
}

fn trimmed(prompt: &str) -> &str {
    prompt.trim_end().trim_end_matches([':', '>', ' '])
}
