//! Why an engine does not answer.

use std::path::PathBuf;
use std::time::Duration;

/// Why an engine does not answer. Each names its object and, where a person can do something, the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// No model where one was looked for.
    #[error("no model found in {}: fetch it with scripts/model.sh, or name one with --model", list(.0))]
    NoModel(Vec<PathBuf>),
    /// A file of the model cannot be read or is not what it should be.
    #[error("{}: {problem}: fetch it again with scripts/model.sh, or name another with --model", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The processor lacks instructions that the engine is built with.
    #[error("this processor lacks {0}, which the embedded model needs; everything works without it")]
    Processor(&'static str),
    /// The computer has not enough free memory.
    #[error("the model needs {} MB of memory, {} MB are free: name a smaller one with --model", needed >> 20, free >> 20)]
    Memory {
        /// Bytes it needs.
        needed: u64,
        /// Bytes there are.
        free: u64,
    },
    /// The conversation does not fit.
    #[error("the conversation has {tokens} tokens, the model holds {context}: fold older turns away")]
    TooLong {
        /// Tokens of conversation and answer.
        tokens: usize,
        /// Tokens the context holds.
        context: usize,
    },
    /// The grammar is no grammar, or met a text that it cannot go on from.
    #[error("the grammar of the answer: {0}")]
    Grammar(String),
    /// Somebody cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The time was up.
    #[error("no answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// llama.cpp failed.
    #[error("the model failed: {0}")]
    Failed(String),
    /// The model server cannot be used.
    #[error(transparent)]
    Server(#[from] crate::ServerError),
    /// The engine is gone; only a new one helps.
    #[error("the engine has stopped: start the installer again, its journal is kept")]
    Gone,
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
