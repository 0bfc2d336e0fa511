//! Completion: things that can be said, devices that were seen, time zones.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use levitate_core::lists::Lists;
use levitate_core::machine::Disk;

/// Sentences of the six stages, as the requirements word them.
const SENTENCES: &[&str] = &[
    "help",
    "status",
    "undo",
    "list disks",
    "what disks do I have",
    "use the whole disk",
    "encrypted root partition",
    "dual boot with windows",
    "separate home partition",
    "install the system",
    "copy to disk",
    "hostname is ",
    "timezone ",
    "keyboard ",
    "language ",
    "create user ",
    "set password",
    "add user to wheel group",
    "install bootloader",
    "done",
    "reboot now",
    "exit without reboot",
];

/// What completion knows; shared with the side that hears the engine.
#[derive(Clone, Default)]
pub struct Words(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    devices: BTreeSet<String>,
    zones: Vec<String>,
    keymaps: Vec<String>,
}

impl Words {
    /// With the names of this system.
    pub fn new(lists: &Lists) -> Self {
        let known =
            Known { zones: lists.zones.clone(), keymaps: lists.keymaps.clone(), devices: BTreeSet::new() };
        Self(Arc::new(Mutex::new(known)))
    }

    /// The disks of this computer as they are now; devices that are gone are no longer offered.
    pub fn computer(&self, disks: &[Disk]) {
        let devices = disks.iter().flat_map(|disk| {
            std::iter::once(&disk.path).chain(disk.partitions.iter().map(|partition| &partition.path))
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).devices = devices.cloned().collect();
    }

    /// A device that a plan would make.
    pub fn saw(&self, device: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).devices.insert(device.to_string());
    }

    /// Where the completed part of `line` begins, and what it may become.
    pub fn complete(&self, line: &str) -> (usize, Vec<String>) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = line.rfind(' ').map_or(0, |space| space + 1);
        let word = line.get(start..).unwrap_or_default();
        if word.starts_with('/') {
            return (start, known.devices.iter().filter(|d| d.starts_with(word)).cloned().collect());
        }
        let lower = line.to_lowercase();
        let listed = |names: &[String]| -> Vec<String> {
            let word = word.to_lowercase().replace(' ', "_");
            names
                .iter()
                .filter(|name| {
                    let name = name.to_lowercase();
                    // A city is known by its own name, not by its continent.
                    name.starts_with(&word)
                        || name.rsplit('/').next().is_some_and(|city| city.starts_with(&word))
                })
                .cloned()
                .collect()
        };
        let names = match lower.split(' ').next() {
            Some("timezone") if start > 0 => Some(&known.zones),
            Some("keyboard") if start > 0 => Some(&known.keymaps),
            _ => None,
        };
        if let Some(names) = names {
            return (start, listed(names));
        }
        let sentences = SENTENCES
            .iter()
            .filter(|sentence| sentence.to_lowercase().starts_with(&lower))
            .map(|s| s.to_string());
        (0, sentences.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_devices_and_zones_are_completed() {
        let words = Words::new(&Lists::embedded());
        words.saw("/dev/sda");
        words.saw("/dev/sdb");
        assert_eq!(
            words.complete("inst"),
            (0, vec!["install the system".into(), "install bootloader".into()])
        );
        assert_eq!(words.complete("use /dev/sd"), (4, vec!["/dev/sda".into(), "/dev/sdb".into()]));
        assert_eq!(words.complete("timezone Europe/Berl"), (9, vec!["Europe/Berlin".into()]));
        assert_eq!(words.complete("timezone berl"), (9, vec!["Europe/Berlin".into()]));
        assert!(words.complete("timezone ").1.len() > 300);
        assert_eq!(words.complete("zzz"), (0, vec![]));
    }
}
