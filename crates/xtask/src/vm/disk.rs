//! Virtual disks: sparse files that take no space until a guest writes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::escape;

/// A virtual disk as the guest sees it.
#[derive(Clone, Debug)]
pub struct Disk {
    /// The image file.
    pub path: PathBuf,
    serial: String,
    read_only: bool,
}

impl Disk {
    /// A disk that the guest may write.
    pub fn writable(path: &Path, serial: &str) -> Self {
        Self { path: path.to_path_buf(), serial: serial.to_owned(), read_only: false }
    }

    /// A disk that refuses writes.
    pub fn read_only(path: &Path, serial: &str) -> Self {
        Self { read_only: true, ..Self::writable(path, serial) }
    }

    /// Makes the image file new and empty.
    pub fn create(&self, bytes: u64) -> Result<()> {
        let cannot = || format!("cannot make the disk image {}", self.path.display());
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).with_context(cannot)?;
        }
        File::create(&self.path).and_then(|file| file.set_len(bytes)).with_context(cannot)
    }

    /// QEMU's arguments for this disk; `id` names it on the control socket too.
    pub(super) fn arguments(&self, id: &str, boot_first: bool) -> [String; 4] {
        let format = if self.path.extension().is_some_and(|ext| ext == "qcow2") { "qcow2" } else { "raw" };
        // A host crash may lose what the guest wrote: these disks are for trying things out, and this is fast.
        let access = if self.read_only { "readonly=on" } else { "cache=unsafe,discard=unmap" };
        let boot = if boot_first { ",bootindex=0" } else { "" };
        [
            "-drive".to_owned(),
            format!("if=none,id={id},format={format},{access},file={}", escape(&self.path)),
            "-device".to_owned(),
            format!("virtio-blk-pci,id=dev-{id},drive={id},serial={}{boot}", self.serial),
        ]
    }
}

/// Reads a size such as `20G`, `512M` or a number of bytes.
pub fn parse_size(text: &str) -> Result<u64> {
    let upper = text.trim().to_ascii_uppercase();
    let number = upper.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor: u64 = match &upper[number.len()..] {
        "" | "B" => 1,
        "K" | "KIB" => 1 << 10,
        "M" | "MIB" => 1 << 20,
        "G" | "GIB" => 1 << 30,
        "T" | "TIB" => 1 << 40,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        unit => bail!("`{text}` is no disk size: `{unit}` is no unit (write 20G, 20GB or 512M)"),
    };
    let bytes = number.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    match bytes {
        // Sectors of 4096 bytes must fit too.
        Some(bytes) if bytes >= 1 << 20 => Ok(bytes / 4096 * 4096),
        _ => bail!("`{text}` is no disk size (write 20G, 20GB or 512M; 1M at least)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_both_bases() {
        for (text, bytes) in [
            ("20G", 20 << 30),
            ("20g", 20 << 30),
            ("512M", 512 << 20),
            ("20GB", 20_000_000_000 / 4096 * 4096),
            ("1048576", 1 << 20),
        ] {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "G", "20X", "-1G", "4", "99999999999999T", "1.5G"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_read_only_disk_is_told_to_qemu_as_such() {
        let line = Disk::read_only(Path::new("/x.iso"), "S").arguments("m", false).join(" ");
        assert!(line.contains("readonly=on") && !line.contains("cache="), "{line}");
        let line = Disk::writable(Path::new("/x.qcow2"), "S").arguments("d", false).join(" ");
        assert!(line.contains("format=qcow2,cache=unsafe"), "{line}");
    }
}
