//! What the conversation was about: the disk, partition or user spoken of last, the question asked last.

use levitate_core::machine::Machine;

use super::offers;
use crate::refs::device_name;
use crate::{Context, Role};

/// Device names in a text, in order, without `/dev/`.
pub fn devices(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '/')) {
        if let Some(name) = device_name(word).filter(|name| !name.starts_with('p'))
            && !found.contains(&name)
        {
            found.push(name);
        }
    }
    found
}

/// Disks named in a text, by path; a partition names its disk.
pub fn mentioned_disks(text: &str, machine: &Machine) -> Vec<String> {
    let mut found = Vec::new();
    for name in devices(text) {
        let path = format!("/dev/{name}");
        let disk = machine
            .disk(&path)
            .map(|disk| disk.path.clone())
            .or_else(|| machine.partition(&path).map(|(disk, _)| disk.path.clone()))
            .or_else(|| disk_of_new_partition(&path, machine));
        if let Some(disk) = disk.filter(|disk| !found.contains(disk)) {
            found.push(disk);
        }
    }
    found
}

/// As [`mentioned_disks`], without what a model says of itself in parentheses, where the disk is named outside them.
pub(super) fn disks_of_turn(text: &str, machine: &Machine) -> Vec<String> {
    let outside = mentioned_disks(&crate::prompt::bare(text), machine);
    if outside.is_empty() { mentioned_disks(text, machine) } else { outside }
}

/// The disk of a partition that the machine facts do not have yet.
pub fn disk_of_new_partition(path: &str, machine: &Machine) -> Option<String> {
    machine
        .disks
        .iter()
        .filter(|disk| {
            path.strip_prefix(&disk.path).is_some_and(|rest| {
                let rest = rest.strip_prefix('p').unwrap_or(rest);
                !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())
            })
        })
        .map(|disk| disk.path.clone())
        .next()
}

/// The disk spoken of last, where it was one alone.
pub fn last_disk(ctx: &Context<'_>) -> Option<String> {
    for message in ctx.history.iter().rev() {
        let mut disks = disks_of_turn(&message.content, ctx.machine);
        disks.retain(|path| ctx.machine.disk(path).is_some_and(|disk| !disk.live_medium && !disk.read_only));
        match disks.len() {
            0 => {}
            1 => return disks.pop(),
            _ => return None,
        }
    }
    None
}

/// The disks that the installer's last turn named, in its order.
pub fn last_offered(ctx: &Context<'_>) -> Vec<String> {
    let last = ctx.history.iter().rev().find(|message| message.role == Role::Assistant);
    last.map_or(Vec::new(), |message| offers::turn(&message.content, ctx.machine).usable(ctx.machine))
}

/// Longest question that is handed on together with the sentence before it, in characters.
const TOLD: usize = 64;

/// The last question of the installer, lower case: its last sentence with a question mark, or the whole last turn. A
/// question of one word says nothing without the sentence before it ("On the SSD or on the Toshiba. Where?").
pub fn last_asked(ctx: &Context<'_>) -> Option<String> {
    let last = ctx.history.iter().rev().find(|message| message.role != Role::Tool)?;
    if last.role != Role::Assistant {
        return None;
    }
    let text = last.content.to_lowercase();
    let parts = offers::sentences(&text, &[]);
    let Some(at) = parts.iter().rposition(|part| part.trim_end().ends_with('?')) else {
        return Some(text.trim().to_owned());
    };
    let question = parts[at].trim();
    // Where a plan waits, "Continue?" is about that.
    if at == 0 || question.contains(char::is_whitespace) || ctx.state.pending.is_some() {
        return Some(question.to_owned());
    }
    // The end of the sentence before: there stands what was offered last. A model in parentheses may hold a point, so
    // they go first.
    let told = crate::prompt::bare(&text);
    let parts = offers::sentences(&told, &[]);
    let at = parts.iter().rposition(|part| part.trim_end().ends_with('?'))?;
    let before = at.checked_sub(1).map_or("", |before| parts[before]);
    let mut words: Vec<&str> = before.split_whitespace().collect();
    let length = |words: &[&str]| words.iter().map(|word| word.chars().count() + 1).sum::<usize>();
    while !words.is_empty() && length(&words) + question.chars().count() > TOLD {
        words.remove(0);
    }
    words.push(question);
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use levitate_core::lists::Lists;
    use levitate_core::state::State;

    #[test]
    fn a_question_of_one_word_carries_the_sentence_before_it() {
        let machine: Machine = serde_json::from_str(
            r#"{"version":1,"firmware":"uefi","source":{"kind":"squashfs","path":"/x","installed_bytes":1}}"#,
        )
        .unwrap();
        let (state, lists) = (State::default(), Lists::embedded());
        for (said, asked) in [
            ("Hello. Shall I erase it?", "shall i erase it?"),
            (
                "Yes: in the free space of the SSD, or on the Toshiba. Where?",
                "yes: in the free space of the ssd, or on the toshiba. where?",
            ),
            ("It has 1.6 TB (model x. y) free. Use?", "it has 1.6 tb free. use?"),
            ("Which?", "which?"),
            ("Done.", "done."),
        ] {
            let history = [Message { role: Role::Assistant, content: said.into() }];
            let ctx =
                Context { machine: &machine, state: &state, history: &history, lists: &lists, open: &[] };
            assert_eq!(last_asked(&ctx).as_deref(), Some(asked));
        }
        let long = format!("{} on the Toshiba. Where?", "in the free space, or ".repeat(9));
        let history = [Message { role: Role::Assistant, content: long }];
        let ctx = Context { machine: &machine, state: &state, history: &history, lists: &lists, open: &[] };
        let asked = last_asked(&ctx).unwrap();
        assert!(asked.ends_with("on the toshiba. where?") && asked.chars().count() <= TOLD, "{asked}");
    }
}
