//! Checks that the grammar of each sentence accepts its reading: `cargo run -p levitate-model --example accepts --
//! FILE.jsonl...`. Lines have `facts`, `says` and `reading`, as `levitate-agent`'s example `readings` writes them.
//! Also prints what building a grammar and its first mask takes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use toktrie::ApproximateTokEnv;

fn main() {
    let environment = ApproximateTokEnv::single_byte_env();
    let mut factory =
        ParserFactory::new(&environment, toktrie::InferenceCapabilities::default(), &[]).unwrap();
    factory.quiet();
    let (mut all, mut accepted, mut texts) = (0, 0, 0);
    let mut times: Vec<(Duration, Duration, usize)> = Vec::new();
    for file in std::env::args().skip(1) {
        for line in std::fs::read_to_string(&file).expect("a file").lines() {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let field = |name: &str| value[name].as_str().unwrap_or_default();
            let said = field("says").strip_prefix("says: ").unwrap_or_default();
            let start = Instant::now();
            let grammar = levitate_agent::grammar::reading(said, field("facts"));
            let written = start.elapsed();
            texts += grammar.len();
            let length = grammar.len();
            let mut matcher = Matcher::new(factory.create_parser(TopLevelGrammar::from_lark(grammar)));
            let first = matcher.compute_mask();
            times.push((written, start.elapsed(), length));
            all += 1;
            if let Err(error) = first {
                println!("{}: {}", field("id"), error.to_string().chars().take(300).collect::<String>());
                continue;
            }
            let reading = field("reading");
            let bytes: Vec<u32> = reading.bytes().map(u32::from).collect();
            let got = matcher.try_consume_tokens(&bytes).unwrap_or(0);
            if got == bytes.len() && matcher.is_accepting().unwrap_or(false) {
                accepted += 1;
            } else {
                println!(
                    "{} {said:?}\n    {}{:?} not {:?}",
                    field("id"),
                    field("facts"),
                    &reading[..got],
                    &reading[got..]
                );
            }
        }
    }
    times.sort_by_key(|(_, whole, _)| *whole);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{accepted} of {all} accepted, {:.2} %; {} bytes of grammar on average",
        f64::from(accepted) * 100.0 / f64::from(all),
        texts / times.len()
    );
    for (name, share) in [("p50", 0.5), ("p95", 0.95), ("max", 1.0)] {
        let (written, whole, length) = at(share);
        println!("{name}: written in {written:?}, with its first mask {whole:?}, {length} bytes");
    }
}
