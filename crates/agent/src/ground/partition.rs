//! Which partition is meant.

use levitate_core::action::InstallerAction;
use levitate_core::lists::fold;
use levitate_core::machine::{Disk, Partition, PartitionKind};
use levitate_core::size::decimal;

use super::{Ask, disk, history, join, turn};
use crate::Context;
use crate::refs::{Ref, Refs};

/// The path of the one partition that the words fit.
///
/// # Errors
/// A question, where none or more than one fits, or the only one must not be touched. What `erases` asks for more: a
/// label in a turn, or the only one left of a disk, is not enough.
pub fn find(refs: &Refs, ctx: &Context<'_>, before: &[InstallerAction], erases: bool) -> Result<String, Ask> {
    let relative = |word: &Ref| {
        matches!(word, Ref::Nth(_) | Ref::Middle | Ref::Other | Ref::Biggest | Ref::Smallest)
            || matches!(word, Ref::Not(word) if !matches!(**word, Ref::Device(_) | Ref::Word(_) | Ref::Size(_)))
    };
    // Named: it has to exist, on the machine or among what was made since.
    for word in &refs.0 {
        let Ref::Device(name) = word else { continue };
        let path = if name.starts_with('p') { numbered(name, refs, ctx)? } else { format!("/dev/{name}") };
        let new = ctx.state.target.iter().flat_map(|target| &target.mounts).any(|mount| mount.path == path);
        if new {
            return untouched(path, ctx);
        }
        return match ctx.machine.partition(&path) {
            Some((disk, _)) => usable(disk).map(|()| path),
            // A disk narrows the search: "the xfs partition on sdb".
            None if ctx.machine.disk(&path).is_some() && refs.0.len() > 1 => continue,
            None if ctx.machine.disk(&path).is_some() => {
                Err(Ask::new(format!("{path} is a whole disk. Which of its partitions do you mean?")))
            }
            None => Err(Ask::new(format!("There is no partition {path} here. {}", list(ctx)))),
        };
    }
    if refs.0.contains(&Ref::It)
        && let Some(path) =
            spoken_of(ctx, before).or_else(|| if erases { None } else { turn::last_labelled(ctx) })
    {
        return untouched(path, ctx);
    }
    let plain: Vec<&Ref> = refs.0.iter().filter(|word| !relative(word)).collect();
    let mut found: Vec<(&Disk, &Partition)> = ctx
        .machine
        .disks
        .iter()
        .filter(|disk| !disk.live_medium)
        .flat_map(|disk| disk.partitions.iter().map(move |partition| (disk, partition)))
        .filter(|(disk, partition)| {
            plain.iter().all(|word| match word {
                Ref::Not(word) => !fits(word, disk, partition),
                word => fits(word, disk, partition),
            })
        })
        .collect();
    if refs.0.iter().all(|word| matches!(word, Ref::It)) {
        found.clear();
    }
    if plain.len() < refs.0.len() {
        let words: Vec<&Ref> = refs.0.iter().filter(|word| relative(word)).collect();
        let left: Vec<&Partition> = found.iter().map(|(_, partition)| *partition).collect();
        let path = turn::choose(&words, &plain, &left, ctx, before, erases)
            .ok_or_else(|| Ask::new(format!("Which partition do you mean? {}", list(ctx))))?;
        return untouched(path, ctx);
    }
    // "the windows partition" is the one it lives on, not its boot or recovery partitions.
    if found.len() > 1 && !refs.is_empty() {
        let named = |partition: &Partition| {
            partition.os.is_some()
                && !matches!(partition.kind, PartitionKind::Esp | PartitionKind::WindowsRecovery)
        };
        if found.iter().filter(|(_, partition)| named(partition)).count() == 1 {
            found.retain(|(_, partition)| named(partition));
        }
    }
    match found.as_slice() {
        [(disk, partition)] => usable(disk).map(|()| partition.path.clone()),
        [] => Err(Ask::new(format!("Which partition do you mean? {}", list(ctx)))),
        _ if refs.is_empty() => Err(Ask::new(format!("Which partition do you mean? {}", list(ctx)))),
        several => {
            let names: Vec<String> = several.iter().map(|(_, partition)| partition.path.clone()).collect();
            Err(Ask::new(format!("Which one do you mean: {}?", join(&names, "or"))))
        }
    }
}

/// The path, where its disk may be touched. What was made since is in no list yet; its disk is.
fn untouched(path: String, ctx: &Context<'_>) -> Result<String, Ask> {
    let on = match ctx.machine.partition(&path) {
        Some((disk, _)) => Some(disk),
        None => history::disk_of_new_partition(&path, ctx.machine).and_then(|disk| ctx.machine.disk(&disk)),
    };
    on.map_or(Ok(()), usable).map(|()| path)
}

fn usable(disk: &Disk) -> Result<(), Ask> {
    if disk.live_medium {
        return Err(Ask::new(format!(
            "{} is the medium this system is running from; I leave it alone.",
            disk.path
        )));
    }
    if disk.read_only {
        return Err(Ask::new(format!("{} is read-only, so its partitions cannot be changed.", disk.path)));
    }
    Ok(())
}

/// `p2` on the disk that the other words name, or that was spoken of.
fn numbered(name: &str, refs: &Refs, ctx: &Context<'_>) -> Result<String, Ask> {
    let number: u32 = name[1..].parse().map_err(|_| Ask::new("Which partition do you mean?"))?;
    // "p1+esp": a word that no disk fits is about the partition.
    let of_a_disk = |word: &Ref| match word {
        Ref::It => false,
        Ref::Device(other) => other != name,
        Ref::Word(_) | Ref::Size(_) => ctx.machine.disks.iter().any(|disk| disk::fits(word, disk)),
        _ => true,
    };
    let mut on = refs.clone();
    on.0.retain(of_a_disk);
    if !on.is_empty() {
        return disk::find(&on, ctx).map(|disk| disk.partition_path(number));
    }
    let on = disk::spoken_of(ctx).ok_or_else(|| {
        Ask::new(format!("Partition {number} of which disk? {}", disk::describe_candidates(ctx)))
    })?;
    ctx.machine
        .disk(&on)
        .map(|disk| disk.partition_path(number))
        .ok_or_else(|| Ask::new("Which disk do you mean?"))
}

/// The partition spoken of last.
pub(super) fn spoken_of(ctx: &Context<'_>, before: &[InstallerAction]) -> Option<String> {
    let in_call = before.iter().rev().find_map(|action| match action {
        InstallerAction::Format { partition, .. } | InstallerAction::Mount { partition, .. } => {
            Some(partition.clone())
        }
        _ => None,
    });
    if in_call.is_some() {
        return in_call;
    }
    if let Some(InstallerAction::Format { partition, .. } | InstallerAction::Mount { partition, .. }) =
        &ctx.state.pending
    {
        return Some(partition.clone());
    }
    ctx.history.iter().rev().find_map(|message| turn::named(&message.content, ctx).pop())
}

fn fits(word: &Ref, disk: &Disk, partition: &Partition) -> bool {
    let Ref::Word(word) = word else { return disk::fits(word, disk) };
    let os = partition.os.as_deref().map(fold).unwrap_or_default();
    let label = partition.label.as_deref().map(fold).unwrap_or_default();
    let fs = partition.fs.as_deref().map(fold).unwrap_or_default();
    match word.as_str() {
        "home" => partition.kind == PartitionKind::LinuxHome || label == "home",
        "root" => os.is_empty() == (label != "root") && partition.kind == PartitionKind::Linux,
        "linux" => partition.kind == PartitionKind::Linux && !os.is_empty(),
        "esp" | "efi" => partition.kind == PartitionKind::Esp,
        "swap" => partition.kind == PartitionKind::Swap,
        "windows" => os.contains("windows") && partition.kind == PartitionKind::MicrosoftBasic,
        "recovery" => partition.kind == PartitionKind::WindowsRecovery,
        word => {
            label == *word
                || fs == *word
                || (partition.kind != PartitionKind::Esp
                    && os.split(' ').any(|part| part == word || part == format!("open{word}")))
                || (disk.partitions.len() == 1 && disk::fits(&Ref::Word(word.to_owned()), disk))
        }
    }
}

/// A sentence that names the partitions there are.
fn list(ctx: &Context<'_>) -> String {
    let names: Vec<String> = ctx
        .machine
        .candidates()
        .flat_map(|disk| &disk.partitions)
        .take(12)
        .map(|partition| format!("{} ({})", partition.path, decimal(partition.size_bytes)))
        .collect();
    if names.is_empty() {
        "There are no partitions yet.".into()
    } else {
        format!("There are {}.", join(&names, "and"))
    }
}

/// An absolute path without tricks where files may live, or `swap`.
pub fn is_mountpoint(at: &str) -> bool {
    at == "swap"
        || (at.starts_with('/')
            && at.len() <= 200
            && at.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '.'))
            && !at.contains("//")
            && !["/dev", "/proc", "/sys", "/run"]
                .iter()
                .any(|not| at == *not || at.starts_with(&format!("{not}/")))
            && !at.split('/').any(|part| part == ".." || part == "."))
}
