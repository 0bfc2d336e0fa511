//! The engine with an interface that types nothing: operations in, events out.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender};

use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::protocol::{Event, Failure, Op};
use levitate_core::sys::System;
use levitate_core::sys::sim::Simulated;
use secrecy::SecretString;

use super::{Handle, OpenMind, Session, SessionOptions};
use crate::mind::Mind;

/// A described computer of the tests.
pub(crate) fn machine(name: &str) -> Machine {
    let read = |folder: &str| {
        std::fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(format!("{name}.json")),
        )
    };
    let text = read("tests/fixtures/machines").or_else(|_| read("../../machines"));
    Machine::from_json(&text.unwrap()).unwrap()
}

/// A session on it that understands by rules.
pub(crate) fn session(sys: impl System + 'static) -> Handle {
    let mind: OpenMind = Box::new(|_, _| Mind::rules());
    Session::start(SessionOptions { sys: Box::new(sys), lists: Lists::embedded(), table: None, mind })
        .unwrap()
}

/// Answers a session as a screen does, with the lines that a person would type in line mode; leaves when they are
/// used up. Gives what was told.
pub(crate) fn drive(ops: &Sender<Op>, events: &Receiver<Event>, lines: &str) -> Vec<Event> {
    let mut lines = lines.lines();
    let (mut told, mut asked) = (Vec::new(), None);
    for event in events {
        let answer = match &event {
            Event::Confirm { digest } => {
                asked = Some(digest.clone());
                None
            }
            Event::Ready => Some(match (lines.next(), asked.take()) {
                (None, _) => Op::Quit,
                (Some("retry!"), _) => Op::Retry,
                (Some("shell!"), _) => Op::Shell,
                (Some(yes @ ("y" | "n")), Some(digest)) => Op::Answer { digest, yes: yes == "y" },
                (Some(line), _) => Op::Say(line.into()),
            }),
            Event::Phrase { .. } => Some(Op::Phrase(lines.next().unwrap_or_default().into())),
            Event::Question { .. } => Some(Op::YesNo(lines.next() == Some("y"))),
            Event::Secret { .. } => {
                let typed = [lines.next(), lines.next()];
                Some(Op::Secret(typed[0].filter(|_| typed[0] == typed[1]).map(SecretString::from)))
            }
            _ => None,
        };
        let over = matches!(event, Event::Ended { .. });
        told.push(event);
        if let Some(op) = answer {
            ops.send(op).unwrap();
        }
        if over {
            break;
        }
    }
    told
}

fn to_its_end(sys: Simulated, lines: &str) -> Vec<Event> {
    let handle = session(sys);
    let told = drive(&handle.ops, &handle.events, lines);
    handle.thread.join().unwrap();
    told
}

pub(crate) fn rehearse(name: &str, lines: &str) -> Vec<Event> {
    to_its_end(Simulated::new(machine(name)).instant(), lines)
}

/// The example session of the requirements with an encrypted disk.
const EXAMPLE: &str = "what disks do I have\ninstall on the ssd, whole disk, encrypted\ny\np\np\n\
    timezone los angeles\ncreate user vince with sudo\nq\nq\ninstall bootloader\ndone\ny\n";

#[test]
fn the_computer_is_told_at_the_start_and_after_changes_alone() {
    let told = rehearse("two-disks", EXAMPLE);
    let computers: Vec<_> = told
        .iter()
        .enumerate()
        .filter_map(|(at, event)| matches!(event, Event::Computer(_)).then_some(at))
        .collect();
    let engine = told.iter().position(|event| matches!(event, Event::Engine(_))).unwrap();
    assert!(computers[0] < engine, "{told:#?}");
    assert!(told[..engine].iter().all(|event| !matches!(event, Event::Ready)));
    let sets: Vec<_> = computers
        .iter()
        .map(|at| match &told[*at] {
            Event::Computer(disks) => disks,
            _ => unreachable!(),
        })
        .collect();
    assert!(sets.len() > 1 && sets.windows(2).all(|two| two[0] != two[1]), "{}", sets.len());
}

#[test]
fn hints_come_before_ready_where_they_changed() {
    let told = rehearse("two-disks", EXAMPLE);
    let hints: Vec<_> = told
        .windows(2)
        .filter_map(|two| match two {
            [Event::Hints(hints), next] => {
                assert!(matches!(next, Event::Ready), "{next:?}");
                Some(hints.clone())
            }
            _ => None,
        })
        .collect();
    assert!(hints.windows(2).all(|two| two[0] != two[1]));
    assert!(hints[0].contains(&"use the whole disk".into()), "{hints:?}");
    assert!(hints.iter().any(|hints| hints[0] == "yes"), "{hints:?}");
}

#[test]
fn a_plan_brings_the_disks_it_touches_and_its_steps_are_announced() {
    let told = rehearse("two-disks", EXAMPLE);
    let view = told.iter().find_map(|event| match event {
        Event::Plan(view) => Some(view),
        _ => None,
    });
    let before: Vec<_> = view.unwrap().before.iter().map(|disk| disk.path.as_str()).collect();
    assert_eq!(before, ["/dev/sda"]);
    let mut steps = Vec::new();
    for event in &told {
        match event {
            Event::Running(titles) => steps.clone_from(titles),
            Event::StepStarted { title, of: (at, all), quiet } => {
                assert_eq!((&steps[*at].title, steps[*at].quiet, steps.len()), (title, *quiet, *all));
            }
            _ => {}
        }
    }
}

fn summary(told: &[Event]) -> String {
    let of = |event: &Event| match event {
        Event::Summary(lines) => Some(lines.join("\n")),
        _ => None,
    };
    told.iter().find_map(of).unwrap_or_default()
}

#[test]
fn a_finished_installation_is_summed_up_before_it_is_called_complete() {
    let told = rehearse("two-disks", EXAMPLE);
    let at = told.iter().position(|event| matches!(event, Event::Summary(_))).unwrap();
    assert!(matches!(&told[at + 1], Event::Say(text) if text.starts_with("Installation complete!")));
    insta::assert_snapshot!(summary(&told));
}

#[test]
fn nothing_is_summed_up_where_nothing_is_installed() {
    assert_eq!(summary(&rehearse("two-disks", "timezone vienna\ndone\nreboot now\n")), "");
}

/// A session whose `call`-th change of the computer fails once.
fn failing(call: u64, lines: &str) -> Vec<Event> {
    let mut sys = Simulated::new(machine("two-disks")).instant();
    sys.fail_at(call);
    to_its_end(sys, lines)
}

/// What failed, and what came after it.
fn failure(told: &[Event]) -> Option<(&Failure, &[Event])> {
    told.iter().enumerate().find_map(|(at, event)| match event {
        Event::Failure(failure) => Some((failure, &told[at + 1..])),
        _ => None,
    })
}

fn said(told: &[Event], text: &str) -> bool {
    told.iter().any(|event| matches!(event, Event::Say(said) if said.contains(text)))
}

fn succeeded(told: &[Event], title: &str) -> bool {
    let running = |event: &Event| matches!(event, Event::StepStarted { title: of, .. } if of == title);
    let at = told.iter().position(running);
    at.is_some_and(|at| matches!(told[at..].iter().find(|e| !running(e)), Some(Event::StepDone { .. })))
}

#[test]
fn a_plan_that_failed_is_proposed_again_and_asked_about() {
    for call in [20, 25, 30] {
        for retry in ["retry!", "Try again."] {
            let told = failing(call, &format!("use the whole ssd\ny\n{retry}\ny\n"));
            let (failure, after) = failure(&told).unwrap_or_else(|| panic!("{call}: nothing failed"));
            assert!(failure.retry, "{failure:?}");
            let plan =
                after.iter().position(|event| matches!(event, Event::Plan(view) if view.asks)).unwrap();
            let confirm = after.iter().position(|event| matches!(event, Event::Confirm { .. })).unwrap();
            let runs = after.iter().position(|event| matches!(event, Event::StepStarted { .. })).unwrap();
            assert!(plan < confirm && confirm < runs, "{call}: {after:#?}");
            assert!(succeeded(after, "Generating fstab"), "{call}: {after:#?}");
        }
    }
}

#[test]
fn what_destroys_nothing_is_tried_again_at_once_and_once() {
    let lines = "use the whole ssd\ny\ntimezone los angeles\nretry!\nretry!\n";
    let told = (40..400).map(|call| failing(call, lines)).find(|told| {
        failure(told).is_some_and(|(failure, _)| failure.what.starts_with("Setting timezone to"))
    });
    let told = told.expect("some call is the timezone's");
    let (_, after) = failure(&told).unwrap();
    assert!(succeeded(after, "Setting timezone to America/Los_Angeles"), "{after:#?}");
    assert!(!after.iter().any(|event| matches!(event, Event::Confirm { .. })));
    assert!(said(after, "There is nothing to try again."), "{after:#?}");
}

#[test]
fn what_was_noted_after_a_failure_is_part_of_the_next_try() {
    let told = failing(25, "use the whole ssd\ny\nhostname is apple\nretry!\ny\n");
    let (_, after) = failure(&told).unwrap();
    assert!(succeeded(after, "Setting hostname to apple"), "{after:#?}");
}

#[test]
fn without_a_failure_there_is_nothing_to_try_again() {
    assert!(said(&rehearse("two-disks", "retry!\n"), "There is nothing to try again."));
}

#[test]
fn a_rehearsal_opens_no_shell_and_says_so() {
    let told = rehearse("two-disks", "shell!\nlist disks\n");
    assert!(said(&told, "In a rehearsal no shell is opened"), "{told:#?}");
    let ended = told.iter().position(|event| matches!(event, Event::ShellEnded)).unwrap();
    assert!(told[ended..].iter().any(|event| matches!(event, Event::Disks(_))));
}

/// What was said and planned, in order, as one text.
fn heard(told: &[Event]) -> String {
    let lines = told.iter().filter_map(|event| match event {
        Event::Say(text) => Some(text.clone()),
        Event::Plan(view) => Some(format!("Plan:\n{}", view.plan.lines.join("\n"))),
        Event::StepDone { sentence } => Some(format!("done: {sentence:?}")),
        Event::Question { prompt } => Some(prompt.clone()),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_said_while_a_plan_waits_is_added_to_it() {
    let told = heard(&rehearse("two-disks", "use the ssd\nhostname alpha\n"));
    let last = told.rsplit("Plan:").next().unwrap();
    assert!(last.contains("/dev/sda1") && last.contains("Set the hostname to alpha"), "{told}");
}

#[test]
fn a_yes_to_another_question_is_no_yes_to_the_plan() {
    for question in ["keyboard klingon", "timezone springfield", "hostname my_box", "create user 1abc"] {
        let told = heard(&rehearse("two-disks", &format!("use the ssd\n{question}\nyes\n")));
        assert!(!told.contains("done:"), "{question}: {told}");
        assert!(told.matches("Plan:").count() > 1, "it is shown again: {question}: {told}");
    }
    // And it can be agreed to then.
    let told = heard(&rehearse("two-disks", "use the ssd\nkeyboard klingon\nyes\nyes\n"));
    assert!(told.contains("done:"), "{told}");
}

#[test]
fn a_plan_that_restarts_says_so() {
    let told = heard(&rehearse("two-disks", "use the ssd, bootloader, then reboot\ny\n"));
    assert!(told.contains("- Restart the computer."), "{told}");
}

#[test]
fn undo_takes_back_what_was_named_and_nothing_else() {
    let start = "use the ssd, hostname alpha, german keyboard\ny\ncreate user vince\np\np\n";
    let told = heard(&rehearse("two-disks", &format!("{start}undo the hostname\nstatus\n")));
    assert!(told.contains("What was done last is user vince"), "{told}");
    assert!(!told.contains("Taken back"), "{told}");
    let told = heard(&rehearse("two-disks", &format!("{start}undo the user\nstatus\n")));
    assert!(told.contains("Taken back"), "{told}");
    let together = "hostname alpha, german keyboard\nundo the keyboard\nn\nundo the keyboard\ny\n";
    let told = heard(&rehearse("two-disks", together));
    assert!(
        told.contains("together: hostname alpha, keyboard de") && told.contains("Nothing was taken back"),
        "{told}"
    );
    assert!(told.contains("Taken back: hostname alpha, keyboard de."), "{told}");
}

#[test]
fn a_group_that_is_not_there_is_named_in_plain_words() {
    let told =
        rehearse("two-disks", "use the ssd\ny\ncreate user vince\np\np\nadd vince to the docker group\n");
    let failure = told.iter().find_map(|event| match event {
        Event::Failure(failure) => Some(&failure.what),
        _ => None,
    });
    let failure = failure.unwrap();
    assert!(failure.contains("the new system has no group docker (it has sudo"), "{failure}");
    assert!(!failure.contains("usermod"), "{failure}");
}

#[test]
fn a_system_is_not_copied_over_another_on_a_mere_yes() {
    let lines = "mount nvme0n1p2 on /\nmount nvme0n1p1 on /boot/efi\ninstall the system\ny\nno\nstatus\n";
    let told = rehearse("linux-laptop", lines);
    assert!(
        told.iter().any(|event| matches!(event, Event::Phrase { device, .. } if device == "/dev/nvme0n1p2"))
    );
    let words = heard(&told);
    assert!(words.contains("Nothing was changed"), "{words}");
    let warns = |event: &Event| match event {
        Event::Plan(view) => view.plan.warnings.join(" ").contains("copied over Ubuntu 24.04.1 LTS"),
        _ => false,
    };
    assert!(told.iter().any(warns), "{words}");
    assert!(words.contains("copied over what is on it"), "{words}");
}

#[test]
fn nothing_restarts_before_anything_is_installed_unless_it_is_meant() {
    let told = heard(&rehearse("vm", "hostname box\nreboot\nn\nstatus\n"));
    assert!(told.contains("Restart the computer all the same?") && !told.contains("Rebooting"), "{told}");
    let told = heard(&rehearse("vm", "reboot\ny\n"));
    assert!(told.contains("Rebooting"), "{told}");
}

#[test]
fn what_was_undone_is_not_put_back_by_undoing_more() {
    let told = heard(&rehearse("vm", "create user pete\nhostname box\nundo\nput it back\nstatus\n"));
    assert!(told.contains("can be had again") && told.contains("user: pete"), "{told}");
}

#[test]
fn everything_can_be_taken_back_at_once() {
    let noted = "hostname alpha\ngerman keyboard\ntimezone oslo\n";
    let told = heard(&rehearse("two-disks", &format!("{noted}take everything back\nstatus\n")));
    assert!(told.contains("Taken back: hostname alpha, time zone Europe/Oslo, keyboard de."), "{told}");
    assert!(!told.contains("(noted)"), "{told}");
    let start = "hostname alpha\nuse the ssd\ny\ncreate user vince\np\np\n";
    let kept = heard(&rehearse("two-disks", &format!("{start}undo all\nn\nstatus\n")));
    assert!(kept.contains("all of it?") && kept.contains("[x] Disk Configuration"), "{kept}");
    let gone = heard(&rehearse("two-disks", &format!("{start}undo all\ny\nstatus\n")));
    assert!(gone.contains("[ ] Disk Configuration") && !gone.contains("alpha (noted)"), "{gone}");
}

#[test]
fn a_password_can_be_set_anew() {
    let start = "use the ssd\ny\ncreate user vince\np\np\n";
    let told = rehearse("two-disks", &format!("{start}set password for vince\nq\nq\n"));
    let asked = told.iter().filter(|event| matches!(event, Event::Secret { .. })).count();
    assert_eq!(asked, 2, "{}", heard(&told));
}

#[test]
fn to_leave_is_no_part_of_the_plan_that_waits() {
    for said in ["exit", "exit without reboot", "done"] {
        let told = heard(&rehearse("two-disks", &format!("use the ssd\n{said}\ny\ny\n")));
        assert!(!told.contains("boot loader is installed") && !told.contains("done:"), "{said}: {told}");
        assert_eq!(told.matches("Plan:").count(), 1, "{said}: {told}");
    }
}
