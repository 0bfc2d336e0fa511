//! Block devices: opened exclusively, written in order, and their tables read again.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag, PosixFadviseAdvice, posix_fadvise};

use super::{BUSY_LIMIT, BUSY_PAUSE, Real};
use crate::sys::{Cancel, Cmd, SysError, System};

/// How long the nodes of new partitions are awaited.
const NODE_LIMIT: Duration = Duration::from_secs(10);

/// Reads a stretch of a device.
pub(super) fn read(node: &Path, offset: u64, len: usize) -> Result<Vec<u8>, SysError> {
    let what = || format!("reading {}", node.display());
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(node)
        .map_err(|e| SysError::io(what(), &e))?;
    // A disk and its partitions have separate caches: forget ours, or we read what was there before mkfs.
    if let (Ok(from), Ok(length)) = (i64::try_from(offset), i64::try_from(len)) {
        let _ = posix_fadvise(&file, from, length, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
    }
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, offset).map_err(|e| SysError::io(what(), &e))?;
    Ok(bytes)
}

/// Opens a device that nothing else holds; `None` where it stays busy.
///
/// `O_EXCL` keeps mounts, swap, LVM, md and LUKS out; the lock keeps udev from probing while we write
/// (<https://systemd.io/BLOCK_DEVICE_LOCKING/>).
pub(super) fn open_exclusively(
    node: &Path,
    only_devices: bool,
    cancel: &Cancel,
) -> Result<Option<Flock<File>>, SysError> {
    let what = || format!("opening {}", node.display());
    let found = std::fs::metadata(node).map_err(|e| SysError::io(what(), &e))?;
    if only_devices && !found.file_type().is_block_device() {
        return Err(SysError::other(what(), "this is not a disk or partition"));
    }
    let started = Instant::now();
    loop {
        if cancel.requested() {
            return Err(SysError::Cancelled);
        }
        let opened = OpenOptions::new().read(true).write(true).custom_flags(OFlag::O_EXCL.bits()).open(node);
        match opened {
            Ok(file) => match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(locked) => return Ok(Some(locked)),
                Err((_, Errno::EWOULDBLOCK | Errno::EINTR)) => {}
                Err((_, errno)) => {
                    return Err(super::files::errno(format!("locking {}", node.display()), errno));
                }
            },
            Err(error) if error.raw_os_error() == Some(Errno::EBUSY as i32) => {}
            Err(error) => return Err(SysError::io(what(), &error)),
        }
        if started.elapsed() > BUSY_LIMIT {
            return Ok(None);
        }
        std::thread::sleep(BUSY_PAUSE);
    }
}

/// Writes ranges in order and fsyncs once.
pub(super) fn write(node: &Path, file: Flock<File>, ranges: &[(u64, Vec<u8>)]) -> Result<(), SysError> {
    let what = || format!("writing {}", node.display());
    for (offset, bytes) in ranges {
        file.write_all_at(bytes, *offset).map_err(|e| SysError::io(what(), &e))?;
    }
    file.sync_all().map_err(|e| SysError::io(what(), &e))
}

/// Makes the kernel read a table again and waits for the nodes.
pub(super) fn reread_table(real: &mut Real, disk: &str, partitions: &[String]) -> Result<(), SysError> {
    settle(real)?;
    let started = Instant::now();
    loop {
        // `blockdev` and not the ioctl: unsafe code is denied in this workspace.
        match crate::sys::run(real, &Cmd::new(["blockdev", "--rereadpt", disk])) {
            Ok(_) => break,
            Err(SysError::Failed { stderr, .. }) if stderr.contains("busy") => {
                if started.elapsed() > BUSY_LIMIT {
                    return Err(SysError::Busy { device: disk.into(), holders: real.device_holders(disk) });
                }
                std::thread::sleep(BUSY_PAUSE);
            }
            Err(error) => return Err(error),
        }
    }
    settle(real)?;
    let started = Instant::now();
    while let Some(missing) = partitions.iter().find(|node| !is_there(real, node)) {
        if real.cancel().requested() {
            return Err(SysError::Cancelled);
        }
        if started.elapsed() > NODE_LIMIT {
            return Err(SysError::other(
                format!("waiting for {missing}"),
                "the kernel did not make it from the new partition table",
            ));
        }
        std::thread::sleep(BUSY_PAUSE);
    }
    settle(real)
}

fn is_there(real: &Real, node: &str) -> bool {
    std::fs::metadata(real.at(Path::new(node)))
        .is_ok_and(|m| m.file_type().is_block_device() || !real.is_host())
}

/// Waits for udev's rules, where udev is. That it is slow is no failure: the nodes are awaited one by one.
fn settle(real: &mut Real) -> Result<(), SysError> {
    match crate::sys::run(real, &Cmd::new(["udevadm", "settle", "--timeout=10"])) {
        Err(SysError::Cancelled) => Err(SysError::Cancelled),
        _ => Ok(()),
    }
}
