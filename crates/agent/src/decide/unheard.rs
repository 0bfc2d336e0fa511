//! What was said of a layout and has no place in it: a size, a file system that is not made here, a second disk for /home. A
//! plan that leaves it out in silence is not what was said. And the other way: what a plan that waits loses unasked.

use levitate_core::action::{InstallerAction, PartitionRequest, Use};
use levitate_core::lists::fold;
use levitate_core::machine::{Disk, Machine, Partition, PartitionKind};
use levitate_core::size::Size;

use super::{Decision, leaving};
use crate::ground::disk;
use crate::reading::Reading;
use crate::refs::{Ref, Refs, SizeSaid};
use crate::text::{Token, tokens};
use crate::words::{NOT, has_any};
use crate::{Answer, Context, rules};

/// File systems that people ask for and that no system is put on here, with the probe's names for them.
const NOT_MADE: &[(&str, &str)] = &[
    ("ext2", "ext2"),
    ("ext3", "ext3"),
    ("ntfs", "ntfs"),
    ("exfat", "exfat"),
    ("fat32", "vfat"),
    ("vfat", "vfat"),
    ("zfs", "zfs_member"),
    ("openzfs", "zfs_member"),
    ("bcachefs", "bcachefs"),
    ("f2fs", "f2fs"),
    ("jfs", "jfs"),
    ("reiserfs", "reiserfs"),
    ("apfs", "apfs"),
];

/// In front of a file system these wish for it: "format it as ntfs".
const WISHES: &[&str] = &["as", "to", "into", "in", "als", "en", "em", "use", "using", "make"];

/// Words that make a size the largest that the system may take.
const AT_MOST: &[&str] = &[
    "only", "just", "at most", "no more than", "not more than", "max", "maximum", "leave the rest", "nur",
    "hochstens", "seulement", "solo", "solamente", "alleen", "tylko",
];

/// Without, and away with it.
const LESS: &[&str] = &[
    "no", "without", "ohne", "sans", "sin", "sem", "senza", "zonder", "bez", "clear", "skip", "drop", "off",
    "open", "lose", "remove", "leave", "less", "forget", "weg", "pas",
];

/// On, in front of a disk.
const ON: &[&str] = &["on", "onto", "to", "auf", "sur", "en", "em", "op", "na", "su", "sul", "sulla"];

/// For, in front of a part of the system.
const FOR: &[&str] = &["for", "as", "fur", "als", "pour", "comme", "para", "como", "per", "come", "voor"];

/// A disk that is not told which.
const ANOTHER: &str = "another disk";

/// So near to each other /home and its disk stand.
const REACH: usize = 5;

/// The question about what no layout here can have, whatever else came of the sentence.
pub(super) fn beforehand(text: &str, actions: &[InstallerAction], ctx: &Context<'_>) -> Option<String> {
    let is_about_disks = |action: &InstallerAction| {
        matches!(
            action,
            InstallerAction::Partition(_) | InstallerAction::Format { .. } | InstallerAction::Clarify { .. }
        )
    };
    // A person who asks about a file system wants to know.
    if text.trim_end().ends_with('?') || !actions.iter().any(is_about_disks) {
        return None;
    }
    let tokens = tokens(text);
    let layout = layout(actions);
    if layout.is_none_or(|request| request.scheme.is_none()) {
        let asked = file_system(&tokens, ctx.machine);
        if asked.is_some() {
            return asked;
        }
    }
    let mounts = actions.iter().any(|action| matches!(action, InstallerAction::Mount { .. }));
    if mounts { None } else { home_elsewhere(&tokens, layout, ctx) }
}

/// The question about what would be left out.
pub(super) fn asked(text: &str, actions: &[InstallerAction], ctx: &Context<'_>) -> Option<String> {
    if let Some(question) = other_loader(text, actions) {
        return Some(question);
    }
    let layout = layout(actions)?;
    let tokens = tokens(text);
    encrypted_in_part(&tokens, layout)
        .or_else(|| two_file_systems(&tokens, layout))
        .or_else(|| size(&tokens, layout, ctx))
}

fn layout(actions: &[InstallerAction]) -> Option<&PartitionRequest> {
    actions.iter().find_map(|action| match action {
        InstallerAction::Partition(request) => Some(request),
        _ => None,
    })
}

/// The readings with the encryption that was said plainly and not heard.
pub(super) fn encrypted(mut readings: Vec<Reading>, text: &str, ctx: &Context<'_>) -> Vec<Reading> {
    let locked = |partition: &Partition| {
        matches!(partition.kind, PartitionKind::Luks) || partition.fs.as_deref() == Some("BitLocker")
    };
    // "The encrypted disk" may be one that is there.
    let here = ctx.machine.disks.iter().flat_map(|disk| &disk.partitions).any(locked);
    if here || ctx.state.pending.is_some() || !wishes_for_encryption(text, &tokens(text)) {
        return readings;
    }
    for reading in &mut readings {
        if let Reading::Partition(said) = reading {
            said.encrypt = Some(true);
        }
    }
    readings
}

/// The decision with the sizes that were said beside the name of a part and not heard.
pub(super) fn filled(text: &str, ctx: &Context<'_>, mut decision: Decision) -> Decision {
    let Decision { answer: Answer::Actions(actions), readings, .. } = &mut decision else { return decision };
    let request = actions.iter_mut().find_map(|action| match action {
        InstallerAction::Partition(request) if request.scheme.is_none() => Some(request),
        _ => None,
    });
    let Some(request) = request else { return decision };
    let tokens = tokens(text);
    if request.usage == Use::Beside && leaving::kept(&tokens).is_some() {
        return decision;
    }
    for (at, size) in unplanned_sizes(&tokens, request) {
        // Swap is as large as the memory more often than not; "the 500GB system disk" is a disk.
        let known = tokens[at].spoken.as_deref().is_some_and(|spoken| is_known(spoken, ctx));
        let slot = match part_beside(&tokens, at) {
            Some("root") if request.usage != Use::Beside && !known => &mut request.root,
            Some("home") if !known => &mut request.home,
            Some("swap") => &mut request.swap,
            Some("boot" | "bootpart") => &mut request.boot,
            _ => continue,
        };
        if slot.is_none_or(|slot| slot == Size::Rest) {
            *slot = Some(size);
        }
    }
    // "Only use 100 GB of it": there is nothing but the system that could be meant.
    let alone = request.root.is_none() && request.home.is_none() && request.usage != Use::Beside;
    if let ([(_, size)], true, true) =
        (&unheard_sizes(&tokens, request, ctx)[..], alone, has_any(&fold(text), AT_MOST))
    {
        request.root = Some(*size);
    }
    for reading in readings {
        if let Reading::Partition(said) = reading {
            let said_as = |size: Option<Size>| size.map(SizeSaid::Size);
            said.root = said_as(request.root).or(said.root);
            said.home = said_as(request.home).or(said.home);
            said.swap = said_as(request.swap).or(said.swap);
            said.boot = said_as(request.boot).or(said.boot);
        }
    }
    decision
}

/// "Crittografato", "mit LUKS": said, and not refused.
fn wishes_for_encryption(text: &str, tokens: &[Token]) -> bool {
    let folded = fold(text);
    tokens.iter().any(|token| token.key == "encrypt" && !token.guessed)
        && !text.contains('?')
        && !has_any(&folded, NOT)
        && !has_any(&folded, LESS)
        && !tokens.iter().any(|token| token.is(&["no", "unencrypted", "cant"]))
}

/// The part of a layout that a size stands beside: "1GB boot", "swap 16GB", "60 GB para la raíz".
fn part_beside(tokens: &[Token], at: usize) -> Option<&str> {
    const PARTS: [&str; 5] = ["root", "home", "swap", "boot", "bootpart"];
    const SMALL: [&str; 14] =
        ["of", "for", "fur", "pour", "para", "per", "voor", "la", "le", "il", "el", "de", "the", "a"];
    let part = |token: &Token| match token.key.as_str() {
        "system" => Some("root"),
        _ => PARTS.into_iter().find(|part| token.key == *part),
    };
    let mut behind =
        tokens[at + 1..].iter().take(4).take_while(|token| !token.is_break() && token.size.is_none());
    let behind = behind.find(|token| !SMALL.contains(&fold(&token.raw).as_str())).and_then(part);
    let before = at
        .checked_sub(1)
        .map(|before| &tokens[before])
        .filter(|before| before.key != "system")
        .and_then(part);
    match (before, behind) {
        (Some(part), None) | (None, Some(part)) => Some(part),
        _ => None,
    }
}

/// "Encrypt home only", "leave swap unencrypted": all of it is encrypted here, or nothing.
fn encrypted_in_part(tokens: &[Token], layout: &PartitionRequest) -> Option<String> {
    let encrypts = |token: &Token| token.is(&["encrypt", "unencrypted"]);
    let part = |token: &Token| token.is(&["home", "swap", "root"]);
    let near = |at: usize| {
        let clause = |token: &&Token| !token.is_break() && !matches!(token.raw.as_str(), "and" | "with");
        let behind = tokens[at + 1..].iter().take(2).take_while(clause);
        let before = tokens[..at].iter().rev().take(3).take_while(clause);
        behind.chain(before).any(part)
    };
    let only = tokens
        .iter()
        .any(|token| matches!(token.raw.to_lowercase().as_str(), "only" | "just" | "nur" | "solo"));
    let plain =
        tokens.iter().any(|token| token.key == "unencrypted" || token.raw.eq_ignore_ascii_case("plain"))
            || tokens.windows(2).any(|pair| pair[0].key == "no" && pair[1].key == "encrypt");
    let of_a_part = tokens.iter().enumerate().any(|(at, token)| encrypts(token) && near(at));
    (of_a_part && (only || (plain && tokens.iter().any(|token| token.key == "encrypt")))).then(|| {
        format!(
            "All of the new system is encrypted, or nothing: the EFI partition and a separate /boot alone stay open. Say \
             \"encrypt all of it\" or \"no encryption\" for {}.",
            layout.disk
        )
    })
}

/// "Root ext4, home btrfs".
fn two_file_systems(tokens: &[Token], layout: &PartitionRequest) -> Option<String> {
    let mut said: Vec<&str> = tokens
        .iter()
        .map(|token| token.key.as_str())
        .filter(|key| matches!(*key, "ext4" | "btrfs" | "xfs"))
        .collect();
    said.dedup();
    let refused =
        tokens.iter().any(|token| token.is(&["no", "instead"]) || NOT.contains(&fold(&token.raw).as_str()))
            || tokens
                .iter()
                .any(|token| matches!(token.raw.to_lowercase().as_str(), "than" | "or" | "oder" | "ou"));
    let both = ["root", "home"].iter().all(|part| tokens.iter().any(|token| token.key == *part));
    (said.len() == 2 && both && !refused && layout.scheme.is_none()).then(|| {
        format!(
            "Root and /home get one file system, unless you say each partition with its size, for example \"/ 100G {}, \
             /home rest {}\". Which one shall both have?",
            said[0], said[1]
        )
    })
}

/// "Use systemd-boot": GRUB is what is installed here.
fn other_loader(text: &str, actions: &[InstallerAction]) -> Option<String> {
    let installs = actions.iter().any(|action| matches!(action, InstallerAction::InstallBootloader { .. }));
    let other = ["systemd boot", "sdboot", "refind", "lilo", "syslinux", "limine", "elilo"];
    (installs && has_any(&fold(text), &other)).then(|| {
        "GRUB is the boot loader that I install, and no other. Shall I install GRUB: yes or no?".into()
    })
}

/// "Format it as ntfs", "ext3 please".
fn file_system(tokens: &[Token], machine: &Machine) -> Option<String> {
    let raw: Vec<String> = tokens.iter().map(|token| fold(&token.raw).replace(' ', "")).collect();
    let partitions = || machine.disks.iter().flat_map(|disk| &disk.partitions);
    let name = raw.iter().enumerate().find_map(|(at, word)| {
        let (name, on_disk) = NOT_MADE.iter().find(|(name, _)| name == word)?;
        let before = &raw[at.saturating_sub(3)..at];
        let wished = before.last().is_some_and(|last| WISHES.contains(&last.as_str()));
        // "The ntfs disk" is one that is there.
        let tells = partitions().any(|partition| partition.fs.as_deref() == Some(*on_disk)) && !wished;
        let refused = before.iter().any(|word| {
            NOT.contains(&word.as_str())
                || matches!(word.as_str(), "no" | "instead" | "than" | "from" | "was" | "old")
        });
        (!tells && !refused).then_some(*name)
    })?;
    Some(format!("I make the file systems ext4, btrfs and xfs, and no {name}. Which one shall it be?"))
}

/// "The system on sda and home on sdb": one disk is laid out.
fn home_elsewhere(tokens: &[Token], layout: Option<&PartitionRequest>, ctx: &Context<'_>) -> Option<String> {
    let word = |at: usize| fold(&tokens[at].raw).replace(' ', "");
    let hard_disk = |at: usize| {
        tokens[at].raw.eq_ignore_ascii_case("hard")
            && tokens.get(at + 1).is_some_and(|next| next.key == "disk")
    };
    let another = |at: usize| {
        tokens[at].is(&["other", "second"])
            && tokens.get(at + 1).is_some_and(|next| next.is(&["disk", "ssd", "hdd", "nvme"]))
    };
    let waits = match &ctx.state.pending {
        Some(InstallerAction::Partition(request)) => Some(request.disk.as_str()),
        _ => None,
    };
    let named: Vec<(usize, String)> = (0..tokens.len())
        .filter_map(|at| {
            if another(at) {
                return Some((at, ANOTHER.to_owned()));
            }
            let path = if hard_disk(at) {
                disk::find(&Refs::one(Ref::Word("hdd".into())), ctx).ok()?.path.clone()
            } else {
                rules::one_disk(&tokens[at], ctx)?
            };
            let disk = ctx.machine.partition(&path).map_or(path.as_str(), |(disk, _)| &disk.path);
            Some((at, disk.to_owned()))
        })
        .collect();
    let near = |from: usize, to: usize, joint: &[&str]| {
        from < to
            && to - from <= REACH
            && (from + 1..to).any(|at| joint.contains(&word(at).as_str()))
            && !(from..to)
                .any(|at| tokens[at].is_break() || matches!(word(at).as_str(), "and" | "und" | "et" | "y"))
    };
    let is_apart = |disk: &String| {
        let planned = waits.is_some_and(|waits| waits != disk);
        let laid_out = || layout.is_some_and(|layout| disk != ANOTHER && layout.disk != *disk);
        named.iter().any(|(_, named)| named != disk) || planned || (waits.is_none() && laid_out())
    };
    let homes = (0..tokens.len()).filter(|at| tokens[*at].key == "home");
    let apart = homes
        .flat_map(|home| named.iter().map(move |(at, disk)| (home, *at, disk)))
        .find(|(home, at, disk)| is_apart(disk) && (near(*home, *at, ON) || near(*at, *home, FOR)));
    let (_, _, disk) = apart?;
    Some(format!(
        "I lay out one disk, and /home is on it; a partition that {disk} has already can become /home after that. Which \
         disk shall the system be on?"
    ))
}

/// "Only use 100 GB of it".
fn size(tokens: &[Token], layout: &PartitionRequest, ctx: &Context<'_>) -> Option<String> {
    // What the other system keeps was reckoned with.
    if layout.scheme.is_some() || (layout.usage == Use::Beside && leaving::kept(tokens).is_some()) {
        return None;
    }
    let (at, _) = unheard_sizes(tokens, layout, ctx).into_iter().next()?;
    let said = tokens[at].spoken.as_deref().unwrap_or_default();
    Some(format!(
        "You said {said}B, and I do not know what shall be that large. Say for example \"root {said}\" for the system or \
         \"home {said}\" for your files; what no partition takes of {} stays empty.",
        layout.disk
    ))
}

/// Sizes that nothing in the layout has, and nothing on this computer, by their place.
fn unheard_sizes(tokens: &[Token], layout: &PartitionRequest, ctx: &Context<'_>) -> Vec<(usize, Size)> {
    let mut sizes = unplanned_sizes(tokens, layout);
    sizes.retain(|(at, _)| tokens[*at].spoken.as_deref().is_some_and(|spoken| !is_known(spoken, ctx)));
    sizes
}

/// Sizes that nothing in the layout has, by their place.
fn unplanned_sizes(tokens: &[Token], layout: &PartitionRequest) -> Vec<(usize, Size)> {
    let planned: Vec<u64> = [layout.give, layout.root, layout.home, layout.swap, layout.boot]
        .into_iter()
        .flatten()
        .filter_map(Size::bytes)
        .collect();
    let unheard = |(at, token): (usize, &Token)| {
        let (Some(size @ Size::Bytes(bytes)), Some(spoken)) = (token.size, &token.spoken) else {
            return None;
        };
        let heard = planned.iter().any(|planned| planned.abs_diff(bytes) <= bytes / 10);
        // "I have 64GB of memory."
        let memory = tokens[at + 1..].iter().take(2).any(|next| {
            matches!(
                next.raw.to_lowercase().as_str(),
                "ram" | "memory" | "arbeitsspeicher" | "memoire" | "memoria"
            )
        });
        (spoken.ends_with(['G', 'T']) && !heard && !memory).then_some((at, size))
    };
    tokens.iter().enumerate().filter_map(unheard).collect()
}

/// True for the size of something that is there.
fn is_known(said: &str, ctx: &Context<'_>) -> bool {
    let about = |bytes: u64| disk::is_about(bytes, said);
    let on = |on: &Disk| {
        let used = on.partitions.iter().filter_map(|partition| partition.used_bytes);
        let free = on
            .partitions
            .iter()
            .filter_map(|partition| partition.size_bytes.checked_sub(partition.used_bytes?));
        disk::fits(&Ref::Size(said.to_owned()), on)
            || on.partitions.iter().any(|partition| about(partition.size_bytes))
            || on.largest_free().is_some_and(|gap| about(gap.size))
            || used.chain(free).any(about)
    };
    ctx.machine.disks.iter().any(on)
        || about(ctx.machine.memory_bytes)
        || about(ctx.machine.source.installed_bytes)
}

/// True where the plan that waits would lose its encryption, and the sentence says nothing of the kind.
pub(super) fn is_bared(text: &str, actions: &[InstallerAction], ctx: &Context<'_>) -> bool {
    let Some(InstallerAction::Partition(waits)) = &ctx.state.pending else { return false };
    let bared = actions.iter().any(
        |action| matches!(action, InstallerAction::Partition(new) if waits.encrypt && !new.encrypt && new.scheme.is_none()),
    );
    let folded = fold(text);
    let says = || {
        [
            "crypt", "luks", "lock", "schlussel", "chiffr", "cifr", "szyfr", "kryp", "cipher", "pass",
            "secur", "plain",
        ]
        .iter()
        .any(|part| folded.contains(part))
            || has_any(&folded, NOT)
            || has_any(&folded, LESS)
            || tokens(text).iter().any(|token| token.is(&["no", "encrypt", "unencrypted", "passphrase"]))
    };
    bared && !says()
}
