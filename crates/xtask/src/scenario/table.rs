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

/// One install.
#[derive(Debug)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its script and check are `tests/vm/SCRIPT.script` and `tests/vm/SCRIPT.check.sh`.
    pub script: &'static str,
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
    /// Typed at the installer's screen; else at its line mode, to which the screen hands over.
    pub screen: bool,
    /// Takes so long under emulation that it only runs where it is named.
    pub slow: bool,
    /// Typed where the disk's passphrase is asked for after the reboot.
    pub passphrase: Option<&'static str>,
}

/// Who logs in to every installed system.
pub const LOGIN: (&str, &str) = ("vince", "horse-staple-7");

/// All scenarios; the slow ones first, so that two machines at a time end together.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "beside",
        script: "beside",
        what: "UEFI, beside another system whose files must all survive",
        firmware: Firmware::Uefi,
        disk: "8G",
        prepared: Prepared::Windows,
        model: false,
        screen: false,
        slow: false,
        passphrase: None,
    },
    Scenario {
        name: "uefi-encrypted",
        script: "uefi-encrypted",
        what: "UEFI, the example session as printed: whole disk, encrypted",
        firmware: Firmware::Uefi,
        disk: "20G",
        prepared: Prepared::Blank,
        model: false,
        screen: false,
        slow: false,
        passphrase: Some("open sesame 42"),
    },
    Scenario {
        name: "bios-btrfs",
        script: "bios-btrfs",
        what: "BIOS, whole disk, btrfs with swap and home",
        firmware: Firmware::Bios,
        disk: "20G",
        prepared: Prepared::Blank,
        model: false,
        screen: false,
        slow: false,
        passphrase: None,
    },
    Scenario {
        name: "uefi-ext4",
        script: "uefi-ext4",
        what: "UEFI, the example session without encryption, on the screen over the serial line",
        firmware: Firmware::Uefi,
        disk: "20G",
        prepared: Prepared::Blank,
        model: false,
        screen: true,
        slow: false,
        passphrase: None,
    },
    Scenario {
        name: "uefi-model",
        script: "uefi-encrypted",
        what: "UEFI, the example session as printed, understood by the language model; about half an hour emulated",
        firmware: Firmware::Uefi,
        disk: "20G",
        prepared: Prepared::Blank,
        model: true,
        screen: false,
        slow: true,
        passphrase: Some("open sesame 42"),
    },
];
