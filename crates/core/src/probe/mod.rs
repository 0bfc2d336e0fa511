//! Facts of the computer this runs on: sysfs, procfs, `blkid`, and the first sectors of file systems.
//!
//! [`machine`] reads everything through a [`Look`]: a root directory, programs, device bytes. A directory with
//! recorded files is a machine, and recorded output is a program. The readers: [`sysfs`] (disks, partitions),
//! [`blkid`] (tables, content), [`space`] (bytes in use), [`ntfs`] (Windows volumes), [`os`] (which system is
//! on it), [`holders`] (who uses it, and the live medium), [`mounts`], [`source`]. Parsers take `&str` and
//! never fail; a fact that cannot be had is null. Nothing here writes to a disk.

use std::path::{Path, PathBuf};

use crate::machine::{Disk, Firmware, Machine, Partition, PartitionKind, Problem, Version};
use crate::sys::{Output, SysError, Usage};

pub mod blkid;
pub mod holders;
pub mod mounts;
pub mod ntfs;
pub mod os;
pub mod source;
pub mod space;
pub mod sysfs;
pub mod text;

/// What a probe may do to a computer: look.
pub trait Look {
    /// The directory that is the computer; `/` on the computer itself.
    fn root(&self) -> &Path;
    /// Runs a program within a time limit; every exit status is a result.
    ///
    /// # Errors
    /// A missing program, one that takes too long, or a wish to stop.
    fn run(&mut self, argv: &[&str]) -> Result<Output, SysError>;
    /// Bytes of a device, where they can be read.
    fn read_device(&mut self, device: &str, offset: u64, len: usize) -> Option<Vec<u8>>;
    /// Space of a mounted file system.
    fn usage(&mut self, path: &Path) -> Option<Usage>;
    /// Shows a file system that is not mounted, strictly read-only, where that is possible.
    fn peek(&mut self, device: &str, fs: &str, look: &mut dyn FnMut(&Path));
}

/// What to look for beside the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The system to copy; the live medium's image unless told.
    pub source: Option<PathBuf>,
    /// Loop devices to show, by kernel name (`loop3`), or `all`. None unless a test asks.
    pub loop_devices: Vec<String>,
}

impl Options {
    /// From `LEVITATE_SOURCE` and `LEVITATE_LOOP_DEVICES`.
    pub fn from_environment() -> Self {
        let loops = std::env::var("LEVITATE_LOOP_DEVICES").unwrap_or_default();
        Self {
            source: std::env::var_os("LEVITATE_SOURCE").filter(|path| !path.is_empty()).map(PathBuf::from),
            loop_devices: loops
                .split(',')
                .map(str::trim)
                .filter(|s| !s.is_empty())
                .map(str::to_string)
                .collect(),
        }
    }

    fn shows_loop(&self, name: &str) -> bool {
        self.loop_devices.iter().any(|wanted| wanted == "all" || wanted == name)
    }
}

/// An absolute path of the machine, below the directory that is its root.
pub fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// A text file of the machine, lossy; `None` where it cannot be read. At most 4 MiB, so that a wrong path does
/// not fill memory.
pub fn read_text(root: &Path, path: impl AsRef<Path>) -> Option<String> {
    use std::io::Read;
    let file = std::fs::File::open(below(root, path.as_ref())).ok()?;
    let mut bytes = Vec::new();
    file.take(4 << 20).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Phrases for everything that holds a device or a part of it; for the error of an exclusive open.
pub fn holders_of(root: &Path, device: &str) -> Vec<String> {
    let name = sysfs::kernel_name(root, device);
    let mut names = vec![name.clone()];
    names.extend(sysfs::partition_names(root, &name));
    holders::Holders::read(root).phrases(&names)
}

/// The facts of a computer.
///
/// # Errors
/// Only where nothing true can be said: `blkid` is missing (every disk would look blank), or a wish to stop.
pub fn machine(look: &mut dyn Look, options: &Options) -> Result<Machine, SysError> {
    let root = look.root().to_path_buf();
    let holders = holders::Holders::read(&root);
    let live = holders.live_disks();
    let mut disks = Vec::new();
    for block in sysfs::disks(&root, options) {
        let live_medium = live.contains(&block.name);
        disks.push(disk(look, &root, &holders, &block, live_medium)?);
    }
    mark_medium_in_memory(&root, &mut disks);
    let efi = below(&root, Path::new("/sys/firmware/efi")).is_dir();
    let meminfo = read_text(&root, "/proc/meminfo").unwrap_or_default();
    Ok(Machine {
        version: Version,
        firmware: if efi { Firmware::Uefi } else { Firmware::Bios },
        memory_bytes: text::memory_bytes(&meminfo).unwrap_or(0),
        source: source::find(look, options),
        disks,
    })
}

fn disk(
    look: &mut dyn Look,
    root: &Path,
    holders: &holders::Holders,
    block: &sysfs::Block,
    live_medium: bool,
) -> Result<Disk, SysError> {
    let path = block.path();
    let content = blkid::ask(look, &path)?;
    let mut partitions = Vec::new();
    for part in &block.parts {
        partitions.push(partition(look, root, holders, part, live_medium)?);
    }
    // A file system, LUKS or LVM on the bare disk is shown as a partition that fills it: without it the disk
    // would look blank, and be erased without the question that data deserves.
    if partitions.is_empty() && content.holds_something() {
        let whole =
            sysfs::Part { name: block.name.clone(), number: 0, start_bytes: 0, size_bytes: block.size_bytes };
        partitions.push(known(look, root, holders, &whole, &content, live_medium));
    }
    let names: Vec<String> =
        std::iter::once(&block.name).chain(block.parts.iter().map(|part| &part.name)).cloned().collect();
    let mut in_use = holders.phrases(&names);
    if live_medium {
        in_use.insert(0, "live medium".into());
    }
    Ok(Disk {
        path,
        size_bytes: block.size_bytes,
        model: block.model.clone(),
        serial: block.serial.clone(),
        transport: block.transport,
        rotational: block.rotational,
        removable: block.removable,
        read_only: block.read_only,
        logical_sector: block.logical_sector,
        physical_sector: block.physical_sector,
        table: content.table,
        live_medium,
        in_use,
        partitions,
    })
}

fn partition(
    look: &mut dyn Look,
    root: &Path,
    holders: &holders::Holders,
    part: &sysfs::Part,
    live_medium: bool,
) -> Result<Partition, SysError> {
    let content = blkid::ask(look, &part.path())?;
    Ok(known(look, root, holders, part, &content, live_medium))
}

fn known(
    look: &mut dyn Look,
    root: &Path,
    holders: &holders::Holders,
    part: &sysfs::Part,
    content: &blkid::Content,
    live_medium: bool,
) -> Partition {
    let path = part.path();
    let kind = content.kind();
    let mounted = holders.mounted_at(&part.name);
    let fs = content.fs.as_deref().unwrap_or_default();
    let (mut used_bytes, mut problems) = (None, Vec::new());
    match fs {
        "ntfs" => {
            let volume = ntfs::look_at(look, &path);
            (used_bytes, problems) = (volume.used_bytes, volume.problems);
        }
        "BitLocker" => problems.push(Problem::Bitlocker),
        _ => {}
    }
    match &mounted {
        Some(place) => used_bytes = look.usage(place).map(|usage| usage.used),
        None => used_bytes = used_bytes.or_else(|| space::used(look, &path, fs)),
    }
    // The kernel gives an extended partition 1 KiB, so that nobody writes into it; the table has the truth.
    let size_bytes = match (kind, content.entry_bytes) {
        (PartitionKind::Extended, Some(bytes)) => bytes,
        _ => part.size_bytes,
    };
    // The medium's own partitions overlap the mounted image: mounting them only makes the kernel complain.
    let os = if live_medium { None } else { os::name(look, root, &path, fs, kind, mounted.as_deref()) };
    Partition {
        os,
        path,
        number: part.number,
        start_bytes: part.start_bytes,
        size_bytes,
        kind,
        fs: content.fs.clone(),
        label: content.label.clone(),
        uuid: content.uuid.clone(),
        used_bytes,
        problems,
    }
}

/// Where the live system was loaded into memory, nothing points at its stick any more. Then every disk with an
/// ISO image on it counts as the live medium: better one stick too many than the one in the person's hand.
fn mark_medium_in_memory(root: &Path, disks: &mut [Disk]) {
    let cmdline = read_text(root, "/proc/cmdline").unwrap_or_default();
    let in_memory = cmdline.split_whitespace().any(|word| {
        ["toram", "copytoram", "rd.live.ram"].iter().any(|name| word.split('=').next() == Some(name))
    });
    if !in_memory || disks.iter().any(|disk| disk.live_medium) {
        return;
    }
    let iso = |disk: &&mut Disk| disk.partitions.iter().any(|p| p.fs.as_deref() == Some("iso9660"));
    for disk in disks.iter_mut().filter(iso) {
        disk.live_medium = true;
        disk.in_use.insert(0, "live medium".into());
    }
}
