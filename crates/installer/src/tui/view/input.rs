//! The input: the line that is typed, or the hidden field with its strength.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::interface::Waiting;
use crate::tui::app::App;
use crate::tui::entry::folded;

/// Most lines of the input.
const MOST: usize = 6;
/// Most completions that are listed.
const LISTED: usize = 3;

/// Where it is drawn: lines of the prompt above it, the prompt before it, completions below.
struct Parts {
    above: Vec<String>,
    before: String,
    below: Vec<String>,
}

fn parts(app: &App, width: u16) -> Parts {
    let width = usize::from(width).max(10);
    let prompt = app.look.letters(&app.prompt());
    let mut above = folded(prompt.trim_end(), width, 0);
    // A prompt that leaves no room to type stands above the line.
    let before = match above.pop() {
        Some(last) if console::measure_text_width(&last) * 3 <= width * 2 => format!("{last} "),
        Some(last) => {
            above.push(last);
            "> ".into()
        }
        None => "> ".into(),
    };
    let mut below = Vec::new();
    if matches!(app.dialogue.waiting(), Waiting::Secret(_)) {
        let lost = prompt.contains("passphrase").then_some("Asked twice. Without it the data is lost.");
        let hint = app.hidden.hint().or(lost).map(|hint| app.look.letters(hint));
        below.extend(hint.map(|hint| folded(&hint, width, 0)).unwrap_or_default());
    } else if let Some((list, at)) = app.editor.completions() {
        let first = at.unwrap_or(0).saturating_sub(LISTED - 1);
        for (index, item) in list.iter().enumerate().skip(first).take(LISTED) {
            below.push(format!("{} {item}", if at == Some(index) { ">" } else { " " }));
        }
        let rest = list.len().saturating_sub(first + LISTED);
        if rest > 0 {
            below.push(format!("  and {rest} more: Tab goes on"));
        }
    }
    Parts { above, before, below }
}

/// Lines that it needs.
pub fn rows(app: &App, width: u16) -> u16 {
    let parts = parts(app, width);
    let room = usize::from(width).saturating_sub(console::measure_text_width(&parts.before)).max(1);
    let typed = if matches!(app.dialogue.waiting(), Waiting::Secret(_)) {
        2
    } else {
        // One column more for the cursor at the end.
        let lines = app.editor.area().lines().iter();
        lines.map(|line| folded(&format!("{line}_"), room, 0).len()).sum::<usize>().clamp(1, MOST)
    };
    (parts.above.len() + typed + parts.below.len()) as u16
}

/// Draws it.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let parts = parts(app, area.width);
    let question = !matches!(app.dialogue.waiting(), Waiting::Nothing | Waiting::Rest);
    let paint = match app.dialogue.waiting() {
        Waiting::Nothing => app.look.dim(),
        _ if question => app.look.accent(),
        _ => app.look.person(),
    };
    let styled = |line: &String| Line::from(Span::styled(line.clone(), paint));
    let [above, typed, below] = Layout::vertical([
        Constraint::Length(parts.above.len() as u16),
        Constraint::Min(1),
        Constraint::Length(parts.below.len() as u16),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(parts.above.iter().map(styled).collect::<Vec<_>>()), above);
    let dim = |line: &String| Line::from(Span::styled(line.clone(), app.look.dim()));
    frame.render_widget(Paragraph::new(parts.below.iter().map(dim).collect::<Vec<_>>()), below);
    let width = console::measure_text_width(&parts.before) as u16;
    let [prompt, field] = Layout::horizontal([Constraint::Length(width), Constraint::Min(1)]).areas(typed);
    frame.render_widget(Span::styled(parts.before, paint), prompt);
    if matches!(app.dialogue.waiting(), Waiting::Secret(_)) {
        let [_, below] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(typed);
        secret(app, frame, field, below);
    } else {
        frame.render_widget(app.editor.area(), field);
        let (column, row) = app.editor.cursor();
        set_cursor(app, frame, field, column, row);
    }
}

/// The stars in `area`; how strong they are over the full width `below`, so that the word is not cut.
fn secret(app: &App, frame: &mut Frame<'_>, area: Rect, below: Rect) {
    let letters = app.hidden.letters();
    let room = usize::from(area.width).saturating_sub(1);
    let stars = "*".repeat(letters.min(room));
    set_cursor(app, frame, Rect { height: area.height.min(1), ..area }, stars.len() as u16, 0);
    frame.render_widget(Span::raw(stars), area);
    if let Some(judged) = app.hidden.strength() {
        let bar = app.look.bar(u64::from(judged.score) + 1, 5, 10);
        let paint = match judged.score {
            0 | 1 => app.look.danger(),
            2 => app.look.accent(),
            _ => app.look.good(),
        };
        frame.render_widget(Span::styled(format!("{bar} strength: {}", judged.word), paint), below);
    }
}

/// The terminal's cursor, inside the field; none where something lies over it.
fn set_cursor(app: &App, frame: &mut Frame<'_>, field: Rect, column: u16, row: u16) {
    if app.overlay.is_none() && field.width > 0 && field.height > 0 {
        frame.set_cursor_position((
            field.x + column.min(field.width - 1),
            field.y + row.min(field.height - 1),
        ));
    }
}
