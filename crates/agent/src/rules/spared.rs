//! What the person wants to keep, whatever else they asked for: "wipe it, but Windows has to survive".

use crate::Context;
use crate::text::{Token, tokens};

use super::disk::words::system_word;

/// Words of the concept `keep` that say where something is, not that it stays.
const PLACES: &[&str] = &["lives", "harm", "leave"];

/// Words that turn a keep about: "keep windows off this disk".
const AWAY: &[&str] = &["off", "away", "out", "weg", "from", "longer", "more"];

/// The systems that were said to stay, by name.
pub(crate) fn spared(text: &str, ctx: &Context<'_>) -> Vec<String> {
    let tokens = tokens(text);
    let joins = |token: &Token| {
        token.is_break()
            || matches!(
                token.raw.to_lowercase().as_str(),
                "and" | "but" | "so" | "und" | "aber" | "et" | "mais" | "y"
            )
    };
    let mut found = Vec::new();
    for clause in tokens.split(joins).filter(|clause| stays(clause)) {
        for system in clause.iter().filter_map(|token| system_word(token, ctx)) {
            if !found.contains(&system) {
                found.push(system);
            }
        }
    }
    found
}

fn stays(clause: &[Token]) -> bool {
    let has = |keys: &[&str]| clause.iter().any(|token| token.is(keys));
    let raw = |words: &[&str]| clause.iter().any(|token| words.contains(&token.raw.to_lowercase().as_str()));
    if has(&["no", "cant"]) {
        return has(&["touch"]) || (has(&["erase", "remove"]) && !has(&["keep"]));
    }
    let keeps = |token: &Token| {
        let raw = token.raw.to_lowercase();
        (token.is(&["keep"]) && !PLACES.contains(&raw.as_str()))
            || matches!(raw.as_str(), "remain" | "remains")
    };
    !raw(AWAY) && (clause.iter().any(keeps) || (raw(&["leave"]) && raw(&["alone", "be", "there", "peace"])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use levitate_core::lists::Lists;
    use levitate_core::machine::Machine;
    use levitate_core::state::State;

    #[test]
    fn only_what_was_said_to_stay() {
        let machine = Machine::from_json(include_str!("../../../../machines/two-disks.json")).unwrap();
        let (state, lists) = (State::default(), Lists::embedded());
        let ctx = Context { machine: &machine, state: &state, history: &[], lists: &lists };
        for said in [
            "wipe the kioxia, but the windows on it has to survive",
            "keep windows and delete windows",
            "Windows bleibt",
            "don't touch windows",
            "do not erase windows, use the rest",
            "leave windows alone",
            "erase all of it but make sure windows keeps working",
            "windows must remain",
        ] {
            assert_eq!(spared(said, &ctx), ["windows"], "{said}");
        }
        for said in [
            "erase windows",
            "wipe the disk windows lives on",
            "windows has to leave",
            "keep windows off this disk",
            "no need to keep windows",
            "windows won't survive this",
            "erase windows, keep my files",
            "windows can go and the swap stays",
        ] {
            assert!(spared(said, &ctx).is_empty(), "{said}");
        }
    }
}
