//! What runs, what is asked about, what could be next: between the conversation and the input, a few lines.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::interface::Waiting;
use crate::tui::app::App;
use crate::tui::examples;
use crate::tui::work::clock;

/// Lines that it needs now.
pub fn rows(app: &App, width: u16) -> u16 {
    lines(app, usize::from(width)).len() as u16
}

/// Draws it.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Paragraph::new(lines(app, usize::from(area.width))), area);
}

fn lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let spinner = app.look.spinner(app.now.as_millis() / 100);
    if let Some(work) = &app.work
        && let Some(step) = &work.step
    {
        let title = app.look.letters(&step.title);
        if let Some((done, total)) = step.bytes().filter(|(_, total)| *total > 0) {
            let figures = step.figures();
            let beside = width.saturating_sub(console::measure_text_width(&figures) + 4);
            // The bar has a line of its own where the figures would leave it short.
            let room = if beside < 20 { width.saturating_sub(2) } else { beside.min(40) };
            let bar = Span::styled(format!("[{}] ", app.look.bar(done, total, room)), app.look.good());
            if beside < 20 {
                lines.extend([Line::from(bar), Line::from(figures)]);
            } else {
                lines.push(Line::from(vec![bar, Span::raw(figures)]));
            }
        } else if !app.step_asks() {
            let since = app.now.saturating_sub(step.since);
            lines.push(Line::from(vec![
                Span::styled(format!("{spinner} "), app.look.accent()),
                Span::raw(format!("{title}  {}", clock(since))),
            ]));
        }
        if app.step_asks() {
            return lines;
        }
        let next: Vec<String> = work.to_come().iter().take(3).cloned().collect();
        let mut text = format!("Step {} of {}: {title}", work.of.0 + 1, work.of.1.max(work.of.0 + 1));
        if !next.is_empty() {
            text.push_str(&format!(". Then: {}", next.join(", ")));
            if work.to_come().len() > next.len() {
                text.push_str(", ...");
            }
        }
        lines.push(Line::from(Span::styled(cut(&app.look.letters(&text), width), app.look.dim())));
    } else if let Some((what, since)) = &app.busy {
        let since = app.now.saturating_sub(*since);
        let mut text = app.look.letters(what);
        if since.as_secs() >= 2 {
            text.push_str(&format!("  {}", clock(since)));
        }
        lines.push(Line::from(vec![
            Span::styled(format!("{spinner} "), app.look.accent()),
            Span::raw(cut(&text, width.saturating_sub(2))),
        ]));
    }
    // A plan may be longer than the window: what must not be missed of it stands beside the question.
    if app.plan_begins_above() {
        let erases = app.plan.iter().flat_map(|view| &view.plan.warnings).find(|text| text.contains("ERASE"));
        let erases = erases.map(|text| (text.clone(), app.look.danger()));
        let understood =
            app.understood.as_ref().map(|text| (format!("understood: {text}"), app.look.accent()));
        for (text, paint) in understood.into_iter().chain(erases) {
            lines.push(Line::from(Span::styled(cut(&app.look.letters(&text), width), paint)));
        }
    }
    if matches!(app.dialogue.waiting(), Waiting::Rest)
        && app.editor.is_empty()
        && let Some(stage) = app.current_stage()
    {
        let text = format!(
            "Next: #{} \"{}\", or in your own words",
            examples::number(stage),
            examples::of(stage)[0]
        );
        lines.push(Line::from(Span::styled(cut(&app.look.letters(&text), width), app.look.dim())));
    }
    if app.stopping && !lines.is_empty() {
        lines.push(Line::from(Span::styled(
            "Stopping: what was begun is ended or taken back.",
            app.look.danger(),
        )));
    }
    for line in app.dialogue.queued().take(2) {
        let text = cut(&app.look.letters(&format!("waits: {line}")), width);
        lines.push(Line::from(Span::styled(text, app.look.dim())));
    }
    lines
}

/// As much of `text` as fits.
fn cut(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "..").into_owned()
}
