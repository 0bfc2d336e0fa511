//! The disks that pointing words leave: what they are, then which of them, then how large.

use levitate_core::machine::Disk;

use super::{Ask, disk, history, makers, offers};
use crate::Context;
use crate::refs::{Ref, Refs};

/// Every disk that the words fit, unusable ones included.
pub(super) fn matching<'a>(refs: &Refs, ctx: &Context<'a>) -> Result<Vec<&'a Disk>, Ask> {
    let refs = &makers::spelled(refs, ctx);
    let mut disks: Vec<&Disk> = ctx.machine.disks.iter().collect();
    if refs.0.iter().any(is_extreme) {
        // "the bigger one" of those that were just offered.
        let offered = history::last_offered(ctx);
        if offered.len() > 1 {
            disks.retain(|disk| offered.contains(&disk.path));
        }
    }
    let compared = |word: &Ref| matches!(word, Ref::Not(inner) if is_extreme(inner) || is_order(inner));
    if refs.0.iter().any(compared)
        && let Some(turn) = offers::offered(ctx)
    {
        let offered = turn.usable(ctx.machine);
        disks.retain(|disk| offered.contains(&disk.path));
    }
    for word in refs.0.iter().filter(|word| !is_order(word) && !is_extreme(word) && **word != Ref::Other) {
        match word {
            Ref::Size(said) => disks = disk::of_size(&disks, said),
            Ref::It => {
                let spoken = spoken_of(ctx).ok_or_else(|| {
                    Ask::new(format!("Which disk do you mean? {}", disk::describe_candidates(ctx)))
                })?;
                disks.retain(|disk| disk.path == spoken);
            }
            Ref::Not(word) => {
                let refused = refused(word, ctx);
                disks.retain(|disk| !refused.contains(&disk.path));
            }
            word => disks.retain(|disk| disk::fits(word, disk)),
        }
    }
    if refs.0.contains(&Ref::Other) {
        disks = others(&disks, refs, ctx);
    }
    for word in refs.0.iter().filter(|word| is_order(word)) {
        disks = in_order(word, &disks, refs, ctx);
    }
    for word in refs.0.iter().filter(|word| is_extreme(word)) {
        disks.retain(|disk| usable(disk));
        disks = extreme(word, &disks);
    }
    Ok(disks)
}

fn is_order(word: &Ref) -> bool {
    matches!(word, Ref::Nth(_) | Ref::Middle)
}

fn is_extreme(word: &Ref) -> bool {
    matches!(word, Ref::Biggest | Ref::Smallest)
}

fn usable(disk: &Disk) -> bool {
    !disk.live_medium && !disk.read_only
}

/// The largest or smallest; nearly the same size is the same size to a person.
fn extreme<'a>(word: &Ref, disks: &[&'a Disk]) -> Vec<&'a Disk> {
    let like = |a: u64, b: u64| a.abs_diff(b) * 50 < a.max(b);
    let sizes = disks.iter().map(|disk| disk.size_bytes);
    let end = if *word == Ref::Biggest { sizes.max() } else { sizes.min() };
    disks.iter().copied().filter(|disk| end.is_some_and(|end| like(disk.size_bytes, end))).collect()
}

/// Everything that a refused word may have meant: what may be meant by "not the last" is never taken.
fn refused(word: &Ref, ctx: &Context<'_>) -> Vec<String> {
    let all: Vec<&Disk> = ctx.machine.candidates().collect();
    let paths = |disks: Vec<&Disk>| disks.into_iter().map(|disk| disk.path.clone()).collect();
    match word {
        Ref::Nth(_) | Ref::Middle => paths(in_order(word, &all, &Refs::one(word.clone()), ctx)),
        Ref::Biggest | Ref::Smallest => {
            let offered = offers::offered(ctx).map(|turn| turn.usable(ctx.machine));
            let among =
                all.into_iter().filter(|disk| offered.as_ref().is_none_or(|of| of.contains(&disk.path)));
            paths(extreme(word, &among.collect::<Vec<_>>()))
        }
        Ref::It => spoken_of(ctx).into_iter().collect(),
        Ref::Other => {
            let spoken = spoken_of(ctx);
            paths(all.into_iter().filter(|disk| Some(&disk.path) != spoken.as_ref()).collect())
        }
        word => paths(ctx.machine.disks.iter().filter(|disk| disk::fits(word, disk)).collect()),
    }
}

/// Those that are not spoken of, of the latest turn that named two or more.
fn others<'a>(disks: &[&'a Disk], refs: &Refs, ctx: &Context<'_>) -> Vec<&'a Disk> {
    let spoken = spoken_of(ctx);
    let left: Vec<&Disk> =
        disks.iter().copied().filter(|disk| usable(disk) && Some(&disk.path) != spoken.as_ref()).collect();
    let pool = offers::others(ctx).filter(|pool| spoken.as_ref().is_none_or(|spoken| pool.contains(spoken)));
    let Some(pool) = pool else { return left };
    let near: Vec<&Disk> = left.iter().copied().filter(|disk| pool.contains(&disk.path)).collect();
    // A disk that was never spoken of is only meant where other words say so.
    if near.is_empty() && refs.0.len() > 1 { left } else { near }
}

/// The disks that an order word can mean among those that the other words left. Every way to count is tried: the
/// answer is one disk only where all of them agree.
fn in_order<'a>(word: &Ref, left: &[&'a Disk], refs: &Refs, ctx: &Context<'a>) -> Vec<&'a Disk> {
    let turn = offers::offered(ctx).unwrap_or_else(|| offers::Turn {
        orders: vec![ctx.machine.candidates().map(|disk| Some(disk.path.clone())).collect()],
        ..offers::Turn::default()
    });
    let at = |order: &[Option<&str>]| -> Option<String> {
        let index = match word {
            Ref::Nth(0) => order.len().checked_sub(1)?,
            Ref::Nth(n) => usize::from(*n) - 1,
            _ if order.len() % 2 == 1 => order.len() / 2,
            _ => return None,
        };
        order.get(index).copied().flatten().map(str::to_owned)
    };
    let is_left = |path: &str| left.iter().any(|disk| disk.path == path && usable(disk));
    let (mut among, mut counted) = (Vec::new(), Vec::new());
    for order in &turn.orders {
        let order: Vec<Option<&str>> = order.iter().map(Option::as_deref).collect();
        let kept: Vec<Option<&str>> = order.iter().copied().filter(|path| path.is_none_or(is_left)).collect();
        // Items of a list keep their numbers, and so does what is not known.
        let fixed = turn.numbered || order.contains(&None);
        among.extend(at(if fixed { &order } else { &kept }).filter(|path| is_left(path)));
        counted.extend(at(&order).filter(|path| is_left(path)));
    }
    // "the second SSD" counts SSDs; "the third one, with Tumbleweed" counts disks and says what is on it.
    let classes = refs.0.iter().filter(|of| !is_order(of)).all(|of| is_class(of, ctx));
    let alone = refs.0.iter().all(is_order);
    let meant: Vec<String> = if alone {
        counted
    } else if classes && !among.is_empty() {
        among
    } else {
        among.into_iter().chain(counted).collect()
    };
    left.iter().copied().filter(|disk| meant.contains(&disk.path)).collect()
}

/// True where a word says what sort of thing is counted, not what is on it.
fn is_class(word: &Ref, ctx: &Context<'_>) -> bool {
    match word {
        Ref::Word(word) => {
            matches!(
                word.as_str(),
                "ssd" | "nvme" | "m2" | "sata" | "hdd" | "usb" | "emmc" | "mmc" | "virtual"
            ) || ctx.machine.disks.iter().any(|disk| {
                let model = disk.model.as_deref().map(levitate_core::lists::fold).unwrap_or_default();
                model.split(' ').any(|part| part == word)
            })
        }
        Ref::Blank | Ref::Roomy | Ref::Size(_) | Ref::Biggest | Ref::Smallest | Ref::Not(_) => true,
        _ => false,
    }
}

/// The disk that "it" and "the other" are about: the plan that waits, else what was spoken of last, else the target.
pub fn spoken_of(ctx: &Context<'_>) -> Option<String> {
    use levitate_core::action::InstallerAction as A;
    match &ctx.state.pending {
        Some(A::Partition(request)) => return Some(request.disk.clone()),
        Some(A::Format { partition, .. } | A::Mount { partition, .. }) => {
            return ctx.machine.partition(partition).map(|(disk, _)| disk.path.clone());
        }
        _ => {}
    }
    offers::spoken(ctx).or_else(|| ctx.state.target.as_ref().map(|target| target.disk.clone())).or_else(
        || {
            let mut usable = ctx.machine.candidates();
            match (usable.next(), usable.next()) {
                (Some(only), None) => Some(only.path.clone()),
                _ => None,
            }
        },
    )
}
