//! What is truly a yes to what waits. A wrong yes erases a disk, a missed one costs a question.

use levitate_core::action::{InstallerAction, Use};
use levitate_core::lists::fold;

use super::Words;
use super::consent::{PHRASES, YES, squeezed};
use super::disk::words::{pointing, system_word};
use crate::Context;
use crate::ground::disk;
use crate::refs::{Ref, device_name};
use crate::text::Token;
use crate::words::ASKS;

/// Words that may stand beside a yes and say no more than it, folded.
const BESIDE: &[&str] = &[
    "please", "pls", "plz", "it", "do", "go", "ahead", "then", "now", "just", "already", "alredy", "the",
    "for", "lets", "so", "i", "am", "im", "a", "little", "bit", "scared", "afraid", "nervous", "but", "that",
    "this", "thats", "is", "its", "plan", "all", "of", "with", "thanks", "thx", "ty", "bitte", "es", "eh",
    "ehh", "um", "uh", "hmm", "and", "und", "et", "y", "e", "sounds", "sound", "looks", "look", "good",
    "great", "nice", "cool", "well", "oh", "omg", "god", "man", "mate", "bro", "dude", "sir", "weiter",
    "machen", "por", "favor", "hazlo", "doch", "dat", "tout", "too", "tutto", "onegaishimasu", "im", "ready",
    "happy", "whole", "disk", "drive", "everything", "away", "me", "by", "very", "much", "merci", "danke",
    "gracias", "grazie", "obrigado", "dank", "prego", "vas", "you", "thank", "right", "start", "begin",
    "one", "on", "yes", "s", "il", "te", "plait", "vous", "svp", "maar", "nur", "zu", "das", "la", "gut",
    "bien", "bueno", "bene", "bon", "bom", "exactly", "gehts", "que", "geht", "to", "what", "want", "wanted",
];

/// Pairs and lists that are no agreement although every word of them is: "make sure", "yeah right", "you sure".
const NO_YES: &[&str] = &[
    "make sure", "yeah right", "you sure", "u sure", "be sure", "sure is", "correct the", "correct this",
    "right drive", "right disk", "right one", "go away", "one on", "what is", "what disk", "what drive",
    "do you", "the drive is", "the disk is", "do i", "go on me", "fine one", "what plan", "and what",
    "what then", "is it", "is that", "is this",
];

/// True where every word agrees, or names what the plan erases anyway, and one of them is a yes.
pub(super) fn agrees(words: &Words<'_>, ctx: &Context<'_>) -> bool {
    let said = format!(" {} ", fold(words.text));
    if NO_YES.iter().any(|pair| said.contains(&format!(" {pair} "))) {
        return false;
    }
    let phrase = PHRASES.iter().any(|phrase| said.contains(&format!(" {} ", fold(phrase))));
    let in_a_phrase = |word: &str| {
        PHRASES.iter().any(|phrase| {
            let phrase = fold(phrase);
            said.contains(&format!(" {phrase} ")) && phrase.split(' ').any(|part| part == word)
        })
    };
    let mut yes = phrase;
    for token in words.tokens.iter().filter(|token| !token.is_break()) {
        let folded = fold(&token.raw);
        let word = folded.replace(' ', "");
        let is_yes = YES.contains(&word.as_str()) || YES.contains(&squeezed(&word).as_str());
        yes |= is_yes;
        let known = is_yes
            || BESIDE.contains(&word.as_str())
            || folded.split(' ').all(|part| BESIDE.contains(&part) || in_a_phrase(part))
            || is_planned(token, ctx);
        if !known || token.size.is_some() {
            return false;
        }
    }
    yes
}

/// To erase, and all of it, in other languages, folded.
const ERASING: &[&str] = &[
    "apagar", "apaga", "tudo", "loschen", "losch", "losche", "alles", "efface", "effacer", "effacez",
    "borra", "borrar", "borralo", "todo", "cancella", "cancellare", "wis", "wissen", "usun", "wymaz",
    "radera", "slet", "format", "formatear",
];

/// A word for what the plan that waits does: to erase, where it erases, and its own disk.
fn is_planned(token: &Token, ctx: &Context<'_>) -> bool {
    let Some(InstallerAction::Partition(request)) = &ctx.state.pending else { return false };
    let erases = token.is(&["erase"]) || ERASING.contains(&fold(&token.raw).as_str());
    if request.usage == Use::Whole && erases {
        return true;
    }
    let Some(on) = ctx.machine.disk(&request.disk) else { return false };
    let named = device_name(&token.key).map(Ref::Device).or_else(|| system_word(token, ctx).map(Ref::Word));
    match named.or_else(|| pointing(token, ctx)) {
        Some(word @ (Ref::Device(_) | Ref::Word(_))) => request.usage == Use::Whole && disk::fits(&word, on),
        _ => false,
    }
}

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

/// Words that a question begins with, beside the shared ones.
const ASKS_FOR: &[&str] = &[
    "whats", "which", "where", "have", "should", "sind", "wo", "que", "quel", "quelle", "comment", "pourquoi",
];

/// True where a yes among these words would not be one: it is asked, taken back, put off, tied to something, or about
/// another disk than the one that waits.
pub(super) fn is_taken_back(words: &Words<'_>, ctx: &Context<'_>) -> bool {
    let list: Vec<&Token> = words.tokens.iter().filter(|token| !token.is_break()).collect();
    let raw: Vec<String> = list.iter().map(|token| fold(&token.raw).replace(' ', "")).collect();
    let opens = |word: &String| ASKS.contains(&word.as_str()) || ASKS_FOR.contains(&word.as_str());
    let asks = words.text.contains(['?', '？']) || raw.first().is_some_and(opens);
    // "I am a little scared, but ok, do it": the yes stands behind the last "but".
    let but = raw.iter().rposition(|word| word == "but");
    let yes_behind = but.is_some_and(|at| raw[at + 1..].iter().any(|word| YES.contains(&word.as_str())));
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
        // "A little afraid" is no disk.
        Some(word @ (Ref::Biggest | Ref::Smallest)) if token.raw.to_lowercase() != "little" => {
            let found = disk::find(&crate::refs::Refs::one(word), ctx);
            found.map_or(true, |found| found.path != on.path)
        }
        Some(Ref::Other) => true,
        _ => false,
    }
}

/// True where all of a sentence is a yes: "yes, wipe it".
pub(crate) fn is_yes(text: &str, ctx: &Context<'_>) -> bool {
    let words = Words::of(text);
    agrees(&words, ctx) && !is_taken_back(&words, ctx)
}
