//! Finds the reading of every case: `cargo run -p levitate-agent --example readings -- SET.jsonl... [--out FILE] [--quiet]`.
//!
//! A case may carry a `reading` of its own, beside the contract's fields, or in `readings.jsonl` beside the set
//! (`{"id":…,"reading":…}`); else the rules' reading is tried. One that does not ground to what the case expects is
//! printed and left out. `--out` gets what training reads: the prompt's facts and words, and the reading. Machines are
//! read from the `machines` folder beside each set, else from training/data/machines.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use levitate_agent::{Answer, Context, eval, ground, prompt, reading, rules};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;

fn machines(folder: &Path, into: &mut BTreeMap<String, Machine>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        into.insert(name, Machine::from_json(&std::fs::read_to_string(&path).unwrap()).expect("machine"));
    }
}

/// Readings by the id of their case.
fn readings(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("a line of readings.jsonl");
            (value["id"].as_str().unwrap().to_owned(), value["reading"].as_str().unwrap().to_owned())
        })
        .collect()
}

fn main() {
    let mut sets = Vec::new();
    let (mut out, mut quiet) = (None, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--out" => out = Some(std::fs::File::create(arguments.next().expect("--out FILE")).unwrap()),
            "--quiet" => quiet = true,
            set => sets.push(PathBuf::from(set)),
        }
    }
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../training/data/machines");
    let lists = Lists::embedded();
    let (mut all, mut given, mut by_rules, mut bad) = (0, 0, 0, 0);
    for set in &sets {
        let mut known = BTreeMap::new();
        machines(&data, &mut known);
        machines(&set.with_file_name("machines"), &mut known);
        let labels = readings(&set.with_file_name("readings.jsonl"));
        for (number, line) in std::fs::read_to_string(set).expect("a set").lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            all += 1;
            let place = format!("{}:{}", set.display(), number + 1);
            let mut value: serde_json::Value = match serde_json::from_str(line) {
                Ok(value) => value,
                Err(error) => {
                    println!("{place}: {error}");
                    bad += 1;
                    continue;
                }
            };
            let own = value.as_object_mut().and_then(|object| object.remove("reading"));
            let own = own.and_then(|own| own.as_str().map(str::to_owned));
            let case: eval::Case = match serde_json::from_value(value) {
                Ok(case) => case,
                Err(error) => {
                    println!("{place}: {error}");
                    bad += 1;
                    continue;
                }
            };
            let Some(machine) = known.get(&case.machine) else {
                println!("{place}: no machine {}", case.machine);
                bad += 1;
                continue;
            };
            let ctx =
                Context { machine, state: &case.state, history: &case.history, lists: &lists, open: &[] };
            let own = own.or_else(|| labels.get(&case.id).cloned());
            let text = match &own {
                Some(own) => own.clone(),
                None => match rules::read(&case.user, &ctx) {
                    rules::Read::Readings(mut readings) => {
                        for reading in &mut readings {
                            // The rules word their own questions; a model only sees that one is due.
                            if let reading::Reading::Ask(question) = reading {
                                question.clear();
                            }
                        }
                        reading::print(&readings)
                    }
                    rules::Read::Text(_) => "talk".into(),
                    rules::Read::Nothing(_) => "?".into(),
                },
            };
            let got = match reading::parse(&text) {
                Ok(readings) if readings.contains(&reading::Reading::Talk) => Answer::Text(String::new()),
                Ok(readings) => Answer::Actions(ground::ground(&readings, &ctx)),
                Err(error) => {
                    if own.is_some() || !quiet {
                        println!("{place} {} {:?}\n    {error}", case.id, case.user);
                    }
                    bad += 1;
                    continue;
                }
            };
            if !eval::is_right(&case.expect, &got, machine) {
                bad += 1;
                if !quiet {
                    println!(
                        "{place} {} {:?}\n    reading {text:?}\n    wanted  {:?}\n    got     {got:?}",
                        case.id, case.user, case.expect
                    );
                }
                continue;
            }
            *(if own.is_some() { &mut given } else { &mut by_rules }) += 1;
            if let Some(out) = &mut out {
                let record = serde_json::json!({
                    "id": case.id, "class": case.class, "facts": prompt::facts(&ctx),
                    "says": prompt::says(&case.user), "reading": text,
                });
                writeln!(out, "{record}").unwrap();
            }
        }
    }
    println!("{all} cases: {given} readings of their own, {by_rules} of the rules, {bad} without a reading");
}
