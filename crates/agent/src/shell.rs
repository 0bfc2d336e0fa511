//! Commands that only look: an allow-list, read into argv without a shell.

use thiserror::Error;

/// Why a command is not run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It holds characters that only mean something to a shell.
    #[error(
        "I run no shell, so pipes, redirections, variables and the like do not work here. I can run {}.",
        names()
    )]
    Syntax,
    /// Its program is not on the list.
    #[error("I do not run \"{program}\". I only look: {}.", names())]
    Program {
        /// The program.
        program: String,
    },
    /// The program is on the list, this argument is not.
    #[error("I do not run {program} with \"{argument}\": only arguments that look and change nothing.")]
    Argument {
        /// The program.
        program: String,
        /// The argument.
        argument: String,
    },
}

/// What may follow a program.
enum Rule {
    /// Any short options made of these letters, and these long options or words.
    Flags(&'static str, &'static [&'static str]),
    /// As `Flags`, and device paths.
    FlagsAndDevices(&'static str, &'static [&'static str]),
    /// Only readable files of this list.
    Files,
    /// `ip`: an object and perhaps `show`.
    Ip,
}

const PROGRAMS: [(&str, Rule); 26] = [
    (
        "lsblk",
        Rule::FlagsAndDevices(
            "abdfilmnoprst",
            &["--fs", "--all", "--json", "--output-all", "--bytes", "-J", "-O", "-S"],
        ),
    ),
    ("blkid", Rule::FlagsAndDevices("", &[])),
    ("findmnt", Rule::Flags("alnrD", &["--real", "/", "--df"])),
    ("df", Rule::FlagsAndDevices("hHTialkm", &["--total"])),
    ("free", Rule::Flags("hbkmgtwl", &["--human"])),
    ("lscpu", Rule::Flags("ae", &[])),
    ("lspci", Rule::Flags("kvnmt", &["-nn", "-vv"])),
    ("lsusb", Rule::Flags("vt", &[])),
    ("lsmod", Rule::Flags("", &[])),
    ("ip", Rule::Ip),
    ("uname", Rule::Flags("asnrvmpio", &[])),
    ("uptime", Rule::Flags("ps", &[])),
    ("date", Rule::Flags("uR", &["--utc"])),
    ("dmesg", Rule::Flags("THxk", &["--ctime"])),
    ("hostname", Rule::Flags("fsId", &[])),
    ("nproc", Rule::Flags("", &["--all"])),
    ("whoami", Rule::Flags("", &[])),
    ("id", Rule::Flags("ugn", &[])),
    ("pwd", Rule::Flags("", &[])),
    ("mount", Rule::Flags("", &["-l"])),
    ("swapon", Rule::Flags("s", &["--show", "--summary"])),
    ("cat", Rule::Files),
    ("timedatectl", Rule::Flags("", &["status", "list-timezones"])),
    ("localectl", Rule::Flags("", &["status", "list-keymaps", "list-locales"])),
    ("lshw", Rule::Flags("", &["-short"])),
    ("efibootmgr", Rule::Flags("v", &[])),
];

/// Files `cat` may show: none of them holds a secret.
const FILES: [&str; 16] = [
    "/proc/cpuinfo", "/proc/meminfo", "/proc/mounts", "/proc/partitions", "/proc/cmdline", "/proc/version",
    "/proc/swaps", "/proc/filesystems", "/proc/modules", "/proc/mdstat", "/proc/uptime", "/proc/loadavg",
    "/etc/os-release", "/etc/hostname", "/etc/fstab", "/etc/debian_version",
];

/// The programs, for a sentence.
fn names() -> String {
    PROGRAMS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// True where the first word is a program of the list.
pub fn is_known(program: &str) -> bool {
    PROGRAMS.iter().any(|(name, _)| *name == program)
}

/// The command as argv, if it only looks.
///
/// # Errors
/// Why it is not run.
pub fn check(command: &str) -> Result<Vec<String>, Refusal> {
    let command = command.trim();
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '/' | '.' | ',' | '=' | '+' | ':')
    };
    if command.len() > 200 || !command.chars().all(plain) {
        return Err(Refusal::Syntax);
    }
    let argv: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    let Some((program, arguments)) = argv.split_first() else { return Err(Refusal::Syntax) };
    let Some((_, rule)) = PROGRAMS.iter().find(|(name, _)| name == program) else {
        return Err(Refusal::Program { program: program.chars().take(40).collect() });
    };
    for (index, argument) in arguments.iter().enumerate() {
        let allowed = match rule {
            Rule::Flags(letters, words) => flag(argument, letters, words),
            Rule::FlagsAndDevices(letters, words) => {
                flag(argument, letters, words)
                    || device(argument)
                    || (program == "lsblk"
                        && index > 0
                        && arguments[index - 1].ends_with('o')
                        && argument.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ',' | '-')))
            }
            Rule::Files => FILES.contains(&argument.as_str()),
            Rule::Ip => ip(argument, index),
        };
        if !allowed {
            return Err(Refusal::Argument {
                program: program.clone(),
                argument: argument.chars().take(40).collect(),
            });
        }
    }
    // cat without a file would wait for the keyboard.
    if matches!(rule, Rule::Files) && arguments.is_empty() {
        return Err(Refusal::Argument { program: program.clone(), argument: String::new() });
    }
    Ok(argv)
}

fn flag(argument: &str, letters: &str, words: &[&str]) -> bool {
    words.contains(&argument)
        || argument
            .strip_prefix('-')
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| letters.contains(c)))
}

fn device(argument: &str) -> bool {
    argument.starts_with("/dev/") && crate::refs::device_name(argument).is_some()
}

fn ip(argument: &str, index: usize) -> bool {
    let flags = ["-4", "-6", "-br", "-brief", "-c", "-s"];
    let objects = ["a", "addr", "address", "l", "link", "r", "route", "n", "neigh"];
    flags.contains(&argument)
        || objects.contains(&argument)
        || (index > 0 && matches!(argument, "show" | "list" | "s" | "ls"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_looking_is_allowed() {
        for good in [
            "lsblk", "lsblk -f", "lsblk -o NAME,SIZE", "lsblk /dev/sda", "free -h", "free -m", "df -h",
            "ip a", "ip addr", "ip -br link show", "cat /proc/cpuinfo", "cat /etc/os-release", "uname -a",
            "dmesg", "blkid /dev/sda1",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "rm -rf /",
            "lsblk; reboot",
            "cat /etc/shadow",
            "cat",
            "dd if=/dev/zero of=/dev/sda",
            "ip link set eth0 down",
            "date -s 2020-01-01",
            "cat $(id)",
            "dmesg -C",
            "mount /dev/sda1 /mnt",
            "lsblk | sh",
            "hostname evil",
            "free `id`",
            "swapon /dev/sda2",
            "ip addr add 1.2.3.4 dev eth0",
            "efibootmgr -B",
            "cat /proc/../etc/shadow",
            "sh",
            "uname\n-a",
            "dmesg -n 1",
            "blkid -w /etc/x",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
