//! Keys as a table names them, and what a terminal sends for them.

use anyhow::{Context as _, Result, bail};

/// One thing that a person does at the keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A key: the bytes that the terminal sends.
    Bytes(Vec<u8>),
    /// The window gets this size, rows and columns; its first size where nothing is said.
    Size(Option<(u16, u16)>),
}

/// The keys of a text: letters, and names such as `<Enter>`, `<F1>`, `<Ctrl-L>`, `<size 60x20>`, `<size>`.
pub fn keys(text: &str) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter == '<' {
            let (name, after) = rest[1..].split_once('>').with_context(|| format!("`{rest}` has no `>`"))?;
            keys.push(named(name).with_context(|| format!("<{name}> is no key"))?);
            rest = after;
        } else {
            let (key, after) = rest.split_at(letter.len_utf8());
            keys.push(Key::Bytes(key.as_bytes().to_vec()));
            rest = after;
        }
    }
    Ok(keys)
}

fn named(name: &str) -> Result<Key> {
    let bytes: &[u8] = match name {
        "Enter" => b"\r",
        "Esc" => b"\x1b",
        "Tab" => b"\t",
        "Space" => b" ",
        "Backspace" => b"\x7f",
        "Up" => b"\x1b[A",
        "Down" => b"\x1b[B",
        "Right" => b"\x1b[C",
        "Left" => b"\x1b[D",
        "Home" => b"\x1b[H",
        "End" => b"\x1b[F",
        "PageUp" => b"\x1b[5~",
        "PageDown" => b"\x1b[6~",
        "F1" => b"\x1bOP",
        "F2" => b"\x1bOQ",
        "F3" => b"\x1bOR",
        "F4" => b"\x1bOS",
        "size" => return Ok(Key::Size(None)),
        other => return control_or_size(other),
    };
    Ok(Key::Bytes(bytes.to_vec()))
}

fn control_or_size(name: &str) -> Result<Key> {
    if let Some(size) = name.strip_prefix("size ") {
        let (columns, rows) = size.split_once('x').context("a size is COLUMNSxROWS")?;
        return Ok(Key::Size(Some((rows.parse()?, columns.parse()?))));
    }
    match name.strip_prefix("Ctrl-").map(str::as_bytes) {
        Some([letter @ b'A'..=b'Z']) => Ok(Key::Bytes(vec![letter & 0x1f])),
        _ => {
            bail!("use Enter, Esc, Tab, Space, Backspace, arrows, Home, End, PageUp, F1 to F4, Ctrl-X, size")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_keys_and_other_letters_themselves() {
        let bytes = |bytes: &[u8]| Key::Bytes(bytes.to_vec());
        assert_eq!(
            keys("ä<Enter><F1><Ctrl-C><size 60x20><size>").unwrap(),
            [
                bytes("ä".as_bytes()),
                bytes(b"\r"),
                bytes(b"\x1bOP"),
                bytes(b"\x03"),
                Key::Size(Some((20, 60))),
                Key::Size(None)
            ]
        );
        for wrong in ["<Ente", "<Ctrl-1>", "<size 60>", "<Hyper>"] {
            assert!(keys(wrong).is_err(), "{wrong}");
        }
    }
}
