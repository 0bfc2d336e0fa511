//! What keys, pastes and the mouse do.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use levitate_core::protocol::Op;
use ratatui::layout::Position;

use super::app::{App, Wish};
use super::examples;
use super::overlay::{Kind, Overlay};
use crate::interface::Waiting;

impl App {
    /// Something came from the terminal.
    pub fn terminal(&mut self, event: Event) {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            Event::Paste(text) => self.paste(&text),
            Event::Mouse(mouse) => match mouse.kind {
                MouseEventKind::ScrollUp => self.wheel(3),
                MouseEventKind::ScrollDown => self.wheel(-3),
                MouseEventKind::Down(MouseButton::Left) => self.click(Position::new(mouse.column, mouse.row)),
                _ => {}
            },
            _ => {}
        }
    }

    fn key(&mut self, mut key: KeyEvent) {
        if key.code == KeyCode::Char('j') && key.modifiers == KeyModifiers::CONTROL {
            // Enter, typed before the terminal was ours, or on a terminal that sends a line feed for it.
            key = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        }
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('l') if ctrl => return self.wishes.push(Wish::Redraw),
            KeyCode::F(1) => return self.toggle(Kind::Help),
            KeyCode::F(2) => return self.toggle(Kind::Plan),
            KeyCode::F(3) => return self.toggle(Kind::Log),
            KeyCode::F(4) => return self.toggle(Kind::Disks),
            KeyCode::F(10) => return self.wishes.push(Wish::Line),
            _ => {}
        }
        if self.overlay.is_some() && self.overlay_key(key) {
            return;
        }
        match key.code {
            KeyCode::PageUp => return self.chat.page(1),
            KeyCode::PageDown => return self.chat.page(-1),
            KeyCode::Char('c') if ctrl => return self.ctrl_c(),
            KeyCode::Esc => return self.escape(),
            _ => {}
        }
        if matches!(self.dialogue.waiting(), Waiting::Secret(_)) {
            return self.secret_key(key);
        }
        let empty = self.editor.is_empty();
        match key.code {
            KeyCode::Enter if key.modifiers.is_empty() => self.say(),
            KeyCode::Tab => self.editor.complete(&self.words, true),
            KeyCode::BackTab => self.editor.complete(&self.words, false),
            KeyCode::Char('d') if ctrl && empty => self.leave(),
            KeyCode::Char('?') if empty => self.toggle(Kind::Help),
            KeyCode::Char(digit @ '1'..='9') if key.modifiers.contains(KeyModifiers::ALT) => {
                self.example(digit as usize - '1' as usize);
            }
            _ => self.editor.key(key),
        }
    }

    /// Enter. `#3` is the third example.
    fn say(&mut self) {
        let text = self.editor.text();
        let number = text.trim().strip_prefix('#').and_then(|number| number.parse::<usize>().ok());
        match number {
            Some(number) if (1..=examples::count()).contains(&number) => {
                self.editor.set("");
                self.example(number - 1);
            }
            _ => self.enter(),
        }
    }

    /// Says an example, or begins it where it has to be completed.
    fn example(&mut self, index: usize) {
        let Some(example) = examples::by_index(index) else { return };
        match example.strip_suffix("...") {
            Some(beginning) => self.editor.set(beginning),
            None if matches!(self.dialogue.waiting(), Waiting::Rest | Waiting::Nothing) => {
                self.editor.set(example);
                self.enter();
            }
            // A question is open: an example is no answer to it.
            None => self.remark("First this has to be answered."),
        }
    }

    fn secret_key(&mut self, key: KeyEvent) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => self.enter(),
            KeyCode::Backspace => self.hidden.pop(),
            KeyCode::Char('h') if ctrl => self.hidden.pop(),
            KeyCode::Char('u' | 'w') if ctrl => self.hidden.clear(),
            KeyCode::Char('d') if ctrl && self.hidden.letters() == 0 => self.leave(),
            KeyCode::Char(letter) if !ctrl && !key.modifiers.contains(KeyModifiers::ALT) => {
                self.hidden.push(letter)
            }
            _ => {}
        }
    }

    fn paste(&mut self, text: &str) {
        if matches!(self.dialogue.waiting(), Waiting::Secret(_)) {
            text.lines().next().unwrap_or_default().chars().for_each(|letter| self.hidden.push(letter));
        } else if self.overlay.is_none() {
            self.editor.paste(text);
        }
    }

    fn ctrl_c(&mut self) {
        // As in a shell: a line that is being typed goes first.
        if matches!(self.dialogue.waiting(), Waiting::Rest) && !self.editor.is_empty() {
            return self.editor.set("");
        }
        self.editor.set("");
        self.stop();
    }

    fn escape(&mut self) {
        match self.dialogue.waiting() {
            // Nothing runs and nothing is asked: Esc only clears the line.
            Waiting::Rest => self.editor.set(""),
            _ => self.stop(),
        }
    }

    fn wheel(&mut self, lines: isize) {
        match &mut self.overlay {
            Some(overlay) => overlay.scroll = overlay.scroll.saturating_add_signed(-lines),
            None => self.chat.scroll(lines),
        }
    }

    fn click(&mut self, at: Position) {
        if self.overlay.is_none()
            && let Some((_, index)) = self.examples_at.iter().find(|(area, _)| area.contains(at)).copied()
        {
            self.example(index);
        }
    }

    fn toggle(&mut self, kind: Kind) {
        let open = self.overlay.as_ref().is_some_and(|overlay| overlay.kind == kind);
        self.overlay = (!open).then(|| Overlay::new(kind, self.now));
    }

    /// A key while something lies over the conversation; false where the key is for what is below it.
    fn overlay_key(&mut self, key: KeyEvent) -> bool {
        let Some(overlay) = &mut self.overlay else { return false };
        if overlay.unread(self.now) {
            // Stopping is meant whenever it comes.
            return !matches!(key.code, KeyCode::Esc) && !key.modifiers.contains(KeyModifiers::CONTROL);
        }
        match key.code {
            KeyCode::Up => overlay.scroll = overlay.scroll.saturating_sub(1),
            KeyCode::Down => overlay.scroll = overlay.scroll.saturating_add(1),
            KeyCode::PageUp => overlay.scroll = overlay.scroll.saturating_sub(10),
            KeyCode::PageDown | KeyCode::Char(' ') => overlay.scroll = overlay.scroll.saturating_add(10),
            KeyCode::Home => overlay.scroll = 0,
            KeyCode::End => overlay.scroll = usize::MAX,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                self.overlay = None;
                // Where something runs, Ctrl-C stops it.
                return !matches!(self.dialogue.waiting(), Waiting::Nothing);
            }
            KeyCode::Esc | KeyCode::Enter => self.overlay = None,
            KeyCode::Char(letter) => return self.overlay_letter(letter),
            _ => {}
        }
        true
    }

    fn overlay_letter(&mut self, letter: char) -> bool {
        let Some(Overlay { kind, .. }) = self.overlay else { return false };
        let failure = matches!(kind, Kind::Failure { .. });
        // The engine listens only where it rests.
        let rests = matches!(self.dialogue.waiting(), Waiting::Rest);
        match letter {
            'q' if !failure => self.overlay = None,
            _ if !failure || !rests => {}
            'r' if kind == (Kind::Failure { retry: true }) => {
                self.overlay = None;
                self.begin(Op::Retry);
            }
            'u' => {
                self.overlay = None;
                self.editor.set("undo");
                self.enter();
            }
            's' => {
                self.overlay = None;
                self.wishes.push(Wish::Shell);
            }
            'q' => {
                self.overlay = None;
                self.leave();
            }
            _ => {}
        }
        true
    }
}
