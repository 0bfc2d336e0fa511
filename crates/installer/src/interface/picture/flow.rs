//! Text in a given width.

use super::{Piece, Row, Tone};

/// Columns that `text` takes on a terminal.
pub(super) fn columns(text: &str) -> usize {
    console::measure_text_width(text)
}

/// A piece of text.
pub(super) fn piece(text: impl Into<String>, tone: Tone) -> Piece {
    Piece { text: text.into(), tone }
}

/// The pieces with a space between them, broken at spaces into rows of `width` columns; every row but the first
/// begins with `hang` spaces. A word that is wider than a row is broken anywhere.
pub(super) fn flow(pieces: &[Piece], width: usize, hang: usize) -> Vec<Row> {
    let mut rows = vec![Row::new()];
    let mut used = 0;
    let words = pieces.iter().flat_map(|p| p.text.split_whitespace().map(move |word| (word, p.tone)));
    for (word, tone) in words {
        let wide = columns(word);
        let bare = if rows.len() == 1 { 0 } else { hang };
        if used > bare && used + 1 + wide > width {
            used = begin(&mut rows, hang);
        }
        let bare = if rows.len() == 1 { 0 } else { hang };
        if used > bare {
            put(&mut rows, " ", tone);
            used += 1;
        }
        if used + wide <= width {
            put(&mut rows, word, tone);
            used += wide;
            continue;
        }
        let parts = parts(word, width.saturating_sub(used), width.saturating_sub(hang));
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                begin(&mut rows, hang);
            }
            put(&mut rows, part, tone);
        }
        used = rows.last().map_or(0, |row| row.iter().map(|p| columns(&p.text)).sum());
    }
    rows
}

fn begin(rows: &mut Vec<Row>, hang: usize) -> usize {
    let indent = if hang > 0 { vec![piece(" ".repeat(hang), Tone::Plain)] } else { vec![] };
    rows.push(indent);
    hang
}

fn put(rows: &mut [Row], text: &str, tone: Tone) {
    let Some(row) = rows.last_mut() else { return };
    match row.last_mut() {
        Some(last) if last.tone == tone => last.text.push_str(text),
        _ => row.push(piece(text, tone)),
    }
}

/// A word in parts that fit: the first into `first` columns, the others into `width`. At least a letter each.
fn parts(word: &str, first: usize, width: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    for letter in word.chars() {
        let room = if parts.is_empty() { first } else { width };
        let before = part.len();
        part.push(letter);
        // Measured as a whole: signs that join others have no width of their own.
        if before > 0 && columns(&part) > room {
            part.truncate(before);
            parts.push(std::mem::replace(&mut part, letter.to_string()));
        }
    }
    parts.push(part);
    parts
}
