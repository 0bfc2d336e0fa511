//! Driving a guest over its serial line, as a person at a terminal would.
//!
//! Bytes go to a terminal emulator; [`prompt`] decides from the text before the cursor whether someone is asking,
//! [`trouble`] whether the guest is lost, [`transcript`] keeps what was said as plain lines, [`script`] is what to
//! type. Nothing is typed at a guest that is still talking: a prompt counts only after a moment of silence.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

pub mod prompt;
pub mod script;
pub mod transcript;
pub mod trouble;

use prompt::Prompt;
use transcript::Transcript;

/// How long a guest must be silent before the text at the cursor is taken for a prompt.
const SILENCE: Duration = Duration::from_millis(400);
/// A serial line's buffer is small and an emulated guest slow: this much is typed at once, then a pause.
const CHUNK: usize = 32;
/// The pause between two chunks.
const PAUSE: Duration = Duration::from_millis(40);
/// A terminal as Linux assumes it on a serial line.
const SIZE: (u16, u16) = (24, 80);
/// What a program sends to be told where the cursor is, to learn how large the terminal is.
const WHERE: &[u8] = b"\x1b[6n";
/// The key on which the installer's screen goes on in line mode.
const F10: &[u8] = b"\x1b[21~";

/// What happened on the console.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// Someone waits for an answer.
    Prompt(Prompt),
    /// A line for which the caller was looking.
    Line(String),
    /// The line is closed: the guest has ended.
    Ended,
    /// Nothing before the deadline.
    Late,
    /// The guest cannot go on; the line that says so.
    Trouble(String),
}

/// A guest's serial console.
pub struct Console {
    stream: UnixStream,
    screen: vt100::Parser,
    transcript: Transcript,
    last_byte: Instant,
    /// Line ends since the last typing: a prompt is a new one only after the answer's own line end.
    fresh_lines: usize,
    /// Lines read but not yet looked at.
    pending: VecDeque<String>,
    /// The last bytes read: a question to the terminal may come in two parts.
    tail: Vec<u8>,
    /// The installer's screen is used; else it is left for line mode as soon as it comes.
    uses_screen: bool,
    /// It has been left.
    left_screen: bool,
    /// Something was drawn since the last typing.
    drawn: bool,
}

impl Console {
    /// Connects to a guest's serial socket.
    ///
    /// `uses_screen`: what is typed goes to the installer's screen; else to its line mode.
    pub fn connect(socket: &Path, transcript: Transcript, uses_screen: bool) -> Result<Self> {
        let stream = UnixStream::connect(socket)
            .with_context(|| format!("cannot connect to the serial line {}", socket.display()))?;
        Ok(Self {
            stream,
            screen: vt100::Parser::new(SIZE.0, SIZE.1, 0),
            transcript,
            last_byte: Instant::now(),
            fresh_lines: 1,
            pending: VecDeque::new(),
            tail: Vec::new(),
            uses_screen,
            left_screen: false,
            drawn: false,
        })
    }

    /// Waits for a new prompt, for a line that `wanted` picks, or for an end.
    pub fn wait(&mut self, deadline: Instant, mut wanted: impl FnMut(&str) -> bool) -> Result<Seen> {
        loop {
            if let Some(seen) = self.next_line(&mut wanted) {
                return Ok(seen);
            }
            if let Some(seen) = self.read(&mut wanted)? {
                return Ok(seen);
            }
            if Instant::now() >= deadline {
                return Ok(Seen::Late);
            }
            if self.last_byte.elapsed() >= SILENCE
                && (self.fresh_lines > 0 || self.on_screen() && self.drawn)
                && let Some(prompt) = prompt::waiting(&self.before_cursor())
            {
                if self.on_screen() {
                    if !self.uses_screen && !self.left_screen {
                        self.left_screen = true;
                        self.stream.write_all(F10).context("cannot type on the serial line")?;
                        continue;
                    }
                    self.transcript.page(&self.screen.screen().contents())?;
                }
                return Ok(match prompt {
                    Prompt::Rescue(text) => Seen::Trouble(format!("the guest fell into `{text}`")),
                    prompt => Seen::Prompt(prompt),
                });
            }
        }
    }

    /// Reads what is there, or waits a moment for it.
    fn read(&mut self, wanted: &mut impl FnMut(&str) -> bool) -> Result<Option<Seen>> {
        let mut buffer = [0; 4096];
        self.stream
            .set_read_timeout(Some(Duration::from_millis(100)))
            .context("cannot set a time limit on the serial line")?;
        let count = match self.stream.read(&mut buffer) {
            Ok(0) => return Ok(Some(Seen::Ended)),
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(None);
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(Some(Seen::Ended)),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(None),
            Err(error) => return Err(error).context("cannot read the serial line"),
        };
        self.last_byte = Instant::now();
        self.drawn = true;
        self.screen.process(&buffer[..count]);
        self.answer_where(&buffer[..count])?;
        let lines = self.transcript.feed(&buffer[..count])?;
        self.fresh_lines += lines.len();
        self.pending.extend(lines);
        Ok(self.next_line(wanted))
    }

    /// Tells a program where the cursor is, as a terminal does.
    fn answer_where(&mut self, bytes: &[u8]) -> Result<()> {
        self.tail.extend_from_slice(bytes);
        if self.tail.windows(WHERE.len()).any(|window| window == WHERE) {
            let (row, column) = self.screen.screen().cursor_position();
            let answer = format!("\x1b[{};{}R", row + 1, column + 1);
            self.stream.write_all(answer.as_bytes()).context("cannot answer on the serial line")?;
            self.tail.clear();
        }
        let old = self.tail.len().saturating_sub(WHERE.len() - 1);
        self.tail.drain(..old);
        Ok(())
    }

    /// True while a program draws on the terminal's other page.
    fn on_screen(&self) -> bool {
        self.screen.screen().alternate_screen()
    }

    /// The next line already read that matters. Others stay for a later call, so that none is passed over.
    fn next_line(&mut self, wanted: &mut impl FnMut(&str) -> bool) -> Option<Seen> {
        while let Some(line) = self.pending.pop_front() {
            if let Some(what) = trouble::in_line(&line) {
                return Some(Seen::Trouble(what));
            }
            if wanted(&line) {
                return Some(Seen::Line(line));
            }
        }
        None
    }

    /// Types a line and Enter.
    pub fn type_line(&mut self, line: &str) -> Result<()> {
        self.fresh_lines = 0;
        self.drawn = false;
        let bytes: Vec<u8> = line.bytes().chain([b'\r']).collect();
        for chunk in bytes.chunks(CHUNK) {
            self.stream.write_all(chunk).context("cannot type on the serial line (the guest has ended?)")?;
            sleep(PAUSE);
        }
        Ok(())
    }

    /// The screen as a person would see it, without the empty rest.
    pub fn screen(&self) -> String {
        let text = self.screen.screen().contents();
        text.trim_end().to_owned()
    }

    /// The logical line up to the cursor: a prompt longer than the screen is wide runs over several rows.
    fn before_cursor(&self) -> String {
        let screen = self.screen.screen();
        let (row, column) = screen.cursor_position();
        let mut first = row;
        while first > 0 && screen.row_wrapped(first - 1) {
            first -= 1;
        }
        let columns = |at| 0..if at == row { column } else { SIZE.1 };
        let cells = (first..=row).flat_map(|at| columns(at).map(move |x| (at, x)));
        let text: String = cells
            .map(|(at, x)| match screen.cell(at, x).map(vt100::Cell::contents) {
                Some(text) if !text.is_empty() => text.to_owned(),
                _ => " ".to_owned(),
            })
            .collect();
        // On the screen the line stands in a panel.
        let panel = text.rfind(['|', '│']).filter(|_| self.on_screen());
        panel.map_or(text.clone(), |border| text[border..].trim_start_matches(['|', '│']).to_owned())
    }
}
