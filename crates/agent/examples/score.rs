//! Scores the rules on sets of cases: `cargo run -p levitate-agent --example score -- SET.jsonl... [--failures] [--json]`.
//! Machines are read from the `machines` folder beside each set.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::Path;

use levitate_agent::{eval, understand};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let mut cases = Vec::new();
    let mut machines = BTreeMap::new();
    for set in arguments.iter().filter(|argument| !argument.starts_with("--")) {
        cases.extend(eval::parse(&std::fs::read_to_string(set).expect(set)).expect(set));
        let folder = Path::new(set).parent().unwrap().join("machines");
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            machines.insert(name, Machine::from_json(&text).expect("machine"));
        }
    }
    let report = eval::score(&cases, &machines, &Lists::embedded(), understand);
    if has("--json") {
        println!("{}", serde_json::to_string_pretty(&report).unwrap());
        return;
    }
    if has("--failures") || has("--unsafe") {
        for failure in report.failures.iter().filter(|failure| failure.unsafe_ || has("--failures")) {
            let mark = if failure.unsafe_ { "UNSAFE " } else { "" };
            println!(
                "{mark}{} | {}\n    want {}\n    got  {}",
                failure.id, failure.user, failure.expected, failure.got
            );
        }
    }
    println!("cases {} exact {:.3} unsafe {}", report.cases, report.exact, report.unsafe_);
    println!("by class {:?}", report.by_class);
    println!("by action {:?}", report.by_action);
    println!("latency {:?} rss {} MiB", report.latency_ms, report.peak_rss_mb);
}
