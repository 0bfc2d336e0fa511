//! Readings to actions: what the words mean on this machine, in this state, after this conversation.
//!
//! The step where safety lives. A word that names no disk never becomes one; where nothing or more than one thing
//! fits, the answer is a question that names what there is. Neighbours: [`disk`] and `pick` (which disk), `offers` and
//! `history` (what was spoken of), `partition`, `plan`, [`people`].

use levitate_core::action::InstallerAction;
use levitate_core::lists::Found;

use crate::reading::Reading;
use crate::refs::Ref;
use crate::{Context, names, shell};

pub mod disk;
mod history;
pub(crate) mod makers;
mod offers;
mod partition;
pub mod people;
mod pick;
mod plan;
mod turn;

pub(crate) use plan::SAYS_ALREADY;
pub use plan::is_waiting;

pub use history::{devices, last_asked, last_disk as mentioned_last, mentioned_disks};

/// A question to the person, in place of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask(pub String);

impl Ask {
    pub(crate) fn new(question: impl Into<String>) -> Self {
        Self(question.into())
    }
}

/// What the readings ask for, in their order; a single `Clarify` where any of them cannot be told.
pub fn ground(readings: &[Reading], ctx: &Context<'_>) -> Vec<InstallerAction> {
    match ground_all(readings, ctx) {
        Ok(actions) => actions,
        Err(Ask(question)) => vec![InstallerAction::Clarify { question }],
    }
}

fn ground_all(readings: &[Reading], ctx: &Context<'_>) -> Result<Vec<InstallerAction>, Ask> {
    let mut actions: Vec<InstallerAction> = Vec::new();
    for reading in &one_place(readings, ctx) {
        for action in ground_one(reading, ctx, &actions)? {
            // What is set twice in a breath was corrected.
            actions.retain(|before| !sets_the_same(before, &action));
            let Some(action) = with_rights(&mut actions, action) else { continue };
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
    }
    let wipes = |action: &InstallerAction| match action {
        InstallerAction::Partition(request) => Some(request.disk.clone()),
        _ => None,
    };
    // Two layouts for one disk, or a layout and a format on the same disk, contradict each other.
    let disks: Vec<String> = actions.iter().filter_map(wipes).collect();
    if disks.len() > 1 {
        return Err(Ask::new(format!("One disk at a time: shall it be {}?", join(&disks, "or"))));
    }
    for action in &actions {
        if let (InstallerAction::Format { partition, .. }, [disk]) = (action, disks.as_slice())
            && ctx.machine.partition(partition).is_some_and(|(of, _)| of.path == *disk)
        {
            return Err(Ask::new(format!(
                "{partition} is on {disk}: shall I lay out {disk} anew, or only format {partition}?"
            )));
        }
    }
    Ok(actions)
}

/// "Paris, Texas" is one place, although a comma stands in it.
fn one_place(readings: &[Reading], ctx: &Context<'_>) -> Vec<Reading> {
    let places: Vec<&str> = readings
        .iter()
        .filter_map(
            |reading| if let Reading::Timezone(place) = reading { Some(place.as_str()) } else { None },
        )
        .collect();
    let whole = places.join(" ");
    let [_, region] = places[..] else { return readings.to_vec() };
    if !ctx.lists.is_region(region) || !matches!(ctx.lists.zone(&whole), Found::One(_)) {
        return readings.to_vec();
    }
    let (mut out, mut said) = (Vec::new(), false);
    for reading in readings {
        match reading {
            Reading::Timezone(_) if said => {}
            Reading::Timezone(_) => {
                said = true;
                out.push(Reading::Timezone(whole.clone()));
            }
            other => out.push(other.clone()),
        }
    }
    out
}

/// The action, unless it makes an account that was named before: that one gets the rights of both.
fn with_rights(actions: &mut [InstallerAction], action: InstallerAction) -> Option<InstallerAction> {
    if let InstallerAction::CreateUser { name: again, sudo: more } = &action {
        for before in actions {
            if let InstallerAction::CreateUser { name, sudo } = before
                && name == again
            {
                *sudo |= *more;
                return None;
            }
        }
    }
    Some(action)
}

/// True for two values of one setting.
fn sets_the_same(a: &InstallerAction, b: &InstallerAction) -> bool {
    use InstallerAction as A;
    matches!(
        (a, b),
        (A::SetHostname { .. }, A::SetHostname { .. })
            | (A::SetTimezone { .. }, A::SetTimezone { .. })
            | (A::SetLocale { .. }, A::SetLocale { .. })
            | (A::SetKeyboard { .. }, A::SetKeyboard { .. })
    )
}

fn ground_one(
    reading: &Reading,
    ctx: &Context<'_>,
    before: &[InstallerAction],
) -> Result<Vec<InstallerAction>, Ask> {
    use InstallerAction as A;
    let one = |action| Ok(vec![action]);
    match reading {
        Reading::ListDisks => one(A::ListDisks),
        Reading::Partition(said) => plan::ground(said, ctx).map(|request| vec![A::Partition(request)]),
        Reading::Format { partition, fs } => {
            let path = partition::find(partition, ctx, before, true)?;
            let filesystem = fs.ok_or_else(|| {
                Ask::new(format!("Which file system shall {path} get: ext4, btrfs or xfs?"))
            })?;
            one(A::Format { partition: path, filesystem })
        }
        Reading::Mount { partition, at } => {
            let path = partition::find(partition, ctx, before, false)?;
            if at.is_empty() {
                return Err(Ask::new(format!("Where shall {path} be mounted, for example /home or /data?")));
            }
            if !partition::is_mountpoint(at) {
                return Err(Ask::new(format!(
                    "\"{at}\" is not a mount point: it has to be a path such as /home."
                )));
            }
            one(A::Mount { partition: path, mountpoint: at.clone() })
        }
        Reading::Copy => {
            let ready = ctx.state.target.is_some()
                || before
                    .iter()
                    .any(|action| matches!(action, A::Partition(_) | A::Format { .. } | A::Mount { .. }));
            if ready {
                one(A::CopySystem)
            } else {
                let disks = disk::describe_candidates(ctx);
                Err(Ask::new(format!("Nothing can be copied yet, because no disk is set up. {disks}")))
            }
        }
        Reading::Hostname(said) if said == "it" => {
            let name =
                people::last_named(ctx).ok_or_else(|| Ask::new("What shall this computer be called?"))?;
            one(A::SetHostname { name: host(&name)? })
        }
        Reading::Hostname(said) => one(A::SetHostname { name: host(said)? }),
        Reading::Timezone(said) => match ctx.lists.zone(said) {
            Found::One(zone) => one(A::SetTimezone { zone }),
            Found::Many(zones) if zones.is_empty() => {
                Err(Ask::new(format!("\"{said}\" has many time zones. Which city is near you?")))
            }
            Found::Many(zones) => Err(Ask::new(format!(
                "\"{said}\" can be {}. Which one, or which city is near you?",
                join(&zones, "or")
            ))),
            Found::Nothing if said.is_empty() => Err(Ask::new("Which city or time zone shall I set?")),
            Found::Nothing => Err(Ask::new(format!(
                "I know no time zone for \"{}\". Which larger city is near you?",
                short(said)
            ))),
        },
        Reading::Locale(said) => match ctx.lists.locale(said) {
            Found::One(locale) => one(A::SetLocale { locale }),
            _ if said.is_empty() => Err(Ask::new("Which language shall the system speak?")),
            _ => Err(Ask::new(format!(
                "I know no language \"{}\". Say a language such as german, or a locale such as de_DE.UTF-8.",
                short(said)
            ))),
        },
        Reading::Keyboard(said) => match ctx.lists.keymap(said) {
            Found::One(layout) => one(A::SetKeyboard { layout }),
            _ if said.is_empty() => {
                Err(Ask::new("Which keyboard layout do you have, for example us, uk, de or fr?"))
            }
            _ => Err(Ask::new(format!(
                "I know no keyboard layout \"{}\". Say a language or a layout such as us, uk, de, fr.",
                short(said)
            ))),
        },
        Reading::User { name, sudo } => {
            one(A::CreateUser { name: people::new_name(name, ctx)?, sudo: *sudo })
        }
        Reading::Password(said) => people::find_all(said, ctx, before)
            .map(|users| users.into_iter().map(|user| A::SetPassword { user }).collect()),
        Reading::Group { user, group } => people::group(user, group, ctx, before),
        Reading::Boot(refs) => {
            let target = if refs.is_empty() { None } else { Some(boot_disk(refs, ctx)?) };
            one(A::InstallBootloader { target })
        }
        Reading::Finish => one(A::Finish),
        Reading::Reboot => one(A::Reboot),
        Reading::Exit => one(A::Exit),
        Reading::Confirm if ctx.state.pending.is_none() => Err(Ask::new(nothing_waits(ctx))),
        Reading::Confirm => one(A::Confirm),
        Reading::Cancel if ctx.state.pending.is_none() => {
            Err(Ask::new("Nothing is waiting for an answer. What shall I do instead?"))
        }
        Reading::Cancel => one(A::Cancel),
        Reading::Undo => one(A::Undo),
        Reading::Status => one(A::Status),
        Reading::Help => one(A::Help),
        Reading::Explain(topic) => one(A::Explain { topic: *topic }),
        Reading::Shell(command) => match shell::check(command) {
            Ok(argv) => one(A::RunShellCommand { command: argv.join(" ") }),
            Err(refusal) => Err(Ask::new(refusal.to_string())),
        },
        Reading::Ask(question) if question.is_empty() => Err(Ask::new(unclear(ctx))),
        Reading::Ask(question) => Err(Ask::new(question.clone())),
        Reading::Talk => Ok(Vec::new()),
    }
}

/// A host name, checked, with a proposal where it will not do.
fn host(said: &str) -> Result<String, Ask> {
    let Some(problem) = names::host_problem(said) else { return Ok(said.to_owned()) };
    if said.is_empty() {
        return Err(Ask::new("What shall this computer be called?"));
    }
    let proposal = names::host_proposal(said).map_or(String::new(), |name| format!(" Shall I use {name}?"));
    Err(Ask::new(format!("\"{}\" cannot be a host name: {problem}.{proposal}", short(said))))
}

/// GRUB may go on the disk of the target although its partitions are new.
fn boot_disk(refs: &crate::refs::Refs, ctx: &Context<'_>) -> Result<String, Ask> {
    if let ([Ref::It], Some(target)) = (refs.0.as_slice(), &ctx.state.target) {
        return Ok(target.disk.clone());
    }
    disk::find(refs, ctx).map(|disk| disk.path.clone())
}

/// The question where something does not fit, and no more is known than that.
fn unclear(ctx: &Context<'_>) -> String {
    let next = crate::explain::suggestions(ctx);
    match next.first() {
        Some(next) => {
            format!("I am not sure what you want there. Say it another way please, for example \"{next}\".")
        }
        None => "I am not sure what you want there. Say it another way please.".into(),
    }
}

fn nothing_waits(ctx: &Context<'_>) -> String {
    match ctx.state.target {
        Some(_) => "Nothing is waiting for a yes. Say status to see what comes next.".into(),
        None => format!("Nothing is waiting for a yes. {}", disk::describe_candidates(ctx)),
    }
}

/// `a, b or c`.
pub(crate) fn join(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} {word} {last}", head.join(", ")),
    }
}

/// What was said, short enough for a sentence.
pub(crate) fn short(said: &str) -> String {
    let clean: String = said.chars().filter(|c| !c.is_control()).take(40).collect();
    if said.chars().count() > 40 { format!("{clean}…") } else { clean }
}
