//! Small parsers of other programs' text. All of it is untrusted: a disk label can say anything.

/// Longest piece of foreign text that is kept.
const LONGEST: usize = 64;

/// Foreign text made harmless: printable, one line, 64 characters at most; `None` where nothing is left.
pub fn clean(text: &str) -> Option<String> {
    let kept: String = text.trim().chars().filter(|c| is_harmless(*c)).take(LONGEST).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_string())
}

/// Not a control character, and none that hides or turns around the text beside it.
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Undoes escapes: `\xHH` (blkid, udev), `\ooo` (the kernel's tables), and a backslash before anything else.
pub fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        if let [b'x', high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (digit(*high, 16), digit(*low, 16))
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else if let [a @ b'0'..=b'3', b, c, after @ ..] = rest
            && let (Some(a), Some(b), Some(c)) = (digit(*a, 8), digit(*b, 8), digit(*c, 8))
        {
            bytes.push(a << 6 | b << 3 | c);
            rest = after;
        } else if let Some((&escaped, after)) = rest.split_first() {
            bytes.push(escaped);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8, radix: u32) -> Option<u8> {
    char::from(byte).to_digit(radix).and_then(|d| u8::try_from(d).ok())
}

/// `MemTotal` of /proc/meminfo.
pub fn memory_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// A property of udev's database (`E:NAME=value`).
pub fn udev_property<'a>(database: &'a str, name: &str) -> Option<&'a str> {
    database
        .lines()
        .filter_map(|line| line.strip_prefix("E:")?.split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// `PRETTY_NAME` of an os-release file.
pub fn pretty_name(os_release: &str) -> Option<String> {
    let value = os_release.lines().find_map(|line| line.trim().strip_prefix("PRETTY_NAME="))?.trim();
    let bare = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    clean(&unescape(bare))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_label_is_one_short_printable_line() {
        assert_eq!(clean("  My Disk \n"), Some("My Disk".into()));
        assert_eq!(clean("a\u{1b}[31mred\nb\u{202e}c"), Some("a[31mredbc".into()));
        assert_eq!(clean("\u{200b}\t "), None);
        assert_eq!(clean(&"x".repeat(500)).map(|s| s.len()), Some(64));
    }

    #[test]
    fn escapes_of_blkid_udev_and_the_kernel_are_undone() {
        assert_eq!(unescape(r#"a\ b\"\$c\\x"#), r#"a b"$c\x"#);
        assert_eq!(unescape(r"\\x41"), r"\x41");
        assert_eq!(unescape(r"caf\xc3\xa9"), "café");
        assert_eq!(unescape(r"/mnt/my\040disk"), "/mnt/my disk");
        assert_eq!(unescape("end\\"), "end");
    }

    #[test]
    fn a_pretty_name_is_read_with_and_without_quotes() {
        assert_eq!(
            pretty_name("ID=x\nPRETTY_NAME=\"Fedora Linux 39\"\n").as_deref(),
            Some("Fedora Linux 39")
        );
        assert_eq!(pretty_name("PRETTY_NAME='Void'").as_deref(), Some("Void"));
        assert_eq!(pretty_name("PRETTY_NAME=Arch").as_deref(), Some("Arch"));
        assert_eq!(pretty_name("NAME=Arch"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(?s).{0,200}") {
            let _ = (unescape(&text), memory_bytes(&text), udev_property(&text, "X"), pretty_name(&text));
            if let Some(kept) = clean(&text) {
                prop_assert!(kept.chars().count() <= 64 && !kept.contains(char::is_control));
            }
        }
    }
}
