//! One entry of the conversation, and how it is drawn.

use levitate_core::machine::Disk;
use levitate_core::plan::{THEN, is_about_the_table};
use levitate_core::protocol::{Failure, PlanView};
use ratatui::style::Style as Paint;
use ratatui::text::{Line, Span};

use super::look::Look;
use crate::interface::{Picture, Row, Tone, disk_lines, wrap};

/// Something in the conversation.
#[derive(Clone, Debug)]
pub enum Entry {
    /// What the person said.
    Person(String),
    /// What the installer said.
    Said(String),
    /// What was understood.
    Understood(String),
    /// The disks.
    Disks(Vec<Disk>),
    /// A plan.
    Plan(Box<PlanView>),
    /// Something the person should read.
    Warning(String),
    /// A remark of the screen itself.
    Remark(String),
    /// A step.
    Step(StepLine),
    /// A step that is taken back.
    Undoing(String),
    /// A failure.
    Failure(Failure),
    /// The system that was made.
    Summary(Vec<String>),
}

/// A plan with everything that is known of it.
pub fn whole_plan(view: &PlanView, look: &Look, width: usize) -> Vec<Line<'static>> {
    Page { look, width }.plan(view, true)
}

/// The line of a step.
#[derive(Clone, Debug)]
pub struct StepLine {
    /// Its title.
    pub title: String,
    /// How it ended: `done`, `failed`; empty while it runs.
    pub end: String,
    /// It failed.
    pub failed: bool,
}

/// Entries of one kind stand together, others have an empty line between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Said by the person.
    Person,
    /// Blocks that always stand alone.
    Block,
    /// Lines of what runs.
    Work,
    /// Remarks, close to what they belong to.
    Remark,
}

impl Entry {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Person(_) => Kind::Person,
            Self::Step(_) | Self::Undoing(_) | Self::Warning(_) => Kind::Work,
            Self::Remark(_) => Kind::Remark,
            _ => Kind::Block,
        }
    }

    /// True where an empty line stands between it and what is above.
    pub fn apart_from(&self, above: Kind) -> bool {
        let kind = self.kind();
        kind != Kind::Remark && (above, kind) != (Kind::Work, Kind::Work)
    }

    /// Its lines, none wider than `width` cells.
    pub fn lines(&self, look: &Look, width: usize) -> Vec<Line<'static>> {
        let page = Page { look, width };
        match self {
            Self::Person(text) => {
                let mut lines = Vec::new();
                for (index, line) in text.lines().enumerate() {
                    page.put(
                        &mut lines,
                        &format!("{} {line}", if index == 0 { ">" } else { " " }),
                        2,
                        look.person(),
                    );
                }
                lines
            }
            Self::Said(text) => page.text(text, Paint::new()),
            Self::Understood(text) => page.text(&format!("understood: {text}"), look.dim()),
            Self::Disks(disks) => page.disks(disks),
            Self::Plan(view) => page.plan(view, false),
            Self::Warning(text) => page.text(&format!("WARNING: {text}"), page.loud(text)),
            Self::Remark(text) => page.text(text, look.dim()),
            Self::Step(step) => {
                let paint = if step.failed { look.danger() } else { Paint::new() };
                page.text(&format!("{}... {}", step.title, step.end), paint)
            }
            Self::Undoing(text) => page.text(&format!("Taking back: {text}"), look.accent()),
            Self::Failure(failure) => page.failure(failure),
            Self::Summary(lines) => {
                let mut out = page.text("The new system:", look.good());
                out.extend(page.texts(lines.iter().map(|line| (line.as_str(), Paint::new()))));
                out
            }
        }
    }
}

/// What lines are made for.
struct Page<'a> {
    look: &'a Look,
    width: usize,
}

impl Page<'_> {
    fn put(&self, lines: &mut Vec<Line<'static>>, text: &str, hang: usize, paint: Paint) {
        for line in folded(&self.look.letters(text), self.width, hang) {
            lines.push(Line::from(Span::styled(line, paint)));
        }
    }

    fn text(&self, text: &str, paint: Paint) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        self.put(&mut lines, text, 0, paint);
        lines
    }

    fn texts<'a>(&self, texts: impl Iterator<Item = (&'a str, Paint)>) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        texts.for_each(|(text, paint)| self.put(&mut lines, text, 2, paint));
        lines
    }

    /// Words that say that something is lost are loud.
    fn loud(&self, text: &str) -> Paint {
        if text.contains("ERASE") { self.look.danger() } else { self.look.accent() }
    }

    fn disks(&self, disks: &[Disk]) -> Vec<Line<'static>> {
        if disks.is_empty() {
            return self.texts(disk_lines(disks).iter().map(|line| (line.as_str(), Paint::new())));
        }
        let mut lines = self.text("Found:", Paint::new());
        for (index, disk) in disks.iter().enumerate() {
            if index > 0 {
                lines.push(Line::default());
            }
            self.picture(&mut lines, &Picture::of_disk(disk));
        }
        lines
    }

    fn picture(&self, lines: &mut Vec<Line<'static>>, picture: &Picture) {
        lines.extend(picture.rows(self.width, self.look.unicode).iter().map(|row| self.row(row)));
    }

    fn row(&self, row: &Row) -> Line<'static> {
        let paint = |tone: Tone| match tone {
            Tone::Plain | Tone::Stays => Paint::new(),
            Tone::Dim | Tone::Free => self.look.dim(),
            Tone::Title => self.look.person(),
            Tone::Dies => self.look.danger(),
            Tone::Shrinks => self.look.accent(),
            Tone::New => self.look.good(),
        };
        row.iter().map(|piece| Span::styled(self.look.letters(&piece.text), paint(piece.tone))).collect()
    }

    /// The disks before and after, what follows, what one must know. The layout in words as well where `full`, or
    /// where there is no picture of it.
    fn plan(&self, view: &PlanView, full: bool) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if view.asks || full {
            let plan = &view.plan;
            self.put(&mut lines, "Plan:", 0, self.look.accent());
            let pictures: Vec<Picture> =
                view.before.iter().filter_map(|disk| Picture::of_plan(disk, plan)).collect();
            pictures.iter().for_each(|picture| self.picture(&mut lines, picture));
            // The picture stands for the layout alone: every step that follows is said.
            let drawn =
                plan.lines.iter().position(|line| line == THEN).filter(|_| !pictures.is_empty() && !full);
            let (layout, said) = plan.lines.split_at(drawn.unwrap_or(0));
            // No picture shows the kind of the table, and it is a line of its own only where it was wished for.
            let table = layout.iter().filter(|line| is_about_the_table(line));
            for line in table.chain(said) {
                let paint = if line.contains("ERASE") { self.look.danger() } else { Paint::new() };
                self.put(&mut lines, &format!("  {line}"), 2, paint);
            }
        }
        for warning in &view.plan.warnings {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            let whole = format!("WARNING: {warning}");
            // A long remark on what harms nothing is cut to its first sentence; F2 has the rest.
            let harms = ["ERASE", "backup", "lost"].iter().any(|word| warning.contains(word));
            let long = folded(&self.look.letters(&whole), self.width, 2).len() > 3;
            let text = match warning.split_once(". ") {
                Some((first, _)) if long && !harms && !full => format!("WARNING: {first}. (F2 says more.)"),
                _ => whole,
            };
            self.put(&mut lines, &text, 2, self.loud(warning));
        }
        lines
    }

    fn failure(&self, failure: &Failure) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for (index, line) in failure.what.lines().enumerate() {
            if index == 0 {
                self.put(&mut lines, &format!("FAILED: {line}"), 2, self.look.danger());
            } else {
                self.put(&mut lines, &format!("  {line}"), 2, Paint::new());
            }
        }
        failure.state.iter().for_each(|line| self.put(&mut lines, &format!("  {line}"), 2, Paint::new()));
        self.put(&mut lines, &format!("Next: {}", failure.next), 2, Paint::new());
        lines
    }
}

/// `wrap`, and words wider than a line are broken.
pub fn folded(text: &str, width: usize, hang: usize) -> Vec<String> {
    let width = width.max(2);
    let mut out = Vec::new();
    for line in wrap(text, width, hang.min(width / 2)) {
        let mut rest = line.as_str();
        while console::measure_text_width(rest) > width {
            let mut used = 0;
            let at = rest
                .char_indices()
                .find(|(_, letter)| {
                    used += unicode_width::UnicodeWidthChar::width(*letter).unwrap_or(0);
                    used > width
                })
                .map_or(rest.len(), |(at, _)| at);
            out.push(rest.get(..at).unwrap_or_default().to_string());
            rest = rest.get(at..).unwrap_or_default();
        }
        out.push(rest.to_string());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::{Facts, Style};

    #[test]
    fn no_line_is_wider_than_the_page() {
        let look =
            Look::of(&Style::of(&Facts { locale: "C.UTF-8".into(), ..Facts::default() }, false, false));
        let texts = [
            "plain words that go on for a while and on and on",
            "averyveryverylongwordwithoutanyplacetobreakit/dev/disk/by-id/ata-Samsung_SSD_870_EVO",
            "磁盘分区已经成功完成，请继续下一步安装系统",
            "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
        ];
        for width in [1, 2, 7, 20, 60] {
            for text in texts {
                for line in Entry::Said(text.into()).lines(&look, width) {
                    assert!(line.width() <= width.max(2), "{width}: {line}");
                }
            }
        }
    }
}
