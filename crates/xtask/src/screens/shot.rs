//! What the screen shows at one moment, apart from the terminal, with the parts that differ from run to run masked.

use vt100::Color;

use super::mask;

/// One cell of the screen.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Its character, with combining marks; empty for a blank.
    pub text: String,
    /// The colour of the character.
    pub ink: Color,
    /// The colour behind it.
    pub paper: Color,
    /// Drawn bold.
    pub bold: bool,
    /// Drawn faint.
    pub dim: bool,
    /// Drawn with a line below.
    pub underline: bool,
    /// Ink and paper change places.
    pub inverse: bool,
    /// The character takes this cell and the next.
    pub wide: bool,
    /// The second half of a wide character.
    pub rest: bool,
}

/// A screen at one moment.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Its cells, row by row.
    pub rows: Vec<Vec<Cell>>,
    /// Row and column of the cursor, where it is shown.
    pub cursor: Option<(usize, usize)>,
}

impl Shot {
    /// Takes what the screen shows.
    pub fn of(screen: &vt100::Screen) -> Self {
        let (rows, columns) = screen.size();
        let row = |row| (0..columns).filter_map(|column| screen.cell(row, column)).map(cell).collect();
        let (at_row, at_column) = screen.cursor_position();
        let cursor = (!screen.hide_cursor()).then_some((usize::from(at_row), usize::from(at_column)));
        Self { rows: (0..rows).map(row).collect(), cursor }
    }

    /// Masks times, rates and ids in their place, so that the same session gives the same picture every time.
    #[must_use]
    pub fn masked(mut self) -> Self {
        for row in &mut self.rows {
            let letters: Vec<char> = row.iter().map(|cell| cell.text.chars().next().unwrap_or(' ')).collect();
            for (at, letter) in mask::changes(&letters) {
                row[at].text = letter.to_string();
            }
        }
        self
    }

    /// The screen as lines, without blanks at their ends and without the empty rest.
    pub fn text(&self) -> String {
        let line = |row: &Vec<Cell>| {
            let letters = row.iter().filter(|cell| !cell.rest);
            let text: String =
                letters.map(|cell| if cell.text.is_empty() { " " } else { cell.text.as_str() }).collect();
            text.trim_end().to_owned()
        };
        let text = self.rows.iter().map(line).collect::<Vec<_>>().join("\n");
        text.trim_end().to_owned()
    }
}

fn cell(cell: &vt100::Cell) -> Cell {
    Cell {
        text: cell.contents().to_owned(),
        ink: cell.fgcolor(),
        paper: cell.bgcolor(),
        bold: cell.bold(),
        dim: cell.dim(),
        underline: cell.underline(),
        inverse: cell.inverse(),
        wide: cell.is_wide(),
        rest: cell.is_wide_continuation(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_wide_letters_and_drops_blank_ends() {
        let mut parser = vt100::Parser::new(3, 10, 0);
        parser.process("a 日本 b  \r\n\r\n".as_bytes());
        assert_eq!(Shot::of(parser.screen()).text(), "a 日本 b");
    }

    #[test]
    fn ids_are_masked_and_everything_else_stays_where_it_is() {
        let mut parser = vt100::Parser::new(2, 60, 0);
        parser.process(b"| 12:41:07 UUID=ec35af56-141d-4c62-95ca-9613a92f4c31 |");
        let text = Shot::of(parser.screen()).masked().text();
        assert_eq!(text, "| 00:00:00 UUID=xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx |");
    }
}
