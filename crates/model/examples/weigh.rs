//! How `levitate_agent::decide::RULES_BONUS` was chosen: `cargo run -p levitate-model --example weigh -- SET.jsonl... [--model PATH]`.
//!
//! Every case is read by the rules and by the model, the model scores the rules' reading, and for ranges of
//! `RULES_BONUS` and `DOUBT` the share of right answers and the number of unsafe ones is printed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use levitate_agent::decide::{self, By, Decision, Heard};
use levitate_agent::{Context, eval, grammar, prompt};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_model::{Cancel, Embedded, Engine, Limits, Message, Options, Profile, Request, Role, find};

/// Bonuses that are tried, in natural logarithms.
const BONUSES: [f32; 9] = [-99.0, 0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 1e9];
/// Doubts that are tried: below them an erasure is asked about.
const DOUBTS: [f32; 6] = [-99.0, -4.0, -2.0, -1.0, -0.5, -0.2];

fn main() {
    let (mut sets, mut model, mut dump) = (Vec::new(), None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--cases" => {
                dump = arguments.next().map(|path| std::fs::File::create(path).expect("a file to write"));
            }
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
    // Right and unsafe, by bonus and doubt.
    let mut right = [[0usize; DOUBTS.len()]; BONUSES.len()];
    let mut bad = [[0usize; DOUBTS.len()]; BONUSES.len()];
    let mut all = 0;
    for set in &sets {
        let mut machines: BTreeMap<String, Machine> = BTreeMap::new();
        for case in eval::parse(&std::fs::read_to_string(set).expect("a set")).expect("cases") {
            let machine =
                machines.entry(case.machine.clone()).or_insert_with(|| read(set, &case.machine)).clone();
            let ctx =
                Context { machine: &machine, state: &case.state, history: &case.history, lists: &lists };
            all += 1;
            let mut count = |bonus: usize, doubt: usize, answer: &levitate_agent::Answer| {
                right[bonus][doubt] += usize::from(eval::is_right(&case.expect, answer, &machine));
                bad[bonus][doubt] += usize::from(eval::is_unsafe(&case.expect, answer, &machine));
            };
            let each = |count: &mut dyn FnMut(usize, usize)| {
                (0..BONUSES.len()).for_each(|bonus| (0..DOUBTS.len()).for_each(|doubt| count(bonus, doubt)));
            };
            if let Some(plain) = decide::plain(&case.user, &ctx) {
                each(&mut |bonus, doubt| count(bonus, doubt, &plain.answer));
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
            let readings = levitate_agent::reading::parse(&heard.reading).unwrap_or_default();
            let mut scored = f32::NEG_INFINITY;
            // A certain one: doubt is tried here.
            let certain = Heard { log_probability: 0.0, ..heard.clone() };
            let both = decide::decide(&case.user, &ctx, &certain, |rules| {
                scored = engine.score(&request, rules, &Cancel::default()).unwrap_or(f32::NEG_INFINITY);
                None
            });
            let rules = decide::without_model(&case.user, &ctx);
            let model = Decision { answer: decide::answer(&readings, &ctx), ..both.clone() };
            if let Some(dump) = &mut dump {
                let tell = |answer: &levitate_agent::Answer| {
                    (
                        eval::is_right(&case.expect, answer, &machine),
                        eval::is_unsafe(&case.expect, answer, &machine),
                        eval::show(answer),
                    )
                };
                let line = serde_json::json!({
                    "id": case.id, "user": case.user, "facts": facts, "reading": heard.reading,
                    "log": heard.log_probability, "first": generation.first, "least": generation.least,
                    "by": format!("{:?}", both.by), "rules_reading": rules.reading, "rules_log": scored.max(-999.0),
                    "model": tell(&model.answer), "rules": tell(&rules.answer),
                });
                writeln!(dump, "{line}").expect("written");
            }
            each(&mut |bonus, doubt| {
                let rules_win = both.by == By::Model && scored + BONUSES[bonus] >= heard.log_probability;
                let decision = match both.by {
                    By::Model if rules_win => rules.clone(),
                    By::Model => decide::doubted(model.clone(), heard.log_probability, DOUBTS[doubt]),
                    _ => both.clone(),
                };
                count(bonus, doubt, &decision.answer);
            });
        }
    }
    println!(
        "{all} cases: exact/unsafe; bonus down (-99: the model, 1e9: the rules where they read anything), doubt across"
    );
    println!("{:>12}{}", "", DOUBTS.map(|doubt| format!("{doubt:>11}")).concat());
    for (index, bonus) in BONUSES.iter().enumerate() {
        let cells = (0..DOUBTS.len()).map(|doubt| {
            format!("{:>7.3}/{:<3}", right[index][doubt] as f64 / all as f64, bad[index][doubt])
        });
        println!("{bonus:>12}{}", cells.collect::<String>());
    }
}

fn read(set: &Path, name: &str) -> Machine {
    let path = set.with_file_name("machines").join(format!("{name}.json"));
    Machine::from_json(&std::fs::read_to_string(path).expect(name)).expect(name)
}
