//! What the rules make of some words: `cargo run -p levitate-agent --example say -- MACHINE.json WORDS...`
#![allow(clippy::unwrap_used, clippy::expect_used)]

use levitate_agent::{Context, rules, text, understand};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::state::State;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let machine =
        Machine::from_json(&std::fs::read_to_string(arguments.next().expect("a machine")).unwrap()).unwrap();
    let (state, lists) = (State::default(), Lists::embedded());
    let ctx = Context { machine: &machine, state: &state, history: &[], lists: &lists, open: &[] };
    for words in arguments {
        let keys: Vec<String> =
            text::tokens(&words).into_iter().map(|token| token.spoken.unwrap_or(token.key)).collect();
        println!("{words}\n  {}", keys.join(" "));
        println!("  {:?}", rules::read(&words, &ctx));
        println!("  {:?}", understand(&words, &ctx));
    }
}
