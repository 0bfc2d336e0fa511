//! What the person wants to keep, whatever else they asked for: "wipe it, but Windows has to survive".

use levitate_core::lists::fold;

use super::disk::words::system_word;
use crate::Context;
use crate::refs::device_name;
use crate::text::{Token, tokens};
use crate::words::NOT_BEHIND;

/// Words that begin another thought, so that "erase windows and keep my files" keeps the files.
pub(super) const JOINS: &[&str] = &[
    "and", "but", "so", "then", "or", "while", "und", "aber", "sondern", "doch", "et", "mais", "puis", "y",
    "e", "pero", "ma", "mas", "maar", "en", "ale",
];

/// All but what follows.
pub(super) const EXCEPT: &[&str] =
    &["except", "besides", "ausser", "sauf", "menos", "excepto", "salvo", "tranne", "behalve"];

/// To keep, beside the words of the concept; and words of the concept that say where something is.
const KEEPS: &[&str] =
    &["remain", "remains", "rester", "reste", "restent", "queda", "quede", "ruhe", "drauf"];
const PLACES: &[&str] = &["lives", "harm", "leave", "left"];

/// To harm, beside the words of the concepts.
const HARMS: &[&str] = &[
    "harm", "erasing", "deleting", "removing", "touching", "wiping", "formatting", "format", "losing",
    "lose", "anruhren", "supprime", "supprimer", "supprimes", "supprimez", "borres", "elimines", "elimine",
    "verlieren", "perdre", "perder",
];

/// Words that turn a keep about: "keep windows off this disk", "keep it no longer".
const AWAY: &[&str] = &["off", "away", "out"];

/// A no reaches so many words.
const REACH: usize = 3;

/// The systems that were said to stay on a disk, by name.
pub(crate) fn spared(text: &str, disk: &str, ctx: &Context<'_>) -> Vec<String> {
    let tokens = tokens(text);
    let mut found = excepted(&tokens, ctx);
    let joins = |token: &Token| token.is_break() || JOINS.contains(&raw(token).as_str());
    // "Windows stays on sdb" says nothing of sda.
    let elsewhere = |clause: &[Token]| {
        clause.iter().filter_map(|token| device_name(&token.key)).any(|name| {
            let name = format!("/dev/{name}");
            name != disk && ctx.machine.partition(&name).is_none_or(|(of, _)| of.path != disk)
        })
    };
    for clause in tokens.split(joins).filter(|clause| !elsewhere(clause)) {
        let stays = stays(clause);
        for (at, token) in clause.iter().enumerate() {
            // "Not windows", "laisse windows".
            let before = at.checked_sub(1).map(|before| raw(&clause[before])).unwrap_or_default();
            let named = matches!(
                before.as_str(),
                "not" | "nicht" | "laisse" | "laissez" | "deja" | "dejar" | "lascia"
            );
            if stays || named || dear(clause) {
                found.extend(system_word(token, ctx));
            }
        }
    }
    found
}

pub(super) fn raw(token: &Token) -> String {
    fold(&token.raw).replace(' ', "")
}

/// "Everything except windows", "all but windows".
fn excepted(tokens: &[Token], ctx: &Context<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let all_but = raw(token) == "but"
            && at.checked_sub(1).is_some_and(|before| {
                matches!(raw(&tokens[before]).as_str(), "all" | "everything" | "anything")
            });
        if all_but || EXCEPT.contains(&raw(token).as_str()) {
            let next = tokens[at + 1..].iter().take(REACH).take_while(|token| !token.is_break());
            found.extend(next.filter_map(|token| system_word(token, ctx)));
        }
    }
    found
}

/// "Windows is my daughter's", "she needs it", "my games are on windows".
fn dear(clause: &[Token]) -> bool {
    let words: Vec<String> = clause.iter().map(raw).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let owned =
        has(&["my", "mine", "her", "his", "their", "our", "meine", "mein", "mes", "mis", "heilig", "sacred"])
            && has(&["is", "are", "on", "ist", "sind", "est", "sont", "en"]);
    let gone = has(&[
        "old", "go", "gone", "hate", "anymore", "longer", "mehr", "plus", "backup", "copied", "saved", "off",
    ]);
    owned && !gone && !clause.iter().any(|token| token.is(&["erase", "remove", "whole", "no"]))
}

/// True for a clause in which something stays: a keep without a no before it, or a harm with one.
fn stays(clause: &[Token]) -> bool {
    let words: Vec<String> = clause.iter().map(raw).collect();
    let is = |at: usize, list: &[&str]| list.contains(&words[at].as_str());
    let no = |at: usize| {
        let more = words
            .get(at + 1)
            .is_some_and(|next| matches!(next.as_str(), "mehr" | "longer" | "more" | "matter"));
        clause[at].is(&["no", "cant"]) && !more
    };
    let turned = |at: usize| {
        (at.saturating_sub(REACH)..at).any(|before| no(before) || is(before, &["than", "instead"]))
    };
    let all = || 0..clause.len();
    if words.windows(2).any(|pair| pair == ["finger", "weg"]) {
        return true;
    }
    let away = all().any(|at| is(at, AWAY));
    let leaves_alone =
        all().any(|at| is(at, &["leave"])) && all().any(|at| is(at, &["alone", "be", "there", "peace"]));
    let keeps = |at: usize| (clause[at].is(&["keep"]) && !is(at, PLACES)) || is(at, KEEPS);
    let harms = |at: usize| clause[at].is(&["touch", "erase", "remove"]) || is(at, HARMS);
    let behind = |at: usize| {
        (at + 1..clause.len().min(at + 1 + REACH)).any(|no_at| no(no_at) && is(no_at, NOT_BEHIND))
    };
    (!away && (leaves_alone || all().any(|at| keeps(at) && !turned(at))))
        || all().any(|at| harms(at) && (turned(at) || behind(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use levitate_core::lists::Lists;
    use levitate_core::machine::Machine;
    use levitate_core::state::State;

    #[test]
    fn only_what_was_said_to_stay() {
        let machine = Machine::from_json(include_str!("../../../../machines/windows-laptop.json")).unwrap();
        let (state, lists) = (State::default(), Lists::embedded());
        let ctx = Context { machine: &machine, state: &state, history: &[], lists: &lists, open: &[] };
        for said in [
            "wipe the kioxia, but the windows on it has to survive",
            "keep windows and delete windows",
            "Windows bleibt",
            "don't touch windows",
            "do not erase windows, use the rest",
            "leave windows alone",
            "erase all of it but make sure windows keeps working",
            "windows must remain",
            "wipe everything except windows",
            "erase all but windows",
            "erase the disk without deleting windows",
            "don't format windows",
            "i can't lose windows",
            "keep windows no matter what",
            "keep windows safe from harm",
            "do no harm to windows",
            "alles löschen außer Windows",
            "Windows nicht anrühren",
            "Finger weg von Windows",
            "lass Windows in Ruhe",
            "lösch windows nicht",
            "tout effacer sauf windows",
            "ne supprime pas windows",
            "laisse windows",
            "windows doit rester",
            "borra todo menos windows",
            "no borres windows",
            "deja windows",
            "erase the rest, not windows",
            "windows stays on nvme0n1",
        ] {
            assert!(spared(said, "/dev/nvme0n1", &ctx).contains(&"windows".into()), "{said}");
        }
        for said in [
            "erase windows",
            "wipe the disk windows lives on",
            "windows has to leave",
            "keep windows off this disk",
            "no need to keep windows",
            "windows won't survive this",
            "windows does not have to stay",
            "erase windows, keep my files",
            "windows can go and the swap stays",
            "borra windows pero conserva mis archivos",
            "wipe windows no backup needed",
            "Windows brauch ich nicht mehr, lösch es",
            "Windows brauch ich nicht mehr lösch es",
            "i don't need windows anymore erase it",
            "erase windows rather than keep it",
            "windows stays on sda",
        ] {
            assert!(spared(said, "/dev/nvme0n1", &ctx).is_empty(), "{said}");
        }
    }
}
