//! The conversation: entries, and their lines for the width they were last drawn at.
//!
//! Lines are made once an entry and width, so a frame costs what is seen, not what was said.

use std::ops::Range;

use ratatui::text::Line;

use super::entry::Entry;
use super::look::Look;

/// The conversation so far.
#[derive(Default)]
pub struct Chat {
    items: Vec<Item>,
    width: usize,
    /// Lines of all items.
    total: usize,
    /// Lines below the window; 0 follows what is said.
    below: usize,
    /// Lines of the window.
    height: usize,
}

struct Item {
    entry: Entry,
    /// With the empty line before it, where there is one.
    lines: Vec<Line<'static>>,
    /// Lines are as the entry is.
    fresh: bool,
}

impl Chat {
    /// Something new at the end.
    pub fn push(&mut self, entry: Entry) {
        self.items.push(Item { entry, lines: Vec::new(), fresh: false });
    }

    /// The last entry that `wanted` gives something of, to be changed.
    pub fn find_last_mut<T>(&mut self, wanted: impl Fn(&mut Entry) -> Option<&mut T>) -> Option<&mut T> {
        self.items.iter_mut().rev().find_map(|item| {
            let found = wanted(&mut item.entry)?;
            item.fresh = false;
            Some(found)
        })
    }

    /// All entries.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.items.iter().map(|item| &item.entry)
    }

    /// Makes the lines for a window of this size. What is read stays where it is, unless it is the end.
    pub fn fit(&mut self, width: usize, height: usize, look: &Look) {
        let wider = self.width != width;
        self.width = width;
        self.height = height;
        let before = self.total;
        let mut total = 0;
        let mut previous = None;
        for item in &mut self.items {
            if !item.fresh || wider {
                item.lines = item.entry.lines(look, width);
                if previous.is_some_and(|kind| item.entry.apart_from(kind)) {
                    item.lines.insert(0, Line::default());
                }
                item.fresh = true;
            }
            previous = Some(item.entry.kind());
            total += item.lines.len();
        }
        self.total = total;
        if self.below > 0 && !wider {
            self.below = (self.below + total).saturating_sub(before);
        }
        self.below = self.below.min(self.most_below());
    }

    fn most_below(&self) -> usize {
        self.total.saturating_sub(self.height)
    }

    /// Scrolls by lines: up is positive.
    pub fn scroll(&mut self, lines: isize) {
        self.below = self.below.saturating_add_signed(lines).min(self.most_below());
    }

    /// Scrolls by windows: up is positive.
    pub fn page(&mut self, pages: isize) {
        self.scroll(pages.saturating_mul(self.height.saturating_sub(2).max(1) as isize));
    }

    /// To what is said now.
    pub fn follow(&mut self) {
        self.below = 0;
    }

    /// Lines that are hidden below the window.
    pub fn below(&self) -> usize {
        self.below
    }

    /// True where the last entry that is `wanted` begins above the window.
    pub fn begins_above(&self, wanted: impl Fn(&Entry) -> bool) -> bool {
        let top = self.total.saturating_sub(self.below).saturating_sub(self.height);
        let mut end = self.total;
        for item in self.items.iter().rev() {
            end -= item.lines.len().min(end);
            if wanted(&item.entry) {
                return end + 1 < top;
            }
        }
        false
    }

    /// The lines in the window, top first.
    pub fn window(&self) -> Vec<Line<'static>> {
        let end = self.total - self.below.min(self.total);
        self.range(end.saturating_sub(self.height)..end)
    }

    fn range(&self, wanted: Range<usize>) -> Vec<Line<'static>> {
        let mut at = 0;
        let mut out = Vec::with_capacity(wanted.len());
        for item in &self.items {
            let next = at + item.lines.len();
            if next > wanted.start {
                let from = wanted.start.max(at) - at;
                let to = wanted.end.min(next) - at;
                out.extend_from_slice(item.lines.get(from..to).unwrap_or_default());
            }
            at = next;
            if at >= wanted.end {
                break;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::{Facts, Style};

    fn look() -> Look {
        Look::of(&Style::of(&Facts::default(), false, false))
    }

    fn chat(count: usize) -> Chat {
        let mut chat = Chat::default();
        (0..count).for_each(|n| chat.push(Entry::Remark(format!("line {n}"))));
        chat.fit(40, 5, &look());
        chat
    }

    fn shown(chat: &Chat) -> Vec<String> {
        chat.window().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_end_is_followed_until_one_scrolls_and_then_what_is_read_stays() {
        let mut chat = chat(20);
        assert_eq!(shown(&chat).last().unwrap(), "line 19");
        chat.scroll(3);
        assert_eq!(shown(&chat).last().unwrap(), "line 16");
        chat.push(Entry::Remark("new".into()));
        chat.fit(40, 5, &look());
        assert_eq!(shown(&chat).last().unwrap(), "line 16");
        assert_eq!(chat.below(), 4);
        chat.follow();
        assert_eq!(shown(&chat).last().unwrap(), "new");
        chat.page(100);
        assert_eq!(shown(&chat)[0], "line 0");
        chat.scroll(-1000);
        assert_eq!(chat.below(), 0);
    }

    #[test]
    fn a_small_or_empty_window_is_no_trouble() {
        let mut chat = Chat::default();
        chat.fit(0, 0, &look());
        assert!(chat.window().is_empty());
        let mut chat = self::chat(3);
        chat.fit(1, 1, &look());
        chat.page(1);
        assert_eq!(chat.window().len(), 1);
    }
}
