//! What a model is told: one constant instruction, then what waits, what was asked and who there is, then the
//! person's words.
//!
//! No disk, no partition, no size: code knows the machine ([`crate::ground`]), and nothing that a stranger wrote on
//! a disk reaches the model. Training reads its prompts from here as well (`examples/readings.rs`), so that both
//! use the same text to the byte.

use levitate_core::action::InstallerAction;

use crate::Context;
use crate::ground::last_asked;

/// The instruction: constant, so that an engine evaluates it once and keeps it.
pub const SYSTEM: &str = "You write down what a person says to a Linux installer, one wish a line, in their own \
words. Verbs: disks partition format mount copy hostname timezone locale keyboard user password group boot finish \
reboot exit yes no undo status help explain shell ask talk. Uses of a disk: keep whole free beside along same. \
What was not said is ?.";

/// Longest part of the last question that is shown, in characters.
const ASKED: usize = 64;
/// Longest utterance that is shown, in characters; what is longer is no wish for an installer.
pub const SAID: usize = 400;
/// Accounts that are named.
const USERS: usize = 4;

/// The lines before the person's words: what was asked last, what waits for a yes, the accounts. It can be evaluated
/// while the person is still typing.
pub fn facts(ctx: &Context<'_>) -> String {
    let mut out = String::new();
    if let Some(asked) = last_asked(ctx) {
        out.push_str("asked: ");
        out.push_str(&cut(&bare(&asked), ASKED));
        out.push('\n');
    }
    if let Some(pending) = &ctx.state.pending {
        out.push_str("waits: ");
        out.push_str(&waiting(pending));
        out.push('\n');
    }
    if !ctx.state.users.is_empty() {
        let names: Vec<&str> = ctx.state.users.iter().take(USERS).map(|user| user.name.as_str()).collect();
        out.push_str("users: ");
        out.push_str(&names.join(" "));
        out.push('\n');
    }
    out
}

/// The line with the person's words.
pub fn says(text: &str) -> String {
    format!("says: {}", cut(text, SAID))
}

/// Without what stands in parentheses: there a disk's model and labels are described, and those are a stranger's words.
pub(crate) fn bare(text: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// One line, no control characters, at most `most` characters.
fn cut(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

/// An action as the verb and the object of its reading.
fn waiting(action: &InstallerAction) -> String {
    use InstallerAction as A;
    let name = |path: &str| path.trim_start_matches("/dev/").to_owned();
    match action {
        A::Partition(request) => {
            let encrypt = if request.encrypt { " encrypt" } else { "" };
            format!("partition {}{encrypt}", name(&request.disk))
        }
        A::Format { partition, .. } => format!("format {}", name(partition)),
        A::Mount { partition, .. } => format!("mount {}", name(partition)),
        A::CopySystem => "copy".into(),
        A::InstallBootloader { .. } => "boot".into(),
        A::Finish => "finish".into(),
        A::Reboot => "reboot".into(),
        A::Exit => "exit".into(),
        A::Undo => "undo".into(),
        A::CreateUser { name, .. } => format!("user {name}"),
        A::SetPassword { user } => format!("password {user}"),
        _ => "other".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, Role};
    use levitate_core::lists::Lists;
    use levitate_core::machine::Machine;
    use levitate_core::state::State;

    #[test]
    fn the_facts_are_short_and_hold_no_machine() {
        let machine: Machine = serde_json::from_str(
            r#"{"version":1,"firmware":"uefi","memory_bytes":1,"source":{"kind":"squashfs","path":"/x","installed_bytes":1},"disks":[]}"#,
        )
        .unwrap();
        let state: State = serde_json::from_str(
            r#"{"pending":{"action":"partition","disk":"/dev/sda","use":"whole","encrypt":true},
                "users":[{"name":"vince","sudo":true,"password_set":false}]}"#,
        )
        .unwrap();
        let history = [Message {
            role: Role::Assistant,
            content: format!("I would erase /dev/sda. Proceed (label YES),\nor {}?", "change it ".repeat(40)),
        }];
        let lists = Lists::embedded();
        let ctx = Context { machine: &machine, state: &state, history: &history, lists: &lists, open: &[] };
        let text = facts(&ctx);
        assert!(text.starts_with("asked: proceed , or change it"), "{text}");
        assert!(text.ends_with("\nwaits: partition sda encrypt\nusers: vince\n"), "{text}");
        assert!(text.lines().next().unwrap().len() <= 7 + ASKED);
        assert_eq!(says("a\u{7}b\n\nc"), "says: a b c");
        let empty = State::default();
        assert_eq!(facts(&Context { state: &empty, history: &[], ..ctx }), "");
    }
}
