//! The words of a sentence and the spans they form.

use std::collections::BTreeSet;

use super::{literal, union};

/// Longest span, in words: a place, a name for a computer, a command.
const SPAN: usize = 6;
/// Words that are looked at.
const MOST: usize = 90;

/// A sentence, cut.
pub struct Words {
    /// The words in their order, without the punctuation around them; a second run with what was spelled out or
    /// spoken as signs ("s d a three", "slash home") written as it is meant.
    runs: Vec<Vec<String>>,
    /// The sentence, where it is in a script that does not put spaces between words.
    unspaced: Option<String>,
}

impl Words {
    /// Cuts a sentence.
    pub fn of(text: &str) -> Self {
        let run = cut(text);
        let spoken = super::numbers::spoken(&run);
        let unspaced = text.chars().any(is_unspaced).then(|| text.to_owned());
        let runs = if spoken == run { vec![run] } else { vec![run, spoken] };
        Self { runs, unspaced }
    }

    /// The words, both runs.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.runs.iter().flatten().map(String::as_str)
    }

    /// What may point at a disk: letters and digits, in lower case, and in its own spelling.
    pub fn refs(&self) -> impl Iterator<Item = String> {
        let fits = |word: &str| word.len() <= 40 && word.chars().all(|c| c.is_alphanumeric() || c == '_');
        self.parts().into_iter().filter(move |word| fits(word))
    }

    /// What may be a name: a word or a part of one, in its own spelling and in lower case.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.parts().into_iter().filter(|word| word.len() <= 64)
    }

    /// What may be a mount point: words that begin with a slash, and words with one put before them.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let path = |word: String| {
            let word = word.trim_end_matches('/');
            if word.starts_with('/') { word.to_owned() } else { format!("/{word}") }
        };
        let clean = |word: &String| {
            word.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c)) && !word.contains("..")
        };
        self.parts().into_iter().filter(clean).map(path).filter(|path| path.len() <= 100)
    }

    /// Every run of one to [`SPAN`] words, in its own spelling and in lower case, with one space between them.
    pub fn spans(&self) -> String {
        let mut out = Vec::new();
        let mut seen = BTreeSet::new();
        for run in &self.runs {
            for start in 0..run.len() {
                let words = &run[start..run.len().min(start + SPAN)];
                let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
                for words in [words, &lower] {
                    let span = nested(words);
                    if seen.insert(span.clone()) {
                        out.push(span);
                    }
                }
            }
        }
        let parts = union(self.parts());
        if !parts.is_empty() {
            out.push(parts);
        }
        out.join(" | ")
    }

    /// Any run of characters, for scripts that put no spaces between words; begins with ` | `, or is empty.
    pub fn unspaced(&self) -> String {
        self.unspaced.as_ref().map_or(String::new(), |text| {
            // At least one character, no spaces at its ends.
            format!(" | (%regex {{ \"substring_chars\": {} }} & /\\S(.*\\S)?/)", literal(text))
        })
    }

    /// The words and the parts they are made of (`vince's`, `swiss-german`, `TZ=Asia/Tokyo`), as spoken and in lower case.
    fn parts(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        for word in self.all() {
            let pieces = word.split(|c: char| !c.is_alphanumeric() && c != '_');
            let values = word.split(['=', ':', ',', ';', '"', '\'']);
            for piece in std::iter::once(word).chain(values).chain(pieces).filter(|piece| !piece.is_empty()) {
                for form in [piece.to_owned(), piece.to_lowercase()] {
                    if seen.insert(form.clone()) {
                        out.push(form);
                    }
                }
            }
        }
        out
    }
}

/// Words without the punctuation around them; a slash before a path, a dash before an option stay.
fn cut(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| {
            word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '/')
                .trim_start_matches(|c: char| !c.is_alphanumeric() && c != '/' && c != '-')
        })
        .filter(|word| !word.is_empty())
        .take(MOST)
        .map(str::to_owned)
        .collect()
}

/// `"a" (" b" (" c")?)?`
fn nested(words: &[String]) -> String {
    let mut out = String::new();
    for (index, word) in words.iter().enumerate() {
        if index == 0 {
            out.push('(');
            out.push_str(&literal(word));
        } else {
            out.push_str(" (");
            out.push_str(&literal(&format!(" {word}")));
        }
    }
    out.push_str(&")?".repeat(words.len().saturating_sub(1)));
    out.push(')');
    out
}

/// Scripts that put no spaces between words, or put endings on them: Chinese, Japanese, Korean, Thai.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}
