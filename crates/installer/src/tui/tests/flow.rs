//! Whole sessions, typed key by key at the real engine on a simulated computer.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crossterm::event::{Event as Input, KeyCode, KeyEvent};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::protocol::Event;
use levitate_core::sys::sim::Simulated;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::interface::{Link, Log, Waiting, Words};
use crate::mind::Mind;
use crate::session::{OpenMind, Session, SessionOptions};
use crate::tui::app::{App, Msg, Parts};
use crate::tui::look::Look;
use crate::tui::view;

/// A person before the screen, with the engine behind it.
struct Person {
    app: App,
    events: Receiver<Event>,
}

impl Person {
    fn sits_down(machine: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/machines")
            .join(format!("{machine}.json"));
        let machine = Machine::from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mind: OpenMind = Box::new(|_, _| Mind::rules());
        let sys = Box::new(Simulated::new(machine).instant());
        let handle =
            Session::start(SessionOptions { sys, lists: Lists::embedded(), table: None, mind }).unwrap();
        Self::before(Link {
            ops: handle.ops,
            events: handle.events,
            cancel: handle.cancel,
            log: Log::default(),
        })
    }

    fn before(link: Link) -> Self {
        let parts = Parts {
            ops: link.ops,
            cancel: link.cancel,
            log: link.log,
            look: Look::of(&super::style(true)),
            words: Words::new(&Lists::embedded()),
        };
        let mut person = Self { app: App::new(parts, ""), events: link.events };
        person.wait();
        person
    }

    /// Until the engine asks something or is gone.
    fn wait(&mut self) {
        while self.app.over.is_none() {
            match self.events.recv_timeout(Duration::from_secs(20)) {
                Ok(event) => self.app.update(Msg::Engine(event)),
                Err(RecvTimeoutError::Timeout) => panic!("nothing happens:\n{}", self.screen()),
                Err(RecvTimeoutError::Disconnected) => self.app.update(Msg::EngineGone),
            }
            if !matches!(self.app.dialogue.waiting(), Waiting::Nothing) {
                return;
            }
        }
    }

    fn types(&mut self, line: &str) {
        for letter in line.chars() {
            self.app.update(Msg::Terminal(Input::Key(KeyEvent::from(KeyCode::Char(letter)))));
        }
        self.app.update(Msg::Terminal(Input::Key(KeyEvent::from(KeyCode::Enter))));
        if matches!(self.app.dialogue.waiting(), Waiting::Nothing) {
            self.wait();
        }
    }

    fn screen(&mut self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(120, 60)).unwrap();
        terminal.draw(|frame| view::draw(&mut self.app, frame)).unwrap();
        terminal.backend().to_string()
    }

    fn sees(&mut self, text: &str) {
        let screen = self.screen();
        assert!(screen.contains(text), "no {text:?} on\n{screen}");
    }
}

/// Types a whole session, line by line; gives the exit status.
pub(crate) fn type_session(link: Link, session: &str) -> Option<u8> {
    let mut person = Person::before(link);
    session.lines().for_each(|line| person.types(line));
    person.app.over
}

#[test]
fn the_example_session_of_the_requirements() {
    let mut person = Person::sits_down("two-disks");
    person.types("what disks do I have");
    person.sees("/dev/sdb - 1TB HDD");
    person.types("install on the ssd, whole disk, encrypted");
    person.sees("understood: partition /dev/sda, whole disk, encrypted");
    person.sees("Proceed? [y/n]");
    person.types("y");
    person.sees("Enter encryption passphrase");
    person.types("correct horse");
    person.sees("Confirm");
    person.types("correct horse");
    person.sees("[x] Disk Configuration");
    person.types("timezone los angeles");
    person.types("create user vince with sudo");
    person.types("battery staple");
    person.types("battery staple");
    person.sees("[x] User Setup");
    person.types("install bootloader");
    person.sees("[x] Bootloader");
    person.types("done");
    person.sees("Reboot now? [y/n]");
    person.sees("The new system:");
    let screen = person.screen();
    assert!(!screen.contains("horse") && !screen.contains("staple"), "a secret on the screen");
    person.types("y");
    assert_eq!(person.app.over, Some(0));
    assert!(!person.app.last_words(0).is_empty());
}

#[test]
fn a_no_changes_nothing_and_a_wish_in_its_place_is_heard() {
    let mut person = Person::sits_down("two-disks");
    person.types("use the whole ssd");
    person.types("yes but encrypted");
    person.sees("LUKS");
    person.types("n");
    person.sees("Nothing was changed.");
    person.sees("[ ] Disk Configuration");
}

#[test]
fn several_pasted_lines_are_said_one_after_the_other() {
    let mut person = Person::sits_down("two-disks");
    person.app.update(Msg::Terminal(Input::Paste("hostname is box\ntimezone berlin\nkeyboard de\n".into())));
    person.types("");
    // Each answer is waited for.
    while person.app.dialogue.queued().count() > 0 {
        person.wait();
    }
    person.types("status");
    for line in ["hostname: box", "timezone: Europe/Berlin", "keyboard: de"] {
        person.sees(line);
    }
}

#[test]
fn leaving_is_asked() {
    let mut person = Person::sits_down("two-disks");
    person.app.leave();
    person.types("n");
    person.sees("> ");
    person.app.leave();
    person.types("y");
    assert_eq!(person.app.over, Some(0));
}
