//! What the tests with the real model share.

use std::path::PathBuf;

use levitate_model::{Options, Profile, find};

/// The model's file, or `None`, loudly.
pub fn base() -> Option<PathBuf> {
    let named = std::env::var_os("LEVITATE_TEST_MODEL").map(PathBuf::from);
    match find::model(named.as_deref()) {
        Ok(found) => Some(found.base),
        Err(error) => {
            assert!(std::env::var_os("LEVITATE_REQUIRE_MODEL").is_none(), "{error}");
            eprintln!("SKIPPED, nothing was tested: {error} (LEVITATE_TEST_MODEL names one for tests)");
            None
        }
    }
}

/// Options for the model's file, as the installer sets them.
#[allow(dead_code, reason = "not every test file loads the model")]
pub fn options() -> Option<Options> {
    let mut options = Options::new(base()?);
    options.profile = Some(Profile::Reading);
    options.constant = Profile::utterance("", "");
    options.constant.truncate(1);
    Some(options)
}
