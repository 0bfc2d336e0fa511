//! The screen as drawn in the requirements: steps on the left, the chat on the right, the input at its bottom.
//!
//! `steps` the left panel and its folded form, `input` the line and the hidden field, `status` what runs,
//! `overlay` what lies over the conversation.

mod input;
mod overlay;
mod status;
mod steps;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::app::App;
use crate::interface::Waiting;

/// The smallest size that can be worked in, columns × rows.
pub const SMALLEST: (u16, u16) = (60, 15);
/// Below this the steps are one line.
const BOTH_PANELS: u16 = 80;
/// Share of the left panel in per cent.
const LEFT: u16 = 35;

/// Draws everything.
pub fn draw(app: &mut App, frame: &mut Frame<'_>) {
    let area = frame.area();
    app.examples_at.clear();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(app, frame, area);
    }
    let [main, keys] = Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(area);
    let chat = if area.width >= BOTH_PANELS {
        let left_width = (u32::from(area.width) * u32::from(LEFT) / 100) as u16;
        let [left, right] =
            Layout::horizontal([Constraint::Length(left_width), Constraint::Min(1)]).areas(main);
        steps::panel(app, frame, left);
        right
    } else {
        let [line, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(main);
        steps::folded(app, frame, line);
        rest
    };
    chat_panel(app, frame, chat, area.width >= BOTH_PANELS);
    key_line(app, frame, keys);
    overlay::draw(app, frame, main);
}

fn chat_panel(app: &mut App, frame: &mut Frame<'_>, area: Rect, joined: bool) {
    let border = if joined { app.look.joined_border() } else { app.look.border() };
    let mut block = Block::new().borders(Borders::ALL).border_set(border).title(" Chat ");
    // One column free on both sides, as drawn in the requirements.
    let inner = block.inner(area);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let input_rows = input::rows(app, inner.width).min(inner.height / 2);
    // What stands beside a question depends on how much of the conversation is seen, so that is found out first.
    let most = inner.height.saturating_sub(input_rows + 1);
    app.chat.fit(usize::from(inner.width), usize::from(most), &app.look);
    let status_rows = status::rows(app, inner.width).min(inner.height / 3);
    let [history, status, gap, input] = Layout::vertical([
        Constraint::Min(1),
        Constraint::Length(status_rows),
        Constraint::Length(1),
        Constraint::Length(input_rows),
    ])
    .areas(inner);
    app.chat.fit(usize::from(history.width), usize::from(history.height), &app.look);
    if app.chat.below() > 0 {
        let more = if app.look.unicode { "↓" } else { "v" };
        let text = format!(" {more} {} more lines, PgDn ", app.chat.below());
        block = block.title_bottom(Line::from(Span::styled(text, app.look.accent())).right_aligned());
    }
    if app.plan_begins_above() {
        let up = if app.look.unicode { "↑" } else { "^" };
        let text = format!(" {up} the plan begins above: PgUp, or F2 ");
        block = block.title_top(Line::from(Span::styled(text, app.look.accent())).right_aligned());
    }
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(app.chat.window()), history);
    status::draw(app, frame, status);
    let rule = if app.look.unicode { "─" } else { "-" };
    frame.render_widget(Span::styled(rule.repeat(usize::from(gap.width)), app.look.dim()), gap);
    input::draw(app, frame, input);
}

/// Keys worth showing at rest, the most useful first: as many as there is room for.
const AT_REST: &[&str] =
    &["F1 help", "F2 plan", "F3 log", "F4 disks", "PgUp scroll", "Tab complete", "Ctrl-D leave", "F10 lines"];
/// While something runs.
const RUNNING: &[&str] = &["Esc stop", "F1 help", "F2 plan", "F3 log", "F4 disks", "PgUp scroll"];
/// At a question.
const ASKED: &[&str] = &["y yes", "n no", "F2 plan", "F4 disks", "PgUp scroll", "Esc no", "F1 help"];
/// At a hidden field.
const HIDDEN: &[&str] = &["Enter go on", "Ctrl-U clear", "Esc do not set it", "F1 help"];

fn key_line(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let wanted = match app.dialogue.waiting() {
        Waiting::Rest => AT_REST,
        Waiting::Nothing => RUNNING,
        Waiting::Secret(_) => HIDDEN,
        _ => ASKED,
    };
    let mut keys = String::new();
    for key in wanted {
        if keys.len() + key.len() + 3 > usize::from(area.width) {
            break;
        }
        keys.push_str(&format!(" {key} "));
    }
    let engine =
        if app.engine.is_empty() { String::new() } else { format!("understands by: {} ", app.engine) };
    let engine = app.look.letters(&engine);
    let engine_width = console::measure_text_width(&engine) as u16;
    // Who understands is told where there is room for it.
    let room = if engine_width + keys.len() as u16 + 2 <= area.width { engine_width } else { 0 };
    let [left, right] = Layout::horizontal([Constraint::Min(1), Constraint::Length(room)]).areas(area);
    frame.render_widget(Span::styled(keys, app.look.dim()), left);
    frame.render_widget(Span::styled(engine, app.look.dim()), right);
}

fn too_small(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let text = format!(
        "This window has {}x{} cells; the screen needs {}x{}. Make it larger, or press F10 to go on in line mode. \
         Nothing is lost.",
        area.width, area.height, SMALLEST.0, SMALLEST.1
    );
    let lines = super::entry::folded(&app.look.letters(&text), usize::from(area.width), 0);
    frame.render_widget(Paragraph::new(lines.into_iter().map(Line::from).collect::<Vec<_>>()), area);
}
