//! Which files belong together: `manifest.json` beside the model.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::{EngineError, hash};

/// The name of the manifest.
pub const NAME: &str = "manifest.json";
/// The format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// A file of the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name, without a folder.
    pub file: String,
    /// Its SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its licence, as an SPDX expression.
    pub licence: String,
}

/// Which files belong together, for which prompt, and how well they did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The model.
    pub base: FileEntry,
    /// Our adapter, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<FileEntry>,
    /// The adapter in the base's weights, eight bits a weight, where that is made: the embedded engine runs it faster
    /// than the two (`training/levitate_training/merge.py`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<FileEntry>,
    /// SHA-256 of the instruction that the adapter was trained with, in hexadecimal.
    pub prompt_sha256: String,
    /// Figures of the adapter, by name: `dev_exact`, `heldout_exact` ... as `eval` measured them.
    #[serde(default)]
    pub figures: BTreeMap<String, f64>,
}

/// The version of the prompt of this program: SHA-256 of the instruction, in hexadecimal.
pub fn prompt_version() -> String {
    hash::of_text(levitate_agent::prompt::SYSTEM)
}

impl Manifest {
    /// Reads a manifest's text. `path` names it in errors.
    ///
    /// # Errors
    /// [`EngineError::File`] where it is no manifest, of another format, or names a file with a folder.
    pub fn parse(text: &str, path: &Path) -> Result<Self, EngineError> {
        let bad = |problem: String| EngineError::File { path: path.to_owned(), problem };
        let manifest: Self =
            serde_json::from_str(text).map_err(|error| bad(format!("no manifest: {error}")))?;
        if manifest.format != FORMAT {
            return Err(bad(format!("format {} is not known here, only {FORMAT}", manifest.format)));
        }
        for entry in
            [Some(&manifest.base), manifest.adapter.as_ref(), manifest.merged.as_ref()].into_iter().flatten()
        {
            if entry.file.is_empty() || entry.file.starts_with('.') || entry.file.contains(['/', '\\']) {
                return Err(bad(format!("\"{}\" is not a file name", entry.file)));
            }
            if entry.sha256.len() != 64 || !entry.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(bad(format!("the SHA-256 of {} is not one", entry.file)));
            }
        }
        Ok(manifest)
    }

    /// Reads the manifest of a folder; `None` where it has none.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn read(folder: &Path) -> Result<Option<Self>, EngineError> {
        let path = folder.join(NAME);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EngineError::File { path, problem: error.to_string() }),
        }
    }

    /// Checks the base and the adapter in `folder`: the adapter always, the base once for each size and time it has
    /// (remembered in `stamps`, a folder of the caller's; `None`: always).
    ///
    /// # Errors
    /// [`EngineError::File`] for the first file that is missing or another one, and where the adapter was trained
    /// with another prompt.
    pub fn verify(&self, folder: &Path, stamps: Option<&Path>) -> Result<(), EngineError> {
        if let Some(entry) = &self.adapter {
            self.same_prompt(folder, entry)?;
            check(&folder.join(&entry.file), entry)?;
        }
        check_once(folder, &self.base, stamps, "base.stamp")
    }

    /// Checks the merged file in `folder`, once for each size and time it has, as [`verify`](Self::verify).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_merged(&self, folder: &Path, stamps: Option<&Path>) -> Result<(), EngineError> {
        let Some(entry) = &self.merged else { return Ok(()) };
        self.same_prompt(folder, entry)?;
        check_once(folder, entry, stamps, "merged.stamp")
    }

    fn same_prompt(&self, folder: &Path, entry: &FileEntry) -> Result<(), EngineError> {
        if self.prompt_sha256 == prompt_version() {
            return Ok(());
        }
        let problem = "an adapter for another version of the prompt".into();
        Err(EngineError::File { path: folder.join(&entry.file), problem })
    }

    /// What names the base and the adapter for sure: their hashes.
    pub fn identity(&self) -> String {
        let adapter = self.adapter.as_ref().map_or("", |entry| entry.sha256.as_str());
        format!("{} {adapter}", self.base.sha256)
    }
}

/// Checks a large file, unless a stamp says that this one was.
fn check_once(
    folder: &Path,
    entry: &FileEntry,
    stamps: Option<&Path>,
    stamp_name: &str,
) -> Result<(), EngineError> {
    let file = folder.join(&entry.file);
    let stamp = stamps.and_then(|stamps| Some((stamps.join(stamp_name), stamp(&file, entry)?)));
    if let Some((path, wanted)) = &stamp
        && fs::read_to_string(path).is_ok_and(|known| known == *wanted)
    {
        return Ok(());
    }
    check(&file, entry)?;
    if let Some((path, wanted)) = &stamp {
        // A stamp that cannot be kept costs the next start the time of a check, no more.
        let _ = path.parent().map(fs::create_dir_all);
        let _ = fs::write(path, wanted);
    }
    Ok(())
}

/// What is remembered of a checked file: path, size, time and hash.
fn stamp(path: &Path, entry: &FileEntry) -> Option<String> {
    let known = fs::metadata(path).ok()?;
    let time = known.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {} {}\n", entry.sha256, known.len(), time.as_nanos(), path.display()))
}

fn check(path: &PathBuf, entry: &FileEntry) -> Result<(), EngineError> {
    let bad = |problem: String| EngineError::File { path: path.clone(), problem };
    let size = fs::metadata(path).map_err(|error| bad(error.to_string()))?.len();
    if size != entry.bytes {
        return Err(bad(format!("{size} bytes where {} are due, so it is cut or another file", entry.bytes)));
    }
    let found = hash::of_file(path).map_err(|error| bad(error.to_string()))?;
    if found.eq_ignore_ascii_case(&entry.sha256) {
        Ok(())
    } else {
        Err(bad("its SHA-256 is not that of the manifest, so it is damaged or another file".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(file: &str, content: &str) -> FileEntry {
        FileEntry {
            file: file.into(),
            sha256: hash::of_text(content),
            bytes: content.len() as u64,
            licence: "Apache-2.0".into(),
        }
    }

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            base: entry("base.gguf", "GGUF base"),
            adapter: Some(entry("levitate.adapter.gguf", "GGUF adapter")),
            merged: Some(entry("levitate.Q8_0.gguf", "GGUF merged")),
            prompt_sha256: prompt_version(),
            figures: BTreeMap::from([("dev_exact".into(), 0.96)]),
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let text = serde_json::to_string_pretty(&manifest()).unwrap();
        assert_eq!(Manifest::parse(&text, Path::new("m")).unwrap(), manifest());
        for (from, to, said) in [
            ("\"format\": 1", "\"format\": 2", "format 2 is not known"),
            ("base.gguf", "../base.gguf", "is not a file name"),
            ("\"format\"", "\"form\"", "no manifest"),
            (&manifest().base.sha256[..60], "", "SHA-256 of base.gguf"),
        ] {
            let error = Manifest::parse(&text.replace(from, to), Path::new("m")).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("model.sh"), "{error}");
        }
    }

    #[test]
    fn files_are_checked_and_the_base_once() {
        let folder = tempfile::tempdir().unwrap();
        let stamps = folder.path().join("stamps");
        let (base, adapter) = (folder.path().join("base.gguf"), folder.path().join("levitate.adapter.gguf"));
        let manifest = manifest();
        let verify = || manifest.verify(folder.path(), Some(&stamps));
        fs::write(&adapter, "GGUF adapter").unwrap();
        assert!(verify().unwrap_err().to_string().contains("base.gguf"));
        fs::write(&base, "GGUF base").unwrap();
        verify().unwrap();
        // Same size and time: the stamp answers. Another time: the hash does.
        let time = fs::metadata(&base).unwrap().modified().unwrap();
        fs::write(&base, "GGUF bose").unwrap();
        let set = |time| fs::File::options().write(true).open(&base).unwrap().set_modified(time).unwrap();
        set(time);
        verify().unwrap();
        set(time + std::time::Duration::from_secs(1));
        assert!(verify().unwrap_err().to_string().contains("damaged or another"));
        fs::write(&adapter, "GGUF adepter").unwrap();
        assert!(verify().unwrap_err().to_string().contains("adapter.gguf"));
        fs::write(&adapter, "GGUF").unwrap();
        assert!(verify().unwrap_err().to_string().contains("4 bytes where 12 are due"));
        // The merged file stands for both, and is checked alone.
        let merged = || manifest.verify_merged(folder.path(), Some(&stamps));
        assert!(merged().unwrap_err().to_string().contains("levitate.Q8_0.gguf"));
        fs::write(folder.path().join("levitate.Q8_0.gguf"), "GGUF marged").unwrap();
        assert!(merged().unwrap_err().to_string().contains("damaged or another"));
        fs::write(folder.path().join("levitate.Q8_0.gguf"), "GGUF merged").unwrap();
        merged().unwrap();
        let other = Manifest { prompt_sha256: hash::of_text("another"), ..manifest };
        assert!(other.verify(folder.path(), None).unwrap_err().to_string().contains("prompt"));
        assert!(other.verify_merged(folder.path(), None).unwrap_err().to_string().contains("prompt"));
    }

    #[test]
    fn a_folder_may_have_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), None);
        fs::write(folder.path().join(NAME), "{").unwrap();
        assert!(Manifest::read(folder.path()).is_err());
    }
}
