//! Terminals that are not modern: old ones, serial lines, and those where colour is not wanted.

use std::time::Duration;

use crate::support::Start;

use super::{stands, start_on};

/// Codes of all SGR sequences in the bytes.
fn colours(raw: &str) -> Vec<String> {
    let sequences = raw.split("\u{1b}[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        rest[end..].starts_with('m').then(|| rest[..end].to_string())
    });
    let coloured = |code: &str| matches!(code.parse(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107));
    sequences.filter(|codes| codes.split(';').any(coloured)).collect()
}

#[test]
fn an_old_terminal_gets_ascii_and_is_asked_for_nothing_new() {
    let mut terminal = start_on(&Start { term: "vt220", locale: "C", ..Start::default() });
    stands(&terminal);
    terminal.key("list disks\r");
    terminal.shows("free 14.7GB");
    terminal.key("use the whole ssd\r");
    terminal.shows("Proceed? [y/n] >");
    terminal.key("y\r");
    terminal.shows("Copying system");
    terminal.key("\u{3}");
    terminal.shows("That failed");
    // Keys that come before the card can have been read are not for it.
    std::thread::sleep(Duration::from_secs(1));
    terminal.key("\u{1b}");
    terminal.until("the screen", |window| !window.contents().contains("That failed"));
    terminal.key("exit without reboot\r");
    terminal.status();
    let bytes = terminal.bytes();
    let high = bytes.iter().position(|byte| *byte >= 0x80);
    let around = high.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(40)..at + 4]).into_owned());
    assert_eq!(around, None);
    let raw = terminal.raw();
    for mode in ["?2004", "?1000", "?1002", "?1003", "?1006", "?1015"] {
        assert!(!raw.contains(&format!("[{mode}")), "{mode}");
    }
    assert_eq!(colours(&raw), [""; 0]);
    let window = terminal.window();
    assert!(!window.alternate_screen() && !window.hide_cursor());
}

#[test]
fn colour_is_left_out_where_it_is_not_wanted() {
    let say = |env: &[(&str, &str)]| {
        let terminal = start_on(&Start { env, ..Start::default() });
        stands(&terminal);
        terminal.key("use the whole ssd\r");
        terminal.shows("Proceed? [y/n] >");
        colours(&terminal.raw())
    };
    assert_eq!(say(&[("NO_COLOR", "1")]), [""; 0]);
    // The same with colour, so that this test would see it.
    assert!(!say(&[]).is_empty());
}

#[test]
fn a_serial_line_is_asked_for_its_size() {
    let terminal = start_on(&Start { size: (0, 0), corner: Some((30, 100)), ..Start::default() });
    terminal.resize_seen(30, 100);
    let window = stands(&terminal);
    let text = window.contents();
    assert!(text.starts_with("┌ Installation Steps ──────────────┬ Chat ─"), "{text}");
    assert!(text.lines().count() == 30, "{text}");
    let answered = start_on(&Start { size: (0, 0), corner: Some((24, 80)), ..Start::default() });
    let text = stands(&answered).contents();
    assert!(text.starts_with("┌ Installation Steps ───────┬ Chat ─") && text.lines().count() == 24, "{text}");
}

#[test]
fn a_serial_line_where_nobody_answers_gets_80_by_24() {
    let terminal = start_on(&Start { size: (0, 0), term: "vt220", locale: "C", ..Start::default() });
    terminal.type_now("list disks\r");
    let window = terminal.shows("free 14.7GB");
    let time = terminal.started.elapsed();
    assert!(time < Duration::from_secs(10), "{time:?}");
    assert!(window.contents().starts_with("+ Installation Steps -------+ Chat -"), "{}", window.contents());
}
