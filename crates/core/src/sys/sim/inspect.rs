//! What a test asks the simulated computer about afterwards.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::disk::{Place, Volume};
use super::tree::Node;
use super::{Simulated, hex};

impl Simulated {
    /// A digest of all that is on the disks: table bytes, boot code, and of every partition in the tables its
    /// file system, UUID, size and files. Not the live system's memory, not the count of used bytes, and not the
    /// names of open containers. Equal digests: nobody could tell the disks apart.
    pub fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        for line in self.fingerprint_lines() {
            digest.update(line.as_bytes());
            digest.update(b"\n");
        }
        hex(&digest.finalize())
    }

    /// What [`Self::fingerprint`] is made of, a line each: shows what differs.
    pub fn fingerprint_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for disk in &self.disks {
            lines.push(format!("disk {}", disk.facts.path));
            for (page, bytes) in disk.bytes.pages() {
                lines.push(format!("  page {page} {}", super::digest(bytes)));
            }
            let places: BTreeSet<u64> = disk.parse().1.iter().map(|p| p.start_bytes).collect();
            for start in places {
                for inside in [false, true] {
                    let place = Place { disk: disk.facts.path.clone(), start, inside };
                    if let Some(volume) = self.volumes.get(&place) {
                        lines.push(format!("  at {start}{}", if inside { " inside" } else { "" }));
                        describe(volume, &mut lines);
                    }
                }
            }
        }
        lines
    }

    /// A file on a device, mounted or not.
    pub fn file_on(&self, device: &str, path: &str) -> Option<Vec<u8>> {
        let volume = self.volume(&self.find_device(device)?)?;
        match volume.tree.get(path.trim_matches('/')) {
            Some(Node::File { bytes, .. }) => Some(bytes),
            _ => None,
        }
    }

    /// Paths of all files, links and directories on a device, mounted or not.
    pub fn files_on(&self, device: &str) -> Vec<String> {
        let volume = self.find_device(device).and_then(|device| self.volume(&device).cloned());
        volume
            .map(|volume| volume.tree.iter().map(|(path, _)| format!("/{path}")).collect())
            .unwrap_or_default()
    }

    /// Key derivation of a LUKS container.
    pub fn luks_kdf(&self, partition: &str) -> Option<String> {
        self.volume(&self.find_device(partition)?)?.kdf.clone()
    }

    /// Everywhere a text stands: in a file, in the bytes of a disk, or in the transcript. For secrets that must
    /// be nowhere.
    pub fn where_is(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let has = |bytes: &[u8]| bytes.windows(text.len().max(1)).any(|window| window == text.as_bytes());
        let trees = self
            .spaces
            .iter()
            .map(|(space, tree)| (format!("{space:?}"), tree))
            .chain(self.volumes.iter().map(|(place, volume)| (format!("{place:?}"), &volume.tree)));
        for (name, tree) in trees {
            for (path, node) in tree.iter() {
                if let Node::File { bytes, .. } = node
                    && has(bytes)
                {
                    found.push(format!("/{path} in {name}"));
                }
            }
        }
        for disk in &self.disks {
            found.extend(
                disk.bytes
                    .pages()
                    .filter(|(_, bytes)| has(bytes))
                    .map(|(n, _)| format!("{} page {n}", disk.facts.path)),
            );
        }
        found.extend(
            self.transcript.iter().filter(|line| line.contains(text)).map(|line| format!("argv: {line}")),
        );
        found
    }
}

fn describe(volume: &Volume, lines: &mut Vec<String>) {
    lines.push(format!(
        "    {:?} label {:?} uuid {:?} size {} os {:?} problems {:?} keys {:?}",
        volume.fs, volume.label, volume.uuid, volume.size, volume.os, volume.problems, volume.keys
    ));
    for (path, node) in volume.tree.iter() {
        lines.push(match node {
            Node::File { bytes, mode } => format!("    /{path} {mode:o} {}", super::digest(bytes)),
            other => format!("    /{path} {other:?}"),
        });
    }
}
