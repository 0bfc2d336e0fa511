//! Engines, opened.

use std::path::{Path, PathBuf};

use levitate_core::step::STATE_DIR;
use levitate_core::sys::Cancel;
use levitate_model::{Embedded, EngineError, Message, Options, Profile, Role, find};

use super::choice::ProfileName;
use super::{Choice, Kind, Opened};

/// Tokens a conversation with a model that calls functions may have.
const TOOLS_CONTEXT: u32 = 4096;

/// Opens one kind; the rules need nothing opened.
///
/// # Errors
/// Why it cannot be used, in words for the person.
pub(super) fn open(
    kind: Kind,
    choice: &Choice,
    cancel: &Cancel,
    told: &mut dyn FnMut(&str),
) -> Result<Option<Opened>, EngineError> {
    match kind {
        Kind::Rules => Ok(None),
        Kind::Embedded => embedded(choice).map(Some),
        Kind::Server => server(choice, cancel, told).map(Some),
    }
}

fn embedded(choice: &Choice) -> Result<Opened, EngineError> {
    let found = find::model(choice.model.as_deref())?;
    let cache = cache_dir();
    found.verify(cache.as_deref())?;
    let wanted = choice.profile.map(profile);
    let mut options = Options::new(&found.base);
    options.profile = wanted;
    options.adapter.clone_from(&found.adapter);
    options.identity = found.identity();
    options.cache_dir = cache;
    options.prefix_cache = !choice.slow;
    options.forced_tokens = !choice.slow;
    if let Some(threads) = choice.threads {
        options.threads = threads.max(1);
    }
    if wanted != Some(Profile::Tools) {
        options.constant = vec![Message::new(Role::System, Profile::Reading.system(""))];
    }
    if wanted == Some(Profile::Tools) {
        options.context = TOOLS_CONTEXT;
    }
    let engine = Embedded::start(options)?;
    let profile = engine.profile();
    Ok(Opened { engine: Box::new(engine), profile })
}

fn server(_choice: &Choice, _cancel: &Cancel, _told: &mut dyn FnMut(&str)) -> Result<Opened, EngineError> {
    Err(EngineError::Failed("not built in".into()))
}

fn profile(name: ProfileName) -> Profile {
    match name {
        ProfileName::Reading => Profile::Reading,
        ProfileName::Tools => Profile::Tools,
    }
}

/// Where evaluated beginnings are kept between starts: beside the journal for root, else where caches belong.
fn cache_dir() -> Option<PathBuf> {
    if nix::unistd::geteuid().is_root() && Path::new("/run").is_dir() {
        return Some(Path::new(STATE_DIR).join("cache"));
    }
    let home = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let base = home("XDG_CACHE_HOME").or_else(|| home("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("levitate-installer"))
}
