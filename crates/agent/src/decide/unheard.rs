//! What was said of a layout and has no place in it: a size, a file system that is not made here, a second disk for /home. A
//! plan that leaves it out in silence is not what was said. And the other way: what a plan that waits loses unasked.

use levitate_core::action::{InstallerAction, PartitionRequest, Use};
use levitate_core::lists::fold;
use levitate_core::machine::{Disk, Machine};
use levitate_core::size::Size;

use super::leaving;
use crate::ground::disk;
use crate::refs::Ref;
use crate::text::{Token, tokens};
use crate::words::{NOT, has_any};
use crate::{Context, rules};

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

/// On, in front of a disk.
const ON: &[&str] = &["on", "onto", "to", "auf", "sur", "en", "em", "op", "na", "su", "sul", "sulla"];

/// For, in front of a part of the system.
const FOR: &[&str] = &["for", "as", "fur", "als", "pour", "comme", "para", "como", "per", "come", "voor"];

/// So near to each other /home and its disk stand.
const REACH: usize = 5;

/// The question about what would be left out.
pub(super) fn asked(text: &str, actions: &[InstallerAction], ctx: &Context<'_>) -> Option<String> {
    let tokens = tokens(text);
    let layout = actions.iter().find_map(|action| match action {
        InstallerAction::Partition(request) => Some(request),
        _ => None,
    });
    let formats = actions.iter().any(|action| matches!(action, InstallerAction::Format { .. }));
    if formats || layout.is_some_and(|request| request.scheme.is_none()) {
        let asked = file_system(&tokens, ctx.machine);
        if asked.is_some() {
            return asked;
        }
    }
    let layout = layout?;
    if !actions.iter().any(|action| matches!(action, InstallerAction::Mount { .. })) {
        let asked = home_elsewhere(&tokens, layout, ctx);
        if asked.is_some() {
            return asked;
        }
    }
    size(&tokens, layout, ctx)
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
fn home_elsewhere(tokens: &[Token], layout: &PartitionRequest, ctx: &Context<'_>) -> Option<String> {
    let word = |at: usize| fold(&tokens[at].raw).replace(' ', "");
    let named: Vec<(usize, String)> = (0..tokens.len())
        .filter_map(|at| {
            let path = rules::one_disk(&tokens[at], ctx)?;
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
    let homes = (0..tokens.len()).filter(|at| tokens[*at].key == "home");
    let apart = homes.flat_map(|home| named.iter().map(move |(at, disk)| (home, *at, disk))).find(
        |(home, at, disk)| {
            let other = layout.disk != **disk || named.iter().any(|(_, named)| named != *disk);
            other && (near(*home, *at, ON) || near(*at, *home, FOR))
        },
    );
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
    let planned: Vec<u64> = [layout.give, layout.root, layout.home, layout.swap, layout.boot]
        .into_iter()
        .flatten()
        .filter_map(Size::bytes)
        .collect();
    let said = tokens.iter().find(|token| {
        let (Some(Size::Bytes(bytes)), Some(spoken)) = (token.size, &token.spoken) else { return false };
        spoken.ends_with(['G', 'T'])
            && !planned.iter().any(|planned| planned.abs_diff(bytes) <= bytes / 10)
            && !is_known(spoken, ctx)
    })?;
    let raw = fold(&said.raw).to_uppercase().replace(' ', "");
    Some(format!(
        "You said {raw}, and I do not know what shall be that large. Say for example \"root {raw}\" for the system or \
         \"home {raw}\" for your files; what no partition takes of {} stays empty.",
        layout.disk
    ))
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

/// Without, and away with it.
const LESS: &[&str] = &[
    "no", "without", "ohne", "sans", "sin", "sem", "senza", "zonder", "bez", "clear", "skip", "drop", "off",
    "open", "lose", "remove", "leave", "less", "forget", "weg", "pas",
];
