//! Partitions and accounts that the conversation named: "format the first", "his password, then the other's".

use levitate_core::action::InstallerAction;
use levitate_core::lists::fold;
use levitate_core::machine::{Partition, PartitionKind};

use super::{history, partition};
use crate::refs::Ref;
use crate::{Context, Role};

/// What an order word takes from a list; nothing where it says nothing about a list of this length.
pub(super) fn at<'a, T>(word: &Ref, list: &'a [T]) -> Option<&'a T> {
    match word {
        Ref::Nth(0) => list.last(),
        Ref::Nth(n) => list.get(usize::from(*n) - 1),
        Ref::Middle if list.len() % 2 == 1 => list.get(list.len() / 2),
        _ => None,
    }
}

/// The partitions that a text names by device, in order: those that exist, and those that were made since.
pub(super) fn named(text: &str, ctx: &Context<'_>) -> Vec<String> {
    let made = |path: &str| {
        ctx.state.target.iter().flat_map(|target| &target.mounts).any(|mount| mount.path == path)
    };
    history::devices(text)
        .into_iter()
        .map(|name| format!("/dev/{name}"))
        .filter(|path| ctx.machine.partition(path).is_some() || made(path))
        .collect()
}

/// The one partition whose label a turn quotes: "one NTFS partition, label games". A label is a stranger's word, so
/// the turn has to be about a partition, and a label that anything may be called is not looked for.
fn labelled(text: &str, ctx: &Context<'_>) -> Option<String> {
    const COMMON: [&str; 12] = [
        "root", "home", "data", "system", "linux", "windows", "boot", "swap", "disk", "partition", "label",
        "ntfs",
    ];
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    if !words.iter().any(|word| matches!(*word, "partition" | "label" | "labelled" | "called")) {
        return None;
    }
    let mut fitting = ctx.machine.candidates().flat_map(|disk| &disk.partitions).filter(|partition| {
        let label = partition.label.as_deref().map(fold).unwrap_or_default();
        label.len() > 2 && !COMMON.contains(&label.as_str()) && words.contains(&label.as_str())
    });
    let only = fitting.next()?;
    fitting.next().is_none().then(|| only.path.clone())
}

/// The partition whose label was quoted last.
pub(super) fn last_labelled(ctx: &Context<'_>) -> Option<String> {
    ctx.history.iter().rev().find_map(|message| labelled(&message.content, ctx))
}

/// The partition that words such as "first" and "other" mean among those that the other words left.
pub(super) fn choose(
    words: &[&Ref],
    plain: &[&Ref],
    left: &[&Partition],
    ctx: &Context<'_>,
    before: &[InstallerAction],
    erases: bool,
) -> Option<String> {
    let spoken = ctx.history.iter().rev().filter(|message| message.role != Role::Tool);
    let offered = spoken.map(|message| named(&message.content, ctx)).find(|named| named.len() > 1);
    let by_disk = plain.iter().any(|word| matches!(word, Ref::Device(_)));
    // "the first partition of sdb" counts as its table does; without a disk only what was named can be counted.
    let list: Vec<String> = match offered {
        Some(offered) => offered,
        None if by_disk => left.iter().map(|partition| partition.path.clone()).collect(),
        None if words.contains(&&Ref::Other) && !erases => beside(ctx, before)?,
        None => return None,
    };
    let fits = |path: &String| {
        plain.iter().all(|word| matches!(word, Ref::It))
            || left.iter().any(|partition| partition.path == *path)
    };
    let kept: Vec<String> = list.iter().filter(|path| fits(path)).cloned().collect();
    let mut meant = kept.clone();
    for word in words {
        match word {
            // Counted among all and among those that fit: both have to say the same.
            Ref::Nth(_) | Ref::Middle => {
                let all = at(word, &list).filter(|path| fits(path));
                let both: Vec<&String> = all.into_iter().chain(at(word, &kept)).collect();
                meant.retain(|path| both.contains(&path));
            }
            Ref::Other => {
                let it = partition::spoken_of(ctx, before)?;
                meant.retain(|path| *path != it);
            }
            Ref::Biggest | Ref::Smallest => {
                let size =
                    |path: &str| ctx.machine.partition(path).map(|(_, partition)| partition.size_bytes);
                let sizes = kept.iter().filter_map(|path| size(path));
                let end = if **word == Ref::Biggest { sizes.max() } else { sizes.min() };
                meant.retain(|path| size(path) == end);
            }
            Ref::Not(refused) => {
                let refused = match &**refused {
                    Ref::It => partition::spoken_of(ctx, before)?,
                    order => at(order, &list)?.clone(),
                };
                meant.retain(|path| *path != refused);
            }
            _ => return None,
        }
    }
    match meant.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// The partitions for files beside the one spoken of, on the same disk, that are not in use yet.
fn beside(ctx: &Context<'_>, before: &[InstallerAction]) -> Option<Vec<String>> {
    let it = partition::spoken_of(ctx, before)?;
    let (disk, _) = ctx.machine.partition(&it)?;
    let taken = |path: &str| {
        ctx.state.target.iter().flat_map(|target| &target.mounts).any(|mount| mount.path == path)
    };
    let files = |partition: &&Partition| {
        matches!(
            partition.kind,
            PartitionKind::Linux
                | PartitionKind::LinuxHome
                | PartitionKind::MicrosoftBasic
                | PartitionKind::Unknown
        ) && !taken(&partition.path)
    };
    Some(disk.partitions.iter().filter(files).map(|partition| partition.path.clone()).collect())
}

/// The accounts in the order in which a turn named them; as they were made, where none named two.
pub(super) fn accounts(ctx: &Context<'_>, users: &[String]) -> Vec<String> {
    for message in ctx.history.iter().rev().filter(|message| message.role != Role::Tool) {
        let mut named: Vec<String> = Vec::new();
        for word in message.content.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')) {
            let word = word.to_lowercase();
            if users.contains(&word) && !named.contains(&word) {
                named.push(word);
            }
        }
        if named.len() > 1 {
            return named;
        }
    }
    users.to_vec()
}
