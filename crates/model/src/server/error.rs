//! Why the model server cannot be used.

use std::path::PathBuf;

/// Why the model server cannot be used. After any of these another engine can take over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// There is no such program.
    #[error("{} cannot be started: {problem}: install Python 3.9 or newer, or name another with --python", .python.display())]
    Python {
        /// The program.
        python: PathBuf,
        /// What the system says.
        problem: String,
    },
    /// Python lacks packages.
    #[error(
        "{} lacks {}: install with `{} -m pip install {}`, or name another Python with --python",
        .python.display(), .packages.join(", "), .python.display(), .packages.join(" ")
    )]
    Packages {
        /// The program.
        python: PathBuf,
        /// Their names.
        packages: Vec<String>,
    },
    /// Another program listens there.
    #[error("{0}: end the program that uses it, or choose another port with --port")]
    Port(String),
    /// The model or the adapter is not there, is damaged, or does not fit into memory.
    #[error("{0}")]
    Model(String),
    /// The server ended by itself.
    #[error("the model server ended ({status}){}", said(.last))]
    Ended {
        /// How it ended.
        status: String,
        /// The last that it wrote.
        last: Vec<String>,
    },
    /// It does not do what it should.
    #[error("the model server: {0}")]
    Odd(String),
}

/// The last lines of a program, as the end of a sentence.
fn said(last: &[String]) -> String {
    if last.is_empty() { String::new() } else { format!(": {}", last.join(" | ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_is_named() {
        let python = PathBuf::from("/usr/bin/python3");
        let error = ServerError::Packages { python, packages: vec!["torch".into(), "gguf".into()] };
        assert_eq!(
            error.to_string(),
            "/usr/bin/python3 lacks torch, gguf: install with `/usr/bin/python3 -m pip install torch gguf`, or name \
             another Python with --python"
        );
        let error =
            ServerError::Ended { status: "exit status: 1".into(), last: vec!["a".into(), "b".into()] };
        assert_eq!(error.to_string(), "the model server ended (exit status: 1): a | b");
    }
}
