//! A session from the command line: on this computer, on a copy of its facts, or on a described one.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, channel};

use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::sys::real::Real;
use levitate_core::sys::sim::Simulated;
use levitate_core::sys::{Cancel, System};
use nix::sys::signal::Signal;

use crate::cli::SessionArgs;
use crate::failed::{Failed, print};
use crate::interface::{Facts, Link, Style, yes_or_no};
use crate::line::{self, Source};
use crate::mind::Mind;
use crate::plan_cmd::read_machine;
use crate::session::{Session, SessionOptions};
use crate::{log, signals, tui};

/// The computer of a rehearsal that nobody described.
const TWO_DISKS: &str = include_str!("../tests/fixtures/machines/two-disks.json");

/// What a session runs on.
struct Stage {
    sys: Box<dyn System>,
    lists: Lists,
    /// One line for the person; empty on the real computer.
    notice: String,
}

/// Runs a session; gives the exit status.
///
/// # Errors
/// It cannot be started.
pub fn session(args: &SessionArgs) -> Result<u8, Failed> {
    let source = match &args.script {
        Some(path) => Source::script(path)?,
        None => Source::Keyboard { plain: args.plain },
    };
    let (heard, caught) = channel();
    // Before any thread, so that all of them have the signals blocked.
    signals::listen(move |signal| {
        // Nobody listens any more when the session is over.
        let _ = heard.send(signal);
    })
    .map_err(|error| Failed::refused(format!("signals cannot be caught: {error}"), "Try again."))?;
    let cancel = Cancel::default();
    let stage = stage(args, &cancel)?;
    let log = log::start(!stage.sys.simulated(), args.verbose);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), rehearsal = stage.sys.simulated(), "session");
    let lists = stage.lists.clone();
    let table = args.table.map(Into::into);
    let choice = args.engine.choice()?;
    let open = move |cancel: &Cancel, told: &mut dyn FnMut(&str)| Mind::open(&choice, cancel, told);
    let handle =
        Session::start(SessionOptions { sys: stage.sys, lists: stage.lists, table, mind: Box::new(open) })?;
    let style = Style::of(&Facts::read(), args.plain, args.verbose);
    let link = Link { ops: handle.ops, events: handle.events, cancel: handle.cancel, log: log.clone() };
    let status = interface(args, source, link, &style, &lists, caught, &stage.notice);
    if handle.thread.join().is_err() {
        let last = log.recent();
        let last = last.get(last.len().saturating_sub(5)..).unwrap_or_default().join("\n");
        return Err(Failed {
            message: "the installer stopped unexpectedly".into(),
            hint: format!(
                "Start it again: it takes back what was begun. {} Its last lines:\n{last}",
                log.place()
            ),
            status: 5,
        });
    }
    Ok(status)
}

/// The screen where the terminal can have it and nobody asked for lines; else line mode. Both can do the same.
fn interface(
    args: &SessionArgs,
    source: Source,
    link: Link,
    style: &Style,
    lists: &Lists,
    signals: Receiver<Signal>,
    notice: &str,
) -> u8 {
    let both = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let drawn = both && style.draws && !args.line && !args.plain && args.script.is_none();
    let (link, signals, notice) = match drawn.then(tui::fits) {
        Some(Ok(())) => match tui::run(link, style, lists, signals, notice) {
            tui::End::Over(status) => return status,
            tui::End::Line(link, signals) => (link, signals, "Going on in line mode.".to_string()),
        },
        Some(Err(why)) => (link, signals, format!("{why}\n{notice}")),
        None => (link, signals, notice.to_string()),
    };
    line::run(link, style.clone(), source, lists, signals, notice.trim_end())
}

fn stage(args: &SessionArgs, cancel: &Cancel) -> Result<Stage, Failed> {
    if let Some(path) = &args.machine {
        return Ok(rehearsal(read_machine(path)?, &path.display().to_string(), cancel));
    }
    if !nix::unistd::geteuid().is_root() {
        return without_root(args, cancel);
    }
    let mut real = Real::new(cancel.clone());
    let lists = Lists::from_root(std::path::Path::new("/"));
    if args.dry_run {
        let machine = real.probe()?;
        let live = real.live()?;
        let sim = Simulated::new(machine).with_lists(&lists).with_live(live).with_cancel(cancel.clone());
        let notice = "Dry run on a copy of this computer's facts: nothing real is touched.".into();
        return Ok(Stage { sys: Box::new(sim.rehearsal()), lists, notice });
    }
    Ok(Stage { sys: Box::new(real), lists, notice: String::new() })
}

fn rehearsal(machine: Machine, name: &str, cancel: &Cancel) -> Stage {
    let sim = Simulated::new(machine).with_cancel(cancel.clone()).rehearsal();
    let notice = format!("Rehearsal on {name}: nothing real is touched.");
    Stage { sys: Box::new(sim), lists: Lists::embedded(), notice }
}

/// Disks belong to root; a person without it can still rehearse.
fn without_root(args: &SessionArgs, cancel: &Cancel) -> Result<Stage, Failed> {
    let again = if args.dry_run { "sudo levitate-installer --dry-run" } else { "sudo levitate-installer" };
    // A script has no line for this question.
    let asked = args.script.is_none() && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if asked {
        print(&format!(
            "Installing needs root, and you are not root. To install, type: {again}\n\
             You can rehearse on a described computer with two disks: nothing real is touched.\n\
             Start the rehearsal? [y/n] > "
        ));
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        if read.is_ok() && yes_or_no(&line) == Some(true) {
            let machine = Machine::from_json(TWO_DISKS)
                .map_err(|error| Failed::refused(format!("the embedded machine: {error}"), again))?;
            let _ = writeln!(std::io::stdout());
            return Ok(rehearsal(machine, "a described computer", cancel));
        }
    }
    Err(Failed::refused(
        "installing needs root, and you are not root",
        format!(
            "Type: {again}\nOr rehearse without it: levitate-installer --machine machines/two-disks.json"
        ),
    ))
}
