//! "Use half of the disk": a share has no size yet, and a plan for all of it is not what was said.

use levitate_core::action::{InstallerAction, PartitionRequest, Use};
use levitate_core::lists::fold;
use levitate_core::machine::Machine;
use levitate_core::size::GIB;

use crate::words::EMPTY;

/// Shares of anything, folded.
const SHARES: &[&str] = &[
    "half", "quarter", "halfte", "halbe", "halben", "viertel", "drittel", "moitie", "mitad", "metade",
    "meta", "helft", "tercio", "cuarto", "polowe", "1 2", "1 3", "1 4",
];

/// Words that are a share where "of the" or its like stands behind them: "the third disk" is none of one.
const PARTS: &[&str] = &[
    "third", "part", "portion", "fraction", "piece", "slice", "chunk", "teil", "partie", "parte", "deel",
    "czesc",
];

/// "Of the".
const OF: &[&str] =
    &["of", "von", "der", "des", "meiner", "meines", "du", "de", "del", "da", "do", "della", "van"];

/// Behind a share these say that it is not the disk's.
const NOT_OF_A_DISK: &[&str] = &[
    "home", "root", "swap", "hour", "memory", "ram", "stunde", "heure", "hora", "windows", "million",
    "brother", "sister", "partition", "time", "past",
];

/// To leave, folded.
const LEAVES: &[&str] =
    &["leave", "keep", "leaving", "keeping", "lass", "lasse", "laisse", "deja", "lascia", "bleiben"];

/// Free of anything, beside empty.
const FREE: &[&str] = &["free", "unused", "unallocated", "unpartitioned", "spare", "frei", "libre", "libera"];

/// The question how large the system shall be, where a share was said and the plan would take all of the disk.
pub(super) fn asked(text: &str, actions: &[InstallerAction], machine: &Machine) -> Option<String> {
    let request = actions.iter().find_map(|action| match action {
        InstallerAction::Partition(request) if takes_all(request) => Some(request),
        _ => None,
    })?;
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    if !is_share(&words) && !leaves_some(&words) {
        return None;
    }
    let gib = machine.disk(&request.disk)?.size_bytes / GIB;
    Some(format!(
        "How large shall the system be? Say for example \"root {}G\": what is left of {} stays empty then.",
        (gib / 2).max(1),
        request.disk
    ))
}

fn takes_all(request: &PartitionRequest) -> bool {
    request.usage == Use::Whole
        && request.root.is_none()
        && request.home.is_none()
        && request.scheme.is_none()
}

/// "Half of the disk", "half my ssd", "a part of sda".
fn is_share(words: &[&str]) -> bool {
    (0..words.len()).any(|at| {
        let two = words.get(at..at + 2).map(|two| two.join(" ")).unwrap_or_default();
        let behind = &words[at + 1..(at + 6).min(words.len())];
        let of = behind.first().is_some_and(|word| OF.contains(word));
        let share = SHARES.contains(&words[at])
            || SHARES.contains(&two.as_str())
            || (PARTS.contains(&words[at]) && of);
        share && !behind.is_empty() && !behind.iter().any(|word| NOT_OF_A_DISK.contains(word))
    })
}

/// "Leave some space free", "10 GB sollen frei bleiben".
fn leaves_some(words: &[&str]) -> bool {
    let amount = |word: &str| {
        SHARES.contains(&word)
            || PARTS.contains(&word)
            || matches!(word, "some" | "space" | "room" | "etwas" | "platz" | "espace" | "espacio" | "spazio")
            || word.starts_with(|c: char| c.is_ascii_digit())
    };
    let none = |word: &&str| {
        matches!(*word, "no" | "nothing" | "kein" | "keinen" | "dont" | "not" | "without" | "nichts")
    };
    (0..words.len()).filter(|at| LEAVES.contains(&words[*at])).any(|at| {
        // The verb stands last in German.
        let around =
            &words[at.saturating_sub(if words[at] == "bleiben" { 6 } else { 1 })..(at + 8).min(words.len())];
        around.iter().any(|word| EMPTY.contains(word) || FREE.contains(word))
            && around.iter().any(|word| amount(word))
            && !around.iter().any(none)
    })
}
