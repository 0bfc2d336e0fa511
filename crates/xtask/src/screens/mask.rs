//! What differs from run to run: times, rates, ids. Each is masked letter by letter, so that nothing moves.

/// Forms of a word: `h` a hexadecimal digit, `9` a digit, other letters themselves.
const FORMS: [&str; 9] = [
    "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh",
    // The serial number of a FAT.
    "hhhh-hhhh",
    // In a log.
    "9999-99-99T99:99:99.999999Z",
    "9999-99-99",
    "99:99:99.999",
    "99:99:99",
    "9:99:99",
    "99:99",
    "9:99",
];
/// Units of what takes time: a number before them is how long it took this time.
const UNITS: [&str; 12] =
    ["ms", "s", "sec", "seconds", "min", "MB/s", "GB/s", "kB/s", "KB/s", "B/s", "MiB/s", "GiB/s"];
/// A word of hexadecimal digits as long as this is a digest or an id.
const DIGEST: usize = 12;

/// The letters of a row that are to be replaced: their column, and by what.
pub fn changes(row: &[char]) -> Vec<(usize, char)> {
    let mut changes = Vec::new();
    let mut at = 0;
    while at < row.len() {
        let begins = at == 0 || !row[at - 1].is_alphanumeric();
        let Some((length, mask)) = masked(&row[at..]).filter(|_| begins) else {
            at += 1;
            continue;
        };
        let digits = (at..at + length).filter(|column| row[*column].is_ascii_hexdigit());
        changes.extend(digits.map(|column| (column, mask)));
        at += length;
    }
    changes
}

/// How many letters at the beginning of `rest` are masked, and what stands for each digit of them.
fn masked(rest: &[char]) -> Option<(usize, char)> {
    let form = FORMS.iter().find(|form| has_form(rest, form));
    form.map(|form| (form.len(), if form.starts_with('h') { 'x' } else { '0' }))
        .or_else(|| duration(rest).map(|length| (length, '0')))
        .or_else(|| digest(rest).map(|length| (length, 'x')))
}

fn ends_at(rest: &[char], length: usize) -> bool {
    rest.get(length).is_none_or(|letter| !letter.is_alphanumeric())
}

fn has_form(rest: &[char], form: &str) -> bool {
    let fits = |(letter, form): (&char, char)| match form {
        'h' => letter.is_ascii_digit() || matches!(letter, 'a'..='f' | 'A'..='F'),
        '9' => letter.is_ascii_digit(),
        other => *letter == other,
    };
    rest.len() >= form.len() && rest.iter().zip(form.chars()).all(fits) && ends_at(rest, form.len())
}

/// `3s`, `0.4 s`, `583.15 MB/s`: the number's length.
fn duration(rest: &[char]) -> Option<usize> {
    let number = rest.iter().take_while(|letter| letter.is_ascii_digit() || **letter == '.').count();
    let unit = number + usize::from(rest.get(number) == Some(&' '));
    let unit_is = |name: &str| {
        let letters: Vec<char> = name.chars().collect();
        rest[unit..].starts_with(&letters)
            && ends_at(rest, unit + letters.len())
            && rest.get(unit + letters.len()) != Some(&'/')
    };
    (number > 0 && rest[0] != '.' && UNITS.iter().any(|name| unit_is(name))).then_some(number)
}

fn digest(rest: &[char]) -> Option<usize> {
    let length = rest.iter().take_while(|letter| letter.is_ascii_hexdigit()).count();
    let mixed = rest[..length].iter().any(char::is_ascii_digit)
        && rest[..length].iter().any(char::is_ascii_alphabetic);
    (length >= DIGEST && mixed && ends_at(rest, length)).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        for (at, letter) in changes(&letters) {
            letters[at] = letter;
        }
        letters.into_iter().collect()
    }

    #[test]
    fn what_differs_from_run_to_run_is_masked() {
        for (text, expected) in [
            ("ec35af56-141d-4c62-95ca-9613a92f4c31", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
            ("vfat 3A1F-77B0,", "vfat xxxx-xxxx,"),
            ("2026-11-23 04:59:15.123 x", "0000-00-00 00:00:00.000 x"),
            ("52% 981.67 MB/1.90 GB 583.86 MB/s 2s", "52% 981.67 MB/1.90 GB 000.00 MB/s 0s"),
            ("2026-11-23T06:20:55.272723Z  INFO", "0000-00-00T00:00:00.000000Z  INFO"),
            ("done, 1.9GB in 0:03", "done, 1.9GB in 0:00"),
            ("done in 0.4 s", "done in 0.0 s"),
            ("plan 9613a92f4c31 (digest)", "plan xxxxxxxxxxxx (digest)"),
        ] {
            assert_eq!(mask(text), expected);
        }
    }

    #[test]
    fn what_is_the_same_every_time_stays() {
        for text in [
            "/dev/sda1: 512MB EFI (vfat)",
            "500GB SSD (Samsung 870 EVO, serial S6PNNJ0R418827K)",
            "Copy the live system (1.9GB)",
            "2 steps, 3 stages",
            "effaceddecade",
            "LevitateOS Installer v1.0",
        ] {
            assert_eq!(mask(text), text);
        }
    }
}
