//! Questions change nothing: they are answered by a prepared text, a list, or in words.

use levitate_core::action::Topic;

use super::{Read, Words};
use crate::Context;
use crate::reading::Reading;
use crate::text::Token;

const OPENERS: &[&str] = &[
    "what", "whats", "what's", "which", "wich", "how", "why", "where", "when", "who", "is", "are", "does",
    "do", "will", "would", "should", "am", "was", "wat", "wie", "warum", "wo", "wann", "welche", "ist",
    "sind", "kann", "wird", "werden", "soll", "comment", "pourquoi", "quel", "quelle", "est-ce", "qu'est-ce",
    "combien", "que", "como", "cuanto", "cuanto", "donde", "cual", "es", "son", "puedo", "cosa", "quanto",
    "hoe", "welke", "waarom", "kan", "czy", "co", "jak", "ile", "kya", "vilka", "vad", "hur", "difference",
    "if", "can", "could", "may", "might", "has", "have", "any", "anything", "remind", "tell", "explain",
    "did", "quels", "quelles", "was", "qual", "quais",
];

/// Openers that begin a wish as often as a question; a question mark or a first person decides.
const POLITE: &[&str] = &[
    "can you", "could you", "would you", "will you", "can u", "can we have", "may i have", "could we",
    "kannst du", "konntest du", "peux-tu", "puedes",
];

/// Reads a question.
pub(super) fn read(words: &Words<'_>, ctx: &Context<'_>) -> Option<Read> {
    let first = words
        .lower
        .split_whitespace()
        .next()
        .unwrap_or("")
        .trim_matches(|c: char| !c.is_alphanumeric() && c != '\'');
    let marked = words.lower.trim_end().ends_with('?')
        || words.lower.contains("? ")
        || words.lower.trim_end().ends_with('？');
    let second = words.lower.split_whitespace().nth(1).unwrap_or("");
    let opener = OPENERS.contains(&first)
        || (matches!(first, "and" | "so" | "but" | "und") && OPENERS.contains(&second));
    if let Some(reading) = asked_to_see(words) {
        return Some(Read::Readings(vec![reading]));
    }
    if !marked && !opener {
        return None;
    }
    if POLITE.iter().any(|polite| words.lower.starts_with(polite)) && !words.says(&["undo it", "both disks"])
    {
        return None;
    }
    // "what drives" is answered above; "do a free -m", "do the same on vdb", "have it" are wishes.
    if !marked
        && matches!(
            first,
            "do" | "have"
                | "any"
                | "que"
                | "si"
                | "es"
                | "as"
                | "will"
                | "son"
                | "kan"
                | "may"
                | "if"
                | "tell"
                | "has"
        )
    {
        let asks = matches!(
            (first, second),
            ("do", "i" | "you" | "we" | "they")
                | ("will", _)
                | ("have", "you")
                | ("tell", "me")
                | ("que", _)
                | ("may", "i")
                | ("as", "i")
        ) || (first == "if" && words.says(&["gone", "happen", "lose", "safe", "can i", "will i"]));
        if !asks {
            return None;
        }
    }
    if !marked
        && ((first == "what" && second == "a")
            || (first == "when" && !matches!(second, "will" | "do" | "does" | "is" | "can")))
    {
        return None;
    }
    if !marked && matches!(first, "is" | "wo" | "was" | "wie" | "how") && words.tokens.len() < 2 {
        return None;
    }
    if let Some(reading) = status_or_help(words) {
        return Some(Read::Readings(vec![reading]));
    }
    if let Some(topic) = topic(words) {
        return Some(Read::Readings(vec![Reading::Explain(topic)]));
    }
    Some(Read::Text(in_words(words, ctx)))
}

/// Lists and commands that are asked for as questions or without a verb.
fn asked_to_see(words: &Words<'_>) -> Option<Reading> {
    let list: Vec<&Token> = words.tokens.iter().filter(|token| !token.is_break()).collect();
    let disks = list.iter().any(|token| token.key == "disk" && !token.raw.eq_ignore_ascii_case("hdd"))
        || words.says(&["partition table", "partition tables", "partitions"]);
    let plural = list.iter().any(|token| {
        let raw = levitate_core::lists::fold(&token.raw);
        token.key == "disk"
            && (raw.ends_with('s') || raw.ends_with('n') || raw.ends_with('i') || raw.ends_with("ar"))
    }) || words.says(&["partition table", "partitions"]);
    let shows = list.iter().any(|token| token.is(&["list"]))
        || words.says(&[
            "what", "which", "wich", "wat ", "welche", "quels", "que discos", "vilka", "what's in",
            "do i have", "do you see", "are there", "are in here", "gibt es", "tem aí", "hay",
        ]);
    let other = list.iter().any(|token| {
        token.is(&["whole", "erase", "encrypt", "windows", "partition"])
            && token.raw.to_lowercase() != "partitions"
            && token.raw.to_lowercase() != "partition"
    }) || words
        .says(&["faster", "better", "should", "recommend", "safe", "happen", "full", "wiped", "empty"]);
    if disks && plural && !other && (shows || list.len() <= 2) && !words.says(&["both", "every", "lvm"]) {
        return Some(Reading::ListDisks);
    }
    if disks
        && plural
        && !other
        && list.len() <= 6
        && words.says(&["with sizes", "all drives", "all disks", "my disks", "my drives"])
    {
        return Some(Reading::ListDisks);
    }
    if words.says(&["how much memory", "how much ram"]) {
        return Some(Reading::Shell("free -h".into()));
    }
    None
}

fn status_or_help(words: &Words<'_>) -> Option<Reading> {
    if words.says(&[
        "what's next", "whats next", "what next", "what's left", "whats left", "what is left", "still open",
        "are we done", "how far", "where are we", "where were we", "comes now", "comes next", "stage?",
        "what now", "what is missing", "what's missing", "whats missing", "was fehlt", "left to do",
        "status", "anything left", "remaining", "wie weit",
    ]) {
        return Some(Reading::Status);
    }
    if words.says(&[
        "can i say", "can i even say", "can you do", "what do i say", "what can i", "commands",
        "how does this work", "was kann ich", "que puis-je", "que puedo", "help",
    ]) {
        return Some(Reading::Help);
    }
    None
}

/// The prepared text a question is about.
fn topic(words: &Words<'_>) -> Option<Topic> {
    let says = |phrases: &[&str]| words.says(phrases);
    let compares = says(&["difference", " or ", " vs ", "versus", "faster", "slow"]);
    if says(&[
        "how long", "wie lange", "combien de temps", "cuanto tarda", "cuánto tarda", "quanto tempo",
        "hoe lang", "how many minutes", "take long", "jak dlugo", "jak długo",
    ]) {
        return Some(Topic::Duration);
    }
    if says(&[
        "internet", "phone home", "privacy", "spy", "telemetry", "upload", "send my", "send any",
        "anyone see", "tracked", "datenschutz",
    ]) {
        return Some(Topic::Privacy);
    }
    if says(&[
        "undo", "put back", "be put back", "taken back", "take it back", "go back", "change my mind",
        "reverse", "rückgängig",
    ]) {
        return Some(Topic::Undo);
    }
    if says(&[
        "windows still", "still start", "still boot", "dual boot", "dualboot", "both systems",
        "next to windows work",
    ]) && !says(&["gone", "wipe"])
    {
        return Some(Topic::DualBoot);
    }
    if says(&[
        "photos", "my files", "my data", "mes fichiers", "mes données", "meine daten", "meine dateien",
        "mis datos", "mis archivos", "my stuff", "my documents", "lose anything", "lose data", "safe?",
    ]) && says(&[
        "safe", "lose", "lost", "gone", "perdre", "verlier", "weg", "perder", "pierdo", "delete", "deleted",
        "keep", "happen", "survive", "touched",
    ]) && !says(&["windows"])
    {
        return Some(Topic::DataSafety);
    }
    let about = |keys: &[&str]| words.has(keys);
    if says(&["enough", "how much space", "how big", "how much room", "wie viel platz", "combien d'espace"])
        && !about(&["swap"])
    {
        return Some(Topic::DiskSpace);
    }
    if about(&["swap"]) {
        return Some(Topic::Swap);
    }
    if compares || says(&["should i", "steal", "stolen"]) {
        let buys = says(&["buy me over", "advantage", "good for", "what is", "what's"]);
        if !buys {
            return None;
        }
    }
    let simple: [(&[&str], Topic); 7] = [
        (&["btrfs"], Topic::Btrfs),
        (&["xfs"], Topic::Xfs),
        (&["ext4"], Topic::Ext4),
        (&["efi"], Topic::Efi),
        (&["gpt", "mbr"], Topic::Gpt),
        (&["bootloader"], Topic::Grub),
        (&["encrypt"], Topic::Luks),
    ];
    let defines = says(&[
        "what is", "who are", "what's", "whats", "what are", "what does", "what do", "explain", "was ist",
        "qu'est", "que es", "qué es", "cos'è", "wat is", "remind", "tell me about", "mean", "for?",
        "what would", "why", "how does", "co to", "cosa è", "che cos",
    ]) || words.tokens.len() <= 3
        || (words.says(&["what even", "what exactly", "what the", "what actually", "whats even"])
            && words.tokens.len() <= 7);
    if defines {
        if let Some((_, topic)) = simple.iter().find(|(keys, _)| about(keys)) {
            return Some(*topic);
        }
        if says(&["who are you", "what are you", "this thing", "installer", "what is this", "what's this"]) {
            return Some(Topic::Installer);
        }
    }
    None
}

/// No prepared text: what can be said from the facts, and where to look.
fn in_words(words: &Words<'_>, ctx: &Context<'_>) -> String {
    let mut answer = String::new();
    if words.has(&["erase", "remove", "windows"]) || words.says(&["gone", "happen", "lose", "survive"]) {
        answer.push_str(
            "\"whole disk\" erases everything on that disk; free space and \"beside\" keep what is there. ",
        );
    }
    if ctx.state.pending.is_some() {
        answer.push_str(
            "A plan is waiting: it says what stays and what goes, and nothing happens before a yes. ",
        );
    } else {
        answer.push_str("I cannot answer that for certain, and I have changed nothing. ");
    }
    answer.push_str("Ask \"what is luks\", \"is my data safe\", \"how long does it take\", or say \"list disks\", \"status\", \"help\".");
    answer
}
