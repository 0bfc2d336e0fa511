//! Disks and partitions as /sys/block shows them.

use std::path::{Path, PathBuf};

use super::text::{clean, udev_property, unescape};
use super::{Options, below, read_text};
use crate::machine::Transport;

/// Names in /sys/block that are no disks to install to. `mmcblk0boot0` and its like are areas of a disk.
const NO_DISK: [&str; 12] =
    ["ram", "zram", "sr", "fd", "dm-", "md", "nbd", "zd", "drbd", "bcache", "mtdblock", "rbd"];

/// sysfs counts sizes in these, whatever the disk's sectors are.
const UNIT: u64 = 512;

/// A whole disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Kernel name, e.g. `nvme0n1`.
    pub name: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Model, cleaned.
    pub model: Option<String>,
    /// Serial number, cleaned.
    pub serial: Option<String>,
    /// How it is attached.
    pub transport: Transport,
    /// True for spinning disks.
    pub rotational: bool,
    /// True for sticks and cards.
    pub removable: bool,
    /// True where the kernel refuses writes.
    pub read_only: bool,
    /// Logical sector size in bytes.
    pub logical_sector: u32,
    /// Physical sector size in bytes.
    pub physical_sector: u32,
    /// Partitions by number.
    pub parts: Vec<Part>,
}

/// A partition as the kernel knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Kernel name, e.g. `nvme0n1p3`.
    pub name: String,
    /// Number in the table; 0 for a whole disk without one.
    pub number: u32,
    /// First byte.
    pub start_bytes: u64,
    /// Length in bytes.
    pub size_bytes: u64,
}

impl Block {
    /// Device node.
    pub fn path(&self) -> String {
        device_path(&self.name)
    }
}

impl Part {
    /// Device node.
    pub fn path(&self) -> String {
        device_path(&self.name)
    }
}

/// The kernel writes `!` where a device name has `/` (`cciss!c0d0`).
fn device_path(name: &str) -> String {
    format!("/dev/{}", name.replace('!', "/"))
}

/// The kernel's name of a device, links followed (`/dev/mapper/vg-root` is `dm-0`).
pub fn kernel_name(root: &Path, device: &str) -> String {
    let node = below(root, Path::new(device));
    let real = node.canonicalize().unwrap_or(node);
    let dev = below(root, Path::new("/dev"));
    let dev = dev.canonicalize().unwrap_or(dev);
    let name =
        real.strip_prefix(&dev).unwrap_or_else(|_| Path::new(device.strip_prefix("/dev/").unwrap_or(device)));
    name.to_string_lossy().replace('/', "!")
}

/// The directory of a disk or partition in sysfs.
pub fn directory(root: &Path, name: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return None;
    }
    let blocks = below(root, Path::new("/sys/block"));
    let whole = blocks.join(name);
    if whole.is_dir() {
        return Some(whole);
    }
    disk_of(root, name).map(|disk| blocks.join(disk).join(name))
}

/// The disk a partition belongs to. Looked up, never guessed from the name.
pub fn disk_of(root: &Path, partition: &str) -> Option<String> {
    names(&below(root, Path::new("/sys/block"))).into_iter().find(|disk| {
        below(root, Path::new("/sys/block")).join(disk).join(partition).join("partition").is_file()
    })
}

/// Kernel names of a disk's partitions.
pub fn partition_names(root: &Path, disk: &str) -> Vec<String> {
    parts(&below(root, Path::new("/sys/block")).join(disk)).into_iter().map(|part| part.name).collect()
}

pub(super) fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

pub(super) fn value(dir: &Path, file: &str) -> Option<String> {
    read_text(dir, file).map(|text| text.trim().to_string())
}

fn number<T: std::str::FromStr>(dir: &Path, file: &str) -> Option<T> {
    value(dir, file)?.parse().ok()
}

fn flag(dir: &Path, file: &str) -> bool {
    value(dir, file).as_deref() == Some("1")
}

/// Every disk, in an order people expect: by kind, then `sda` … `sdz`, `sdaa`.
pub fn disks(root: &Path, options: &Options) -> Vec<Block> {
    let blocks = below(root, Path::new("/sys/block"));
    let mut names = names(&blocks);
    names.retain(|name| is_disk(name, options));
    names.sort_by_key(|name| (name.chars().take(2).collect::<String>(), name.len(), name.clone()));
    names.iter().filter_map(|name| disk(root, &blocks.join(name), name)).collect()
}

fn is_disk(name: &str, options: &Options) -> bool {
    if name.starts_with("loop") {
        return options.shows_loop(name);
    }
    let area = name.starts_with("mmcblk") && ["boot", "rpmb", "gp"].iter().any(|area| name.contains(area));
    !area && !NO_DISK.iter().any(|prefix| name.starts_with(prefix))
}

fn disk(root: &Path, dir: &Path, name: &str) -> Option<Block> {
    // No size: a card reader without a card. Hidden: one path of a multipath NVMe.
    let size_bytes = number::<u64>(dir, "size")?.saturating_mul(UNIT);
    if size_bytes == 0 || flag(dir, "hidden") {
        return None;
    }
    let real = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let transport = transport(name, &real.to_string_lossy());
    let udev = value(dir, "dev")
        .and_then(|dev| read_text(root, format!("/run/udev/data/b{dev}")))
        .unwrap_or_default();
    let card = transport == Transport::Mmc && value(dir, "device/type").as_deref() == Some("SD");
    let removable = flag(dir, "removable") || card;
    // Virtual disks and USB sticks call themselves rotational, having nothing better to say.
    let spins = match transport {
        Transport::Virtio | Transport::Nvme | Transport::Mmc | Transport::Loop => false,
        Transport::Usb => !removable,
        _ => true,
    };
    Some(Block {
        name: name.to_string(),
        size_bytes,
        model: model(dir, &udev),
        serial: serial(dir, &udev),
        transport,
        rotational: spins && flag(dir, "queue/rotational"),
        removable,
        read_only: flag(dir, "ro"),
        logical_sector: number(dir, "queue/logical_block_size").unwrap_or(512),
        physical_sector: number(dir, "queue/physical_block_size").unwrap_or(512),
        parts: parts(dir),
    })
}

fn parts(dir: &Path) -> Vec<Part> {
    let mut parts: Vec<Part> = names(dir)
        .into_iter()
        .filter_map(|name| {
            let dir = dir.join(&name);
            Some(Part {
                number: number(&dir, "partition")?,
                start_bytes: number::<u64>(&dir, "start")?.saturating_mul(UNIT),
                size_bytes: number::<u64>(&dir, "size")?.saturating_mul(UNIT),
                name,
            })
        })
        .collect();
    parts.sort_by_key(|part| part.number);
    parts
}

/// How a disk is attached, by its place among the devices.
fn transport(name: &str, place: &str) -> Transport {
    let within = |part: &str| place.contains(part);
    if name.starts_with("loop") {
        Transport::Loop
    } else if within("/usb") {
        // Before SCSI and ATA: a USB bridge looks like both.
        Transport::Usb
    } else if name.starts_with("nvme") || within("/nvme/") {
        Transport::Nvme
    } else if name.starts_with("mmcblk") || within("/mmc_host/") {
        Transport::Mmc
    } else if name.starts_with("vd") || within("/virtio") {
        Transport::Virtio
    } else if within("/ata") {
        Transport::Sata
    } else if within("/host") {
        Transport::Scsi
    } else {
        Transport::Unknown
    }
}

/// udev's model is whole where the kernel's is cut at 16 characters.
fn model(dir: &Path, udev: &str) -> Option<String> {
    let told = udev_property(udev, "ID_MODEL_ENC")
        .map(unescape)
        .or_else(|| udev_property(udev, "ID_MODEL").map(|model| model.replace('_', " ")));
    let model = told.as_deref().and_then(clean).or_else(|| {
        let kernel =
            value(dir, "device/model").filter(|m| !m.is_empty()).or_else(|| value(dir, "device/name"));
        clean(&kernel?)
    })?;
    let vendor = match udev_property(udev, "ID_VENDOR_ENC") {
        Some(vendor) => clean(&unescape(vendor)),
        None => value(dir, "device/vendor").as_deref().and_then(clean),
    };
    match vendor {
        // libata says ATA for everyone; virtio and NVMe have a PCI number here.
        Some(vendor) if vendor != "ATA" && !vendor.starts_with("0x") && !model.starts_with(&vendor) => {
            clean(&format!("{vendor} {model}"))
        }
        _ => Some(model),
    }
}

fn serial(dir: &Path, udev: &str) -> Option<String> {
    udev_property(udev, "ID_SERIAL_SHORT")
        .map(unescape)
        .or_else(|| value(dir, "serial").filter(|s| !s.is_empty()))
        .or_else(|| value(dir, "device/serial").filter(|s| !s.is_empty()))
        // Page 0x80 of the vital product data: four bytes of header, then text.
        .or_else(|| value(dir, "device/vpd_pg80").map(|page| page.chars().skip(4).collect()))
        // "t10.ATA     Samsung SSD 870 EVO 500GB               S6PNNS0T1"
        .or_else(|| {
            value(dir, "device/wwid")?
                .strip_prefix("t10.")?
                .split_whitespace()
                .next_back()
                .map(str::to_string)
        })
        .as_deref()
        .and_then(clean)
}
