//! The screen in all its states, drawn and compared; whole sessions typed key by key.

pub(crate) mod flow;
mod keys;
mod panics;
mod screens;
mod speed;

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use levitate_core::achieved::Achieved;
use levitate_core::action::InstallerAction;
use levitate_core::apply::{World, apply};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::plan::{Now, plan};
use levitate_core::protocol::{Event, Op, PlanView};
use levitate_core::spec::InstallSpec;
use levitate_core::sys::{Cancel, LiveFacts};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::app::{App, Msg, Parts};
use super::look::Look;
use super::view;
use crate::interface::{Facts, Log, Style, Words};

/// A screen on paper.
struct Paper {
    app: App,
    ops: Receiver<Op>,
    cancel: Cancel,
}

/// The plan for a request on a machine, as the engine shows it.
fn planned(machine: &Machine, request: &str) -> PlanView {
    let live = LiveFacts { admin_group: Some("sudo".into()), ..LiveFacts::default() };
    let achieved = Achieved::default();
    let lists = Lists::embedded();
    let world = World { machine, lists: &lists, admin_group: "sudo" };
    let seed = InstallSpec { seed: "0123456789abcdef0123456789abcdef".into(), ..InstallSpec::default() };
    let action: InstallerAction = serde_json::from_str(request).unwrap();
    let spec = apply(&seed, &world, &action).unwrap().unwrap();
    let plan = plan(Now { machine, live: &live, achieved: &achieved }, &spec).unwrap();
    PlanView { before: plan.touched(machine).into_iter().cloned().collect(), plan, asks: true }
}

fn style(unicode: bool) -> Style {
    let (term, locale) = if unicode { ("xterm-256color", "C.UTF-8") } else { ("vt220", "C") };
    let facts = Facts { terminal: true, term: term.into(), locale: locale.into(), no_color: false };
    Style { columns: Some(80), ..Style::of(&facts, false, false) }
}

impl Paper {
    fn new() -> Self {
        let (ops, heard) = channel();
        let cancel = Cancel::default();
        let parts = Parts {
            ops,
            cancel: cancel.clone(),
            log: Log::default(),
            look: Look::of(&style(true)),
            words: Words::new(&Lists::embedded()),
        };
        Self { app: App::new(parts, ""), ops: heard, cancel }
    }

    /// At rest, as after the start.
    fn ready() -> Self {
        let mut paper = Self::new();
        paper.tell([Event::Engine("rules".into()), Event::Ready]);
        paper
    }

    fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.app.update(Msg::Engine(event)));
    }

    fn at(&mut self, seconds: f64) {
        self.app.now = Duration::from_secs_f64(seconds);
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.app.update(Msg::Terminal(Input::Key(KeyEvent::new(code, modifiers))));
    }

    fn key(&mut self, code: KeyCode) {
        self.press(code, KeyModifiers::NONE);
    }

    fn ctrl(&mut self, letter: char) {
        self.press(KeyCode::Char(letter), KeyModifiers::CONTROL);
    }

    fn type_in(&mut self, text: &str) {
        text.chars().for_each(|letter| self.key(KeyCode::Char(letter)));
    }

    fn say(&mut self, text: &str) {
        self.type_in(text);
        self.key(KeyCode::Enter);
    }

    /// What the engine heard since the last time.
    fn heard(&self) -> Vec<String> {
        self.ops.try_iter().map(|op| format!("{op:?}")).collect()
    }

    /// What is seen at this size.
    fn seen(&mut self, columns: u16, rows: u16, unicode: bool) -> String {
        self.app.look = Look::of(&style(unicode));
        // Lines are kept for a width; another set of letters makes other lines.
        self.app.chat.fit(1, 1, &self.app.look);
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| view::draw(&mut self.app, frame)).unwrap();
        let text = terminal.backend().to_string();
        let text: Vec<&str> =
            text.lines().map(|line| line.trim_start_matches('"').trim_end_matches('"').trim_end()).collect();
        let version = format!("v{}.{}", env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
        text.join("\n").replace(&version, "v1.0") + "\n"
    }
}
