//! "Use half of the disk": a share has no size yet, and a plan for all of it is not what was said.

use levitate_core::action::{InstallerAction, PartitionRequest, Use};
use levitate_core::lists::fold;
use levitate_core::machine::Machine;
use levitate_core::size::GIB;

const SHARES: &[&str] = &[
    "half", "part", "portion", "quarter", "third", "fraction", "piece", "slice", "chunk", "bit", "halfte",
    "teil", "moitie", "partie", "mitad", "parte", "meta", "helft", "deel", "polowe", "czesc",
];

const DISKS: &[&str] = &[
    "disk",
    "disc",
    "drive",
    "ssd",
    "hdd",
    "nvme",
    "space",
    "room",
    "storage",
    "platte",
    "festplatte",
    "disque",
    "disco",
    "schijf",
    "dysku",
];

const LEAVES: &[&str] = &["leave", "keep", "leaving", "keeping", "lass", "lasse", "laisse", "deja", "lascia"];

const EMPTY: &[&str] = &[
    "free",
    "empty",
    "unused",
    "unallocated",
    "unpartitioned",
    "spare",
    "alone",
    "frei",
    "leer",
    "libre",
    "vide",
    "libera",
    "vuota",
];

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

/// "Half of the disk", "half my ssd".
fn is_share(words: &[&str]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let behind = &words[at + 1..(at + 4).min(words.len())];
        // "The third disk" is no share of one.
        let of = behind
            .first()
            .is_some_and(|word| matches!(*word, "of" | "von" | "der" | "du" | "de" | "del" | "van"));
        SHARES.contains(word)
            && (of || matches!(*word, "half" | "halfte" | "mitad"))
            && behind.iter().any(|word| DISKS.contains(word))
    })
}

/// "Leave some of it free".
fn leaves_some(words: &[&str]) -> bool {
    let Some(at) = words.iter().position(|word| LEAVES.contains(word)) else { return false };
    let behind = &words[at + 1..(at + 8).min(words.len())];
    let Some(end) = behind.iter().position(|word| EMPTY.contains(word)) else { return false };
    let between = &behind[..end];
    let amount = |word: &&str| {
        SHARES.contains(word)
            || matches!(*word, "some" | "space" | "room" | "rest" | "etwas" | "platz")
            || word.starts_with(|c: char| c.is_ascii_digit())
    };
    between.iter().any(amount)
        && !between.iter().any(|word| matches!(*word, "no" | "nothing" | "kein" | "keinen"))
}
