//! Which engine, which model: by flag, else by file, else the embedded one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use serde::Deserialize;

/// Where a choice may lie, the system's before the medium's; `$LEVITATE_CONFIG` names another.
const FILES: [&str; 2] = ["/etc/levitate-installer.toml", "/run/live/medium/levitate/installer.toml"];
/// How long a sentence may take, in seconds, before the rules answer it. Longer than a slow laptop needs, and about
/// what a person waits.
const PATIENCE: u64 = 30;

/// Engines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// llama.cpp in this process
    #[default]
    Embedded,
    /// A Transformers server on localhost:8765, started and stopped by the installer
    Server,
    /// Fixed rules, no model
    Rules,
}

impl Kind {
    /// This one and those that take over where it cannot be opened, in order. The rules always can.
    pub fn chain(self) -> Vec<Self> {
        let mut chain = vec![self];
        while let Some(next) = chain.last().and_then(|last| last.next()) {
            chain.push(next);
        }
        chain
    }

    /// Who takes over.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Server => Some(Self::Embedded),
            Self::Embedded => Some(Self::Rules),
            Self::Rules => None,
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Server => "server",
            Self::Rules => "rules",
        }
    }

    /// In the middle of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Embedded => "the embedded model",
            Self::Server => "the model server",
            Self::Rules => "fixed rules: short plain sentences work best",
        }
    }

    /// At its beginning.
    pub fn title(self) -> &'static str {
        match self {
            Self::Embedded => "The embedded model cannot be used",
            Self::Server => "The model server cannot be used",
            Self::Rules => "Rules",
        }
    }
}

/// What was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Choice {
    /// The engine.
    #[serde(rename = "engine")]
    pub kind: Kind,
    /// A GGUF file, a folder with a manifest, or for the server a folder or a hub name; the shipped one where `None`.
    pub model: Option<PathBuf>,
    /// How the model is spoken to; by its name where `None`.
    pub profile: Option<ProfileName>,
    /// The Python that runs the server; `python3` where `None`.
    pub python: Option<PathBuf>,
    /// Threads; the free cores, two at most, where `None`.
    pub threads: Option<usize>,
    /// Longest time a sentence may take, in seconds.
    pub patience: Option<u64>,
    /// Without prefix cache and forced tokens, to measure what they are worth.
    #[serde(skip)]
    pub slow: bool,
}

/// Profiles by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ProfileName {
    /// The model writes readings, as the shipped adapter does
    Reading,
    /// The model calls functions itself, as SmolLM3 does
    Tools,
}

/// Why a choice cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", .path.display())]
pub struct ChoiceError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: String,
}

impl Choice {
    /// The file's choice; the default where there is no file.
    ///
    /// # Errors
    /// The file that `$LEVITATE_CONFIG` names is missing, or a file is not understood: a choice is never half taken.
    pub fn from_file() -> Result<Self, ChoiceError> {
        match std::env::var_os("LEVITATE_CONFIG").filter(|path| !path.is_empty()) {
            Some(named) => Self::read(Path::new(&named)),
            None => match FILES.iter().map(Path::new).find(|path| path.exists()) {
                Some(path) => Self::read(path),
                None => Ok(Self::default()),
            },
        }
    }

    /// Longest time a sentence may take.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience.unwrap_or(PATIENCE).max(1))
    }

    fn read(path: &Path) -> Result<Self, ChoiceError> {
        let error = |problem: String| ChoiceError { path: path.to_owned(), problem };
        let text = std::fs::read_to_string(path).map_err(|e| error(e.to_string()))?;
        toml::from_str(&text).map_err(|e| error(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_chooses_and_a_wrong_one_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "engine = \"server\"\nmodel = \"/models/SmolLM3-3B\"\nprofile = \"tools\"\n",
        )
        .unwrap();
        let choice = Choice::read(file.path()).unwrap();
        assert_eq!((choice.kind, choice.profile), (Kind::Server, Some(ProfileName::Tools)));
        assert_eq!(choice.model.unwrap(), PathBuf::from("/models/SmolLM3-3B"));
        for wrong in ["engine = \"cloud\"", "modell = \"x\"", "threads = -1"] {
            std::fs::write(file.path(), wrong).unwrap();
            let error = Choice::read(file.path()).unwrap_err().to_string();
            assert!(error.starts_with(&file.path().display().to_string()), "{error}");
        }
    }

    #[test]
    fn every_engine_ends_at_the_rules() {
        assert_eq!(Kind::Server.chain(), [Kind::Server, Kind::Embedded, Kind::Rules]);
        assert_eq!(Kind::Rules.chain(), [Kind::Rules]);
    }
}
