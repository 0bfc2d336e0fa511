//! The screen: what people see by default on a terminal. A client of the protocol, as line mode is.
//!
//! One loop hears the engine, the keyboard and signals as [`Msg`], lets `app` change its state and draws it with
//! `view`. Rooms: `app` the state, `keys` what keys do, `chat` and `entry` the conversation, `editor` the line,
//! `hidden` secrets, `work` what runs, `overlay` help, plan, log, disks and failures, `examples` the prompts of the
//! stages, `look` colours and letters, `terminal` taking and giving back the terminal, `input` the keyboard's thread.

mod app;
mod chat;
mod editor;
mod entry;
mod examples;
mod hidden;
mod input;
mod keys;
mod look;
mod overlay;
mod terminal;
#[cfg(test)]
pub(crate) mod tests;
mod view;
mod work;

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use levitate_core::lists::Lists;
use levitate_core::protocol::{Event, Op};
use nix::sys::signal::Signal;

use crate::interface::{Link, Style, Words};
use app::{App, Msg, Parts, Wish};
use input::Keyboard;
use look::Look;
use terminal::Terminal;

/// How often something that moves is drawn.
const FRAME: Duration = Duration::from_millis(100);
/// Events that come faster than this share a frame.
const TOGETHER: Duration = Duration::from_millis(16);

/// How the screen ended.
pub enum End {
    /// The session is over, with this exit status.
    Over(u8),
    /// The person goes on in line mode, with this link.
    Line(Link, Receiver<Signal>),
}

/// Looks whether the terminal has room for the screen.
///
/// # Errors
/// It has not: a sentence for the person.
pub fn fits() -> Result<(), String> {
    let (columns, rows) = terminal::size();
    let (least_columns, least_rows) = view::SMALLEST;
    if columns >= least_columns && rows >= least_rows {
        return Ok(());
    }
    Err(format!(
        "This window has {columns}x{rows} cells; the screen needs {least_columns}x{least_rows}, so this is line \
         mode. It can do the same."
    ))
}

/// Runs the screen until the session ends, or the person goes on in line mode, or the terminal cannot be drawn on.
pub fn run(link: Link, style: &Style, lists: &Lists, signals: Receiver<Signal>, notice: &str) -> End {
    let Ok(mut terminal) = Terminal::take(style.modern, link.log.place()) else {
        return End::Line(link, signals);
    };
    let Link { ops, events, cancel, log } = link;
    let (messages, inbox) = channel();
    forward_events(events, messages.clone());
    let heard = messages.clone();
    std::thread::spawn(move || signals.into_iter().try_for_each(|signal| heard.send(Msg::Signal(signal))));
    let keyboard = Keyboard::start(messages);
    let words = Words::new(lists);
    let parts =
        Parts { ops: ops.clone(), cancel: cancel.clone(), log: log.clone(), look: Look::of(style), words };
    let mut app = App::new(parts, notice);
    let over = serve(&mut terminal, &keyboard, &mut app, &inbox);
    keyboard.stop();
    drop(terminal);
    match over {
        Ok(Some(status)) => {
            farewell(&app, status);
            End::Over(status)
        }
        Ok(None) | Err(_) if !std::io::stdout().is_terminal() => End::Over(unseen(&mut app, &inbox)),
        // Also where the terminal could not be drawn on any more: line mode tells what is left to tell.
        Ok(None) | Err(_) => {
            let (events, signals) = hand_over(&app, inbox);
            End::Line(Link { ops, events, cancel, log }, signals)
        }
    }
}

/// Hears and draws; gives the exit status, or `None` where the person wants line mode.
fn serve(
    terminal: &mut Terminal,
    keyboard: &Keyboard,
    app: &mut App,
    inbox: &Receiver<Msg>,
) -> std::io::Result<Option<u8>> {
    let started = Instant::now();
    loop {
        app.now = started.elapsed();
        terminal.screen.draw(|frame| view::draw(app, frame))?;
        if !hear(app, inbox, started) {
            return Ok(Some(5));
        }
        for wish in std::mem::take(&mut app.wishes) {
            match wish {
                Wish::Redraw => terminal.screen.clear()?,
                Wish::Shell => shell(terminal, keyboard, app, inbox)?,
                Wish::Line => return Ok(None),
            }
        }
        if app.over.is_some() {
            return Ok(app.over);
        }
    }
}

/// The engine's events as messages.
fn forward_events(events: Receiver<Event>, messages: Sender<Msg>) {
    std::thread::spawn(move || {
        for event in events {
            if messages.send(Msg::Engine(event)).is_err() {
                return;
            }
        }
        let _ = messages.send(Msg::EngineGone);
    });
}

/// Waits for something to draw: a message, or the next frame of what moves. Messages that come close together are
/// taken together. False where nobody can send any more.
fn hear(app: &mut App, inbox: &Receiver<Msg>, started: Instant) -> bool {
    let first = if app.moves() {
        match inbox.recv_timeout(FRAME) {
            Ok(msg) => msg,
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    } else {
        match inbox.recv() {
            Ok(msg) => msg,
            Err(_) => return false,
        }
    };
    // A key is drawn at once; what the engine tells in bursts is not worth a frame each.
    let mut patient = matches!(first, Msg::Engine(_));
    let until = Instant::now() + TOGETHER;
    app.now = started.elapsed();
    app.update(first);
    while app.over.is_none() && app.wishes.is_empty() {
        let wait = if patient { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
        match inbox.recv_timeout(wait) {
            Ok(msg) => {
                patient &= matches!(msg, Msg::Engine(_));
                app.update(msg);
            }
            Err(_) => break,
        }
        // Even a flood is drawn.
        if Instant::now() > until + FRAME {
            break;
        }
    }
    true
}

/// Lends the terminal to a shell that the engine opens; what comes meanwhile waits.
fn shell(
    terminal: &mut Terminal,
    keyboard: &Keyboard,
    app: &mut App,
    inbox: &Receiver<Msg>,
) -> std::io::Result<()> {
    keyboard.pause();
    terminal.lend();
    // A terminal that is gone is noticed when it is taken again.
    let _ = writeln!(std::io::stdout(), "A shell. Type \"exit\" to come back to the installer.");
    app.begin(Op::Shell);
    let mut later = Vec::new();
    while let Ok(msg) = inbox.recv() {
        let ended = matches!(msg, Msg::Engine(Event::ShellEnded) | Msg::EngineGone);
        later.push(msg);
        if ended {
            break;
        }
    }
    terminal.take_again()?;
    keyboard.resume();
    for msg in later {
        // A Ctrl-C in the shell was for the shell.
        if !matches!(msg, Msg::Signal(Signal::SIGINT)) {
            app.update(msg);
        }
    }
    Ok(())
}

/// The engine's events and the signals for line mode, the open question first.
fn hand_over(app: &App, inbox: Receiver<Msg>) -> (Receiver<Event>, Receiver<Signal>) {
    let (tell, events) = channel();
    let (raise, signals) = channel();
    for event in app.dialogue.again() {
        // The other end is in our hands.
        let _ = tell.send(event);
    }
    std::thread::spawn(move || {
        for msg in inbox {
            let heard = match msg {
                Msg::Engine(event) => tell.send(event).is_ok(),
                Msg::Signal(signal) => raise.send(signal).is_ok(),
                Msg::EngineGone => false,
                Msg::Terminal(_) | Msg::TerminalGone => true,
            };
            if !heard {
                return;
            }
        }
    });
    (events, signals)
}

/// The terminal is gone, and nobody can answer: what runs is stopped and taken back, as after a hangup.
fn unseen(app: &mut App, inbox: &Receiver<Msg>) -> u8 {
    app.update(Msg::Signal(Signal::SIGHUP));
    while app.over.is_none() {
        let Ok(msg) = inbox.recv() else { return 5 };
        app.update(msg);
    }
    app.over.unwrap_or(5)
}

/// What stays on the terminal when the screen is gone.
fn farewell(app: &App, status: u8) {
    for line in app.last_words(status) {
        // The terminal may be what is gone.
        let _ = writeln!(std::io::stdout(), "{}", app.look.letters(&line));
    }
}
