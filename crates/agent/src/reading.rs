//! `Reading`: what was said, references as spoken. Rules and models write it, `ground` finds what it means.
//!
//! The text form is one reading a line: a verb, then words in a fixed order. Every free value is the person's own
//! words or a member of a closed list, so a small model copies instead of inventing, and a grammar can demand it.
//!
//! ```text
//! partition ssd+samsung whole encrypt fs=btrfs root=60G home=rest
//! partition ? keep swap=8G            no disk said, no use said (an edit of the pending plan, or the only disk)
//! partition other same                the pending plan on the other disk
//! partition -first+-last keep         neither of those; order words count what the installer named last
//! format sda2 ext4          mount home /home          timezone los angeles       locale german
//! user vince sudo           password him              group vince wheel          boot ssd
//! ```

use std::fmt;
use std::str::FromStr;

use levitate_core::action::{Filesystem, Topic};

use crate::refs::{Refs, SizeSaid};

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Show the disks.
    ListDisks,
    /// Lay a disk out, or change the plan that waits.
    Partition(PartitionSaid),
    /// Make a file system on a partition.
    Format {
        /// Which partition.
        partition: Refs,
        /// What to make; `None` where it was not said.
        fs: Option<Filesystem>,
    },
    /// Use a partition as it is.
    Mount {
        /// Which partition.
        partition: Refs,
        /// Where; empty where it was not said.
        at: String,
    },
    /// Copy the system.
    Copy,
    /// Name the computer.
    Hostname(String),
    /// A place or a zone.
    Timezone(String),
    /// A language or a locale.
    Locale(String),
    /// A language, a country or a keymap.
    Keyboard(String),
    /// Make an account.
    User {
        /// Its name; empty where it was not said.
        name: String,
        /// With administrator rights.
        sudo: bool,
    },
    /// Set a password: a name, `root`, `me`, `it` (the last one spoken of) or `?`.
    Password(String),
    /// Put an account in a group.
    Group {
        /// A name, or as in [`Reading::Password`].
        user: String,
        /// The group.
        group: String,
    },
    /// Install the boot loader; on a disk, where one was said.
    Boot(Refs),
    /// Unmount and end.
    Finish,
    /// Restart.
    Reboot,
    /// Leave, keep the live system.
    Exit,
    /// Yes.
    Confirm,
    /// No.
    Cancel,
    /// Take it back.
    Undo,
    /// How far are we.
    Status,
    /// What can I say.
    Help,
    /// Tell me about.
    Explain(Topic),
    /// Look at the system.
    Shell(String),
    /// Something is missing or does not fit: ask this.
    Ask(String),
    /// Small talk, another job, an instruction that is nobody's wish: answered in words, nothing is done.
    Talk,
}

/// How a disk shall be used, as said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UseSaid {
    /// Not said.
    #[default]
    Keep,
    /// Erase it.
    Whole,
    /// Only what is free.
    Free,
    /// Shrink the other system.
    Beside,
    /// The other system stays: `free` where there is room, else `beside`.
    Along,
    /// As the plan that waits.
    Same,
}

/// One dictated partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySaid {
    /// Mount point, `swap` or `bios_boot`.
    pub mount: String,
    /// Size; `None` where it was not said.
    pub size: Option<SizeSaid>,
    /// File system, where said.
    pub fs: Option<Filesystem>,
}

/// What was said about laying a disk out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionSaid {
    /// Which disk; empty where none was said.
    pub disk: Refs,
    /// How.
    pub usage: UseSaid,
    /// `Some(false)` where encryption was refused.
    pub encrypt: Option<bool>,
    /// Room for the new system.
    pub give: Option<SizeSaid>,
    /// File system of root and home.
    pub fs: Option<Filesystem>,
    /// Size of root.
    pub root: Option<SizeSaid>,
    /// Size of home.
    pub home: Option<SizeSaid>,
    /// Size of swap.
    pub swap: Option<SizeSaid>,
    /// Size of /boot.
    pub boot: Option<SizeSaid>,
    /// Dictated partitions.
    pub scheme: Vec<EntrySaid>,
}

/// Why a text is not a reading.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reading: {0:?}")]
pub struct ReadingError(String);

/// Reads one reading a line; empty lines are skipped.
///
/// # Errors
/// The first line that is no reading.
pub fn parse(text: &str) -> Result<Vec<Reading>, ReadingError> {
    text.lines().filter(|line| !line.trim().is_empty()).map(str::parse).collect()
}

/// Writes readings, one a line.
pub fn print(readings: &[Reading]) -> String {
    readings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

const USES: [(UseSaid, &str); 6] = [
    (UseSaid::Keep, "keep"),
    (UseSaid::Whole, "whole"),
    (UseSaid::Free, "free"),
    (UseSaid::Beside, "beside"),
    (UseSaid::Along, "along"),
    (UseSaid::Same, "same"),
];

/// Topics by the name of the contract.
pub const TOPICS: [(Topic, &str); 15] = [
    (Topic::Ext4, "ext4"),
    (Topic::Btrfs, "btrfs"),
    (Topic::Xfs, "xfs"),
    (Topic::Luks, "luks"),
    (Topic::Swap, "swap"),
    (Topic::Efi, "efi"),
    (Topic::Gpt, "gpt"),
    (Topic::Grub, "grub"),
    (Topic::DualBoot, "dual_boot"),
    (Topic::DataSafety, "data_safety"),
    (Topic::Duration, "duration"),
    (Topic::DiskSpace, "disk_space"),
    (Topic::Privacy, "privacy"),
    (Topic::Undo, "undo"),
    (Topic::Installer, "installer"),
];

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_unsaid = |word: &str| if word.is_empty() { "?".to_owned() } else { word.to_owned() };
        match self {
            Self::ListDisks => f.write_str("disks"),
            Self::Partition(said) => write!(f, "partition {said}"),
            Self::Format { partition, fs } => {
                write!(f, "format {partition} {}", fs.map_or("?", Filesystem::name))
            }
            Self::Mount { partition, at } => write!(f, "mount {partition} {}", or_unsaid(at)),
            Self::Copy => f.write_str("copy"),
            Self::Hostname(name) => write!(f, "hostname {}", or_unsaid(name)),
            Self::Timezone(place) => write!(f, "timezone {}", or_unsaid(place)),
            Self::Locale(language) => write!(f, "locale {}", or_unsaid(language)),
            Self::Keyboard(layout) => write!(f, "keyboard {}", or_unsaid(layout)),
            Self::User { name, sudo } => {
                write!(f, "user {}{}", or_unsaid(name), if *sudo { " sudo" } else { "" })
            }
            Self::Password(user) => write!(f, "password {}", or_unsaid(user)),
            Self::Group { user, group } => write!(f, "group {} {group}", or_unsaid(user)),
            Self::Boot(disk) => write!(f, "boot {disk}"),
            Self::Finish => f.write_str("finish"),
            Self::Reboot => f.write_str("reboot"),
            Self::Exit => f.write_str("exit"),
            Self::Confirm => f.write_str("yes"),
            Self::Cancel => f.write_str("no"),
            Self::Undo => f.write_str("undo"),
            Self::Status => f.write_str("status"),
            Self::Help => f.write_str("help"),
            Self::Explain(topic) => {
                let name =
                    TOPICS.iter().find(|(known, _)| known == topic).map_or("installer", |(_, name)| name);
                write!(f, "explain {name}")
            }
            Self::Shell(command) => write!(f, "shell {}", or_unsaid(command)),
            Self::Ask(question) => write!(f, "ask {}", or_unsaid(question)),
            Self::Talk => f.write_str("talk"),
        }
    }
}

impl fmt::Display for PartitionSaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usage = USES.iter().find(|(usage, _)| *usage == self.usage).map_or("keep", |(_, name)| name);
        write!(f, "{} {usage}", self.disk)?;
        match self.encrypt {
            Some(true) => f.write_str(" encrypt")?,
            Some(false) => f.write_str(" plain")?,
            None => {}
        }
        if let Some(fs) = self.fs {
            write!(f, " fs={}", fs.name())?;
        }
        for (name, size) in [
            ("give", self.give),
            ("root", self.root),
            ("home", self.home),
            ("swap", self.swap),
            ("boot", self.boot),
        ] {
            if let Some(size) = size {
                write!(f, " {name}={size}")?;
            }
        }
        for entry in &self.scheme {
            let size = entry.size.map_or("?".to_owned(), |size| size.to_string());
            write!(f, " {}:{size}", entry.mount)?;
            if let Some(fs) = entry.fs {
                write!(f, ":{}", fs.name())?;
            }
        }
        Ok(())
    }
}

impl FromStr for Reading {
    type Err = ReadingError;

    fn from_str(line: &str) -> Result<Self, ReadingError> {
        let error = || ReadingError(line.chars().take(120).collect());
        let line = line.trim();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
        let words: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).collect();
        let said = |word: &str| if word == "?" { String::new() } else { word.to_owned() };
        let free = || if rest.is_empty() { Err(error()) } else { Ok(said(&rest)) };
        let alone = |reading| if words.is_empty() { Ok(reading) } else { Err(error()) };
        match verb {
            "disks" => alone(Self::ListDisks),
            "copy" => alone(Self::Copy),
            "finish" => alone(Self::Finish),
            "reboot" => alone(Self::Reboot),
            "exit" => alone(Self::Exit),
            "yes" => alone(Self::Confirm),
            "no" => alone(Self::Cancel),
            "undo" => alone(Self::Undo),
            "status" => alone(Self::Status),
            "help" => alone(Self::Help),
            "talk" => alone(Self::Talk),
            "partition" => PartitionSaid::parse(&words).map(Self::Partition).ok_or_else(error),
            "format" => match words.as_slice() {
                [partition, fs] => Ok(Self::Format {
                    partition: partition.parse().map_err(|()| error())?,
                    fs: if *fs == "?" { None } else { Some(Filesystem::from_name(fs).ok_or_else(error)?) },
                }),
                _ => Err(error()),
            },
            "mount" => match words.as_slice() {
                [partition, at] => {
                    Ok(Self::Mount { partition: partition.parse().map_err(|()| error())?, at: said(at) })
                }
                _ => Err(error()),
            },
            "boot" => match words.as_slice() {
                [disk] => Ok(Self::Boot(disk.parse().map_err(|()| error())?)),
                _ => Err(error()),
            },
            "user" => match words.as_slice() {
                [name] => Ok(Self::User { name: said(name), sudo: false }),
                [name, "sudo"] => Ok(Self::User { name: said(name), sudo: true }),
                _ => Err(error()),
            },
            "password" => match words.as_slice() {
                [user] => Ok(Self::Password(said(user))),
                _ => Err(error()),
            },
            "group" => match words.as_slice() {
                [user, group] => Ok(Self::Group { user: said(user), group: (*group).to_owned() }),
                _ => Err(error()),
            },
            "hostname" => free().map(Self::Hostname),
            "timezone" => free().map(Self::Timezone),
            "locale" => free().map(Self::Locale),
            "keyboard" => free().map(Self::Keyboard),
            "shell" => free().map(Self::Shell),
            "ask" => free().map(Self::Ask),
            "explain" => {
                let topic = TOPICS.iter().find(|(_, name)| *name == rest).map(|(topic, _)| *topic);
                topic.map(Self::Explain).ok_or_else(error)
            }
            _ => Err(error()),
        }
    }
}

impl PartitionSaid {
    /// True where nothing but perhaps a disk was said.
    pub fn no_options(&self) -> bool {
        *self == Self { disk: self.disk.clone(), ..Self::default() }
    }

    fn parse(words: &[&str]) -> Option<Self> {
        let (disk, usage) = (words.first()?, words.get(1)?);
        let mut said = Self {
            disk: disk.parse().ok()?,
            usage: USES.iter().find(|(_, name)| name == usage)?.0,
            ..Self::default()
        };
        for word in &words[2..] {
            if let Some((name, value)) = word.split_once('=') {
                let size = || value.parse::<SizeSaid>().ok();
                match name {
                    "fs" => said.fs = Some(Filesystem::from_name(value)?),
                    "give" => said.give = Some(size()?),
                    "root" => said.root = Some(size()?),
                    "home" => said.home = Some(size()?),
                    "swap" => said.swap = Some(size()?),
                    "boot" => said.boot = Some(size()?),
                    _ => return None,
                }
            } else if let Some((mount, rest)) = word.split_once(':') {
                let (size, fs) = rest.split_once(':').map_or((rest, None), |(size, fs)| (size, Some(fs)));
                said.scheme.push(EntrySaid {
                    mount: mount.to_owned(),
                    size: if size == "?" { None } else { Some(size.parse().ok()?) },
                    fs: match fs {
                        Some(fs) => Some(Filesystem::from_name(fs)?),
                        None => None,
                    },
                });
            } else {
                said.encrypt = match *word {
                    "encrypt" => Some(true),
                    "plain" => Some(false),
                    _ => return None,
                };
            }
        }
        Some(said)
    }
}
