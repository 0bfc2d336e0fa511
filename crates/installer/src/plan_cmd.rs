//! `plan`: what was understood and what would be done, on a described computer. Pure, and the same every time.

use std::fmt::Write as _;
use std::path::Path;

use levitate_agent::{Answer, Context, Message, Role, decide};
use levitate_core::achieved::Achieved;
use levitate_core::action::InstallerAction;
use levitate_core::apply::{World, apply};
use levitate_core::lists::Lists;
use levitate_core::machine::{Machine, TableKind};
use levitate_core::plan::{Now, Plan, plan};
use levitate_core::refusal::Refusal;
use levitate_core::spec::InstallSpec;
use levitate_core::step::Step;
use levitate_core::sys::{Cancel, LiveFacts};
use serde::Serialize;

use crate::describe::describe_all;
use crate::failed::{Failed, REFUSED, print};
use crate::interface::{Facts, Picture, Style, disk_lines};
use crate::mind::{Choice, Mind, mask};

/// Seed of the UUIDs in these plans: fixed, so that the same words give the same plan and digest.
const SEED: &str = "plan";

/// Reads a described computer.
///
/// # Errors
/// The file is missing, or departs from the contract.
pub fn read_machine(path: &Path) -> Result<Machine, Failed> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failed::usage(
            format!("{}: {error}", path.display()),
            "Name a file of machine facts, e.g. machines/two-disks.json, or make one with \"probe --json\".",
        )
    })?;
    Machine::from_json(&text).map_err(|error| {
        Failed::usage(
            format!("{} is not a described machine: {error}", path.display()),
            "\"levitate-installer probe --json\" prints the form that is read here.",
        )
    })
}

/// Prints the plan for these sentences.
///
/// # Errors
/// The machine cannot be read.
pub fn run(
    path: &Path,
    says: &[String],
    table: Option<TableKind>,
    choice: &Choice,
    json: bool,
) -> Result<u8, Failed> {
    let machine = read_machine(path)?;
    let mut mind = Mind::open(choice, &Cancel::default(), &mut |_| {});
    for notice in mind.notices() {
        eprintln!("{notice}");
    }
    let talk = Talk::of(&machine, &Lists::embedded(), table, says, &mut mind);
    print(&if json { talk.json() } else { talk.words(&machine, &Style::of(&Facts::read(), false, false)) });
    Ok(if talk.refused.is_empty() { 0 } else { REFUSED })
}

/// One sentence and what came of it.
#[derive(Serialize)]
struct Turn {
    say: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    understood: Option<String>,
    actions: Vec<InstallerAction>,
    /// The answer, where it is words.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The question, where something has to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    clarify: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refusal>,
}

/// All sentences and the plan they end in.
struct Talk {
    turns: Vec<Turn>,
    refused: Vec<Refusal>,
    plan: Option<Plan>,
}

impl Talk {
    fn of(
        machine: &Machine,
        lists: &Lists,
        table: Option<TableKind>,
        says: &[String],
        mind: &mut Mind,
    ) -> Self {
        let live = LiveFacts { admin_group: Some("sudo".into()), ..LiveFacts::default() };
        let achieved = Achieved::default();
        let now = Now { machine, live: &live, achieved: &achieved };
        let world = World { machine, lists, admin_group: "sudo" };
        let mut spec = InstallSpec { seed: SEED.into(), table, ..InstallSpec::default() };
        let mut talk = Self { turns: Vec::new(), refused: Vec::new(), plan: None };
        let mut history = Vec::new();
        let (mut pending, mut open) = (None, Vec::new());
        for say in says {
            let mut state = achieved.state(&spec);
            state.pending.clone_from(&pending);
            let context = Context { machine, state: &state, history: &history, lists, open: &open };
            let check = |actions: &[InstallerAction]| {
                wanted(&spec, &world, actions).map(drop).map_err(|refusal| refusal.to_string())
            };
            let thought = mind.understand(&mask(say).0, &context, &check, &Cancel::default());
            decide::keep_open(&mut open, &thought.answer, &thought.open);
            let mut turn = Turn::new(say, thought.answer);
            // What is refused leaves no wish behind.
            let before =
                InstallSpec { table: levitate_agent::table::said(say).or(spec.table), ..spec.clone() };
            match wanted(&before, &world, &turn.actions).and_then(|wanted| Ok((plan(now, &wanted)?, wanted)))
            {
                Ok((plan, wanted)) => {
                    if plan.destructive() && wanted != before {
                        pending = turn.actions.iter().find(|action| waits(action)).cloned().or(pending);
                    }
                    spec = wanted;
                    talk.plan = Some(plan);
                }
                Err(refusal) => {
                    talk.refused.push(refusal.clone());
                    turn.refused = Some(refusal);
                }
            }
            if turn.actions.iter().any(|a| matches!(a, InstallerAction::Confirm | InstallerAction::Cancel)) {
                pending = None;
            }
            history.push(Message { role: Role::User, content: say.clone() });
            history.push(Message { role: Role::Assistant, content: turn.reply() });
            talk.turns.push(turn);
        }
        talk
    }

    fn steps(&self) -> &[Step] {
        self.plan.as_ref().map_or(&[], |plan| &plan.steps)
    }

    fn json(&self) -> String {
        let join = |pick: fn(&Turn) -> Option<&str>| {
            let all: Vec<&str> = self.turns.iter().filter_map(pick).collect();
            (!all.is_empty()).then(|| all.join("\n"))
        };
        let steps: Vec<_> = self
            .steps()
            .iter()
            .map(|step| {
                serde_json::json!({
                    "kind": step.kind(),
                    "sentence": step.sentence(),
                    "undo": step.undo_sentence(),
                    "destructive": step.destructive(),
                    "touches": step.touches(),
                    "bytes": step.bytes(),
                })
            })
            .collect();
        let plan = self.plan.as_ref().filter(|plan| !plan.is_empty());
        let actions: Vec<&InstallerAction> = self.turns.iter().flat_map(|turn| &turn.actions).collect();
        let value = serde_json::json!({
            "actions": actions,
            "steps": steps,
            "warnings": plan.map(|plan| plan.warnings.clone()).unwrap_or_default(),
            "refused": self.refused,
            "digest": plan.map(|plan| plan.digest.clone()),
            "phrase": plan.and_then(|plan| plan.phrase.clone()),
            "clarify": join(|turn| turn.clarify.as_deref()),
            "text": join(|turn| turn.text.as_deref()),
            "turns": self.turns,
        });
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    }

    fn words(&self, machine: &Machine, style: &Style) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        for turn in &self.turns {
            let _ = writeln!(out, "> {}", turn.say);
            if let Some(understood) = &turn.understood {
                let _ = writeln!(out, "understood: {understood}");
            }
            for text in [&turn.text, &turn.clarify].into_iter().flatten() {
                let _ = writeln!(out, "{text}");
            }
            if turn.actions.contains(&InstallerAction::ListDisks) {
                let _ = writeln!(out, "\n{}", disk_lines(&machine.disks).join("\n"));
            }
            if let Some(refusal) = &turn.refused {
                let _ = writeln!(out, "refused: {refusal}");
            }
            let _ = writeln!(out);
        }
        match &self.plan {
            Some(plan) if !plan.is_empty() => {
                let _ = writeln!(out, "Plan:");
                for line in &plan.lines {
                    let _ = writeln!(out, "  {line}");
                }
                let width = style.width().saturating_sub(2);
                for picture in machine.disks.iter().filter_map(|disk| Picture::of_plan(disk, plan)) {
                    let _ = writeln!(out);
                    for row in picture.rows(width, style.unicode) {
                        let _ = writeln!(out, "  {}", style.row(&row));
                    }
                }
                for warning in &plan.warnings {
                    let _ = writeln!(out, "\n  WARNING: {warning}");
                }
                if let Some(device) = &plan.phrase {
                    let _ = writeln!(out, "\n  Asks for the name of {device} to be typed: it carries data.");
                }
                let _ = writeln!(out, "\nNothing was done. Digest of the plan: {}", plan.digest);
            }
            _ => {
                let _ = writeln!(out, "Nothing to do on a disk.");
            }
        }
        out
    }
}

impl Turn {
    fn new(say: &str, answer: Answer) -> Self {
        let mut turn = Self {
            say: say.to_string(),
            understood: None,
            actions: Vec::new(),
            text: None,
            clarify: None,
            refused: None,
        };
        match answer {
            Answer::Actions(actions) => {
                turn.clarify = actions.iter().find_map(|action| match action {
                    InstallerAction::Clarify { question } => Some(question.clone()),
                    _ => None,
                });
                // A question says itself what was understood.
                turn.understood = turn.clarify.is_none().then(|| describe_all(&actions));
                turn.actions = actions;
            }
            Answer::Text(text) => turn.text = Some(text),
            Answer::NotUnderstood { message, suggestions } => {
                let mut text = message;
                for suggestion in suggestions {
                    text.push_str(&format!("\n  \"{suggestion}\""));
                }
                turn.text = Some(text);
            }
        }
        turn
    }

    /// What the conversation remembers as the answer.
    fn reply(&self) -> String {
        self.text
            .clone()
            .or_else(|| self.clarify.clone())
            .or_else(|| self.understood.clone())
            .unwrap_or_default()
    }
}

/// The wanted system after these actions; all of them or none.
fn wanted(
    spec: &InstallSpec,
    world: &World<'_>,
    actions: &[InstallerAction],
) -> Result<InstallSpec, Refusal> {
    let mut wanted = spec.clone();
    for action in actions {
        if let Some(next) = apply(&wanted, world, action)? {
            wanted = next;
        }
    }
    Ok(wanted)
}

/// True for actions that a session would ask about.
fn waits(action: &InstallerAction) -> bool {
    matches!(action, InstallerAction::Partition(_) | InstallerAction::Format { .. })
}

#[cfg(test)]
mod tests;
