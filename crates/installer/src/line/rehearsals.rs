//! Whole sessions: line mode, the real engine, a simulated computer.

use std::path::Path;

use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::sys::sim::Simulated;

use super::tests::{style, type_at};
use crate::interface::Style;
use crate::mind::Mind;
use crate::session::{OpenMind, Session, SessionOptions};

/// Types `input` at a rehearsal on a described machine.
fn rehearse(machine: &str, style: Style, input: &str) -> (String, u8) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/machines").join(format!("{machine}.json"));
    let machine = Machine::from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
    let sys = Box::new(Simulated::new(machine).instant());
    let mind: OpenMind = Box::new(|_, _| Mind::rules());
    let options = SessionOptions { sys, lists: Lists::embedded(), table: None, mind };
    let handle = Session::start(options).unwrap();
    let (text, status) = type_at(handle.ops, handle.events, handle.cancel, style, input);
    handle.thread.join().unwrap();
    (text, status)
}

/// The example session of the requirements, as a person types it.
const EXAMPLE: &str = "what disks do I have\n\
    install on the ssd, whole disk, encrypted\n\
    y\n\
    correct horse\n\
    correct horse\n\
    timezone los angeles\n\
    create user vince with sudo\n\
    battery staple\n\
    battery staple\n\
    install bootloader\n\
    done\n\
    y\n";

#[test]
fn the_example_session() {
    let (text, status) = rehearse("two-disks", style(), EXAMPLE);
    insta::assert_snapshot!(text);
    assert_eq!(status, 0, "{text}");
    assert!(!text.contains("correct") && !text.contains("staple"), "a secret was shown");
}

#[test]
fn the_example_session_without_encryption() {
    let input = EXAMPLE.replace(", encrypted", "").replace("correct horse\n", "");
    let (text, status) = rehearse("two-disks", style(), &input);
    insta::assert_snapshot!(text);
    assert_eq!(status, 0, "{text}");
    assert!(!text.contains("staple"), "a secret was shown");
}

#[test]
fn beside_windows_on_a_narrow_terminal_without_unicode() {
    let narrow = Style { unicode: false, columns: Some(60), ..style() };
    let input = "dual boot with windows\ny\n/dev/nvme0n1\nexit without reboot\n";
    let (text, _) = rehearse("windows-laptop", narrow, input);
    insta::assert_snapshot!(text);
    assert!(text.is_ascii());
    let wide = text.lines().filter(|line| !line.contains(" > /dev") && line.len() > 60);
    assert_eq!(wide.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn a_wrong_name_and_a_no_change_nothing() {
    let input = "use the whole disk\nyes\nsda\nuse the whole disk\nno\nstatus\n";
    let (text, status) = rehearse("windows-laptop", style(), input);
    insta::assert_snapshot!(text);
    assert_eq!(status, 0);
}
