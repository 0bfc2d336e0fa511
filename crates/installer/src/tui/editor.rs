//! The input line: editing keys as people know them, history, completion. Multi-line where a paste was.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use crate::interface::Words;

/// The line that is typed.
pub struct Editor {
    area: TextArea<'static>,
    history: Vec<String>,
    /// Where in the history one is; the line that was being typed before.
    back: Option<(usize, String)>,
    cycle: Option<Cycle>,
}

/// Completions of the word at the cursor.
struct Cycle {
    /// What stood before it, and after the cursor.
    before: String,
    after: String,
    list: Vec<String>,
    at: Option<usize>,
}

impl Default for Editor {
    fn default() -> Self {
        Self { area: area(""), history: Vec::new(), back: None, cycle: None }
    }
}

fn area(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(String::from).collect());
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(ratatui::style::Style::new());
    // The terminal's own cursor stands there: braille lines and input methods follow it.
    area.set_cursor_style(ratatui::style::Style::new());
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}

impl Editor {
    /// For drawing.
    pub fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// Column and row of the cursor in the field as it was drawn last.
    pub fn cursor(&self) -> (u16, u16) {
        let (cursor, (top, left)) = (self.area.screen_cursor(), self.area.scroll_offset());
        let from = |at: usize, first: u16| u16::try_from(at).unwrap_or(u16::MAX).saturating_sub(first);
        (from(cursor.col, left), from(cursor.row, top))
    }

    /// What stands there.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// True where nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Replaces everything; the cursor stands at the end.
    pub fn set(&mut self, text: &str) {
        self.area = area(text);
        self.cycle = None;
    }

    /// What was pasted, at the cursor: line breaks stay, other control characters do not.
    pub fn paste(&mut self, text: &str) {
        let text: String = text
            .replace("\r\n", "\n")
            .replace(['\r', '\u{2028}'], "\n")
            .replace('\t', " ")
            .chars()
            .filter(|c| !c.is_control() || *c == '\n')
            .collect();
        self.area.insert_str(text.trim_end_matches('\n'));
        self.cycle = None;
    }

    /// The line is said: it goes to the history, the field is empty.
    pub fn take(&mut self, remember: bool) -> String {
        let text = self.text();
        self.set("");
        self.back = None;
        if remember && !text.trim().is_empty() && self.history.last() != Some(&text) {
            self.history.push(text.clone());
        }
        text
    }

    /// Completions that are shown, and which one stands in the line.
    pub fn completions(&self) -> Option<(&[String], Option<usize>)> {
        self.cycle.as_ref().filter(|cycle| cycle.list.len() > 1).map(|cycle| (&cycle.list[..], cycle.at))
    }

    /// A key that edits. Enter, Tab, Esc and Ctrl-C are the caller's.
    pub fn key(&mut self, key: KeyEvent) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        self.cycle = None;
        match key.code {
            KeyCode::Up => self.up(),
            KeyCode::Down => self.down(),
            KeyCode::Char('p') if ctrl => self.up(),
            KeyCode::Char('n') if ctrl => self.down(),
            // As in a shell: the library undoes with Ctrl-U.
            KeyCode::Char('u') if ctrl => drop(self.area.delete_line_by_head()),
            KeyCode::Char('_' | '7' | 'z') if ctrl => drop(self.area.undo()),
            KeyCode::Char('y') if ctrl => drop(self.area.paste()),
            KeyCode::Left if ctrl => self.area.move_cursor(CursorMove::WordBack),
            KeyCode::Right if ctrl => self.area.move_cursor(CursorMove::WordForward),
            // A line break by key, where the terminal tells it from Enter.
            KeyCode::Enter => self.area.insert_newline(),
            _ => drop(self.area.input(key)),
        }
    }

    fn up(&mut self) {
        if self.area.cursor().0 > 0 {
            return self.area.move_cursor(CursorMove::Up);
        }
        let at = self.back.as_ref().map_or(self.history.len(), |(at, _)| *at);
        if at > 0 {
            let draft = self.back.take().map_or_else(|| self.text(), |(_, draft)| draft);
            self.set(&self.history[at - 1].clone());
            self.back = Some((at - 1, draft));
        }
    }

    fn down(&mut self) {
        if self.area.cursor().0 + 1 < self.area.lines().len() {
            return self.area.move_cursor(CursorMove::Down);
        }
        if let Some((at, draft)) = self.back.take() {
            match self.history.get(at + 1).cloned() {
                Some(line) => {
                    self.set(&line);
                    self.back = Some((at + 1, draft));
                }
                None => self.set(&draft),
            }
        }
    }

    /// Tab: completes as far as it is certain, then goes through what is possible.
    pub fn complete(&mut self, words: &Words, forward: bool) {
        if let Some(cycle) = &mut self.cycle {
            let count = cycle.list.len();
            let next = match cycle.at {
                None => {
                    if forward {
                        0
                    } else {
                        count - 1
                    }
                }
                Some(at) if forward => (at + 1) % count,
                Some(at) => (at + count - 1) % count,
            };
            cycle.at = Some(next);
            let (before, after) = (format!("{}{}", cycle.before, cycle.list[next]), cycle.after.clone());
            return self.place(&before, &after);
        }
        let cursor = self.area.cursor();
        let (row, column) = (cursor.0, cursor.1);
        let line = self.area.lines().get(row).cloned().unwrap_or_default();
        let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let (head, tail) = line.split_at(at);
        let (start, list) = words.complete(head);
        let before = head.get(..start).unwrap_or_default().to_string();
        let typed = head.len() - before.len();
        match common(&list) {
            None => {}
            Some(shared) => {
                if list.len() == 1 || shared.len() > typed {
                    let (before, tail) = (format!("{before}{shared}"), tail.to_string());
                    self.place(&before, &tail);
                }
                let after = tail.to_string();
                self.cycle = (list.len() > 1).then_some(Cycle { before, after, list, at: None });
            }
        }
    }

    /// The line of the cursor becomes `before` + `after`, the cursor between them.
    fn place(&mut self, before: &str, after: &str) {
        let cycle = self.cycle.take();
        let mut lines = self.area.lines().to_vec();
        let row = self.area.cursor().0;
        if let Some(line) = lines.get_mut(row) {
            *line = format!("{before}{after}");
        }
        self.area = area(&lines.join("\n"));
        let column = before.chars().count();
        self.area.move_cursor(CursorMove::Jump(row as u16, column as u16));
        self.cycle = cycle;
    }
}

/// The longest beginning that all have, letters of either case.
fn common(list: &[String]) -> Option<String> {
    let first = list.first()?;
    let mut shared = first.as_str();
    for other in &list[1..] {
        let same = shared
            .char_indices()
            .zip(other.chars())
            .find(|((_, a), b)| !a.eq_ignore_ascii_case(b))
            .map_or(shared.len().min(other.len()), |((at, _), _)| at);
        shared = shared.get(..same).unwrap_or_default();
    }
    Some(shared.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use levitate_core::lists::Lists;

    fn press(editor: &mut Editor, code: KeyCode, modifiers: KeyModifiers) {
        editor.key(KeyEvent::new(code, modifiers));
    }

    fn ctrl(editor: &mut Editor, letter: char) {
        press(editor, KeyCode::Char(letter), KeyModifiers::CONTROL);
    }

    fn alt(editor: &mut Editor, letter: char) {
        press(editor, KeyCode::Char(letter), KeyModifiers::ALT);
    }

    #[test]
    fn the_keys_of_a_shell_edit_the_line() {
        let mut editor = Editor::default();
        editor.set("use the whole disk");
        ctrl(&mut editor, 'w');
        assert_eq!(editor.text(), "use the whole ");
        ctrl(&mut editor, 'a');
        alt(&mut editor, 'd');
        assert_eq!(editor.text(), " the whole ");
        ctrl(&mut editor, 'e');
        alt(&mut editor, 'b');
        ctrl(&mut editor, 'k');
        assert_eq!(editor.text(), " the ");
        ctrl(&mut editor, 'y');
        assert_eq!(editor.text(), " the whole ");
        ctrl(&mut editor, 'u');
        assert_eq!(editor.text(), "");
    }

    #[test]
    fn the_history_keeps_what_was_being_typed() {
        let mut editor = Editor::default();
        for line in ["one", "two", "two"] {
            editor.set(line);
            editor.take(true);
        }
        editor.set("secret answer");
        editor.take(false);
        editor.set("draft");
        let up = |editor: &mut Editor| press(editor, KeyCode::Up, KeyModifiers::NONE);
        let down = |editor: &mut Editor| press(editor, KeyCode::Down, KeyModifiers::NONE);
        up(&mut editor);
        assert_eq!(editor.text(), "two");
        up(&mut editor);
        up(&mut editor);
        assert_eq!(editor.text(), "one");
        down(&mut editor);
        down(&mut editor);
        assert_eq!(editor.text(), "draft");
    }

    #[test]
    fn a_paste_of_several_lines_stays_one_input() {
        let mut editor = Editor::default();
        editor.paste("hostname is box\r\ntimezone \u{1b}[31mberlin\n");
        assert_eq!(editor.text(), "hostname is box\ntimezone [31mberlin");
    }

    #[test]
    fn tab_completes_as_far_as_certain_and_then_goes_round() {
        let words = Words::new(&Lists::embedded());
        words.saw("/dev/sda");
        words.saw("/dev/sdb");
        let mut editor = Editor::default();
        editor.set("use /d");
        editor.complete(&words, true);
        assert_eq!(editor.text(), "use /dev/sd");
        editor.complete(&words, true);
        assert_eq!(editor.text(), "use /dev/sda");
        editor.complete(&words, true);
        assert_eq!(editor.text(), "use /dev/sdb");
        editor.complete(&words, false);
        assert_eq!(editor.text(), "use /dev/sda");
        assert_eq!(editor.completions().unwrap().0.len(), 2);
        press(&mut editor, KeyCode::Char('!'), KeyModifiers::NONE);
        assert!(editor.completions().is_none());
        editor.set("list d");
        editor.complete(&words, true);
        assert_eq!(editor.text(), "list disks");
    }
}
