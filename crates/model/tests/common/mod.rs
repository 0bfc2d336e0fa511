//! What the tests with the real model share.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use levitate_model::find::Found;
use levitate_model::{Options, Profile, find};

/// Whether what is missing fails a test.
pub fn required() -> bool {
    std::env::var_os("LEVITATE_REQUIRE_MODEL").is_some()
}

/// The model's files, or `None`, loudly.
pub fn found() -> Option<Found> {
    let named = std::env::var_os("LEVITATE_TEST_MODEL").map(PathBuf::from);
    match find::model(named.as_deref()) {
        Ok(found) => Some(found),
        Err(error) => {
            assert!(!required(), "{error}");
            // Not eprintln: the harness hides that of tests that pass.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED, nothing was tested: {error} (LEVITATE_TEST_MODEL names one for tests)"
            );
            None
        }
    }
}

/// The model's file, or `None`, loudly.
pub fn base() -> Option<PathBuf> {
    found().map(|found| found.base)
}

/// Two engines at once would share the cores, and their times would mean nothing.
static ONE: Mutex<()> = Mutex::new(());

/// Options for the model's file, as the installer sets them, and the right to be the only engine.
pub fn options() -> Option<(Options, MutexGuard<'static, ()>)> {
    let mut options = Options::new(base()?);
    options.profile = Some(Profile::Reading);
    options.constant = Profile::utterance("", "");
    options.constant.truncate(1);
    Some((options, ONE.lock().unwrap_or_else(PoisonError::into_inner)))
}
