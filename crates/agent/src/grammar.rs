//! The grammar of a reading of one sentence, as Lark text of llguidance.
//!
//! Verbs and closed words are literal; every free value is a span of the person's own words, in their spelling or
//! in lower case, or a member of a closed list. So a model cannot name a disk, a place, a person or a number that
//! nobody spoke of. What a grammar cannot know (which disk a word means, whether a name will do) is for
//! [`crate::ground`]. Neighbour: [`words`] cuts the sentence.

use std::fmt::Write;

use crate::reading::TOPICS;

mod numbers;
mod words;

use words::Words;

/// Most readings in one answer.
const LINES: usize = 6;

/// Verbs that stand alone.
const ALONE: [&str; 11] =
    ["disks", "copy", "finish", "reboot", "exit", "yes", "no", "undo", "status", "help", "talk"];
/// Words for disks that need not be spoken in this form ("stick", "win11", a slip of the finger); `refs` has the
/// rest of the fixed ones.
const KINDS: [&str; 21] = [
    "other", "it", "biggest", "smallest", "blank", "roomy", "first", "second", "third", "fourth", "fifth",
    "last", "ssd", "nvme", "sata", "hdd", "usb", "emmc", "virtual", "windows", "linux",
];
const FILESYSTEMS: [&str; 3] = ["ext4", "btrfs", "xfs"];
/// Sizes that are words.
const SIZES: [&str; 6] = ["rest", "none", "usual", "double", "half", "memory"];
/// Mount points that people name by their purpose ("as root", "my home", "the efi").
const MOUNTS: [&str; 5] = ["/", "/home", "/boot", "/boot/efi", "/data"];
/// Groups that people name by what they are for.
const GROUPS: [&str; 17] = [
    "sudo", "wheel", "video", "audio", "docker", "libvirt", "kvm", "plugdev", "scanner", "input", "dialout",
    "lp", "lpadmin", "netdev", "bluetooth", "cdrom", "render",
];
/// Commands that people ask for by what they show.
const COMMANDS: [&str; 24] = [
    "lsblk", "lsblk -f", "blkid", "findmnt", "df -h", "free -h", "free -m", "lscpu", "lspci", "lsusb",
    "ip a", "ip addr", "ip route", "ip link", "uname -a", "uname -r", "uptime", "date", "dmesg",
    "cat /proc/cpuinfo", "cat /proc/meminfo", "cat /etc/os-release", "swapon --show", "efibootmgr",
];

/// The grammar of the readings of `text`. `facts`: the lines before it, as [`crate::prompt::facts`] writes them; names
/// that were asked about or exist can be spoken of without being said again.
pub fn reading(text: &str, facts: &str) -> String {
    let said = Words::of(text);
    let known = Words::of(&facts_words(facts));
    let mut out = String::with_capacity(8192);
    let _ = writeln!(out, "start: line (\"\\n\" line){{0,{}}}", LINES - 1);
    let explain = union(TOPICS.iter().map(|(_, name)| *name));
    let alone = union(ALONE);
    let fs = union(FILESYSTEMS);
    let _ = writeln!(
        out,
        r#"line: ALONE
  | "partition " refs " " USE ENCRYPT? (" fs=" FS)? (" give=" SIZE)? (" root=" SIZE)? (" home=" SIZE)? (" swap=" SIZE)? (" boot=" SIZE)? entry{{0,8}}
  | "format " part " " FSQ
  | "mount " part " " MOUNTQ
  | "boot " refs
  | "hostname " HOST
  | "timezone " PLACE
  | "locale " PLACE
  | "keyboard " PLACE
  | "user " NAME " sudo"?
  | "password " WHO
  | "group " WHO " " GROUP
  | "explain " TOPIC
  | "shell " COMMAND
  | "ask ?"
refs: "?" | ref ("+" ref){{0,4}}
ref: "-"? REF
part: refs | PART
entry: ENTRY SIZEQ (":" FS)?
ALONE: {alone}
TOPIC: {explain}
USE: "keep" | "whole" | "free" | "beside" | "along" | "same"
ENCRYPT: " encrypt" | " plain"
FS: {fs}
FSQ: {fs} | "vfat" | "swap" | "?""#
    );
    let mut terminal = |name: &str, value: String| {
        let _ = writeln!(out, "{name}: {value}");
    };
    let size = numbers::size(&said, text);
    terminal("SIZE", size.clone());
    terminal("SIZEQ", format!("{size} | \"?\""));
    let mounts: Vec<String> = MOUNTS.iter().map(ToString::to_string).chain(said.paths()).collect();
    let place = |words: &[String]| union(words.iter().cloned().chain(["swap".to_owned()]));
    terminal("MOUNTQ", format!("{} | \"?\"", place(&mounts)));
    // One token with the blank before it and the colon after it, so that " swap:" and " swap=" are told apart.
    let entries = mounts.iter().map(String::as_str).chain(["swap", "bios_boot"]);
    terminal("ENTRY", union(entries.map(|mount| format!(" {mount}:"))));
    let refs = union(KINDS.iter().map(ToString::to_string).chain(said.refs()));
    terminal("PART", or_question(&union(devices(facts))));
    terminal("REF", format!("{refs}{}{}", numbers::reference(&said, text), said.unspaced()));
    let names = union(said.names().chain(known.names()));
    let or = |names: &str, more: &str| {
        if names.is_empty() { more.to_owned() } else { format!("{names} | {more}") }
    };
    terminal("NAME", or(&names, "\"it\" | \"?\""));
    terminal("WHO", or(&names, "\"root\" | \"me\" | \"it\" | \"?\""));
    terminal("GROUP", union(GROUPS.iter().map(ToString::to_string).chain(said.names())));
    let spans = said.spans();
    terminal("HOST", format!("{}{}", or(&spans, "\"it\" | \"?\""), said.unspaced()));
    terminal("PLACE", or(&join(&spans, &known.spans()), "\"?\"") + &said.unspaced());
    terminal("COMMAND", or(&spans, &union(COMMANDS)) + " | \"?\"");
    out
}

/// What was asked and who there is: the words of the facts without their labels and without what waits.
fn facts_words(facts: &str) -> String {
    let lines = facts.lines().filter_map(|line| line.split_once(": "));
    let wanted = lines.filter(|(label, _)| *label != "waits").map(|(_, words)| words);
    wanted.collect::<Vec<_>>().join(" \n ")
}

/// Partitions that were asked about: "under /mnt" answers "where shall i mount sda3?". Never for a whole disk, which
/// has to be said to be erased.
fn devices(facts: &str) -> Vec<String> {
    let asked = facts.lines().filter_map(|line| line.strip_prefix("asked: "));
    let words = asked.flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '/')));
    words.filter_map(crate::refs::device_name).collect()
}

fn or_question(words: &str) -> String {
    if words.is_empty() { "\"?\"".to_owned() } else { format!("{words} | \"?\"") }
}

fn join(one: &str, other: &str) -> String {
    match (one.is_empty(), other.is_empty()) {
        (false, false) => format!("{one} | {other}"),
        _ => format!("{one}{other}"),
    }
}

/// Literals, any of them; empty where there is none.
fn union<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let mut seen = std::collections::BTreeSet::new();
    let mut out = String::new();
    for word in words {
        if !word.as_ref().is_empty() && seen.insert(word.as_ref().to_owned()) {
            if !out.is_empty() {
                out.push_str(" | ");
            }
            out.push_str(&literal(word.as_ref()));
        }
    }
    out
}

/// A text in quotes.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
