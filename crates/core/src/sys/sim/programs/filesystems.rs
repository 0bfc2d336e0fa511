//! Making file systems, wiping signatures, reading what lies on a device.

use super::super::Simulated;
use super::super::devices::{Device, DeviceKind};
use super::super::disk::Volume;
use super::super::tree::{Node, Tree};
use super::{Call, Outcome, done, fail};
use crate::size::MIB;

pub(super) fn spec(name: &str) -> Option<(&'static [&'static str], std::ops::RangeInclusive<usize>)> {
    let spec: &'static [&'static str] = match name {
        "wipefs" => return Some((&["--all|-a", "--force|-f", "--quiet|-q"], 1..=256)),
        "mkfs.vfat" => &["-F=", "-n=", "-i=", "-s=", "-v", "-I"],
        "mkfs.ext4" => &["-q", "-F", "-U=", "-L=", "-m=", "-O=", "-E="],
        "mkfs.btrfs" => &["-q|--quiet", "-f|--force", "-U|--uuid=", "-L|--label="],
        "mkfs.xfs" => &["-q", "-f", "-m=", "-L="],
        "mkswap" => &["-U|--uuid=", "-L|--label=", "-f|--force", "-q|--quiet"],
        "blkid" => &["--probe|-p", "--output|-o=", "--match-tag|-s=", "--cache-file|-c="],
        _ => return None,
    };
    Some((spec, 1..=1))
}

impl Simulated {
    pub(super) fn wipefs(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        for path in call.args.rest.clone() {
            let device = match self.argument("wipefs", &path) {
                Ok(device) => device,
                Err(reply) => return Ok(reply),
            };
            if let Some(refusal) = self.unwritable("wipefs", &device) {
                return refusal;
            }
            if !call.has("--all") {
                continue;
            }
            if device.kind == DeviceKind::Disk {
                self.wipe_table(&device);
            } else {
                self.clear_volume(&device);
            }
        }
        done("")
    }

    /// The magic bytes of both tables go, and the kernel forgets the partitions.
    fn wipe_table(&mut self, device: &Device) {
        for disk in self.disks.iter_mut().filter(|disk| disk.facts.path == device.path) {
            let sector = u64::from(disk.facts.logical_sector);
            let last = device.size / sector * sector - sector;
            for header in [sector, last] {
                if disk.bytes.read(header, 8) == b"EFI PART" {
                    disk.bytes.write(header, &[0; 8]);
                }
            }
            disk.bytes.write(510, &[0; 2]);
            disk.facts.table = None;
            disk.facts.partitions.clear();
        }
        let whole = &device.place;
        self.volumes.retain(|place, _| place != whole);
    }

    /// A device that is read-only or that somebody holds.
    fn unwritable(&self, program: &str, device: &Device) -> Option<Outcome> {
        if self.is_read_only(device) {
            return Some(fail(1, format!("{program}: error: {}: Read-only file system", device.path)));
        }
        let holders = self.holders(device);
        if holders.is_empty() {
            return None;
        }
        Some(fail(
            1,
            format!("{program}: error: {}: Device or resource busy ({})", device.path, holders.join(", ")),
        ))
    }

    pub(super) fn mkfs(&mut self, name: &str, call: &mut Call<'_, '_>) -> Outcome {
        let device = match self.argument(name, call.word(0)) {
            Ok(device) => device,
            Err(reply) => return Ok(reply),
        };
        if let Some(refusal) = self.unwritable(name, &device) {
            return refusal;
        }
        if device.kind == DeviceKind::Disk {
            return fail(1, format!("{name}: {} is entire device, not just one partition!", device.path));
        }
        let has_content = self.volume(&device).is_some_and(|volume| volume.fs.is_some());
        let forced = call.has("-F") || call.has("-f") || matches!(name, "mkfs.vfat" | "mkswap");
        if has_content && !forced {
            return fail(1, format!("{name}: {} appears to contain an existing file system", device.path));
        }
        let fs = name.strip_prefix("mkfs.").unwrap_or("swap");
        let (longest, smallest) = match fs {
            "vfat" => (11, 33 * MIB),
            "ext4" => (16, MIB),
            "btrfs" => (255, 109 * MIB),
            "xfs" => (12, 300 * MIB),
            _ => (15, MIB),
        };
        let label = call.value("-L").or(call.value("-n")).map(String::from);
        if label.as_ref().is_some_and(|label| label.len() > longest) {
            return fail(1, format!("{name}: Label can be no longer than {longest} characters"));
        }
        if device.size < smallest {
            return fail(1, format!("{name}: {} is too small for a {fs} file system", device.path));
        }
        let given = match fs {
            "vfat" => call.value("-i"),
            "xfs" => call.value("-m").and_then(|text| text.strip_prefix("uuid=")),
            _ => call.value("-U"),
        };
        let uuid = match (fs, given) {
            ("vfat", Some(id)) if id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit()) => {
                format!("{}-{}", &id[..4], &id[4..]).to_uppercase()
            }
            ("vfat", None) => {
                let id = self.random_hex(8).to_uppercase();
                format!("{}-{}", &id[..4], &id[4..])
            }
            (_, Some(uuid)) if crate::table::guid_bytes(uuid).is_some() => uuid.to_lowercase(),
            (_, None) => self.random_uuid(),
            (_, Some(bad)) => return fail(1, format!("{name}: invalid UUID '{bad}'")),
        };
        let mut tree = Tree::default();
        if fs == "ext4" {
            tree.put("lost+found", Node::Dir(0o700));
        }
        let used = (fs != "swap").then_some((device.size / 200).min(64 * MIB));
        let (fs, size) = (Some(fs.to_string()), device.size);
        self.put_volume(
            &device,
            Volume { fs, label, uuid: Some(uuid), used, size, tree, checked: true, ..Volume::default() },
        );
        done("")
    }

    /// A random UUID.
    pub(super) fn random_uuid(&mut self) -> String {
        let hex = self.random_hex(32);
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    pub(super) fn blkid(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let path = call.word(0).to_string();
        // Status 2: nothing found, a missing device included.
        let Some(device) = self.find_device(&path) else { return fail(2, "") };
        let mut tags: Vec<(&str, String)> = Vec::new();
        if let Some(volume) = self.volume(&device) {
            tags.extend(volume.label.clone().map(|label| ("LABEL", label)));
            tags.extend(volume.uuid.clone().map(|uuid| ("UUID", uuid)));
            tags.extend(volume.fs.clone().map(|fs| ("TYPE", fs)));
        }
        if device.kind == DeviceKind::Disk
            && let Some(disk) = self.disks.iter().find(|disk| disk.facts.path == path)
        {
            let facts = &disk.facts;
            let table = crate::table::read(&mut disk.bytes.reader(), facts.size_bytes, facts.logical_sector)
                .ok()
                .flatten();
            if let Some(table) = table {
                let kind = if table.kind == crate::machine::TableKind::Gpt { "gpt" } else { "dos" };
                tags.extend([("PTUUID", table.guid), ("PTTYPE", kind.to_string())]);
            }
        }
        if let Some(wanted) = call.value("--match-tag") {
            tags.retain(|(name, _)| *name == wanted);
        }
        if tags.is_empty() {
            return fail(2, "");
        }
        let mut out = String::new();
        match call.value("--output").unwrap_or("full") {
            "value" => tags.iter().for_each(|(_, value)| out.push_str(&format!("{value}\n"))),
            "export" => {
                out.push_str(&format!("DEVNAME={path}\n"));
                tags.iter().for_each(|(name, value)| out.push_str(&format!("{name}={value}\n")));
            }
            _ => {
                out.push_str(&format!("{path}:"));
                tags.iter().for_each(|(name, value)| out.push_str(&format!(" {name}=\"{value}\"")));
                out.push('\n');
            }
        }
        done(out)
    }
}
