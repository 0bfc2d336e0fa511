//! What an answer puts at stake, and what the person said about that themselves.

use levitate_core::action::{InstallerAction, Use};
use levitate_core::lists::fold;

use super::Decision;
use crate::reading::{self, Reading, UseSaid};
use crate::refs::Ref;
use crate::{Answer, Context, ground, rules};

/// True where two answers lay out the same disk and change as much of it.
pub(super) fn same_layout(a: &Answer, b: &Answer) -> bool {
    let layout = |answer: &Answer| match answer {
        Answer::Actions(actions) => actions.iter().find_map(|action| match action {
            InstallerAction::Partition(request) => Some((request.disk.clone(), request.usage)),
            _ => None,
        }),
        _ => None,
    };
    layout(a).is_some_and(|of_a| layout(b) == Some(of_a))
}

/// True where what was read is the layout that waits for a yes.
pub(super) fn says_what_waits(decision: &Decision, ctx: &Context<'_>) -> bool {
    let readings = reading::parse(&decision.reading).unwrap_or_default();
    let [Reading::Partition(said)] = &readings[..] else { return false };
    // A reading that says nothing at all is no plan.
    (said.usage != UseSaid::Keep || !said.disk.is_empty()) && ground::is_waiting(said, ctx)
}

/// "Yes, wipe it" is a yes where wiping it is what waits for one.
pub(super) fn agreeing(text: &str, ctx: &Context<'_>, decision: Decision) -> Decision {
    if rules::is_yes(text, ctx) && says_what_waits(&decision, ctx) {
        return Decision { answer: Answer::Actions(vec![InstallerAction::Confirm]), ..decision };
    }
    decision
}

/// The question to ask before the first thing in an answer that puts data at stake.
pub(super) fn risked(answer: &Answer, ctx: &Context<'_>) -> Option<String> {
    let Answer::Actions(actions) = answer else { return None };
    actions.iter().find_map(|action| match action {
        InstallerAction::Confirm => ctx
            .state
            .pending
            .as_ref()
            .filter(|waits| erases(waits).is_some())
            .map(|_| "I am not sure that was a yes. Shall I do it: yes or no?".to_owned()),
        action if changes_what_waits(action, ctx) => None,
        action => erases(action).map(|(what, say)| {
            format!("I am not sure I understood. Shall I {what}? Then say \"{say}\", or say it another way.")
        }),
    })
}

/// True for another layout of the disk that waits for a yes, on as much of it: it puts nothing more at stake, and
/// is shown before it is done.
fn changes_what_waits(action: &InstallerAction, ctx: &Context<'_>) -> bool {
    match (action, &ctx.state.pending) {
        (InstallerAction::Partition(new), Some(InstallerAction::Partition(waits))) => {
            new.disk == waits.disk && new.usage == waits.usage
        }
        _ => false,
    }
}

/// Asks where an answer would erase a system that was said to stay in the same breath.
pub(super) fn sparing(text: &str, ctx: &Context<'_>, decision: Decision) -> Decision {
    let Answer::Actions(actions) = &decision.answer else { return decision };
    let pending = ctx.state.pending.as_ref();
    let dooms = actions.iter().find_map(|action| match action {
        InstallerAction::Confirm => pending.and_then(|waits| doomed(text, waits, ctx)),
        action => doomed(text, action, ctx),
    });
    let Some((system, path)) = dooms else { return decision };
    let question = format!(
        "You want to keep {system}, but it is on {path}, and all of that would be erased. Shall I erase all of {path}, or \
         leave it and make room beside {system}?"
    );
    decision.asking(question)
}

/// A system that an action would erase although it was said to stay, and where it is.
fn doomed(text: &str, action: &InstallerAction, ctx: &Context<'_>) -> Option<(String, String)> {
    let (path, disk) = match action {
        InstallerAction::Partition(request) if request.usage == Use::Whole => {
            (&request.disk, ctx.machine.disk(&request.disk)?)
        }
        InstallerAction::Format { partition, .. } => (partition, ctx.machine.partition(partition)?.0),
        _ => return None,
    };
    rules::spared(text, &disk.path, ctx).into_iter().find_map(|system| {
        let is_here = match ctx.machine.partition(path) {
            Some((_, partition)) => partition.os.as_deref().is_some_and(|os| fold(os).contains(&system)),
            None => ground::disk::fits(&Ref::Word(system.clone()), disk),
        };
        is_here.then(|| (system, path.clone()))
    })
}

/// What an action would destroy, and words for it that nobody misunderstands.
fn erases(action: &InstallerAction) -> Option<(String, String)> {
    let name = |path: &str| path.trim_start_matches("/dev/").to_owned();
    match action {
        InstallerAction::Partition(request) => {
            let disk = &request.disk;
            Some(match request.usage {
                Use::Whole => (format!("erase all of {disk}"), format!("erase {}", name(disk))),
                Use::Free => {
                    (format!("use the free space of {disk}"), format!("use the free space on {}", name(disk)))
                }
                Use::Beside => (
                    format!("shrink what is on {disk} to make room"),
                    format!("install beside the other system on {}", name(disk)),
                ),
            })
        }
        InstallerAction::Format { partition, filesystem } => Some((
            format!("format {partition} as {}", filesystem.name()),
            format!("format {} as {}", name(partition), filesystem.name()),
        )),
        _ => None,
    }
}
