//! What lies over the conversation, in a box with its keys in the border.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Clear, Paragraph};

use crate::tui::app::App;
use crate::tui::overlay::Kind;

/// Draws it where one is open.
pub fn draw(app: &mut App, frame: &mut Frame<'_>, area: Rect) {
    let Some(overlay) = app.overlay.clone() else { return };
    // On a narrow window it takes the whole width: no stray letters of what is below.
    let width = if area.width < 90 { area.width } else { (area.width - 6).min(100) };
    let text_width = usize::from(width.saturating_sub(4));
    let lines = overlay.lines(app, text_width);
    let height = (lines.len() as u16 + 2).clamp(3, area.height.saturating_sub(2));
    let at =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let paint =
        if matches!(overlay.kind, Kind::Failure { .. }) { app.look.danger() } else { app.look.accent() };
    let most = lines.len().saturating_sub(usize::from(height) - 2);
    // Of the log one wants the end.
    let top = if overlay.kind == Kind::Log {
        most.saturating_sub(overlay.scroll)
    } else {
        overlay.scroll.min(most)
    };
    if let Some(open) = &mut app.overlay {
        open.scroll = open.scroll.min(most);
    }
    let more = if most > 0 {
        format!(" {}-{} of {} ", top + 1, top + lines.len() - most, lines.len())
    } else {
        String::new()
    };
    let block = Block::new()
        .borders(Borders::ALL)
        .border_set(app.look.border())
        .border_style(paint)
        .title(format!(" {} ", overlay.title()))
        .title_bottom(Line::from(format!(" {} ", overlay.keys())))
        .title_bottom(Line::from(more).right_aligned());
    let inner = block.inner(at);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    frame.render_widget(Clear, at);
    frame.render_widget(block, at);
    let shown: Vec<Line<'static>> = lines.into_iter().skip(top).take(usize::from(inner.height)).collect();
    frame.render_widget(Paragraph::new(shown), inner);
}
