//! Numbers: the sizes that a sentence allows, and what is spelled out in it.

use std::collections::BTreeSet;

use super::words::Words;
use super::{SIZES, union};

/// Any size with a unit.
const ANY: &str = r"/[0-9]{1,6}(\.[0-9]{1,3})?[KMGT]?/";

/// Beginnings of number words in the languages people write to us in, and of units that stand without a number
/// ("a terabyte"); a sentence with one of them may hold any number.
const BEGINNINGS: [&str; 70] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thir", "fif", "twen", "forty", "hundred", "thousand", "half", "quarter", "dozen", "tera", "giga", "ein",
    "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "zwan", "drei",
    "hundert", "tausend", "halb", "un", "une", "deux", "trois", "quat", "cinq", "sept", "huit", "neuf",
    "dix", "vingt", "trente", "cent", "mille", "moiti", "uno", "dos", "tres", "cuatro", "cinco", "seis",
    "siete", "ocho", "nueve", "diez", "veint", "cien", "mitad", "due", "quattro", "cinque",
];

/// Digits by their English names: how devices are dictated.
const DIGITS: [(&str, &str); 10] = [
    ("zero", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
];
/// Signs by their English names.
const SIGNS: [(&str, &str); 6] =
    [("slash", "/"), ("dot", "."), ("dash", "-"), ("minus", "-"), ("hyphen", "-"), ("underscore", "_")];

/// The sizes of this sentence: the named ones, and numbers where there are any in it.
pub fn size(said: &Words, text: &str) -> String {
    let named = union(SIZES);
    match numbers(said, text) {
        Numbers::None => named,
        Numbers::Any => format!("{named} | {ANY}"),
        Numbers::These(digits) => format!("{named} | {}", with_unit(&digits, "KMGT")),
    }
}

/// Numbers that point at a disk or partition; begins with ` | `, or is empty.
pub fn reference(said: &Words, text: &str) -> String {
    match numbers(said, text) {
        Numbers::None => String::new(),
        Numbers::Any => format!(" | {ANY} | /(p|#)[0-9]{{1,2}}/"),
        Numbers::These(digits) => {
            let short = union(digits.iter().filter(|digits| digits.len() < 3));
            let place =
                if short.is_empty() { String::new() } else { format!(" | (\"p\" | \"#\") ({short})") };
            format!(" | {}{place}", with_unit(&digits, "MGT"))
        }
    }
}

fn with_unit(digits: &BTreeSet<String>, units: &str) -> String {
    format!("({}) /[{units}]?/", union(digits))
}

/// The numbers of a sentence.
enum Numbers {
    /// There are none.
    None,
    /// These, in digits.
    These(BTreeSet<String>),
    /// Some are written in words.
    Any,
}

fn numbers(said: &Words, text: &str) -> Numbers {
    let in_words = |word: &str| {
        let word = word.to_lowercase();
        let number = BEGINNINGS.iter().any(|beginning| {
            // The short ones are beginnings of everything.
            if beginning.chars().count() < 4 { word == *beginning } else { word.starts_with(beginning) }
        });
        number || ["zig", "teen", "ty", "ßig"].iter().any(|end| word.len() > 4 && word.ends_with(end))
    };
    if said.all().any(in_words) {
        return Numbers::Any;
    }
    let mut found = BTreeSet::new();
    for word in text.split_whitespace() {
        let run = |c: char| !c.is_ascii_digit() && c != '.' && c != ',';
        for number in word.split(run).map(|run| run.trim_matches(['.', ','])) {
            if number.is_empty() || number.len() > 10 {
                continue;
            }
            // 1,5 is 1.5; 1.000 may be a thousand.
            found.insert(number.replace(',', "."));
            found.extend(number.split(['.', ',']).map(str::to_owned));
            found.insert(number.replace([',', '.'], ""));
        }
    }
    found.retain(|number| number.len() <= 8 && number.matches('.').count() < 2);
    if found.is_empty() { Numbers::None } else { Numbers::These(found) }
}

/// A sentence with what was spelled out or spoken as signs written as it is meant: `s d a three` → `sda3`,
/// `slash home` → `/home`, `quiet dash river` → `quiet-river`.
pub fn spoken(words: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    // What the next word is joined to the last one by; letters and digits that follow letters join as they are.
    let (mut joins, mut letters) = (false, false);
    for word in words {
        let lower = word.to_lowercase();
        let find = |list: &[(&str, &'static str)]| {
            list.iter().find(|(name, _)| *name == lower).map(|(_, sign)| *sign)
        };
        if let Some(sign) = find(&SIGNS) {
            match out.last_mut() {
                // A path or an option begins anew; between two words a sign joins them.
                Some(last) if sign != "/" || last.contains('/') || joins => last.push_str(sign),
                Some(last)
                    if words.len() < 8 && !["as", "at", "on", "to", "is", "be"].contains(&last.as_str()) =>
                {
                    last.push_str(sign);
                }
                _ => out.push(sign.to_owned()),
            }
            (joins, letters) = (true, false);
            continue;
        }
        let letter = lower.chars().count() == 1 && lower.chars().all(char::is_alphanumeric);
        let digit = find(&DIGITS).filter(|_| letters);
        match out.last_mut() {
            Some(last) if joins || (letters && (letter || digit.is_some())) => {
                last.push_str(digit.unwrap_or(&lower))
            }
            _ => out.push(if letter { lower.clone() } else { word.clone() }),
        }
        (joins, letters) = (false, letter || letters && digit.is_some());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> String {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        spoken(&words).join(" ")
    }

    #[test]
    fn what_is_spelled_out_is_joined() {
        assert_eq!(say("s d a three as slash home keep"), "sda3 as /home keep");
        assert_eq!(say("grub goes on slash dev slash s d a"), "grub goes on /dev/sda");
        assert_eq!(say("call this machine quiet dash river"), "call this machine quiet-river");
        assert_eq!(say("erase the N V M E drive"), "erase the nvme drive");
        assert_eq!(say("time zone is pacific slash auckland"), "time zone is pacific/auckland");
        assert_eq!(say("two disks"), "two disks");
    }

    #[test]
    fn numbers_are_those_of_the_sentence() {
        let size = |text: &str| size(&Words::of(text), text);
        assert!(!size("encrypt the ssd").contains("[KMGT]"));
        assert!(size("8gb swap, 1,5 TB home").contains("\"8\"") && size("1,5 TB").contains("\"1.5\""));
        assert!(!size("8gb swap").contains("[0-9]"));
        assert!(size("eight gigs of swap").contains("[0-9]") && size("achtzig").contains("[0-9]"));
        assert!(size("half a terabyte").contains("[0-9]"));
    }
}
