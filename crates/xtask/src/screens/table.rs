//! The session as a table: what to wait for, what to type, which picture to take.
//!
//! A row is `where | wait for | type | name: heading`, read by [`read`]; `tests/screens/session.table` explains it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use super::keys::{Key, keys};

/// How the program shows itself; some rows are for one way alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A dialogue of lines.
    Line,
    /// The whole screen is drawn.
    Screen,
}

/// Text that must be on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Anywhere.
    Text(String),
    /// Just before the cursor: someone waits for an answer.
    AtCursor(String),
}

/// A picture to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Its name in file names.
    pub name: String,
    /// What it shows, for a reader.
    pub heading: String,
}

/// One row: wait, take a picture, type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line in the file, from 1.
    pub number: usize,
    /// For one look alone.
    pub only: Option<Look>,
    /// What must be on the screen, all of it at once.
    pub wanted: Vec<Wanted>,
    /// What is typed then.
    pub keys: Vec<Key>,
    /// Taken before anything is typed.
    pub moment: Option<Moment>,
}

/// Reads a table.
pub fn read(path: &Path) -> Result<Vec<Row>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read the table {}", path.display()))?;
    parse(&text).with_context(|| format!("the table {}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let row = row(index + 1, line).with_context(|| format!("line {}: `{}`", index + 1, line.trim()))?;
        let name = |row: &Row| row.moment.as_ref().map(|moment| moment.name.clone());
        let overlap = |other: &&Row| other.only.is_none() || row.only.is_none() || other.only == row.only;
        if name(&row).is_some() && rows.iter().filter(overlap).any(|other| name(other) == name(&row)) {
            bail!("line {}: there is another picture with this name", row.number);
        }
        rows.push(row);
    }
    ensure!(rows.first().is_some_and(|row| row.only.is_none()), "the first row must be for `both`");
    Ok(rows)
}

fn row(number: usize, line: &str) -> Result<Row> {
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    let [only, wanted, typed, moment] = columns[..] else {
        bail!("{} columns instead of 4: where | wait for | type | name: heading", columns.len());
    };
    let only = match only {
        "both" => None,
        "line" => Some(Look::Line),
        "screen" => Some(Look::Screen),
        other => bail!("`{other}` instead of both, line or screen"),
    };
    let wanted = wanted.split("&&").map(str::trim).filter(|text| !text.is_empty()).map(one_wanted).collect();
    let moment = if moment.is_empty() { None } else { Some(one_moment(moment)?) };
    Ok(Row { number, only, wanted, keys: keys(typed)?, moment })
}

fn one_wanted(text: &str) -> Wanted {
    match text.strip_suffix(" _") {
        Some(prompt) => Wanted::AtCursor(prompt.trim_end().to_owned()),
        None => Wanted::Text(text.to_owned()),
    }
}

fn one_moment(text: &str) -> Result<Moment> {
    let (name, heading) = text.split_once(": ").context("a picture is `name: heading`")?;
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    ensure!(!name.is_empty() && name.chars().all(plain), "`{name}` is no name: use a-z, 0-9 and -");
    Ok(Moment { name: name.to_owned(), heading: heading.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_waits_types_and_names_its_picture() {
        let rows =
            parse("# a comment\n\nboth | Set timezone && > _ | y<Enter> | zone: The zone is set\n").unwrap();
        let moment = Moment { name: "zone".into(), heading: "The zone is set".into() };
        assert_eq!(
            rows,
            [Row {
                number: 3,
                only: None,
                wanted: vec![Wanted::Text("Set timezone".into()), Wanted::AtCursor(">".into())],
                keys: vec![Key::Bytes(b"y".to_vec()), Key::Bytes(b"\r".to_vec())],
                moment: Some(moment),
            }]
        );
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, expected) in [
            ("both | a | b", "3 columns"),
            ("both | a | | x\n", "`name: heading`"),
            ("both | a | | Big Name: x\n", "is no name"),
            ("dialog | a | | \n", "instead of both"),
            ("both | a | <F99> | \n", "<F99>"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains("line 1") && error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_name_is_used_once_in_a_look() {
        let twice =
            |second: &str| parse(&format!("both | a | | \nline | a | | x: X\n{second} | a | | x: X\n"));
        assert!(twice("screen").is_ok());
        assert!(twice("line").is_err());
        assert!(twice("both").is_err());
    }

    #[test]
    fn the_table_of_the_session_is_read() {
        let rows = read(&crate::paths::workspace().join("tests/screens/session.table")).unwrap();
        assert!(rows.iter().filter(|row| row.moment.is_some()).count() >= 8);
    }
}
