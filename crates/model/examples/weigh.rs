//! How `levitate_agent::decide::RULES_BONUS` was chosen: `cargo run -p levitate-model --example weigh -- SET.jsonl... [--model PATH]`.
//!
//! Every case is read by the rules and by the model, the model scores the rules' reading, and for a range of bonuses
//! the share of right answers and the number of unsafe ones is printed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use levitate_agent::decide::{self, By, Heard};
use levitate_agent::{Context, eval, grammar, prompt};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_model::{Cancel, Embedded, Engine, Limits, Message, Options, Profile, Request, Role, find};

/// Bonuses that are tried, in natural logarithms.
const BONUSES: [f32; 13] = [-9.0, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 1e9];

fn main() {
    let (mut sets, mut model) = (Vec::new(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--model" => model = arguments.next().map(PathBuf::from),
            set => sets.push(PathBuf::from(set)),
        }
    }
    let found = find::model(model.as_deref()).expect("a model");
    let mut options = Options::new(&found.base);
    options.adapter = found.adapter.clone();
    options.constant = vec![Message::new(Role::System, Profile::Reading.system(""))];
    let mut engine = Embedded::start(options).expect("an engine");
    let lists = Lists::embedded();
    // Right and unsafe, by bonus.
    let mut right = [0usize; BONUSES.len()];
    let mut bad = [0usize; BONUSES.len()];
    let mut all = 0;
    for set in &sets {
        let mut machines: BTreeMap<String, Machine> = BTreeMap::new();
        for case in eval::parse(&std::fs::read_to_string(set).expect("a set")).expect("cases") {
            let machine =
                machines.entry(case.machine.clone()).or_insert_with(|| read(set, &case.machine)).clone();
            let ctx =
                Context { machine: &machine, state: &case.state, history: &case.history, lists: &lists };
            all += 1;
            let mut count = |index: usize, answer: &levitate_agent::Answer| {
                right[index] += usize::from(eval::is_right(&case.expect, answer, &machine));
                bad[index] += usize::from(eval::is_unsafe(&case.expect, answer, &machine));
            };
            if let Some(plain) = decide::plain(&case.user, &ctx) {
                (0..BONUSES.len()).for_each(|index| count(index, &plain.answer));
                continue;
            }
            let facts = prompt::facts(&ctx);
            let request = Request {
                messages: Profile::utterance(&facts, &prompt::says(&case.user)),
                grammar: Some(grammar::reading(&case.user, &facts)),
                limits: Limits::default(),
            };
            let generation = engine.generate(&request, &Cancel::default()).expect("an answer");
            let heard = Heard { reading: generation.text, log_probability: generation.log_probability };
            let mut scored = f32::NEG_INFINITY;
            let model = decide::decide(&case.user, &ctx, &heard, |rules| {
                scored = engine.score(&request, rules, &Cancel::default()).unwrap_or(f32::NEG_INFINITY);
                None
            });
            let rules = decide::without_model(&case.user, &ctx);
            for (index, bonus) in BONUSES.iter().enumerate() {
                let rules_win = model.by == By::Model && scored + bonus >= heard.log_probability;
                count(index, if rules_win { &rules.answer } else { &model.answer });
            }
        }
    }
    println!(
        "bonus   exact  unsafe   ({all} cases; -9: the model always, 1e9: the rules where they read anything)"
    );
    for (index, bonus) in BONUSES.iter().enumerate() {
        println!("{bonus:>6}  {:.3}  {}", right[index] as f64 / all as f64, bad[index]);
    }
}

fn read(set: &Path, name: &str) -> Machine {
    let path = set.with_file_name("machines").join(format!("{name}.json"));
    Machine::from_json(&std::fs::read_to_string(path).expect(name)).expect(name)
}
