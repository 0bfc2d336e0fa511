//! Closing the target: journal and log go in, everything is unmounted in reverse, containers are closed.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::sys::{Cmd, System, run};

use super::undo::{close_luks, unmount_all};
use super::{INSTALLED_LOG_DIR, STATE_DIR, StepError, TARGET, in_target};

/// Unmounts and closes what an earlier plan opened, before the disk is laid out again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Names of the containers to close.
    pub luks: Vec<String>,
}

impl Release {
    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        unmount_all(sys, &[PathBuf::from(TARGET)])?;
        self.luks.iter().try_for_each(|name| close_luks(sys, name))
    }
}

/// Copies journal and log into the target, unmounts, closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// Names of the containers to close.
    pub luks: Vec<String>,
}

impl Finish {
    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        let mounted = sys.mounts()?.iter().any(|m| m.target == Path::new(TARGET));
        if mounted {
            self.keep_records(sys)?;
        }
        run(sys, &Cmd::new(["sync"]))?;
        unmount_all(sys, &[PathBuf::from(TARGET)])?;
        self.luks.iter().try_for_each(|name| close_luks(sys, name))
    }

    fn keep_records(&self, sys: &mut dyn System) -> Result<(), StepError> {
        let to = in_target(INSTALLED_LOG_DIR);
        sys.create_dir(&to, 0o700)?;
        for name in sys.list(Path::new(STATE_DIR))? {
            let from = Path::new(STATE_DIR).join(&name);
            let keep = name == "journal.jsonl" || name == "installer.log" || name.starts_with("table-");
            if keep {
                let bytes = sys.read(&from)?;
                sys.write(&to.join(&name), &bytes, 0o600)?;
            }
        }
        Ok(())
    }
}
