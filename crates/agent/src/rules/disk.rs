//! Which disk, used how, with what on it: everything said about the layout, read as one.

use levitate_core::action::{Filesystem, InstallerAction};
use levitate_core::lists::fold;
use levitate_core::size::{GIB, Size};

use super::Words;
use super::parts::is_partition;
use crate::Context;
use crate::ground::{disk as disks, last_asked};
use crate::reading::{EntrySaid, PartitionSaid, Reading, UseSaid};
use crate::refs::{Ref, SizeSaid, device_name};
use crate::text::Token;

/// Systems by name, whether they are here or not.
const SYSTEMS: &[&str] = &[
    "windows", "ubuntu", "debian", "fedora", "arch", "mint", "suse", "opensuse", "macos", "manjaro",
    "gentoo", "centos", "rocky", "nixos",
];

/// Makers, whether they are here or not: a maker that is not here is asked about, never skipped.
const MAKERS: &[&str] = &[
    "samsung",
    "crucial",
    "wd",
    "wdc",
    "western",
    "seagate",
    "toshiba",
    "kingston",
    "sandisk",
    "intel",
    "adata",
    "pny",
    "patriot",
    "kioxia",
    "hynix",
    "micron",
    "lexar",
    "corsair",
    "sabrent",
    "solidigm",
    "hitachi",
    "hgst",
    "team",
    "teamgroup",
    "transcend",
    "fujitsu",
    "apacer",
    "verbatim",
    "maxtor",
    "plextor",
];

/// A system named by a word.
pub(super) fn system_word(token: &Token, ctx: &Context<'_>) -> Option<String> {
    if token.key == "windows" {
        return Some("windows".into());
    }
    let word = fold(&token.raw).replace(' ', "");
    let word = word.strip_suffix("es").filter(|stem| *stem == "windows").map_or(word.clone(), str::to_owned);
    if matches!(word.as_str(), "windos" | "windws" | "windwos" | "wndows" | "windowses" | "microsoft") {
        return Some("windows".into());
    }
    let here = ctx.machine.disks.iter().flat_map(|disk| &disk.partitions).any(|partition| {
        partition.os.as_deref().is_some_and(|os| {
            fold(os).split(' ').any(|part| {
                part == word && part.len() > 3 && part != "linux" && part != "boot" && part != "manager"
            })
        })
    });
    (SYSTEMS.contains(&word.as_str()) || here).then_some(word)
}

/// A word that points at a disk, whatever stands around it.
pub(super) fn pointing(token: &Token, ctx: &Context<'_>) -> Option<Ref> {
    match token.key.as_str() {
        "ssd" | "nvme" | "emmc" | "usb" | "hdd" => return Some(Ref::Word(token.key.clone())),
        "other" => return Some(Ref::Other),
        "biggest" => return Some(Ref::Biggest),
        "smallest" => return Some(Ref::Smallest),
        "blank" => return Some(Ref::Blank),
        _ => {}
    }
    if matches!(token.raw.to_lowercase().as_str(), "m.2" | "m2") {
        return Some(Ref::Word("nvme".into()));
    }
    if token.raw.eq_ignore_ascii_case("sata") {
        return Some(Ref::Word("sata".into()));
    }
    let word = fold(&token.raw).replace(' ', "");
    if word.len() < 2 || token.is(&["system", "use", "first", "for", "free", "all", "to", "with"]) {
        return None;
    }
    if MAKERS.contains(&word.as_str()) {
        return Some(Ref::Word(word));
    }
    // A word of this machine's own models and labels: "exceria", "evo", "backup".
    let label = ctx.machine.disks.iter().flat_map(|disk| &disk.partitions).any(|partition| {
        partition.label.as_deref().is_some_and(|label| fold(label) == word)
            && !matches!(word.as_str(), "root" | "home" | "system" | "linux" | "windows" | "data")
    });
    let model = word.len() >= 3
        && ctx.machine.disks.iter().any(|disk| {
            disk.model.as_deref().is_some_and(|model| {
                fold(model).split(' ').any(|part| {
                    part == word
                        && !part.ends_with("gb")
                        && part != "ssd"
                        && part != "plus"
                        && part != "pro"
                        && part != "disk"
                        && part != "black"
                })
            })
        });
    (label || model).then_some(Ref::Word(word))
}

/// Everything that was found in the clauses about the layout.
#[derive(Default)]
struct Found {
    said: PartitionSaid,
    kept: Vec<Ref>,
    systems: Vec<Ref>,
    entries: Vec<EntrySaid>,
    loose: Vec<(Size, String)>,
    erases: bool,
    whole: bool,
    free: bool,
    beside: bool,
    shrink: bool,
    installs: bool,
    contradicts: bool,
}

/// Reads what is left over from the other clauses.
pub(super) fn read(left: &[Vec<Token>], words: &Words<'_>, ctx: &Context<'_>, more: bool) -> Option<Reading> {
    let mut found = Found::default();
    let clauses: Vec<&[Token]> =
        left.iter().flat_map(|segment| turns(segment)).filter(|clause| !clause.is_empty()).collect();
    if clauses.is_empty() {
        return None;
    }
    for clause in &clauses {
        read_clause(clause, words, ctx, &mut found);
    }
    wishes(words, &clauses, ctx, &mut found);
    decide_use(words, ctx, &mut found);
    if found.contradicts {
        return Some(Reading::Ask("I am not sure what may be erased and what has to stay. Which disk shall I use, and what on it may go?".into()));
    }
    loose_sizes(ctx, words, &mut found);
    scheme(&mut found);
    evident(&found, &clauses, ctx, more).then_some(Reading::Partition(found.said))
}

/// A clause is cut again where it turns: "but", "so".
fn turns(segment: &[Token]) -> Vec<&[Token]> {
    segment
        .split(|token| {
            matches!(
                token.raw.to_lowercase().as_str(),
                "but" | "so" | "aber" | "mais" | "pero" | "because" | "while" | "maar"
            )
        })
        .collect()
}

fn read_clause(clause: &[Token], words: &Words<'_>, ctx: &Context<'_>, found: &mut Found) {
    let has = |keys: &[&str]| clause.iter().any(|token| token.is(keys));
    let line = clause.iter().map(|token| token.raw.to_lowercase()).collect::<Vec<_>>().join(" ");
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| line.contains(phrase));
    let negated = has(&["no", "cant"]);
    let goes = says(&[
        "can go",
        "can die",
        "has to go",
        "must go",
        "get rid",
        "throw out",
        "thrown out",
        " weg",
        "hata do",
        "bye ",
        "off it goes",
        "start from zero",
        "from scratch",
        "kann weg",
        "not need windows",
        "slow garbage",
    ]);
    let keeps = !goes
        && (has(&["keep"]) && !says(&["does not stay", "keep my"])
            || (negated && has(&["touch", "erase", "remove", "shrink"]))
            || says(&[
                "off limits",
                "still need",
                "must survive",
                "alone",
                "has the library",
                "my backup",
                "i game on",
                "lives on",
                "a toy",
                "to lose windows",
            ]));
    let systems: Vec<Ref> =
        clause.iter().filter_map(|token| system_word(token, ctx)).map(Ref::Word).collect();
    let erases = !negated && has(&["erase", "remove"]) && !(has(&["swap"]) && has(&["remove"]))
        || (goes
            && (!systems.is_empty()
                || says(&["start from zero", "from scratch", "they can go", "it can go"])));
    let free = (has(&["free", "freeword"]) && !says(&["feel free"]))
        || says(&[
            "unused",
            "unallocated",
            "what's left",
            "whats left",
            "what is left",
            "left over",
            "leftover",
            "room left",
            "space left",
            "loads of room",
            "space behind",
            "room behind",
            "squeeze in",
            "squeeze it in",
            "a gap",
            "the gap",
            "hole behind",
            "part of it that is free",
            "nothing lives yet",
        ]) && !says(&["what remains for", "left for"])
            && !has(&["home"]);
    let shrink = !negated && has(&["shrink"])
        || says(&["make some room", "make room", "shrink", "gives up", "off it for"]);
    let beside = has(&["beside", "dualboot"])
        || says(&[
            "dual boot",
            "dual-boot",
            "next to",
            "both at startup",
            "want both",
            "dula boto",
            "side by side",
            "both systems",
            "neben windows",
            "à côté",
            "a côté",
            "junto a",
            "accanto",
            "beside",
        ]);
    if negated && has(&["erase"]) && systems.is_empty() && !keeps {
        found.contradicts = true;
    }
    found.erases |= erases;
    found.free |= free;
    found.shrink |= shrink;
    found.beside |= beside;
    found.installs |= has(&["install", "use"])
        || says(&[
            "put",
            "goes",
            "lives",
            "live on",
            "belongs",
            "take",
            "take",
            "go there",
            "go in there",
            "is for linux",
            "for linux",
            "gets linux",
            "have that",
            "want linux",
            "gets the system",
        ]);
    let whole_word = clause.iter().enumerate().any(|(at, token)| {
        let rest_follows = clause.get(at + 1).is_some_and(|next| {
            next.raw.eq_ignore_ascii_case("the")
                && clause.get(at + 2).is_some_and(|third| third.key == "rest")
        });
        let next_disk = clause.get(at + 1).is_some_and(|next| {
            next.is(&["disk", "ssd", "nvme", "hdd", "emmc"])
                || matches!(next.raw.as_str(), "thing" | "drive" | "disc")
        });
        (token.is(&["whole", "all"]) && !rest_follows && !next_fs(clause, at))
            || (token.raw.eq_ignore_ascii_case("hole") && next_disk)
    }) || says(&["in full", "one big", "start from zero", "from scratch", "jsut wipe"]);
    if whole_word && !keeps && !free {
        found.whole = true;
    }
    references(clause, keeps, erases || goes, ctx, found);
    if keeps {
        found.kept.extend(systems);
        if beside || shrink || free {
            sizes(clause, words, found);
        }
        return;
    }
    found.systems.extend(systems.clone());
    options(clause, words, found);
    sizes(clause, words, found);
}

/// "all xfs" speaks of file systems, not of the disk.
fn next_fs(clause: &[Token], at: usize) -> bool {
    clause[at].key == "all" && clause.get(at + 1).is_some_and(|next| next.is(&["xfs", "ext4", "btrfs"]))
}

/// Words that point at the disk.
fn references(clause: &[Token], keeps: bool, erases: bool, ctx: &Context<'_>, found: &mut Found) {
    for (at, token) in clause.iter().enumerate() {
        let refused = at > 0
            && clause[at.saturating_sub(3)..at]
                .iter()
                .any(|before| before.key == "no" && !clause[at].is(&["other"]));
        let mut word = device_name(&token.key)
            .filter(|name| !is_partition(name, ctx))
            .map(Ref::Device)
            .or_else(|| pointing(token, ctx));
        let next_one = clause.get(at + 1).is_some_and(|next| {
            next.is(&["disk", "ssd", "nvme", "hdd"])
                || matches!(next.raw.to_lowercase().as_str(), "one" | "of")
        });
        let the = at > 0
            && matches!(
                clause[at - 1].raw.to_lowercase().as_str(),
                "the" | "that" | "number" | "die" | "le" | "la" | "el" | "de" | "no" | "other" | "zweite"
            );
        if word.is_none() {
            word = match token.key.as_str() {
                "first" if next_one || clause.len() <= 2 || the => Some(Ref::Nth(1)),
                "second" if next_one || the || clause.len() <= 2 => Some(Ref::Nth(2)),
                "third" if next_one || the || clause.len() <= 2 => Some(Ref::Nth(3)),
                "last" if next_one => Some(Ref::Nth(0)),
                _ => None,
            };
        }
        if token.raw.eq_ignore_ascii_case("one")
            && at > 0
            && clause[at - 1].raw.eq_ignore_ascii_case("number")
        {
            word = Some(Ref::Nth(1));
        }
        let Some(word) = word else { continue };
        // "rest on the crucial", "the disk is empty": not "empty" said of something else.
        if matches!(word, Ref::Biggest)
            && clause.get(at + 1).is_some_and(|next| {
                next.is(&["root", "partition"]) || next.raw == "media" || next.raw == "files"
            })
        {
            continue;
        }
        // "hard disk" is a kind only where there is one beside flash.
        if keeps && !erases {
            found.kept.push(word);
        } else if refused {
            found.said.disk.push(Ref::Not(Box::new(word)));
        } else {
            found.said.disk.push(word);
        }
    }
    let line = clause.iter().map(|token| token.raw.to_lowercase()).collect::<Vec<_>>().join(" ");
    let rotating =
        ctx.machine.disks.iter().any(|disk| disk.rotational) && ctx.machine.candidates().count() > 1;
    if !keeps
        && (line.contains("hard disk")
            || line.contains("hard drive")
            || line.contains("harddisk")
            || line.contains("disco duro"))
        && rotating
    {
        found.said.disk.push(Ref::Word("hdd".into()));
    }
    if !keeps && line.contains("without windows") {
        found.said.disk.push(Ref::Not(Box::new(Ref::Word("windows".into()))));
        found.systems.retain(|word| *word != Ref::Word("windows".into()));
    }
    if !keeps
        && (line.contains("nothing on it")
            || line.contains("nothing lives")
            || line.contains("never used")
            || line.contains("spare disk")
            || line.contains("spare drive"))
    {
        found.said.disk.push(Ref::Blank);
    }
}

/// Encryption and file systems.
fn options(clause: &[Token], _words: &Words<'_>, found: &mut Found) {
    for (at, token) in clause.iter().enumerate() {
        let refused = clause[at.saturating_sub(3)..at].iter().any(|before| before.key == "no");
        if token.is(&["encrypt"]) {
            found.said.encrypt = Some(!refused);
        }
        if token.key == "unencrypted" && !clause.iter().any(|token| token.is(&["bootpart", "boot"])) {
            found.said.encrypt = Some(false);
        }
        if token.key == "passphrase" && !refused {
            found.said.encrypt = Some(true);
        }
    }
}

/// Sizes and what they are for: "8G swap", "root 60G", "home gets the rest", "no swap".
fn sizes(clause: &[Token], words: &Words<'_>, found: &mut Found) {
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
            let plain = spoken.ends_with('G') || spoken.ends_with('T') || spoken.parse::<f64>().is_ok();
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
        "whatever is left",
        "what's left",
        "whats left",
        "what remains",
        "everything left",
        "everything else",
        "all the rest",
        "the other half",
        "what is left",
    ]) && !items.iter().any(|item| matches!(item, Item::Amount(..)))
    {
        items.push(Item::Amount(SizeSaid::Size(Size::Rest), None));
    }
    let memory =
        (words.says(&["as my ram", "i have ram", "as the ram", "as ram", "my memory", "so viel wie ram"])
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
            "swap" => {
                found.said.swap =
                    Some(if memory { SizeSaid::Memory } else { amount.unwrap_or(SizeSaid::Usual) })
            }
            "root" => found.said.root = amount.or(found.said.root),
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
        if !refused && (amount.is_some() || fs.is_some()) {
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

/// Wishes that name no feature: "if it is stolen nobody shall read it", "so i can reinstall and keep my documents".
fn wishes(words: &Words<'_>, clauses: &[&[Token]], ctx: &Context<'_>, found: &mut Found) {
    let theft = words.says(&[
        "steal",
        "stolen",
        "nicks",
        "nicked",
        "thief",
        "theft",
        "get at my",
        "able to read",
        "nobody reads",
        "read my stuff",
        "has to be sealed",
        "before it even boots",
        "before it boots",
        "locked with",
        "geklaut",
        "gestohlen",
        "volé",
        "robado",
        "robaran",
    ]);
    if theft && found.said.encrypt.is_none() {
        found.said.encrypt = Some(true);
    }
    if words.says(&["no locking"]) {
        found.said.encrypt = None;
    }
    let home = words.says(&[
        "separate home",
        "seperate home",
        "own home",
        "aparte home",
        "home partition",
        "home separat",
        "home séparé",
        "home separada",
        "split off a /home",
        "home have to be sep",
        "home has to be sep",
        "reinstall and not lose",
        "home apart",
        "eigenes home",
        "getrenntes home",
    ]);
    if home && found.said.home.is_none() && !words.has(&["keep"]) && !words.has(&["mount"]) {
        found.said.home = Some(SizeSaid::Usual);
    }
    if words.says(&["snapshot", "snapshots"])
        && !words.says(&["snapshotted"])
        && found.said.fs.is_none()
        && !clauses.is_empty()
    {
        found.said.fs = Some(Filesystem::Btrfs);
    }
    if (words.says(&["as my ram", "i have ram"]) || words.says(&["hibernat"])) && words.has(&["swap"]) {
        found.said.swap = Some(SizeSaid::Memory);
    }
    let _ = ctx;
}

fn decide_use(words: &Words<'_>, ctx: &Context<'_>, found: &mut Found) {
    let pending = matches!(ctx.state.pending, Some(InstallerAction::Partition(_)));
    let kept_systems: Vec<Ref> = found.kept.iter().filter(|word| is_system(word)).cloned().collect();
    let refs = !found.said.disk.is_empty();
    if found.erases && found.free && words.says(&["only"]) {
        found.erases = false;
    }
    found.said.usage = if found.free && !found.erases {
        UseSaid::Free
    } else if found.shrink && !found.erases {
        UseSaid::Beside
    } else if found.beside {
        UseSaid::Along
    } else if found.erases || found.whole {
        UseSaid::Whole
    } else if !kept_systems.is_empty() && !refs && found.systems.is_empty() {
        UseSaid::Along
    } else {
        UseSaid::Keep
    };
    if found.erases
        && (found.shrink || found.beside)
        && !found.systems.is_empty()
        && found.kept.is_empty()
        && words.has(&["keep"])
    {
        found.contradicts = true;
    }
    // The disk that a system lives on.
    match found.said.usage {
        UseSaid::Whole if found.erases || refs || !pending => {
            // "wipe windows" names the disk; where windows stays it does not.
            for word in found.systems.clone() {
                if !kept_systems.contains(&word) {
                    found.said.disk.push(word);
                }
            }
            // "whole disk, windows stays": on its own disk that cannot be.
            if !refs && found.systems.is_empty() && !kept_systems.is_empty() && !pending {
                found.said.usage = UseSaid::Along;
            }
        }
        UseSaid::Free | UseSaid::Beside | UseSaid::Along
            if !refs || found.said.disk.0.iter().all(|word| matches!(word, Ref::Word(_))) =>
        {
            let dual_only = words.says(&[
                "dual boot",
                "dualboot",
                "dual-boot",
                "dula boto",
                "both at startup",
                "want both",
            ]) && found.kept.is_empty();
            if !pending && !dual_only {
                let several = ctx.machine.candidates().count() > 1;
                let named = if found.systems.is_empty() { &kept_systems } else { &found.systems };
                let beside_it = found.beside || found.shrink || found.free || !several;
                for word in named.clone() {
                    if beside_it && ctx.machine.candidates().any(|disk| disks::fits(&word, disk)) {
                        found.said.disk.push(word);
                    }
                }
            }
        }
        _ => {
            if !found.systems.is_empty() && !refs {
                found.said.disk.0.extend(found.systems.clone());
            }
        }
    }
    // "there's an empty drive for this": the empty one, whatever else was named.
    if found.said.disk.0.contains(&Ref::Blank) && matches!(found.said.usage, UseSaid::Along) {
        found.said.disk.0.retain(|word| !is_system(word));
        found.said.usage = UseSaid::Keep;
    }
    // A plan that waits for a whole disk, and now the system on it shall stay.
    if pending && !kept_systems.is_empty() && found.said.disk.is_empty() && !found.erases {
        found.said.usage = UseSaid::Along;
    }
    if pending
        && words.says(&["same thing", "do the same", "exactly that", "same on"])
        && found.said.usage == UseSaid::Keep
    {
        found.said.usage = UseSaid::Same;
    }
}

fn is_system(word: &Ref) -> bool {
    matches!(word, Ref::Word(word) if SYSTEMS.contains(&word.as_str()))
}

/// Sizes that were said of nothing: room for the new system, a disk, or the plan that waits.
fn loose_sizes(ctx: &Context<'_>, words: &Words<'_>, found: &mut Found) {
    let waiting_beside = matches!(&ctx.state.pending, Some(InstallerAction::Partition(request)) if request.usage == levitate_core::action::Use::Beside);
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
fn scheme(found: &mut Found) {
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

/// True where enough was said to speak of a layout at all.
fn evident(found: &Found, clauses: &[&[Token]], ctx: &Context<'_>, more: bool) -> bool {
    let said = &found.said;
    let options = said.encrypt.is_some()
        || said.fs.is_some()
        || said.root.is_some()
        || said.home.is_some()
        || said.swap.is_some()
        || said.boot.is_some()
        || said.give.is_some()
        || !said.scheme.is_empty();
    let length: usize = clauses.iter().map(|clause| clause.len()).sum();
    let device = said.disk.0.iter().any(|word| matches!(word, Ref::Device(_) | Ref::Size(_)));
    let has = |keys: &[&str]| clauses.iter().flat_map(|clause| clause.iter()).any(|token| token.is(keys));
    if matches!(said.usage, UseSaid::Free | UseSaid::Beside | UseSaid::Along | UseSaid::Same)
        || (found.erases && (has(&["disk", "all", "whole"]) || !said.disk.is_empty()))
    {
        return true;
    }
    if options
        && (device
            || !said.disk.is_empty()
            || ctx.state.pending.is_some()
            || has(&["disk", "partition", "whole", "encrypt", "swap", "home"])
            || length <= 6)
    {
        return true;
    }
    if found.whole
        && (has(&["disk", "ssd", "nvme", "emmc", "hdd"])
            || length <= 5
            || device
            || found.installs
            || options)
    {
        return true;
    }
    if !said.disk.is_empty() {
        let asked = last_asked(ctx).is_some_and(|asked| {
            asked.contains("disk")
                || asked.contains("which")
                || asked.contains("/dev/")
                || asked.contains("one")
        });
        let waits = super::layout_waits(ctx);
        return found.installs
            || device
            || asked
            || waits
            || has(&["disk", "partition"])
            || (length <= 5 && !more);
    }
    if more {
        return found.installs && has(&["disk"]);
    }
    (has(&["install"]) && (length <= 8 || has(&["disk", "system", "computer"])))
        || (has(&["partition"]) && length <= 5)
        || (found.installs && has(&["disk"]))
        || (has(&["computer"]) && found.installs)
}
