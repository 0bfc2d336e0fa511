//! What keys, pastes and the mouse do.

use crossterm::event::{Event as Input, KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use levitate_core::protocol::{Event, Failure};

use super::Paper;
use crate::tui::app::{Msg, Wish};
use crate::tui::overlay::Kind;

fn failed() -> Paper {
    let mut paper = Paper::ready();
    let failure = Failure { what: "x failed".into(), state: vec![], next: "Retry.".into(), retry: true };
    paper.tell([Event::Failure(failure), Event::Ready]);
    paper
}

#[test]
fn a_line_is_said_and_a_question_is_answered() {
    let mut paper = Paper::ready();
    paper.say("list disks");
    assert_eq!(paper.heard(), ["Say(\"list disks\")"]);
    paper.tell([Event::Question { prompt: "Reboot now?".into() }]);
    paper.say("maybe");
    assert!(paper.heard().is_empty());
    paper.say("y");
    assert_eq!(paper.heard(), ["YesNo(true)"]);
}

#[test]
fn what_is_typed_while_the_model_loads_is_said_when_it_listens() {
    let mut paper = Paper::new();
    paper.say("list disks");
    assert!(paper.heard().is_empty());
    paper.tell([Event::Ready]);
    assert_eq!(paper.heard(), ["Say(\"list disks\")"]);
}

#[test]
fn examples_are_said_by_number_by_key_and_by_mouse() {
    let mut paper = Paper::ready();
    paper.say("#1");
    assert_eq!(paper.heard(), ["Say(\"partition the disk\")"]);
    paper.tell([Event::Ready]);
    paper.press(KeyCode::Char('3'), KeyModifiers::ALT);
    assert_eq!(paper.heard(), ["Say(\"install the system\")"]);
    paper.tell([Event::Ready]);
    // One that has to be completed is only begun.
    paper.press(KeyCode::Char('6'), KeyModifiers::ALT);
    assert_eq!(paper.app.editor.text(), "hostname is ");
    paper.app.editor.set("");
    paper.seen(80, 24, true);
    let (area, _) = paper.app.examples_at[3];
    paper.app.update(Msg::Terminal(Input::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: area.x + 5,
        row: area.y,
        modifiers: KeyModifiers::NONE,
    })));
    assert_eq!(paper.heard(), ["Say(\"copy to disk\")"]);
    paper.tell([Event::Question { prompt: "Reboot now?".into() }]);
    paper.say("#1");
    assert!(paper.heard().is_empty(), "an example answered a question");
}

#[test]
fn ctrl_c_clears_the_line_then_says_how_to_leave_and_stops_what_runs() {
    let mut paper = Paper::ready();
    paper.type_in("wipe");
    paper.ctrl('c');
    assert!(paper.app.editor.is_empty());
    paper.ctrl('c');
    assert!(paper.seen(80, 24, true).contains("To leave"));
    assert!(!paper.cancel.requested());
    paper.say("copy to disk");
    paper.ctrl('c');
    assert!(paper.cancel.requested());
}

#[test]
fn escape_is_no_to_a_question() {
    let mut paper = Paper::ready();
    paper.tell([Event::Confirm { digest: "d".into() }, Event::Ready]);
    paper.key(KeyCode::Esc);
    assert_eq!(paper.heard(), ["Answer { digest: \"d\", yes: false }"]);
}

#[test]
fn a_secret_is_not_in_the_history_nor_the_chat() {
    let mut paper = Paper::ready();
    paper.tell([Event::Secret { prompt: "Password: ".into(), confirm: "Confirm: ".into(), short_below: 0 }]);
    paper.type_in("correct horse");
    paper.key(KeyCode::Enter);
    assert!(paper.heard().is_empty());
    paper.app.update(Msg::Terminal(Input::Paste("correct horse\nls".into())));
    paper.key(KeyCode::Enter);
    let heard = paper.heard();
    assert!(heard.len() == 1 && heard[0].starts_with("Secret(Some("), "{heard:?}");
    assert!(!heard[0].contains("horse"));
    paper.tell([Event::Ready]);
    paper.key(KeyCode::Up);
    assert!(paper.app.editor.is_empty());
    assert!(!paper.seen(80, 24, true).contains("horse"));
}

#[test]
fn the_card_of_a_failure_has_keys_but_not_for_what_was_typed_before_it_was_read() {
    let mut paper = failed();
    paper.key(KeyCode::Char('r'));
    assert!(paper.heard().is_empty(), "a key that came with the failure");
    paper.at(2.0);
    paper.key(KeyCode::Char('r'));
    assert_eq!(paper.heard(), ["Retry"]);
    assert!(paper.app.overlay.is_none());
    for (key, heard) in [('u', "Say(\"undo\")"), ('q', "")] {
        let mut paper = failed();
        paper.at(2.0);
        paper.key(KeyCode::Char(key));
        assert_eq!(paper.heard().join(" "), heard);
        assert!(paper.app.overlay.is_none());
    }
    let mut paper = failed();
    paper.at(2.0);
    paper.key(KeyCode::Char('s'));
    assert_eq!(paper.app.wishes, [Wish::Shell]);
}

#[test]
fn function_keys_open_and_close_what_they_name() {
    let mut paper = Paper::ready();
    for (key, kind) in [(1, Kind::Help), (2, Kind::Plan), (3, Kind::Log), (4, Kind::Disks)] {
        paper.key(KeyCode::F(key));
        assert_eq!(paper.app.overlay.as_ref().unwrap().kind, kind);
        paper.key(KeyCode::F(key));
        assert!(paper.app.overlay.is_none());
    }
    paper.type_in("?");
    assert_eq!(paper.app.overlay.as_ref().unwrap().kind, Kind::Help);
    paper.key(KeyCode::Esc);
    paper.type_in("what?");
    assert_eq!(paper.app.editor.text(), "what?");
    paper.key(KeyCode::F(10));
    paper.ctrl('l');
    assert_eq!(paper.app.wishes, [Wish::Line, Wish::Redraw]);
}

#[test]
fn a_question_closes_what_lies_over_it_and_takes_no_half_typed_line_as_its_answer() {
    let mut paper = Paper::ready();
    paper.say("done");
    paper.type_in("y");
    paper.key(KeyCode::F(1));
    paper.tell([Event::Question { prompt: "Reboot now?".into() }]);
    assert!(paper.app.overlay.is_none() && paper.app.editor.is_empty());
}

#[test]
fn the_wheel_and_page_keys_scroll() {
    let mut paper = Paper::ready();
    paper.tell((0..100).map(|n| Event::Say(format!("line {n}"))));
    paper.seen(80, 24, true);
    paper.key(KeyCode::PageUp);
    assert!(paper.app.chat.below() > 5);
    assert!(paper.seen(80, 24, true).contains("more lines"));
    let wheel = |kind| {
        Msg::Terminal(Input::Mouse(MouseEvent { kind, column: 50, row: 5, modifiers: KeyModifiers::NONE }))
    };
    let before = paper.app.chat.below();
    paper.app.update(wheel(MouseEventKind::ScrollUp));
    assert_eq!(paper.app.chat.below(), before + 3);
    paper.say("list disks");
    assert_eq!(paper.app.chat.below(), 0, "what is said is seen");
}
