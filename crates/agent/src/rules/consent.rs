//! Yes and no. About a third of what people type is this; it means something only while something waits or was asked.

use super::{Words, agree, layout_waits};
use crate::Context;
use crate::ground::last_asked;
use crate::reading::Reading;
use crate::text::{self, Token};

pub(super) const YES: &[&str] = &[
    "y", "yes", "yep", "yeah", "yup", "ya", "yea", "ye", "yess", "yas", "ok", "okay", "k", "kk", "okey",
    "sure", "fine", "alright", "right", "correct", "agreed", "proceed", "continue", "confirm", "confirmed",
    "affirmative", "absolutely", "definitely", "certainly", "yeet", "perfect", "oui", "ouais", "daccord",
    "vasy", "ja", "jawohl", "jo", "jup", "jupp", "klar", "gerne", "passt", "mach", "los", "si", "dale",
    "vale", "claro", "adelante", "sim", "pode", "certo", "procedi", "va", "tak", "dobrze", "hai", "da",
    "haan", "joo", "doe", "prima", "go", // more of German, French, Italian, Spanish, Portuguese, Dutch
    "einverstanden", "abgemacht", "genau", "richtig", "stimmt", "meinetwegen", "bestatigt", "parfait",
    "entendu", "volontiers", "evidemment", "confermo", "perfetto", "confirmo", "perfecto", "beleza",
    "akkoord", "zeker", "natuurlijk", // Slavic languages
    "ano", "dobre", "jasne", "souhlasim", "dobra", "zgoda", "potwierdzam", "igen", "rendben", "mehet",
    // the north
    "okej", "visst", "kylla", "selva", "jada", // and further away
    "evet", "tamam", "olur", "iya", "baik", "lanjut", "naam", "aywa", "yalla", "chalo", "sigur",
];

const NO: &[&str] = &[
    "n", "no", "nope", "nah", "nay", "not", "never", "cancel", "stop", "abort", "dont", "don't", "halt",
    "nein", "ne", "nee", "non", "nao", "naooo", "nooo", "noo", "nej", "nie", "abbrechen", "abbruch",
    "annuler", "annule", "annulla", "anuluj", "cancela", "cancelar", "annuleer", "lass", "lieber", "arrete",
    "para", "alto", "forget", "nevermind", "iie",
];

/// Words that may stand beside a yes or no without saying more.
const FILLERS: &[&str] = &[
    "please", "it", "do", "go", "ahead", "then", "now", "just", "already", "alredy", "the", "for", "lets",
    "so", "i", "am", "a", "little", "afraid", "but", "wait", "hold", "on", "that", "plan", "all", "one",
    "wrong", "disk", "omg", "god", "pls", "thanks", "thank", "you", "bitte", "es", "ehh", "eh", "um", "hmm",
    "leave", "scrap", "yet", "make", "wont", "with", "and", "sounds", "good", "looks", "great", "im", "i'm",
    "onegaishimasu", "thing", "well", "oh", "et", "weiter", "machen", "vas", "y", "por", "favor", "hazlo",
    "doch", "dat", "maar", "tout", "too", "tutto",
];

/// Yes in several words.
pub(super) const PHRASES: &[&str] = &[
    "go ahead", "go for it", "do it", "make it so", "let's go", "lets go", "sounds good", "looks good",
    "ship it", "send it", "that's right", "thats right", "carry on", "that is right", // German
    "mach das", "mach es", "los geht", "nur zu", "in ordnung", "so machen wir das", "so machen wir es",
    "machen wir so", "das machen wir", "machen wir", "leg los", "mach weiter", "geht klar", "alles klar",
    "von mir aus", "passt so", "genau so", // French
    "vas-y", "on y va", "d'accord", "fais-le", "c'est bon", "allez-y", "on fait comme ca", "ca marche",
    "ca roule", "c'est parti", "bien sur", "je confirme",
    "je suis d'accord", // Spanish, Portuguese, Italian
    "de acuerdo", "esta bien", "por supuesto", "me parece bien", "lo confirmo", "claro que si", "tudo bem",
    "pode ser", "pode fazer", "pode seguir", "manda ver", "isso mesmo", "com certeza", "va bene",
    "procedi pure", "fai pure", "sono d'accordo", // Dutch, Polish, Czech, the north
    "ga je gang", "in orde", "ga door", "w porzadku", "niech bedzie", "do toho", "v poradku", "kor pa",
    "det gar bra", "ja tack", "antaa menna", // and further away
    "devam et", "theek hai", "thik hai", "kar do",
];

/// "No worries", "no objections": a no to nothing that was asked.
const WORRIES: &[&str] = &[
    "worries", "worry", "problem", "problems", "problemo", "probleme", "prob", "probs", "wahala",
    "objection", "objections", "issue", "issues", "doubt", "doubts", "sweat", "qualms", "complaints",
    "concerns", "stress", "biggie",
];

/// What stands behind a "no worries" at the beginning.
fn behind_no_worries(text: &str) -> Option<&str> {
    let lower = text.trim_start().to_ascii_lowercase();
    let (no, rest) = lower.split_once(char::is_whitespace)?;
    let word: &str = rest.trim_start().split(|c: char| !c.is_alphanumeric()).next()?;
    let at = lower.find(word)? + word.len();
    (matches!(no, "no" | "nae" | "kein" | "keine") && WORRIES.contains(&word))
        .then(|| text.trim_start()[at..].trim_start_matches(|c: char| !c.is_alphanumeric()))
}

/// Reads an utterance that is a yes or a no and little else.
pub(super) fn read(words: &Words<'_>, ctx: &Context<'_>) -> Option<Vec<Reading>> {
    let mut said = words.text;
    while let Some(rest) = behind_no_worries(said) {
        said = rest;
    }
    if said.len() < words.text.len() {
        return if said.is_empty() { None } else { read(&Words::of(said), ctx) };
    }
    let list: Vec<&Token> = words.tokens.iter().filter(|token| !token.is_break()).collect();
    let raw: Vec<String> =
        list.iter().map(|token| levitate_core::lists::fold(&token.raw).replace(' ', "")).collect();
    let lower = words.lower.as_str();
    let waits = ctx.state.pending.is_some();
    let taken_back = agree::is_taken_back(words, ctx);

    let stands =
        |set: &[&str], word: &String| set.contains(&word.as_str()) || set.contains(&squeezed(word).as_str());
    let no_at = raw.iter().position(|word| stands(NO, word));
    let filler = |word: &String| FILLERS.contains(&word.as_str());
    let only_no = no_at.is_some() && raw.iter().all(|word| filler(word) || stands(NO, word));
    let only_yes = !taken_back
        && raw.iter().any(|word| stands(YES, word))
        && raw.iter().all(|word| filler(word) || stands(YES, word));
    let phrase_no = [
        "hold on", "not yet", "scrap that", "forget it", "forget that", "never mind", "nevermind",
        "leave it", "leave everything", "lass es", "laisse tomber", "lieber nicht", "deixa como", "dejalo",
        "changed my mind", "back up first", "backup first", "annulla tutto",
    ];
    let edits = list.iter().any(|token| {
        token.is(&[
            "encrypt", "swap", "btrfs", "xfs", "ext4", "home", "root", "other", "beside", "free", "freeword",
            "unencrypted", "instead", "keep",
        ]) || token.size.is_some()
    });

    // A yes is said in words; marks of a call, a markup or a shell line are nobody's yes.
    let spoken =
        !words.text.contains(['{', '}', '<', '>', '[', ']', '$', '|', '=', '\\']) && !lower.contains("--");
    if waits && !spoken {
        return only_no.then(|| vec![Reading::Cancel]);
    }
    if waits {
        if only_no {
            return Some(vec![Reading::Cancel]);
        }
        let short = raw.len() <= 9;
        if short && !edits && phrase_no.iter().any(|phrase| lower.contains(phrase)) {
            return Some(vec![Reading::Cancel]);
        }
        // A wrong yes erases a disk: every word has to be one of agreement.
        if !taken_back && no_at.is_none() && agree::agrees(words, ctx) {
            return Some(vec![Reading::Confirm]);
        }
        if no_at == Some(0)
            && !edits
            && short
            && !(layout_waits(ctx) && list.iter().any(|token| is_reference(token)))
        {
            return Some(vec![Reading::Cancel]);
        }
        return None;
    }
    let undone = ["scrap that", "forget that", "undo that", "take it back", "cofnij"]
        .iter()
        .any(|phrase| lower.contains(phrase));
    if undone && raw.len() <= 4 {
        return Some(vec![Reading::Undo]);
    }
    let yes = only_yes
        || (raw.len() <= 4
            && no_at.is_none()
            && !taken_back
            && PHRASES.iter().any(|phrase| text::says(lower, phrase)));
    if !yes && !only_no {
        return None;
    }
    // Nothing waits, but the installer asked whether to go on with something.
    let asked = last_asked(ctx).unwrap_or_default();
    if let Some(reading) = proposed(&asked, yes, ctx) {
        return Some(vec![reading]);
    }
    if raw.len() > 4 {
        return None;
    }
    Some(vec![if yes { Reading::Confirm } else { Reading::Cancel }])
}

fn is_reference(token: &Token) -> bool {
    token.is(&[
        "disk", "ssd", "nvme", "hdd", "emmc", "second", "first", "third", "biggest", "smallest", "blank",
        "windows", "whole",
    ]) || token.raw == "one"
        || token.size.is_some()
        || crate::refs::device_name(&token.key).is_some()
}

/// What a yes or no to the installer's own question means.
fn proposed(asked: &str, yes: bool, ctx: &Context<'_>) -> Option<Reading> {
    let says = |words: &[&str]| words.iter().any(|word| asked.contains(word));
    if says(&["administrator", "admin rights", "sudo", "admin?"]) && !says(&["group"]) {
        let name = asked
            .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
            .skip_while(|word| !matches!(*word, "should" | "shall" | "may" | "is" | "will" | "does"))
            .nth(1)?;
        let known = ctx.state.users.iter().any(|user| user.name == name);
        return Some(match (known, yes) {
            (true, true) => Reading::Group { user: name.into(), group: "sudo".into() },
            (true, false) => return None,
            (false, sudo) => Reading::User { name: name.into(), sudo },
        });
    }
    if !yes || (!asked.contains('?') && !asked.contains("would copy")) {
        return None;
    }
    if says(&["copy", "kopier", "copier", "copia"]) || (says(&["start?"]) && ctx.state.target.is_some()) {
        return Some(Reading::Copy);
    }
    if says(&["grub", "boot loader", "bootloader"]) {
        return Some(Reading::Boot(crate::refs::Refs::default()));
    }
    if says(&["reboot", "restart"]) {
        return Some(Reading::Reboot);
    }
    if says(&["finish", "unmount"]) {
        return Some(Reading::Finish);
    }
    None
}

/// "nooooo" is "no".
pub(super) fn squeezed(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}
