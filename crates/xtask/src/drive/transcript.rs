//! What was said on a console, as plain lines, written to a file while it goes on.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Where in a terminal's control sequence the last byte stood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    Escape,
    Control,
    Title,
    TitleEscape,
    Charset,
}

/// A plain-text record of a console.
pub struct Transcript {
    file: Option<File>,
    echo: bool,
    state: State,
    line: Vec<u8>,
    returned: bool,
    /// The number in the control sequence that is being read.
    number: usize,
}

impl Transcript {
    /// A transcript into a new file, or after what an existing one holds; with `echo`, to stderr as well.
    pub fn open(path: &Path, append: bool, echo: bool) -> Result<Self> {
        let cannot = || format!("cannot write the transcript {}", path.display());
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).with_context(cannot)?;
        }
        let file = File::options()
            .create(true)
            .write(true)
            .append(append)
            .truncate(!append)
            .open(path)
            .with_context(cannot)?;
        Ok(Self::new(Some(file), echo))
    }

    fn new(file: Option<File>, echo: bool) -> Self {
        Self { file, echo, state: State::Text, line: Vec::new(), returned: false, number: 0 }
    }

    /// A whole screen, where a program draws and writes no lines.
    pub fn page(&mut self, screen: &str) -> Result<()> {
        self.line.clear();
        self.keep("")?;
        screen.trim_end().lines().try_for_each(|line| self.keep(line.trim_end()))
    }

    /// Takes bytes of the console and gives the lines that they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for &byte in bytes {
            self.state = match (self.state, byte) {
                (State::Text, 0x1b) => State::Escape,
                (State::Text, _) => {
                    self.text(byte, &mut lines);
                    State::Text
                }
                (State::Escape, b'[') => {
                    self.number = 0;
                    State::Control
                }
                (State::Escape, b']') => State::Title,
                (State::Escape, b'(' | b')') => State::Charset,
                (State::Control, b'0'..=b'9') => {
                    self.number = (self.number * 10 + usize::from(byte - b'0')).min(1000);
                    State::Control
                }
                (State::Control, b'C') => {
                    self.forward();
                    State::Text
                }
                (State::Control, 0x40..=0x7e) | (State::Title, 0x07) => State::Text,
                (State::Title, 0x1b) => State::TitleEscape,
                (State::Escape | State::Charset | State::TitleEscape, _) => State::Text,
                (state @ (State::Control | State::Title), _) => state,
            };
        }
        for line in &lines {
            self.keep(line)?;
        }
        Ok(lines)
    }

    /// A line editor goes back to the first column and forward past its prompt, which stays as it is.
    fn forward(&mut self) {
        if std::mem::take(&mut self.returned) {
            let text = String::from_utf8_lossy(&self.line).into_owned();
            self.line = text.chars().take(self.number).collect::<String>().into_bytes();
        }
    }

    fn text(&mut self, byte: u8, lines: &mut Vec<String>) {
        match byte {
            b'\n' => {
                lines.push(String::from_utf8_lossy(&self.line).trim_end().to_owned());
                self.line.clear();
                self.returned = false;
            }
            // A bar that is drawn again and again is kept as it stood last.
            b'\r' => self.returned = true,
            0x08 => {
                self.line.pop();
            }
            0x00..=0x1f | 0x7f => {}
            _ => {
                if std::mem::take(&mut self.returned) {
                    self.line.clear();
                }
                self.line.push(byte);
            }
        }
    }

    fn keep(&mut self, line: &str) -> Result<()> {
        if self.echo {
            eprintln!("  | {line}");
        }
        match &mut self.file {
            Some(file) => writeln!(file, "{line}").context("cannot write the transcript"),
            None => Ok(()),
        }
    }
}

impl Drop for Transcript {
    fn drop(&mut self) {
        // The last line has no end yet, and may be the most telling one. Nobody is left to hear of a failure.
        let rest = String::from_utf8_lossy(&self.line).trim_end().to_owned();
        if !rest.is_empty() {
            let _ = self.keep(&rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_that_a_line_editor_skips_stays() {
        let mut transcript = Transcript::new(None, false);
        let lines = transcript.feed(b"> a\r\x1b[2Cab\r\x1b[2Cabc\r\n").unwrap();
        assert_eq!(lines, ["> abc"]);
    }

    fn lines(parts: &[&[u8]]) -> Vec<String> {
        let mut transcript = Transcript::new(None, false);
        parts.iter().flat_map(|part| transcript.feed(part).unwrap()).collect()
    }

    #[test]
    fn colours_titles_and_cursor_moves_are_left_out() {
        assert_eq!(
            lines(&[b"\x1b[0;1;31mFAILED\x1b[0m\r\n\x1b]0;title\x07done\r\n\x1b(Bx\r\n"]),
            ["FAILED", "done", "x"]
        );
    }

    #[test]
    fn a_sequence_may_be_split_between_reads() {
        assert_eq!(lines(&[b"a\x1b", b"[3", b"1mb\r", b"\nc\n"]), ["ab", "c"]);
    }

    #[test]
    fn of_a_redrawn_line_the_last_state_stays() {
        assert_eq!(lines(&[b"10%\r50%\r100%\r\nnext\n"]), ["100%", "next"]);
    }

    #[test]
    fn the_unfinished_line_is_written_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/t.txt");
        let mut transcript = Transcript::open(&path, false, false).unwrap();
        transcript.feed(b"one\r\nPassword: ").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\n");
        drop(transcript);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\nPassword:\n");
    }
}
