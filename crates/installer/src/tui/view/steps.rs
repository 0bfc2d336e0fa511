//! The stages: a panel with examples, or one line where there is no room for it.

use levitate_core::state::Stage;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use crate::tui::app::App;
use crate::tui::examples;

/// The left panel.
pub fn panel(app: &mut App, frame: &mut Frame<'_>, area: Rect) {
    let borders = Borders::TOP | Borders::LEFT | Borders::BOTTOM;
    let block = Block::new().borders(borders).border_set(app.look.border()).title(" Installation Steps ");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let current = app.current_stage();
    // An empty line between all stages or between none.
    let spare = usize::from(inner.height).saturating_sub(Stage::ALL.len() * 3);
    let gap = spare + 1 >= Stage::ALL.len();
    let mut y = inner.y;
    let mut row = |frame: &mut Frame<'_>, line: Line<'_>, skip: u16| -> Option<Rect> {
        let at = Rect { x: inner.x, y, width: inner.width, height: 1 };
        (y < inner.bottom()).then(|| {
            frame.render_widget(Paragraph::new(line), at);
            y += 1 + skip;
            at
        })
    };
    if spare > Stage::ALL.len() {
        row(frame, Line::default(), 0);
    }
    for (index, (stage, state)) in app.stages.clone().into_iter().enumerate() {
        let (mark, paint) = app.look.stage(state);
        let title = if current == Some(stage) {
            Span::styled(stage.title(), app.look.here())
        } else {
            Span::raw(stage.title())
        };
        row(frame, Line::from(vec![Span::raw(" "), Span::styled(mark, paint), Span::raw(" "), title]), 0);
        for (nth, example) in examples::of(stage).into_iter().enumerate() {
            let number = index * 2 + nth;
            let text = format!("{:>3} \"{example}\"", format!("#{}", number + 1));
            let skip = u16::from(nth == 1 && gap);
            if let Some(at) = row(frame, Line::from(Span::styled(text, app.look.dim())), skip) {
                app.examples_at.push((at, number));
            }
        }
    }
}

/// The stages in one line: the current one in full, of the others a word.
pub fn folded(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let current = app.current_stage();
    let mut spans = Vec::new();
    for (stage, state) in &app.stages {
        let (mark, paint) = app.look.stage(*state);
        spans.push(Span::styled(mark, paint));
        let word = short(*stage);
        spans.push(if current == Some(*stage) {
            Span::styled(word, app.look.here())
        } else {
            Span::raw(word)
        });
        spans.push(Span::raw(" "));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

fn short(stage: Stage) -> &'static str {
    match stage {
        Stage::Disk => "Disk",
        Stage::System => "System",
        Stage::Configuration => "Config",
        Stage::Users => "Users",
        Stage::Bootloader => "Boot",
        Stage::Finalize => "End",
    }
}
