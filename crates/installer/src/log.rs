//! The log: to a file, never to the terminal, never with a secret (those have no `Debug` that shows them).

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use levitate_core::step::STATE_DIR;
use tracing_subscriber::EnvFilter;

/// The file in its directory.
const NAME: &str = "installer.log";

/// Starts logging. `real`: of an installation, to `/run/levitate-installer`; else of a rehearsal, to
/// `$XDG_STATE_HOME/levitate-installer` where that is set. Without a file nothing is logged: an installation does
/// not fail for its log.
pub fn start(real: bool, verbose: bool) -> Option<PathBuf> {
    let folder = if real {
        PathBuf::from(STATE_DIR)
    } else {
        PathBuf::from(std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty())?)
            .join("levitate-installer")
    };
    let file = open(&folder).ok()?;
    // Every program that is run, with its status and time, is in the log; what it was given on stdin never is.
    let level = if verbose { "debug" } else { "info,levitate_core=debug" };
    let filter = EnvFilter::try_from_env("LEVITATE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init();
    started.is_ok().then(|| folder.join(NAME))
}

fn open(folder: &Path) -> std::io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    OpenOptions::new().create(true).append(true).mode(0o600).open(folder.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_owner_reads_the_log() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder.path().join("state")).unwrap();
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().join("state")), 0o700);
        assert_eq!(mode(folder.path().join("state/installer.log")), 0o600);
    }
}
