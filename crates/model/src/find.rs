//! Where the model is.

use std::path::{Path, PathBuf};

use crate::EngineError;
use crate::manifest::Manifest;

/// Where a system keeps it.
const SYSTEM: &str = "/usr/share/levitate-installer/models";
/// Where the live medium has it: beside the live root, which alone is copied to a disk.
const MEDIUM: &str = "/run/live/medium/levitate/models";
/// Names that the base goes by where no manifest says.
const BASES: [&str; 2] = ["SmolLM2-135M-Instruct-Q4_1.gguf", "SmolLM2-135M-Instruct.Q4_1.gguf"];
/// How the name of an adapter ends.
const ADAPTER: &str = ".adapter.gguf";

/// A model that was found; not checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The model's file.
    pub base: PathBuf,
    /// The adapter for it.
    pub adapter: Option<PathBuf>,
    /// `base` holds the adapter already.
    pub merged: bool,
    /// The manifest beside it, where it is about this file.
    pub manifest: Option<Manifest>,
}

impl Found {
    fn new(base: PathBuf) -> Self {
        Self { base, adapter: None, merged: false, manifest: None }
    }

    /// The base and the adapter of a manifest.
    fn pair(folder: &Path, manifest: Manifest) -> Self {
        Self {
            base: folder.join(&manifest.base.file),
            adapter: manifest.adapter.as_ref().map(|entry| folder.join(&entry.file)),
            merged: false,
            manifest: Some(manifest),
        }
    }

    /// What the embedded engine runs best: the merged file, where it is there.
    #[must_use]
    pub fn preferring_merged(self) -> Self {
        let merged = self.manifest.as_ref().and_then(|manifest| {
            let file = self.base.parent()?.join(&manifest.merged.as_ref()?.file);
            file.is_file().then_some(file)
        });
        match merged {
            Some(base) => Self { base, adapter: None, merged: true, ..self },
            None => self,
        }
    }

    /// Whether it is tuned for this program.
    pub fn tuned(&self) -> bool {
        self.merged || self.adapter.is_some()
    }

    /// Checks the files against the manifest, see [`Manifest::verify`]; without one there is nothing to check.
    ///
    /// # Errors
    /// As [`Manifest::verify`].
    pub fn verify(&self, stamps: Option<&Path>) -> Result<(), EngineError> {
        match (&self.manifest, self.base.parent()) {
            (Some(manifest), Some(folder)) if self.merged => manifest.verify_merged(folder, stamps),
            (Some(manifest), Some(folder)) => manifest.verify(folder, stamps),
            _ => Ok(()),
        }
    }

    /// What names these files for sure; empty without a manifest.
    pub fn identity(&self) -> String {
        match &self.manifest {
            Some(Manifest { merged: Some(merged), .. }) if self.merged => merged.sha256.clone(),
            Some(manifest) => manifest.identity(),
            None => String::new(),
        }
    }
}

/// Looks for the model: `named` (a file or a folder), else `$LEVITATE_MODEL_DIR`, else the system's or the live medium's
/// folder, else `models` beside the program or the repository.
///
/// # Errors
/// [`EngineError::NoModel`] with where it looked; [`EngineError::File`] where a manifest is broken.
pub fn model(named: Option<&Path>) -> Result<Found, EngineError> {
    if let Some(path) = named {
        return if path.is_dir() {
            in_folder(path)?.ok_or_else(|| EngineError::NoModel(vec![path.to_owned()]))
        } else if path.is_file() {
            beside(path)
        } else {
            Err(EngineError::NoModel(vec![path.to_owned()]))
        };
    }
    let folders = folders(std::env::var_os("LEVITATE_MODEL_DIR").map(PathBuf::from));
    for folder in &folders {
        if let Some(found) = in_folder(folder)? {
            return Ok(found);
        }
    }
    Err(EngineError::NoModel(folders))
}

/// The folders, in the order in which they are looked at.
fn folders(environment: Option<PathBuf>) -> Vec<PathBuf> {
    // Whoever names a folder means it.
    if let Some(folder) = environment.filter(|folder| !folder.as_os_str().is_empty()) {
        return vec![folder];
    }
    let mut folders = vec![PathBuf::from(SYSTEM), PathBuf::from(MEDIUM)];
    if let Ok(program) = std::env::current_exe() {
        // target/debug/deps/x is three below the repository.
        folders.extend(program.ancestors().skip(1).take(5).map(|folder| folder.join("models")));
    }
    folders
}

/// The model of a folder, by its manifest, else by name.
fn in_folder(folder: &Path) -> Result<Option<Found>, EngineError> {
    if let Some(manifest) = Manifest::read(folder)? {
        let found = Found::pair(folder, manifest);
        if found.base.is_file() {
            return Ok(Some(found));
        }
        // The live medium has no need of the pair.
        let found = found.preferring_merged();
        if found.merged {
            return Ok(Some(found));
        }
    }
    match BASES.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
        Some(base) => beside(&base).map(Some),
        None => Ok(None),
    }
}

/// A file that was named, with what is beside it that belongs to it.
fn beside(base: &Path) -> Result<Found, EngineError> {
    let alone = Found::new(base.to_owned());
    let (Some(folder), Some(name)) = (base.parent(), base.file_name().and_then(|name| name.to_str())) else {
        return Ok(alone);
    };
    if let Some(manifest) = Manifest::read(folder)? {
        if manifest.base.file == name {
            return Ok(Found::pair(folder, manifest));
        }
        if manifest.merged.as_ref().is_some_and(|entry| entry.file == name) {
            return Ok(Found::pair(folder, manifest).preferring_merged());
        }
    }
    // An adapter is for one model: only that of the default goes with a file that no manifest speaks of.
    if !BASES.contains(&name) {
        return Ok(alone);
    }
    let mut adapters: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(ADAPTER))
        .collect();
    adapters.sort();
    Ok(Found { adapter: adapters.into_iter().next(), ..alone })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::write;

    #[test]
    fn a_file_or_a_folder_may_be_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = model(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("scripts/model.sh") && error.contains(folder.path().to_str().unwrap()));
        let other = folder.path().join("other.gguf");
        write(&other, "GGUF").unwrap();
        write(folder.path().join("levitate.adapter.gguf"), "GGUF").unwrap();
        assert_eq!(model(Some(&other)).unwrap().adapter, None);
        assert!(model(Some(folder.path())).is_err());
        let base = folder.path().join(BASES[1]);
        write(&base, "GGUF").unwrap();
        let found = model(Some(folder.path())).unwrap();
        assert_eq!((found.base, found.manifest), (base, None));
        assert!(found.adapter.unwrap().ends_with("levitate.adapter.gguf"));
    }

    #[test]
    fn the_merged_file_is_taken_where_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let entry = |name: &str| serde_json::json!({"file": name, "sha256": "0".repeat(64), "bytes": 4, "licence": "Apache-2.0"});
        let manifest = serde_json::json!({
            "format": 1, "base": entry("b.gguf"), "adapter": entry("a.adapter.gguf"), "merged": entry("m.gguf"),
            "prompt_sha256": "",
        });
        write(file("manifest.json"), manifest.to_string()).unwrap();
        assert!(model(Some(folder.path())).is_err());
        write(file("b.gguf"), "GGUF").unwrap();
        let pair = model(Some(folder.path())).unwrap();
        assert_eq!(pair.clone().preferring_merged(), pair, "it is not made yet");
        assert_eq!((pair.base.clone(), pair.tuned()), (file("b.gguf"), true));
        write(file("m.gguf"), "GGUF").unwrap();
        // The pair is what is found, for who can add an adapter itself.
        assert_eq!(model(Some(folder.path())).unwrap(), pair);
        let merged = pair.clone().preferring_merged();
        assert_eq!(
            (merged.base.clone(), merged.adapter.clone(), merged.tuned()),
            (file("m.gguf"), None, true)
        );
        assert_ne!(merged.identity(), pair.identity());
        // A medium carries it alone.
        std::fs::remove_file(file("b.gguf")).unwrap();
        assert_eq!(model(Some(folder.path())).unwrap(), merged);
        // Named by itself it is the same.
        assert_eq!(model(Some(&file("m.gguf"))).unwrap(), merged);
    }

    #[test]
    fn who_names_a_folder_gets_no_other() {
        assert_eq!(folders(Some("/a".into())), [PathBuf::from("/a")]);
        let folders = folders(None);
        assert_eq!(folders[0], PathBuf::from(SYSTEM));
        assert!(folders.len() > 1);
    }
}
