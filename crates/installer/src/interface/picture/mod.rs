//! Disks as pictures: what is on a disk and what a plan makes of it, as bars to scale with a legend below.
//!
//! No terminal here: rows are pieces of text with a [`Tone`], and every fate has a mark and a word of its own, so
//! that nothing is told by colour alone. Rooms: `model` a disk or a plan as segments, `cells` bytes to columns,
//! `draw` rows, `flow` text in a given width, `paint` tones on a terminal.

mod cells;
mod draw;
mod flow;
mod model;
mod paint;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use levitate_core::plan::size_words as size;

/// A disk as one bar, or a plan for it as two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The disk in one line: path, size, kind, model.
    pub title: String,
    /// One bar, or the bars `now` and `after`.
    pub bars: Vec<Bar>,
}

/// A disk at one moment, from its first byte to its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// `now` or `after`; none where nothing changes.
    pub name: Option<&'static str>,
    /// Partitions and free space in the order of the disk.
    pub segments: Vec<Segment>,
}

/// A partition, or free space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its device name without `/dev/`, e.g. `sda2`; `free`.
    pub label: String,
    /// What is on it, e.g. `Windows 11, ntfs`; empty for free space.
    pub what: String,
    /// Its size in bytes, in the moment of its bar.
    pub bytes: u64,
    /// What becomes of it, or what became.
    pub fate: Fate,
}

/// What becomes of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is left as it is.
    Stays,
    /// What is on it is lost.
    Dies,
    /// It is made smaller, its files stay.
    Shrinks {
        /// Bytes before.
        from: u64,
        /// Bytes after.
        to: u64,
    },
    /// The plan makes it.
    New,
    /// Nobody's.
    Free,
}

/// Columns of a bar that are one segment, or several that are too small to be told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Which segments of the bar.
    pub segments: std::ops::Range<usize>,
    /// How many columns; never 0.
    pub columns: usize,
    /// The fate; of several the worst.
    pub fate: Fate,
}

/// A line of a picture.
pub type Row = Vec<Piece>;

/// Text in one tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// How text is meant; an interface that has colours chooses one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Tone {
    Plain,
    Dim,
    Title,
    Stays,
    Dies,
    Shrinks,
    New,
    Free,
}

impl Fate {
    /// The fate in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stays => "stays",
            Self::Dies => "ERASED",
            Self::Shrinks { .. } => "smaller",
            Self::New => "new",
            Self::Free => "free",
        }
    }

    /// The sign that fills its columns: told apart without colour, and one column wide everywhere.
    pub fn mark(self, unicode: bool) -> char {
        match (self, unicode) {
            (Self::Stays, true) => '█',
            (Self::Stays, false) => '#',
            (Self::Dies, true) => '░',
            (Self::Dies, false) => 'x',
            (Self::Shrinks { .. }, true) => '▌',
            (Self::Shrinks { .. }, false) => '=',
            (Self::New, true) => '▓',
            (Self::New, false) => '+',
            (Self::Free, true) => '·',
            (Self::Free, false) => '.',
        }
    }

    /// Its tone.
    pub fn tone(self) -> Tone {
        match self {
            Self::Stays => Tone::Stays,
            Self::Dies => Tone::Dies,
            Self::Shrinks { .. } => Tone::Shrinks,
            Self::New => Tone::New,
            Self::Free => Tone::Free,
        }
    }
}

/// True where both are a partition that stays, in two moments.
fn same(now: &Segment, after: &Segment) -> bool {
    now.fate == Fate::Stays && after.fate == Fate::Stays && now.label == after.label
}

impl Picture {
    /// Every partition once, as the legend tells them: those that are there with what becomes of them, then those
    /// that the plan makes and what it leaves free.
    fn entries(&self) -> Vec<&Segment> {
        let [now, after] = self.bars.as_slice() else {
            return self.bars.iter().flat_map(|bar| &bar.segments).collect();
        };
        // What stays may be used by the new system, and only the second bar says so.
        let later = |segment| after.segments.iter().find(|later| same(segment, later)).unwrap_or(segment);
        let there = now.segments.iter().filter(|segment| segment.fate != Fate::Free).map(later);
        let made = after.segments.iter().filter(|segment| matches!(segment.fate, Fate::New | Fate::Free));
        there.chain(made).collect()
    }

    /// True where something becomes of the disk; else there is no fate to tell.
    fn changes(&self) -> bool {
        self.bars.len() > 1
    }

    /// The picture without graphics, for people who hear it: the disk, then one sentence for each partition.
    pub fn words(&self) -> Vec<String> {
        let sentence = |segment: &Segment| {
            let Segment { label, what, bytes, fate } = segment;
            let bytes = size(*bytes);
            match fate {
                Fate::Free if what.is_empty() => format!("{bytes} free"),
                Fate::Free => format!("{bytes} free, {what}"),
                _ if !self.changes() => format!("{label}, {bytes} {what}"),
                Fate::Shrinks { from, to } => {
                    format!("{label}, {bytes} {what}: made smaller, from {} to {}", size(*from), size(*to))
                }
                fate => format!("{label}, {bytes} {what}: {}", fate.word()),
            }
        };
        let sentences = self.entries().into_iter().map(sentence);
        std::iter::once(self.title.clone()).chain(sentences).collect()
    }
}
