//! The kind of a new partition table, said in words: no action carries it, so it is a wish of its own.

use levitate_agent::{Answer, table};
use levitate_core::action::InstallerAction as Action;
use levitate_core::apply::apply;
use levitate_core::machine::TableKind;
use levitate_core::spec::InstallSpec;
use levitate_core::state::Stage;

use super::{Session, Undoable};

impl Session {
    /// Notes a table kind that the sentence wishes for. The answer then plans anew what waits, or says what was noted
    /// where nothing else was understood. What cannot be made so is refused, and nothing is noted.
    pub(super) fn with_table(&mut self, text: &str, answer: Answer) -> Answer {
        let Some(kind) = table::said(text).filter(|_| carries_a_wish(text, &answer)) else { return answer };
        // "Use mbr" is all about the table whatever a model made of it, and no boot loader was named.
        let alone = table::is_all(text);
        let answer = match answer {
            Answer::Actions(mut actions) => {
                actions.retain(|action| !matches!(action, Action::InstallBootloader { .. }));
                Answer::Actions(actions)
            }
            answer => answer,
        };
        let understood = matches!(&answer, Answer::Actions(actions) if !alone && !actions.iter().all(asks));
        if self.achieved().stages().contains(&Stage::Disk) {
            return match understood {
                true => answer,
                false => Answer::Text(
                    "The disk has its partition table already. \"undo\" takes the layout back first.".into(),
                ),
            };
        }
        let waits = self.pending.as_ref().map(|pending| &pending.action);
        let waits = waits.filter(|action| matches!(action, Action::Partition(_))).cloned();
        let answer = match answer {
            Answer::Actions(mut actions) if understood => {
                // A yes was to the plan as it stood, with the other table.
                actions.retain(|action| waits.is_none() || *action != Action::Confirm);
                if !actions.iter().any(|action| matches!(action, Action::Partition(_))) {
                    actions.extend(waits);
                }
                Answer::Actions(actions)
            }
            answer => match (answer, waits) {
                (_, Some(layout)) => Answer::Actions(vec![layout]),
                // "Which disk?" is what comes next anyway.
                (Answer::Actions(actions), None) if !alone && !actions.is_empty() => Answer::Actions(actions),
                (_, None) => Answer::Text(format!(
                    "A disk that I erase gets {} {} partition table.",
                    a(kind),
                    kind.name()
                )),
            },
        };
        let waiting = self.pending.as_ref().map_or(&self.spec, |pending| &pending.spec);
        let mut wanted = InstallSpec { table: Some(kind), ..waiting.clone() };
        for action in answer_actions(&answer) {
            match apply(&wanted, &self.world(), action) {
                Ok(next) => wanted = next.unwrap_or(wanted),
                Err(refusal) => return Answer::Text(refusal.to_string()),
            }
        }
        self.note_table(kind);
        answer
    }

    fn note_table(&mut self, kind: TableKind) {
        if let Some(pending) = &mut self.pending {
            pending.spec.table = Some(kind);
        }
        if self.spec.table != Some(kind) {
            let before = self.spec.clone();
            self.want(InstallSpec { table: Some(kind), ..before.clone() });
            self.undo.push(Undoable::Wish(before));
        }
    }
}

/// False for refusals and explanations, and where the sentence drops or leaves what waits.
fn carries_a_wish(text: &str, answer: &Answer) -> bool {
    match answer {
        Answer::NotUnderstood { .. } => true,
        Answer::Text(_) => table::is_all(text),
        Answer::Actions(actions) => actions.iter().all(|action| match action {
            Action::Explain { .. } => table::is_all(text),
            Action::Cancel | Action::Undo | Action::Exit | Action::Finish | Action::Reboot => false,
            _ => true,
        }),
    }
}

fn answer_actions(answer: &Answer) -> &[Action] {
    match answer {
        Answer::Actions(actions) => actions,
        _ => &[],
    }
}

const fn a(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Gpt => "a",
        TableKind::Mbr => "an",
    }
}

fn asks(action: &Action) -> bool {
    matches!(action, Action::Clarify { .. } | Action::Explain { .. })
}

#[cfg(test)]
mod tests {
    use crate::session::tests::rehearse;
    use levitate_core::protocol::Event;

    fn plans(name: &str, lines: &str) -> Vec<Vec<String>> {
        let lines_of = |event: Event| match event {
            Event::Plan(view) => Some(view.plan.lines),
            _ => None,
        };
        rehearse(name, lines).into_iter().filter_map(lines_of).collect()
    }

    #[test]
    fn the_plan_says_which_table_was_wished_for() {
        let mbr = "- A new partition table: MBR.".to_owned();
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

    #[test]
    fn what_drops_or_cannot_be_made_notes_nothing() {
        for drops in ["undo the mbr", "cancel, mbr is too old", "exit, i do not like mbr"] {
            let plans = plans("vm-bios", &format!("use the whole disk\n{drops}"));
            assert_eq!(plans.len(), 1, "{drops}: {plans:?}");
        }
        // Five partitions are too many for an MBR; the GPT plan still waits.
        let five = "use sda with a separate home, a separate boot and 4G swap";
        let plans = plans("two-disks", &format!("{five}\nuse mbr\nhostname box"));
        assert_eq!(plans.len(), 2, "{plans:?}");
        assert!(plans.iter().flatten().all(|line| !line.contains("MBR")), "{plans:?}");
    }
}
