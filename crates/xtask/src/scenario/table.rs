//! The scenarios as data.

use crate::vm::Firmware;

/// What is on the disk before the installation.
#[derive(Clone, Copy, Debug)]
pub enum Prepared {
    /// Nothing, as it comes from the shop.
    Blank,
    /// A stand-in for Windows: its partitions, its loader, its files.
    Windows,
}

/// One install. Script and check are `tests/vm/NAME.script` and `tests/vm/NAME.check.sh`.
#[derive(Debug)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it shows, for the person who waits.
    pub what: &'static str,
    /// What starts the machine.
    pub firmware: Firmware,
    /// The size of its disk.
    pub disk: &'static str,
    /// What is on the disk before.
    pub prepared: Prepared,
    /// The language model is on the medium; else the installer understands by its rules, as where the file is lost.
    pub model: bool,
    /// Typed where the disk's passphrase is asked for after the reboot.
    pub passphrase: Option<&'static str>,
}

/// Who logs in to every installed system.
pub const LOGIN: (&str, &str) = ("vince", "horse-staple-7");

/// All scenarios; the slow ones first, so that two machines at a time end together.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "beside",
        what: "UEFI, beside another system whose files must all survive",
        firmware: Firmware::Uefi,
        disk: "8G",
        prepared: Prepared::Windows,
        model: false,
        passphrase: None,
    },
    Scenario {
        name: "uefi-encrypted",
        what: "UEFI, the example session as printed: whole disk, encrypted; with the language model",
        firmware: Firmware::Uefi,
        disk: "20G",
        prepared: Prepared::Blank,
        model: true,
        passphrase: Some("open sesame 42"),
    },
    Scenario {
        name: "bios-btrfs",
        what: "BIOS, whole disk, btrfs with swap and home",
        firmware: Firmware::Bios,
        disk: "20G",
        prepared: Prepared::Blank,
        model: false,
        passphrase: None,
    },
    Scenario {
        name: "uefi-ext4",
        what: "UEFI, the example session without encryption",
        firmware: Firmware::Uefi,
        disk: "20G",
        prepared: Prepared::Blank,
        model: false,
        passphrase: None,
    },
];
