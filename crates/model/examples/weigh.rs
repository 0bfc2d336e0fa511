//! How `levitate_agent::decide::WEIGHTS` was chosen:
//! `cargo run -p levitate-model --example weigh -- SET.jsonl... [--model PATH] [--cases FILE]`.
//!
//! Every case is read by the rules and by the model, the model scores the rules' reading, and each combination of
//! weights is tried on that. Printed are the best ones, an unsafe case counted as three wrong ones, and the shipped.
//! `--cases` writes what each case gave, one JSON object a line.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use levitate_agent::decide::{self, Both, Heard, WEIGHTS, Weights};
use levitate_agent::{Answer, Context, eval, grammar, prompt, reading};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_model::{Cancel, Embedded, Engine, Limits, Message, Options, Profile, Request, Role, find};

const BONUSES: [f32; 4] = [1.0, 2.0, 4.0, 6.0];
const BONUSES_TO_ERASE: [f32; 3] = [0.0, 1.0, 2.0];
const BONUSES_TO_TALK: [f32; 4] = [0.0, 1.0, 2.0, 4.0];
const BONUSES_TO_ASK: [f32; 4] = [0.0, 1.0, 2.0, 4.0];
const DOUBTS: [f32; 3] = [-99.0, -2.0, -1.5];
const DOUBTS_FIRST: [f32; 4] = [-99.0, -0.3, -0.15, -0.05];
/// Combinations that are printed.
const BEST: usize = 20;

fn combinations() -> Vec<Weights> {
    let mut all = vec![WEIGHTS];
    for bonus in BONUSES {
        for bonus_to_erase in BONUSES_TO_ERASE.into_iter().filter(|to_erase| *to_erase <= bonus) {
            for bonus_to_talk in BONUSES_TO_TALK.into_iter().filter(|to_talk| *to_talk <= bonus) {
                for bonus_to_ask in BONUSES_TO_ASK.into_iter().filter(|to_ask| *to_ask <= bonus) {
                    for doubt in DOUBTS {
                        all.extend(DOUBTS_FIRST.map(|doubt_first| Weights {
                            bonus,
                            bonus_to_erase,
                            bonus_to_talk,
                            bonus_to_ask,
                            doubt,
                            doubt_first,
                        }));
                    }
                }
            }
        }
    }
    all
}

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
    let found = find::model(model.as_deref()).expect("a model").preferring_merged();
    let mut options = Options::new(&found.base);
    options.adapter = found.adapter.clone();
    options.constant = vec![Message::new(Role::System, Profile::Reading.system(""))];
    let mut engine = Embedded::start(options).expect("an engine");
    let lists = Lists::embedded();
    let combinations = combinations();
    // Right and unsafe of each combination.
    let mut counts = vec![(0usize, 0usize); combinations.len()];
    let mut all = 0;
    for set in &sets {
        let mut machines: BTreeMap<String, Machine> = BTreeMap::new();
        for case in eval::parse(&std::fs::read_to_string(set).expect("a set")).expect("cases") {
            let machine =
                machines.entry(case.machine.clone()).or_insert_with(|| read(set, &case.machine)).clone();
            let ctx = Context {
                machine: &machine,
                state: &case.state,
                history: &case.history,
                lists: &lists,
                open: &[],
            };
            all += 1;
            let judge = |answer: &Answer| {
                (
                    eval::is_right(&case.expect, answer, &machine),
                    eval::is_unsafe(&case.expect, answer, &machine),
                )
            };
            let mut count = |index: usize, (right, bad): (bool, bool)| {
                let (sum, sum_bad) = &mut counts[index];
                (*sum, *sum_bad) = (*sum + usize::from(right), *sum_bad + usize::from(bad));
            };
            if let Some(plain) = decide::plain(&case.user, &ctx) {
                let judged = judge(&plain.answer);
                (0..combinations.len()).for_each(|index| count(index, judged));
                continue;
            }
            let facts = prompt::facts(&ctx);
            let request = Request {
                messages: Profile::utterance(&facts, &prompt::says(&case.user)),
                grammar: Some(grammar::reading(&case.user, &facts)),
                limits: Limits::default(),
            };
            let generation = engine.generate(&request, &Cancel::default()).expect("an answer");
            let heard = Heard {
                reading: generation.text,
                log_probability: generation.log_probability,
                first: generation.first,
            };
            let rules = decide::without_model(&case.user, &ctx);
            let mut scored = None;
            let mut score = |rules: &str| {
                *scored.get_or_insert_with(|| {
                    let likely = engine.score(&request, rules, &Cancel::default());
                    likely.unwrap_or(f32::NEG_INFINITY)
                })
            };
            let both = Both::of(&case.user, &ctx, &heard);
            for (index, weights) in combinations.iter().enumerate() {
                let ask = |rules: &str| (!rules.is_empty()).then(|| score(rules));
                let decision = both.clone().weigh(&case.user, &ctx, &heard, ask, *weights);
                count(index, judge(&decision.answer));
            }
            if let Some(dump) = &mut dump {
                let readings = reading::parse(&heard.reading).unwrap_or_default();
                let tell = |answer: &Answer| (judge(answer), eval::show(answer));
                let line = serde_json::json!({
                    "id": case.id, "user": case.user, "facts": facts, "reading": heard.reading,
                    "log": heard.log_probability, "first": heard.first,
                    "rules_reading": rules.reading, "rules_log": scored.unwrap_or(-999.0).max(-999.0),
                    "model": tell(&decide::answer(&readings, &ctx)), "rules": tell(&rules.answer),
                });
                writeln!(dump, "{line}").expect("written");
            }
        }
    }
    let mut order: Vec<usize> = (1..combinations.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(counts[index].0 as i64 - 3 * counts[index].1 as i64));
    println!("{all} cases");
    println!(
        "{:>8}{:>10}{:>12}{:>8}{:>8}{:>8}{:>13}",
        "exact", "unsafe", "bonus", "erase", "talk", "ask", "doubt/first"
    );
    for &index in [0].iter().chain(order.iter().take(BEST)) {
        let (right, bad) = counts[index];
        let Weights { bonus, bonus_to_erase, bonus_to_talk, bonus_to_ask, doubt, doubt_first } =
            combinations[index];
        let shipped = if index == 0 { "  shipped" } else { "" };
        println!(
            "{:>8.3}{bad:>10}{bonus:>12}{bonus_to_erase:>8}{bonus_to_talk:>8}{bonus_to_ask:>8}{doubt:>7}/{doubt_first}{shipped}",
            right as f64 / all as f64
        );
    }
}

fn read(set: &Path, name: &str) -> Machine {
    let path = set.with_file_name("machines").join(format!("{name}.json"));
    Machine::from_json(&std::fs::read_to_string(path).expect(name)).expect(name)
}
