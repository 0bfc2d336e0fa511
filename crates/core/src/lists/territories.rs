//! Countries: a language with a country ("portuguese from portugal"), and the language of a place ("Oslo").

use super::languages::{Language, keymaps_of_locale, language};
use super::{Found, Lists, fold};

const TERRITORIES: &str = include_str!("../../data/territories.tsv");
const ZONE_COUNTRIES: &str = include_str!("../../data/zone-countries.txt");

/// A country of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Territory {
    /// ISO 3166: `NO`.
    pub code: &'static str,
    /// Its locale, where one language is clear.
    pub locale: Option<&'static str>,
    /// Its keymaps, the preferred first, `|` between, where one is clear.
    pub keymaps: Option<&'static str>,
}

fn rows() -> impl Iterator<Item = (Territory, &'static str)> {
    TERRITORIES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split('\t');
        let known = |field: &'static str| (field != "-").then_some(field);
        let code = fields.next()?;
        let territory = Territory { code, locale: known(fields.next()?), keymaps: known(fields.next()?) };
        Some((territory, fields.next()?))
    })
}

/// A country by a name of it, folded.
fn named(key: &str) -> Option<Territory> {
    rows().find(|(_, names)| names.split('|').any(|name| name == key)).map(|(territory, _)| territory)
}

fn coded(code: &str) -> Option<Territory> {
    rows().find(|(territory, _)| territory.code.eq_ignore_ascii_case(code)).map(|(territory, _)| territory)
}

/// A country by its name or by the code behind a city or a language: "perth au", "english nz".
pub(super) fn named_or_coded(key: &str) -> Option<Territory> {
    named(key).or_else(|| coded(key))
}

/// The country of a zone, by its code.
pub(super) fn country_of(zone: &str) -> Option<&'static str> {
    // Half of Vietnam is told to be in Bangkok's zone, so that zone says no country.
    if zone == "Asia/Bangkok" {
        return None;
    }
    ZONE_COUNTRIES
        .lines()
        .find_map(|line| line.split_once(' ').filter(|(name, _)| *name == zone))
        .map(|(_, code)| code)
}

/// Words between a language and a country, and what a layout is called beside its language.
const FILLERS: [&str; 30] = [
    "of", "from", "the", "in", "de", "du", "da", "do", "di", "del", "della", "d", "des", "la", "le", "el",
    "en", "aus", "von", "der", "van", "uit", "fra", "z", "as", "like", "they", "speak", "it", "spoken",
];

/// What is left of folded words without the small ones, where that is not everything.
pub(super) fn without_fillers(key: &str) -> Option<String> {
    let kept: Vec<&str> = key.split(' ').filter(|word| !FILLERS.contains(word)).collect();
    let bare = kept.join(" ");
    // A code of two letters among small words is a small word itself: "i'd like".
    (bare.len() > 2 && kept.len() < key.split(' ').count()).then_some(bare)
}

/// A locale and the keymaps for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meant {
    pub locale: String,
    pub keymaps: &'static str,
}

impl From<Language> for Meant {
    fn from(language: Language) -> Self {
        Self { locale: language.locale.to_owned(), keymaps: language.keymaps }
    }
}

/// A language and a country, either first: `portuguese portugal`, `swiss italian`. It has to be a locale of here.
pub(super) fn composed(lists: &Lists, key: &str) -> Option<Meant> {
    let parts: Vec<&str> = key.split(' ').collect();
    for cut in 1..parts.len() {
        let (head, tail) = (parts[..cut].join(" "), parts[cut..].join(" "));
        for (said, place) in [(&head, &tail), (&tail, &head)] {
            let place = named_or_coded(place);
            let (Some(language), Some(territory)) = (language(said), place) else { continue };
            let Some((code, rest)) = language.locale.split_once('_') else { continue };
            if let Some(locale) = lists.locale_named(&format!("{code}_{}", territory.code)) {
                // The language's own country has the language's own layout; elsewhere people type on what is sold there.
                let own = rest.starts_with(territory.code);
                let keymaps = if own { None } else { keymaps_of_locale(locale).or(territory.keymaps) };
                return Some(Meant {
                    locale: locale.to_owned(),
                    keymaps: keymaps.unwrap_or(language.keymaps),
                });
            }
        }
    }
    None
}

impl Lists {
    /// The country of a country or a large city: small ones have names that mean other things.
    pub(super) fn territory(&self, words: &str) -> Option<Territory> {
        let key = fold(words);
        if let Some(territory) = named(&key) {
            return Some(territory);
        }
        // Cities with names that say something about a keyboard or a language.
        if key.len() < 4
            || matches!(&*key, "nice" | "reading" | "mobile" | "orange" | "best" | "most" | "same")
        {
            return None;
        }
        match self.zone_of_large_place(&key) {
            Found::One(zone) => country_of(&zone).and_then(coded),
            _ => None,
        }
    }
}
