//! Sizes that were said for the system that stays: "shrink windows to 100 GB", "leave 250 GB for windows". What the new
//! system gets is the rest, and only the machine knows how much that is.

use levitate_core::action::{InstallerAction, Use};
use levitate_core::layout::host_partition;
use levitate_core::lists::fold;
use levitate_core::size::{Size, decimal};

use super::Decision;
use crate::text::{Token, tokens};
use crate::{Answer, Context};

const SHRINKS: [&str; 10] =
    ["shrink", "reduce", "resize", "cut", "squeeze", "trim", "verkleinere", "reduis", "reduce", "krimp"];
const LEAVES: [&str; 21] = [
    "keep", "keeps", "leave", "leaves", "left", "reserve", "retain", "gets", "get", "has", "have", "stays",
    "need", "needs", "soll", "lass", "laisse", "deja", "dejale", "lascia", "laat",
];

/// Behind a size these say that it is for the new system.
const NEW: [&str; 8] = ["new", "linux", "levitate", "levitateos", "neue", "nouveau", "nuevo", "nuovo"];

/// Behind a size, that it stays.
const STAYS: [&str; 4] = ["behalten", "behalt", "garder", "conservar"];

/// "Give windows 200 GB" is for windows.
const GIVES: [&str; 6] = ["give", "allow", "gib", "donne", "dale", "geef"];

/// The decision with the room for the new system reckoned from what the other one keeps.
pub(super) fn reckoned(text: &str, ctx: &Context<'_>, mut decision: Decision) -> Decision {
    let Answer::Actions(actions) = &mut decision.answer else { return decision };
    let Some(request) = actions.iter_mut().find_map(|action| match action {
        InstallerAction::Partition(request) if request.usage == Use::Beside => Some(request),
        _ => None,
    }) else {
        return decision;
    };
    let Some(Size::Bytes(kept)) = kept(&tokens(text)) else { return decision };
    let Some(host) = ctx.machine.disk(&request.disk).and_then(host_partition) else { return decision };
    match host.size_bytes.checked_sub(kept).filter(|rest| *rest > 0) {
        Some(rest) => request.give = Some(Size::Bytes(rest)),
        None => {
            let question = format!(
                "{} has {} now, so nothing would be left for the new system if it kept {}. How much shall the new system get?",
                host.path,
                decimal(host.size_bytes),
                decimal(kept)
            );
            *actions = vec![InstallerAction::Clarify { question }];
        }
    }
    decision
}

/// The size that was said for the other system.
pub(super) fn kept(tokens: &[Token]) -> Option<Size> {
    let words: Vec<String> = tokens.iter().map(|token| fold(&token.raw).replace(' ', "")).collect();
    let system = |at: usize| {
        tokens.get(at).is_some_and(|token| token.key == "windows")
            || words
                .get(at)
                .is_some_and(|word| matches!(word.as_str(), "ubuntu" | "fedora" | "debian" | "mint" | "arch"))
    };
    let said = |list: &[&str], range: std::ops::Range<usize>| {
        words.get(range).is_some_and(|part| part.iter().any(|word| list.contains(&word.as_str())))
    };
    let at = (0..tokens.len()).find(|at| {
        if tokens[*at].size.is_none() {
            return false;
        }
        let before = at.checked_sub(1).map_or("", |before| words[before].as_str());
        let to = matches!(before, "to" | "auf" | "a") && said(&SHRINKS, 0..*at) && !said(&["by"], 0..*at);
        let behind = *at + 1..tokens.len().min(*at + 4);
        // "100 GB next to windows" is for the new one.
        let beside = said(&["next", "beside", "besides", "alongside", "close"], behind.clone());
        let for_it = !beside
            && (*at + 1..*at + 4).any(&system)
            && said(&["for", "to", "fur", "pour"], *at + 1..tokens.len().min(*at + 3));
        // "Keep ubuntu, 100 GB for the new system": another clause, another system.
        let clause = (0..*at).rfind(|on| tokens[*on].is_break()).map_or(0, |on| on + 1);
        if said(&NEW, behind.clone()) && said(&["for", "to", "fur", "pour", "para", "per"], behind.clone()) {
            return false;
        }
        let smaller =
            said(&["smaller"], 0..*at) && (0..*at).any(&system) && matches!(before, "only" | "just" | "nur");
        let from = at.saturating_sub(3).max(clause);
        let given = |on: usize| system(on) && on > 0 && GIVES.contains(&words[on - 1].as_str());
        let it_keeps = (from..*at).any(|on| (system(on) && said(&LEAVES, 0..*at)) || given(on));
        let stays = said(&STAYS, behind) && (clause..*at).any(&system);
        to || smaller || stays || (for_it && said(&LEAVES, 0..*at)) || it_keeps
    })?;
    tokens[at].size
}
