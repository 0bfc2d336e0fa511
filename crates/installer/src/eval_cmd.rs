//! `eval`: how well a set of sentences is understood (contract, section 4).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use levitate_agent::eval::{Report, parse, score};
use levitate_agent::understand;
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;

use crate::cli::Engine;
use crate::failed::{Failed, print};
use crate::plan_cmd::read_machine;

/// How many failures are printed; all are in the JSON.
const SHOWN: usize = 20;

/// Runs a set and prints the figures.
///
/// # Errors
/// A file that cannot be read or departs from the contract.
pub fn run(set: &Path, engine: Engine, json: Option<&Path>) -> Result<u8, Failed> {
    let text = std::fs::read_to_string(set).map_err(|error| {
        Failed::usage(format!("{}: {error}", set.display()), "Name a file of cases, one JSON object a line.")
    })?;
    let cases = parse(&text).map_err(|error| {
        Failed::usage(format!("{}: {error}", set.display()), "Every line is one case of the contract.")
    })?;
    let machines = machines(&set.with_file_name("machines"), cases.iter().map(|case| case.machine.as_str()))?;
    let lists = Lists::embedded();
    let report = match engine {
        Engine::Rules => score(&cases, &machines, &lists, understand),
    };
    print(&words(&report));
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&report).unwrap_or_default();
        std::fs::write(path, text + "\n").map_err(|error| {
            Failed::usage(format!("{}: {error}", path.display()), "Name a file that can be written.")
        })?;
    }
    Ok(0)
}

fn machines<'a>(
    folder: &Path,
    names: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, Machine>, Failed> {
    let mut machines = BTreeMap::new();
    for name in names {
        if machines.contains_key(name) {
            continue;
        }
        let path = folder.join(format!("{name}.json"));
        machines.insert(name.to_string(), read_machine(&path)?);
    }
    Ok(machines)
}

fn words(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "cases   {}", report.cases);
    let _ = writeln!(out, "exact   {:.1} %", report.exact * 100.0);
    let _ = writeln!(out, "unsafe  {}", report.unsafe_);
    let _ = writeln!(out, "latency p50 {:.2} ms, p95 {:.2} ms", report.latency_ms.p50, report.latency_ms.p95);
    for (class, share) in &report.by_class {
        let _ = writeln!(out, "  {class:<14} {:.1} %", share * 100.0);
    }
    for failure in report.failures.iter().take(SHOWN) {
        let mark = if failure.unsafe_ { " UNSAFE" } else { "" };
        let _ = writeln!(
            out,
            "{}{mark}: {:?}\n  wanted {}\n  got    {}",
            failure.id, failure.user, failure.expected, failure.got
        );
    }
    if report.failures.len() > SHOWN {
        let _ = writeln!(out, "… and {} more; --json FILE has them all.", report.failures.len() - SHOWN);
    }
    out
}
