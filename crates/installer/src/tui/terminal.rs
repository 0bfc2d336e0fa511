//! The terminal: raw, on its other page, and given back as it was however the program ends.

use std::io::{Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crossterm::cursor::{Hide, MoveTo, RestorePosition, SavePosition, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::style::ResetColor;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal as Ratatui;
use ratatui::backend::CrosstermBackend;

/// Columns and rows of a terminal that does not tell: a serial line.
const UNKNOWN: (u16, u16) = (80, 24);

/// True while the terminal is ours; the panic hook gives it back only then.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// True where mouse and pastes were asked for, so that only then they are given back.
static MODERN: AtomicBool = AtomicBool::new(false);
/// The panic of a thread that does not draw: told when the terminal is given back, not in the middle of a frame.
static FAULT: Mutex<Option<String>> = Mutex::new(None);

/// The terminal while it is ours; given back when dropped.
pub struct Terminal {
    /// What is drawn on.
    pub screen: Ratatui<CrosstermBackend<Stdout>>,
    /// It has a mouse and tells pastes; of an old one neither is asked.
    modern: bool,
}

impl Terminal {
    /// Takes the terminal. `log`: where the log is, told where the program panics.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn take(modern: bool, log: String) -> std::io::Result<Self> {
        give_back_on_panic(log);
        enter(modern)?;
        let screen = Ratatui::new(CrosstermBackend::new(std::io::stdout())).inspect_err(|_| leave())?;
        Ok(Self { screen, modern })
    }

    /// Leaves it to another program.
    pub fn lend(&mut self) {
        leave();
    }

    /// Takes it again; everything is drawn anew.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn take_again(&mut self) -> std::io::Result<()> {
        enter(self.modern)?;
        self.screen.clear()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

fn enter(modern: bool) -> std::io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    MODERN.store(modern, Ordering::SeqCst);
    execute!(std::io::stdout(), EnterAlternateScreen, Hide)?;
    if modern {
        execute!(std::io::stdout(), EnableBracketedPaste, EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back. Nothing more can be done where that fails: it is gone.
fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = std::io::stdout();
    if MODERN.load(Ordering::SeqCst) {
        let _ = execute!(out, DisableMouseCapture, DisableBracketedPaste);
    }
    let _ = execute!(out, ResetColor, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
    let _ = out.flush();
    if let Some(fault) = fault().take() {
        let _ = writeln!(std::io::stderr(), "A part of the installer failed: {fault}");
    }
}

fn fault() -> std::sync::MutexGuard<'static, Option<String>> {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A panic is told on the terminal as it was, with what to do next. Called by the thread that draws.
fn give_back_on_panic(log: String) {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        let drawing = std::thread::current().id();
        std::panic::set_hook(Box::new(move |panic| {
            let ours = TAKEN.load(Ordering::SeqCst);
            if ours && std::thread::current().id() != drawing {
                tracing::error!("{panic}");
                fault().get_or_insert_with(|| panic.to_string());
                return;
            }
            leave();
            before(panic);
            if ours {
                let _ = writeln!(
                    std::io::stderr(),
                    "The installer has a fault and stopped. {log} Start it again: it takes back what was begun."
                );
            }
        }));
    });
}

/// Columns and rows. A serial line knows none: the terminal at its end is asked, and the line told, so that
/// everything that runs on it knows.
pub fn size() -> (u16, u16) {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => (columns, rows),
        _ => {
            let (columns, rows) = ask().unwrap_or(UNKNOWN);
            let size = rustix::termios::Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
            // Where the line cannot be told, the size is asked for again at the next start.
            let _ = rustix::termios::tcsetwinsize(std::io::stdout(), size);
            (columns, rows)
        }
    }
}

/// Asks the terminal where its far corner is.
fn ask() -> Option<(u16, u16)> {
    enable_raw_mode().ok()?;
    let far = execute!(std::io::stdout(), SavePosition, MoveTo(998, 998))
        .and_then(|()| crossterm::cursor::position());
    let _ = execute!(std::io::stdout(), RestorePosition);
    let _ = disable_raw_mode();
    let (column, row) = far.ok()?;
    (column > 0 && row > 0).then_some((column + 1, row + 1))
}
