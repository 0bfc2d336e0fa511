//! What the terminal can do: width, colour, bars, letters beyond ASCII. Decided once, from facts that a test can
//! give.

use std::io::IsTerminal;

/// How output is drawn.
#[derive(Clone, Debug)]
pub struct Style {
    /// Bars that move and lines that are drawn again.
    pub bars: bool,
    /// Bold.
    pub bold: bool,
    /// Red and other colours.
    pub colour: bool,
    /// Letters beyond ASCII.
    pub unicode: bool,
    /// The terminal can move its cursor: it can have the screen.
    pub draws: bool,
    /// The terminal has a mouse and tells pastes from keys.
    pub modern: bool,
    /// Columns where they are fixed; asked of the terminal for every line where `None`.
    pub columns: Option<usize>,
    /// Say also what was understood and what runs without a question.
    pub verbose: bool,
}

/// Columns of a terminal that does not tell.
const COLUMNS: usize = 80;

/// What the environment says about the terminal.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// stdout is a terminal.
    pub terminal: bool,
    /// `$TERM`.
    pub term: String,
    /// The first of `$LC_ALL`, `$LC_CTYPE`, `$LANG` that is set.
    pub locale: String,
    /// `$NO_COLOR` is set and not empty.
    pub no_color: bool,
}

impl Facts {
    /// Of this process.
    pub fn read() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            terminal: std::io::stdout().is_terminal(),
            term: set("TERM").unwrap_or_default(),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default(),
            no_color: set("NO_COLOR").is_some(),
        }
    }
}

impl Style {
    /// The style for these facts; `plain` asks for text and nothing else.
    pub fn of(facts: &Facts, plain: bool, verbose: bool) -> Self {
        let dumb = matches!(facts.term.as_str(), "" | "dumb" | "unknown");
        let old = facts.term.starts_with("vt1") || facts.term.starts_with("vt2") || facts.term == "linux";
        let locale = facts.locale.to_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let drawn = facts.terminal && !dumb && !plain && !facts.no_color;
        Self {
            bars: drawn,
            bold: drawn,
            colour: drawn && !facts.term.starts_with("vt"),
            draws: facts.terminal && !dumb && !plain,
            modern: facts.terminal && !dumb && !plain && !old,
            // A console of 1980 shows boxes for letters it has not.
            unicode: utf8 && !(facts.terminal && (dumb || old)),
            columns: (!facts.terminal).then_some(COLUMNS),
            verbose,
        }
    }

    /// Columns to wrap at.
    pub fn width(&self) -> usize {
        if let Some(columns) = self.columns {
            return columns;
        }
        match console::Term::stdout().size_checked() {
            // A serial line says 0.
            Some((_, columns)) if columns >= 20 => usize::from(columns),
            _ => COLUMNS,
        }
    }

    /// `text` with only letters that the terminal has.
    pub fn letters(&self, text: &str) -> String {
        if self.unicode { text.to_string() } else { letters(text) }
    }

    /// A warning about something that is lost, made loud where the terminal can.
    pub fn loud(&self, text: &str) -> String {
        match (self.colour, self.bold) {
            (true, _) => format!("\u{1b}[1;31m{text}\u{1b}[0m"),
            (false, true) => format!("\u{1b}[1m{text}\u{1b}[0m"),
            (false, false) => text.to_string(),
        }
    }
}

/// `text` without the signs of ours that an old console has not.
pub(super) fn letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '→' => out.push_str("->"),
            '…' => out.push_str("..."),
            '–' | '—' => out.push('-'),
            '“' | '”' => out.push('"'),
            '‘' | '’' => out.push('\''),
            '·' | '•' => out.push('-'),
            '×' => out.push('x'),
            '█' => out.push('#'),
            // Names of people and disks keep their letters: a wrong sign on the screen is better than none.
            other => out.push(other),
        }
    }
    out
}

/// Breaks `text` at spaces so that no line is wider than `columns`. Lines after the first are indented by the
/// indent of the line and `hang`. A word that is too long stays whole.
pub fn wrap(text: &str, columns: usize, hang: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        if console::measure_text_width(line) <= columns {
            lines.push(line.trim_end().to_string());
            continue;
        }
        let mut current = " ".repeat(indent);
        let mut empty = true;
        for word in content.split(' ') {
            let width = console::measure_text_width(&current);
            if !empty && width + 1 + console::measure_text_width(word) > columns {
                lines.push(std::mem::replace(&mut current, " ".repeat(indent + hang)));
                empty = true;
            }
            if !empty {
                current.push(' ');
            }
            current.push_str(word);
            empty = false;
        }
        lines.push(current);
    }
    if text.is_empty() {
        lines.push(String::new());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(term: &str, locale: &str) -> Facts {
        Facts { terminal: true, term: term.into(), locale: locale.into(), no_color: false }
    }

    #[test]
    fn the_terminal_decides_what_is_drawn() {
        let xterm = Style::of(&facts("xterm-256color", "en_US.UTF-8"), false, false);
        assert!(xterm.bars && xterm.colour && xterm.unicode);
        let serial = Style::of(&facts("vt220", "C.UTF-8"), false, false);
        assert!(serial.bars && serial.bold && !serial.colour && !serial.unicode);
        let dumb = Style::of(&facts("dumb", "C.UTF-8"), false, false);
        assert!(!dumb.bars && !dumb.bold && !dumb.unicode);
        let latin = Style::of(&facts("xterm", "C"), false, false);
        assert!(latin.bars && !latin.unicode);
        let plain = Style::of(&facts("xterm", "C.UTF-8"), true, false);
        assert!(!plain.bars && !plain.bold && plain.unicode);
        let quiet = Style::of(&Facts { no_color: true, ..facts("xterm", "en_US.UTF-8") }, false, false);
        assert!(!quiet.bars && !quiet.colour && !quiet.bold);
        let pipe = Style::of(&Facts { terminal: false, ..facts("xterm", "C.UTF-8") }, false, false);
        assert!(!pipe.bars && pipe.unicode);
        assert_eq!(pipe.width(), 80);
    }

    #[test]
    fn long_lines_break_at_words_and_keep_their_indent() {
        let lines = wrap("  - one two three four", 12, 2);
        assert_eq!(lines, ["  - one two", "    three", "    four"]);
        assert_eq!(wrap("aaaaaaaaaaaaaaaa b", 5, 0), ["aaaaaaaaaaaaaaaa", "b"]);
        assert_eq!(wrap("one\n\ntwo", 80, 0), ["one", "", "two"]);
        assert_eq!(wrap("", 80, 0), [""]);
    }
}
