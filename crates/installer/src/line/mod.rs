//! Line mode: a session as a dialogue of lines, as the requirements print it.
//!
//! It knows the protocol and nothing else. One loop hears three sides: the engine's events, what the person types
//! (`input`, on a thread of its own) and signals. Rooms: `screen` what is printed, `progress` the line of a running
//! step, `style` what the terminal can do, `answers` yes and no, `complete` completion, `secret` hidden input.

mod answers;
mod complete;
mod input;
mod progress;
#[cfg(test)]
mod rehearsals;
mod screen;
mod secret;
mod style;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::sync::mpsc::{Receiver, Sender, channel};

use levitate_core::lists::Lists;
use levitate_core::protocol::{Event, Op};
use levitate_core::sys::Cancel;
use nix::sys::signal::Signal;
use secrecy::{ExposeSecret, SecretString};

pub use answers::yes_or_no;
use complete::Words;
use input::{Ask, REST, Reply};
use screen::Screen;
pub use screen::disk_lines;
pub use style::{Facts, Style};

/// The interface's end of a session.
pub struct Link {
    /// What is asked of the engine.
    pub ops: Sender<Op>,
    /// What it tells.
    pub events: Receiver<Event>,
    /// Asks running work to stop.
    pub cancel: Cancel,
}

/// What the loop hears.
#[derive(Debug)]
pub enum Msg {
    /// The engine told something.
    Engine(Event),
    /// The engine is gone.
    EngineGone,
    /// The person typed something.
    Input(Reply),
    /// A signal came.
    Signal(Signal),
}

/// How often a secret may be typed before it counts as declined.
const TRIES: u8 = 3;

/// What the person is being asked.
#[derive(Debug)]
enum Waiting {
    /// Nothing: something runs.
    Nothing,
    /// What next?
    Rest,
    Confirm {
        digest: String,
    },
    Phrase {
        prompt: String,
    },
    Question {
        prompt: String,
    },
    Secret(Hidden),
    /// Leave? The question before it is asked again after a no.
    Leave(Box<Self>),
}

/// A secret that is being typed.
#[derive(Debug)]
struct Hidden {
    prompt: String,
    confirm: String,
    indent: &'static str,
    first: Option<SecretString>,
    tries: u8,
    empty: bool,
}

/// Runs line mode on this process's terminal until the session ends; gives the exit status.
pub fn run(
    link: Link,
    style: Style,
    plain: bool,
    lists: &Lists,
    signals: Receiver<Signal>,
    notice: &str,
) -> u8 {
    let guard = secret::TerminalGuard::new();
    let words = Words::new(lists);
    let (messages, inbox) = channel();
    let (asks, their_asks) = channel();
    let (their_words, replies) = (words.clone(), messages.clone());
    std::thread::spawn(move || {
        // Made on the thread that uses it: line editing is not `Send`.
        let mut reader = input::reader(plain, their_words);
        input::serve(reader.as_mut(), &their_asks, |reply| replies.send(Msg::Input(reply)).is_ok());
    });
    let heard = messages.clone();
    std::thread::spawn(move || signals.into_iter().try_for_each(|signal| heard.send(Msg::Signal(signal))));
    let screen = Screen::new(Box::new(std::io::stdout()), style);
    let interactive = std::io::stdin().is_terminal();
    let mut client = Client::new(link.ops, link.cancel, asks, screen, words, interactive);
    forward(link.events, messages);
    client.start(notice);
    let status = client.serve(&inbox);
    drop(guard);
    status
}

/// The engine's events as messages.
fn forward(events: Receiver<Event>, messages: Sender<Msg>) {
    std::thread::spawn(move || {
        for event in events {
            if messages.send(Msg::Engine(event)).is_err() {
                return;
            }
        }
        let _ = messages.send(Msg::EngineGone);
    });
}

/// The dialogue.
struct Client {
    ops: Sender<Op>,
    cancel: Cancel,
    asks: Sender<Ask>,
    screen: Screen,
    words: Words,
    /// A person sits there; else the input is a file or a pipe.
    interactive: bool,
    waiting: Waiting,
    /// Digest of a plan that was shown; asked about when the engine is ready to hear the answer.
    proposed: Option<String>,
    /// Lines that were pasted and not yet said.
    pasted: VecDeque<String>,
    /// A signal or the end of the input ends the session.
    leaving: Option<Left>,
}

/// Why the session ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Asked,
    Signal,
}

impl Client {
    fn new(
        ops: Sender<Op>,
        cancel: Cancel,
        asks: Sender<Ask>,
        screen: Screen,
        words: Words,
        interactive: bool,
    ) -> Self {
        Self {
            ops,
            cancel,
            asks,
            screen,
            words,
            interactive,
            waiting: Waiting::Nothing,
            proposed: None,
            pasted: VecDeque::new(),
            leaving: None,
        }
    }

    fn start(&mut self, notice: &str) {
        self.screen.banner();
        if !notice.is_empty() {
            self.screen.remark(notice);
        }
    }

    fn serve(&mut self, inbox: &Receiver<Msg>) -> u8 {
        while let Ok(message) = inbox.recv() {
            match message {
                Msg::Engine(Event::Ended { status }) => {
                    let cancelled = self.leaving == Some(Left::Signal) && status == 0;
                    return if cancelled { 3 } else { status };
                }
                Msg::Engine(event) => self.told(event),
                Msg::Input(reply) => self.replied(reply),
                Msg::Signal(Signal::SIGINT) => self.interrupted(),
                Msg::Signal(_) => self.leave(Left::Signal),
                Msg::EngineGone => break,
            }
        }
        self.screen.say(
            "The installer stopped without a word. Look at /run/levitate-installer/installer.log, then start it \
             again: it takes back what was begun.",
        );
        5
    }

    // --- the engine ---

    fn told(&mut self, event: Event) {
        match event {
            Event::Say(text) => self.screen.say(&text),
            Event::Understood(text) => self.screen.understood(&text),
            Event::Disks(disks) => {
                for disk in &disks {
                    self.words.saw(&disk.path);
                    disk.partitions.iter().for_each(|partition| self.words.saw(&partition.path));
                }
                self.screen.disks(&disks);
            }
            Event::Plan(view) => {
                if let Some(layout) = &view.plan.layout {
                    self.words.saw(&layout.disk);
                    layout.volumes.iter().for_each(|volume| self.words.saw(&volume.partition));
                }
                self.screen.plan(&view);
            }
            Event::Loading(text) => self.screen.remark(&text),
            // Line mode shows nothing between a line and its answer.
            Event::Thinking | Event::Engine(_) => {}
            Event::Warning(text) => self.screen.warning(&text),
            Event::StepStarted { title, quiet, .. } => self.screen.step_started(&title, quiet),
            Event::Progress { done, total } => self.screen.progress(done, total),
            Event::StepDone { sentence } => self.screen.step_done(sentence.as_deref()),
            Event::StepFailed => self.screen.step_failed(),
            Event::Undoing { sentence } => self.screen.undoing(&sentence),
            Event::Failure(failure) => self.screen.failure(&failure),
            // The list of stages is for interfaces that show it all the time; here it is said on "status".
            Event::Stages(_) | Event::Ended { .. } => {}
            Event::Ready => self.ready(),
            // `Ready` follows: the engine could hear something else as well. Asked before it, a quick answer would
            // be overtaken by a `Ready` that is none.
            Event::Confirm { digest } => self.proposed = Some(digest),
            Event::Phrase { prompt, .. } => self.question(Waiting::Phrase { prompt: ending(&prompt, "> ") }),
            Event::Question { prompt } => {
                self.question(Waiting::Question { prompt: format!("{} [y/n] > ", prompt.trim_end()) });
            }
            Event::Secret { prompt, confirm } => {
                let indent = self.screen.before_secret();
                self.question(Waiting::Secret(Hidden {
                    prompt: ending(&prompt, ": "),
                    confirm: ending(&confirm, ": "),
                    indent,
                    first: None,
                    tries: 0,
                    empty: false,
                }));
            }
        }
    }

    fn ready(&mut self) {
        if let Some(digest) = self.proposed.take() {
            return self.question(Waiting::Confirm { digest });
        }
        if self.leaving.is_some() {
            return self.send(Op::Quit);
        }
        self.screen.before_rest();
        self.rest();
    }

    fn rest(&mut self) {
        self.waiting = Waiting::Rest;
        if let Some(line) = self.pasted.pop_front() {
            self.screen.echo(&format!("{REST}{line}"));
            return self.typed(&line);
        }
        self.ask(Ask::Rest);
    }

    fn question(&mut self, waiting: Waiting) {
        if self.leaving.is_some() {
            return self.send(Op::Quit);
        }
        if !self.pasted.is_empty() {
            self.pasted.clear();
            self.screen.remark("(The rest of what was pasted is left out: first this has to be answered.)");
        }
        match &waiting {
            Waiting::Secret(_) => {}
            Waiting::Question { .. } => self.screen.before_question(true),
            _ => self.screen.before_question(false),
        }
        self.waiting = waiting;
        self.ask_again();
    }

    /// Asks what is waited for (once more).
    fn ask_again(&mut self) {
        let ask = match &self.waiting {
            Waiting::Nothing => return,
            Waiting::Rest => Ask::Rest,
            Waiting::Confirm { .. } => Ask::Answer("Proceed? [y/n] > ".into()),
            Waiting::Phrase { prompt } | Waiting::Question { prompt } => Ask::Answer(self.screen.fit(prompt)),
            Waiting::Secret(hidden) => {
                let prompt = if hidden.first.is_some() { &hidden.confirm } else { &hidden.prompt };
                Ask::Secret(self.screen.fit(&format!("{}{prompt}", hidden.indent)))
            }
            Waiting::Leave(_) => Ask::Answer("Leave the installer? [y/n] > ".into()),
        };
        self.ask(ask);
    }

    // --- the person ---

    fn replied(&mut self, reply: Reply) {
        match reply {
            Reply::Line(line) => self.typed(&line),
            Reply::Secret(secret) => self.secret(secret),
            Reply::Interrupted => self.stop_asking(),
            Reply::End if !self.interactive => {
                self.screen.leave_prompt();
                self.leave(Left::Asked);
            }
            Reply::End => match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
                Waiting::Leave(_) => self.leave(Left::Asked),
                before => {
                    self.waiting = Waiting::Leave(Box::new(before));
                    self.ask_again();
                }
            },
        }
    }

    fn typed(&mut self, line: &str) {
        let mut lines = line.lines().map(str::trim).filter(|line| !line.is_empty());
        let text = lines.next().unwrap_or_default().to_string();
        if matches!(self.waiting, Waiting::Rest) {
            // Several lines at once were pasted: each is said when the one before it is through.
            for (index, line) in lines.enumerate() {
                self.pasted.insert(index, line.to_string());
            }
        }
        self.screen.typed(&text);
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Rest if text.is_empty() => self.rest(),
            Waiting::Rest => self.send(Op::Say(text)),
            Waiting::Confirm { digest } => match yes_or_no(&text) {
                Some(yes) => self.send(Op::Answer { digest, yes }),
                None if text.is_empty() => {
                    self.waiting = Waiting::Confirm { digest };
                    self.ask_again();
                }
                // "yes but encrypted" is a wish, no consent.
                None => self.send(Op::Say(text)),
            },
            Waiting::Phrase { .. } => self.send(Op::Phrase(text)),
            Waiting::Question { prompt } => match yes_or_no(&text) {
                Some(yes) => self.send(Op::YesNo(yes)),
                None => {
                    self.waiting = Waiting::Question { prompt };
                    self.screen.remark("Please answer y or n.");
                    self.ask_again();
                }
            },
            Waiting::Leave(before) => match yes_or_no(&text) {
                Some(true) => self.leave(Left::Asked),
                _ => {
                    self.waiting = *before;
                    self.ask_again();
                }
            },
            Waiting::Secret(hidden) => {
                // A reader that gave a line where a secret was asked: not shown, not used.
                self.waiting = Waiting::Secret(hidden);
                self.ask_again();
            }
            Waiting::Nothing => {}
        }
    }

    fn secret(&mut self, typed: SecretString) {
        self.screen.secret_typed();
        let Waiting::Secret(mut hidden) = std::mem::replace(&mut self.waiting, Waiting::Nothing) else {
            return;
        };
        match hidden.first.take() {
            None if typed.expose_secret().is_empty() => {
                if hidden.empty {
                    return self.decline();
                }
                hidden.empty = true;
                self.screen.remark(&format!("{}Nothing was typed. Try again.", hidden.indent));
            }
            None => hidden.first = Some(typed),
            Some(first) if first.expose_secret() == typed.expose_secret() => {
                return self.send(Op::Secret(Some(typed)));
            }
            Some(_) => {
                hidden.tries += 1;
                if hidden.tries >= TRIES {
                    return self.decline();
                }
                let text = "The two do not match; nothing was set. Try again.";
                self.screen.remark(&format!("{}{text}", hidden.indent));
            }
        }
        self.waiting = Waiting::Secret(hidden);
        self.ask_again();
    }

    fn decline(&mut self) {
        self.screen.remark("Nothing was set.");
        self.send(Op::Secret(None));
    }

    /// Ctrl-C at a prompt: no to whatever is asked.
    fn stop_asking(&mut self) {
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Nothing => {}
            Waiting::Rest => {
                self.pasted.clear();
                self.screen.remark("To leave, say \"exit without reboot\" or press Ctrl-D.");
                self.rest();
            }
            Waiting::Confirm { digest } => self.send(Op::Answer { digest, yes: false }),
            Waiting::Phrase { .. } => self.send(Op::Phrase(String::new())),
            Waiting::Question { .. } => self.send(Op::YesNo(false)),
            Waiting::Secret(_) => self.decline(),
            Waiting::Leave(before) => {
                self.waiting = *before;
                self.ask_again();
            }
        }
    }

    // --- signals ---

    /// SIGINT: with a prompt on the screen it comes from a terminal without line editing, or from a program.
    fn interrupted(&mut self) {
        match self.waiting {
            Waiting::Nothing => {
                self.cancel.request();
                self.pasted.clear();
                self.screen.stopping();
            }
            Waiting::Rest if self.interactive => {
                // The reader still waits; only its prompt has to stand there again.
                self.screen.leave_prompt();
                self.screen.remark("To leave, say \"exit without reboot\" or press Ctrl-D.");
                self.screen.prompt(REST);
            }
            _ => self.leave(Left::Signal),
        }
    }

    fn leave(&mut self, why: Left) {
        if why == Left::Signal && !matches!(self.waiting, Waiting::Nothing) {
            self.screen.leave_prompt();
        }
        if why == Left::Signal {
            self.cancel.request();
            self.screen.stopping();
        }
        self.leaving.get_or_insert(why);
        self.waiting = Waiting::Nothing;
        self.send(Op::Quit);
    }

    fn ask(&mut self, ask: Ask) {
        // The reader is gone only when this side is.
        let _ = self.asks.send(ask);
    }

    fn send(&mut self, op: Op) {
        // An engine that is gone is heard of as `EngineGone`.
        let _ = self.ops.send(op);
    }
}

/// A prompt with this ending, whatever ending it came with.
fn ending(prompt: &str, end: &str) -> String {
    let bare = prompt.trim_end().trim_end_matches(end.trim_end()).trim_end();
    if end == ": " { format!("{bare}: ") } else { format!("{bare} {end}") }
}
