//! The rules and the grounding against a table: `rules.tsv` has machine, context, words and what comes of them.
//!
//! `BLESS=1 cargo test -p levitate-agent --test rules` writes what comes now; the diff is then read by a person.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use levitate_agent::{Answer, Context, eval, reading, refs, understand};
use levitate_core::action::{InstallerAction, PartitionRequest, Use};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::state::{Stage, State, Target, TargetUse, User};
use proptest::prelude::*;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../training/data")
}

fn machine(name: &str) -> Machine {
    let text = std::fs::read_to_string(data().join(format!("machines/{name}.json"))).expect(name);
    Machine::from_json(&text).expect(name)
}

/// `-` nothing yet, `P` a plan to erase the first disk waits, `U` vince has an account, `D` the disk is laid out,
/// `B` the system is copied.
fn state(context: &str, machine: &Machine) -> State {
    let mut state = State::default();
    let disk = machine.candidates().next().map(|disk| disk.path.clone()).unwrap_or_default();
    match context {
        "P" => state.pending = Some(InstallerAction::Partition(PartitionRequest::new(disk, Use::Whole))),
        "U" => state.users.push(User { name: "vince".into(), sudo: false, password_set: false }),
        "D" | "B" => {
            state.target = Some(Target { disk, usage: TargetUse::Whole, encrypt: false, mounts: Vec::new() });
            state.done.push(Stage::Disk);
            if context == "B" {
                state.done.push(Stage::System);
            }
        }
        _ => {}
    }
    state
}

/// An answer in one line: `?` asks, `text` answers in words, `??` did not understand.
fn show(answer: &Answer) -> String {
    let Answer::Actions(actions) = answer else {
        return if matches!(answer, Answer::Text(_)) { "text".into() } else { "??".into() };
    };
    let one = |action: &InstallerAction| {
        if matches!(action, InstallerAction::Clarify { .. }) {
            return "?".to_owned();
        }
        let value = serde_json::to_value(action).unwrap();
        let fields = value.as_object().unwrap();
        let mut out = fields["action"].as_str().unwrap().to_owned();
        for key in ["disk", "use", "partition", "user", "name"] {
            if let Some(value) = fields.get(key) {
                out.push_str(&format!(" {}", value.as_str().unwrap()));
            }
        }
        // By name: the order in the map is that of whichever features serde_json was built with.
        for (key, value) in fields.iter().collect::<BTreeMap<_, _>>() {
            if !["action", "disk", "use", "partition", "user", "name"].contains(&key.as_str()) {
                out.push_str(&match value.as_str() {
                    Some(text) => format!(" {key}={text}"),
                    None if key == "scheme" => format!(" scheme={}", scheme(value)),
                    None => format!(" {key}={value}"),
                });
            }
        }
        out
    };
    actions.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// `swap:4G:swap,/:rest:ext4`.
fn scheme(value: &serde_json::Value) -> String {
    let entries: Vec<levitate_core::action::SchemeEntry> = serde_json::from_value(value.clone()).unwrap();
    let one = |entry: &levitate_core::action::SchemeEntry| {
        format!("{}:{}:{}", entry.mount, entry.size, entry.fs.map_or("-", |fs| fs.name()))
    };
    entries.iter().map(one).collect::<Vec<_>>().join(",")
}

#[test]
fn the_table_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules.tsv");
    let table = std::fs::read_to_string(&path).unwrap();
    let lists = Lists::embedded();
    let mut machines: BTreeMap<String, Machine> = BTreeMap::new();
    let mut written = String::new();
    let mut wrong = Vec::new();
    for line in table.lines() {
        if line.starts_with('#') || line.is_empty() {
            written.push_str(&format!("{line}\n"));
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        let machine = machines.entry(fields[0].into()).or_insert_with(|| machine(fields[0]));
        let state = state(fields[1], machine);
        let ctx = Context { machine, state: &state, history: &[], lists: &lists, open: &[] };
        let got = show(&understand(fields[2], &ctx));
        written.push_str(&format!("{}\t{}\t{}\t{got}\n", fields[0], fields[1], fields[2]));
        if fields.get(3) != Some(&got.as_str()) {
            wrong.push(format!("{line}\n    got {got}"));
        }
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, written).unwrap();
        return;
    }
    assert!(table.lines().filter(|line| !line.starts_with('#')).count() >= 300);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_training_sentences_stay_understood_and_safe() {
    let mut cases = Vec::new();
    let mut machines = BTreeMap::new();
    for number in 1..=3 {
        let text = std::fs::read_to_string(data().join(format!("sentences-{number}.jsonl"))).unwrap();
        cases.extend(eval::parse(&text).unwrap());
    }
    for case in &cases {
        machines.entry(case.machine.clone()).or_insert_with(|| machine(&case.machine));
    }
    let report = eval::score(&cases, &machines, &Lists::embedded(), understand);
    let dangerous: Vec<_> = report.failures.iter().filter(|failure| failure.unsafe_).collect();
    assert!(dangerous.is_empty(), "{dangerous:#?}");
    assert!(report.exact >= 0.93, "exact {}", report.exact);
}

/// Words without which nothing may ever be laid out or formatted.
const DESTRUCTIVE: &[&str] = &[
    "erase", "wipe", "whole", "all", "entire", "disk", "drive", "ssd", "sda", "sdb", "encrypt", "install",
    "format", "free", "beside", "windows", "btrfs", "xfs", "ext4", "swap", "home", "root", "partition",
    "use", "luks", "blank", "empty", "gb", "biggest", "smallest", "other", "first", "second", "third",
    "last", "nvme", "hdd", "emmc", "usb", "gap", "dualboot", "shrink", "remove", "samsung", "team", "wd",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in any::<String>(), which in 0usize..4, context in 0usize..5) {
        let (machine, lists) = (machine(["t01", "t04", "t05", "t12"][which]), Lists::embedded());
        let state = state(["-", "P", "U", "D", "B"][context], &machine);
        let _ = understand(&text, &Context { machine: &machine, state: &state, history: &[], lists: &lists, open: &[] });
    }

    /// Sentences of the installer's own words in any order neither panic nor touch the live medium.
    #[test]
    fn no_words_reach_the_live_medium(words in proptest::collection::vec(proptest::sample::select(vec![
        "erase", "the", "whole", "disk", "sdc", "usb", "stick", "not", "windows", "keep", "and", ",", "8g", "swap", "sda1", "sdc1",
        "format", "as", "ext4", "mount", "/home", "on", "32gb", "sandisk", "other", "first", "last", "encrypt", "free", "it", "yes", "but",
        "no", "user", "with", "hostname", "timezone", "home", "rest", "beside", "all", "root", ":", "smallest", "p1",
    ]), 0..12), which in 0usize..3) {
        let (machine, lists) = (machine(["t04", "t05", "t24"][which]), Lists::embedded());
        let live: Vec<&str> = machine.disks.iter().filter(|disk| disk.live_medium).map(|disk| disk.path.as_str()).collect();
        let state = State::default();
        let answer = understand(&words.join(" "), &Context { machine: &machine, state: &state, history: &[], lists: &lists, open: &[] });
        if let Answer::Actions(actions) = answer {
            for action in actions {
                if let InstallerAction::Partition(request) = &action {
                    prop_assert!(!live.contains(&request.disk.as_str()), "{words:?}");
                }
                if let InstallerAction::Format { partition, .. } = &action {
                    prop_assert!(!live.iter().any(|disk| partition.starts_with(disk)), "{words:?}");
                }
            }
        }
    }

    /// Words that say nothing about disks never lay one out.
    #[test]
    fn nothing_is_erased_without_the_words_for_it(text in "[a-z]{2,9}( [a-z]{2,9}){0,7}") {
        let sayings: Vec<String> = levitate_agent::text::tokens(&text).into_iter().map(|token| token.key).collect();
        prop_assume!(!sayings.iter().any(|key| DESTRUCTIVE.contains(&key.as_str())) && !DESTRUCTIVE.iter().any(|word| text.contains(word)));
        let (machine, lists, state) = (machine("t01"), Lists::embedded(), State::default());
        let answer = understand(&text, &Context { machine: &machine, state: &state, history: &[], lists: &lists, open: &[] });
        if let Answer::Actions(actions) = answer {
            let destructive = actions.iter().any(|action| matches!(action, InstallerAction::Partition(_) | InstallerAction::Format { .. }));
            prop_assert!(!destructive, "{text:?} gave {actions:?}");
        }
    }

    /// A reading that was written is read back as it was.
    #[test]
    fn readings_round_trip(
        disk in proptest::collection::vec(proptest::sample::select(vec!["sda", "500G", "ssd", "samsung", "other", "it", "biggest", "first", "middle", "last", "blank", "roomy", "-windows", "nvme0n1p2", "1.5T"]), 0..3),
        usage in proptest::sample::select(vec!["keep", "whole", "free", "beside", "along", "same"]),
        options in proptest::sample::subsequence(vec!["encrypt", "fs=btrfs", "give=200G", "root=60G", "home=rest", "swap=double", "boot=usual", "/boot/efi:1G", "/var:?:xfs"], 0..9),
        place in "[a-zA-Z][a-zA-Z/_ ]{0,18}[a-z]",
    ) {
        let disk = if disk.is_empty() { "?".to_owned() } else { disk.join("+") };
        let mut text = format!("partition {disk} {usage}");
        for option in &options {
            text.push_str(&format!(" {option}"));
        }
        let place = place.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = format!("{text}\ntimezone {place}\nhostname {place}\nuser vince sudo\nformat sda2 ?\nmount home+sda /home\nexplain dual_boot\nyes");
        let readings = reading::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(reading::print(&readings), text);
        prop_assert_eq!(reading::parse(&reading::print(&readings)), Ok(readings));
    }

    #[test]
    fn no_reading_panics(text in any::<String>(), words in "(partition|mount|format|boot|group|#|=|:|\\+|-|\\?|é| |\n|9|G)*") {
        let _ = reading::parse(&text);
        let _ = reading::parse(&words);
        let _ = words.parse::<refs::Refs>();
        let _ = levitate_agent::shell::check(&text);
    }
}
