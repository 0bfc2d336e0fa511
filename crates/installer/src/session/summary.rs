//! The system that was made, in facts a person can check: what, how it starts, where its journal is.

use levitate_core::achieved::Achieved;
use levitate_core::journal::Journal;
use levitate_core::layout::{TargetLayout, Volume};
use levitate_core::machine::Firmware;
use levitate_core::plan::size_words;
use levitate_core::spec::InstallSpec;
use levitate_core::state::TargetUse;
use levitate_core::step::{INSTALLED_LOG_DIR, boot::LOADER};

/// The summary of a finished installation, a fact a line.
pub(super) fn lines(spec: &InstallSpec, achieved: &Achieved, rehearsal: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(layout) = &achieved.layout {
        lines.push(format!("System: {}, {}", layout.disk, usage(layout.usage)));
        lines.extend(layout.volumes.iter().filter_map(volume));
    }
    for (name, value) in [
        ("Hostname", &achieved.hostname),
        ("Timezone", &achieved.timezone),
        ("Language", &achieved.locale),
        ("Keyboard", &achieved.keyboard),
    ] {
        lines.push(format!("{name}: {}", value.as_deref().unwrap_or("as on the live system")));
    }
    lines.extend(users(spec, achieved));
    if let Some(layout) = &achieved.layout {
        lines.extend(start(spec, achieved, layout));
    }
    lines.push(if rehearsal {
        "Journal: none, this was a rehearsal.".into()
    } else {
        let now = Journal::path();
        format!("Journal: {INSTALLED_LOG_DIR} on the new system; until the restart {}", now.display())
    });
    lines
}

fn usage(usage: TargetUse) -> &'static str {
    match usage {
        TargetUse::Whole => "the whole disk",
        TargetUse::Free => "in its free space",
        TargetUse::Beside => "beside the other system",
        TargetUse::Existing => "on partitions that were there",
    }
}

fn volume(volume: &Volume) -> Option<String> {
    let fs = volume.fs.as_deref()?;
    let size = size_words(volume.size_bytes);
    let place = if volume.is_mounted() { format!(" at {}", volume.mount) } else { String::new() };
    let luks = if volume.luks.is_some() { ", encrypted" } else { "" };
    let kept = if volume.make || volume.mount == "/" { "" } else { ", contents kept" };
    Some(format!("  {}: {size} {fs}{place}{luks}{kept}", volume.partition))
}

fn users(spec: &InstallSpec, achieved: &Achieved) -> Vec<String> {
    let password = |name: &str| {
        if achieved.passwords.iter().any(|set| set == name) { "" } else { ", no password" }
    };
    let mut lines: Vec<String> = achieved
        .users
        .iter()
        .map(|(name, _)| {
            let sudo = spec.users.iter().any(|user| user.name == *name && user.sudo);
            format!("User: {name}{}{}", if sudo { ", with sudo" } else { "" }, password(name))
        })
        .collect();
    if achieved.passwords.iter().any(|name| name == "root") {
        lines.push("User: root, password set".into());
    }
    lines
}

fn start(spec: &InstallSpec, achieved: &Achieved, layout: &TargetLayout) -> Vec<String> {
    if !achieved.bootloader {
        return vec!["Start: no boot loader was installed, so this disk does not start by itself.".into()];
    }
    let named = spec.bootloader.as_ref().and_then(|wish| wish.target.as_deref());
    let disk = named.unwrap_or(&layout.disk);
    let mut lines = vec![match layout.firmware {
        Firmware::Uefi => {
            format!("Start: remove the medium and restart; the firmware's entry is \"{LOADER}\" on {disk}.")
        }
        Firmware::Bios => format!("Start: remove the medium and restart from {disk}."),
    }];
    if layout.encrypted() {
        lines.push("The passphrase is asked at every start.".into());
    }
    lines
}
