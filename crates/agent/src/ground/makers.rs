//! What a disk is called: its maker where the model only hints at it, and names that were mistyped.

use levitate_core::lists::{distance_allowed, fold, osa};
use levitate_core::machine::Disk;

use super::disk;
use crate::refs::{Ref, Refs};
use crate::{Context, text};

/// Systems by name, whether they are here or not.
pub(crate) const SYSTEMS: &[&str] = &[
    "windows", "ubuntu", "debian", "fedora", "arch", "mint", "suse", "opensuse", "macos", "manjaro",
    "gentoo", "centos", "rocky", "nixos",
];

/// Makers, whether they are here or not: a maker that is not here is asked about, never skipped.
pub(crate) const MAKERS: &[&str] = &[
    "samsung", "crucial", "wd", "wdc", "western", "seagate", "toshiba", "kingston", "sandisk", "intel",
    "adata", "pny", "patriot", "kioxia", "hynix", "micron", "lexar", "corsair", "sabrent", "solidigm",
    "hitachi", "hgst", "team", "teamgroup", "transcend", "fujitsu", "apacer", "verbatim", "maxtor",
    "plextor",
];

/// How makers' model numbers begin, where they do not name the maker. A `0` stands for any digit.
const MODELS: &[(&str, &[&str])] = &[
    ("ct0", &["crucial", "micron"]),
    ("mtfd", &["micron", "crucial"]),
    ("mz", &["samsung"]),
    ("wd", &["wd", "western", "digital"]),
    ("st0", &["seagate"]),
    ("hts0", &["hgst", "hitachi"]),
    ("hus0", &["hgst", "hitachi"]),
    ("hds0", &["hitachi", "hgst"]),
    ("hfs0", &["hynix"]),
    ("hfm0", &["hynix"]),
    ("ssdpe", &["intel"]),
    ("ssdsc", &["intel"]),
    ("kxg", &["kioxia", "toshiba"]),
    ("kbg", &["kioxia", "toshiba"]),
    ("thns", &["toshiba"]),
    ("mq0", &["toshiba"]),
    ("dt0", &["toshiba"]),
    ("hdw", &["toshiba"]),
    ("sa400", &["kingston"]),
    ("skc", &["kingston"]),
    ("snv", &["kingston"]),
    ("sdss", &["sandisk"]),
];

/// True where a disk's model number is one of this maker's.
pub(super) fn is_made_by(maker: &str, disk: &Disk) -> bool {
    let model = disk.model.as_deref().map(fold).unwrap_or_default();
    // A model that names its maker needs no guess: "ADATA HD710".
    !model.split(' ').any(|part| MAKERS.contains(&part))
        && model.split(' ').any(|part| makers_of(part).any(|of| of == maker))
}

/// The makers whose model numbers begin as this word does.
fn makers_of(part: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    let begins = |pattern: &str| {
        part.len() > pattern.len()
            && pattern
                .bytes()
                .zip(part.bytes())
                .all(|(want, is)| want == is || (want == b'0' && is.is_ascii_digit()))
    };
    MODELS.iter().filter(move |(pattern, _)| begins(pattern)).flat_map(|(_, makers)| makers.iter().copied())
}

/// The words with slips of the finger mended: one that fits no disk here, and is near to one name here only, is that.
pub(super) fn spelled(refs: &Refs, ctx: &Context<'_>) -> Refs {
    let mend = |word: &Ref| match word {
        Ref::Word(said) => nearest(said, ctx).map_or_else(|| word.clone(), Ref::Word),
        Ref::Not(inner) => match &**inner {
            Ref::Word(said) => {
                Ref::Not(Box::new(nearest(said, ctx).map_or_else(|| (**inner).clone(), Ref::Word)))
            }
            _ => word.clone(),
        },
        _ => word.clone(),
    };
    Refs(refs.0.iter().map(mend).collect())
}

fn nearest(said: &str, ctx: &Context<'_>) -> Option<String> {
    let said = &fold(said);
    let a_name = MAKERS.contains(&said.as_str()) || SYSTEMS.contains(&said.as_str()) || text::is_known(said);
    if said.chars().count() < 5 || a_name || ctx.machine.disks.iter().any(|of| disk::fits_word(said, of)) {
        return None;
    }
    let limit = distance_allowed(said.chars().count());
    let mut near: Vec<(usize, String)> = Vec::new();
    for name in names(ctx) {
        let distance = osa(said, &name, limit);
        if distance <= limit
            && name.chars().next() == said.chars().next()
            && !near.iter().any(|(_, known)| *known == name)
        {
            near.push((distance, name));
        }
    }
    let best = near.iter().map(|(distance, _)| *distance).min()?;
    near.retain(|(distance, _)| *distance == best);
    match near.as_slice() {
        [(_, only)] => Some(only.clone()),
        _ => None,
    }
}

/// Every word by which a disk here can be called.
fn names(ctx: &Context<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for disk in &ctx.machine.disks {
        let model = disk.model.as_deref().map(fold).unwrap_or_default();
        for part in model.split(' ') {
            names.extend(makers_of(part).map(str::to_owned));
            names.push(part.to_owned());
        }
        for partition in &disk.partitions {
            let texts = [partition.os.as_deref(), partition.label.as_deref()];
            for text in texts.into_iter().flatten() {
                names.extend(fold(text).split(' ').map(str::to_owned));
            }
        }
    }
    names.retain(|name| name.len() >= 5 && !name.bytes().any(|byte| byte.is_ascii_digit()));
    names
}
