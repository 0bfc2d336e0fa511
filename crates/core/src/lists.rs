//! The closed lists of a system: time zones, places, locales and console keymaps.
//!
//! [`Lists::from_root`] reads what a system has; [`Lists::embedded`] is compiled in, for described machines and for
//! what a system has no table of. Words become names in [`places`] (cities, countries, regions) and
//! [`languages`]; what comes out is always in the list of this system.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

pub mod languages;
pub mod places;
mod territories;
mod text;

pub use text::{distance_allowed, fold, osa, tails};

/// The names that exist on a system.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// IANA zone names, links included, sorted.
    pub zones: Vec<String>,
    /// Which zone a link means.
    pub links: BTreeMap<String, String>,
    /// Locale names, e.g. `en_US.UTF-8`, sorted.
    pub locales: Vec<String>,
    /// Console keymap names, sorted.
    pub keymaps: Vec<String>,
}

/// What a word means in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// This, and nothing else.
    One(String),
    /// Any of these: the person has to say which. Empty where the word covers too much to list.
    Many(Vec<String>),
    /// Not in the list.
    Nothing,
}

impl Lists {
    /// The lists compiled in.
    pub fn embedded() -> Self {
        let mut lists = Self::default();
        for line in include_str!("../data/zones.txt").lines() {
            let mut words = line.split(' ');
            let Some(zone) = words.next() else { continue };
            lists.zones.push(zone.to_owned());
            if let Some(target) = words.next() {
                lists.links.insert(zone.to_owned(), target.to_owned());
            }
        }
        lists.locales = include_str!("../data/locales.txt").lines().map(str::to_owned).collect();
        lists.keymaps = include_str!("../data/keymaps.txt").lines().map(str::to_owned).collect();
        lists
    }

    /// The lists of the system under `root`; what it has no table of comes from [`Self::embedded`].
    pub fn from_root(root: &Path) -> Self {
        let mut lists = Self::embedded();
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let (zones, links) = zones_of_tzdata(&read("usr/share/zoneinfo/tzdata.zi"));
        if zones.is_empty() {
            let table = zones_of_table(
                &(read("usr/share/zoneinfo/zone1970.tab") + &read("usr/share/zoneinfo/zone.tab")),
            );
            if !table.is_empty() {
                lists.zones = table;
                lists.links.clear();
            }
        } else {
            (lists.zones, lists.links) = (zones, links);
        }
        let mut locales = locales_of_supported(&read("usr/share/i18n/SUPPORTED"));
        if locales.is_empty() {
            locales = file_names(&root.join("usr/share/i18n/locales"))
                .into_iter()
                .filter(|name| {
                    name.len() >= 5 && name.as_bytes().get(2..).is_some_and(|rest| rest.contains(&b'_'))
                })
                .map(|name| format!("{name}.UTF-8"))
                .collect();
        }
        if !locales.is_empty() {
            lists.locales = locales;
        }
        let mut keymaps = BTreeSet::new();
        for folder in ["usr/share/keymaps", "usr/share/kbd/keymaps"] {
            collect_keymaps(&root.join(folder), 5, &mut keymaps);
        }
        if !keymaps.is_empty() {
            lists.keymaps = keymaps.into_iter().collect();
        }
        lists
    }

    /// True where the zone exists here.
    pub fn has_zone(&self, zone: &str) -> bool {
        self.zones.binary_search_by(|known| known.as_str().cmp(zone)).is_ok()
    }

    /// True where the keymap exists here.
    pub fn has_keymap(&self, keymap: &str) -> bool {
        self.keymaps.iter().any(|known| known == keymap)
    }

    /// This system's spelling of a locale, with or without the charset: `de_AT`, `de_at.utf8`, `de_AT.UTF-8`.
    pub fn locale_named(&self, name: &str) -> Option<&str> {
        let plain = |name: &str| {
            let lower = name.to_ascii_lowercase();
            let (base, modifier) = lower.split_once('@').unwrap_or((&lower, ""));
            let base = base.split('.').next().unwrap_or(base).to_owned();
            (base, modifier.to_owned())
        };
        let wanted = plain(name);
        self.locales.iter().find(|known| plain(known) == wanted).map(String::as_str)
    }
}

/// Zones and links of a `tzdata.zi`.
fn zones_of_tzdata(text: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let mut zones = BTreeSet::new();
    let mut links = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("Z"), Some(zone), _) => {
                zones.insert(zone.to_owned());
            }
            (Some("L"), Some(target), Some(link)) => {
                zones.insert(link.to_owned());
                links.insert(link.to_owned(), target.to_owned());
            }
            _ => {}
        }
    }
    (zones.into_iter().collect(), links)
}

/// Zones of a `zone.tab` or `zone1970.tab`, with UTC, which neither has.
fn zones_of_table(text: &str) -> Vec<String> {
    let mut zones: BTreeSet<String> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').nth(2).map(|zone| zone.trim().to_owned()))
        .filter(|zone| !zone.is_empty())
        .collect();
    if !zones.is_empty() {
        zones.insert("UTC".into());
    }
    zones.into_iter().collect()
}

/// UTF-8 locales of an i18n `SUPPORTED`.
fn locales_of_supported(text: &str) -> Vec<String> {
    let mut names: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.trim().split_once([' ', '/']))
        .filter(|(_, charset)| charset.trim_end_matches(['\\', ' ']).eq_ignore_ascii_case("utf-8"))
        .map(|(name, _)| name.to_owned())
        .collect();
    if !names.is_empty() {
        names.insert("C.UTF-8".into());
    }
    names.into_iter().collect()
}

/// The name of a keymap file, if it is one: `de-latin1.kmap.gz` → `de-latin1`.
fn keymap_name(file: &str) -> Option<&str> {
    [".kmap.gz", ".map.gz", ".kmap", ".map"].iter().find_map(|end| file.strip_suffix(end))
}

fn file_names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn collect_keymaps(folder: &Path, depth: u8, into: &mut BTreeSet<String>) {
    let foreign = ["amiga", "atari", "mac", "sun", "include", "ppc", "dec"];
    for name in file_names(folder) {
        let path = folder.join(&name);
        if let Some(keymap) = keymap_name(&name) {
            into.insert(keymap.to_owned());
        } else if depth > 0 && path.is_dir() && !foreign.contains(&name.as_str()) {
            collect_keymaps(&path, depth - 1, into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_as_their_packages_write_them() {
        let (zones, links) = zones_of_tzdata(
            "# version 2026c\nZ Europe/Berlin 0:53:28 - LMT\nL Europe/Berlin Arctic/Longyearbyen\n",
        );
        assert_eq!(zones, ["Arctic/Longyearbyen", "Europe/Berlin"]);
        assert_eq!(links["Arctic/Longyearbyen"], "Europe/Berlin");
        assert_eq!(zones_of_table("# c\nDE\t+5230+01322\tEurope/Berlin\tmost\n"), ["Europe/Berlin", "UTC"]);
        assert_eq!(
            locales_of_supported("de_DE.UTF-8 UTF-8\nde_DE ISO-8859-1\nhi_IN UTF-8\n"),
            ["C.UTF-8", "de_DE.UTF-8", "hi_IN"]
        );
        assert_eq!(keymap_name("de-latin1.kmap.gz"), Some("de-latin1"));
        assert_eq!(keymap_name("euro.inc.gz"), None);
    }

    #[test]
    fn a_root_without_tables_gives_the_embedded_lists() {
        let folder = tempfile::tempdir().unwrap();
        let lists = Lists::from_root(folder.path());
        assert!(lists.has_zone("Europe/Berlin") && lists.has_zone("UTC") && lists.zones.is_sorted());
        assert!(lists.has_keymap("us") && lists.has_keymap("br-abnt2") && lists.has_keymap("sv-latin1"));
        assert_eq!(lists.locale_named("de_at"), Some("de_AT.UTF-8"));
    }

    #[test]
    fn a_root_with_tables_gives_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        at("usr/share/zoneinfo/tzdata.zi", "Z Europe/Oslo 0:43 - LMT\n");
        at("usr/share/keymaps/i386/qwertz/de.kmap.gz", "");
        at("usr/share/keymaps/mac/mac-us.kmap.gz", "");
        let lists = Lists::from_root(folder.path());
        assert_eq!(lists.zones, ["Europe/Oslo"]);
        assert_eq!(lists.keymaps, ["de"]);
        assert_eq!(lists.zone("berlin"), Found::Nothing);
        assert_eq!(lists.zone("norway"), Found::One("Europe/Oslo".into()));
    }
}
