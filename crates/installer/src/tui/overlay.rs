//! What lies over the conversation: help, the plan, the log, the disks, the keys of a failure.

use std::time::Duration;

use levitate_core::protocol::Failure;
use ratatui::style::Style as Paint;
use ratatui::text::{Line, Span};

use super::app::App;
use super::entry::{Entry, folded, whole_plan};

/// Keys that came before one could have read the card are not meant for it.
const UNREAD: Duration = Duration::from_millis(700);

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// F1.
    Help,
    /// F2.
    Plan,
    /// F3.
    Log,
    /// F4.
    Disks,
    /// After a failure.
    Failure {
        /// The failed plan can be tried again.
        retry: bool,
    },
}

/// One that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// Which one.
    pub kind: Kind,
    /// Lines above the window; of the log: below it.
    pub scroll: usize,
    since: Duration,
}

/// The keys, in the order of the help.
const KEYS: &[(&str, &str)] = &[
    ("Enter", "say it"),
    ("Tab", "complete a command, a device, a zone"),
    ("Up Down", "what you said before"),
    ("Ctrl-A E W U K Y", "edit as in a shell; Alt-B and Alt-F by words"),
    ("#3 or Alt-3", "say example 3 of the list on the left; or click it"),
    ("PgUp PgDn, wheel", "scroll the conversation"),
    ("F2 F3 F4", "the plan, the log, the disks"),
    ("Esc, Ctrl-C", "stop what runs; no to what is asked"),
    ("Ctrl-L", "draw the screen again"),
    ("F10", "go on in line mode"),
    ("Ctrl-D", "leave"),
];

impl Overlay {
    /// An open one, from its top.
    pub fn new(kind: Kind, now: Duration) -> Self {
        Self { kind, scroll: 0, since: now }
    }

    /// The keys of a failure.
    pub fn failure(failure: &Failure, now: Duration) -> Self {
        Self::new(Kind::Failure { retry: failure.retry }, now)
    }

    /// True where a key comes too early to be meant for it.
    pub fn unread(&self, now: Duration) -> bool {
        matches!(self.kind, Kind::Failure { .. }) && now.saturating_sub(self.since) < UNREAD
    }

    /// Its title.
    pub fn title(&self) -> &'static str {
        match self.kind {
            Kind::Help => "Help",
            Kind::Plan => "The plan",
            Kind::Log => "The log",
            Kind::Disks => "The disks",
            Kind::Failure { .. } => "That failed",
        }
    }

    /// What closes it, for its bottom border.
    pub fn keys(&self) -> &'static str {
        match self.kind {
            Kind::Failure { retry: true } => "r retry  u undo  s shell  q quit  Esc close",
            Kind::Failure { retry: false } => "u undo  s shell  q quit  Esc close",
            _ => "arrows scroll  Esc close",
        }
    }

    /// Its lines for this width.
    pub fn lines(&self, app: &App, width: usize) -> Vec<Line<'static>> {
        match self.kind {
            Kind::Help => help(app, width),
            Kind::Plan => match &app.plan {
                Some(view) => whole_plan(view, &app.look, width),
                None => Entry::Said(
                    "There is no plan yet. Say what you want, e.g. \"use the whole disk\".".into(),
                )
                .lines(&app.look, width),
            },
            Kind::Log => log(app, width),
            Kind::Disks => Entry::Disks(app.disks.clone()).lines(&app.look, width),
            Kind::Failure { .. } => {
                let failure = app.chat.entries().rev().find(|entry| matches!(entry, Entry::Failure(_)));
                failure.map(|entry| entry.lines(&app.look, width)).unwrap_or_default()
            }
        }
    }
}

fn help(app: &App, width: usize) -> Vec<Line<'static>> {
    let mut lines = Entry::Said(
        "Say in your own words what you want. Nothing is written to a disk before you saw the plan and said yes."
            .into(),
    )
    .lines(&app.look, width);
    let mut put = |text: &str, paint: Paint| {
        for line in folded(&app.look.letters(text), width, 2) {
            lines.push(Line::from(Span::styled(line, paint)));
        }
    };
    put("", Paint::new());
    if !app.hints.is_empty() {
        put("Now you could say:", app.look.accent());
        let hints: Vec<String> = app.hints.iter().map(|hint| format!("\"{hint}\"")).collect();
        put(&format!("  {}", hints.join(", ")), Paint::new());
        put("", Paint::new());
    }
    put("At any time:", app.look.accent());
    put("  \"list disks\", \"status\", \"undo\", \"what is luks\", \"exit without reboot\"", Paint::new());
    put("", Paint::new());
    put("Keys:", app.look.accent());
    for (key, what) in KEYS {
        put(&format!("  {key}: {what}"), Paint::new());
    }
    lines
}

fn log(app: &App, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(path) = app.log.path() {
        lines.push(Line::from(Span::styled(format!("{}", path.display()), app.look.dim())));
    }
    for line in app.log.recent() {
        let line = short(&line);
        lines.extend(folded(&app.look.letters(&line), width, 4).into_iter().map(Line::from));
    }
    if lines.is_empty() {
        lines.push(Line::from("Nothing was logged yet."));
    }
    lines
}

/// A line of the log as one reads it: the time of day and the words, without date, level and module.
fn short(line: &str) -> String {
    let mut words = line.splitn(2, ' ');
    let (stamp, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().trim_start());
    let time = stamp.split_once('T').and_then(|(_, time)| time.get(..8));
    let told = rest.split_once(": ").map(|(_, told)| told);
    match (time, told) {
        (Some(time), Some(told)) => format!("{time} {told}"),
        _ => line.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_log_line_is_its_time_and_its_words() {
        let line = "2026-11-23T06:20:55.123456Z  INFO levitate_installer::start: session version=\"1.0\"";
        assert_eq!(short(line), "06:20:55 session version=\"1.0\"");
        assert_eq!(short("words of another kind"), "words of another kind");
    }
}
