//! What the engine says by itself: status, help, what is noted.

use levitate_core::achieved::Achieved;
use levitate_core::action::InstallerAction as Action;
use levitate_core::machine::{Disk, Machine};
use levitate_core::plan::{contents, size_words};
use levitate_core::size::decimal;
use levitate_core::spec::InstallSpec;
use levitate_core::state::{Stage, Target, TargetMount, TargetUse};

/// The target that was noted by `mount` and is not made yet, for the language part.
pub(super) fn noted_target(machine: &Machine, spec: &InstallSpec) -> Option<Target> {
    let first = spec.mounts.iter().find(|wish| wish.mountpoint == "/").or(spec.mounts.first())?;
    let (disk, _) = machine.partition(&first.partition)?;
    let mounts = spec.mounts.iter().map(|wish| TargetMount {
        path: wish.partition.clone(),
        mount: wish.mountpoint.clone(),
        fs: machine.partition(&wish.partition).and_then(|(_, p)| p.fs.clone()),
    });
    Some(Target {
        disk: disk.path.clone(),
        usage: TargetUse::Existing,
        encrypt: false,
        mounts: mounts.collect(),
    })
}

/// The answer to a wish that needed no step now.
pub(super) fn noted(wish: &Action, changed: bool, achieved: &Achieved) -> String {
    if !changed {
        return match wish {
            Action::CopySystem if achieved.copied => "The system is on the disk already.".into(),
            Action::InstallBootloader { .. } if achieved.bootloader => {
                "The boot loader is installed already.".into()
            }
            _ => "That is so already.".into(),
        };
    }
    let later = "as soon as the system is on the disk";
    match wish {
        Action::SetHostname { name } => format!("The hostname will be {name}, {later}."),
        Action::SetTimezone { zone } => format!("The timezone will be {zone}, {later}."),
        Action::SetLocale { locale } => format!("The language will be {locale}, {later}."),
        Action::SetKeyboard { layout } => format!("The keyboard will be {layout}, {later}."),
        Action::CreateUser { name, sudo } => format!(
            "The user '{name}' will be created{}, {later}; the password is asked then.",
            if *sudo { " with sudo access" } else { "" }
        ),
        Action::SetPassword { user } => format!("The password of {user} will be asked, {later}."),
        Action::AddToGroup { user, group } => format!("{user} will be in the group {group}, {later}."),
        Action::InstallBootloader { .. } => format!("The boot loader will be installed, {later}."),
        Action::Mount { partition, mountpoint } if mountpoint == "/" => format!(
            "{partition} will be /: the new system is copied over what is on it. For a clean one, format it first. Say \
             \"install the system\" when the target is complete."
        ),
        Action::Mount { partition, mountpoint } => {
            format!(
                "{partition} will be {mountpoint}, its contents kept. Say \"install the system\" when the target is complete."
            )
        }
        _ => "Noted.".into(),
    }
}

/// Done, noted, next.
pub(super) fn status(machine: &Machine, spec: &InstallSpec, achieved: &Achieved) -> String {
    let done = achieved.stages();
    let mut lines = vec!["Stages:".to_string()];
    for stage in Stage::ALL {
        let mark = if done.contains(&stage) { "x" } else { " " };
        lines.push(format!("  [{mark}] {}", stage.title()));
    }
    if let Some(layout) = &achieved.layout {
        lines.push(format!("Target: {}{}", layout.disk, if layout.encrypted() { ", encrypted" } else { "" }));
        for volume in layout.volumes.iter().filter(|v| v.fs.is_some()) {
            lines.push(format!(
                "  {} {} {} at {}",
                volume.partition,
                size_words(volume.size_bytes),
                volume.fs.as_deref().unwrap_or(""),
                volume.mount
            ));
        }
    }
    for wish in &spec.mounts {
        if machine.partition(&wish.partition).is_some() && achieved.layout.is_none() {
            lines.push(format!("  {} will be {}", wish.partition, wish.mountpoint));
        }
    }
    let settings = [
        ("hostname", &spec.hostname, &achieved.hostname),
        ("timezone", &spec.timezone, &achieved.timezone),
        ("language", &spec.locale, &achieved.locale),
        ("keyboard", &spec.keyboard, &achieved.keyboard),
    ];
    for (name, wanted, have) in settings {
        if let Some(value) = wanted {
            lines.push(format!("{name}: {value}{}", if wanted == have { "" } else { " (noted)" }));
        }
    }
    let open: Vec<&str> =
        settings.iter().filter(|(_, wanted, _)| wanted.is_none()).map(|(name, ..)| *name).collect();
    if !open.is_empty() {
        lines.push(format!("as on the live system, unless you say otherwise: {}", open.join(", ")));
    }
    for user in &spec.users {
        let made = achieved.users.iter().any(|(name, _)| *name == user.name);
        lines.push(format!(
            "user: {}{}{}",
            user.name,
            if user.sudo { " with sudo" } else { "" },
            if made { "" } else { " (noted)" }
        ));
    }
    if let Some(next) = Stage::ALL.into_iter().find(|stage| !done.contains(stage)) {
        lines.push(format!("Next: {}, e.g. \"{}\".", next.title(), example(next)));
    }
    lines.join("\n")
}

fn example(stage: Stage) -> &'static str {
    match stage {
        Stage::Disk => "use the whole disk",
        Stage::System => "install the system",
        Stage::Configuration => "timezone los angeles",
        Stage::Users => "create user vince with sudo",
        Stage::Bootloader => "install bootloader",
        Stage::Finalize => "done",
    }
}

/// What can be said now.
pub(super) fn help(suggestions: &[String]) -> String {
    let mut text = String::from(
        "Say in your own words what you want; nothing is written to a disk before you saw the plan and said yes.\nNow you could say:",
    );
    for suggestion in suggestions {
        text.push_str(&format!("\n  \"{suggestion}\""));
    }
    text.push_str(
        "\nAt any time: \"list disks\", \"status\", \"undo\", \"what is luks\", \"exit without reboot\".",
    );
    text
}

/// The disks as the conversation remembers them.
pub(super) fn disks_for_history(disks: &[Disk]) -> String {
    let line = |disk: &Disk| {
        let role = if disk.live_medium { ", live medium" } else { "" };
        format!("{} {} {}{role}: {}", disk.path, decimal(disk.size_bytes), disk.kind_name(), contents(disk))
    };
    disks.iter().map(line).collect::<Vec<_>>().join("\n")
}
