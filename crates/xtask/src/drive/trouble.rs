//! Lines after which a guest will not come back, so that a test fails at once and not at its time limit.

/// What a lost guest says, in lower case.
const SIGNS: [&str; 12] = [
    "kernel panic - not syncing",
    "bug: unable to handle",
    "oops: ",
    "general protection fault",
    "rcu detected stall",
    "grub rescue>",
    "you are in emergency mode",
    "you are in rescue mode",
    "cannot open access to console, the root account is locked",
    "give root password for maintenance",
    "no bootable device",
    "bdsdxe: no bootable option",
];

/// The trouble in a line of console output, if it is one.
pub fn in_line(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    SIGNS.iter().any(|sign| lower.contains(sign)).then(|| format!("the guest is lost: `{}`", line.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_guests_are_seen_and_healthy_ones_left_alone() {
        for line in [
            "[    2.100000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
            "[   10.000000] BUG: unable to handle page fault for address: 0000000000001000",
            "You are in emergency mode. After logging in, type \"journalctl -xb\"",
            "No bootable device.",
            "Entering rescue mode...\rgrub rescue>",
        ] {
            assert!(in_line(line).is_some(), "{line}");
        }
        for line in ["Found: /dev/vda - 20GB", "Started rescue-ssh.target", "panic=-1 console=ttyS0"] {
            assert_eq!(in_line(line), None, "{line}");
        }
    }
}
