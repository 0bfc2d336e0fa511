//! Sizes, what they are for, and partitions dictated one by one.

use levitate_core::action::{Filesystem, InstallerAction};
use levitate_core::size::{GIB, Size};

use super::Found;
use crate::Context;
use crate::ground::disk as disks;
use crate::ground::makers::SYSTEMS;
use crate::reading::{EntrySaid, UseSaid};
use crate::refs::{Ref, SizeSaid};
use crate::rules::Words;
use crate::text::Token;

/// Sizes and what they are for: "8G swap", "root 60G", "home gets the rest", "no swap".
pub(super) fn sizes(clause: &[Token], words: &Words<'_>, found: &mut Found) {
    #[derive(Clone)]
    enum Item {
        Role(String, bool),
        Amount(SizeSaid, Option<String>),
    }
    let mut items: Vec<Item> = Vec::new();
    let mut fs = None;
    for (at, token) in clause.iter().enumerate() {
        let refused = clause[at.saturating_sub(2)..at]
            .iter()
            .any(|before| before.is(&["no", "remove"]) || before.raw == "scrap");
        let next = clause.get(at + 1);
        let separate_boot = token.is(&["boot"])
            && clause[at.saturating_sub(2)..at].iter().any(|before| before.is(&["separate", "unencrypted"]));
        let version = at > 0
            && token
                .spoken
                .as_deref()
                .is_some_and(|said| said.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
            && SYSTEMS.contains(&clause[at - 1].key.as_str());
        if version {
            continue;
        }
        if let Some(size) = token.size {
            let spoken = token.spoken.clone().unwrap_or_default();
            let points = next.is_some_and(|next| {
                next.is(&["disk", "ssd", "nvme", "hdd", "emmc", "usb"])
                    || matches!(
                        next.raw.to_lowercase().as_str(),
                        "one" | "samsung" | "adata" | "crucial" | "sandisk" | "intel"
                    )
            }) || (at > 0
                && clause[at - 1].raw.eq_ignore_ascii_case("the")
                && clause.len() <= 8
                && !next.is_some_and(|next| next.is(&["swap", "root", "home", "for"]) || next.raw == "of"))
                || (at > 0 && clause[at - 1].is(&["blank", "biggest", "smallest"]));
            let hole = clause.iter().any(|token| {
                matches!(token.raw.to_lowercase().as_str(), "hole" | "gap") || token.is(&["free", "freeword"])
            });
            let plain =
                !hole && (spoken.ends_with('G') || spoken.ends_with('T') || spoken.parse::<f64>().is_ok());
            if points && plain && size.bytes().is_some_and(|bytes| bytes >= 4 * GIB) && !found.shrink {
                found.said.disk.push(Ref::Size(spoken));
            } else {
                items.push(Item::Amount(SizeSaid::Size(size), Some(spoken)));
            }
        } else if token.key == "rest"
            || (token.key == "all" && next.is_some_and(|next| next.raw == "left" || next.raw == "else"))
        {
            items.push(Item::Amount(SizeSaid::Size(Size::Rest), None));
        } else if token.key == "double" {
            items.push(Item::Amount(SizeSaid::Double, None));
        } else if token.is(&["swap", "root", "home", "efi", "bootpart"]) || separate_boot {
            let role = if separate_boot { "bootpart" } else { token.key.as_str() };
            items.push(Item::Role(role.into(), refused));
        } else if token.raw.starts_with('/') && token.raw.len() > 1 && !token.raw.starts_with("/dev") {
            items.push(Item::Role(token.raw.to_lowercase(), false));
        } else if token.key == "system"
            && clause.iter().any(|token| token.size.is_some() || token.key == "rest")
            && at > 0
            && matches!(clause[at - 1].raw.as_str(), "the" | "for")
            && !found.installs
        {
            items.push(Item::Role("root".into(), false));
        }
        if let Some(named) = Filesystem::from_name(&token.key)
            .filter(|fs| matches!(fs, Filesystem::Ext4 | Filesystem::Btrfs | Filesystem::Xfs))
        {
            fs = Some(named);
        }
    }
    let line = clause.iter().map(|token| token.raw.to_lowercase()).collect::<Vec<_>>().join(" ");
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| line.contains(phrase));
    // "home takes what's left", "what remains for /home", "everything left on /home".
    if says(&[
        "whatever is left", "what's left", "whats left", "what remains", "everything left",
        "everything else", "all the rest", "the other half", "what is left",
    ]) && !items.iter().any(|item| matches!(item, Item::Amount(..)))
    {
        items.push(Item::Amount(SizeSaid::Size(Size::Rest), None));
    }
    let memory = (words
        .says(&["as my ram", "i have ram", "as the ram", "as ram", "my memory", "so viel wie ram"])
        && line.contains("ram"))
        || says(&["hibernate"]);
    let roles = items.iter().filter(|item| matches!(item, Item::Role(..))).count();
    let amounts = items.len() - roles;
    let mut pairs: Vec<(String, Option<SizeSaid>, bool)> = Vec::new();
    match (roles, amounts) {
        (0, _) => {
            for item in &items {
                if let Item::Amount(SizeSaid::Size(size @ Size::Bytes(_)), Some(spoken)) = item {
                    found.loose.push((*size, spoken.clone()));
                }
            }
        }
        (1, _) | (_, 0) => {
            let amount = items.iter().rev().find_map(|item| match item {
                Item::Amount(amount, _) => Some(*amount),
                Item::Role(..) => None,
            });
            // Two amounts and one role: the one nearest before or after it; the other points at a disk.
            let amount = if amounts > 1 {
                nearest(
                    &items
                        .iter()
                        .map(|item| match item {
                            Item::Role(..) => None,
                            Item::Amount(amount, _) => Some(*amount),
                        })
                        .collect::<Vec<_>>(),
                )
            } else {
                amount
            };
            for item in &items {
                if let Item::Role(role, refused) = item {
                    pairs.push((role.clone(), amount, *refused));
                }
            }
        }
        _ => {
            let size_first = matches!(items[0], Item::Amount(..));
            let mut waiting: Option<SizeSaid> = None;
            let mut index = 0;
            while index < items.len() {
                match (&items[index], size_first) {
                    (Item::Amount(amount, _), true) => waiting = Some(*amount),
                    (Item::Role(role, refused), true) => pairs.push((role.clone(), waiting.take(), *refused)),
                    (Item::Role(role, refused), false) => {
                        let amount = match items.get(index + 1) {
                            Some(Item::Amount(amount, _)) => Some(*amount),
                            _ => None,
                        };
                        pairs.push((role.clone(), amount, *refused));
                    }
                    (Item::Amount(..), false) => {}
                }
                index += 1;
            }
        }
    }
    if pairs.is_empty() {
        if let Some(fs) = fs {
            found.said.fs = Some(fs);
        }
        return;
    }
    let separate = clause.iter().any(|token| token.is(&["separate", "with"]))
        || says(&["gets", "own home", "on their own"]);
    for (role, amount, refused) in pairs {
        let amount = if refused { Some(SizeSaid::None) } else { amount };
        match role.as_str() {
            "swap" if says(&["as before", "as it was", "unchanged"]) => {}
            "swap" => {
                found.said.swap =
                    Some(if memory { SizeSaid::Memory } else { amount.unwrap_or(SizeSaid::Usual) })
            }
            // "never get root" is about rights.
            "root" => found.said.root = amount.filter(|amount| *amount != SizeSaid::None).or(found.said.root),
            "home" if amount.is_some() || separate || roles > 1 => {
                found.said.home = Some(amount.unwrap_or(SizeSaid::Usual));
            }
            "bootpart" => found.said.boot = Some(amount.unwrap_or(SizeSaid::Usual)),
            _ => {}
        }
        let mount = match role.as_str() {
            "root" => "/".to_owned(),
            "home" => "/home".into(),
            "efi" => "/boot/efi".into(),
            "bootpart" => "/boot".into(),
            other => other.to_owned(),
        };
        let fits_fs = !matches!(mount.as_str(), "swap" | "/boot/efi");
        if !refused && !matches!(amount, Some(SizeSaid::None)) && (amount.is_some() || fs.is_some()) {
            found.entries.push(EntrySaid { mount, size: amount, fs: fs.filter(|_| fits_fs) });
        }
        if let (Some(fs), true) = (fs, matches!(role.as_str(), "root" | "swap" | "home")) {
            found.said.fs = found.said.fs.or(Some(fs));
        }
    }
}

fn nearest(items: &[Option<SizeSaid>]) -> Option<SizeSaid> {
    let at = items.iter().position(Option::is_none)?;
    let before = if at > 0 { items[at - 1] } else { None };
    items.get(at + 1).copied().flatten().or(before)
}

/// Sizes that were said of nothing: room for the new system, a disk, or the plan that waits.
pub(super) fn loose_sizes(ctx: &Context<'_>, words: &Words<'_>, found: &mut Found) {
    let waiting_beside = matches!(&ctx.state.pending, Some(InstallerAction::Partition(request)) if request.usage == levitate_core::action::Use::Beside);
    // "swap needed, 64 gigs"
    if let ([(size, _)], Some(SizeSaid::Usual)) = (found.loose.as_slice(), found.said.swap) {
        found.said.swap = Some(SizeSaid::Size(*size));
        found.loose.clear();
    }
    for (size, spoken) in std::mem::take(&mut found.loose) {
        let disk = Ref::Size(spoken.clone());
        let is_a_disk = ctx.machine.candidates().any(|candidate| disks::fits(&disk, candidate));
        let shares = matches!(found.said.usage, UseSaid::Beside | UseSaid::Along)
            || (waiting_beside && found.said.usage == UseSaid::Keep);
        if shares
            && !(found.said.usage == UseSaid::Along
                && found.said.disk.is_empty()
                && is_a_disk
                && found.kept.is_empty()
                && !found.beside)
        {
            found.said.give = Some(SizeSaid::Size(size));
        } else if found.said.usage == UseSaid::Free {
            // "the free 50 gb": how large the free region is.
        } else if is_a_disk || found.said.disk.is_empty() && words.says(&["the ", "drive", "disk"]) {
            found.said.disk.push(disk);
        }
    }
}

/// Partitions that the options cannot say are taken as dictated.
pub(super) fn scheme(found: &mut Found) {
    let special = found.entries.iter().any(|entry| match entry.mount.as_str() {
        "/boot/efi" => entry.size.is_some_and(|size| size != SizeSaid::Size(Size::mib(512))),
        "/" | "/home" | "swap" | "/boot" => false,
        _ => true,
    });
    let mut kinds: Vec<Filesystem> =
        found.entries.iter().filter(|entry| entry.mount != "/boot").filter_map(|entry| entry.fs).collect();
    kinds.dedup();
    let mixed = kinds.len() > 1;
    if !special && !mixed {
        return;
    }
    let entries = std::mem::take(&mut found.entries);
    (found.said.root, found.said.home, found.said.swap, found.said.boot) = (None, None, None, None);
    if mixed {
        found.said.fs = None;
    }
    found.said.scheme = entries;
}
