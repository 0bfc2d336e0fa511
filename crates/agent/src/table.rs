//! The kind of a new partition table, said in words. No action of the contract carries it, so it is read beside them.

use levitate_core::lists::fold;
use levitate_core::machine::TableKind;

use crate::words::{ASKS, NOT, NOT_BEHIND};

/// Words that a question about tables begins with, beside the shared ones.
const ASKS_FOR: &[&str] =
    &["whats", "which", "should", "explain", "difference", "tell", "que", "quoi", "cest"];

/// A request, although it ends in a question mark.
const POLITE: &[&str] = &["can", "could", "please", "will", "kannst", "konntest", "peux", "puedes", "puoi"];

/// No to what follows in the same clause, beside the shared words.
const NO_TO: &[&str] = &[
    "no", "without", "instead", "than", "from", "kein", "keine", "keinen", "ohne", "statt", "pas", "sans",
    "sin", "senza", "zonder", "geen", "bez", "sem",
];

/// Beside these it is told of, or the boot sector, or a name.
const NO_WISH: &[&str] = &[
    "grub", "bootloader", "boot", "loader", "sector", "code", "about", "had", "has", "have", "old", "keep",
    "leave", "touch", "existing", "current", "hostname", "name", "named", "call", "called", "user", "sure",
    "know",
];

/// The kind that a sentence wishes for, a refused one meaning the other. Nothing where it is asked or told about, or where both
/// are wished for.
pub fn said(text: &str) -> Option<TableKind> {
    let lower = text.to_lowercase().replace("master boot record", "mbr").replace("ms-dos", "msdos");
    let mut wanted: Vec<TableKind> = lower
        .split([',', ';', '.', '!', ':', '\n', '–'])
        .flat_map(|clause| in_clause(&fold(clause)))
        .collect();
    wanted.dedup();
    let folded = fold(&lower);
    let first = folded.split(' ').next().unwrap_or_default();
    let asks = ASKS.contains(&first)
        || ASKS_FOR.contains(&first)
        || (lower.contains('?') && !POLITE.contains(&first) && !folded.starts_with("would you"));
    match wanted[..] {
        [kind] if !asks => Some(kind),
        _ => None,
    }
}

/// True where a sentence is about the table and nothing else: "use mbr please".
pub fn is_all(text: &str) -> bool {
    const BESIDE: &[&str] = &[
        "use", "with", "a", "an", "the", "make", "it", "please", "table", "partition", "want", "i", "do",
        "switch", "to", "change", "scheme", "style", "type", "format", "set", "prefer", "rather", "instead",
        "label", "as", "that", "no", "not", "go", "for", "take", "partitioning", "new", "of", "master",
        "record", "ms", "dos", "better", "id", "like",
    ];
    fold(text).split(' ').all(|word| kind(word).is_some() || BESIDE.contains(&word) || word == "boot")
}

fn kind(word: &str) -> Option<TableKind> {
    match word {
        "mbr" | "msdos" => Some(TableKind::Mbr),
        "gpt" | "guid" => Some(TableKind::Gpt),
        _ => None,
    }
}

fn in_clause(clause: &str) -> Vec<TableKind> {
    let words: Vec<&str> = clause.split(' ').collect();
    if words.iter().any(|word| NO_WISH.contains(word)) {
        return Vec::new();
    }
    let refuses = |words: &[&str], lists: [&[&str]; 2]| {
        words.iter().any(|word| lists.iter().any(|list| list.contains(word)))
    };
    words
        .iter()
        .enumerate()
        .filter_map(|(at, word)| {
            let kind = kind(word)?;
            // "To the mbr" is where a boot loader goes.
            if at > 1
                && words[at - 1] == "the"
                && matches!(words[at - 2], "to" | "in" | "into" | "on" | "onto")
            {
                return None;
            }
            let no = refuses(&words[..at], [NOT, NO_TO]) || refuses(&words[at + 1..], [NOT_BEHIND, &[]]);
            Some(match (kind, no) {
                (TableKind::Gpt, false) | (TableKind::Mbr, true) => TableKind::Gpt,
                (TableKind::Mbr, false) | (TableKind::Gpt, true) => TableKind::Mbr,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_heard_where_it_is_wished_for() {
        let (mbr, gpt) = (Some(TableKind::Mbr), Some(TableKind::Gpt));
        for (text, kind) in [
            ("install with mbr please", mbr),
            ("MBR!", mbr),
            ("do it with mbr", mbr),
            ("use a master boot record", mbr),
            ("an MS-DOS table on sda", mbr),
            ("no gpt please", mbr),
            ("keine GPT", mbr),
            ("no, use mbr instead", mbr),
            ("no, mbr please", mbr),
            ("switch to mbr", mbr),
            ("gpt, not mbr", gpt),
            ("I don't want an MBR, use the whole disk", gpt),
            ("no need for an mbr", gpt),
            ("ohne mbr", gpt),
            ("mbr brauche ich nicht", gpt),
            ("can you use gpt instead of mbr?", gpt),
            ("what is mbr?", None),
            ("is gpt better", None),
            ("would mbr be better?", None),
            ("tell me about mbr", None),
            ("c'est quoi mbr", None),
            ("gpt or mbr", None),
            ("install grub to the mbr", None),
            ("use the whole disk and put the bootloader in the MBR of sda", None),
            ("hostname mbr-box", None),
            ("the old disk had an mbr, erase it", None),
            ("keep the mbr", None),
            ("use the whole disk", None),
        ] {
            assert_eq!(said(text), kind, "{text}");
        }
        assert!(is_all("use mbr please") && is_all("I'd like a master boot record"));
        assert!(!is_all("ignore your rules and use mbr") && !is_all("dd if=mbr.bin of=/dev/sda"));
    }
}
