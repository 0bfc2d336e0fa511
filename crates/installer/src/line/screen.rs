//! What is printed: blocks with one empty line between them, as the example session has it.

use std::io::Write;

use levitate_core::machine::Disk;
use levitate_core::protocol::{Failure, PlanView};

use super::progress::Steps;
use crate::interface::{Style, disk_lines, wrap};

/// What stands last on the screen; blocks of different kinds have an empty line between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Nothing,
    /// The person's own line; `true` where it was empty.
    Typed(bool),
    Said,
    Listed,
    Plan,
    Steps,
    Failure,
}

/// The screen of line mode, or the file it is written to.
pub struct Screen {
    out: Box<dyn Write + Send>,
    style: Style,
    last: Last,
    steps: Steps,
}

impl Screen {
    /// A screen that writes to `out`. Bars go to the terminal itself.
    pub fn new(out: Box<dyn Write + Send>, style: Style) -> Self {
        Self { out, style, last: Last::Nothing, steps: Steps::default() }
    }

    /// The two lines at the start.
    pub fn banner(&mut self) {
        let version = format!("v{}.{}", env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
        self.block(Last::Said);
        self.line(&format!("LevitateOS Installer {version}"));
        self.line("Type what you want to do. I'll help you install.");
    }

    /// Plain sentences.
    pub fn say(&mut self, text: &str) {
        self.block(Last::Said);
        self.wrapped(text, 0);
    }

    /// A remark that belongs to what stands there already, whatever it is.
    pub fn remark(&mut self, text: &str) {
        self.break_line();
        self.wrapped(text, 0);
    }

    /// What was understood.
    pub fn understood(&mut self, text: &str) {
        if self.style.verbose {
            self.say(&format!("Understood: {text}"));
        }
    }

    /// The disks of this computer.
    pub fn disks(&mut self, disks: &[Disk]) {
        self.block(Last::Listed);
        for line in disk_lines(disks) {
            self.wrapped(&line, 4);
        }
    }

    /// A plan: in full where a yes is wanted, else only what the person must know.
    pub fn plan(&mut self, view: &PlanView) {
        if view.asks || self.style.verbose {
            self.block(Last::Plan);
            self.line("Plan:");
            for line in &view.plan.lines {
                self.wrapped(&format!("  {line}"), 2);
            }
        }
        for warning in &view.plan.warnings {
            if self.last == Last::Plan {
                self.line("");
            } else {
                self.block(Last::Plan);
            }
            self.warned(warning);
        }
    }

    /// Something the person should read.
    pub fn warning(&mut self, text: &str) {
        if self.last != Last::Steps {
            self.block(Last::Said);
        }
        self.break_line();
        self.warned(text);
    }

    fn warned(&mut self, text: &str) {
        let lost = text.contains("ERASE");
        for line in wrap(&self.style.letters(&format!("  WARNING: {text}")), self.style.width(), 2) {
            let line = if lost { self.style.loud(&line) } else { line };
            self.raw_line(&line);
        }
    }

    /// A step began.
    pub fn step_started(&mut self, title: &str, quiet: bool) {
        self.block(Last::Steps);
        let title = self.style.letters(title);
        self.steps.start(&title, quiet, &mut self.out);
    }

    /// It goes on.
    pub fn progress(&mut self, done: u64, total: u64) {
        self.steps.progress(done, total, &self.style, &mut self.out);
    }

    /// It is done.
    pub fn step_done(&mut self, sentence: Option<&str>) {
        self.steps.done(&self.style, &mut self.out);
        if let Some(sentence) = sentence {
            self.block(Last::Steps);
            self.wrapped(sentence, 0);
        }
    }

    /// It failed.
    pub fn step_failed(&mut self) {
        self.steps.failed(&mut self.out);
    }

    /// Something is taken back.
    pub fn undoing(&mut self, sentence: &str) {
        self.block(Last::Steps);
        self.break_line();
        self.wrapped(&format!("Taking back: {sentence}"), 2);
    }

    /// A failure, told in full.
    pub fn failure(&mut self, failure: &Failure) {
        self.break_line();
        self.block(Last::Failure);
        let head: Vec<String> = failure.what.lines().map(str::to_string).collect();
        for (index, line) in head.iter().enumerate() {
            let line = if index == 0 { format!("FAILED: {line}") } else { format!("  {line}") };
            for line in wrap(&self.style.letters(&line), self.style.width(), 2) {
                let line = if index == 0 { self.style.loud(&line) } else { line };
                self.raw_line(&line);
            }
        }
        for state in &failure.state {
            self.wrapped(&format!("  {state}"), 2);
        }
        self.wrapped(&format!("Next: {}", failure.next), 2);
    }

    /// What was made. Only where more is wanted: the requirements word the end of a session without it.
    pub fn summary(&mut self, lines: &[String]) {
        if self.style.verbose {
            self.block(Last::Listed);
            lines.iter().for_each(|line| self.wrapped(line, 2));
        }
    }

    /// Makes room for the prompt at rest.
    pub fn before_rest(&mut self) {
        self.break_line();
        if !matches!(self.last, Last::Typed(true)) {
            self.raw_line("");
        }
    }

    /// Makes room for a prompt that asks for an answer. `close` where it belongs to the sentence above it.
    pub fn before_question(&mut self, close: bool) {
        self.break_line();
        let near = close && self.last == Last::Said;
        if !near && self.last != Last::Typed(true) {
            self.raw_line("");
        }
    }

    /// The indent of a prompt for a secret: two columns inside a step that has a line of its own.
    pub fn before_secret(&mut self) -> &'static str {
        if self.steps.interrupt(&mut self.out) {
            return "  ";
        }
        if self.last != Last::Steps {
            self.block(Last::Steps);
        }
        ""
    }

    /// The person typed a line after a prompt.
    pub fn typed(&mut self, line: &str) {
        self.last = Last::Typed(line.trim().is_empty());
    }

    /// A secret was typed; the steps go on below it.
    pub fn secret_typed(&mut self) {
        self.last = Last::Steps;
    }

    /// The cursor stands after a prompt that was not answered.
    pub fn leave_prompt(&mut self) {
        self.raw_line("");
        self.last = Last::Typed(false);
    }

    /// A line that was typed earlier and is used now.
    pub fn echo(&mut self, text: &str) {
        self.line(text);
    }

    /// A prompt that the reader does not print itself.
    pub fn prompt(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    /// A stop was asked for.
    pub fn stopping(&mut self) {
        self.remark("Stopping…");
    }

    /// A prompt as the terminal has it: of one that is too long for a line, all but the last line is printed here.
    pub fn fit(&mut self, prompt: &str) -> String {
        let indent = prompt.len() - prompt.trim_start().len();
        let mut lines = wrap(&self.style.letters(prompt.trim_end()), self.style.width() - 1, 0);
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            self.raw_line(&line);
        }
        format!("{}{} ", " ".repeat(indent), last.trim_start())
    }

    fn block(&mut self, kind: Last) {
        if self.last == kind && kind != Last::Plan && kind != Last::Listed {
            return;
        }
        self.break_line();
        if !matches!(self.last, Last::Nothing | Last::Typed(true)) {
            self.raw_line("");
        }
        self.last = kind;
    }

    /// Ends the line of a running step, so that something else can be printed.
    fn break_line(&mut self) {
        self.steps.interrupt(&mut self.out);
    }

    fn wrapped(&mut self, text: &str, hang: usize) {
        for line in wrap(&self.style.letters(text), self.style.width(), hang) {
            self.raw_line(&line);
        }
    }

    fn line(&mut self, text: &str) {
        self.raw_line(&self.style.letters(text));
    }

    fn raw_line(&mut self, text: &str) {
        // Nobody is left to be told where the terminal is gone.
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }
}
