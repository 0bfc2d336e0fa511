//! Which operating system a partition holds.

use std::path::Path;

use super::text::pretty_name;
use super::{Look, read_text};
use crate::machine::PartitionKind;

const OS_RELEASE: [&str; 2] = ["/usr/lib/os-release", "/etc/os-release"];
/// Where a btrfs keeps the root: at the top, or in the subvolume of Ubuntu and openSUSE, or of Fedora.
const SUBVOLUMES: [&str; 4] = ["", "@", "root", "@rootfs"];

/// The name of the system on a partition, where one is found. Never fails: most partitions hold none.
pub fn name(
    look: &mut dyn Look,
    root: &Path,
    device: &str,
    fs: &str,
    kind: PartitionKind,
    mounted: Option<&Path>,
) -> Option<String> {
    if let Some(place) = mounted {
        return in_tree(&super::below(root, place), fs, kind);
    }
    match fs {
        // No mount at all: debugfs opens read-only and replays no journal.
        "ext2" | "ext3" | "ext4" => OS_RELEASE.iter().find_map(|file| {
            let output = look.run(&["debugfs", "-R", &format!("cat {file}"), device]).ok()?;
            pretty_name(&output.stdout)
        }),
        "ntfs" => {
            let output = look.run(&["ntfsls", "-f", "-p", "/Windows/System32", device]).ok()?;
            (output.status == 0).then(|| "Windows".to_string())
        }
        "btrfs" | "xfs" => seen(look, device, fs, kind),
        "vfat" if kind == PartitionKind::Esp => seen(look, device, fs, kind),
        _ => None,
    }
}

fn seen(look: &mut dyn Look, device: &str, fs: &str, kind: PartitionKind) -> Option<String> {
    let mut found = None;
    look.peek(device, fs, &mut |place| found = in_tree(place, fs, kind));
    found
}

fn in_tree(place: &Path, fs: &str, kind: PartitionKind) -> Option<String> {
    if fs == "vfat" {
        let windows = place.join("EFI/Microsoft/Boot/bootmgfw.efi");
        return (kind == PartitionKind::Esp && windows.is_file()).then(|| "Windows Boot Manager".to_string());
    }
    if fs == "ntfs" {
        return place.join("Windows/System32").is_dir().then(|| "Windows".to_string());
    }
    let subvolumes = if fs == "btrfs" { SUBVOLUMES.as_slice() } else { &SUBVOLUMES[..1] };
    subvolumes.iter().find_map(|subvolume| {
        let top = place.join(subvolume);
        // /etc/os-release is a relative link into /usr as a rule; an absolute one would show our own system.
        OS_RELEASE.iter().find_map(|file| {
            let path = super::below(&top, Path::new(file));
            let inside = path.canonicalize().ok()?.starts_with(top.canonicalize().ok()?);
            inside.then(|| read_text(&top, file))?.as_deref().and_then(pretty_name)
        })
    })
}
