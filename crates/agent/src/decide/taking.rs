//! Words that turn what was read into its opposite: rights taken away, accounts renamed, a smaller swap.

use levitate_core::action::InstallerAction;
use levitate_core::lists::fold;

use super::Decision;
use crate::reading::Reading;
use crate::refs::Ref;
use crate::words::REMOVES;
use crate::{Answer, Context};

/// To take away from a person, beside to remove.
const TAKES: [&str; 10] =
    ["forget", "revoke", "withdraw", "strip", "demote", "kick", "rename", "entziehe", "entzieh", "retire"];

/// Rights and accounts are given here, never taken: whoever read "take sudo away from vince" as a wish for sudo, it is
/// none.
pub(super) fn refused(text: &str, ctx: &Context<'_>, decision: Decision) -> Decision {
    let people = |action: &InstallerAction| {
        matches!(
            action,
            InstallerAction::AddToGroup { .. }
                | InstallerAction::CreateUser { .. }
                | InstallerAction::SetHostname { .. }
                | InstallerAction::SetPassword { .. }
                | InstallerAction::Clarify { .. }
        )
    };
    let about_people = match &decision.answer {
        Answer::Actions(actions) => actions.iter().any(people),
        Answer::NotUnderstood { .. } => true,
        Answer::Text(_) => false,
    };
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let named = ctx.state.users.iter().find(|user| words.contains(&user.name.as_str()));
    let Some(user) = named else { return decision };
    let away = words.contains(&"away") || words.contains(&"weg");
    if !about_people || !(away || words.iter().any(|word| TAKES.contains(word) || REMOVES.contains(word))) {
        return decision;
    }
    let text = format!(
        "I cannot take away or rename what is there. \"undo\" takes back what was done last; the account {} can be changed in \
         the installed system.",
        user.name
    );
    Decision { answer: Answer::Text(text), open: Vec::new(), ..decision }
}

/// "A smaller swap" is no smaller disk: comparatives in front of a part of the layout name no disk.
pub(super) fn comparatives(mut readings: Vec<Reading>, text: &str) -> Vec<Reading> {
    const SMALL: [&str; 4] = ["small", "smaller", "less", "littler"];
    const BIG: [&str; 4] = ["big", "bigger", "larger", "more"];
    const PARTS: [&str; 8] = ["swap", "root", "home", "efi", "esp", "boot", "system", "partition"];
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let of_a_part = |word: &str| {
        words.windows(2).any(|pair| pair[0] == word && PARTS.contains(&pair[1]))
            && !words.iter().any(|other| matches!(*other, "disk" | "drive" | "ssd" | "hdd" | "one"))
    };
    for reading in &mut readings {
        if let Reading::Partition(said) = reading {
            said.disk.0.retain(|word| match word {
                Ref::Smallest => !SMALL.iter().any(|small| of_a_part(small)),
                Ref::Biggest => !BIG.iter().any(|big| of_a_part(big)),
                _ => true,
            });
        }
    }
    readings
}
