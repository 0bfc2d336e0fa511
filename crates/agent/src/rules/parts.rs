//! Existing partitions: format this one, use that one as it is.

use levitate_core::action::Filesystem;

use super::Words;
use super::disk::{pointing, system_word};
use levitate_core::lists::fold;

use crate::Context;
use crate::reading::Reading;
use crate::refs::{Ref, Refs, device_name};
use crate::text::Token;

/// Takes the clauses about existing partitions out of what is left.
pub(super) fn read(left: &mut Vec<Vec<Token>>, words: &Words<'_>, ctx: &Context<'_>) -> Vec<Reading> {
    if let Some(readings) = over_the_old(words, ctx) {
        left.clear();
        return readings;
    }
    let mut out: Vec<Reading> = Vec::new();
    // The partition spoken of last, and whether something is still to be said about it.
    let mut current: Option<Refs> = None;
    let mut kept: Vec<Vec<Token>> = Vec::new();
    let mut taken: Vec<bool> = Vec::new();
    for segment in left.iter() {
        let said = Clause::new(segment, ctx);
        let named = said.device.clone().map(Refs::one).or_else(|| said.described.clone());
        let target = match (&named, &current) {
            (Some(named), _) => Some(named.clone()),
            (None, Some(current)) if said.continues() => Some(current.clone()),
            (None, None) if said.fs.is_some() && said.makes_that_one(words, ctx) => Some(Refs::one(Ref::It)),
            _ => None,
        };
        let Some(target) = target else {
            kept.push(segment.clone());
            taken.push(false);
            continue;
        };
        let makes = (said.fs.is_some() && !said.told_by_fs) || (said.format && !said.keeps);
        let mut used = false;
        if makes && !said.keeps {
            out.push(Reading::Format { partition: target.clone(), fs: said.fs });
            used = true;
        }
        if let Some(at) = &said.at {
            out.push(Reading::Mount { partition: target.clone(), at: at.clone() });
            used = true;
        }
        if used || said.device.is_some() || said.noted {
            current = Some(target);
        } else {
            kept.push(segment.clone());
            taken.push(false);
            continue;
        }
    }
    // "format sda1" alone: the file system is asked for; "sda1" alone says nothing.
    if out.is_empty() {
        return Vec::new();
    }
    *left = kept;
    out
}

/// What one clause says about a partition.
struct Clause {
    device: Option<Ref>,
    described: Option<Refs>,
    fs: Option<Filesystem>,
    at: Option<String>,
    format: bool,
    keeps: bool,
    foreign: bool,
    mounts: bool,
    noted: bool,
    /// The file system only says which partition is meant.
    told_by_fs: bool,
    length: usize,
}

impl Clause {
    fn new(segment: &[Token], ctx: &Context<'_>) -> Self {
        let has = |keys: &[&str]| segment.iter().any(|token| token.is(keys));
        let raw = |word: &str| segment.iter().any(|token| token.raw.eq_ignore_ascii_case(word));
        let sized = segment.iter().any(|token| token.size.is_some());
        let device = segment.iter().find_map(|token| {
            let name = device_name(token.key.trim_end_matches("'s"))?;
            is_partition(&name, ctx).then_some(Ref::Device(name))
        });
        let whole_disk =
            segment.iter().any(|token| device_name(&token.key).is_some_and(|name| !is_partition(&name, ctx)));
        let fs = segment.iter().find_map(|token| Filesystem::from_name(&token.key));
        let negated = has(&["no"]);
        let format = has(&["format", "erase", "remove"]) && !negated;
        let mounts = has(&["mount"])
            || [
                "hang", "at", "under", "as", "on", "for", "is", "goes", "visible", "show", "shows",
                "belongs", "remains", "stays", "thats", "that's", "to",
            ]
            .iter()
            .any(|word| raw(word))
            || has(&["to", "for", "keep", "use"]);
        let at = mount_point(segment).filter(|_| !sized && (mounts || device.is_some()));
        let unnamed = device.is_none();
        // Only a kept or mounted thing may be told by its label; to erase, a name or a clear system is needed.
        let about_partition = has(&["partition"]) || raw("one") || raw("c") || has(&["disk"]);
        let words = described(segment, ctx);
        let words_noted: Vec<Ref> = words.iter().filter(|word| labels(ctx).contains(word)).cloned().collect();
        let on_disk = has(&["mount"]) && has(&["partition"]) && whole_disk;
        let mount_by_words = (on_disk && at.is_some())
            || at.is_some() && at.as_deref() != Some("/") && !whole_disk && has_path(segment);
        let home_kept = has(&["home"])
            && (has(&["keep"]) || (raw("use") && (raw("the") || raw("my")) && !has(&["rest"])))
            && !raw("left")
            && !sized
            && !has(&["separate", "install"])
            && !whole_disk
            && device.is_none();
        let format_by_words = fs.is_some()
            && (raw("become") || raw("gets") || has(&["format", "partition"]))
            && about_partition
            && !words.is_empty()
            && !has(&["install"])
            && !has(&["disk"]);
        let told_by_fs = has(&["mount"]) && unnamed && mount_by_words;
        let described = if device.is_some() || sized {
            None
        } else if home_kept {
            Some(Refs::one(Ref::Word("home".into())))
        } else if mount_by_words || format_by_words {
            Some(if words.is_empty() { Refs::default() } else { Refs(words) }).filter(|refs| !refs.is_empty())
        } else {
            None
        };
        // "the media one stays, hang it in at /media"
        let noted = has(&["keep"])
            && device.is_none()
            && !sized
            && !whole_disk
            && raw("one")
            && !words_noted.is_empty();
        let described = described.or_else(|| noted.then_some(Refs(words_noted)));
        let at = if home_kept { Some("/home".into()) } else { at };
        Self {
            device,
            described,
            fs,
            at,
            format,
            keeps: has(&["keep"]) && fs.is_none() || (negated && has(&["format"])) || raw("untouched"),
            foreign: whole_disk || sized || has(&["encrypt", "whole", "hostname", "separate", "install"]),
            mounts,
            noted,
            told_by_fs,
            length: segment.len(),
        }
    }

    /// "make that one btrfs", of a partition that was just spoken of.
    fn makes_that_one(&self, words: &Words<'_>, ctx: &Context<'_>) -> bool {
        let spoken = ctx.history.iter().rev().find_map(|message| {
            crate::ground::devices(&message.content).pop().map(|name| is_partition(&name, ctx))
        });
        ctx.state.pending.is_none()
            && words.says(&["make that one", "format that one", "format it"])
            && spoken == Some(true)
    }

    /// True where the clause goes on about the partition before it: "and use it for /", "xfs", "thats root then".
    fn continues(&self) -> bool {
        !self.foreign && self.length <= 6 && (self.fs.is_some() || (self.at.is_some() && self.mounts))
    }
}

/// A partition by its name: it exists, was made, or ends like one.
pub(super) fn is_partition(name: &str, ctx: &Context<'_>) -> bool {
    let path = format!("/dev/{name}");
    if ctx.machine.disk(&path).is_some() {
        return false;
    }
    name.starts_with('p')
        || ctx.machine.partition(&path).is_some()
        || (name.starts_with("nvme") || name.starts_with("mmcblk") || name.starts_with("loop"))
            && name[4..].contains('p')
        || (!name.starts_with("nvme")
            && !name.starts_with("mmcblk")
            && !name.starts_with("loop")
            && name.ends_with(|c: char| c.is_ascii_digit()))
}

fn has_path(segment: &[Token]) -> bool {
    segment
        .iter()
        .any(|token| token.raw.starts_with('/') && token.raw.len() > 1 && !token.raw.starts_with("/dev"))
}

fn mount_point(segment: &[Token]) -> Option<String> {
    let path = segment.iter().find(|token| token.raw.starts_with('/') && !token.raw.starts_with("/dev/"));
    if let Some(token) = path {
        return Some(token.raw.to_lowercase().trim_end_matches('/').to_owned())
            .map(|path| if path.is_empty() { "/".into() } else { path });
    }
    segment.iter().find_map(|token| match token.key.as_str() {
        "root" => Some("/".to_owned()),
        "home" => Some("/home".to_owned()),
        "efi" => Some("/boot/efi".to_owned()),
        _ => None,
    })
}

/// The labels of this machine's partitions.
fn labels(ctx: &Context<'_>) -> Vec<Ref> {
    let partitions = ctx.machine.candidates().flat_map(|disk| &disk.partitions);
    partitions
        .filter_map(|partition| partition.label.as_deref())
        .map(|label| Ref::Word(fold(label)))
        .collect()
}

/// Words that describe a partition: a label, a system, `c`.
fn described(segment: &[Token], ctx: &Context<'_>) -> Vec<Ref> {
    let mut out = Vec::new();
    for token in segment {
        if token.raw.starts_with('/') {
            continue;
        }
        let label = Ref::Word(fold(&token.raw));
        if let Some(name) = device_name(&token.key).filter(|name| !is_partition(name, ctx)) {
            out.push(Ref::Device(name));
        } else if Filesystem::from_name(&token.key).is_some()
            && segment.iter().any(|token| token.key == "mount")
        {
            out.push(Ref::Word(token.key.clone()));
        } else if labels(ctx).contains(&label) && token.raw.len() > 2 {
            out.push(label);
        } else if token.raw.eq_ignore_ascii_case("c") {
            out.push(Ref::Word("windows".into()));
        } else if let Some(word) = system_word(token, ctx) {
            out.push(Ref::Word(word));
        } else if let Some(Ref::Word(word)) = pointing(token, ctx) {
            out.push(Ref::Word(word));
        }
    }
    out.dedup();
    out
}

/// "fresh root, keep my home": the old system's root is made new, its home is used.
fn over_the_old(words: &Words<'_>, ctx: &Context<'_>) -> Option<Vec<Reading>> {
    let keeps_home = words.has(&["home"]) && words.has(&["keep"]);
    let named =
        words.tokens.iter().any(|token| device_name(&token.key).is_some_and(|name| is_partition(&name, ctx)));
    let whole_disk = words
        .tokens
        .iter()
        .any(|token| device_name(&token.key).is_some_and(|name| !is_partition(&name, ctx)));
    let erases = words.has(&["erase", "all", "whole"]);
    if !keeps_home || words.has(&["shrink", "beside", "free", "cant", "no"]) {
        return None;
    }
    if erases && (whole_disk || words.has(&["disk"])) && !named {
        return Some(vec![Reading::Ask(
            "Erasing the whole disk would take your home along. Shall I make only the system partition new and keep home?".into(),
        )]);
    }
    let fresh = words.says(&["fresh", "reinstall", "new root", "over the", "neues root"]);
    if !fresh || named {
        return None;
    }
    let fs =
        words.tokens.iter().find_map(|token| Filesystem::from_name(&token.key)).unwrap_or(Filesystem::Ext4);
    let old = Refs::one(Ref::Word("linux".into()));
    Some(vec![
        Reading::Format { partition: old.clone(), fs: Some(fs) },
        Reading::Mount { partition: old, at: "/".into() },
        Reading::Mount { partition: Refs::one(Ref::Word("home".into())), at: "/home".into() },
    ])
}
