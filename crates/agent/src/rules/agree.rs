//! What is truly a yes to what waits. A wrong yes erases a disk, a missed one costs a question.

use levitate_core::action::InstallerAction;
use levitate_core::lists::fold;

use super::Words;
use super::disk::words::pointing;
use crate::Context;
use crate::ground::disk;
use crate::refs::{Ref, device_name};
use crate::text::Token;

/// Words that are a yes in front of or behind others, in every language that is read here. "Si" is "if" as well, "da"
/// is "there", "y" is "and", "go" goes back: those are a yes only where nothing else is said.
const CLEAR: &[&str] = &[
    "yes",
    "yep",
    "yeah",
    "yup",
    "yea",
    "yess",
    "ok",
    "okay",
    "okey",
    "sure",
    "alright",
    "agreed",
    "confirm",
    "confirmed",
    "affirmative",
    "absolutely",
    "definitely",
    "certainly",
    "perfect",
    "oui",
    "ouais",
    "daccord",
    "ja",
    "jawohl",
    "klar",
    "sim",
    "claro",
    "tak",
    "fine",
    "correct",
    "continue",
    "proceed",
];

/// Words that take a yes back, put it off, or tie it to something, folded.
const TAKES_BACK: &[&str] = &[
    // not
    "not", "nicht", "nichts", "nix", "kein", "keine", "keinen", "niet", "geen", "pas", "sans", "sin", "ohne",
    "senza", "zonder", "nie", "bez", "inte", "ikke", "never", "cant", "cannot", "wont", "dont", "shouldnt",
    "without", // wait
    "wait", "waits", "hold", "warte", "wartet", "moment", "momento", "momentje", "attends", "attendez",
    "attend", "espera", "espere", "esperad", "aspetta", "aspetti", "wacht", "vanta", "poczekaj", "halt",
    "stop", "halblang", // later, first
    "later", "spater", "tomorrow", "manana", "demain", "domani", "amanha", "jutro", "soon", "yet", "before",
    "bevor", "avant", "antes", "after", "nach", "apres", "despues", "depois", "dopo", "first", "zuerst",
    "erst", "abord", "primero", "primeiro", "until", "till", "bis", "once", // if, but
    "if", "wenn", "falls", "unless", "quando", "cuando", "aber", "mais", "pero", "mas", "maar", "however",
    "though", "only", "except", "ausser", "sauf", "menos", "excepto", "salvo",
    // back, away from it
    "undo", "redo", "revert", "back", "zuruck", "leave", "scrap", "wrong", "falsch", "exit", "quit",
    "instead", "rather", "parar", "abort",
];

/// Words that a question begins with, said without its mark.
const ASKS: &[&str] = &[
    "are", "is", "was", "were", "what", "whats", "why", "how", "who", "which", "where", "when", "does",
    "did", "has", "have", "should", "ist", "sind", "wie", "warum", "wo", "wann", "wer", "que", "quel",
    "quelle", "comment", "pourquoi",
];

/// True where a yes among these words would not be one: it is asked, taken back, put off, tied to something, or about
/// another disk than the one that waits.
pub(super) fn is_taken_back(words: &Words<'_>, ctx: &Context<'_>) -> bool {
    let list: Vec<&Token> = words.tokens.iter().filter(|token| !token.is_break()).collect();
    let raw: Vec<String> = list.iter().map(|token| fold(&token.raw).replace(' ', "")).collect();
    let asks =
        words.text.contains(['?', '？']) || raw.first().is_some_and(|word| ASKS.contains(&word.as_str()));
    // "I am a little scared, but ok, do it": the yes stands behind the last "but".
    let but = raw.iter().rposition(|word| word == "but");
    let yes_behind = but.is_some_and(|at| raw[at + 1..].iter().any(|word| is_clear(word)));
    asks || (but.is_some() && !yes_behind)
        || raw.iter().any(|word| TAKES_BACK.contains(&word.as_str()))
        || list.iter().any(|token| token.is(&["no", "cant", "undo", "exit", "status", "help"]))
        || list.iter().any(|token| is_elsewhere(token, ctx))
}

/// True for a word that points at another disk than the one that waits.
fn is_elsewhere(token: &Token, ctx: &Context<'_>) -> bool {
    let path = match &ctx.state.pending {
        Some(InstallerAction::Partition(request)) => request.disk.as_str(),
        Some(InstallerAction::Format { partition, .. } | InstallerAction::Mount { partition, .. }) => {
            partition
        }
        _ => return false,
    };
    let on = ctx.machine.disk(path).or_else(|| ctx.machine.partition(path).map(|(disk, _)| disk));
    let Some(on) = on else { return false };
    match device_name(&token.key).map(Ref::Device).or_else(|| pointing(token, ctx)) {
        Some(word @ (Ref::Device(_) | Ref::Word(_) | Ref::Blank)) => !disk::fits(&word, on),
        Some(Ref::Other) => true,
        _ => false,
    }
}

/// True where the first word is a clear yes and nothing takes it back: "yes, wipe it".
pub(crate) fn begins_with_yes(text: &str, ctx: &Context<'_>) -> bool {
    let words = Words::of(text);
    let first = words.tokens.iter().find(|token| !token.is_break());
    let clear = first.is_some_and(|token| is_clear(&fold(&token.raw)) || token.raw.to_lowercase() == "sí");
    clear && !is_taken_back(&words, ctx)
}

pub(super) fn is_clear(word: &str) -> bool {
    CLEAR.contains(&word)
}
