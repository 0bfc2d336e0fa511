//! Names that end up in files of the target: host names, login names, groups. Checked before anything is planned.

use crate::refusal::Refusal;

/// Checks a host name: RFC 1123 labels of letters, digits and inner hyphens, 63 each, 253 in all, not only digits.
pub fn check_hostname(name: &str) -> Result<(), Refusal> {
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let fine = name.len() <= 253
        && name.split('.').all(label_ok)
        && !name.chars().all(|c| c.is_ascii_digit() || c == '.');
    if fine && name != "localhost" {
        return Ok(());
    }
    Err(Refusal::new(
        printable(name),
        format!("\"{}\" cannot be a host name.", printable(name)),
        "Use up to 63 letters, digits and hyphens, beginning and ending with a letter or digit, e.g. my-laptop.",
    ))
}

/// Names that a system account or group has, so that no person can have them.
pub const RESERVED: &[&str] = &[
    "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy",
    "www-data", "backup", "list", "irc", "gnats", "nobody", "_apt", "messagebus", "systemd-network",
    "systemd-timesync", "systemd-resolve", "sshd", "adm", "tty", "disk", "kmem", "dialout", "fax", "voice",
    "cdrom", "floppy", "tape", "sudo", "wheel", "audio", "dip", "operator", "src", "shadow", "utmp", "video",
    "sasl", "plugdev", "staff", "users", "nogroup", "input", "kvm", "render", "netdev", "halt", "shutdown",
    "avahi", "polkitd", "dbus", "ftp",
];

/// Checks a login name: `[a-z_][a-z0-9_-]{0,31}`, not reserved.
pub fn check_user(name: &str) -> Result<(), Refusal> {
    let shape = name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
    if !shape {
        return Err(Refusal::new(
            printable(name),
            format!("\"{}\" cannot be a login name.", printable(name)),
            "Use up to 32 lower-case letters, digits, _ and -, beginning with a letter, e.g. vince.",
        ));
    }
    if RESERVED.contains(&name) {
        return Err(Refusal::new(
            name,
            format!("The name {name} belongs to the system."),
            "Choose another login name.",
        ));
    }
    Ok(())
}

/// Checks the name of a group.
pub fn check_group(name: &str) -> Result<(), Refusal> {
    let shape = !name.is_empty()
        && name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
    if shape {
        return Ok(());
    }
    Err(Refusal::new(
        printable(name),
        format!("\"{}\" cannot be a group.", printable(name)),
        "Name a group of the system, e.g. sudo, audio, video.",
    ))
}

/// Checks a mount point: absolute, plain, no dots, nothing that the system mounts itself.
pub fn check_mountpoint(path: &str) -> Result<(), Refusal> {
    if path == "swap" {
        return Ok(());
    }
    let plain = path.starts_with('/')
        && path.len() <= 200
        && path
            .split('/')
            .skip(1)
            .all(|part| part != "." && part != ".." && (!part.is_empty() || path == "/"))
        && path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let system = ["/proc", "/sys", "/dev", "/run", "/etc", "/bin", "/sbin", "/lib", "/lib64", "/tmp"]
        .iter()
        .any(|own| path == *own || path.starts_with(&format!("{own}/")));
    if plain && !system {
        return Ok(());
    }
    Err(Refusal::new(
        printable(path),
        format!("\"{}\" cannot be a mount point.", printable(path)),
        "Name a plain absolute path such as /, /home, /boot/efi or /srv, or swap.",
    ))
}

/// Untrusted text made harmless for a terminal: control characters dropped, cut at 64 characters.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_follow_rfc_1123() {
        for good in ["my-laptop", "a", "host1", "rack2.example.org", "3com", &"a".repeat(63)] {
            assert!(check_hostname(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a-",
            "my laptop",
            "a_b",
            "ü",
            "1.2.3.4",
            "localhost",
            &"a".repeat(64),
            "a..b",
            "a;reboot",
        ] {
            assert!(check_hostname(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn login_names_are_portable_and_not_reserved() {
        for good in ["vince", "_x", "a1-b_c"] {
            assert!(check_user(good).is_ok(), "{good}");
        }
        for bad in ["", "Vince", "1a", "root", "sudo", "a b", "x:y", "-a", "jörg", &"a".repeat(33)] {
            assert!(check_user(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn mount_points_are_plain_and_not_the_systems_own() {
        for good in ["/", "/home", "/boot/efi", "/srv/media-1", "swap", "/usr/local"] {
            assert!(check_mountpoint(good).is_ok(), "{good}");
        }
        for bad in ["", "home", "/proc", "/dev/x", "/a/../b", "/a b", "/etc", "/home/", "/a//b", "/tmp"] {
            assert!(check_mountpoint(bad).is_err(), "{bad}");
        }
    }
}
