//! A wish that ended in a question, and the answer that completes it: "install encrypted" - "Which disk?" - "the ssd".

use levitate_core::action::InstallerAction;

use crate::reading::{PartitionSaid, Reading, UseSaid};
use crate::refs::Refs;
use crate::rules::{self, Read};
use crate::{Answer, Context, Role, ground};

/// Keeps what a question is about until it is answered or nobody wants it any more: `now` is what the answer to the last
/// sentence left open ([`super::Decision::open`]).
pub fn keep(open: &mut Vec<Reading>, answer: &Answer, now: &[Reading]) {
    use InstallerAction as A;
    let Answer::Actions(actions) = answer else { return };
    let ends = |action: &A| matches!(action, A::Partition(_) | A::Confirm | A::Cancel | A::Undo | A::Exit);
    if let [A::Clarify { .. }] = actions[..] {
        // A question that came with no wish is no end of the one before.
        if !now.is_empty() {
            *open = now.to_vec();
        }
    } else if actions.iter().any(ends) || !open.iter().any(|reading| matches!(reading, Reading::Partition(_)))
    {
        open.clear();
    }
}

/// What was said now, with what the wish before had said already. Only a layout that is not planned yet is
/// completed; what is said anew counts.
pub(super) fn completed(mut readings: Vec<Reading>, ctx: &Context<'_>) -> Vec<Reading> {
    if let Some(mount) = mounting(&readings, ctx) {
        return vec![mount];
    }
    let Some((open, beside)) = asked_about(ctx) else { return readings };
    let mut layouts = readings.iter_mut().filter_map(|reading| match reading {
        Reading::Partition(said) => Some(said),
        _ => None,
    });
    let (Some(said), None) = (layouts.next(), layouts.next()) else { return readings };
    fill(said, open, ctx);
    for reading in beside {
        let same = |other: &Reading| std::mem::discriminant(other) == std::mem::discriminant(&reading);
        if !readings.iter().any(same) {
            readings.push(reading);
        }
    }
    readings
}

/// "Keep my home" - "Which partition?" - "sda3": a partition alone answers, and is no wish to format it.
fn mounting(readings: &[Reading], ctx: &Context<'_>) -> Option<Reading> {
    let [Reading::Mount { at, .. }] = ctx.open else { return None };
    match readings {
        [Reading::Format { partition, fs: None }] if !at.is_empty() => {
            Some(Reading::Mount { partition: partition.clone(), at: at.clone() })
        }
        [Reading::Mount { partition, at: none }] if none.is_empty() && !at.is_empty() => {
            Some(Reading::Mount { partition: partition.clone(), at: at.clone() })
        }
        _ => None,
    }
}

/// The layout that the last question was about, and what was said along with it.
fn asked_about(ctx: &Context<'_>) -> Option<(PartitionSaid, Vec<Reading>)> {
    if ctx.state.pending.is_some() || ctx.state.target.is_some() {
        return None;
    }
    let mut readings = if ctx.open.is_empty() { from_history(ctx)? } else { ctx.open.to_vec() };
    let at = readings.iter().position(|reading| matches!(reading, Reading::Partition(_)))?;
    let Reading::Partition(said) = readings.remove(at) else { return None };
    // Two layouts were the question.
    if readings.iter().any(|reading| matches!(reading, Reading::Partition(_))) {
        return None;
    }
    if ctx.open.is_empty() {
        // What was said beside it, long ago perhaps, may have been done.
        readings.clear();
    }
    Some((said, readings))
}

/// What the rules make of the sentence before the installer's question.
fn from_history(ctx: &Context<'_>) -> Option<Vec<Reading>> {
    let [before @ .., said, asked] = ctx.history else { return None };
    if said.role != Role::User || asked.role != Role::Assistant || !asked.content.trim_end().ends_with('?') {
        return None;
    }
    match rules::read(&said.content, &Context { history: before, ..*ctx }) {
        Read::Readings(readings) => Some(readings),
        _ => None,
    }
}

fn fill(said: &mut PartitionSaid, open: PartitionSaid, ctx: &Context<'_>) {
    // A word that fits several disks was the question; where it named one, the question may have been another.
    if said.disk.is_empty()
        && ground::mentioned_last(ctx).is_none()
        && ground::disk::find(&open.disk, ctx).is_ok()
    {
        said.disk = open.disk;
    }
    if said.usage == UseSaid::Keep {
        said.usage = open.usage;
    }
    said.encrypt = said.encrypt.or(open.encrypt);
    said.fs = said.fs.or(open.fs);
    if matches!(said.usage, UseSaid::Beside | UseSaid::Along) {
        said.give = said.give.or(open.give);
    }
    let sizes = said.root.or(said.home).or(said.swap).or(said.boot);
    if said.scheme.is_empty() && (open.scheme.is_empty() || sizes.is_none()) {
        said.root = said.root.or(open.root);
        said.home = said.home.or(open.home);
        said.swap = said.swap.or(open.swap);
        said.boot = said.boot.or(open.boot);
        said.scheme = open.scheme;
    }
}

/// The readings without the disk and the way that were in doubt: neither may come back by a later answer.
pub(super) fn harmless(mut readings: Vec<Reading>) -> Vec<Reading> {
    for reading in &mut readings {
        if let Reading::Partition(said) = reading {
            said.disk = Refs::default();
            said.usage = UseSaid::Keep;
        }
    }
    readings
}
