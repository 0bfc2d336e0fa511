//! Words made comparable: case, accents, slips of the finger.

/// Lower case, Latin accents dropped, everything but letters and digits a single space.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        let plain: &str = match c {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
            'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
            'ď' | 'đ' | 'ð' => "d",
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
            'ğ' | 'ģ' | 'ĝ' => "g",
            'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
            'ķ' => "k",
            'ł' | 'ľ' | 'ļ' | 'ĺ' => "l",
            'ñ' | 'ń' | 'ň' | 'ņ' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
            'ř' | 'ŕ' => "r",
            'ś' | 'š' | 'ş' | 'ș' | 'ŝ' => "s",
            'ť' | 'ţ' | 'ț' => "t",
            'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
            'ý' | 'ÿ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            'ß' => "ss",
            'æ' => "ae",
            'œ' => "oe",
            'þ' => "th",
            '\'' | '’' | 'ʻ' | '\u{300}'..='\u{36f}' => "",
            c if c.is_alphanumeric() => {
                out.push(c);
                continue;
            }
            _ => " ",
        };
        if plain != " " {
            out.push_str(plain);
        } else if !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Edits between two words, a swap of neighbours counting as one (optimal string alignment), or more than `limit`.
pub fn osa(a: &str, b: &str, limit: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit || a.len().max(b.len()) > 64 {
        return limit + 1;
    }
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()].min(limit + 1)
}

/// Short words that belong to the name behind them, or turn it about.
const MEANT: &[&str] = &[
    "no", "not", "non", "nie", "but", "new", "old", "east", "west", "san", "st", "sao", "port", "fort",
    "baja", "cape", "lake", "mont", "isla", "isle", "gran", "bad", "rio",
];

/// What is left of a place or language behind short words that a hasty ear or finger put before it: "zon
/// copnhagen", "sera le français".
pub fn tails(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(key), |rest| {
        let (word, rest) = rest.split_once(' ')?;
        (word.chars().count() <= 4 && !MEANT.contains(&word)).then_some(rest)
    })
    .skip(1)
    .filter(|rest| rest.chars().count() >= 5)
}

/// How many edits a word of this length may be away and still be meant.
pub const fn distance_allowed(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_compared() {
        assert_eq!(fold("  São Paulo! "), "sao paulo");
        assert_eq!(fold("Tromsø / L'Aquila"), "tromso laquila");
        assert_eq!(osa("warswa", "warsaw", 2), 1);
        assert_eq!(osa("sydny", "sydney", 2), 1);
        assert!(osa("oslo", "berlin", 2) > 2);
    }
}
