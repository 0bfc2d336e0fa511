//! A panic leaves a usable terminal and says what to do next. A child of this test program panics on a pty.

use std::sync::mpsc::channel;
use std::time::Duration;

use levitate_core::lists::Lists;
use levitate_core::protocol::Event;
use levitate_core::sys::Cancel;

use crate::interface::{Link, Log};
use crate::tui::terminal::Terminal;
use crate::tui::{End, run};

#[path = "../../../tests/support/mod.rs"]
mod support;

use support::{Start, assert_given_back};

/// Runs a test of this file on a terminal; gives what stands there at its end.
fn child(name: &str, waits_for: Option<&str>) -> String {
    let program = std::env::current_exe().unwrap();
    let name = format!("tui::tests::panics::{name}");
    let args = ["--exact", &name, "--ignored", "--nocapture"];
    let mut terminal = support::Terminal::start(&Start {
        program: program.to_str().unwrap(),
        args: &args,
        ..Start::default()
    });
    if let Some(text) = waits_for {
        terminal.shows(text);
    }
    terminal.status();
    assert_given_back(&terminal);
    terminal.window().contents()
}

#[test]
fn a_panic_of_the_screen_gives_the_terminal_back() {
    let text = child("child_whose_screen_panics", None);
    assert!(text.contains("made by a test"), "{text}");
    assert!(text.contains("The log is FILE. Start it again"), "{text}");
}

#[test]
fn a_panic_of_the_engine_gives_the_terminal_back() {
    let text = child("child_whose_engine_panics", Some("F1 help"));
    assert!(text.contains("A part of the installer failed: panicked at"), "{text}");
    assert!(text.contains("made by a test"), "{text}");
    assert!(text.contains("No log was kept in a file. Start it again"), "{text}");
    assert!(text.contains("test result: ok"), "{text}");
    assert!(!text.contains("Installation Steps"), "a frame was drawn where the shell is:\n{text}");
}

#[test]
#[ignore = "a child of the tests above: it takes the terminal"]
fn child_whose_screen_panics() {
    let _terminal = Terminal::take(true, "The log is FILE.".into()).unwrap();
    panic!("made by a test");
}

#[test]
#[ignore = "a child of the tests above: it takes the terminal"]
fn child_whose_engine_panics() {
    let (ops, _heard) = channel();
    let (tell, events) = channel();
    let (_raise, signals) = channel();
    let engine = std::thread::spawn(move || {
        tell.send(Event::Ready).unwrap();
        std::thread::sleep(Duration::from_millis(700));
        // Something that moves, so that frames are drawn while it happens.
        tell.send(Event::Thinking).unwrap();
        std::thread::sleep(Duration::from_millis(150));
        panic!("made by a test");
    });
    let link = Link { ops, events, cancel: Cancel::default(), log: Log::default() };
    let end = run(link, &super::style(true), &Lists::embedded(), signals, "");
    assert!(matches!(end, End::Over(5)));
    assert!(engine.join().is_err());
}
