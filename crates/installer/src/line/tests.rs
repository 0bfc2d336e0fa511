//! Transcripts of line mode through a scripted engine.

use std::io::{Cursor, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use levitate_core::lists::Lists;
use levitate_core::machine::{Disk, Machine};
use levitate_core::plan::Plan;
use levitate_core::protocol::{Event, Failure, Op, PlanView};
use levitate_core::sys::Cancel;
use nix::sys::signal::Signal;
use secrecy::ExposeSecret;

use super::input::{Lines, Plain, Reader, serve};
use super::screen::Screen;
use super::{Client, Msg, forward};
use crate::interface::{Style, Words};

/// Everything that was written, prompts and echo included.
#[derive(Clone, Default)]
pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines for Cursor<String> {
    fn read_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize> {
        std::io::BufRead::read_until(self, b'\n', line)
    }
}

pub(crate) fn style() -> Style {
    Style {
        bars: false,
        bold: false,
        colour: false,
        unicode: true,
        draws: false,
        modern: false,
        columns: Some(80),
        verbose: false,
    }
}

/// Types `input` at an engine and gives what stands on the paper, and the status.
pub(crate) fn type_at(
    ops: Sender<Op>,
    events: Receiver<Event>,
    cancel: Cancel,
    style: Style,
    input: &str,
) -> (String, u8) {
    let mut lines = input.to_string();
    if !lines.ends_with('\n') {
        lines.push('\n');
    }
    let reader = |output| Plain { input: Cursor::new(lines), output, echo: true, terminal: false };
    read_at(ops, events, cancel, style, reader)
}

/// Lets a reader, made with the paper it echoes to, answer an engine.
pub(crate) fn read_at<R: Reader + Send + 'static>(
    ops: Sender<Op>,
    events: Receiver<Event>,
    cancel: Cancel,
    style: Style,
    reader: impl FnOnce(Paper) -> R,
) -> (String, u8) {
    let paper = Paper::default();
    let (messages, inbox) = channel();
    let (asks, their_asks) = channel();
    let (mut reader, replies) = (reader(paper.clone()), messages.clone());
    std::thread::spawn(move || {
        serve(&mut reader, &their_asks, |reply| replies.send(Msg::Input(reply)).is_ok());
    });
    let screen = Screen::new(Box::new(paper.clone()), style);
    let mut client = Client::new(ops, cancel, asks, screen, Words::new(&Lists::default()), false);
    forward(events, messages);
    client.start("");
    let status = client.serve(&inbox);
    // The version grows, the transcripts stay.
    let version = format!("v{}.{}\n", env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    (paper.text().replace(&version, "v1.0\n"), status)
}

/// An engine that follows a script: what it tells after each thing it hears. Gives what it heard at the end.
fn scripted(script: Vec<Vec<Event>>, input: &str) -> (String, u8, Vec<Op>) {
    let (ops, heard) = channel();
    let (tell, events) = channel();
    let engine = std::thread::spawn(move || {
        let mut all = Vec::new();
        let mut script = script.into_iter();
        for event in script.next().unwrap_or_default() {
            tell.send(event).unwrap();
        }
        while let Ok(op) = heard.recv() {
            let quit = matches!(op, Op::Quit);
            all.push(op);
            if quit {
                let _ = tell.send(Event::Ended { status: 0 });
                break;
            }
            for event in script.next().unwrap_or_else(|| vec![Event::Ready]) {
                // The interface may be gone after `Ended`.
                let _ = tell.send(event);
            }
        }
        all
    });
    let (text, status) = type_at(ops, events, Cancel::default(), style(), input);
    (text, status, engine.join().unwrap())
}

fn ended(status: u8) -> Event {
    Event::Ended { status }
}

fn say(text: &str) -> Event {
    Event::Say(text.into())
}

fn started(title: &str, quiet: bool) -> Event {
    Event::StepStarted { title: title.into(), of: (0, 1), quiet }
}

fn done(sentence: Option<&str>) -> Event {
    Event::StepDone { sentence: sentence.map(str::to_string) }
}

fn step(title: &str) -> [Event; 2] {
    [started(title, false), done(None)]
}

fn secret(prompt: &str) -> Event {
    Event::Secret { prompt: prompt.into(), confirm: "Confirm: ".into(), short_below: 0 }
}

fn confirm() -> Event {
    Event::Confirm { digest: "d1".into() }
}

fn disk(path: &str, size_bytes: u64, model: &str, rotational: bool) -> Disk {
    let json = serde_json::json!({
        "path": path, "size_bytes": size_bytes, "model": model, "rotational": rotational, "transport": "sata"
    });
    serde_json::from_value(json).unwrap()
}

fn plan_view(asks: bool) -> Event {
    let plan = Plan {
        steps: vec![],
        layout: None,
        warnings: vec!["This will ERASE all data on /dev/sda".into()],
        no_return: None,
        phrase: None,
        lines: vec![
            "Disk: /dev/sda (500GB)".into(),
            "- /dev/sda1: 512MB EFI (vfat)".into(),
            "- /dev/sda2: 499.5GB LUKS → ext4 root".into(),
        ],
        digest: "d1".into(),
    };
    Event::Plan(Box::new(PlanView { plan, before: vec![], asks }))
}

fn installing() -> Vec<Event> {
    let mut events = Vec::new();
    events.extend(step("Creating partition table"));
    events.extend(step("Creating EFI partition"));
    events.push(started("Creating LUKS container", false));
    events.push(secret("Enter encryption passphrase: "));
    events
}

fn copying() -> Vec<Event> {
    let mut events = vec![done(None)];
    events.extend(step("Formatting root"));
    events.extend(step("Mounting"));
    events.push(started("Copying system", false));
    events.extend((0..=10).map(|n| Event::Progress { done: n * 100, total: 1000 }));
    events.push(done(None));
    events.extend(step("Generating fstab"));
    events.push(Event::Ready);
    events
}

/// The session of the requirements, word for word, as far as the interface makes it.
#[test]
fn the_example_session() {
    let script = vec![
        vec![Event::Stages(vec![]), Event::Ready],
        vec![
            Event::Disks(vec![
                disk("/dev/sda", 500_107_862_016, "Samsung SSD 870 EVO 500GB", false),
                disk("/dev/sdb", 1_000_204_886_016, "WD Blue", true),
            ]),
            Event::Ready,
        ],
        vec![Event::Understood("partition".into()), plan_view(true), confirm(), Event::Ready],
        installing(),
        copying(),
        vec![
            started("Setting timezone", true),
            done(Some("Set timezone to America/Los_Angeles")),
            Event::Ready,
        ],
        vec![
            started("Creating user", true),
            done(Some("Created user 'vince' with sudo access")),
            started("Setting password", true),
            secret("Set password for vince: "),
        ],
        vec![done(None), Event::Ready],
        {
            let mut events = Vec::from(step("Installing GRUB to /dev/sda"));
            events.extend(step("Generating grub.cfg"));
            events.push(Event::Ready);
            events
        },
        vec![
            started("Unmounting partitions", false),
            done(None),
            say("Installation complete! Remove the USB and reboot."),
            Event::Question { prompt: "Reboot now?".into() },
        ],
        vec![ended(0)],
    ];
    let input = "what disks do I have\ninstall on the ssd, whole disk, encrypted\ny\nsecret-1\nsecret-1\n\
                 timezone los angeles\ncreate user vince with sudo\nsecret-2\nsecret-2\ninstall bootloader\ndone\ny";
    let (text, status, heard) = scripted(script, input);
    insta::assert_snapshot!(text);
    assert_eq!(status, 0);
    assert!(!text.contains("secret-"), "a secret was shown");
    assert!(heard.iter().any(|op| matches!(op, Op::Secret(Some(s)) if s.expose_secret() == "secret-1")));
    assert!(heard.iter().any(|op| matches!(op, Op::Secret(Some(s)) if s.expose_secret() == "secret-2")));
    assert!(heard.iter().any(|op| matches!(op, Op::Answer { yes: true, digest } if digest == "d1")));
    assert!(matches!(heard.last(), Some(Op::YesNo(true))));
}

#[test]
fn words_at_a_yes_or_no_change_the_plan() {
    let script = vec![
        vec![Event::Ready],
        vec![plan_view(true), confirm(), Event::Ready],
        vec![say("Nothing."), Event::Ready],
    ];
    let (_, _, heard) = scripted(script, "use the ssd\nyes but encrypted");
    assert!(matches!(&heard[1], Op::Say(text) if text == "yes but encrypted"), "{heard:?}");
    assert!(matches!(heard.last(), Some(Op::Quit)));
}

#[test]
fn secrets_that_differ_are_asked_again() {
    let script =
        || vec![vec![Event::Ready], vec![started("Setting password", true), secret("Set password for x: ")]];
    let (text, _, heard) = scripted(script(), "set password\na\nb\na\na");
    assert!(matches!(&heard[1], Op::Secret(Some(s)) if s.expose_secret() == "a"));
    insta::assert_snapshot!(text);
    let (_, _, heard) = scripted(script(), "set password\na\nb\na\nb\na\nb\nc\nc\n");
    assert!(matches!(&heard[1], Op::Secret(Some(s)) if s.expose_secret() == "c"));
    let (_, _, heard) = scripted(script(), "set password\n\n\n");
    assert!(matches!(&heard[1], Op::Secret(None)));
    let (_, _, heard) = scripted(script(), "set password\n\nz\nz\n");
    assert!(matches!(&heard[1], Op::Secret(Some(s)) if s.expose_secret() == "z"));
}

#[test]
fn a_failure_is_told_in_full() {
    let script = vec![
        vec![Event::Ready],
        vec![
            started("Formatting root", false),
            Event::Warning("The disk answers slowly.".into()),
            Event::StepFailed,
            Event::Undoing { sentence: "Close the container.".into() },
            Event::Failure(Failure {
                what: "Formatting root failed: mkfs.ext4 /dev/sda2 failed (exit status 1): no space".into(),
                state: vec!["Everything this plan had begun was taken back.".into()],
                next: "Say what you want to install on again to retry.".into(),
                retry: true,
            }),
            Event::Ready,
        ],
    ];
    let (text, _, _) = scripted(script, "use the ssd");
    insta::assert_snapshot!(text);
}

#[test]
fn the_name_of_the_disk_is_asked_in_the_engines_words() {
    let script = vec![
        vec![Event::Ready],
        vec![plan_view(true), confirm(), Event::Ready],
        vec![Event::Phrase { device: "/dev/sda".into(), prompt: "Type /dev/sda to erase it".into() }],
        vec![say("That is not the name of the disk. Nothing was changed."), Event::Ready],
    ];
    let (text, _, heard) = scripted(script, "use the ssd\nok\nsda1\n");
    assert!(text.contains("\nType /dev/sda to erase it > sda1\n"), "{text}");
    assert!(matches!(&heard[2], Op::Phrase(text) if text == "sda1"));
}

#[test]
fn the_end_of_the_input_quits() {
    let (text, status, heard) = scripted(vec![vec![Event::Ready]], "\n\n");
    assert!(matches!(heard.last(), Some(Op::Quit)));
    assert_eq!(status, 0);
    assert!(text.ends_with("> \n> \n> \n"), "{text:?}");
}

#[test]
fn an_engine_that_dies_is_noticed() {
    let (ops, heard) = channel();
    let (tell, events) = channel();
    drop((heard, tell));
    let (text, status) = type_at(ops, events, Cancel::default(), style(), "");
    assert_eq!(status, 5);
    assert!(text.contains("without a word") && text.contains("Start it"), "{text}");
}

#[test]
fn a_signal_stops_what_runs_and_leaves() {
    let (ops, heard) = channel();
    let (messages, inbox) = channel();
    let (asks, _kept) = channel();
    let cancel = Cancel::default();
    let paper = Paper::default();
    let screen = Screen::new(Box::new(paper.clone()), style());
    let mut client = Client::new(ops, cancel.clone(), asks, screen, Words::default(), true);
    for message in [
        Msg::Engine(started("Copying system", false)),
        Msg::Signal(Signal::SIGINT),
        Msg::Engine(Event::StepFailed),
        Msg::Engine(Event::Ready),
        Msg::Signal(Signal::SIGTERM),
        Msg::Engine(ended(0)),
    ] {
        messages.send(message).unwrap();
    }
    assert_eq!(client.serve(&inbox), 3);
    assert!(cancel.requested());
    assert!(matches!(heard.try_recv(), Ok(Op::Quit)));
    insta::assert_snapshot!(paper.text());
}

#[test]
fn odd_disks_are_marked_in_words() {
    let json =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/machines/odd.json"))
            .unwrap();
    let machine = Machine::from_json(&json).unwrap();
    insta::assert_snapshot!(crate::interface::disk_lines(&machine.disks).join("\n"));
    insta::assert_snapshot!(crate::interface::disk_lines(&[]).join("\n"));
}
