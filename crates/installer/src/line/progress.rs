//! The line of a running step: `Formatting root... done`, or a bar in bytes and time left.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::interface::Style;

/// How many cells a bar has.
const CELLS: usize = 20;

/// The step that runs, as far as it shows.
#[derive(Default)]
pub struct Steps {
    running: Option<Running>,
}

struct Running {
    title: String,
    quiet: bool,
    /// `Title...` stands on the current line.
    open: bool,
    bar: Option<ProgressBar>,
    /// The last of 0, 25, 50, 75 that was printed, where there are no bars.
    told: Option<u64>,
    /// It had bytes to tell.
    counted: bool,
}

impl Steps {
    /// A step begins.
    pub fn start(&mut self, title: &str, quiet: bool, out: &mut dyn Write) {
        if !quiet {
            put(out, &format!("{title}..."));
        }
        self.running = Some(Running {
            title: title.to_string(),
            quiet,
            open: !quiet,
            bar: None,
            told: None,
            counted: false,
        });
    }

    /// Bytes done of bytes in all.
    pub fn progress(&mut self, done: u64, total: u64, style: &Style, out: &mut dyn Write) {
        let Some(running) = self.running.as_mut().filter(|running| !running.quiet && total > 0) else {
            return;
        };
        let done = done.min(total);
        running.counted = true;
        if style.bars {
            let bar = running.bar.get_or_insert_with(|| {
                // The bar takes the place of the title that stands there.
                put(out, if running.open { "\r\u{1b}[2K" } else { "" });
                running.open = false;
                bar(&running.title, total, style)
            });
            bar.set_length(total);
            bar.set_position(done);
            return;
        }
        let quarter = done * 4 / total * 25;
        if quarter < 100 && running.told.is_none_or(|told| told < quarter) {
            let title = if running.open { String::new() } else { format!("{}...", running.title) };
            put(out, &format!("{title} {quarter}%\n"));
            running.open = false;
            running.told = Some(quarter);
        }
    }

    /// The step is done.
    pub fn done(&mut self, style: &Style, out: &mut dyn Write) {
        let Some(running) = self.running.take() else { return };
        if running.quiet {
            return;
        }
        if let Some(bar) = &running.bar {
            bar.finish_and_clear();
        }
        let title = if running.open { String::new() } else { format!("{}...", running.title) };
        if running.counted && style.bars {
            let cell = if style.unicode { "█" } else { "#" };
            put(out, &format!("{title} [{}] 100%\n", cell.repeat(CELLS)));
        } else if running.counted {
            put(out, &format!("{title} 100%\n"));
        } else if running.open {
            put(out, " done\n");
        }
        // Else the person typed a secret below the title: what follows says that it went well.
    }

    /// The step failed.
    pub fn failed(&mut self, out: &mut dyn Write) {
        let Some(running) = self.running.take() else { return };
        if let Some(bar) = &running.bar {
            bar.finish_and_clear();
        }
        if running.open {
            put(out, " failed\n");
        } else {
            put(out, &format!("{}... failed\n", running.title));
        }
    }

    /// Something else is about to be printed: ends the open line. True where a step with a line of its own runs.
    pub fn interrupt(&mut self, out: &mut dyn Write) -> bool {
        let Some(running) = self.running.as_mut() else { return false };
        if let Some(bar) = running.bar.take() {
            // The next progress draws a new one below.
            bar.finish_and_clear();
            put(out, &format!("{}...\n", running.title));
        } else if running.open {
            put(out, "\n");
        }
        running.open = false;
        !running.quiet
    }
}

fn bar(title: &str, total: u64, style: &Style) -> ProgressBar {
    // Five times a second is smooth and does not fill a serial line.
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stdout_with_hz(5));
    // A brace in a title would be read as a field.
    let title = title.replace('{', "{{").replace('}', "}}");
    let template = format!(
        "{title}... [{{bar:{CELLS}}}] {{percent}}% {{decimal_bytes}}/{{decimal_total_bytes}} \
         {{decimal_bytes_per_sec}} {{eta}}"
    );
    if let Ok(drawn) = ProgressStyle::with_template(&template) {
        bar.set_style(drawn.progress_chars(if style.unicode { "█░" } else { "#-" }));
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

fn put(out: &mut dyn Write, text: &str) {
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
