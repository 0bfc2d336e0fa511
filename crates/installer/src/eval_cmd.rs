//! `eval`: how well a set of sentences is understood (contract, section 4).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use levitate_agent::eval::{Report, parse, score};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::sys::Cancel;
use levitate_model::Timings;
use serde::Serialize;

use crate::failed::{Failed, print};
use crate::mind::{Choice, Mind};
use crate::plan_cmd::read_machine;

/// How many failures are printed; all are in the JSON.
const SHOWN: usize = 20;

/// How it is measured, beside the usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// The model's readings alone.
    pub alone: bool,
    /// Without prefix cache and forced tokens.
    pub slow: bool,
}

/// The figures, with those of the engine.
#[derive(Serialize)]
struct Measured {
    #[serde(flatten)]
    report: Report,
    /// Which engine and model.
    engine: String,
    /// Milliseconds from the start of opening the engine to its first answer.
    first_ms: f64,
    /// Tokens of a turn that asked the model, on average.
    tokens: Tokens,
}

/// Averages over the turns that asked the model.
#[derive(Default, Serialize)]
struct Tokens {
    turns: usize,
    prompt: f64,
    cached: f64,
    sampled: f64,
    forced: f64,
}

impl Tokens {
    fn of(all: &[Timings]) -> Self {
        let mean = |of: fn(&Timings) -> usize| {
            all.iter().map(|timings| of(timings) as f64).sum::<f64>() / all.len().max(1) as f64
        };
        Self {
            turns: all.len(),
            prompt: mean(|t| t.prompt_tokens),
            cached: mean(|t| t.cached_tokens),
            sampled: mean(|t| t.sampled),
            forced: mean(|t| t.forced),
        }
    }
}

/// Runs a set and prints the figures.
///
/// # Errors
/// A file that cannot be read or departs from the contract.
pub fn run(set: &Path, choice: &Choice, how: How, json: Option<&Path>) -> Result<u8, Failed> {
    let text = std::fs::read_to_string(set).map_err(|error| {
        Failed::usage(format!("{}: {error}", set.display()), "Name a file of cases, one JSON object a line.")
    })?;
    let cases = parse(&text).map_err(|error| {
        Failed::usage(format!("{}: {error}", set.display()), "Every line is one case of the contract.")
    })?;
    let machines = machines(&set.with_file_name("machines"), cases.iter().map(|case| case.machine.as_str()))?;
    let lists = Lists::embedded();
    let began = Instant::now();
    let choice = Choice { slow: how.slow, ..choice.clone() };
    let mut mind = Mind::open(&choice, &Cancel::default(), &mut |text| eprintln!("{text}"));
    if let Some(notice) = mind.notices().first() {
        // Figures of another engine than the one asked for would be no figures.
        return Err(Failed::refused(notice.clone(), "Mend that, or measure with --engine rules."));
    }
    mind.set_alone(how.alone);
    let (mut timings, mut first) = (Vec::new(), None);
    let mut report = score(&cases, &machines, &lists, |text, ctx| {
        let thought = mind.understand(text, ctx, &|_| Ok(()), &Cancel::default());
        timings.extend(thought.timings);
        first.get_or_insert_with(|| began.elapsed());
        thought.answer
    });
    if let Some(bytes) = mind.peak_memory() {
        report.peak_rss_mb = report.peak_rss_mb.max((bytes as f64 / 104_857.6).round() / 10.0);
    }
    for notice in mind.notices() {
        eprintln!("{notice}");
    }
    let measured = Measured {
        report,
        engine: mind.name(),
        first_ms: first.map_or(0.0, |first| first.as_secs_f64() * 1000.0),
        tokens: Tokens::of(&timings),
    };
    print(&words(&measured));
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&measured).unwrap_or_default();
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

fn words(measured: &Measured) -> String {
    let Measured { report, tokens, .. } = measured;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "engine  {}", measured.engine);
    let _ = writeln!(out, "cases   {}", report.cases);
    let _ = writeln!(out, "exact   {:.1} %", report.exact * 100.0);
    let _ = writeln!(out, "unsafe  {}", report.unsafe_);
    let _ = writeln!(out, "latency p50 {:.2} ms, p95 {:.2} ms", report.latency_ms.p50, report.latency_ms.p95);
    let _ = writeln!(
        out,
        "        first answer {:.0} ms after the start, memory {:.0} MiB",
        measured.first_ms, report.peak_rss_mb
    );
    if tokens.turns > 0 {
        let _ = writeln!(
            out,
            "tokens  {:.1} in the prompt ({:.1} of them evaluated before), {:.1} chosen, {:.1} forced, in {} turns",
            tokens.prompt, tokens.cached, tokens.sampled, tokens.forced, tokens.turns
        );
    }
    for (title, shares) in [("class", &report.by_class), ("action", &report.by_action)] {
        let _ = writeln!(out, "by {title}");
        for (name, share) in shares {
            let _ = writeln!(out, "  {name:<18} {:.1} %", share * 100.0);
        }
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
