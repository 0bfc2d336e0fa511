//! Files that are there or not there, never half written.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::sys::statfs::{MSDOS_SUPER_MAGIC, fstatfs};
use nix::sys::statvfs::statvfs;

use crate::sys::{FileKind, SysError, Usage};

/// A failed system call, with what was tried.
pub(super) fn errno(what: impl Into<String>, errno: Errno) -> SysError {
    SysError::io(what, &std::io::Error::from(errno))
}

fn failed(verb: &str, path: &Path) -> impl FnOnce(std::io::Error) -> SysError {
    let what = format!("{verb} {}", path.display());
    move |error| SysError::io(what, &error)
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// A name beside `path` that nothing else uses: same directory, so that the rename is atomic.
fn beside(path: &Path) -> Result<PathBuf, SysError> {
    let name = path.file_name().ok_or_else(|| {
        SysError::other(format!("writing {}", path.display()), "this is not the name of a file")
    })?;
    let mut temporary = std::ffi::OsString::from(".");
    // Long names keep their start: a file name has 255 bytes at most.
    temporary.push(name.to_string_lossy().chars().take(50).collect::<String>());
    temporary.push(format!(".levitate-{}", std::process::id()));
    Ok(parent(path).join(temporary))
}

fn sync_dir(path: &Path) -> Result<(), SysError> {
    let dir = File::open(path).map_err(failed("opening", path))?;
    match dir.sync_all() {
        // FAT and FUSE directories may not know fsync.
        Err(error) if error.raw_os_error() == Some(Errno::EINVAL as i32) => Ok(()),
        other => other.map_err(failed("syncing", path)),
    }
}

fn make_parents(path: &Path) -> Result<(), SysError> {
    let parent = parent(path);
    DirBuilder::new().recursive(true).mode(0o755).create(parent).map_err(failed("making", parent))
}

/// Sets permission bits. FAT has none, and says EPERM where a mode cannot be shown.
fn set_mode(file: &File, path: &Path, mode: u32) -> Result<(), SysError> {
    match file.set_permissions(Permissions::from_mode(mode)) {
        Err(error)
            if error.kind() == ErrorKind::PermissionDenied
                && fstatfs(file).is_ok_and(|fs| fs.filesystem_type() == MSDOS_SUPER_MAGIC) =>
        {
            Ok(())
        }
        other => other.map_err(failed("setting the permissions of", path)),
    }
}

/// Writes a whole file: temporary, fsync, rename, fsync of the directory.
pub(super) fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), SysError> {
    make_parents(path)?;
    let temporary = beside(path)?;
    let result = (|| {
        let _ = std::fs::remove_file(&temporary);
        // 0600 until the content is complete: it may be a key.
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(failed("writing", path))?;
        file.write_all(bytes).map_err(failed("writing", path))?;
        set_mode(&file, path, mode)?;
        file.sync_all().map_err(failed("syncing", path))?;
        std::fs::rename(&temporary, path).map_err(failed("replacing", path))
    })();
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
        return result;
    }
    sync_dir(parent(path))
}

/// Appends and fsyncs. Never through a link: the journal is no way out of its directory.
pub(super) fn append(path: &Path, bytes: &[u8], mode: u32) -> Result<(), SysError> {
    make_parents(path)?;
    let new = std::fs::symlink_metadata(path).is_err();
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(mode)
        .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
        .open(path)
        .map_err(failed("opening", path))?;
    if new {
        set_mode(&file, path, mode)?;
    }
    file.write_all(bytes).map_err(failed("writing", path))?;
    file.sync_all().map_err(failed("syncing", path))?;
    if new { sync_dir(parent(path)) } else { Ok(()) }
}

/// Removes a file, a link or a directory with all in it; refuses where something is mounted at or below it.
pub(super) fn remove(path: &Path, mounts: &[PathBuf]) -> Result<(), SysError> {
    let odd = path.components().any(|c| matches!(c, Component::ParentDir | Component::CurDir));
    if odd || !path.is_absolute() || path.parent().is_none() {
        return Err(SysError::other(
            format!("removing {}", path.display()),
            "only a plain absolute path may go",
        ));
    }
    let found = match std::fs::symlink_metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        other => other.map_err(failed("removing", path))?,
    };
    if !found.is_dir() {
        return std::fs::remove_file(path).map_err(failed("removing", path));
    }
    // The kernel's list has real paths; a link in the parents must not hide a mount from us.
    let real = parent(path).canonicalize().map_err(failed("removing", path))?;
    let real = path.file_name().map_or(real.clone(), |name| real.join(name));
    if let Some(mount) = mounts.iter().find(|mount| mount.starts_with(&real)) {
        return Err(SysError::other(
            format!("removing {}", path.display()),
            format!("something is mounted at {}", mount.display()),
        ));
    }
    std::fs::remove_dir_all(path).map_err(failed("removing", path))
}

/// Makes a link, replacing a file or link that is there.
pub(super) fn symlink(to: &Path, link: &Path) -> Result<(), SysError> {
    make_parents(link)?;
    let temporary = beside(link)?;
    let _ = std::fs::remove_file(&temporary);
    std::os::unix::fs::symlink(to, &temporary).map_err(failed("linking", link))?;
    if let Err(error) = std::fs::rename(&temporary, link) {
        let _ = std::fs::remove_file(&temporary);
        return Err(failed("linking", link)(error));
    }
    sync_dir(parent(link))
}

/// Makes a directory. `mode` is for the last one, where it is new; parents get 0755.
pub(super) fn create_dir(path: &Path, mode: u32) -> Result<(), SysError> {
    make_parents(path)?;
    match DirBuilder::new().mode(mode).create(path) {
        Ok(()) => {
            let dir = File::open(path).map_err(failed("opening", path))?;
            set_mode(&dir, path, mode)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(failed("making", path)(error)),
    }
}

/// What is at a path, links not followed.
pub(super) fn kind(path: &Path) -> Result<Option<FileKind>, SysError> {
    let found = match std::fs::symlink_metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        other => other.map_err(failed("looking at", path))?,
    };
    let kind = found.file_type();
    Ok(Some(if kind.is_symlink() {
        FileKind::Link(std::fs::read_link(path).map_err(failed("reading the link", path))?)
    } else if kind.is_dir() {
        FileKind::Directory
    } else if kind.is_file() {
        FileKind::File(found.permissions().mode() & 0o7777)
    } else {
        debug_assert!(kind.is_block_device() || kind.is_char_device() || kind.is_fifo() || kind.is_socket());
        FileKind::Other
    }))
}

/// Names in a directory, sorted; none where there is no directory.
pub(super) fn list(path: &Path) -> Result<Vec<String>, SysError> {
    let entries = match std::fs::read_dir(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        other => other.map_err(failed("listing", path))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(failed("listing", path))?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Bytes of the file system at a path.
pub(super) fn usage(path: &Path) -> Result<Usage, SysError> {
    let fs = statvfs(path).map_err(|e| errno(format!("looking at the space of {}", path.display()), e))?;
    let unit = fs.fragment_size();
    Ok(Usage {
        used: fs.blocks().saturating_sub(fs.blocks_free()).saturating_mul(unit),
        total: fs.blocks().saturating_mul(unit),
    })
}

#[cfg(test)]
mod tests;
