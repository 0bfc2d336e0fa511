//! Line mode: a session as a dialogue of lines, as the requirements print it.
//!
//! It knows the protocol and nothing else. One loop hears three sides: the engine's events, what the person types
//! (`input`, on a thread of its own) and signals, and does as the dialogue says. Rooms: `screen` what is printed,
//! `progress` the line of a running step, `helper` completion, `secret` hidden input, `script` a file that is said.

mod helper;
pub(crate) mod input;
mod progress;
#[cfg(test)]
mod rehearsals;
mod screen;
mod script;
mod secret;
#[cfg(test)]
pub(crate) mod tests;

use std::io::IsTerminal;
use std::sync::mpsc::{Receiver, Sender, channel};

use levitate_core::lists::Lists;
use levitate_core::protocol::{Event, Op};
use levitate_core::sys::Cancel;
use nix::sys::signal::Signal;

use crate::interface::{Dialogue, Link, Log, Next, Style, Waiting, Words};
use input::{Ask, REST, Reply};
use screen::Screen;
pub use script::Source;

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

/// Runs line mode on this process's terminal until the session ends; gives the exit status.
pub fn run(
    link: Link,
    style: Style,
    source: Source,
    lists: &Lists,
    signals: Receiver<Signal>,
    notice: &str,
) -> u8 {
    let guard = secret::TerminalGuard::new();
    let words = Words::new(lists);
    let (messages, inbox) = channel();
    let (asks, their_asks) = channel();
    let (their_words, replies) = (words.clone(), messages.clone());
    let interactive = matches!(source, Source::Keyboard { .. }) && std::io::stdin().is_terminal();
    std::thread::spawn(move || {
        // Made on the thread that uses it: line editing is not `Send`.
        let mut reader = input::reader(source, their_words);
        input::serve(reader.as_mut(), &their_asks, |reply| replies.send(Msg::Input(reply)).is_ok());
    });
    let heard = messages.clone();
    std::thread::spawn(move || signals.into_iter().try_for_each(|signal| heard.send(Msg::Signal(signal))));
    let screen = Screen::new(Box::new(std::io::stdout()), style);
    let mut client = Client::new(link.ops, link.cancel, asks, screen, words, interactive);
    client.log = link.log;
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

/// The interface: does as the dialogue says.
struct Client {
    ops: Sender<Op>,
    cancel: Cancel,
    asks: Sender<Ask>,
    screen: Screen,
    words: Words,
    /// A person sits there; else the input is a file or a pipe.
    interactive: bool,
    dialogue: Dialogue,
    /// Where to look when the engine is gone.
    log: Log,
    /// Indent of what belongs to the secret that is asked.
    indent: &'static str,
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
        let (dialogue, log) = (Dialogue::new(), Log::default());
        Self { ops, cancel, asks, screen, words, interactive, dialogue, log, indent: "" }
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
                Msg::Engine(Event::Ended { status }) => return self.dialogue.status(status),
                Msg::Engine(event) => {
                    let next = self.dialogue.hear(&event);
                    self.told(event);
                    self.go_on(next);
                }
                Msg::Input(reply) => self.replied(reply),
                Msg::Signal(Signal::SIGINT) => self.interrupted(),
                Msg::Signal(_) => self.signalled(),
                Msg::EngineGone => break,
            }
        }
        self.screen.say(&format!(
            "The installer stopped without a word. {} Start it again: it takes back what was begun.",
            self.log.place()
        ));
        5
    }

    fn told(&mut self, event: Event) {
        match event {
            Event::Say(text) => self.screen.say(&text),
            Event::Understood(text) => self.screen.understood(&text),
            Event::Disks(disks) => self.screen.disks(&disks),
            Event::Computer(disks) => self.words.computer(&disks),
            Event::Plan(view) => {
                if let Some(layout) = &view.plan.layout {
                    self.words.saw(&layout.disk);
                    layout.volumes.iter().for_each(|volume| self.words.saw(&volume.partition));
                }
                self.screen.plan(&view);
            }
            Event::Loading(text) => self.screen.remark(&text),
            Event::Warning(text) => self.screen.warning(&text),
            Event::StepStarted { title, quiet, .. } => self.screen.step_started(&title, quiet),
            Event::Progress { done, total } => self.screen.progress(done, total),
            Event::StepDone { sentence } => self.screen.step_done(sentence.as_deref()),
            Event::StepFailed => self.screen.step_failed(),
            Event::Undoing { sentence } => self.screen.undoing(&sentence),
            Event::Failure(failure) => self.screen.failure(&failure),
            Event::Summary(lines) => self.screen.summary(&lines),
            // Line mode shows nothing between a line and its answer; the stages are said on "status", what can be
            // said on "help"; questions are the dialogue's.
            Event::Thinking
            | Event::Hints(_)
            | Event::Running(_)
            | Event::ShellEnded
            | Event::Engine(_)
            | Event::Stages(_)
            | Event::Ended { .. }
            | Event::Ready
            | Event::Confirm { .. }
            | Event::Phrase { .. }
            | Event::Question { .. }
            | Event::Secret { .. } => {}
        }
    }

    fn replied(&mut self, reply: Reply) {
        let next = match reply {
            Reply::Line(line) => {
                self.screen.typed(&line);
                self.dialogue.typed(&line)
            }
            Reply::Secret(secret) => {
                self.screen.secret_typed();
                self.dialogue.secret(secret)
            }
            Reply::Interrupted => self.dialogue.stop(),
            Reply::End if !self.interactive => {
                self.screen.leave_prompt();
                self.dialogue.input_over()
            }
            Reply::End => self.dialogue.end(),
        };
        self.ask_again(next);
    }

    /// What follows from an event: a question stands apart from what was printed before it.
    fn go_on(&mut self, next: Vec<Next>) {
        for step in next {
            if matches!(step, Next::Ask | Next::Echo(_)) {
                match self.dialogue.waiting() {
                    Waiting::Nothing | Waiting::Rest => self.screen.before_rest(),
                    Waiting::Secret(_) => self.indent = self.screen.before_secret(),
                    Waiting::Question { .. } => self.screen.before_question(true),
                    _ => self.screen.before_question(false),
                }
            }
            self.act(step);
        }
    }

    /// What follows from an answer: the same question again stands right below.
    fn ask_again(&mut self, next: Vec<Next>) {
        let rests = matches!(self.dialogue.waiting(), Waiting::Rest);
        for step in next {
            if rests && matches!(step, Next::Ask) {
                self.screen.before_rest();
            }
            self.act(step);
        }
    }

    fn act(&mut self, next: Next) {
        match next {
            Next::Ask => self.ask(),
            Next::Remark(text) => {
                let indent =
                    if matches!(self.dialogue.waiting(), Waiting::Secret(_)) { self.indent } else { "" };
                self.screen.remark(&format!("{indent}{text}"));
            }
            Next::Echo(line) => {
                self.screen.echo(&format!("{REST}{line}"));
                self.screen.typed(&line);
            }
            Next::Send(op) => self.send(op),
            Next::Stop => {
                self.cancel.request();
                self.screen.stopping();
            }
        }
    }

    fn ask(&mut self) {
        let ask = match self.dialogue.waiting() {
            Waiting::Nothing => return,
            Waiting::Rest => Ask::Rest,
            Waiting::Confirm { .. } => Ask::Answer("Proceed? [y/n] > ".into()),
            Waiting::Phrase { prompt } => Ask::Answer(self.screen.fit(&ending(prompt, "> "))),
            Waiting::Question { prompt } => {
                Ask::Answer(self.screen.fit(&format!("{} [y/n] > ", prompt.trim_end())))
            }
            Waiting::Secret(hidden) => {
                let prompt = format!("{}{}", self.indent, ending(hidden.prompt(), ": "));
                Ask::Secret(self.screen.fit(&prompt))
            }
            Waiting::Leave(_) => Ask::Answer("Leave the installer? [y/n] > ".into()),
        };
        // The reader is gone only when this side is.
        let _ = self.asks.send(ask);
    }

    /// SIGINT: with a prompt on the screen it comes from a terminal without line editing, or from a program.
    fn interrupted(&mut self) {
        match self.dialogue.waiting() {
            Waiting::Nothing => {
                let next = self.dialogue.stop();
                self.ask_again(next);
            }
            Waiting::Rest if self.interactive => {
                // The reader still waits; only its prompt has to stand there again.
                self.screen.leave_prompt();
                for next in self.dialogue.stop() {
                    if let Next::Remark(text) = next {
                        self.screen.remark(text);
                    }
                }
                self.screen.prompt(REST);
            }
            _ => self.signalled(),
        }
    }

    fn signalled(&mut self) {
        if !matches!(self.dialogue.waiting(), Waiting::Nothing) {
            self.screen.leave_prompt();
        }
        let next = self.dialogue.signalled();
        self.ask_again(next);
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
