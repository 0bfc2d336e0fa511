//! Who uses a disk: mounts, swap, LVM, md, LUKS, loop devices; and which disk the live system runs from.
//!
//! Devices are followed as the kernel links them (holders, slaves, device numbers), never by the look of their
//! names: `nvme0n1` is no parent of `nvme0n10`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::mounts::{MountLine, parse_mountinfo, parse_swaps};
use super::sysfs::{directory, disk_of, kernel_name, names, value};
use super::text::clean;
use super::{below, read_text};

/// Where live systems have their medium: live-boot, its older place, dracut, archiso, casper, and the file
/// systems that an ISO file was found on.
const MEDIUM: [&str; 8] = [
    "/run/live/medium", "/lib/live/mount/medium", "/run/initramfs/live", "/run/archiso/bootmnt", "/cdrom",
    "/run/live/findiso", "/run/initramfs/isoscan", "/isodevice",
];

/// Devices stand on devices on devices; a loop in that ends here.
const DEEPEST: usize = 12;

/// What uses which device, read once.
#[derive(Debug, Default)]
pub struct Holders {
    root: PathBuf,
    mounts: Vec<MountLine>,
    /// Mount points by kernel name of the device.
    places: BTreeMap<String, Vec<PathBuf>>,
    swaps: BTreeSet<String>,
    /// Loop devices and what is behind them.
    loops: BTreeMap<String, PathBuf>,
}

impl Holders {
    /// Reads the machine at `root`.
    pub fn read(root: &Path) -> Self {
        let text = |path: &str| read_text(root, path).unwrap_or_default();
        let mounts = parse_mountinfo(&text("/proc/self/mountinfo"));
        let numbers = device_numbers(root);
        let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for mount in &mounts {
            if let Some(name) = device_of(root, &numbers, mount) {
                let at = places.entry(name).or_default();
                if !at.contains(&mount.target) {
                    at.push(mount.target.clone());
                }
            }
        }
        spread_btrfs(root, &mut places);
        Self {
            swaps: parse_swaps(&text("/proc/swaps")).iter().map(|device| kernel_name(root, device)).collect(),
            loops: loops(root),
            root: root.to_path_buf(),
            mounts,
            places,
        }
    }

    /// Where a partition is mounted, if it is.
    pub fn mounted_at(&self, name: &str) -> Option<PathBuf> {
        self.places.get(name).and_then(|places| places.first()).cloned()
    }

    /// One phrase for each holder of these devices and of what stands on them.
    pub fn phrases(&self, names: &[String]) -> Vec<String> {
        let mut phrases = Vec::new();
        let mut say = |phrase: String| {
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        };
        let mut seen = BTreeSet::new();
        let mut todo: Vec<(String, usize)> = names.iter().rev().map(|name| (name.clone(), 0)).collect();
        while let Some((name, depth)) = todo.pop() {
            if depth > DEEPEST || !seen.insert(name.clone()) {
                continue;
            }
            for place in self.places.get(&name).into_iter().flatten() {
                if !MEDIUM.iter().any(|medium| place == Path::new(medium)) {
                    let place = place.display().to_string();
                    say(format!("mounted at {}", clean(&place).unwrap_or_default()));
                }
            }
            if self.swaps.contains(&name) {
                say("swap".into());
            }
            for holder in
                directory(&self.root, &name).map(|dir| self::names(&dir.join("holders"))).unwrap_or_default()
            {
                say(self.phrase(&holder));
                todo.push((holder, depth + 1));
            }
            let node = Path::new("/dev").join(name.replace('!', "/"));
            for (holder, _) in self.loops.iter().filter(|(_, file)| **file == node) {
                say(format!("loop device {holder}"));
                todo.push((holder.clone(), depth + 1));
            }
        }
        phrases
    }

    /// A device that stands on another, by what it is.
    fn phrase(&self, holder: &str) -> String {
        if holder.starts_with("md") {
            return format!("md array {holder}");
        }
        if holder.starts_with("bcache") {
            return format!("bcache device {holder}");
        }
        let dm = directory(&self.root, holder).map(|dir| dir.join("dm")).unwrap_or_default();
        let name = value(&dm, "name").as_deref().and_then(clean).unwrap_or_else(|| holder.to_string());
        let uuid = value(&dm, "uuid").unwrap_or_default();
        match uuid.split('-').next().unwrap_or_default() {
            "LVM" => format!("LVM volume group {}", volume_group(&name)),
            "CRYPT" => format!("LUKS volume {name}"),
            "mpath" => format!("multipath device {name}"),
            _ => format!("device {name}"),
        }
    }

    /// Kernel names of the disks the live system runs from.
    pub fn live_disks(&self) -> BTreeSet<String> {
        let mut disks = BTreeSet::new();
        for (name, places) in &self.places {
            if places.iter().any(|place| MEDIUM.iter().any(|medium| place == Path::new(medium))) {
                self.ground(name, 0, &mut disks);
            }
        }
        disks
    }

    /// The disks below a device.
    fn ground(&self, name: &str, depth: usize, disks: &mut BTreeSet<String>) {
        if depth > DEEPEST {
            return;
        }
        if let Some(file) = self.loops.get(name) {
            disks.insert(name.to_string());
            match file.strip_prefix("/dev") {
                Ok(device) => self.ground(&device.to_string_lossy().replace('/', "!"), depth + 1, disks),
                // An ISO file on some file system: the disk below that one.
                Err(_) => {
                    if let Some(name) = self.device_below(file) {
                        self.ground(&name, depth + 1, disks);
                    }
                }
            }
            return;
        }
        let slaves = directory(&self.root, name).map(|dir| names(&dir.join("slaves"))).unwrap_or_default();
        if slaves.is_empty() {
            disks.insert(disk_of(&self.root, name).unwrap_or_else(|| name.to_string()));
        }
        for slave in slaves {
            self.ground(&slave, depth + 1, disks);
        }
    }

    /// The device whose mount holds a file.
    fn device_below(&self, file: &Path) -> Option<String> {
        // The last of the longest: later mounts cover earlier ones.
        let target = self
            .mounts
            .iter()
            .map(|mount| &mount.target)
            .filter(|target| file.starts_with(target))
            .max_by_key(|target| target.components().count())?;
        self.places.iter().find(|(_, places)| places.contains(target)).map(|(name, _)| name.clone())
    }
}

/// Kernel names of all disks and partitions by `major:minor`.
fn device_numbers(root: &Path) -> BTreeMap<String, String> {
    let blocks = below(root, Path::new("/sys/block"));
    let mut numbers = BTreeMap::new();
    for disk in names(&blocks) {
        let dir = blocks.join(&disk);
        if let Some(dev) = value(&dir, "dev") {
            numbers.insert(dev, disk.clone());
        }
        for part in super::sysfs::partition_names(root, &disk) {
            if let Some(dev) = value(&dir.join(&part), "dev") {
                numbers.insert(dev, part);
            }
        }
    }
    numbers
}

/// The device of a mount: by number, and where the number is btrfs's own, by its name.
fn device_of(root: &Path, numbers: &BTreeMap<String, String>, mount: &MountLine) -> Option<String> {
    if let Some(name) = numbers.get(&mount.dev) {
        return Some(name.clone());
    }
    if mount.fs != "btrfs" || !mount.source.starts_with("/dev/") {
        return None;
    }
    Some(kernel_name(root, &mount.source))
}

/// A btrfs on several devices is mounted from one of them; all are in use.
fn spread_btrfs(root: &Path, places: &mut BTreeMap<String, Vec<PathBuf>>) {
    let dir = below(root, Path::new("/sys/fs/btrfs"));
    for uuid in names(&dir) {
        let devices = names(&dir.join(uuid).join("devices"));
        let all: Vec<PathBuf> =
            devices.iter().filter_map(|name| places.get(name)).flatten().cloned().collect();
        for device in devices {
            let at = places.entry(device).or_default();
            let new: Vec<PathBuf> = all.iter().filter(|place| !at.contains(place)).cloned().collect();
            at.extend(new);
        }
    }
}

fn loops(root: &Path) -> BTreeMap<String, PathBuf> {
    let blocks = below(root, Path::new("/sys/block"));
    names(&blocks)
        .into_iter()
        .filter(|name| name.starts_with("loop"))
        .filter_map(|name| {
            let file = value(&blocks.join(&name), "loop/backing_file")?;
            Some((name, PathBuf::from(file)))
        })
        .collect()
}

/// The group in device-mapper's name of a logical volume: `vg--one-root` is `root` in `vg-one`.
fn volume_group(name: &str) -> String {
    let mut group = String::new();
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '-' && rest.next_if_eq(&'-').is_none() {
            break;
        }
        group.push(c);
    }
    group
}

#[cfg(test)]
mod tests {
    use super::volume_group;

    #[test]
    fn a_double_hyphen_is_part_of_the_group() {
        for (name, group) in
            [("vg0-root", "vg0"), ("vg--one-lv", "vg-one"), ("plain", "plain"), ("a---b", "a-"), ("", "")]
        {
            assert_eq!(volume_group(name), group, "{name}");
        }
    }
}
