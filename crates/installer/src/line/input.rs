//! Reading what the person types: lines with history and completion, answers without, secrets without a trace.
//!
//! A thread of its own owns the keyboard, so that the engine's events and signals are heard while it waits.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::sync::mpsc::Receiver;

use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{CompletionType, Config, Editor};
use secrecy::SecretString;

use super::helper::Helper;
use super::script::Source;
use super::secret;
use crate::interface::Words;

/// What is to be read.
#[derive(Debug)]
pub enum Ask {
    /// What the person wants, at rest: kept in the history, completed.
    Rest,
    /// An answer after this prompt: not kept.
    Answer(String),
    /// A secret after this prompt: never shown, never kept.
    Secret(String),
}

/// What was typed.
#[derive(Debug)]
pub enum Reply {
    /// A line, or several that were pasted.
    Line(String),
    /// A secret.
    Secret(SecretString),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D on an empty line, or the input is at its end.
    End,
}

/// The prompt at rest.
pub const REST: &str = "> ";

/// Something that can be asked.
pub trait Reader {
    /// Asks and waits.
    fn ask(&mut self, ask: &Ask) -> Reply;
}

/// Serves questions until the asking side is gone.
pub fn serve(reader: &mut dyn Reader, asks: &Receiver<Ask>, mut reply: impl FnMut(Reply) -> bool) {
    while let Ok(ask) = asks.recv() {
        if !reply(reader.ask(&ask)) {
            return;
        }
    }
}

/// The reader for this process: a script, line editing where both ends are a terminal that can do it, else plain
/// lines.
pub fn reader(source: Source, words: Words) -> Box<dyn Reader> {
    let plain = match source {
        Source::Script(lines) => return Box::new(scripted(lines, std::io::stdout())),
        Source::Keyboard { plain } => plain,
    };
    let terminal = std::io::stdin().is_terminal();
    if terminal
        && std::io::stdout().is_terminal()
        && !plain
        && let Ok(reader) = Edited::new(words)
    {
        return Box::new(reader);
    }
    Box::new(Plain { input: std::io::stdin(), output: std::io::stdout(), echo: !terminal, terminal })
}

/// A reader that nobody types at; what it reads stands after its prompts, secrets excepted.
pub fn scripted<W: Write>(input: Box<dyn Lines + Send>, output: W) -> Plain<Box<dyn Lines + Send>, W> {
    Plain { input, output, echo: true, terminal: false }
}

/// A source of lines.
pub trait Lines {
    /// Reads one line with its end into `line`; 0 at the end of the input.
    fn read_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize>;
}

impl Lines for std::io::Stdin {
    fn read_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize> {
        self.lock().read_until(b'\n', line)
    }
}

impl Lines for BufReader<File> {
    fn read_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize> {
        self.read_until(b'\n', line)
    }
}

impl<L: Lines + ?Sized> Lines for Box<L> {
    fn read_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize> {
        (**self).read_line(line)
    }
}

/// Lines without editing: a pipe, a file, a terminal that cannot move its cursor.
pub struct Plain<R, W> {
    /// Where lines come from.
    pub input: R,
    /// Where prompts go.
    pub output: W,
    /// Writes the line after its prompt, as a terminal would have: a transcript reads like a session.
    pub echo: bool,
    /// The input is a terminal: its echo is switched off for secrets.
    pub terminal: bool,
}

impl<R: Lines, W: Write> Reader for Plain<R, W> {
    fn ask(&mut self, ask: &Ask) -> Reply {
        let prompt = match ask {
            Ask::Rest => REST,
            Ask::Answer(prompt) | Ask::Secret(prompt) => prompt,
        };
        if self.terminal {
            match ask {
                Ask::Secret(prompt) => return secret::read(prompt, &mut self.output),
                // What was typed ahead was typed before the question was seen: it is no answer to it.
                Ask::Answer(_) => secret::discard_input(),
                Ask::Rest => {}
            }
        }
        // A prompt that nobody sees is no reason to stop reading.
        let _ = self.output.write_all(prompt.as_bytes());
        let _ = self.output.flush();
        let mut bytes = Vec::new();
        match self.input.read_line(&mut bytes) {
            Ok(0) | Err(_) => return Reply::End,
            Ok(_) => {}
        }
        if matches!(ask, Ask::Secret(_)) {
            let _ = writeln!(self.output);
            return secret::of_line(bytes);
        }
        let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_string();
        if self.echo {
            let _ = writeln!(self.output, "{line}");
            let _ = self.output.flush();
        }
        Reply::Line(line)
    }
}

/// Lines with editing, history and completion.
struct Edited {
    words: Words,
    config: Config,
    /// At rest.
    rest: Editor<Helper, MemHistory>,
    /// For answers: nothing to recall, nothing to complete.
    answers: Editor<(), MemHistory>,
}

impl Edited {
    fn new(words: Words) -> rustyline::Result<Self> {
        let config = Config::builder().completion_type(CompletionType::List).build();
        let rest = rest_editor(&config, &words, MemHistory::with_config(&config))?;
        let answers = Editor::with_history(config.clone(), MemHistory::with_config(&config))?;
        Ok(Self { words, config, rest, answers })
    }

    /// What was typed ahead was typed before the question was seen: it is no answer to it, and if it was meant
    /// for a hidden prompt it must not show up at the next open one.
    fn forget_typed_ahead(&mut self) {
        secret::discard_input();
        let history = std::mem::replace(self.rest.history_mut(), MemHistory::with_config(&self.config));
        if let Ok(fresh) = rest_editor(&self.config, &self.words, history) {
            self.rest = fresh;
        }
    }
}

fn rest_editor(
    config: &Config,
    words: &Words,
    history: MemHistory,
) -> rustyline::Result<Editor<Helper, MemHistory>> {
    let mut editor = Editor::with_history(config.clone(), history)?;
    editor.set_helper(Some(Helper::new(words.clone())));
    Ok(editor)
}

impl Reader for Edited {
    fn ask(&mut self, ask: &Ask) -> Reply {
        if !matches!(ask, Ask::Rest) {
            self.forget_typed_ahead();
        }
        let read = match ask {
            Ask::Secret(prompt) => {
                return secret::read(prompt, &mut std::io::stdout());
            }
            Ask::Rest => self.rest.readline(REST),
            Ask::Answer(prompt) => self.answers.readline(prompt),
        };
        match read {
            Ok(line) => {
                if matches!(ask, Ask::Rest) && !line.trim().is_empty() {
                    // A history that refuses a line is no error of the person's.
                    let _ = self.rest.add_history_entry(&line);
                }
                Reply::Line(line)
            }
            Err(ReadlineError::Interrupted) => Reply::Interrupted,
            Err(ReadlineError::Eof) => Reply::End,
            Err(error) => {
                tracing::warn!(%error, "the terminal cannot be read");
                Reply::End
            }
        }
    }
}
