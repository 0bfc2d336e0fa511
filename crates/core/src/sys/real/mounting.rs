//! Mounts: made with mount(2), undone with patience, never lazily.

use std::path::{Path, PathBuf};
use std::time::Instant;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount as mount2, umount2};

use super::{BUSY_LIMIT, BUSY_PAUSE, files, holding};
use crate::probe;
use crate::sys::{MountCall, Mounted, SysError};

/// Options that are flags of mount(2), not of a driver.
fn flag(option: &str) -> Option<MsFlags> {
    Some(match option {
        "ro" => MsFlags::MS_RDONLY,
        "nosuid" => MsFlags::MS_NOSUID,
        "nodev" => MsFlags::MS_NODEV,
        "noexec" => MsFlags::MS_NOEXEC,
        "noatime" => MsFlags::MS_NOATIME,
        "nodiratime" => MsFlags::MS_NODIRATIME,
        "relatime" => MsFlags::MS_RELATIME,
        "sync" => MsFlags::MS_SYNCHRONOUS,
        "rbind" => MsFlags::MS_REC,
        "rw" | "defaults" | "" => MsFlags::empty(),
        _ => return None,
    })
}

/// Mounts; a mount without a type is a bind mount (`rbind` among the options takes what is below along).
pub(super) fn mount(call: &MountCall, source: &Path, target: &Path) -> Result<(), SysError> {
    let what = || format!("mounting {} at {}", call.source, call.target.display());
    let mut flags = MsFlags::empty();
    let mut data: Vec<&str> = Vec::new();
    for option in call.options.split(',').map(str::trim) {
        match flag(option) {
            Some(found) => flags |= found,
            None => data.push(option),
        }
    }
    if call.read_only {
        flags |= MsFlags::MS_RDONLY;
    }
    let fail = |errno| files::errno(what(), errno);
    let Some(fs) = call.fs.as_deref() else {
        return bind(source, target, flags, &what);
    };
    files::create_dir(target, 0o755)?;
    let data = data.join(",");
    let flags = flags - MsFlags::MS_REC;
    mount2(Some(source), target, Some(fs), flags, (!data.is_empty()).then_some(data.as_str())).map_err(fail)
}

fn bind(source: &Path, target: &Path, flags: MsFlags, what: &dyn Fn() -> String) -> Result<(), SysError> {
    let none: Option<&str> = None;
    if source.is_dir() {
        files::create_dir(target, 0o755)?;
    } else if !target.exists() {
        files::write(target, b"", 0o644)?;
    }
    let deep = flags & MsFlags::MS_REC;
    mount2(Some(source), target, none, MsFlags::MS_BIND | deep, none).map_err(|e| files::errno(what(), e))?;
    // Private: systemd shares every mount, and what is later unmounted below the copy would vanish from the
    // live system's own /dev or /run as well.
    let rest = flags - MsFlags::MS_REC;
    let result = mount2(none, target, none, MsFlags::MS_PRIVATE | deep, none).and_then(|()| {
        // The kernel takes flags of a bind mount in a second call only.
        if rest.is_empty() {
            return Ok(());
        }
        mount2(none, target, none, MsFlags::MS_BIND | MsFlags::MS_REMOUNT | rest, none)
    });
    result.map_err(|errno| {
        let _ = umount2(target, MntFlags::UMOUNT_NOFOLLOW);
        files::errno(what(), errno)
    })
}

/// Unmounts, trying again while busy; then says who is in the way.
pub(super) fn unmount(target: &Path) -> Result<(), SysError> {
    let started = Instant::now();
    loop {
        match umount2(target, MntFlags::UMOUNT_NOFOLLOW) {
            Ok(()) => return Ok(()),
            Err(Errno::EBUSY) if started.elapsed() < BUSY_LIMIT => std::thread::sleep(BUSY_PAUSE),
            Err(Errno::EBUSY) => {
                let below = targets().into_iter().filter(|t| t != target && t.starts_with(target));
                let mut holders: Vec<String> =
                    below.take(4).map(|t| format!("something is mounted at {}", t.display())).collect();
                holders.extend(holding::of_tree(target));
                if holders.is_empty() {
                    holders.push("no holder was found; a swap file or a loop device may be on it".into());
                }
                return Err(SysError::Busy {
                    device: target.display().to_string(),
                    holders: holders.join(", "),
                });
            }
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(files::errno(format!("unmounting {}", target.display()), errno)),
        }
    }
}

/// Mounts of the machine at `root`.
pub(super) fn list(root: &Path) -> Result<Vec<Mounted>, SysError> {
    let path = probe::below(root, Path::new("/proc/self/mountinfo"));
    let text = std::fs::read(&path).map_err(|e| SysError::io(format!("reading {}", path.display()), &e))?;
    Ok(probe::mounts::parse_mountinfo(&String::from_utf8_lossy(&text))
        .into_iter()
        .map(|m| Mounted { source: m.source, target: m.target, fs: m.fs })
        .collect())
}

/// Where this computer has mounts.
pub(super) fn targets() -> Vec<PathBuf> {
    list(Path::new("/")).unwrap_or_default().into_iter().map(|m| m.target).collect()
}

/// Lets `look` see a file system, mounted read-only at a temporary place, without replaying its journal: a
/// probe changes nothing. What cannot be mounted is not seen.
pub(super) fn peek(device: &Path, fs: &str, look: &mut dyn FnMut(&Path)) {
    let options = match fs {
        "vfat" => "",
        "btrfs" => "rescue=nologreplay",
        "xfs" => "norecovery",
        _ => return,
    };
    let place = std::env::temp_dir().join(format!("levitate-peek-{}", std::process::id()));
    if std::fs::create_dir(&place).is_err() {
        return;
    }
    let guard = Peek(place);
    let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    if mount2(Some(device), &guard.0, Some(fs), flags, Some(options)).is_ok() {
        look(&guard.0);
    }
}

/// Takes the temporary mount away, whatever the look did.
struct Peek(PathBuf);

impl Drop for Peek {
    fn drop(&mut self) {
        // Not mounted (EINVAL) where the mount failed; the directory goes only when empty.
        let _ = umount2(&self.0, MntFlags::UMOUNT_NOFOLLOW);
        let _ = std::fs::remove_dir(&self.0);
    }
}
