//! Programs inside the target: /proc, /sys, /dev, /run (and the firmware's variables) are there for as long as
//! one program runs, and gone after it, whatever happened.

use std::path::{Path, PathBuf};

use crate::sys::{Cmd, MountCall, Output, SysError, System, Tick};

use super::{StepError, TARGET};

/// Runs a program inside the target.
pub(super) fn run(sys: &mut dyn System, cmd: &Cmd) -> Result<Output, StepError> {
    run_watched(sys, cmd, &mut |_| {})
}

/// Runs a program inside the target and hears what it prints.
pub(super) fn run_watched(
    sys: &mut dyn System,
    cmd: &Cmd,
    on_tick: &mut dyn FnMut(Tick<'_>),
) -> Result<Output, StepError> {
    let mut mounted = Vec::new();
    let result =
        bind(sys, &mut mounted).and_then(|()| sys.run(&cmd.clone().chroot(Path::new(TARGET)), on_tick));
    if matches!(result, Err(SysError::Killed)) {
        return Err(SysError::Killed.into());
    }
    let mut released = Ok(());
    for point in mounted.iter().rev() {
        released = released.and(sys.unmount(point));
    }
    let output = result?;
    released?;
    Ok(output)
}

fn bind(sys: &mut dyn System, mounted: &mut Vec<PathBuf>) -> Result<(), SysError> {
    let virtual_fs = [("proc", "proc"), ("sysfs", "sys"), ("devtmpfs", "dev"), ("devpts", "dev/pts")];
    for (fs, at) in virtual_fs {
        mount(sys, mounted, fs, Some(fs), at)?;
    }
    // Not the live /run itself: it holds the medium's mounts and our journal. udev's database is wanted there,
    // grub-probe and the initramfs tools ask it what a device is.
    mount(sys, mounted, "tmpfs", Some("tmpfs"), "run")?;
    mount(sys, mounted, "/run/udev", None, "run/udev")?;
    if sys.kind(Path::new("/sys/firmware/efi/efivars"))?.is_some() {
        // May be missing, read-only or refused: then GRUB's NVRAM entry fails, and that is a warning there.
        match mount(sys, mounted, "efivarfs", Some("efivarfs"), "sys/firmware/efi/efivars") {
            Err(SysError::Killed) => return Err(SysError::Killed),
            Err(error) => tracing::warn!(%error, "the firmware's variables cannot be mounted"),
            Ok(()) => {}
        }
    }
    Ok(())
}

fn mount(
    sys: &mut dyn System,
    mounted: &mut Vec<PathBuf>,
    source: &str,
    fs: Option<&str>,
    at: &str,
) -> Result<(), SysError> {
    let target = PathBuf::from(TARGET).join(at);
    sys.mount(&MountCall {
        source: source.into(),
        target: target.clone(),
        fs: fs.map(Into::into),
        read_only: false,
        options: String::new(),
    })?;
    mounted.push(target);
    Ok(())
}
