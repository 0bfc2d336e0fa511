//! Words cut up and made comparable: separators, sizes, concepts, slips of the finger.
//!
//! A token keeps what was typed (`raw`) beside the concept it stands for (`key`), so that names are taken as they
//! were written and everything else is compared in one language.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use levitate_core::lists::{distance_allowed, fold, osa};
use levitate_core::size::Size;

use crate::refs::device_name;

/// A word, a size or a separator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// As typed, without the punctuation around it.
    pub raw: String,
    /// The concept, or the folded word, or `,` for a separator.
    pub key: String,
    /// The size, where the token is one.
    pub size: Option<Size>,
    /// The size as a reference to a disk: `500G`, or `500` where no unit was said.
    pub spoken: Option<String>,
    /// True where the concept was guessed from a mistyped word.
    pub guessed: bool,
}

impl Token {
    /// A separator.
    pub fn is_break(&self) -> bool {
        self.key == ","
    }

    /// True where the concept is one of these.
    pub fn is(&self, keys: &[&str]) -> bool {
        keys.contains(&self.key.as_str())
    }
}

struct Vocabulary {
    concepts: HashMap<&'static str, &'static str>,
    common: HashSet<&'static str>,
    /// Words worth guessing at, with their concept.
    guessable: Vec<(&'static str, &'static str)>,
}

fn vocabulary() -> &'static Vocabulary {
    static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
    VOCABULARY.get_or_init(|| {
        let mut concepts = HashMap::new();
        let mut guessable = Vec::new();
        for line in include_str!("../data/concepts.tsv").lines().filter(|line| !line.starts_with('#')) {
            let Some((concept, words)) = line.split_once('\t') else { continue };
            for word in words.split(' ') {
                concepts.entry(word).or_insert(concept);
                if word.len() >= 4 && word.is_ascii() {
                    guessable.push((word, concept));
                }
            }
        }
        let common = include_str!("../data/common.txt").split_whitespace().collect();
        Vocabulary { concepts, common, guessable }
    })
}

/// Short words that are always mistyped alike.
const SLIPS: [(&str, &str); 22] = [
    ("teh", "the"),
    ("nwo", "now"),
    ("fro", "for"),
    ("form", "from"),
    ("usr", "user"),
    ("usb-stick", "usb"),
    ("wiht", "with"),
    ("taht", "it"),
    ("xsf", "xfs"),
    ("suod", "sudo"),
    ("sduo", "sudo"),
    ("swpa", "swap"),
    ("evrything", "all"),
    ("jsut", "just"),
    ("onyl", "only"),
    ("wat", "what"),
    ("fre", "freeword"),
    ("earse", "erase"),
    ("inatll", "install"),
    ("mkae", "make"),
    ("hlep", "help"),
    ("crate", "create"),
];

/// True where a phrase stands in a line as words: "put" is not in "computer", "drive" is in "drives".
pub fn says(line: &str, phrase: &str) -> bool {
    let begins = |at: usize| !line[..at].ends_with(char::is_alphanumeric) || phrase.starts_with(' ');
    line.match_indices(phrase).any(|(at, _)| begins(at))
}

/// True for a word that is in the vocabulary, exactly as typed.
pub fn is_known(word: &str) -> bool {
    let (word, vocabulary) = (fold(word), vocabulary());
    vocabulary.concepts.contains_key(word.as_str()) || vocabulary.common.contains(word.as_str())
}

/// The concept of a folded word, and whether it was guessed.
pub fn concept(word: &str) -> (String, bool) {
    let vocabulary = vocabulary();
    if let Some(concept) = vocabulary.concepts.get(word) {
        return ((*concept).to_owned(), false);
    }
    if let Some((_, meant)) = SLIPS.iter().find(|(slip, _)| *slip == word) {
        return ((*meant).to_owned(), true);
    }
    if vocabulary.common.contains(word) || word.len() < 4 || !word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return (word.to_owned(), false);
    }
    let limit = distance_allowed(word.len()).min(if word.len() >= 7 { 2 } else { 1 });
    let mut best: Option<(usize, &'static str)> = None;
    let mut tied = false;
    for &(known, concept) in &vocabulary.guessable {
        // A slip rarely hits the first letter, and short words are near to everything.
        if known.as_bytes()[0] != word.as_bytes()[0]
            && !(known.len() >= 5 && known.as_bytes()[0] == word.as_bytes()[1])
        {
            continue;
        }
        let distance = osa(word, known, limit);
        // Four letters are near to too much: only two of them swapped.
        if distance > limit || (known.len() == 4 && !same_letters(word, known) && !doubled(word, known)) {
            continue;
        }
        match best {
            Some((least, other)) if distance == least => tied |= other != concept,
            Some((least, _)) if distance > least => {}
            _ => (best, tied) = (Some((distance, concept)), false),
        }
    }
    match best {
        Some((_, concept)) if !tied => (concept.to_owned(), true),
        _ => (word.to_owned(), false),
    }
}

/// "undoo", "helpp", "grubb".
fn doubled(word: &str, known: &str) -> bool {
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.into_iter().eq(known.chars())
}

fn same_letters(a: &str, b: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<u8> = word.bytes().collect();
        letters.sort_unstable();
        letters
    };
    sorted(a) == sorted(b)
}

/// Cuts a text into tokens.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    for chunk in spaced(text).split_whitespace() {
        push_chunk(chunk, &mut out);
    }
    merge_sizes(&mut out);
    merge_pairs(&mut out);
    out
}

/// Spoken symbols written out, arrows and joined words taken apart.
fn spaced(text: &str) -> String {
    let mut text: String = text.chars().take(4000).collect();
    let lower = text.to_lowercase();
    if lower.contains("slash ")
        || lower.contains(" dash ")
        || lower.contains("butter")
        || lower.contains(" v m e")
        || lower.contains("s d ")
    {
        text = spoken(&lower);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (index, c) in text.char_indices() {
        match c {
            '\n' | '\r' | ';' | '—' | '–' | '、' | '。' | '…' => out.push_str(" , "),
            '>' if out.ends_with('-') || out.ends_with('=') => {
                out.pop();
                out.push_str(" to ");
            }
            '→' => out.push_str(" to "),
            '&' => out.push_str(" and "),
            '+' => out.push_str(" and "),
            '(' | ')' | '[' | ']' | '{' | '}' | '"' | '“' | '”' | '„' | '«' | '»' | '¿' | '¡' | '*' => {
                out.push(' ')
            }
            '=' => out.push(' '),
            // "C:" is a Windows drive.
            ':' if out.ends_with(" c") || out.ends_with(" C") => out.push(' '),
            ',' | ':' => {
                let glued = text[..index].ends_with(|p: char| p.is_ascii_digit())
                    && text[index + 1..].starts_with(|n: char| n.is_ascii_digit());
                if glued {
                    out.push('.')
                } else if c == ':' {
                    out.push_str(" : ")
                } else {
                    out.push_str(" , ")
                }
            }
            '!' | '?' => out.push_str(" , "),
            _ => out.push(c),
        }
    }
    out
}

/// What speech recognition writes for symbols.
fn spoken(lower: &str) -> String {
    let mut text = format!(" {lower} ");
    for (said, meant) in [
        (" butter f s ", " btrfs "),
        (" butter fs ", " btrfs "),
        (" n v m e ", " nvme "),
        (" s s d ", " ssd "),
        (" x f s ", " xfs "),
        (" s d a ", " sda "),
        (" s d b ", " sdb "),
        (" s d c ", " sdc "),
        (" sda one ", " sda1 "),
        (" sda two ", " sda2 "),
        (" sda three ", " sda3 "),
        (" sda four ", " sda4 "),
        (" dash ", "-"),
    ] {
        text = text.replace(said, meant);
    }
    // "slash dev slash sda" is /dev/sda, "pacific slash auckland" is pacific/auckland.
    text = text.replace(" slash dev slash ", " /dev/");
    let mut out = String::new();
    let words: Vec<&str> = text.split_whitespace().collect();
    for (index, word) in words.iter().enumerate() {
        if *word == "slash" {
            let path = index == 0
                || matches!(
                    words[index - 1],
                    "as" | "at" | "on" | "to" | "for" | "under" | "with" | "and" | "slash"
                );
            if path {
                out.push(' ');
            }
            out.push('/');
        } else {
            if !out.ends_with('/') && !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out
}

fn push_chunk(chunk: &str, out: &mut Vec<Token>) {
    let colon = chunk == ":";
    let separator = |out: &mut Vec<Token>| {
        if !out.is_empty() && !out.last().is_some_and(Token::is_break) {
            let raw = if colon { ":" } else { "," };
            out.push(Token { raw: raw.into(), key: ",".into(), size: None, spoken: None, guessed: false });
        }
    };
    let body = chunk.trim_start_matches(['\'', '`', '<']).trim_end_matches(['\'', '`', '.']);
    if body.is_empty() || body == "," || body == ":" {
        return separator(out);
    }
    if matches!(body, "/" | "|") {
        // A slash alone is the root directory after a word that leads to one, and else a separator.
        let path = body == "/"
            && (out.last().is_some_and(|last| {
                last.size.is_some() || last.is(&["on", "to", "as", "at", "for", "is", "use"])
            }) || out.last().is_some_and(Token::is_break));
        if path {
            out.push(Token { raw: "/".into(), key: "root".into(), size: None, spoken: None, guessed: false });
        } else {
            separator(out);
        }
        return;
    }
    // ext4/btrfs, ssd/whole: two words; Europe/Oslo and /home are one.
    if let Some((left, right)) = body.split_once('/') {
        let both = |word: &str| vocabulary().concepts.contains_key(fold(word).as_str());
        if !left.is_empty() && !right.is_empty() && both(left) && both(right) {
            push_chunk(left, out);
            separator(out);
            push_chunk(right, out);
            return;
        }
    }
    out.push(word(body));
    if chunk.ends_with('.') || chunk.ends_with("...") {
        separator(out);
    }
}

/// One word as a token.
fn word(raw: &str) -> Token {
    let plain =
        |key: &str, guessed| Token { raw: raw.into(), key: key.into(), size: None, spoken: None, guessed };
    let lower = raw.to_lowercase();
    match lower.as_str() {
        "/" => return plain("root", false),
        "/home" => return plain("home", false),
        "/boot/efi" | "/efi" => return plain("efi", false),
        "/boot" => return plain("bootpart", false),
        "w/" => return plain("with", false),
        "/swap" => return plain("swap", false),
        "w/o" => return plain("no", false),
        _ => {}
    }
    if let Some(device) = device_name(lower.trim_end_matches("'s")) {
        return plain(&device, false);
    }
    if let Some((size, spoken)) = size_word(&lower) {
        return Token {
            raw: raw.into(),
            key: "size".into(),
            size: Some(size),
            spoken: Some(spoken),
            guessed: false,
        };
    }
    if lower.contains('/') || lower.contains('_') || lower.contains('$') {
        return plain(&lower, false);
    }
    let hyphened = fold(raw).replace(' ', "-");
    if raw.contains('-') && vocabulary().concepts.contains_key(hyphened.as_str()) {
        let (key, _) = concept(&hyphened);
        return plain(&key, false);
    }
    let folded = if raw.contains('-') { lower.clone() } else { fold(raw).replace(' ', "") };
    let (key, guessed) = concept(&folded);
    plain(&key, guessed)
}

const UNITS: [(&str, &str); 27] = [
    ("m", "M"),
    ("mb", "M"),
    ("mib", "M"),
    ("meg", "M"),
    ("megs", "M"),
    ("megabyte", "M"),
    ("megabytes", "M"),
    ("g", "G"),
    ("gb", "G"),
    ("gib", "G"),
    ("gig", "G"),
    ("gigs", "G"),
    ("giga", "G"),
    ("gigas", "G"),
    ("go", "G"),
    ("gigabyte", "G"),
    ("gigabytes", "G"),
    ("gigabit", "G"),
    ("t", "T"),
    ("tb", "T"),
    ("tib", "T"),
    ("tera", "T"),
    ("teras", "T"),
    ("terabyte", "T"),
    ("terabytes", "T"),
    ("to", "T"),
    ("tbs", "T"),
];

/// `500gb`, `8g`, `1.5tb`, and bare numbers (without a unit in what is spoken).
fn size_word(lower: &str) -> Option<(Size, String)> {
    let digits = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
    let (number, unit) = lower.split_at(digits);
    if number.is_empty() || number.len() > 8 || !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let letter = if unit.is_empty() {
        ""
    } else {
        UNITS.iter().find(|(name, _)| *name == unit.trim_start_matches('-')).map(|(_, letter)| *letter)?
    };
    let size = format!("{number}{letter}").parse().ok()?;
    Some((size, format!("{number}{letter}")))
}

/// Two words for one thing.
fn merge_pairs(tokens: &mut Vec<Token>) {
    let mut index = 0;
    while index + 1 < tokens.len() {
        let pair = (tokens[index].key.as_str(), tokens[index + 1].key.as_str());
        let key = match pair {
            ("time", "zone") => "timezone",
            ("host" | "computer", "name") if tokens[index + 1].raw.eq_ignore_ascii_case("name") => "hostname",
            _ => {
                index += 1;
                continue;
            }
        };
        let raw = format!("{} {}", tokens[index].raw, tokens[index + 1].raw);
        tokens[index] = Token { raw, key: key.into(), ..tokens[index].clone() };
        tokens.remove(index + 1);
        index += 1;
    }
}

const NUMBERS: [(&str, u32); 33] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("eight", 8),
    ("ten", 10),
    ("twelve", 12),
    ("fifteen", 15),
    ("sixteen", 16),
    ("twenty", 20),
    ("thirty", 30),
    ("thirtytwo", 32),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("sixtyfour", 64),
    ("eighty", 80),
    ("ninety", 90),
    ("hundred", 100),
    ("zwei", 2),
    ("vier", 4),
    ("acht", 8),
    ("zehn", 10),
    ("sechzehn", 16),
    ("deux", 2),
    ("quatre", 4),
    ("huit", 8),
    ("dix", 10),
    ("ocho", 8),
    ("cuatro", 4),
    ("diez", 10),
];

/// "500 gb", "eight gigs", "four hundred gigs" become one token.
fn merge_sizes(tokens: &mut Vec<Token>) {
    let number = |key: &str| NUMBERS.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let mut index = 0;
    while index < tokens.len() {
        let mut value: Option<f64> = None;
        let mut used = 0;
        let bare = |token: &Token| {
            token
                .spoken
                .as_ref()
                .filter(|spoken| spoken.bytes().all(|b| b.is_ascii_digit() || b == b'.'))?
                .parse()
                .ok()
        };
        if let Some(bare) = bare(&tokens[index]) {
            (value, used) = (Some(bare), 1);
        } else if let Some(first) = number(&tokens[index].key) {
            (value, used) = (Some(f64::from(first)), 1);
            if first < 10 && tokens.get(index + 1).is_some_and(|next| next.key == "hundred") {
                (value, used) = (Some(f64::from(first) * 100.0), 2);
            }
        }
        if let Some(value) = value {
            let unit = tokens.get(index + used).and_then(|next| {
                let key = next.raw.to_lowercase();
                UNITS.iter().find(|(name, _)| *name == key && key != "to").map(|(_, letter)| *letter)
            });
            // A number word alone stays a word, except the hundreds.
            let spelled = tokens[index].size.is_none();
            if unit.is_some() || used == 2 || (spelled && value >= 30.0) {
                let spoken = format!("{value}{}", unit.unwrap_or(""));
                if let Ok(size) = spoken.parse() {
                    let taken = used + usize::from(unit.is_some());
                    let raw = tokens[index..index + taken]
                        .iter()
                        .map(|token| token.raw.as_str())
                        .collect::<Vec<_>>()
                        .join(" ");
                    tokens.splice(
                        index..index + taken,
                        [Token {
                            raw,
                            key: "size".into(),
                            size: Some(size),
                            spoken: Some(spoken),
                            guessed: false,
                        }],
                    );
                }
            }
        }
        index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> String {
        tokens(text)
            .iter()
            .map(|token| token.spoken.clone().unwrap_or(token.key.clone()))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn texts_are_cut_into_concepts() {
        for (text, expected) in [
            ("use the whole 500gb drive", "use the whole 500G disk"),
            ("sda: 60G /, remainder home", "sda , 60G root , rest home"),
            ("hostname=rig LANG=en_US.UTF-8", "hostname rig locale en_us.utf-8"),
            ("btrfs+8g swap", "btrfs and 8G swap"),
            ("encypt teh hole disk", "encrypt the hole disk"),
            ("use slash dev slash sda with butter F S", "use sda with btrfs"),
            ("eight gigs of swap", "8G of swap"),
            ("four hundred", "400"),
            ("ganze platte, verschlüsselt", "whole disk , encrypt"),
            ("nvme0n1 ext4 / devbox / Europe/Zurich", "nvme0n1 ext4 , devbox , europe/zurich"),
        ] {
            assert_eq!(keys(text), expected, "{text}");
        }
    }

    #[test]
    fn slips_are_seen_through_and_names_left_alone() {
        for (word, meant) in [
            ("encyrpt", "encrypt"),
            ("keybord", "keyboard"),
            ("bootlaoder", "bootloader"),
            ("hostnmae", "hostname"),
            ("tiemzone", "timezone"),
            ("passwrod", "password"),
        ] {
            assert_eq!(concept(word), (meant.into(), true), "{word}");
        }
        for name in ["vince", "walter", "marta", "maggie", "kimo"] {
            assert_eq!(concept(name), (name.into(), false), "{name}");
        }
    }
}
