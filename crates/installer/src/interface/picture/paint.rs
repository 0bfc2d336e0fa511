//! A row as bytes for a terminal.

use super::{Row, Tone};
use crate::interface::Style;

impl Style {
    /// The row as text, with colours where the terminal has them. Only those that can be read on dark and on light.
    pub fn row(&self, row: &Row) -> String {
        let mut out = String::new();
        for piece in row {
            let code = match piece.tone {
                Tone::Title if self.bold => "1",
                Tone::Dies if self.colour => "1;31",
                Tone::New if self.colour => "32",
                Tone::Shrinks if self.colour => "33",
                Tone::Dies | Tone::New | Tone::Shrinks if self.bold => "1",
                _ => "",
            };
            if code.is_empty() {
                out.push_str(&piece.text);
            } else {
                out.push_str(&format!("\u{1b}[{code}m{}\u{1b}[0m", piece.text));
            }
        }
        out
    }
}
