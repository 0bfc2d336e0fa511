//! How the program ends badly: a message, a hint, an exit status.

use levitate_core::sys::SysError;
use serde::Serialize;

/// The request was refused.
pub const REFUSED: u8 = 1;
/// The command line or a file given on it is wrong.
pub const USAGE: u8 = 2;

/// An error at the edge of the program.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// What is wrong, naming the object.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// Exit status.
    #[serde(skip)]
    pub status: u8,
}

impl Failed {
    /// Wrong usage.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), status: USAGE }
    }

    /// Refused.
    pub fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), status: REFUSED }
    }
}

impl From<SysError> for Failed {
    fn from(error: SysError) -> Self {
        Self::refused(
            error.to_string(),
            "Look at the log in /run/levitate-installer, or rehearse with --machine FILE.",
        )
    }
}

/// Prints to stdout; a reader that closed its end is no error.
pub fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
