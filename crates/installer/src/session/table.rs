//! The kind of a new partition table, said in words: no action carries it, so it is a wish of its own.

use levitate_agent::Answer;
use levitate_core::action::InstallerAction as Action;
use levitate_core::lists::fold;
use levitate_core::machine::TableKind;
use levitate_core::state::Stage;

use super::{Session, Undoable};

impl Session {
    /// Notes a table kind that the sentence wishes for. The answer then plans anew what waits, or says what was noted
    /// where nothing else was understood.
    pub(super) fn with_table(&mut self, text: &str, answer: Answer) -> Answer {
        let Some(kind) = said(text) else { return answer };
        let understood = matches!(&answer, Answer::Actions(actions) if !actions.iter().all(asks));
        if self.achieved().stages().contains(&Stage::Disk) {
            return match understood {
                true => answer,
                false => Answer::Text(
                    "The disk has its partition table already. \"undo\" takes the layout back first.".into(),
                ),
            };
        }
        if self.spec.table != Some(kind) {
            let mut wanted = self.spec.clone();
            wanted.table = Some(kind);
            self.undo.push(Undoable::Wish(self.spec.clone()));
            self.want(wanted);
        }
        let waits = match &mut self.pending {
            Some(pending) => {
                pending.spec.table = Some(kind);
                Some(pending.action.clone()).filter(|action| matches!(action, Action::Partition(_)))
            }
            None => None,
        };
        match (answer, waits) {
            (Answer::Actions(mut actions), waits) if understood => {
                // A yes was to the plan as it stood, with the other table.
                actions.retain(|action| waits.is_none() || *action != Action::Confirm);
                if !actions.iter().any(|action| matches!(action, Action::Partition(_))) {
                    actions.extend(waits);
                }
                Answer::Actions(actions)
            }
            (_, Some(layout)) => Answer::Actions(vec![layout]),
            // "Which disk?" is what comes next anyway.
            (Answer::Actions(actions), None) => Answer::Actions(actions),
            (_, None) => Answer::Text(format!("A disk that I erase gets {} partition table.", a(kind))),
        }
    }
}

const fn a(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Gpt => "a GPT",
        TableKind::Mbr => "an MBR",
    }
}

fn asks(action: &Action) -> bool {
    matches!(action, Action::Clarify { .. } | Action::Explain { .. })
}

/// The kind that a sentence wishes for; a question about it wishes for nothing.
fn said(text: &str) -> Option<TableKind> {
    const ASKS: [&str; 18] = [
        "what",
        "whats",
        "why",
        "how",
        "which",
        "is",
        "are",
        "do",
        "does",
        "should",
        "explain",
        "difference",
        "was",
        "warum",
        "wie",
        "que",
        "quoi",
        "and what",
    ];
    const NOT: [&str; 12] =
        ["no", "not", "dont", "without", "instead", "than", "never", "kein", "nicht", "pas", "sin", "from"];
    let folded = fold(text).replace("master boot record", "mbr").replace("ms dos", "msdos");
    let words: Vec<&str> = folded.split(' ').collect();
    if words.first().is_some_and(|first| ASKS.contains(first)) {
        return None;
    }
    let mut wanted = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let kind = match *word {
            "mbr" | "msdos" => TableKind::Mbr,
            "gpt" | "guid" => TableKind::Gpt,
            _ => continue,
        };
        let refused = words[at.saturating_sub(2)..at].iter().any(|before| NOT.contains(before));
        let other = if kind == TableKind::Mbr { TableKind::Gpt } else { TableKind::Mbr };
        wanted.push(if refused { other } else { kind });
    }
    wanted.dedup();
    match wanted[..] {
        [kind] => Some(kind),
        // Both are named, and which is wished for is not clear.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::rehearse;
    use levitate_core::protocol::Event;

    #[test]
    fn a_kind_is_heard_where_it_is_wished_for() {
        for (text, kind) in [
            ("install with mbr please", Some(TableKind::Mbr)),
            ("MBR!", Some(TableKind::Mbr)),
            ("use a master boot record", Some(TableKind::Mbr)),
            ("an MS-DOS table on sda", Some(TableKind::Mbr)),
            ("no gpt please", Some(TableKind::Mbr)),
            ("gpt, not mbr", Some(TableKind::Gpt)),
            ("can you use gpt instead of mbr?", Some(TableKind::Gpt)),
            ("what is mbr?", None),
            ("is gpt better", None),
            ("gpt or mbr", None),
            ("use the whole disk", None),
        ] {
            assert_eq!(said(text), kind, "{text}");
        }
    }

    fn plans(name: &str, lines: &str) -> Vec<Vec<String>> {
        let lines_of = |event: Event| match event {
            Event::Plan(view) => Some(view.plan.lines),
            _ => None,
        };
        rehearse(name, lines).into_iter().filter_map(lines_of).collect()
    }

    #[test]
    fn the_plan_says_which_table_was_wished_for() {
        let mbr = "- A new MBR partition table.".to_owned();
        for (name, said) in [
            ("vm-bios", "install with mbr please"),
            ("vm-bios", "use mbr\nuse the whole disk"),
            ("two-disks", "install with mbr\nsda"),
        ] {
            let plans = plans(name, said);
            assert!(plans.last().is_some_and(|lines| lines.contains(&mbr)), "{said}: {plans:?}");
        }
        let changed = plans("vm-bios", "use the whole disk\nmake it mbr");
        assert!(!changed[0].contains(&mbr) && changed[1].contains(&mbr), "{changed:?}");
        let yes_but = plans("vm-bios", "use the whole disk\nyes, with mbr");
        assert_eq!(yes_but.len(), 2, "a yes with another table is asked about: {yes_but:?}");
        let back = plans("vm-bios", "use mbr\nundo\nuse the whole disk");
        assert!(!back[0].contains(&mbr), "{back:?}");
    }
}
