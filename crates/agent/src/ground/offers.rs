//! What a turn of the conversation named, in its order: disks by device name, maker, kind, system or label, or as
//! the items of a numbered list. "The first" after an offer is the first of the offer, never of the machine.

use levitate_core::lists::fold;
use levitate_core::machine::{Disk, Machine};

use super::{disk, history};
use crate::{Context, Role};

/// The disks that a turn named.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn {
    /// Ways to count them: all of the turn, and the last sentence that names two. What names no one disk ("a Crucial" of
    /// two) is `None`, and still counts.
    pub orders: Vec<Vec<Option<String>>>,
    /// A list that counts for itself.
    pub numbered: bool,
    /// Disks that were named together with their free space.
    pub in_free: Vec<String>,
}

impl Turn {
    /// Every disk that was named and could be used, in order.
    pub fn usable(&self, machine: &Machine) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for path in self.orders.iter().flatten().flatten() {
            if is_usable(path, machine) && !found.contains(path) {
                found.push(path.clone());
            }
        }
        found
    }
}

/// True where a system could be put on the disk.
pub(super) fn is_usable(path: &str, machine: &Machine) -> bool {
    machine.disk(path).is_some_and(|disk| !disk.live_medium && !disk.read_only)
}

/// A part of a turn and the disks it names.
struct Clause {
    sentence: usize,
    by_device: bool,
    free: bool,
    disks: Vec<Option<String>>,
}

/// What a text names.
pub(super) fn turn(text: &str, machine: &Machine) -> Turn {
    if let Some(items) = items(text) {
        let named: Vec<Vec<Clause>> = items.iter().map(|item| clauses(item, machine)).collect();
        let only = |clauses: &Vec<Clause>| match whole(clauses).as_slice() {
            [only] => only.clone(),
            _ => None,
        };
        let order: Vec<Option<String>> = named.iter().map(only).collect();
        let free = named
            .iter()
            .flatten()
            .filter(|clause| clause.free)
            .flat_map(|clause| clause.disks.clone())
            .flatten();
        if order.iter().flatten().count() > 0 {
            return Turn { orders: vec![order], numbered: true, in_free: free.collect() };
        }
    }
    // What a model says of itself stands in parentheses, and names nothing where the device does.
    let outside = crate::prompt::bare(text);
    let text = if history::mentioned_disks(&outside, machine).is_empty() { text } else { &outside };
    let clauses = clauses(text, machine);
    let all = whole(&clauses);
    let mut orders = vec![all.clone()];
    // "sda and sdb are empty; sdc has media": the offer may be the first sentence alone.
    let last = clauses.last().map_or(0, |clause| clause.sentence);
    let sentence = (0..=last).rev().find_map(|number| {
        let of: Vec<&Clause> = clauses.iter().filter(|clause| clause.sentence == number).collect();
        let disks = distinct(of.into_iter());
        (disks.len() > 1).then_some(disks)
    });
    orders.extend(sentence);
    // Whether the medium and what is read-only were counted along, nobody can tell.
    let counted = |path: &&Option<String>| path.as_ref().is_none_or(|path| is_usable(path, machine));
    orders.push(all.iter().filter(counted).cloned().collect());
    orders.dedup();
    let free = clauses.iter().filter(|clause| clause.free).flat_map(|clause| clause.disks.clone()).flatten();
    Turn { orders, numbered: false, in_free: free.collect() }
}

fn distinct<'a>(clauses: impl Iterator<Item = &'a Clause>) -> Vec<Option<String>> {
    let mut found: Vec<Option<String>> = Vec::new();
    for path in clauses.flat_map(|clause| &clause.disks) {
        if path.is_none() || !found.contains(path) {
            found.push(path.clone());
        }
    }
    found
}

/// Device names are meant to be read; words beside them ("Windows stays") need not name what is offered.
fn whole(clauses: &[Clause]) -> Vec<Option<String>> {
    let by_device = distinct(clauses.iter().filter(|clause| clause.by_device));
    match by_device.len() {
        0 => distinct(clauses.iter()),
        1 => {
            let sentences: Vec<usize> =
                clauses.iter().filter(|clause| clause.by_device).map(|clause| clause.sentence).collect();
            distinct(clauses.iter().filter(|clause| sentences.contains(&clause.sentence)))
        }
        _ => by_device,
    }
}

/// The items of a list that counts from 1, where a text has one.
fn items(text: &str) -> Option<Vec<String>> {
    let mut items: Vec<String> = Vec::new();
    for line in text.lines() {
        for word in line.split_whitespace() {
            let number = word.strip_suffix(['.', ')']).map(|number| number.trim_start_matches('('));
            if number.and_then(|number| number.parse().ok()) == Some(items.len() + 1) {
                items.push(String::new());
            } else if let Some(item) = items.last_mut() {
                item.push(' ');
                item.push_str(word);
            }
        }
        if let Some(item) = items.last_mut() {
            item.push('\n');
        }
    }
    // What follows the last item on lines of its own belongs to none.
    if let Some(item) = items.last_mut() {
        *item = item.lines().next().unwrap_or_default().to_owned();
    }
    (items.len() > 1).then_some(items)
}

/// A clause with one of these says what is not offered.
const KEPT: [&str; 25] = [
    "keep", "keeps", "kept", "stay", "stays", "safe", "untouched", "alone", "remain", "remains", "leave",
    "left", "not", "dont", "never", "without", "except", "behalten", "bleibt", "bleiben", "nicht", "garder",
    "reste", "pas", "mantener",
];

fn clauses(text: &str, machine: &Machine) -> Vec<Clause> {
    let mut out = Vec::new();
    for (sentence, part) in sentences(text, &[';', '\n']).into_iter().enumerate() {
        let heads = part.matches(':').count();
        for (number, piece) in part.split(':').enumerate() {
            let spaced = piece.replace(',', " , ");
            let words: Vec<&str> = spaced.split_whitespace().collect();
            for clause in words.split(|word| parts_from_the_next(word)) {
                let text = clause.join(" ");
                let lower = text.to_lowercase();
                let free = ["free space", "gap", "unpartitioned", "unallocated"]
                    .iter()
                    .any(|word| lower.contains(word));
                let devices = history::mentioned_disks(&text, machine);
                let by_device = !devices.is_empty();
                let mut disks: Vec<Option<String>> = if by_device {
                    devices.into_iter().map(Some).collect()
                } else {
                    by_words(&lower, machine)
                };
                // "Two Windows 11: …", "Which SSD: …" say what is listed; they are no item of it.
                disks.retain(|disk| disk.is_some() || number == heads);
                if !disks.is_empty() {
                    out.push(Clause { sentence, by_device, free, disks });
                }
            }
        }
    }
    out
}

fn parts_from_the_next(word: &str) -> bool {
    matches!(
        word.to_lowercase().as_str(),
        "," | "and" | "or" | "und" | "oder" | "et" | "ou" | "y" | "o" | "e"
    )
}

/// A text cut after `.`, `!`, `?` and any of `also`, but not inside "1.6".
pub(super) fn sentences<'a>(text: &'a str, also: &[char]) -> Vec<&'a str> {
    let mut out = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let after = at + c.len_utf8();
        let ends = matches!(c, '?' | '!')
            || also.contains(&c)
            || (c == '.' && text[after..].chars().next().is_none_or(char::is_whitespace));
        if ends {
            out.push(&text[start..after]);
            start = after;
        }
    }
    out.push(&text[start..]);
    out.retain(|part| !part.trim().is_empty());
    out
}

/// The disks that a clause without a device name points at; neighbouring words that fit one disk are one mention.
fn by_words(clause: &str, machine: &Machine) -> Vec<Option<String>> {
    // The point of "1.6 tb" would be lost.
    let folded = fold(&clause.replace(". ", " ").trim_end_matches('.').replace('.', "p"));
    let words: Vec<&str> = folded.split(' ').collect();
    if words.iter().any(|word| KEPT.contains(word)) {
        return Vec::new();
    }
    let labels =
        words.iter().any(|word| matches!(*word, "label" | "labelled" | "labeled" | "called" | "partition"));
    let mut found: Vec<Option<String>> = Vec::new();
    let mut group: Vec<&Disk> = Vec::new();
    // A size alone is as often that of files or of a gap: it only says which of the disks beside it.
    let mut sized: Vec<&Disk> = Vec::new();
    let flush = |group: &mut Vec<&Disk>, found: &mut Vec<Option<String>>| {
        let one = match group.as_slice() {
            [only] => Some(only.path.clone()),
            _ => None,
        };
        if !group.is_empty() && (one.is_none() || !found.contains(&one)) {
            found.push(one);
        }
        group.clear();
    };
    for (at, word) in words.iter().enumerate() {
        if let Some(said) = size_at(word, words.get(at + 1)) {
            let candidates: Vec<&Disk> = machine.candidates().collect();
            sized = disk::of_size(&candidates, &said);
            let both: Vec<&Disk> = group.iter().copied().filter(|disk| sized.contains(disk)).collect();
            if !both.is_empty() {
                group = both;
            }
            continue;
        }
        let fitting: Vec<&Disk> = machine.candidates().filter(|disk| points(word, disk, labels)).collect();
        if fitting.is_empty() {
            continue;
        }
        let both: Vec<&Disk> = group.iter().copied().filter(|disk| fitting.contains(disk)).collect();
        if both.is_empty() {
            flush(&mut group, &mut found);
            let near: Vec<&Disk> = fitting.iter().copied().filter(|disk| sized.contains(disk)).collect();
            group = if near.is_empty() { fitting } else { near };
        } else {
            group = both;
        }
    }
    flush(&mut group, &mut found);
    found
}

/// `512 gb`, `1p8tb` (the point is gone when words are folded) as a size that was said.
fn size_at(word: &str, next: Option<&&str>) -> Option<String> {
    let digits = word.find(|c: char| !c.is_ascii_digit() && c != 'p').unwrap_or(word.len());
    let (number, unit) = word.split_at(digits);
    let unit = if unit.is_empty() { *next? } else { unit };
    let letter = match unit {
        "gb" | "gib" | "g" => "G",
        "tb" | "tib" | "t" => "T",
        _ => return None,
    };
    let number = number.replace('p', ".");
    number.parse::<f64>().ok().map(|_| format!("{number}{letter}"))
}

/// Words of a model or a system that say nothing about which disk is meant.
const GENERIC: [&str; 24] = [
    "disk", "drive", "plus", "pro", "evo", "flash", "card", "linux", "gnu", "lts", "edition", "boot",
    "manager", "workstation", "os", "system", "server", "the", "and", "for", "which", "first", "last",
    "other",
];

/// True where a word of a clause points at the disk. Models, systems and labels are a stranger's words, so only
/// whole words of them count, and labels only where the clause is about one.
fn points(word: &str, on: &Disk, labels: bool) -> bool {
    let kind = match word {
        "hard" | "spinning" => "hdd",
        word => word,
    };
    if matches!(kind, "ssd" | "nvme" | "hdd" | "sata" | "usb" | "emmc" | "windows") {
        return disk::fits_word(kind, on);
    }
    if word.len() < 2 || GENERIC.contains(&word) || !word.chars().any(char::is_alphabetic) {
        return false;
    }
    let has = |text: Option<&str>| text.is_some_and(|text| fold(text).split(' ').any(|part| part == word));
    has(on.model.as_deref())
        || (word == "wd" && disk::fits_word("wd", on))
        || on.partitions.iter().any(|partition| {
            (word.len() > 2 && has(partition.os.as_deref().filter(|os| !fold(os).contains("windows"))))
                || (labels
                    && word.len() > 2
                    && partition.label.as_deref().is_some_and(|label| fold(label) == word))
        })
}

/// The latest turn of the installer that named two or more disks.
pub(super) fn offered(ctx: &Context<'_>) -> Option<Turn> {
    let spoken = ctx.history.iter().rev().filter(|message| message.role == Role::Assistant);
    // A turn that named two and leaves open which is an offer all the same: its order is asked about.
    let several = |turn: &Turn| turn.orders.iter().any(|order| order.len() > 1);
    spoken.map(|message| turn(&message.content, ctx.machine)).find(several)
}

/// The disks that "other" chooses among: of the latest turn of anybody that named two, else all that were named.
pub(super) fn others(ctx: &Context<'_>) -> Option<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    for message in ctx.history.iter().rev().filter(|message| message.role != Role::Tool) {
        let named = turn(&message.content, ctx.machine).usable(ctx.machine);
        if named.len() > 1 {
            return Some(named);
        }
        all.extend(named.into_iter().filter(|path| !all.contains(path)).collect::<Vec<_>>());
    }
    (all.len() > 1).then_some(all)
}

/// The disk spoken of last, by whatever word, where it was one alone.
pub(super) fn spoken(ctx: &Context<'_>) -> Option<String> {
    for message in ctx.history.iter().rev() {
        let mut named = history::disks_of_turn(&message.content, ctx.machine);
        if named.is_empty() && message.role != Role::Tool {
            named = turn(&message.content, ctx.machine).usable(ctx.machine);
        }
        named.retain(|path| is_usable(path, ctx.machine));
        match named.len() {
            0 => {}
            1 => return named.pop(),
            _ => return None,
        }
    }
    None
}
