//! `apply`: an action edits the wanted system, or is refused. Pure; nothing on any disk changes here.

use crate::action::InstallerAction;
use crate::layout;
use crate::lists::Lists;
use crate::machine::Machine;
use crate::names::{check_group, check_hostname, check_mountpoint, check_user, printable};
use crate::refusal::Refusal;
use crate::spec::{BootloaderWish, FormatWish, InstallSpec, MountWish, UserWish};

/// What of the world an action is checked against.
pub struct World<'a> {
    /// The computer.
    pub machine: &'a Machine,
    /// Closed lists of the system: zones, locales, keymaps.
    pub lists: &'a Lists,
    /// The admin group of the system.
    pub admin_group: &'a str,
}

/// The spec after `action`; `None` where the action wants nothing of the spec (questions, consent, undo).
///
/// # Errors
/// A refusal that names the object and the remedy; the spec is then as it was.
pub fn apply(
    spec: &InstallSpec,
    world: &World<'_>,
    action: &InstallerAction,
) -> Result<Option<InstallSpec>, Refusal> {
    let mut next = spec.clone();
    match action {
        InstallerAction::Partition(request) => {
            layout::place(world.machine, request, spec.table, &spec.seed)?;
            next.layout = Some(request.clone());
            next.formats.clear();
            // What was mounted from the same disk is gone or newly numbered; other disks stay.
            next.mounts.retain(|wish| {
                world.machine.partition(&wish.partition).is_some_and(|(disk, _)| disk.path != request.disk)
            });
            next.copy = true;
            next.finish = false;
        }
        InstallerAction::Format { partition, filesystem } => {
            layout::check_format(world.machine, partition, *filesystem)?;
            next.formats = vec![FormatWish { partition: partition.clone(), filesystem: *filesystem }];
        }
        InstallerAction::Mount { partition, mountpoint } => {
            check_mountpoint(mountpoint)?;
            layout::find(world.machine, partition)?;
            if mountpoint == "/" {
                next.layout = None;
            }
            next.mounts.retain(|wish| wish.mountpoint != *mountpoint && wish.partition != *partition);
            next.mounts.push(MountWish { partition: partition.clone(), mountpoint: mountpoint.clone() });
        }
        InstallerAction::CopySystem => {
            if spec.layout.is_none() && !spec.mounts.iter().any(|wish| wish.mountpoint == "/") {
                return Err(Refusal::new(
                    "/",
                    "There is no target disk yet.",
                    "Say where to install first, e.g. \"use the whole disk\" or \"list disks\".",
                ));
            }
            next.copy = true;
        }
        InstallerAction::SetHostname { name } => {
            check_hostname(name)?;
            next.hostname = Some(name.clone());
        }
        InstallerAction::SetTimezone { zone } => {
            known(
                world.lists.has_zone(zone),
                zone,
                "time zone",
                "Name a city, e.g. \"timezone los angeles\".",
            )?;
            next.timezone = Some(zone.clone());
        }
        InstallerAction::SetLocale { locale } => {
            known(
                world.lists.locale_named(locale).is_some(),
                locale,
                "locale",
                "Name a language, e.g. \"language english\", or a locale such as de_DE.UTF-8.",
            )?;
            next.locale = Some(locale.clone());
        }
        InstallerAction::SetKeyboard { layout } => {
            known(
                world.lists.has_keymap(layout),
                layout,
                "keyboard layout",
                "Name one such as us, de, fr, uk, or say \"german keyboard\".",
            )?;
            next.keyboard = Some(layout.clone());
        }
        InstallerAction::CreateUser { name, sudo } => {
            check_user(name)?;
            match next.users.iter_mut().find(|user| user.name == *name) {
                Some(user) if user.sudo == *sudo => {
                    return Err(Refusal::new(
                        name,
                        format!("The user {name} is there already."),
                        "Choose another name, or say \"set password\".",
                    ));
                }
                Some(user) => user.sudo |= *sudo,
                None => {
                    next.users.push(UserWish { name: name.clone(), sudo: *sudo, groups: Vec::new() });
                    next.passwords.push(name.clone());
                }
            }
        }
        InstallerAction::SetPassword { user } => {
            if user != "root" && !spec.users.iter().any(|known| known.name == *user) {
                return Err(unknown_user(spec, user));
            }
            if !next.passwords.contains(user) {
                next.passwords.push(user.clone());
            }
        }
        InstallerAction::AddToGroup { user, group } => {
            check_group(group)?;
            let Some(wish) = next.users.iter_mut().find(|known| known.name == *user) else {
                return Err(unknown_user(spec, user));
            };
            if matches!(group.as_str(), "sudo" | "wheel") || group == world.admin_group {
                wish.sudo = true;
            } else if !wish.groups.contains(group) {
                wish.groups.push(group.clone());
            }
        }
        InstallerAction::InstallBootloader { target } => {
            if let Some(path) = target
                && world.machine.disk(path).is_none()
            {
                return Err(Refusal::new(
                    path,
                    format!("There is no disk {}.", printable(path)),
                    "Say \"install bootloader\" and it goes where the system is.",
                ));
            }
            next.bootloader = Some(BootloaderWish { target: target.clone() });
        }
        InstallerAction::Finish | InstallerAction::Reboot | InstallerAction::Exit => next.finish = true,
        InstallerAction::ListDisks
        | InstallerAction::Confirm
        | InstallerAction::Cancel
        | InstallerAction::Undo
        | InstallerAction::Status
        | InstallerAction::Help
        | InstallerAction::Explain { .. }
        | InstallerAction::RunShellCommand { .. }
        | InstallerAction::Clarify { .. } => return Ok(None),
    }
    Ok(Some(next))
}

fn known(is: bool, name: &str, what: &str, remedy: &str) -> Result<(), Refusal> {
    if is {
        return Ok(());
    }
    let name = printable(name);
    Err(Refusal::new(&name, format!("This system has no {what} \"{name}\"."), remedy))
}

fn unknown_user(spec: &InstallSpec, user: &str) -> Refusal {
    let names: Vec<_> = spec.users.iter().map(|user| user.name.as_str()).collect();
    let remedy = if names.is_empty() {
        "Create one first, e.g. \"create user vince with sudo\".".to_string()
    } else {
        format!("The users are: {}.", names.join(", "))
    };
    Refusal::new(user, format!("There is no user {}.", printable(user)), remedy)
}
