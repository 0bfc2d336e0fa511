//! An action in a few plain words: what was understood, before anything is shown or done.

use levitate_core::action::{InstallerAction, PartitionRequest, SchemeEntry, Topic, Use};
use levitate_core::names::printable;
use levitate_core::size::{GIB, Size, decimal};

/// What the action asks for, e.g. `partition /dev/sda, whole disk, encrypted`. One line, no full stop.
pub fn describe(action: &InstallerAction) -> String {
    match action {
        InstallerAction::ListDisks => "show the disks".into(),
        InstallerAction::Partition(request) => partition(request),
        InstallerAction::Format { partition, filesystem } => {
            format!("format {} as {}", printable(partition), filesystem.name())
        }
        InstallerAction::Mount { partition, mountpoint } if mountpoint == "swap" => {
            format!("use {} as swap", printable(partition))
        }
        InstallerAction::Mount { partition, mountpoint } => {
            format!("use {} for {}, its files stay", printable(partition), printable(mountpoint))
        }
        InstallerAction::CopySystem => "copy the live system to the target".into(),
        InstallerAction::SetHostname { name } => format!("set the hostname to {}", printable(name)),
        InstallerAction::SetTimezone { zone } => format!("set the time zone to {}", printable(zone)),
        InstallerAction::SetLocale { locale } => format!("set the language to {}", printable(locale)),
        InstallerAction::SetKeyboard { layout } => format!("set the keyboard to {}", printable(layout)),
        InstallerAction::CreateUser { name, sudo: true } => {
            format!("create the user {} with sudo access", printable(name))
        }
        InstallerAction::CreateUser { name, sudo: false } => format!("create the user {}", printable(name)),
        InstallerAction::SetPassword { user } => format!("set the password of {}", printable(user)),
        InstallerAction::AddToGroup { user, group } => {
            format!("add {} to the group {}", printable(user), printable(group))
        }
        InstallerAction::InstallBootloader { target: Some(disk) } => {
            format!("install the boot loader to {}", printable(disk))
        }
        InstallerAction::InstallBootloader { target: None } => "install the boot loader".into(),
        InstallerAction::Finish => "finish: unmount and close the target".into(),
        InstallerAction::Reboot => "finish and reboot".into(),
        InstallerAction::Exit => "finish and leave without a reboot".into(),
        InstallerAction::Confirm => "yes".into(),
        InstallerAction::Cancel => "no".into(),
        InstallerAction::Undo => "take the last change back".into(),
        InstallerAction::Status => "show what is done and what is next".into(),
        InstallerAction::Help => "show what can be said".into(),
        InstallerAction::Explain { topic } => format!("explain {}", topic_name(*topic)),
        InstallerAction::RunShellCommand { command } => {
            format!("look at the system with \"{}\"", printable(command))
        }
        InstallerAction::Clarify { question } if question.is_empty() => "ask what is meant".into(),
        InstallerAction::Clarify { question } => format!("ask: {}", printable(question)),
    }
}

/// Several actions in one line, in the order in which they are done.
pub fn describe_all(actions: &[InstallerAction]) -> String {
    actions.iter().map(describe).collect::<Vec<_>>().join("; then ")
}

fn partition(request: &PartitionRequest) -> String {
    let mut words = vec![format!("partition {}", printable(&request.disk))];
    words.push(match (request.usage, request.give) {
        (Use::Whole, _) => "whole disk".into(),
        (Use::Free, _) => "free space only".into(),
        (Use::Beside, Some(give)) => format!("beside the other system, {} for the new one", sized(give)),
        (Use::Beside, _) => "beside the other system".into(),
    });
    if request.encrypt {
        words.push("encrypted".into());
    }
    if let Some(scheme) = &request.scheme {
        words.push(scheme.iter().map(entry).collect::<Vec<_>>().join(" + "));
    }
    if let Some(fs) = request.fs {
        words.push(fs.name().into());
    }
    for (name, size) in [
        ("root", request.root),
        ("home", request.home),
        ("swap", request.swap),
        ("separate /boot", request.boot),
    ] {
        if let Some(size) = size {
            words.push(format!("{name} {}", sized(size)));
        }
    }
    words.join(", ")
}

fn entry(entry: &SchemeEntry) -> String {
    match entry.fs {
        Some(fs) if fs.name() != entry.mount => {
            format!("{} {} {}", printable(&entry.mount), sized(entry.size), fs.name())
        }
        _ => format!("{} {}", printable(&entry.mount), sized(entry.size)),
    }
}

fn sized(size: Size) -> String {
    match size {
        Size::Rest => "with the rest".into(),
        // What was reckoned and not said has no round number.
        Size::Bytes(bytes) if bytes > GIB && !bytes.is_multiple_of(GIB) => decimal(bytes),
        size => size.to_string(),
    }
}

fn topic_name(topic: Topic) -> &'static str {
    match topic {
        Topic::Ext4 => "ext4",
        Topic::Btrfs => "btrfs",
        Topic::Xfs => "xfs",
        Topic::Luks => "encryption with LUKS",
        Topic::Swap => "swap",
        Topic::Efi => "the EFI partition",
        Topic::Gpt => "GPT and MBR",
        Topic::Grub => "GRUB",
        Topic::DualBoot => "two systems on one computer",
        Topic::DataSafety => "what happens to your data",
        Topic::Duration => "how long it takes",
        Topic::DiskSpace => "how much space it takes",
        Topic::Privacy => "what is sent where",
        Topic::Undo => "what can be undone",
        Topic::Installer => "this installer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_described_in_one_line() {
        for (json, words) in [
            (
                r#"{"action":"partition","disk":"/dev/sda","use":"whole","encrypt":true}"#,
                "partition /dev/sda, whole disk, encrypted",
            ),
            (
                r#"{"action":"partition","disk":"/dev/nvme0n1","use":"free","fs":"btrfs","swap":"8G","home":"rest"}"#,
                "partition /dev/nvme0n1, free space only, btrfs, home with the rest, swap 8G",
            ),
            (
                r#"{"action":"partition","disk":"/dev/sda","use":"beside","give":"80G"}"#,
                "partition /dev/sda, beside the other system, 80G for the new one",
            ),
            (
                r#"{"action":"partition","disk":"/dev/sda","use":"whole","scheme":[{"mount":"swap","size":"8G","fs":"swap"},{"mount":"/","size":"rest","fs":"ext4"}]}"#,
                "partition /dev/sda, whole disk, swap 8G + / with the rest ext4",
            ),
            (
                r#"{"action":"create_user","name":"vince","sudo":true}"#,
                "create the user vince with sudo access",
            ),
            (
                r#"{"action":"mount","partition":"/dev/sda3","mountpoint":"/home"}"#,
                "use /dev/sda3 for /home, its files stay",
            ),
        ] {
            let action: InstallerAction = serde_json::from_str(json).unwrap();
            assert_eq!(describe(&action), words);
        }
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let action = InstallerAction::SetHostname { name: "a\u{1b}[2Jb\nc".into() };
        let words = describe(&action);
        assert!(!words.contains('\u{1b}') && !words.contains('\n'), "{words:?}");
    }
}
