//! Copying the live system, and removing from the copy what only belongs to the live session.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::machine::{Source, SourceKind};
use crate::sys::{Cmd, SysError, System, Tick, read_text, run};

use super::{Context, Report, STATE_DIR, StepError, TARGET, chroot, in_target};

/// Copies the live system to the mounted target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopySystem {
    /// What is copied.
    pub source: Source,
    /// The device of the target's root, for people.
    pub device: String,
    /// The partition below it.
    pub partition: String,
    /// The disk below that.
    pub disk: String,
    /// True where the root was not made by this installer: it may have files, which the copy replaces.
    pub over_existing: bool,
}

/// List of what a medium added for the live session: `path /abs/path` or `package NAME`, a line each.
const LIVE_ONLY: &str = "etc/levitate/live-only";

/// What belongs to the live session whatever the medium lists: identities that must not be shared.
const IDENTITIES: &[&str] = &["var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "etc/hostname"];

impl CopySystem {
    pub(super) fn run(&self, sys: &mut dyn System, cx: &mut Context<'_>) -> Result<(), StepError> {
        self.prove_target(sys)?;
        self.copy(sys, cx).map_err(|error| self.explain(sys, error))?;
        (cx.report)(Report::Progress {
            done: self.source.installed_bytes,
            total: self.source.installed_bytes,
        });
        scrub(sys)?;
        identities(sys)
    }

    /// A byte is copied only to a mount that is not the live root and has the room.
    fn prove_target(&self, sys: &mut dyn System) -> Result<(), StepError> {
        if !sys.mounts()?.iter().any(|mounted| mounted.target == Path::new(TARGET)) {
            return Err(StepError::Check(format!("nothing is mounted at {TARGET}, so nothing is copied")));
        }
        let usage = sys.usage(Path::new(TARGET))?;
        let free = usage.total.saturating_sub(usage.used);
        if free < self.source.installed_bytes {
            return Err(StepError::Check(format!(
                "the root on {} has {} free, the system needs {}",
                self.device,
                crate::size::decimal(free),
                crate::size::decimal(self.source.installed_bytes)
            )));
        }
        Ok(())
    }

    /// The copy alone, to the mounted target: unpacked where the root is clean, else rsync.
    ///
    /// # Errors
    /// What the program said.
    pub fn copy(&self, sys: &mut dyn System, cx: &mut Context<'_>) -> Result<(), StepError> {
        let clean = self.is_clean(sys)?;
        let unpack = self.source.kind == SourceKind::Squashfs && clean && !self.over_existing;
        if unpack {
            return self.program(
                sys,
                cx,
                &[
                    "unsquashfs",
                    "-force",
                    "-quiet",
                    "-no-progress",
                    "-dest",
                    TARGET,
                    self.source.path.as_str(),
                ],
            );
        }
        let (tree, mounted) = match self.source.kind {
            SourceKind::Directory => (PathBuf::from(&self.source.path), None),
            SourceKind::Squashfs | SourceKind::Erofs => {
                let point = PathBuf::from(STATE_DIR).join("source");
                sys.create_dir(&point, 0o700)?;
                let fs = if self.source.kind == SourceKind::Erofs { "erofs" } else { "squashfs" };
                let at = point.to_string_lossy().into_owned();
                run(sys, &Cmd::new(["mount", "-t", fs, "-o", "loop,ro", &self.source.path, &at]))?;
                (point.clone(), Some(point))
            }
        };
        let from = format!("{}/", tree.display().to_string().trim_end_matches('/'));
        // --one-file-system: the live root has /proc, /sys, the medium and the target itself below it.
        let to = format!("{TARGET}/");
        let argv = ["rsync", "-aHAXS", "--numeric-ids", "--one-file-system", from.as_str(), to.as_str()];
        let copied = self.program(sys, cx, &argv);
        if matches!(&copied, Err(error) if error.killed()) {
            return copied;
        }
        let released = mounted.map_or(Ok(()), |point| sys.unmount(&point));
        copied?;
        Ok(released?)
    }

    /// True where the root holds nothing but what mkfs made and the directories of other mounts.
    fn is_clean(&self, sys: &mut dyn System) -> Result<bool, StepError> {
        let target = Path::new(TARGET);
        let points: Vec<PathBuf> = sys.mounts()?.into_iter().map(|mounted| mounted.target).collect();
        let names = sys.list(target)?;
        Ok(names.iter().all(|name| {
            let path = target.join(name);
            name == "lost+found" || points.iter().any(|point| point.starts_with(&path))
        }))
    }

    fn program(&self, sys: &mut dyn System, cx: &mut Context<'_>, argv: &[&str]) -> Result<(), StepError> {
        let total = self.source.installed_bytes;
        let before = sys.usage(Path::new(TARGET))?.used;
        let cmd = Cmd::new(argv.iter().copied()).watch(Path::new(TARGET));
        sys.run(&cmd, &mut |tick| {
            if let Tick::Used(used) = tick {
                // Compression of the file system or its journal may make it more or less than the files' bytes.
                let done = used.saturating_sub(before).min(total);
                (cx.report)(Report::Progress { done, total });
            }
        })?;
        Ok(())
    }

    /// Says what a failed copy means: the disk is gone, the target is full, or the program's own words.
    fn explain(&self, sys: &mut dyn System, error: StepError) -> StepError {
        if error.cancelled() || error.killed() {
            return error;
        }
        if sys.kind(Path::new(&self.disk)).ok().flatten().is_none() {
            return StepError::Check(format!(
                "the disk {} is gone: it was unplugged or failed while copying ({error})",
                self.disk
            ));
        }
        let words = error.to_string();
        if words.contains("No space left") || words.contains("ENOSPC") {
            return StepError::Check(format!("the root on {} is full: {words}", self.device));
        }
        error
    }
}

/// Removes what the medium lists as live-only.
fn scrub(sys: &mut dyn System) -> Result<(), StepError> {
    let list = Path::new(TARGET).join(LIVE_ONLY);
    let Some(text) = read_text(sys, &list)? else { return Ok(()) };
    let mut packages = vec![];
    for line in text.lines().map(str::trim) {
        match line.split_once(' ').map(|(what, name)| (what, name.trim())) {
            Some(("path", path)) if path.starts_with('/') && !path.split('/').any(|part| part == "..") => {
                sys.remove(&in_target(path))?;
            }
            Some(("package", name)) => packages.push(name.to_string()),
            _ => {}
        }
    }
    if !packages.is_empty() {
        let argv = ["dpkg", "--purge", "--no-triggers"].map(String::from).into_iter().chain(packages);
        chroot::run(sys, &Cmd::new(argv))?;
    }
    sys.remove(&list)?;
    // The directory goes too where nothing else is in it.
    let dir = Path::new(TARGET).join("etc/levitate");
    if sys.list(&dir)?.is_empty() {
        sys.remove(&dir)?;
    }
    Ok(())
}

/// New identities: machine-id, SSH host keys; the root account locked.
fn identities(sys: &mut dyn System) -> Result<(), StepError> {
    for path in IDENTITIES {
        sys.remove(&in_target(path))?;
    }
    let ssh = in_target("etc/ssh");
    for name in sys.list(&ssh)? {
        if name.starts_with("ssh_host_") {
            sys.remove(&ssh.join(name))?;
        }
    }
    // An empty file is what systemd-machine-id-setup fills; an old id would be kept.
    sys.write(&in_target("etc/machine-id"), b"", 0o444)?;
    chroot::run(sys, &Cmd::new(["systemd-machine-id-setup"]))?;
    if sys.kind(&in_target("usr/bin/ssh-keygen"))?.is_some() {
        chroot::run(sys, &Cmd::new(["ssh-keygen", "-A"]))?;
    }
    chroot::run(sys, &Cmd::new(["usermod", "--password", "!", "root"]))?;
    let id = read_text(sys, &in_target("etc/machine-id"))?.unwrap_or_default();
    if id.trim().len() != 32 {
        return Err(SysError::other("/etc/machine-id of the target", "was not made").into());
    }
    Ok(())
}
