//! A layout: the disk, how it is used, and the options, merged into the plan that waits where there is one.

use levitate_core::action::{Filesystem, InstallerAction, PartitionRequest, SchemeEntry, Use};
use levitate_core::machine::Disk;
use levitate_core::size::{GIB, Size, decimal};
use levitate_core::state::Stage;

use super::{Ask, disk, history, join, offers, pick};
use crate::Context;
use crate::reading::{EntrySaid, PartitionSaid, UseSaid};
use crate::refs::{Ref, Refs, SizeSaid};

/// The question where what was said is the layout that waits.
pub(crate) const SAYS_ALREADY: &str = "The plan that waits says that already. Shall I do it: yes or no?";

/// The full request that was said.
///
/// # Errors
/// A question, where the disk or its use cannot be told, or what was said does not fit.
pub fn ground(said: &PartitionSaid, ctx: &Context<'_>) -> Result<PartitionRequest, Ask> {
    let request = request(said, ctx)?;
    if waiting(ctx) == Some(&request) {
        return Err(Ask::new(SAYS_ALREADY));
    }
    Ok(request)
}

/// True where what was said is the layout that waits for a yes.
pub fn is_waiting(said: &PartitionSaid, ctx: &Context<'_>) -> bool {
    waiting(ctx).is_some_and(|waits| request(said, ctx).is_ok_and(|request| request == *waits))
}

fn waiting<'a>(ctx: &Context<'a>) -> Option<&'a PartitionRequest> {
    match &ctx.state.pending {
        Some(InstallerAction::Partition(request)) => Some(request),
        _ => None,
    }
}

fn request(said: &PartitionSaid, ctx: &Context<'_>) -> Result<PartitionRequest, Ask> {
    let pending = waiting(ctx);
    let laid_out = ctx.state.target.is_some() && ctx.state.done.contains(&Stage::Disk);
    if pending.is_none() && laid_out && said.usage == UseSaid::Keep {
        return Err(Ask::new(
            "The disk is laid out already. To change that I would have to erase it again and copy once more. Do you want \
             that? Then say which disk, and \"whole disk\".",
        ));
    }
    let disk = which_disk(said, pending, ctx)?;
    if !offers::is_usable(&disk.path, ctx.machine) {
        return Err(Ask::new(disk::describe_candidates(ctx)));
    }
    let usage = match which_use(said, pending, disk, ctx) {
        // "Put it in those 196": no disk is that large, a gap is.
        Err(_) if said.usage == UseSaid::Keep && is_gap(&said.disk, ctx) => Use::Free,
        usage => usage?,
    };
    let mut request = match pending {
        // An edit keeps what the plan had.
        Some(pending) => PartitionRequest { disk: disk.path.clone(), usage, ..pending.clone() },
        None => PartitionRequest::new(disk.path.clone(), usage),
    };
    if usage != Use::Beside {
        request.give = None;
    }
    options(said, &mut request, disk, ctx)?;
    fits(&request, disk)?;
    Ok(request)
}

fn which_disk<'a>(
    said: &PartitionSaid,
    pending: Option<&PartitionRequest>,
    ctx: &Context<'a>,
) -> Result<&'a Disk, Ask> {
    if !said.disk.is_empty() {
        let gap = said.usage == UseSaid::Free || (said.usage == UseSaid::Keep && is_gap(&said.disk, ctx));
        if gap && let Some(gap) = gap_of_size(&said.disk, ctx)? {
            return Ok(gap);
        }
        if said.usage == UseSaid::Free && ctx.machine.candidates().count() > 1 {
            // Of two that fit, the one with room is meant.
            let mut roomy = said.disk.clone();
            roomy.push(Ref::Roomy);
            if let Ok(found) = disk::find(&roomy, ctx) {
                return Ok(found);
            }
        }
        return disk::find(&said.disk, ctx);
    }
    if let Some(pending) = pending {
        return ctx.machine.disk(&pending.disk).ok_or_else(|| Ask::new("Which disk do you mean?"));
    }
    // What the installer asked about last, when it was about one disk.
    if let Some(disk) = history::last_disk(ctx).and_then(|path| ctx.machine.disk(&path)) {
        return Ok(disk);
    }
    let narrow = |refs: Refs| {
        let found: Vec<&'a Disk> = ctx
            .machine
            .candidates()
            .filter(|disk| refs.0.iter().all(|word| disk::fits(word, disk)))
            .collect();
        match found.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    };
    let only = match said.usage {
        UseSaid::Free => narrow(Refs::default()).or_else(|| {
            let roomy: Vec<&'a Disk> = ctx
                .machine
                .candidates()
                .filter(|disk| disk.carries_data() && disk::fits(&Ref::Roomy, disk))
                .collect();
            let blank = ctx.machine.candidates().any(|disk| !disk.carries_data());
            match roomy.as_slice() {
                [only] if !blank => Some(*only),
                _ => None,
            }
        }),
        UseSaid::Along if ctx.machine.candidates().any(|disk| !disk.carries_data()) => {
            narrow(Refs::default())
        }
        UseSaid::Beside | UseSaid::Along => narrow(Refs::default()).or_else(|| {
            let with: Vec<&'a Disk> =
                ctx.machine.candidates().filter(|disk| disk::has_system(disk)).collect();
            match with.as_slice() {
                [only] => Some(*only),
                _ => None,
            }
        }),
        _ => narrow(Refs::default()),
    };
    only.ok_or_else(|| Ask::new(disk::describe_candidates(ctx)))
}

/// The disk with a gap of the size that was said: "the 1.6 TB gap", "those 186".
fn gap_of_size<'a>(refs: &Refs, ctx: &Context<'a>) -> Result<Option<&'a Disk>, Ask> {
    let is_size = |word: &&Ref| matches!(word, Ref::Size(_));
    let Some(Ref::Size(said)) = refs.0.iter().find(is_size) else { return Ok(None) };
    let others = Refs(refs.0.iter().filter(|word| !is_size(word)).cloned().collect());
    let gaps: Vec<&'a Disk> = ctx
        .machine
        .candidates()
        .filter(|on| on.carries_data())
        .filter(|on| {
            on.largest_free().is_some_and(|gap| gap.size >= disk::ROOM && disk::is_about(gap.size, said))
        })
        .filter(|on| others.is_empty() || pick::matching(&others, ctx).is_ok_and(|fit| fit.contains(on)))
        .collect();
    let [gap] = gaps.as_slice() else { return Ok(None) };
    // A disk of that size with room may be meant as well.
    match disk::find(refs, ctx) {
        Ok(other) if other.path != gap.path => {
            let names = [disk::describe(gap), disk::describe(other)];
            Err(Ask::new(format!("Which one do you mean: the free space of {}?", join(&names, "or"))))
        }
        _ => Ok(Some(gap)),
    }
}

/// True where a size was said that no disk has but one disk's gap.
fn is_gap(refs: &Refs, ctx: &Context<'_>) -> bool {
    let sized = |said: &str| {
        let disks: Vec<&Disk> = ctx.machine.disks.iter().collect();
        !disk::of_size(&disks, said).is_empty()
    };
    let sizes = refs.0.iter().filter_map(|word| if let Ref::Size(said) = word { Some(said) } else { None });
    let mut sizes = sizes.peekable();
    sizes.peek().is_some() && !sizes.any(|said| sized(said)) && matches!(gap_of_size(refs, ctx), Ok(Some(_)))
}

fn which_use(
    said: &PartitionSaid,
    pending: Option<&PartitionRequest>,
    on: &Disk,
    ctx: &Context<'_>,
) -> Result<Use, Ask> {
    let room = on.largest_free().map_or(0, |region| region.size);
    let blank = !on.carries_data();
    let give = said.give.and_then(|give| bytes(give, None, ctx)).unwrap_or(0);
    Ok(match said.usage {
        UseSaid::Whole => Use::Whole,
        UseSaid::Free | UseSaid::Beside | UseSaid::Along if blank => Use::Whole,
        UseSaid::Free if room < disk::ROOM => {
            return Err(Ask::new(format!(
                "There is no free space worth using on {}. Shall I make room by shrinking what is there, or erase all of it?",
                disk::describe(on)
            )));
        }
        UseSaid::Free => Use::Free,
        UseSaid::Beside => Use::Beside,
        UseSaid::Along if give == 0 && room >= disk::ROOM.max(16 * GIB) => Use::Free,
        UseSaid::Along => Use::Beside,
        UseSaid::Same | UseSaid::Keep => match pending {
            Some(pending) if pending.disk == on.path => pending.usage,
            // A plan to erase is not carried over to a disk with data unless it is said so.
            Some(pending) if said.usage == UseSaid::Same => pending.usage,
            _ if blank => Use::Whole,
            Some(pending) if pending.usage == Use::Free && room >= disk::ROOM => Use::Free,
            // "In the free space of the SSD, or on the Toshiba?" - "the former": the offer says how.
            None if counted(&said.disk) && room >= disk::ROOM && offered_free(on, ctx) => Use::Free,
            _ => return Err(how(on, room)),
        },
    })
}

/// True where a disk was only pointed at by its place in an offer.
fn counted(refs: &Refs) -> bool {
    !refs.is_empty() && refs.0.iter().all(|word| matches!(word, Ref::Nth(_) | Ref::Middle))
}

fn offered_free(on: &Disk, ctx: &Context<'_>) -> bool {
    offers::offered(ctx).is_some_and(|turn| turn.in_free.contains(&on.path))
}

fn how(on: &Disk, room: u64) -> Ask {
    let mut ways = Vec::new();
    if room >= disk::ROOM {
        ways.push(format!("use its free {}", decimal(room)));
    }
    if disk::has_system(on) {
        ways.push("make room beside what is there".to_owned());
    }
    ways.push("erase all of it".to_owned());
    Ask::new(format!("{} is not empty. Shall I {}?", disk::describe(on), join(&ways, "or")))
}

fn bytes(said: SizeSaid, now: Option<Size>, ctx: &Context<'_>) -> Option<u64> {
    size(said, now, ctx).and_then(Size::bytes)
}

/// A size that may be said against the one in the plan.
fn size(said: SizeSaid, now: Option<Size>, ctx: &Context<'_>) -> Option<Size> {
    let memory = memory_gib(ctx.machine.memory_bytes);
    match said {
        SizeSaid::Size(size) => Some(size),
        SizeSaid::None => None,
        // Enough to hibernate small machines, not half a disk on large ones.
        SizeSaid::Usual => Some(Size::gib(memory.clamp(2, 8))),
        SizeSaid::Memory => Some(Size::gib(memory)),
        SizeSaid::Double => now.and_then(Size::bytes).map(|bytes| Size::Bytes(bytes.saturating_mul(2))),
        SizeSaid::Half => now.and_then(Size::bytes).map(|bytes| Size::Bytes(bytes / 2)),
    }
}

/// The memory as it is sold: the kernel keeps some of it, so 15.4 GiB are 16.
fn memory_gib(bytes: u64) -> u64 {
    const SOLD: [u64; 17] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512];
    SOLD.into_iter().find(|gib| bytes <= gib * GIB).unwrap_or_else(|| bytes.div_ceil(GIB))
}

/// A size said against one that the plan does not have: swap is twice or half the memory, everything else its share
/// of the room.
fn share(said: SizeSaid, swap: bool, room: u64, ctx: &Context<'_>) -> Option<Size> {
    let whole = if swap { memory_gib(ctx.machine.memory_bytes) } else { room / GIB };
    match said {
        SizeSaid::Double if swap => Some(Size::gib(whole.saturating_mul(2))),
        SizeSaid::Half => Some(Size::gib((whole / 2).max(1))),
        _ => None,
    }
}

/// The bytes a layout may take.
fn room(usage: Use, on: &Disk) -> u64 {
    match usage {
        Use::Free => on.largest_free().map_or(0, |region| region.size),
        Use::Whole | Use::Beside => on.size_bytes,
    }
}

fn options(
    said: &PartitionSaid,
    request: &mut PartitionRequest,
    on: &Disk,
    ctx: &Context<'_>,
) -> Result<(), Ask> {
    if let Some(encrypt) = said.encrypt {
        request.encrypt = encrypt;
    }
    if let Some(fs) = said.fs {
        if !matches!(fs, Filesystem::Ext4 | Filesystem::Btrfs | Filesystem::Xfs) {
            return Err(Ask::new(format!(
                "{} cannot hold a system. Shall I use ext4, btrfs or xfs?",
                fs.name()
            )));
        }
        match &mut request.scheme {
            Some(scheme) => {
                for entry in scheme
                    .iter_mut()
                    .filter(|entry| entry.mount.starts_with('/') && entry.mount != "/boot/efi")
                {
                    entry.fs = Some(fs);
                }
            }
            None => request.fs = Some(fs),
        }
    }
    if let Some(give) = said.give {
        // Half of what is free in it is the default of `beside`.
        request.give = size(give, request.give, ctx);
    }
    if !said.scheme.is_empty() {
        let scheme =
            said.scheme.iter().map(|entry| dictated(entry, said, ctx)).collect::<Result<Vec<_>, _>>()?;
        request.scheme = Some(scheme);
        (request.fs, request.root, request.home, request.swap, request.boot) = (None, None, None, None, None);
        return Ok(());
    }
    let sizes = said.root.is_some() || said.home.is_some() || said.swap.is_some() || said.boot.is_some();
    if let (true, Some(scheme)) = (sizes, &mut request.scheme) {
        for (mount, size_said) in
            [("/", said.root), ("/home", said.home), ("swap", said.swap), ("/boot", said.boot)]
        {
            let Some(wanted) = size_said else { continue };
            let now = scheme.iter().find(|entry| entry.mount == mount).map(|entry| entry.size);
            scheme.retain(|entry| entry.mount != mount || wanted != SizeSaid::None);
            let Some(wanted) = size(wanted, now, ctx) else { continue };
            let fs = if mount == "swap" { Filesystem::Swap } else { said.fs.unwrap_or(Filesystem::Ext4) };
            match scheme.iter_mut().find(|entry| entry.mount == mount) {
                Some(entry) => entry.size = wanted,
                None => scheme.push(SchemeEntry { mount: mount.into(), size: wanted, fs: Some(fs) }),
            }
        }
        return Ok(());
    }
    // With `beside` the room is what is given, and that is seldom known here.
    let room = request.give.and_then(Size::bytes).unwrap_or_else(|| room(request.usage, on));
    let apply = |now: &mut Option<Size>, said: Option<SizeSaid>, usual: Size, swap: bool| match said {
        Some(SizeSaid::Usual) => *now = Some(usual),
        Some(wanted) => *now = size(wanted, *now, ctx).or_else(|| share(wanted, swap, room, ctx)),
        None => {}
    };
    let memory = size(SizeSaid::Usual, None, ctx).unwrap_or(Size::gib(4));
    apply(&mut request.root, said.root, Size::Rest, false);
    apply(&mut request.home, said.home, Size::Rest, false);
    apply(&mut request.swap, said.swap, memory, true);
    apply(&mut request.boot, said.boot, Size::gib(1), false);
    // One of root and home takes what is left: the one whose size was not just said.
    match (request.root, request.home) {
        (Some(Size::Rest), Some(Size::Rest)) if said.root.is_some() && said.home.is_none() => {
            request.home = None
        }
        (Some(Size::Rest), Some(Size::Rest)) => request.root = None,
        (None, Some(Size::Bytes(_))) => request.root = Some(Size::Rest),
        _ => {}
    }
    Ok(())
}

fn dictated(entry: &EntrySaid, said: &PartitionSaid, ctx: &Context<'_>) -> Result<SchemeEntry, Ask> {
    let fs = match entry.mount.as_str() {
        "/boot/efi" => Some(Filesystem::Vfat),
        "swap" => Some(Filesystem::Swap),
        "bios_boot" => None,
        "/boot" => Some(entry.fs.unwrap_or(Filesystem::Ext4)),
        _ => Some(entry.fs.or(said.fs).unwrap_or(Filesystem::Ext4)),
    };
    let wanted = entry.size.and_then(|wanted| size(wanted, None, ctx));
    let wanted = wanted.or_else(|| match entry.mount.as_str() {
        "/boot/efi" => Some(Size::mib(512)),
        "/boot" => Some(Size::gib(1)),
        "bios_boot" => Some(Size::mib(1)),
        "/" | "/home" => Some(Size::Rest),
        _ => None,
    });
    let size = wanted.ok_or_else(|| Ask::new(format!("How large shall {} be?", entry.mount)))?;
    Ok(SchemeEntry { mount: entry.mount.clone(), size, fs })
}

/// What was asked for by size has to fit the disk at all; the planner checks it to the byte.
fn fits(request: &PartitionRequest, on: &Disk) -> Result<(), Ask> {
    let room = room(request.usage, on);
    let sizes = [
        request.root,
        request.home,
        request.swap,
        request.boot,
        request.give.filter(|_| request.root.is_none()),
    ];
    let from_scheme = request.scheme.iter().flatten().map(|entry| Some(entry.size));
    let wanted = sizes
        .into_iter()
        .chain(from_scheme)
        .filter_map(|size| size.and_then(Size::bytes))
        .fold(0u64, u64::saturating_add);
    if wanted > room {
        return Err(Ask::new(format!(
            "That needs {}, but there are only {} on {}. Which size shall be smaller?",
            decimal(wanted),
            decimal(room),
            on.path
        )));
    }
    Ok(())
}
