//! Bytes to columns: in proportion, nothing invisible, and exactly as many columns as there are.

use super::{Bar, Fate, Run, Segment};

impl Bar {
    /// The columns of every segment; together exactly `width`. Where there are more segments than columns, the
    /// smallest neighbours share a run.
    pub fn cells(&self, width: usize) -> Vec<Run> {
        let mut groups: Vec<Group> =
            self.segments.iter().enumerate().map(|(at, segment)| Group::of(at, segment)).collect();
        if width == 0 || groups.is_empty() {
            return vec![];
        }
        while groups.len() > width {
            merge_smallest(&mut groups);
        }
        // A column of its own and one for the border, where that does not push the large ones out of scale.
        let least = if groups.len() * 4 <= width { 2 } else { 1 };
        let columns = share(&groups.iter().map(|group| group.bytes).collect::<Vec<_>>(), width, least);
        let run = |(group, columns): (Group, usize)| Run {
            segments: group.first..group.end,
            columns,
            fate: group.fate,
        };
        groups.into_iter().zip(columns).map(run).collect()
    }
}

/// Neighbours that share a run.
struct Group {
    first: usize,
    end: usize,
    bytes: u128,
    fate: Fate,
}

impl Group {
    fn of(at: usize, segment: &Segment) -> Self {
        // An empty partition of a damaged table is still there.
        Self { first: at, end: at + 1, bytes: u128::from(segment.bytes.max(1)), fate: segment.fate }
    }
}

fn merge_smallest(groups: &mut Vec<Group>) {
    let smallest = (1..groups.len()).min_by_key(|&at| groups[at - 1].bytes + groups[at].bytes);
    if let Some(at) = smallest {
        let gone = groups.remove(at);
        let kept = &mut groups[at - 1];
        kept.end = gone.end;
        kept.bytes += gone.bytes;
        if weight(gone.fate) > weight(kept.fate) {
            kept.fate = gone.fate;
        }
    }
}

/// What a person must not overlook comes first.
fn weight(fate: Fate) -> u8 {
    match fate {
        Fate::Free => 0,
        Fate::Stays => 1,
        Fate::New => 2,
        Fate::Shrinks { .. } => 3,
        Fate::Dies => 4,
    }
}

/// Shares `width` in proportion to `bytes`, each at least `least`; the columns that rounding leaves go to the largest
/// remainders, the first of equals first. Wants `bytes.len() * least <= width`.
fn share(bytes: &[u128], width: usize, least: usize) -> Vec<usize> {
    let mut columns = vec![least; bytes.len()];
    let mut large: Vec<usize> = (0..bytes.len()).collect();
    let (mut left, mut total) = (width, bytes.iter().sum::<u128>());
    // Whoever's share is below the least has the least; what that costs is borne by the others.
    loop {
        let (enough, small): (Vec<usize>, Vec<usize>) =
            large.iter().copied().partition(|&at| bytes[at] * left as u128 >= least as u128 * total);
        large = enough;
        if small.is_empty() {
            break;
        }
        left -= small.len() * least;
        total -= small.iter().map(|&at| bytes[at]).sum::<u128>();
    }
    let mut remainders = Vec::new();
    let mut rest = left;
    for &at in &large {
        let exact = bytes[at] * left as u128;
        columns[at] = usize::try_from(exact / total).unwrap_or(least);
        rest -= columns[at];
        remainders.push((std::cmp::Reverse(exact % total), at));
    }
    remainders.sort_unstable();
    for (_, at) in remainders.into_iter().take(rest) {
        columns[at] += 1;
    }
    columns
}
