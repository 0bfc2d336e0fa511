//! Keys of what is built, and the lock that keeps two builds apart.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result, anyhow};
use nix::fcntl::{Flock, FlockArg};
use sha2::{Digest as _, Sha256};

/// A hash over named inputs; equal keys mean equal results.
pub struct Key(Sha256);

impl Key {
    /// A key for one kind of result. `version` is raised when the code that makes it changes its output.
    pub fn new(kind: &str, version: u32) -> Self {
        let mut key = Self(Sha256::new());
        key.text(kind);
        key.text(&version.to_string());
        key
    }

    /// Adds a text; its length goes in first, so that two texts never run together.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes.len().to_le_bytes());
        self.0.update(bytes);
    }

    /// Adds a file, or a folder with everything below it: names, modes, contents.
    pub fn path(&mut self, path: &Path) -> Result<()> {
        let cannot = || format!("cannot read {}, a part of the medium", path.display());
        let meta = fs::metadata(path).with_context(cannot)?;
        self.text(&path.file_name().unwrap_or_default().to_string_lossy());
        self.text(if meta.permissions().mode() & 0o100 == 0 { "plain" } else { "executable" });
        if meta.is_dir() {
            let mut names: Vec<PathBuf> = fs::read_dir(path)
                .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>())
                .with_context(cannot)?;
            names.sort();
            self.text(&names.len().to_string());
            names.iter().try_for_each(|name| self.path(name))
        } else {
            self.bytes(&fs::read(path).with_context(cannot)?);
            Ok(())
        }
    }

    /// The key as a short file name part.
    pub fn finish(self) -> String {
        self.0.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Waits until no other process builds `what` in `folder`; the lock ends with the returned value.
pub fn lock(folder: &Path, what: &str) -> Result<Flock<File>> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the cache folder {}", folder.display()))?;
    let path = folder.join(format!("{what}.lock"));
    let file = File::create(&path).with_context(|| format!("cannot open {}", path.display()))?;
    Flock::lock(file, FlockArg::LockExclusive)
        .map_err(|(_, errno)| anyhow!("cannot lock {}: {errno}", path.display()))
}

/// Removes all but the `keep` newest entries whose names start with `prefix`.
pub fn prune(folder: &Path, prefix: &str, keep: usize) -> Result<()> {
    let cannot = || format!("cannot clean the cache {}", folder.display());
    let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let made = entry.metadata().and_then(|meta| meta.modified()).with_context(cannot)?;
            found.push((made, entry.path()));
        }
    }
    found.sort();
    let stale = found.len().saturating_sub(keep);
    for (_, path) in &found[..stale] {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        removed.with_context(|| format!("cannot remove the old {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(path: &Path) -> String {
        let mut key = Key::new("test", 1);
        key.path(path).unwrap();
        key.finish()
    }

    #[test]
    fn a_key_follows_contents_names_and_the_executable_bit() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("overlay");
        fs::create_dir_all(root.join("etc")).unwrap();
        fs::write(root.join("etc/a"), "one").unwrap();
        let first = key_of(&root);
        assert_eq!(first, key_of(&root));

        fs::write(root.join("etc/a"), "two").unwrap();
        let changed = key_of(&root);
        assert_ne!(first, changed);

        fs::set_permissions(root.join("etc/a"), fs::Permissions::from_mode(0o755)).unwrap();
        let executable = key_of(&root);
        assert_ne!(changed, executable);

        fs::rename(root.join("etc/a"), root.join("etc/b")).unwrap();
        assert_ne!(executable, key_of(&root));
    }

    #[test]
    fn pruning_keeps_the_newest() {
        let dir = tempfile::tempdir().unwrap();
        for (age, name) in [(30, "iso-a"), (20, "iso-b"), (10, "iso-c"), (40, "other")] {
            let file = File::create(dir.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - std::time::Duration::from_secs(age)).unwrap();
        }
        prune(dir.path(), "iso-", 2).unwrap();
        let mut left: Vec<String> = fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["iso-b", "iso-c", "other"]);
    }
}
