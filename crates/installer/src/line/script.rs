//! Where lines come from: a person, or a file that is said line by line.

use std::fs::File;
use std::io::{BufReader, IsTerminal};
use std::path::Path;

use super::input::Lines;
use crate::failed::Failed;

/// Where lines come from.
pub enum Source {
    /// Whoever or whatever is at stdin.
    Keyboard {
        /// Without line editing, whatever the terminal can do.
        plain: bool,
    },
    /// A script.
    Script(Box<dyn Lines + Send>),
}

impl Source {
    /// The script at `path`; `-` is stdin.
    ///
    /// # Errors
    /// It cannot be read. Said before the session begins: half a script is worse than none.
    pub fn script(path: &Path) -> Result<Self, Failed> {
        if path == Path::new("-") {
            let stdin = std::io::stdin();
            // A terminal shows what is typed by itself.
            return Ok(if stdin.is_terminal() {
                Self::Keyboard { plain: true }
            } else {
                Self::Script(Box::new(stdin))
            });
        }
        let wrong = |problem: String| {
            Failed::usage(
                format!("the script {}: {problem}", path.display()),
                "Name a text file with one line for every prompt, e.g. \"list disks\", or - for stdin.",
            )
        };
        let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
        match file.metadata() {
            Ok(known) if known.is_dir() => Err(wrong("it is a directory".into())),
            Ok(_) => Ok(Self::Script(Box::new(BufReader::new(file)))),
            Err(error) => Err(wrong(error.to_string())),
        }
    }
}
