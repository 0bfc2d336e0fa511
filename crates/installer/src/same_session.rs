//! One session by every interface leaves one journal: what was said and answered counts, not by which way it came.

use std::collections::BTreeMap;
use std::io::Write;

use levitate_core::journal::Journal;
use levitate_core::sys::sim::Simulated;
use serde_json::Value;

use crate::interface::{Link, Log};
use crate::line::Source;
use crate::line::input::scripted;
use crate::line::tests::{read_at, style, type_at};
use crate::session::tests::{drive, machine, session};
use crate::tui::tests::flow::type_session;

/// A whole session, with a no, a wish taken back, secrets, and a question at its end.
const SESSION: &str = "what disks do I have\n\
    use the whole disk of the hdd\n\
    n\n\
    hostname is pear\n\
    undo\n\
    hostname is apple\n\
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

/// The journal of a rehearsal that `interface` held, a normalised entry a line.
fn journal_of(interface: impl FnOnce(Link)) -> Vec<String> {
    let handle = session(Simulated::new(machine("two-disks")).instant());
    let log = Log::default();
    interface(Link { ops: handle.ops, events: handle.events, cancel: handle.cancel, log });
    let mut sys = handle.thread.join().unwrap();
    normalised(&String::from_utf8(sys.read(&Journal::path()).unwrap()).unwrap())
}

/// A journal without times, every id named by the order in which it came.
fn normalised(journal: &str) -> Vec<String> {
    let mut ids = BTreeMap::new();
    let mut entry = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("at").unwrap();
        name_ids(&mut value, &mut ids);
        value.to_string()
    };
    journal.lines().map(&mut entry).collect()
}

fn name_ids(value: &mut Value, ids: &mut BTreeMap<String, usize>) {
    match value {
        Value::String(text) => {
            let is_id = |word: &str| word.len() >= 8 && word.contains(|letter: char| letter.is_ascii_digit());
            for word in text.clone().split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-') {
                if is_id(word) {
                    let next = ids.len();
                    let number = *ids.entry(word.to_owned()).or_insert(next);
                    *text = text.replacen(word, &format!("<{number}>"), 1);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| name_ids(value, ids)),
        Value::Object(map) => map.values_mut().for_each(|value| name_ids(value, ids)),
        _ => {}
    }
}

fn by_lines(link: Link) {
    let (text, status) = type_at(link.ops, link.events, link.cancel, style(), SESSION);
    assert_eq!(status, 0, "{text}");
}

fn by_script(link: Link) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(SESSION.as_bytes()).unwrap();
    let Ok(Source::Script(lines)) = Source::script(file.path()) else { panic!("it is a script") };
    let reader = |paper| scripted(lines, paper);
    let (text, status) = read_at(link.ops, link.events, link.cancel, style(), reader);
    assert_eq!(status, 0, "{text}");
}

fn by_operations(link: Link) {
    drive(&link.ops, &link.events, SESSION);
}

fn by_screen(link: Link) {
    assert_eq!(type_session(link, SESSION), Some(0));
}

#[test]
fn every_interface_leaves_the_same_journal() {
    let lines = journal_of(by_lines);
    assert!(lines.iter().any(|line| line.contains(r#""kind":"finish""#)), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("horse") || line.contains("staple")));
    assert_eq!(journal_of(by_script), lines);
    assert_eq!(journal_of(by_operations), lines);
    assert_eq!(journal_of(by_screen), lines);
}

#[test]
fn journals_differ_by_times_and_ids_alone_or_they_differ() {
    let one =
        r#"{"at":1,"entry":"x","uuid":"1b4e28ba-2fa1-11d2","other":"/dev/sda","same":"1b4e28ba-2fa1-11d2"}"#;
    let two =
        r#"{"at":2,"entry":"x","uuid":"9999aaaa-2fa1-11d2","other":"/dev/sda","same":"9999aaaa-2fa1-11d2"}"#;
    assert_eq!(normalised(one), normalised(two));
    assert_ne!(normalised(one), normalised(&two.replace("sda", "sdb")));
    assert_ne!(normalised(one), normalised(&two.replacen("9999", "9998", 1)));
}
