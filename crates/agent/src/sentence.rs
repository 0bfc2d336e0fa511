//! Sentences of a model about a result: shown only where every number, device and name in them stands there.

use std::collections::BTreeSet;

/// Longest sentence that is shown, in characters.
const LONGEST: usize = 600;

/// Words that begin with a capital without naming anything.
const COMMON: [&str; 40] = [
    "a", "all", "an", "and", "both", "done", "i", "it", "its", "linux", "no", "none", "nothing", "now", "ok",
    "on", "one", "that", "the", "there", "these", "this", "two", "what", "which", "yes", "you", "your", "gb",
    "gib", "mb", "mib", "tb", "tib", "ssd", "hdd", "nvme", "usb", "uefi", "bios",
];

/// True where `said` names nothing that is not in one of the sources: numbers with their unit, device paths, words
/// with a capital or of letters and digits. Empty, overlong or machine-made text is not.
pub fn grounded(said: &str, sources: &[&str]) -> bool {
    if said.is_empty() || said.chars().count() > LONGEST || said.contains(['<', '>', '{', '}', '`']) {
        return false;
    }
    let known: BTreeSet<String> =
        sources.iter().flat_map(|source| words(source)).map(|word| plain(&word)).collect();
    let mut first = true;
    for word in words(said) {
        let starts = first;
        first = word.ends_with(['.', '!', '?', ':']);
        let bare = plain(&word);
        if bare.is_empty() || known.contains(&bare) || COMMON.contains(&bare.as_str()) {
            continue;
        }
        let figure = bare.chars().any(|c| c.is_ascii_digit()) || bare.contains('/');
        let name =
            bare.len() > 1 && word.trim_start_matches(['"', '\'', '(']).starts_with(char::is_uppercase);
        // The first word of a sentence has a capital in any case; with a capital inside it is a name all the same.
        let inner = word.chars().skip(1).any(char::is_uppercase);
        if figure || (name && (!starts || inner)) {
            return false;
        }
    }
    true
}

fn words(text: &str) -> impl Iterator<Item = String> {
    // "500 GB" and "500GB" are one figure.
    let mut out: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',' || c == ';') {
        let unit = matches!(
            word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().as_str(),
            "kb" | "mb" | "gb" | "tb" | "kib" | "mib" | "gib" | "tib" | "m" | "g" | "t"
        );
        match out.last_mut() {
            Some(last) if unit && last.ends_with(|c: char| c.is_ascii_digit()) => last.push_str(word),
            _ if word.is_empty() => {}
            _ => out.push(word.to_owned()),
        }
    }
    out.into_iter()
}

/// Lower case, without marks around it; a unit's `B` and `i` do not matter.
fn plain(word: &str) -> String {
    let bare = word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '/')).to_lowercase();
    let bare = bare.strip_suffix("'s").unwrap_or(&bare).to_owned();
    if bare.starts_with(|c: char| c.is_ascii_digit()) {
        return bare.trim_end_matches("ib").trim_end_matches('b').to_owned();
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str = "sda  500G disk Samsung SSD 870\nsdb  1T disk WDC, Windows 11 on /dev/sdb3";

    #[test]
    fn what_the_result_says_may_be_said() {
        for said in [
            "You have two disks: a 500GB SSD and a 1TB HDD.",
            "There is sda with 500 GB, a Samsung, and sdb with 1 TB.",
            "Windows 11 is on /dev/sdb3.",
            "Done.",
        ] {
            assert!(grounded(said, &[RESULT]), "{said}");
        }
    }

    #[test]
    fn what_it_does_not_say_may_not() {
        for said in [
            "You have two disks: a 512GB SSD and a 1TB HDD.",
            "I erased /dev/sdc.",
            "There is a Toshiba disk.",
            "Your name is Vince.",
            "<tool_call>",
            "",
        ] {
            assert!(!grounded(said, &[RESULT]), "{said}");
        }
    }
}
