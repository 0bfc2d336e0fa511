//! The evaluated beginning of every conversation, kept on disk between starts.
//!
//! The file is llama.cpp's state of one sequence with a SHA-256 behind it; what does not match in any way is
//! evaluated again. Nothing of a conversation with a person is ever in it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::token::LlamaToken;
use sha2::{Digest, Sha256};

use super::Options;
use crate::hash::hex;

/// Changes whenever what is in the file does.
const FORMAT: &str = "1";
/// Bytes of the sum behind the state.
const SUM: usize = 32;

/// Where the state of these tokens is kept; `None` where nothing is kept.
pub fn path(options: &Options, tokens: &[LlamaToken]) -> Option<PathBuf> {
    let folder = options.cache_dir.as_ref()?;
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    add(FORMAT.as_bytes());
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(&options.context.to_le_bytes());
    if options.identity.is_empty() {
        for file in [Some(&options.model), options.adapter.as_ref()] {
            let known = file.and_then(|file| fs::metadata(file).ok());
            add(&known.as_ref().map_or(0, fs::Metadata::len).to_le_bytes());
            let time = known.and_then(|known| known.modified().ok()?.duration_since(UNIX_EPOCH).ok());
            add(&time.map_or(0, |time| time.as_nanos()).to_le_bytes());
            add(file.map_or(&b""[..], |file| file.as_os_str().as_encoded_bytes()));
        }
    } else {
        add(options.identity.as_bytes());
    }
    for token in tokens {
        add(&token.0.to_le_bytes());
    }
    Some(folder.join(format!("{}.state", hex(&hash.finalize()[..12]))))
}

/// Reads the state back. `true`: the context holds exactly these tokens. `false`: the context may hold anything.
pub fn load(context: &mut LlamaContext<'_>, path: &Path, tokens: &[LlamaToken]) -> bool {
    let Ok(bytes) = fs::read(path) else { return false };
    let sound = bytes
        .len()
        .checked_sub(SUM)
        .map(|length| bytes.split_at(length))
        .is_some_and(|(state, sum)| Sha256::digest(state)[..] == *sum);
    if !sound {
        tracing::info!(path = %path.display(), "the kept state is damaged; evaluating again");
        return false;
    }
    match context.state_seq_load_file(path, 0, tokens.len()) {
        Ok((read, _)) => read == tokens,
        Err(error) => {
            tracing::info!(%error, path = %path.display(), "the kept state does not fit; evaluating again");
            false
        }
    }
}

/// Keeps the state of these tokens. A failure is logged, no more: the next start evaluates again.
pub fn save(context: &LlamaContext<'_>, path: &Path, tokens: &[LlamaToken]) {
    let temporary = path.with_extension(format!("{}.new", std::process::id()));
    if let Err(error) = write(context, path, &temporary, tokens) {
        let _ = fs::remove_file(&temporary);
        tracing::info!(%error, path = %path.display(), "the evaluated beginning is not kept");
    }
}

fn write(context: &LlamaContext<'_>, path: &Path, temporary: &Path, tokens: &[LlamaToken]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // Made here first, so that it is never anyone else's to read; a name that is a link already is refused.
    let _ = fs::remove_file(temporary);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
    context.state_seq_save_file(temporary, 0, tokens).map_err(io::Error::other)?;
    let sum = Sha256::digest(fs::read(temporary)?);
    let mut file = OpenOptions::new().append(true).open(temporary)?;
    // Not forced to the disk: what a crash leaves of it does not match its sum.
    file.write_all(&sum)?;
    drop(file);
    fs::rename(temporary, path)
}
