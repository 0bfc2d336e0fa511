//! Engines, opened.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use levitate_agent::tools;
use levitate_core::step::STATE_DIR;
use levitate_core::sys::Cancel;
use levitate_model::{Embedded, EngineError, Message, Options, Profile, Role, Server, ServerOptions, find};

use super::choice::ProfileName;
use super::{Choice, Kind, Opened};

/// Tokens a conversation with a model that calls functions may have.
const TOOLS_CONTEXT: u32 = 4096;

/// How often the person hears how loading goes.
const TOLD_EVERY: Duration = Duration::from_secs(5);

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
    // Who names a file means that file.
    let found =
        if choice.model.as_deref().is_some_and(Path::is_file) { found } else { found.preferring_merged() };
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
    if wanted.map_or(found.tuned(), |profile| profile == Profile::Reading) {
        options.constant = vec![Message::new(Role::System, Profile::Reading.system(""))];
    } else {
        // Perhaps one that calls functions, which is known only when it is loaded; it needs room for them.
        options.context = TOOLS_CONTEXT;
    }
    let engine = Embedded::start(options)?;
    let profile = engine.profile();
    Ok(Opened { engine: Box::new(engine), profile })
}

/// The server loads the model that was named, else the shipped one.
fn server(choice: &Choice, cancel: &Cancel, told: &mut dyn FnMut(&str)) -> Result<Opened, EngineError> {
    let named = choice.model.as_deref().filter(|path| path.extension().is_none_or(|kind| kind != "gguf"));
    let (model, adapter) = match named {
        // A folder of Transformers, or a name in the hub cache. A folder with our manifest is the shipped pair.
        Some(path) if !path.join(levitate_model::manifest::NAME).is_file() => (path.to_owned(), None),
        _ => {
            let found = find::model(choice.model.as_deref())?;
            found.verify(cache_dir().as_deref())?;
            (found.base, found.adapter)
        }
    };
    let mut options = ServerOptions::new(model);
    options.adapter = adapter;
    options.profile = choice.profile.map(profile);
    options.tools = tools::DEFINITIONS.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    options.prefix_cache = !choice.slow;
    if let Some(python) = &choice.python {
        options.python.clone_from(python);
    }
    if let Some(threads) = choice.threads {
        options.threads = threads.max(1);
    }
    let mut last = Instant::now();
    let engine = Server::start(&options, cancel, &mut |progress| {
        // A line a few seconds apart is enough for a log, and no more than a person reads.
        if last.elapsed() >= TOLD_EVERY {
            last = Instant::now();
            let share = progress.share.map(|share| format!(", {:.0} %", share * 100.0)).unwrap_or_default();
            told(&format!(
                "The model server: {}{share} ({} s)",
                progress.message,
                progress.elapsed.as_secs()
            ));
        }
    })?;
    let profile = engine.profile();
    Ok(Opened { engine: Box::new(engine), profile })
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
