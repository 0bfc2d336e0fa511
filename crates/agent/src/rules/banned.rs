//! Disks that a sentence forbids: "everything but sdb", "don't you dare wipe sda", "sda is my backup".

use levitate_core::lists::fold;

use super::disk::words::pointing;
use super::spared::{EXCEPT, JOINS, raw};
use crate::Context;
use crate::ground::{devices, disk};
use crate::refs::{Ref, Refs, device_name};
use crate::text::{Token, tokens};
use crate::words::NOT;

/// No to something, beside the shared words.
const NO_TO: &[&str] = &[
    "nobody", "cant", "cannot", "wouldnt", "rather", "stop", "avoid", "skip", "ignore", "spare", "kein",
    "keine", "pas", "rien", "mai", "nigdy", "nem", "nt", "ni",
];

/// Spanish and Portuguese say "no" in front of the verb.
const NO_BEFORE: &[&str] = &[
    "borres", "borre", "uses", "use", "toques", "toque", "elimines", "elimine", "formatees", "instales",
    "tocar", "borrar",
];

/// Behind a no these say that nothing is forbidden: "I don't need sda any more".
const HARMLESS: &[&str] = &[
    "need", "needed", "needs", "want", "wants", "care", "mind", "bother", "know", "worry", "forget",
    "matter", "sure", "only", "just", "encrypt", "swap", "longer", "more", "mehr", "plus", "have", "brauche",
    "brauch", "besoin", "like", "trust", "see",
];

/// What makes a disk one's own and dear, or out of bounds, as it stands in a folded clause.
const DEAR: &[&str] = &[
    "hands off", "finger weg", "stay away", "keep away", "off limits", "is my backup", "is the backup",
    "for backups", "has my", "holds my", "contains my", "keeps my", "is precious", "is sacred", "is holy",
    "heilig", "leave it alone", "alone", "in peace", "in ruhe", "stays", "must stay", "has to stay",
    "keep it", "not to be touched",
];

/// Words right in front of a disk that keep it.
const KEEP: &[&str] =
    &["keep", "spare", "save", "protect", "preserve", "behalte", "garde", "guarda", "bewaar"];

/// A no reaches so many words, an exception fewer.
const REACH: usize = 7;

/// The disks and partitions that were forbidden, by path.
pub(crate) fn banned(text: &str, ctx: &Context<'_>) -> Vec<String> {
    let tokens = tokens(text);
    let mut found = excepted(&tokens, ctx);
    let joins = |token: &Token| token.is_break() || JOINS.contains(&raw(token).as_str());
    for clause in tokens.split(joins) {
        let words: Vec<String> = clause.iter().map(raw).collect();
        let folded = format!(" {} ", fold(&words.join(" ")));
        let named: Vec<(usize, String)> =
            (0..clause.len()).filter_map(|at| Some((at, one_disk(&clause[at], ctx)?))).collect();
        if DEAR.iter().any(|dear| folded.contains(&format!(" {dear} "))) {
            found.extend(named.iter().map(|(_, disk)| disk.clone()));
        }
        // "A fedora I never boot any more" may go.
        let over = [" any more ", " anymore ", " no longer ", " nicht mehr ", " ne plus "];
        let over = over.iter().any(|over| folded.contains(over));
        for (at, word) in words.iter().enumerate() {
            let next = words.get(at + 1).map_or("", String::as_str);
            let after_next = words.get(at + 2).map_or("", String::as_str);
            let no = NOT.contains(&word.as_str())
                || NO_TO.contains(&word.as_str())
                || (word == "no" && NO_BEFORE.contains(&next));
            if no && !over && !HARMLESS.contains(&next) && !HARMLESS.contains(&after_next) {
                let behind: Vec<&String> = named
                    .iter()
                    .filter(|(on, _)| *on > at && *on <= at + REACH)
                    .map(|(_, disk)| disk)
                    .collect();
                // "Wis sda niet", "sda must not be touched".
                let before = named.iter().filter(|(on, _)| *on < at).map(|(_, disk)| disk);
                match behind.is_empty() {
                    true => found.extend(before.cloned()),
                    false => found.extend(behind.into_iter().cloned()),
                }
            }
            if KEEP.contains(&word.as_str()) {
                let near = named.iter().filter(|(on, _)| *on > at && *on <= at + 2);
                found.extend(near.map(|(_, disk)| disk.clone()));
            }
        }
    }
    found
}

/// "Everything but sdb", "all disks except the samsung".
fn excepted(tokens: &[Token], ctx: &Context<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let word = raw(token);
        let before = at.checked_sub(1).map(|before| raw(&tokens[before])).unwrap_or_default();
        let but = word == "but"
            && matches!(before.as_str(), "all" | "everything" | "anything" | "disks" | "drives" | "any");
        let from = matches!((before.as_str(), word.as_str()), ("apart", "from") | ("other", "than"));
        if but || from || EXCEPT.contains(&word.as_str()) || matches!(word.as_str(), "oprocz" | "utom") {
            let next = tokens[at + 1..].iter().take(3).take_while(|token| !token.is_break());
            found.extend(next.filter_map(|token| one_disk(token, ctx)));
        }
    }
    found
}

/// The one disk or partition that a word names, by device or by what it is.
pub(crate) fn one_disk(token: &Token, ctx: &Context<'_>) -> Option<String> {
    let word = match device_name(&token.key) {
        Some(name) => {
            let path = format!("/dev/{}", devices(&name).into_iter().next().unwrap_or(name));
            let known = ctx.machine.partition(&path).is_some() || ctx.machine.disk(&path).is_some();
            return known.then_some(path);
        }
        None => pointing(token, ctx)?,
    };
    if matches!(word, Ref::Blank | Ref::Other) {
        return None;
    }
    disk::find(&Refs::one(word), ctx).ok().map(|disk| disk.path.clone())
}
