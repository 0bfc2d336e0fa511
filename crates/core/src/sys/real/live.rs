//! Facts of the live session: its serial console, its tools, its admin group.

use std::collections::BTreeSet;
use std::path::Path;

use crate::probe::{below, read_text};
use crate::sys::LiveFacts;

const PATH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Reads the facts of the machine at `root`.
pub(super) fn facts(root: &Path) -> LiveFacts {
    let text = |path: &str| read_text(root, path).unwrap_or_default();
    LiveFacts {
        serial_console: serial_console(&text("/proc/cmdline")),
        tools: programs(root),
        admin_group: admin_group(&text("/etc/group")),
    }
}

/// Every program in the path. Not a list of those we know: a step that runs one more must not be told that it
/// is missing.
fn programs(root: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = BTreeSet::new();
    for dir in PATH {
        let dir = below(root, Path::new(dir));
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let runs = std::fs::metadata(entry.path())
                .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
            if let (true, Ok(name)) = (runs, entry.file_name().into_string()) {
                found.insert(name);
            }
        }
    }
    found.into_iter().collect()
}

/// The last serial `console=` of a kernel command line, e.g. `ttyS0,115200`.
pub fn serial_console(cmdline: &str) -> Option<String> {
    cmdline
        .split_whitespace()
        // What stands after -- is for init.
        .take_while(|word| *word != "--")
        .filter_map(|word| word.strip_prefix("console="))
        .filter(|console| console.starts_with("ttyS") || console.starts_with("ttyAMA"))
        .last()
        .filter(|console| console.chars().all(|c| c.is_ascii_alphanumeric() || c == ','))
        .map(str::to_string)
}

/// The group whose members may use sudo: `sudo`, else `wheel`.
pub fn admin_group(group: &str) -> Option<String> {
    let names: Vec<&str> = group.lines().filter_map(|line| line.split(':').next()).collect();
    ["sudo", "wheel"].into_iter().find(|name| names.contains(name)).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_serial_console_counts() {
        for (cmdline, console) in [
            ("quiet", None),
            ("console=tty0 console=ttyS0,115200n8 quiet", Some("ttyS0,115200n8")),
            ("console=ttyS0 console=ttyS1,9600 console=tty1", Some("ttyS1,9600")),
            ("console=ttyS0 -- console=ttyS9", Some("ttyS0")),
            ("console=ttyS0;reboot", None),
        ] {
            assert_eq!(serial_console(cmdline).as_deref(), console, "{cmdline}");
        }
    }

    #[test]
    fn sudo_goes_before_wheel() {
        assert_eq!(admin_group("root:x:0:\nwheel:x:10:\nsudo:x:27:vince\n").as_deref(), Some("sudo"));
        assert_eq!(admin_group("root:x:0:\nwheel:x:10:\n").as_deref(), Some("wheel"));
        assert_eq!(admin_group("root:x:0:\nsudoers:x:1:\n"), None);
    }
}
