//! Every state at the sizes that matter, with and without letters beyond ASCII.

use crossterm::event::KeyCode;
use levitate_core::machine::Machine;
use levitate_core::protocol::{Event, Failure, StageState, StepTitle};
use levitate_core::state::Stage;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{Paper, planned};
use crate::tui::view;

const TWO_DISKS: &str = include_str!("../../../tests/fixtures/machines/two-disks.json");
const SIZES: [(u16, u16); 3] = [(80, 24), (100, 30), (60, 20)];

/// Compares what is seen at every size, in Unicode and in ASCII.
fn compare(name: &str, mut paper: Paper) {
    for (columns, rows) in SIZES {
        let unicode = paper.seen(columns, rows, true);
        let ascii = paper.seen(columns, rows, false);
        assert!(ascii.is_ascii(), "{name}: letters beyond ASCII in\n{ascii}");
        insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), format!("{unicode}\n{ascii}"));
    }
}

fn machine() -> Machine {
    Machine::from_json(TWO_DISKS).unwrap()
}

fn planning() -> Paper {
    let mut paper = Paper::ready();
    paper.say("install on the ssd, whole disk, encrypted");
    let view =
        planned(&machine(), r#"{"action":"partition","disk":"/dev/sda","use":"whole","encrypt":true}"#);
    let digest = view.plan.digest.clone();
    paper.tell([
        Event::Thinking,
        Event::Understood("partition /dev/sda, whole disk, encrypted".into()),
        Event::Plan(Box::new(view)),
        Event::Confirm { digest },
        Event::Ready,
    ]);
    paper
}

fn stages(running: Option<Stage>, done: usize) -> Event {
    let state = |index: usize, stage: Stage| {
        if running == Some(stage) {
            StageState::Running
        } else if index < done {
            StageState::Done
        } else {
            StageState::Open
        }
    };
    Event::Stages(Stage::ALL.into_iter().enumerate().map(|(n, stage)| (stage, state(n, stage))).collect())
}

fn copying() -> Paper {
    let mut paper = planning();
    paper.say("y");
    let titles =
        ["Creating partition table", "Formatting root", "Mounting", "Copying system", "Generating fstab"];
    let title = |title: &str| StepTitle { title: title.into(), quiet: false };
    paper.tell([Event::Running(titles.map(title).into())]);
    for (index, title) in titles[..3].iter().enumerate() {
        paper.tell([
            Event::StepStarted { title: (*title).into(), of: (index, 5), quiet: false },
            Event::StepDone { sentence: None },
        ]);
    }
    paper.tell([stages(Some(Stage::System), 1)]);
    paper.tell([Event::StepStarted { title: titles[3].into(), of: (3, 5), quiet: false }]);
    for second in 0..=5 {
        paper.at(f64::from(second));
        paper.tell([Event::Progress { done: u64::from(second as u32) * 100_000_000, total: 1_900_000_000 }]);
    }
    paper
}

fn failed() -> Paper {
    let mut paper = copying();
    paper.tell([
        Event::StepFailed,
        Event::Undoing { sentence: "unmount the target".into() },
        Event::Failure(Failure {
            what: "Copying system failed: writing /mnt/usr/bin/bash: No space left on device\nunsquashfs: write failed"
                .into(),
            state: vec!["Everything this plan had begun was taken back.".into()],
            next: "Say what you want to install on again to retry, or \"list disks\" to look.".into(),
            retry: true,
        }),
        Event::Ready,
    ]);
    paper
}

#[test]
fn start() {
    let mut paper = Paper::new();
    paper.tell([Event::Loading("Loading the language model (98MB)".into())]);
    paper.type_in("list di");
    compare("start", paper);
}

#[test]
fn disks() {
    let mut paper = Paper::ready();
    paper.say("what disks do I have");
    paper.tell([Event::Disks(machine().disks), Event::Ready]);
    compare("disks", paper);
}

#[test]
fn plan() {
    compare("plan", planning());
}

/// Not only after something else was drawn.
#[test]
fn a_plan_that_is_too_long_is_marked_in_its_first_frame() {
    let mut paper = planning();
    let mut terminal = Terminal::new(TestBackend::new(60, 20)).unwrap();
    terminal.draw(|frame| view::draw(&mut paper.app, frame)).unwrap();
    let seen = terminal.backend().to_string();
    assert!(seen.contains("the plan begins above") && seen.contains("understood: "), "{seen}");
}

/// A plan without a new table has no "Then:"; its picture must not take the place of its steps.
#[test]
fn the_steps_of_a_plan_that_only_formats_are_said() {
    let machine = Machine::from_json(include_str!("../../../../../machines/linux-laptop.json")).unwrap();
    let partition =
        machine.disks.iter().flat_map(|d| &d.partitions).find(|p| p.fs.as_deref() == Some("ext4")).unwrap();
    let request = format!(r#"{{"action":"format","partition":"{}","filesystem":"ext4"}}"#, partition.path);
    let view = planned(&machine, &request);
    let steps = view.plan.lines.clone();
    let mut paper = Paper::ready();
    paper.tell([Event::Plan(Box::new(view))]);
    let seen = paper.seen(200, 80, true);
    assert!(steps.iter().all(|line| seen.contains(line.as_str())), "{steps:#?}\n{seen}");
}

#[test]
fn phrase() {
    let mut paper = planning();
    paper.say("y");
    let prompt = "/dev/sda carries data. Type its name to go on".to_string();
    paper.tell([Event::Phrase { device: "/dev/sda".into(), prompt }]);
    compare("phrase", paper);
}

#[test]
fn secret() {
    let mut paper = planning();
    paper.say("y");
    paper.tell([Event::Secret {
        prompt: "Enter encryption passphrase: ".into(),
        confirm: "Confirm: ".into(),
        short_below: 8,
    }]);
    paper.type_in("HUNTER22");
    let seen = paper.seen(80, 24, true);
    assert!(!seen.contains("HUNTER"), "{seen}");
    compare("secret", paper);
}

#[test]
fn thinking() {
    let mut paper = Paper::ready();
    paper.say("put it on the empty one");
    paper.at(3.2);
    paper.type_in("and encr");
    compare("thinking", paper);
}

#[test]
fn copy() {
    compare("copy", copying());
}

#[test]
fn stopping() {
    let mut paper = copying();
    paper.key(KeyCode::Esc);
    assert!(paper.cancel.requested());
    compare("stopping", paper);
}

#[test]
fn failure() {
    compare("failure", failed());
}

#[test]
fn failure_in_the_chat() {
    let mut paper = failed();
    paper.at(9.0);
    paper.key(KeyCode::Esc);
    compare("failure-closed", paper);
}

#[test]
fn finished() {
    let mut paper = Paper::ready();
    paper.say("done");
    paper.tell([
        stages(None, 6),
        Event::Summary(vec![
            "Disk: /dev/sda (500GB), encrypted".into(),
            "Hostname: box, time zone America/Los_Angeles".into(),
            "To start it: remove the medium; the firmware entry is \"LevitateOS\".".into(),
            "Journal: /var/log/levitate-installer on the new system.".into(),
        ]),
        Event::Say("Installation complete! Remove the USB and reboot.".into()),
        Event::Question { prompt: "Reboot now?".into() },
    ]);
    compare("finished", paper);
}

#[test]
fn overlays() {
    for (key, name) in [(1, "help"), (2, "plan-whole"), (3, "log"), (4, "disks-all")] {
        let mut paper = planning();
        paper.tell([
            Event::Computer(machine().disks),
            Event::Hints(vec!["use the whole disk".into(), "hostname is my-laptop".into()]),
        ]);
        paper.key(KeyCode::F(key));
        compare(name, paper);
    }
}

#[test]
fn completion() {
    let mut paper = Paper::ready();
    paper.type_in("timezone America/Ar");
    paper.key(KeyCode::Tab);
    paper.key(KeyCode::Tab);
    compare("completion", paper);
}

#[test]
fn several_lines() {
    let mut paper = Paper::ready();
    paper.app.editor.paste(
        "hostname is box\ntimezone berlin\ncreate user vince with sudo and a rather long sentence behind it",
    );
    compare("paste", paper);
}

#[test]
fn leaving() {
    let mut paper = Paper::ready();
    paper.ctrl('d');
    compare("leave", paper);
}

#[test]
fn a_window_that_is_too_small_says_so() {
    let mut paper = planning();
    for (columns, rows) in [(59, 20), (80, 14), (20, 5), (1, 1)] {
        let seen = paper.seen(columns, rows, true);
        assert!(columns < 20 || seen.contains("cells"), "{seen}");
    }
    insta::assert_snapshot!(paper.seen(50, 10, true));
}

/// Sizes, letters and states that nobody drew: no panic, nothing wider than the window.
#[test]
fn any_size_can_be_drawn() {
    for make in [planning, copying, failed] {
        let mut paper = make();
        paper.tell([Event::Say("磁盘 e\u{301} \u{1b}[31m\u{7}tab\tend 🦀".repeat(20))]);
        for columns in (60..130).step_by(7) {
            for rows in [15, 16, 23, 40] {
                let seen = paper.seen(columns, rows, columns % 2 == 0);
                assert!(!seen.contains('\u{1b}'));
            }
        }
    }
}
