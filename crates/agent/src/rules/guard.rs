//! What is not for the rules to act on: injected instructions, shell lines, other jobs. And the commands of a
//! system administrator whose meaning is one action exactly.

use levitate_core::action::Filesystem;

use super::{Read, Words};
use crate::reading::Reading;
use crate::refs::{Ref, Refs, device_name};
use crate::shell;

/// Phrases of someone who speaks as the system, not as a person at it.
const INJECTED: &[&str] = &[
    "ignore your", "ignore all", "ignore the rules", "ignore previous", "ignore every", "disregard",
    "[system]", "system message:", "system:", "maintenance mode", "operator approved", "user has confirmed",
    "no confirmation", "without asking", "without confirmation", "assistant:", "your rules",
    "developer mode", "jailbreak", "override", "you are now", "act as", "note to the installer",
    "user agreed", "user has agreed", "agreed already", "tool_call", "tool_response", "im_start", "<escape>",
];

/// Marks and programs of a shell line.
const SHELL: &[&str] = &[
    "$(", "| sh", "|sh", "| bash", "&& ", "rm -", "dd if", "dd of", "sudo rm", "curl ", "wget ", "chmod ",
    "chown ", "/etc/shadow", "/dev/zero", "/dev/null", "> /dev", ":(){", "bash -c", "eval ", "shred ",
];

/// Programs that are set up later.
const PROGRAMS: &[&str] = &[
    "steam", "discord", "wifi", "wi-fi", "wlan", "firefox", "chrome", "nvidia", "gnome", "kde", "plasma",
    "desktop environment", "minecraft", "spotify", "weather", "joke", "poem",
];

/// Wishes outside the job, in a sentence of any length.
const OTHER_JOBS: &[&str] = &[
    "crack ", "hack", "raid", "mdadm", "lvm", "zfs", "proxmox", "apt install", "apt-get", "pacman -", "dnf ",
    "snap install", "flatpak",
];

/// Takes what must not go further.
pub(super) fn read(words: &Words<'_>) -> Option<Read> {
    if words.says(INJECTED) {
        return Some(Read::Text(
            "I only do what you ask for yourself, one plan at a time, and nothing is erased before you said yes to it.".into(),
        ));
    }
    // A name or place with a command in it is a wrong name, and asked about as one.
    let slot = words.tokens.first().is_some_and(|token| token.is(&["hostname", "name", "host", "user"]));
    if words.says(SHELL) || substitutes(words.text) {
        if slot {
            return Some(Read::Readings(vec![Reading::Ask(
                "That is not a name: only letters, digits and - are allowed. Which name shall it be?".into(),
            )]));
        }
        return Some(Read::Text(
            "I run no shell commands that change something. Say what you want to reach, for example \"use the whole disk\".".into(),
        ));
    }
    if let Some(reading) = command(words.text) {
        return Some(Read::Readings(vec![reading]));
    }
    if words.says(&["mkfs", "wipefs", "sgdisk", "fdisk /dev", "parted /dev", "cryptsetup"]) {
        return Some(Read::Text(
            "I run no shell commands that change something. Say it in words, for example \"format sda1 as ext4\".".into(),
        ));
    }
    // In a longer sentence another program may be why something is wished for: "my steam library stays".
    let short = words.tokens.iter().filter(|token| !token.is_break()).count() <= 10;
    let gaming = words.says(&["install steam", "install discord"]);
    if gaming
        || ((is_about(words, OTHER_JOBS) || (short && is_about(words, PROGRAMS)))
            && !words.has(&["disk", "sudo", "user"])
            && !slot)
        || words.says(&["crack ", "raid1", "raid 1", "mdadm"])
    {
        return Some(Read::Text(
            "That is not part of the installation; you can do it in the new system afterwards. I set up the disk, the system, its \
             settings, users and boot loader."
                .into(),
        ));
    }
    None
}

/// True where backticks stand around more than a name: "user `jweber`" quotes one.
fn substitutes(text: &str) -> bool {
    let name = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'))
    };
    let parts: Vec<&str> = text.split('`').collect();
    parts.len() > 1
        && (parts.len().is_multiple_of(2) || !parts.iter().skip(1).step_by(2).all(|part| name(part)))
}

/// True where one of these is named, by whole words: "afraid" is no RAID.
fn is_about(words: &Words<'_>, jobs: &[&str]) -> bool {
    let line: Vec<&str> = words
        .lower
        .split(|c: char| !(c.is_alphanumeric() || c == '-'))
        .filter(|word| !word.is_empty())
        .collect();
    let line = format!(" {} ", line.join(" "));
    jobs.iter().any(|job| line.contains(&format!(" {} ", job.trim())))
}

/// A line a system administrator would type, where it means one action exactly.
fn command(text: &str) -> Option<Reading> {
    let line = text.trim().trim_start_matches("sudo ").trim_end_matches('.');
    let spoken = line.to_lowercase().replace(" dash ", " -");
    let line = if spoken.contains(" -") { spoken.as_str() } else { line };
    let parts: Vec<&str> = line.split_whitespace().collect();
    let device = |word: &str| device_name(&word.to_lowercase()).map(|name| Refs::one(Ref::Device(name)));
    match parts.as_slice() {
        [mkfs, on] if mkfs.starts_with("mkfs.") => {
            Some(Reading::Format { partition: device(on)?, fs: Filesystem::from_name(&mkfs[5..]) })
        }
        ["grub-install" | "grub2-install", on] => Some(Reading::Boot(device(on)?)),
        ["timedatectl", "set-timezone", zone] => Some(Reading::Timezone((*zone).to_owned())),
        ["localectl", "set-keymap", keymap] => Some(Reading::Keyboard((*keymap).to_owned())),
        ["localectl", "set-locale", locale] => {
            Some(Reading::Locale(locale.trim_start_matches("LANG=").to_owned()))
        }
        ["loadkeys", keymap] => Some(Reading::Keyboard((*keymap).to_owned())),
        ["hostnamectl", "set-hostname" | "hostname", name] => Some(Reading::Hostname((*name).to_owned())),
        ["passwd", user] => Some(Reading::Password((*user).to_owned())),
        ["useradd" | "adduser", options @ .., name] if parts.len() > 2 && options[0].starts_with('-') => {
            let sudo =
                options.iter().any(|word| word.split(',').any(|group| group == "wheel" || group == "sudo"));
            Some(Reading::User { name: (*name).to_owned(), sudo })
        }
        ["usermod", "-aG" | "-ag", group, user] | ["gpasswd", "-a", user, group] => {
            Some(Reading::Group { user: (*user).to_owned(), group: (*group).to_owned() })
        }
        ["run" | "do" | "execute", "a" | "an", rest @ ..] | ["run" | "do" | "execute", rest @ ..] => {
            looking(rest)
        }
        words => looking(words),
    }
}

/// A command that only looks.
fn looking(words: &[&str]) -> Option<Reading> {
    let program = words.first()?;
    // Words of a sentence that are programs too: only with arguments that the program has.
    let also_word = matches!(*program, "free" | "date" | "mount" | "id" | "cat" | "uptime" | "hostname");
    if !shell::is_known(program)
        || (also_word && words.len() == 1 && *program != "uptime" && *program != "free")
    {
        return None;
    }
    let line = words.join(" ");
    // "df -x" and "ip link set eth0 down" are refused with their reason.
    let flags = words.get(1).is_some_and(|word| word.starts_with('-'));
    if shell::check(&line).is_ok() || flags || *program == "ip" {
        return Some(Reading::Shell(line));
    }
    // "free space on sda" is a sentence; no sentence begins with these.
    let unmistakable = matches!(
        *program,
        "lsblk" | "blkid" | "lscpu" | "lspci" | "lsusb" | "uname" | "dmesg" | "findmnt" | "df"
    );
    let argument = |word: &&str| {
        word.contains(['|', ';', '>', '<', '&', '/']) || device_name(&word.to_lowercase()).is_some()
    };
    let line = if words.iter().any(argument) { line } else { (*program).to_owned() };
    // "dmesg output please" wants dmesg; with a device or a pipe it is a command, and refused where it is none of ours.
    unmistakable.then_some(Reading::Shell(line))
}
