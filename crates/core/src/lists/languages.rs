//! Languages to locales and console keymaps.

use super::territories::{Meant, composed, without_fillers};
use super::{Found, Lists, distance_allowed, fold, osa, tails};

const LANGUAGES: &str = include_str!("../../data/languages.tsv");

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    /// Its locale.
    pub locale: &'static str,
    /// Keymaps for it, the preferred first, `|` between.
    pub keymaps: &'static str,
}

/// The language of some words: `german`, `swiss german`, `german (austria)`, `español`.
pub fn language(words: &str) -> Option<Language> {
    let key = fold(words);
    rows().find(|(names, _)| names.split('|').any(|name| name == key)).map(|(_, language)| language)
}

/// A word for the language of a locale: `de_AT.UTF-8` → `austrian`, `de_DE.UTF-8` → `german`.
pub fn word_of_locale(locale: &str) -> Option<&'static str> {
    rows().find(|(_, language)| language.locale == locale).and_then(|(names, _)| names.split('|').next())
}

/// Words for the languages that a keymap is preferred for.
pub fn words_of_keymap(keymap: &str) -> impl Iterator<Item = &'static str> {
    rows()
        .filter(move |(_, language)| language.keymaps.split('|').next() == Some(keymap))
        .flat_map(|(names, _)| names.split('|'))
}

/// As [`language`], allowing a slip of the finger; one match or none. Codes of two letters are never guessed at.
pub fn language_nearly(words: &str) -> Option<Language> {
    if let Some(found) = language(words) {
        return Some(found);
    }
    let key = fold(words);
    let limit = distance_allowed(key.len());
    if key.len() < 5 {
        return None;
    }
    let mut best: Option<(usize, Language)> = None;
    let mut tied = false;
    for (names, language) in rows() {
        for name in names.split('|').filter(|name| name.len() >= 5) {
            let distance = osa(&key, name, limit);
            if distance > limit {
                continue;
            }
            match best {
                Some((least, other)) if distance == least => tied |= other != language,
                Some((least, _)) if distance > least => {}
                _ => (best, tied) = (Some((distance, language)), false),
            }
        }
    }
    best.filter(|_| !tied).map(|(_, language)| language)
}

/// The keymaps for a locale, where the table has it.
pub(super) fn keymaps_of_locale(locale: &str) -> Option<&'static str> {
    rows().find(|(_, language)| language.locale == locale).map(|(_, language)| language.keymaps)
}

fn rows() -> impl Iterator<Item = (&'static str, Language)> {
    LANGUAGES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split('\t');
        Some((fields.next()?, Language { locale: fields.next()?, keymaps: fields.next()? }))
    })
}

impl Lists {
    /// The locale that a language or a locale name means here.
    pub fn locale(&self, words: &str) -> Found {
        let code = words.trim().trim_matches(|c: char| c.is_ascii_punctuation() && c != '@');
        if code.contains('_') || code.contains('.') || code == "C" || code == "POSIX" {
            let code = if code == "C" || code == "POSIX" { "C.UTF-8" } else { code };
            if let Some(name) = self.locale_named(&code.replace('-', "_").replace("UTF_8", "UTF-8")) {
                return Found::One(name.to_owned());
            }
            if code.contains('_') {
                return Found::Nothing;
            }
        }
        if let [a, b, b'-', c, d] = code.as_bytes()
            && [a, b, c, d].iter().all(|byte| byte.is_ascii_alphabetic())
            && let Some(name) = self.locale_named(&code.replace('-', "_"))
        {
            return Found::One(name.to_owned());
        }
        self.meant(words)
            .and_then(|meant| self.locale_named(&meant.locale).map(str::to_owned))
            .map_or(Found::Nothing, Found::One)
    }

    /// A language, a language and a country, or a place with one clear language; then the same mistyped.
    fn meant(&self, words: &str) -> Option<Meant> {
        let key = fold(words);
        let bare = without_fillers(&key);
        let exact = |key: &str| language(key).map(Meant::from).or_else(|| composed(self, key));
        exact(&key)
            .or_else(|| bare.as_deref().and_then(exact))
            .or_else(|| {
                let territory = self.territory(bare.as_deref().unwrap_or(&key))?;
                Some(Meant { locale: territory.locale?.to_owned(), keymaps: territory.keymaps? })
            })
            .or_else(|| language_nearly(&key).map(Meant::from))
            .or_else(|| bare.as_deref().and_then(language_nearly).map(Meant::from))
            .or_else(|| tails(&key).find_map(exact))
    }

    /// The console keymap that a layout name, a language or a country means here.
    pub fn keymap(&self, words: &str) -> Found {
        let exact = words.trim();
        let first = |names: &str| names.split('|').find(|name| self.has_keymap(name)).map(str::to_owned);
        let by_kind = match fold(words).as_str() {
            "qwerty" | "usa" | "us international" | "us intl" | "international" | "ansi" => first("us"),
            "qwertz" => first("de"),
            "azerty" => first("fr|azerty"),
            "bepo" => first("fr-bepo|dvorak-fr-bepo"),
            "neo" | "colemak" => first("colemak"),
            // kbd renamed its Swedish keymap; both names are known to people.
            "sv latin1" | "sv" => first("sv-latin1|se-latin1"),
            "se latin1" => first("se-latin1|sv-latin1"),
            "latam" | "latin" | "latino" | "la" => first("la-latin1"),
            "programmers dvorak" | "programmer dvorak" => first("dvorak-programmer"),
            _ => None,
        };
        // A keymap called "azerty" exists; who says so means the French one.
        let own = self.keymaps.iter().find(|name| name.eq_ignore_ascii_case(exact) && *name != "azerty");
        if let Some(name) = own.cloned().or(by_kind) {
            return Found::One(name);
        }
        let dashed = fold(words).replace(' ', "-");
        if let Some(name) = self.keymaps.iter().find(|name| fold(name).replace(' ', "-") == dashed) {
            return Found::One(name.clone());
        }
        // `irish/uk` is one layout, `us/de` are two.
        if let Some((left, right)) = words.split_once('/')
            && let (Found::One(left), Found::One(right)) = (self.keymap(left), self.keymap(right))
        {
            return if left == right { Found::One(left) } else { Found::Nothing };
        }
        self.keymap_of_language(words, &first)
            .or_else(|| {
                let limit = distance_allowed(exact.len());
                let near: Vec<&String> =
                    self.keymaps.iter().filter(|name| limit > 0 && osa(name, exact, limit) == 1).collect();
                if let [only] = near.as_slice() { Some((*only).clone()) } else { None }
            })
            .map_or(Found::Nothing, Found::One)
    }

    /// The layout of a language; "azerty" beside it only says what its keys look like, where no keymap is called so.
    fn keymap_of_language(&self, words: &str, first: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        if let Some(found) = self.meant(words).and_then(|meant| first(meant.keymaps)) {
            return Some(found);
        }
        let key = fold(words);
        let kind = KINDS.into_iter().find(|kind| key.split(' ').any(|word| word == *kind))?;
        let rest: Vec<&str> = key.split(' ').filter(|word| !KINDS.contains(word)).collect();
        let plain = self.meant(&rest.join(" ")).and_then(|meant| first(meant.keymaps))?;
        let of_kind = format!("{}-{kind}", plain.split('-').next().unwrap_or(&plain));
        Some(if self.has_keymap(&of_kind) { of_kind } else { plain })
    }
}

/// Orders of the first letter row.
const KINDS: [&str; 3] = ["qwerty", "qwertz", "azerty"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_give_locales_and_keymaps() {
        let lists = Lists::embedded();
        for (words, locale, keymap) in [
            ("english", "en_US.UTF-8", "us"),
            ("german", "de_DE.UTF-8", "de"),
            ("deutsch", "de_DE.UTF-8", "de"),
            ("Español", "es_ES.UTF-8", "es"),
            ("french (canada)", "fr_CA.UTF-8", "cf"),
            ("british english", "en_GB.UTF-8", "uk"),
            ("brazilian portuguese", "pt_BR.UTF-8", "br-abnt2"),
            ("swiss german", "de_CH.UTF-8", "de_CH-latin1"),
            ("norwegian", "nb_NO.UTF-8", "no-latin1"),
            ("swedish", "sv_SE.UTF-8", "se-latin1"),
            ("japanese", "ja_JP.UTF-8", "jp106"),
            ("finnihs", "fi_FI.UTF-8", "fi"),
            ("norweigan", "nb_NO.UTF-8", "no-latin1"),
        ] {
            assert_eq!(lists.locale(words), Found::One(locale.into()), "{words}");
            assert_eq!(lists.keymap(words), Found::One(keymap.into()), "{words}");
        }
    }

    #[test]
    fn languages_with_countries_and_places_with_languages() {
        let lists = Lists::embedded();
        for (words, locale, keymap) in [
            ("portuguese from portugal", "pt_PT.UTF-8", "pt-latin1"),
            ("spanish of mexico", "es_MX.UTF-8", "la-latin1"),
            ("spansih of mexcio", "es_MX.UTF-8", "la-latin1"),
            ("français de Belgique", "fr_BE.UTF-8", "be-latin1"),
            ("français du québec", "fr_CA.UTF-8", "cf"),
            ("English of India", "en_IN", "us"),
            ("spanish like they speak it in Colombia", "es_CO.UTF-8", "la-latin1"),
            ("swiss italian", "it_CH.UTF-8", "it"),
            ("spanish peru", "es_PE.UTF-8", "la-latin1"),
            ("german belgium", "de_BE.UTF-8", "be-latin1"),
            ("english (nz)", "en_NZ.UTF-8", "us"),
            ("Oslo", "nb_NO.UTF-8", "no-latin1"),
            ("Hanoi", "vi_VN", "us"),
            ("Kyiv", "uk_UA.UTF-8", "ua"),
            ("Valencia", "es_ES.UTF-8", "es"),
            ("Manchester", "en_GB.UTF-8", "uk"),
            ("日本語", "ja_JP.UTF-8", "jp106"),
            ("にほんご", "ja_JP.UTF-8", "jp106"),
            ("русская", "ru_RU.UTF-8", "ru"),
            ("українська", "uk_UA.UTF-8", "ua"),
            ("amerikanisch", "en_US.UTF-8", "us"),
            ("americano", "en_US.UTF-8", "us"),
            ("türkçe q", "tr_TR.UTF-8", "trq"),
            ("aussie english", "en_AU.UTF-8", "us"),
        ] {
            assert_eq!(lists.locale(words), Found::One(locale.into()), "{words}");
            assert_eq!(lists.keymap(words), Found::One(keymap.into()), "{words}");
        }
        for (words, keymap) in [
            ("french azerty", "fr"),
            ("AZERTY french", "fr"),
            ("azerty français", "fr"),
            ("azerty", "fr"),
            ("qwertz", "de"),
            ("swiss qwertz", "de_CH-latin1"),
            ("slovak qwerty", "sk-qwerty"),
            ("belgian azerty", "be-latin1"),
            ("irish/uk", "uk"),
            ("latin", "la-latin1"),
            ("Programmer's Dvorak", "dvorak-programmer"),
        ] {
            assert_eq!(lists.keymap(words), Found::One(keymap.into()), "{words}");
        }
        // More than one language, more than one layout, or a place whose name says something else.
        for words in ["Zürich", "Mumbai", "Singapore", "nice", "normal", "portuguese of finland", "timbuktu"]
        {
            assert_eq!(lists.locale(words), Found::Nothing, "{words}");
        }
        for words in ["us/de", "wrong", "nice", "mechanical", "of the"] {
            assert_eq!(lists.keymap(words), Found::Nothing, "{words}");
        }
    }

    #[test]
    fn names_are_taken_as_they_are_where_they_exist() {
        let lists = Lists::embedded();
        for (words, locale) in [
            ("de_AT", "de_AT.UTF-8"),
            ("fr_CH.UTF-8", "fr_CH.UTF-8"),
            ("en-gb", "en_GB.UTF-8"),
            ("C", "C.UTF-8"),
        ] {
            assert_eq!(lists.locale(words), Found::One(locale.into()), "{words}");
        }
        for layout in ["de-latin1", "us", "dvorak", "br-abnt2", "sv-latin1", "dk-latin1"] {
            assert_eq!(lists.keymap(layout), Found::One(layout.into()), "{layout}");
        }
        for nonsense in ["xx_XX", "klingon", "", "$(reboot)"] {
            assert_eq!(lists.locale(nonsense), Found::Nothing, "{nonsense}");
            assert_eq!(lists.keymap(nonsense), Found::Nothing, "{nonsense}");
        }
    }

    #[test]
    fn every_line_of_the_table_names_what_exists() {
        let lists = Lists::embedded();
        for (names, language) in rows() {
            assert!(
                names.split('|').all(|name| fold(name).replace('_', " ") == name.replace('_', " ")),
                "{names}"
            );
            assert!(lists.locale_named(language.locale).is_some(), "{names}");
            assert!(language.keymaps.split('|').any(|keymap| lists.has_keymap(keymap)), "{names}");
        }
    }
}
