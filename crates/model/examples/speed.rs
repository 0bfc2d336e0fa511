//! Measures turns: `cargo run -p levitate-model --example speed -- FILE.jsonl [--model GGUF] [--adapter GGUF]
//! [--limit N] [--threads N] [--no-grammar] [--show]`.
//!
//! The file has a `facts` and a `says` a line, as `levitate-agent`'s example `readings` writes them. The same
//! sentences run with everything, without the prefix cache, without forced tokens, and without either. `--show` prints the answers
//! that are not the file's `reading`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use levitate_agent::prompt;
use levitate_model::{Cancel, Embedded, Engine, Limits, Options, Profile, Request, find};

struct Case {
    facts: String,
    says: String,
    reading: String,
}

fn cases(file: &str, limit: usize) -> Vec<Case> {
    let text = std::fs::read_to_string(file).expect("a file of sentences");
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let step = (all.len() / limit).max(1);
    let field = |value: &serde_json::Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    all.into_iter()
        .step_by(step)
        .take(limit)
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            Case {
                facts: field(&value, "facts"),
                says: field(&value, "says"),
                reading: field(&value, "reading"),
            }
        })
        .collect()
}

fn percentile(sorted: &[Duration], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0
}

/// Processor time of this process, all threads: what a turn takes where nobody else is busy.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut file, mut model, mut adapter, mut limit, mut threads) = (None, None, None, 100, None);
    let (mut with_grammar, mut show) = (true, false);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value");
        match argument.as_str() {
            "--model" => model = Some(PathBuf::from(value())),
            "--adapter" => adapter = Some(PathBuf::from(value())),
            "--limit" => limit = value().parse().expect("a number"),
            "--threads" => threads = Some(value().parse().expect("a number")),
            "--show" => show = true,
            "--no-grammar" => with_grammar = false,
            _ => file = Some(argument),
        }
    }
    let cases = cases(&file.expect("a file of sentences"), limit);
    let found = find::model(model.as_deref()).expect("a model");
    let found = if model.is_none() && adapter.is_none() { found.preferring_merged() } else { found };
    println!("{} sentences, {}", cases.len(), found.base.display());
    println!(
        "{:<28}{:>8}{:>8}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>8}{:>8}",
        "",
        "p50 ms",
        "p95 ms",
        "max ms",
        "prompt",
        "cached",
        "sampled",
        "forced",
        "grammar",
        "tok/s",
        "exact"
    );
    for (name, prefix_cache, forced_tokens, prepare) in [
        ("prepared while typing", true, true, true),
        ("everything", true, true, false),
        ("no prefix cache", false, true, false),
        ("no forced tokens", true, false, false),
        ("neither", false, false, false),
    ] {
        let mut options = Options::new(&found.base);
        options.adapter = adapter.clone().or_else(|| found.adapter.clone());
        options.profile = Some(Profile::Reading);
        options.constant = Profile::utterance("", "");
        options.constant.truncate(1);
        options.prefix_cache = prefix_cache;
        options.forced_tokens = forced_tokens;
        options.threads = threads.unwrap_or(options.threads);
        let shown = options.threads;
        let start = Instant::now();
        let mut engine = Embedded::start(options).expect("the engine");
        let loaded = start.elapsed();
        let mut turns = Vec::new();
        let before = processor_time();
        let (mut prompt_tokens, mut cached, mut sampled, mut forced, mut exact) = (0, 0, 0, 0, 0);
        let (mut grammar_time, mut decode) = (Duration::ZERO, Duration::ZERO);
        for case in &cases {
            if prepare {
                engine.prepare(&Profile::utterance(&case.facts, "says:")).unwrap();
                std::thread::sleep(Duration::from_millis(300));
            }
            let start = Instant::now();
            let said = case.says.strip_prefix("says: ").unwrap_or(&case.says);
            let request = Request {
                messages: Profile::utterance(&case.facts, &prompt::says(said)),
                grammar: with_grammar.then(|| levitate_agent::grammar::reading(said, &case.facts)),
                limits: Limits { max_tokens: 64, ..Limits::default() },
            };
            let done = engine.generate(&request, &Cancel::default()).expect("an answer");
            turns.push(start.elapsed());
            let timings = done.timings;
            prompt_tokens += timings.prompt_tokens;
            cached += timings.cached_tokens;
            sampled += timings.sampled;
            forced += timings.forced;
            grammar_time += timings.grammar;
            decode += timings.decode;
            exact += usize::from(done.text == case.reading);
            if show && prepare && done.text != case.reading {
                println!("{:?}\n    got {:?}\n    due {:?}", case.says, done.text, case.reading);
            }
        }
        let spent = processor_time().saturating_sub(before);
        turns.sort();
        let each = |sum: usize| sum as f64 / cases.len() as f64;
        println!(
            "{name:<28}{:>8.0}{:>8.0}{:>8.0}{:>9.1}{:>9.1}{:>9.1}{:>9.1}{:>6.1} ms{:>8.0}{:>8.2}",
            percentile(&turns, 0.5),
            percentile(&turns, 0.95),
            percentile(&turns, 1.0),
            each(prompt_tokens),
            each(cached),
            each(sampled),
            each(forced),
            grammar_time.as_secs_f64() * 1000.0 / cases.len() as f64,
            ((sampled + forced) as f64) / decode.as_secs_f64().max(1e-9),
            each(exact),
        );
        println!(
            "    {}: {shown} threads, loaded in {} ms, peak {} MB, {:.0} ms of processor a turn",
            engine.name(),
            loaded.as_millis(),
            engine.peak_memory().unwrap_or(0) >> 20,
            spent.as_secs_f64() * 1000.0 / cases.len() as f64,
        );
    }
}
