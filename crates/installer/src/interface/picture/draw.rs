//! The rows of a picture.

use levitate_core::plan::size_words as size;

use super::flow::{columns, flow, piece};
use super::{Bar, Fate, Picture, Piece, Row, Run, Segment, Tone};
use crate::interface::style::letters;

/// Columns of `now` and `after`.
const NAME: usize = 6;
/// Below this a bar has every column for itself.
const NARROW: usize = 20;
/// Columns that what is on a partition needs to stand beside its size, and not below.
const BESIDE: usize = 18;
/// Columns of the longest word of a fate.
const FATE: usize = 7;

impl Picture {
    /// The picture for a terminal of `width` columns: the disk, its bars, a legend.
    pub fn rows(&self, width: usize, unicode: bool) -> Vec<Row> {
        let text = |text: &str| if unicode { text.to_string() } else { letters(text) };
        let mut rows = flow(&[piece(text(&self.title), Tone::Title)], width, 4);
        for bar in &self.bars {
            let mut row = Row::new();
            let mut room = width;
            if let Some(name) = bar.name.filter(|_| width >= NARROW) {
                row.push(piece(format!("{name:NAME$}"), Tone::Dim));
                room -= NAME;
            }
            row.extend(bar.row(room, unicode));
            rows.push(row);
        }
        let entries = self.entries();
        // Of a blank disk title and bar say everything.
        if entries.iter().any(|segment| segment.fate != Fate::Free) {
            let legend = Legend::of(&entries, self.changes(), width, unicode);
            rows.extend(entries.iter().flat_map(|segment| legend.rows(segment)));
        }
        rows
    }
}

impl Bar {
    fn row(&self, width: usize, unicode: bool) -> Row {
        let runs = self.cells(width);
        let last = runs.len().saturating_sub(1);
        let mut row = Row::new();
        for (index, run) in runs.iter().enumerate() {
            let border = usize::from(index < last && run.columns > 1);
            row.push(piece(self.filled(run, run.columns - border, unicode), run.fate.tone()));
            if border > 0 {
                row.push(piece(if unicode { "│" } else { "|" }, Tone::Dim));
            }
        }
        row
    }

    /// The columns of a run, with its name in their middle where that leaves marks on both sides.
    fn filled(&self, run: &Run, width: usize, unicode: bool) -> String {
        let (mark, names) = match self.segments.get(run.segments.clone()) {
            Some([Segment { label, bytes, fate, .. }]) => {
                (fate.mark(unicode), vec![format!(" {label} {} ", size(*bytes)), format!(" {label} ")])
            }
            _ => (if unicode { '…' } else { '~' }, vec![]),
        };
        let fill = |count: usize| std::iter::repeat_n(mark, count).collect::<String>();
        match names.into_iter().find(|name| columns(name) + 2 <= width) {
            Some(name) => {
                let spare = width - columns(&name);
                format!("{}{name}{}", fill(spare / 2), fill(spare - spare / 2))
            }
            None => fill(width),
        }
    }
}

/// How the lines below the bars are set.
struct Legend {
    width: usize,
    unicode: bool,
    fates: bool,
    label: usize,
    size: usize,
}

impl Legend {
    fn of(entries: &[&Segment], fates: bool, width: usize, unicode: bool) -> Self {
        let label = entries.iter().map(|segment| columns(&segment.label)).max().unwrap_or(0);
        let size = entries.iter().map(|segment| columns(&size(segment.bytes))).max().unwrap_or(0);
        Self { width, unicode, fates, label, size }
    }

    fn rows(&self, segment: &Segment) -> Vec<Row> {
        let beside = 2 + self.label + 1 + self.size + 1 + if self.fates { FATE + 1 } else { 0 };
        if beside + BESIDE <= self.width { self.beside(segment, beside) } else { self.below(segment) }
    }

    fn beside(&self, segment: &Segment, hang: usize) -> Vec<Row> {
        let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(columns(text)));
        let [mark, label, bytes, fate] = self.head(segment);
        let label = format!(" {}{} ", label.text, pad(&label.text, self.label));
        let bytes = format!("{}{}", pad(&bytes.text, self.size), bytes.text);
        let mut first = vec![mark, piece(label + &bytes, Tone::Plain)];
        if self.fates {
            let after = pad(&fate.text, FATE);
            first.extend([piece(" ", Tone::Plain), fate, piece(after, Tone::Plain)]);
        }
        let mut rows = flow(&self.what(segment), self.width - hang, 0);
        for (index, row) in rows.iter_mut().enumerate() {
            let text = std::mem::take(row);
            let indent = || vec![piece(" ".repeat(hang), Tone::Plain)];
            *row = if index == 0 { std::mem::take(&mut first) } else { indent() };
            if text.is_empty() {
                row.retain(|piece| !piece.text.trim().is_empty());
            } else if index == 0 {
                row.push(piece(" ", Tone::Plain));
            }
            row.extend(text);
        }
        rows
    }

    fn below(&self, segment: &Segment) -> Vec<Row> {
        let mut rows = flow(&self.head(segment), self.width, 2);
        for mut row in flow(&self.what(segment), self.width.saturating_sub(2), 0) {
            if !row.is_empty() {
                row.insert(0, piece("  ", Tone::Plain));
                rows.push(row);
            }
        }
        rows
    }

    /// Mark, name, size and fate.
    fn head(&self, segment: &Segment) -> [Piece; 4] {
        let fate = segment.fate;
        let told = self.fates && fate != Fate::Free;
        [
            piece(fate.mark(self.unicode).to_string(), fate.tone()),
            piece(self.text(&segment.label), Tone::Plain),
            piece(size(segment.bytes), Tone::Plain),
            piece(if told { fate.word() } else { "" }, fate.tone()),
        ]
    }

    fn what(&self, segment: &Segment) -> Vec<Piece> {
        let mut what = vec![piece(self.text(&segment.what), Tone::Plain)];
        if let Fate::Shrinks { from, to } = segment.fate {
            let change = format!("{} → {},", size(from), size(to));
            what.insert(0, piece(self.text(&change), Tone::Shrinks));
        }
        what
    }

    fn text(&self, text: &str) -> String {
        if self.unicode { text.to_string() } else { letters(text) }
    }
}
