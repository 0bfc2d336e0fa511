//! Words that point at a disk or name a system.

use levitate_core::lists::fold;

use super::Found;
use crate::Context;
use crate::ground::disk::is_serial;
use crate::ground::makers::{MAKERS, SYSTEMS};
use crate::refs::{Ref, device_name};
use crate::rules::parts::is_partition;
use crate::text::Token;

/// A system named by a word.
pub(in crate::rules) fn system_word(token: &Token, ctx: &Context<'_>) -> Option<String> {
    if token.key == "windows" {
        return Some("windows".into());
    }
    let word = fold(&token.raw).replace(' ', "");
    let word = word.strip_suffix("es").filter(|stem| *stem == "windows").map_or(word.clone(), str::to_owned);
    if matches!(word.as_str(), "windos" | "windws" | "windwos" | "wndows" | "windowses" | "microsoft") {
        return Some("windows".into());
    }
    let here = ctx.machine.disks.iter().flat_map(|disk| &disk.partitions).any(|partition| {
        partition.os.as_deref().is_some_and(|os| {
            fold(os).split(' ').any(|part| {
                part == word && part.len() > 3 && part != "linux" && part != "boot" && part != "manager"
            })
        })
    });
    (SYSTEMS.contains(&word.as_str()) || here).then_some(word)
}

/// A word that points at a disk, whatever stands around it.
pub(in crate::rules) fn pointing(token: &Token, ctx: &Context<'_>) -> Option<Ref> {
    match token.key.as_str() {
        "ssd" | "nvme" | "emmc" | "usb" | "hdd" => return Some(Ref::Word(token.key.clone())),
        "other" => return Some(Ref::Other),
        "biggest" => return Some(Ref::Biggest),
        "smallest" => return Some(Ref::Smallest),
        "blank" => return Some(Ref::Blank),
        _ => {}
    }
    if matches!(token.raw.to_lowercase().as_str(), "m.2" | "m2") {
        return Some(Ref::Word("nvme".into()));
    }
    if token.raw.eq_ignore_ascii_case("sata") {
        return Some(Ref::Word("sata".into()));
    }
    let word = fold(&token.raw).replace(' ', "");
    if word.len() < 2 || token.is(&["system", "use", "first", "for", "free", "all", "to", "with"]) {
        return None;
    }
    if MAKERS.contains(&word.as_str()) {
        return Some(Ref::Word(word));
    }
    // A word of this machine's own models and labels: "exceria", "evo", "backup".
    let label = ctx.machine.disks.iter().flat_map(|disk| &disk.partitions).any(|partition| {
        partition.label.as_deref().is_some_and(|label| fold(label) == word)
            && !matches!(word.as_str(), "root" | "home" | "system" | "linux" | "windows" | "data")
    });
    let model = word.len() >= 3
        && ctx.machine.disks.iter().any(|disk| {
            disk.model.as_deref().is_some_and(|model| {
                fold(model).split(' ').any(|part| {
                    part == word
                        && !part.ends_with("gb")
                        && part != "ssd"
                        && part != "plus"
                        && part != "pro"
                        && part != "disk"
                        && part != "black"
                })
            })
        });
    let serial = ctx.machine.disks.iter().any(|disk| is_serial(&word, disk));
    (label || model || serial).then_some(Ref::Word(word))
}

/// Words that point at the disk.
pub(super) fn references(clause: &[Token], keeps: bool, erases: bool, ctx: &Context<'_>, found: &mut Found) {
    for (at, token) in clause.iter().enumerate() {
        let never_used = clause.iter().any(|token| token.raw.eq_ignore_ascii_case("never"))
            && clause.iter().any(|token| token.raw.eq_ignore_ascii_case("used"));
        let refused = at > 0
            && !never_used
            && clause[at.saturating_sub(3)..at]
                .iter()
                .any(|before| before.key == "no" && !clause[at].is(&["other"]));
        let mut word = device_name(&token.key)
            .filter(|name| !is_partition(name, ctx))
            .map(Ref::Device)
            .or_else(|| pointing(token, ctx));
        let next_one = clause.get(at + 1).is_some_and(|next| {
            next.is(&["disk", "ssd", "nvme", "hdd"])
                || matches!(next.raw.to_lowercase().as_str(), "one" | "of")
        });
        let the = at > 0
            && matches!(
                clause[at - 1].raw.to_lowercase().as_str(),
                "the" | "that" | "number" | "die" | "le" | "la" | "el" | "de" | "no" | "other" | "zweite"
            );
        if word.is_none() {
            word = match token.key.as_str() {
                "first" if next_one || clause.len() <= 2 || the => Some(Ref::Nth(1)),
                "second" if next_one || the || clause.len() <= 2 => Some(Ref::Nth(2)),
                "third" if next_one || the || clause.len() <= 2 => Some(Ref::Nth(3)),
                "last" if next_one => Some(Ref::Nth(0)),
                _ => None,
            };
        }
        if token.raw.eq_ignore_ascii_case("one")
            && at > 0
            && clause[at - 1].raw.eq_ignore_ascii_case("number")
        {
            word = Some(Ref::Nth(1));
        }
        let Some(word) = word else { continue };
        // "rest on the crucial", "the disk is empty": not "empty" said of something else.
        if matches!(word, Ref::Biggest)
            && clause.get(at + 1).is_some_and(|next| {
                next.is(&["root", "partition"]) || next.raw == "media" || next.raw == "files"
            })
        {
            continue;
        }
        // "hard disk" is a kind only where there is one beside flash.
        if keeps && !erases {
            found.kept.push(word);
        } else if refused {
            found.said.disk.push(Ref::Not(Box::new(word)));
        } else {
            found.said.disk.push(word);
        }
    }
    let line = clause.iter().map(|token| token.raw.to_lowercase()).collect::<Vec<_>>().join(" ");
    let rotating =
        ctx.machine.disks.iter().any(|disk| disk.rotational) && ctx.machine.candidates().count() > 1;
    if !keeps
        && (line.contains("hard disk")
            || line.contains("hard drive")
            || line.contains("harddisk")
            || line.contains("disco duro"))
        && rotating
    {
        found.said.disk.push(Ref::Word("hdd".into()));
    }
    if !keeps && line.contains("without windows") {
        found.said.disk.push(Ref::Not(Box::new(Ref::Word("windows".into()))));
        found.systems.retain(|word| *word != Ref::Word("windows".into()));
    }
    if !keeps
        && (line.contains("nothing on it")
            || line.contains("nothing lives")
            || line.contains("never used")
            || line.contains("spare disk")
            || line.contains("spare drive"))
    {
        found.said.disk.push(Ref::Blank);
    }
}
