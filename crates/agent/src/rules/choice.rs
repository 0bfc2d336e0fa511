//! Replies to the installer's own questions that need no model, whatever else the words could mean: the ways to use a
//! disk, and "Shall I …?" with one thing in it.

use levitate_core::lists::fold;

use super::Read;
use crate::ground::{devices, last_asked};
use crate::reading::{PartitionSaid, Reading, UseSaid};
use crate::refs::{Ref, Refs, device_name};
use crate::{Context, Role};

const LEAVE: [&str; 5] = ["exit", "quit", "exit please", "quit please", "i quit"];
const YES: [&str; 22] = [
    "y", "yes", "yep", "yeah", "yup", "ok", "okay", "sure", "please", "yes please", "do it", "do that",
    "yes do it", "go ahead", "ja", "oui", "si", "sim", "tak", "ja bitte", "oui svp", "y please",
];
const NO: [&str; 18] = [
    "n", "no", "nope", "nah", "none", "neither", "nothing", "cancel", "stop", "abort", "no thanks", "nein",
    "non", "nee", "nie", "none of them", "neither of them", "nevermind",
];
const ERASE: [&str; 19] = [
    "erase", "wipe", "erase it", "erase it all", "erase all", "erase all of it", "erase everything",
    "wipe it", "wipe it all", "wipe all of it", "wipe everything", "all of it", "everything",
    "delete everything", "delete it", "the latter", "loschen", "alles loschen", "erase the disk",
];
const BESIDE: [&str; 14] = [
    "beside", "make room", "room", "make some room", "shrink", "shrink it", "shrink windows", "beside it",
    "beside windows", "next to it", "alongside", "dual boot", "share", "make room beside it",
];
const FREE: [&str; 9] = [
    "free", "the free space", "free space", "use the free space", "use its free space", "the free part",
    "use free", "the gap", "use the gap",
];

/// The reply to the question that was asked last, or to none: "exit" alone leaves wherever it is said.
pub(super) fn read(text: &str, ctx: &Context<'_>) -> Option<Read> {
    let said = fold(text);
    let is = |list: &[&str]| list.contains(&said.as_str());
    if is(&LEAVE) {
        return Some(Read::Readings(vec![Reading::Exit]));
    }
    let asked = last_asked(ctx)?;
    if let Some(read) = partition_to_mount(text, ctx) {
        return Some(read);
    }
    if let Some(read) = ways(&asked, &is) {
        return Some(read).filter(|_| ctx.state.pending.is_none());
    }
    let proposed = proposal(ctx)?;
    if is(&YES) {
        return Some(Read::Readings(instead(proposed, ctx.open)));
    }
    is(&NO).then(|| Read::Text("All right, then not. Say what you want instead.".into()))
}

/// "Keep my home" - "Which partition?" - "sda3".
fn partition_to_mount(text: &str, ctx: &Context<'_>) -> Option<Read> {
    let [Reading::Mount { at, .. }] = ctx.open else { return None };
    let name = device_name(text.trim().trim_end_matches('.'))?;
    ctx.machine.partition(&format!("/dev/{name}"))?;
    let partition = Refs::one(Ref::Device(name));
    Some(Read::Readings(vec![Reading::Mount { partition, at: at.clone() }]))
}

/// "… is not empty. Shall I use its free 40GB, make room beside what is there or erase all of it?"
fn ways(asked: &str, is: &dyn Fn(&[&str]) -> bool) -> Option<Read> {
    if !asked.starts_with("shall i ") || !asked.ends_with("erase all of it?") {
        return None;
    }
    let usage = |usage| {
        Some(Read::Readings(vec![Reading::Partition(PartitionSaid { usage, ..PartitionSaid::default() })]))
    };
    let room = asked.contains("make room");
    let free = asked.contains("use its free");
    // "The latter" is the last of two.
    if is(&ERASE) && !(is(&["the latter"]) && room && free) {
        return usage(UseSaid::Whole);
    }
    if room && is(&BESIDE) {
        return usage(UseSaid::Beside);
    }
    if free && is(&FREE) {
        return usage(UseSaid::Free);
    }
    if is(&NO) {
        return Some(Read::Text("All right, nothing is done with it. Say what you want instead.".into()));
    }
    // A yes chooses none of them, unless there is one alone.
    let ways = [("\"free\"", free), ("\"beside\"", room), ("\"erase\"", true)];
    let ways: Vec<&str> = ways.into_iter().filter(|(_, there)| *there).map(|(word, _)| word).collect();
    let again = asked.replacen('s', "S", 1).replace("gb", "GB").replace("tb", "TB");
    let question = format!("Yes to which of them? Say {}. {again}", ways.join(" or "));
    is(&YES).then(|| {
        if room || free {
            Read::Readings(vec![Reading::Ask(question)])
        } else {
            Read::Readings(vec![whole()])
        }
    })
}

fn whole() -> Reading {
    Reading::Partition(PartitionSaid { usage: UseSaid::Whole, ..PartitionSaid::default() })
}

/// The wish that was asked about, with what was proposed in the place of what would not do.
fn instead(proposed: Reading, open: &[Reading]) -> Vec<Reading> {
    let same = |reading: &Reading| std::mem::discriminant(reading) == std::mem::discriminant(&proposed);
    let mut readings = open.to_vec();
    match readings.iter_mut().find(|reading| same(reading)) {
        Some(Reading::User { name, .. }) => {
            if let Reading::User { name: better, .. } = proposed {
                *name = better;
            }
        }
        // What was said of the layout is completed later.
        Some(reading) if !matches!(reading, Reading::Partition(_)) => *reading = proposed,
        _ => return vec![proposed],
    }
    readings
}

/// What the installer's last question proposes, where a yes would have a meaning of its own.
fn proposal(ctx: &Context<'_>) -> Option<Reading> {
    let last = ctx.history.iter().rev().find(|message| message.role != Role::Tool)?;
    if last.role != Role::Assistant {
        return None;
    }
    let text = last.content.trim();
    let offer = |lead: &str| {
        let name = text.rsplit_once(lead)?.1.strip_suffix('?')?;
        (!name.is_empty() && !name.contains(char::is_whitespace)).then(|| name.to_owned())
    };
    if let Some(name) = offer(" Shall I use ") {
        if text.contains("cannot be a host name") {
            return Some(Reading::Hostname(name));
        }
        if text.contains("cannot be a user name") {
            return Some(Reading::User { name, sudo: false });
        }
    }
    if text.ends_with("Shall I create it?") {
        let name = text.rsplit_once("There is no account ")?.1.split([' ', ',', ';', '.']).next()?;
        return Some(Reading::User { name: name.to_owned(), sudo: false });
    }
    // The one disk there is.
    if let Some((_, offered)) = text.rsplit_once("Shall I use /dev/")
        && text.ends_with('?')
        && ctx.state.pending.is_none()
    {
        let device = devices(&format!("/dev/{offered}")).into_iter().next()?;
        return Some(Reading::Partition(PartitionSaid {
            disk: Refs::one(Ref::Device(device)),
            ..PartitionSaid::default()
        }));
    }
    None
}
