//! The live system that is copied: the image on the medium, or a directory.

use std::path::{Path, PathBuf};

use super::{Look, Options, below, read_text};
use crate::machine::{Source, SourceKind};

/// Images of live systems, most usual first. Our own medium follows Debian's live-boot.
const IMAGES: [&str; 6] = [
    "/run/live/medium/live/filesystem.squashfs",
    "/lib/live/mount/medium/live/filesystem.squashfs",
    "/run/initramfs/live/LiveOS/squashfs.img",
    "/run/archiso/bootmnt/arch/x86_64/airootfs.sfs",
    "/run/archiso/bootmnt/arch/x86_64/airootfs.erofs",
    "/cdrom/casper/filesystem.squashfs",
];

/// zstd brings a Debian system to about a third.
const RATIO: u64 = 3;

/// The system to copy: what was asked for, else the medium's image, else the running system.
pub fn find(look: &mut dyn Look, options: &Options) -> Source {
    let root = look.root().to_path_buf();
    if let Some(asked) = &options.source {
        return describe(look, &root, asked);
    }
    let image = IMAGES.iter().map(Path::new).find(|image| below(&root, image).is_file());
    describe(look, &root, image.unwrap_or(Path::new("/")))
}

fn describe(look: &mut dyn Look, root: &Path, path: &Path) -> Source {
    let at = below(root, path);
    let told = told_size(root, path);
    let text = path.to_string_lossy().into_owned();
    if at.is_dir() {
        let used = told.or_else(|| look.usage(path).map(|usage| usage.used));
        return Source { kind: SourceKind::Directory, path: text, installed_bytes: used.unwrap_or(0) };
    }
    let size = std::fs::metadata(&at).map(|m| m.len()).unwrap_or(0);
    Source {
        kind: if is_erofs(&at) { SourceKind::Erofs } else { SourceKind::Squashfs },
        path: text,
        installed_bytes: told.unwrap_or(size.saturating_mul(RATIO)),
    }
}

/// `filesystem.size` beside `filesystem.squashfs`: the bytes of all files, as the build counted them.
fn told_size(root: &Path, image: &Path) -> Option<u64> {
    let beside: PathBuf = image.with_extension("size");
    image.extension()?;
    read_text(root, beside)?.split_whitespace().next()?.parse().ok().filter(|bytes| *bytes > 0)
}

fn is_erofs(path: &Path) -> bool {
    use std::os::unix::fs::FileExt;
    let mut magic = [0; 4];
    std::fs::File::open(path).and_then(|file| file.read_exact_at(&mut magic, 1024)).is_ok()
        && u32::from_le_bytes(magic) == 0xe0f5_e1e2
}
