//! The figures of the screen.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::screens::keys::keys;
use crate::screens::pty::{Start, Terminal};
use crate::screens::table::Wanted;
use crate::{paths, shell};

/// Starts of which the median counts.
const STARTS: usize = 7;
/// Keys that are pressed under load.
const KEYS: usize = 100;
/// Letters in the line before it is cleared.
const LETTERS: usize = 20;
/// How long the program is watched at rest.
const REST: Duration = Duration::from_secs(10);
/// Ticks of the processor's clock a second in /proc; Linux never tells others.
const TICKS: f64 = 100.0;
/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);
/// The test that draws 10,000 lines and prints its figures.
const FRAMES: &str = "tui::tests::speed::ten_thousand_lines_are_drawn_in_ten_milliseconds";

/// Milliseconds of many keys, sorted, and what ran beside.
pub struct Keys {
    times: Vec<f64>,
    /// What kept the processor busy.
    pub beside: &'static str,
}

impl Keys {
    /// The value that so many per cent do not exceed; no number where nothing was measured.
    pub fn at(&self, percent: usize) -> f64 {
        let index = (self.times.len() * percent).div_ceil(100).saturating_sub(1);
        self.times.get(index).copied().unwrap_or(f64::NAN)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.times.len()
    }
}

/// Milliseconds for a frame of a long conversation at 120 × 40: median and 99th percentile. The installer is a program
/// and no library, so one of its tests draws.
pub fn frames() -> Result<(f64, f64)> {
    let mut command = shell::command("cargo");
    command.args(["test", "--package", "levitate-installer", "--bin", "levitate-installer", "--"]);
    command.args(["--exact", FRAMES, "--nocapture"]).current_dir(paths::workspace());
    let output = command.output().context("cannot start cargo")?;
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    figures(&said).with_context(|| format!("{FRAMES} gave no figures:\n{said}"))
}

/// The figures of `frame p50 1.2ms p99 3.4ms`.
fn figures(said: &str) -> Option<(f64, f64)> {
    let rest = said.split_once("frame p50 ")?.1;
    let (middle, rest) = rest.split_once(" p99 ")?;
    Some((milliseconds(middle)?, milliseconds(rest.split_whitespace().next()?)?))
}

/// Milliseconds of a duration as Rust prints it.
fn milliseconds(text: &str) -> Option<f64> {
    [("ms", 1.0), ("µs", 0.001), ("ns", 1e-6), ("s", 1000.0)]
        .into_iter()
        .find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
}

/// The installer.
pub struct Program {
    /// Where it is.
    pub binary: PathBuf,
}

impl Program {
    fn start(&self) -> Result<Terminal> {
        Terminal::start(&Start {
            program: &self.binary,
            args: &["--machine", "machines/two-disks.json", "--engine", "rules"],
            folder: &paths::workspace(),
            size: (24, 80),
            term: "xterm-256color",
            locale: "C.UTF-8",
        })
    }

    /// Starts it and waits for the whole screen; gives the seconds too.
    fn screen(&self) -> Result<(Terminal, f64)> {
        let began = Instant::now();
        let mut terminal = self.start()?;
        let whole =
            ["Installation Steps", "Chat", "Finalize", "F1 help"].map(|text| Wanted::Text(text.into()));
        terminal.sees(&whole, LIMIT)?;
        terminal.sees(&[Wanted::AtCursor(">".into())], LIMIT)?;
        Ok((terminal, began.elapsed().as_secs_f64()))
    }

    /// Seconds from the start to the first whole frame, the median.
    pub fn first_frame(&self) -> Result<f64> {
        let mut times = (0..STARTS).map(|_| Ok(self.screen()?.1)).collect::<Result<Vec<_>>>()?;
        times.sort_by(f64::total_cmp);
        Ok(times[STARTS / 2])
    }

    /// Per cent of one processor that it takes while nobody does anything.
    pub fn idle(&self) -> Result<f64> {
        let (mut terminal, _) = self.screen()?;
        terminal.wait_for(&[Wanted::AtCursor(">".into())], LIMIT)?;
        let before = ticks(terminal.pid())?;
        let began = Instant::now();
        std::thread::sleep(REST);
        let taken = ticks(terminal.pid())? - before;
        Ok(taken / TICKS / began.elapsed().as_secs_f64() * 100.0)
    }

    /// Times from a key to its letter, while a rehearsed copy runs and the processor is busy.
    pub fn keys(&self) -> Result<Keys> {
        let mut load = Load::start(&self.binary)?;
        let mut times = Vec::new();
        // One copy takes a few seconds.
        for _ in 0..20 {
            if times.len() < KEYS {
                self.copy(&mut times)?;
            }
        }
        times.sort_by(f64::total_cmp);
        Ok(Keys { times, beside: load.what() })
    }

    /// Types while one copy runs.
    fn copy(&self, times: &mut Vec<f64>) -> Result<()> {
        let (mut terminal, _) = self.screen()?;
        terminal.press(&keys("use the whole ssd<Enter>")?)?;
        terminal.sees(&[Wanted::Text("Proceed? [y/n]".into())], LIMIT)?;
        terminal.press(&keys("y<Enter>")?)?;
        terminal.sees(&[Wanted::Text(": Copying system".into())], LIMIT)?;
        let mut line = String::new();
        while times.len() < KEYS && copying(&terminal) {
            if line.len() == LETTERS {
                line.clear();
                terminal.press(&keys("<Ctrl-U>")?)?;
                std::thread::sleep(Duration::from_millis(100));
            }
            // Not in step with the frames.
            std::thread::sleep(Duration::from_millis(11 + times.len() as u64 % 13));
            let letter = (b'a' + (times.len() % 26) as u8) as char;
            line.push(letter);
            let began = Instant::now();
            terminal.send(&[letter as u8])?;
            terminal.sees(&[Wanted::AtCursor(format!(" {line}"))], LIMIT)?;
            times.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(())
    }
}

fn copying(terminal: &Terminal) -> bool {
    terminal.screen().rows(0, 80).any(|row| row.contains("Step ") && row.contains(": Copying system"))
}

/// User and system time of a process, in ticks.
fn ticks(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold spaces; what follows it does not. Of what follows, the 12th and 13th.
    let rest = stat.rsplit_once(')').context("/proc/PID/stat has no name")?.1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let [user, system] = [11, 12].map(|index| fields.get(index).and_then(|field| field.parse::<f64>().ok()));
    match (user, system) {
        (Some(user), Some(system)) => Ok(user + system),
        _ => bail!("/proc/{pid}/stat is not understood: {stat}"),
    }
}

/// What keeps the processor busy: two threads, and a model that reads sentences where there is one.
struct Load {
    stop: Arc<AtomicBool>,
    model: Option<Child>,
}

impl Load {
    fn start(binary: &std::path::Path) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..2 {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let root = paths::workspace();
        let mut load = Self { stop, model: None };
        if root.join("models/manifest.json").is_file() {
            let mut command = shell::command(binary);
            command.args([
                "eval",
                "--engine",
                "embedded",
                "--alone",
                "--set",
                "training/heldout/heldout.jsonl",
            ]);
            command.current_dir(&root).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            load.model = Some(command.spawn().context("cannot start the model")?);
            // Until it has loaded and reads.
            std::thread::sleep(Duration::from_secs(5));
        }
        Ok(load)
    }

    /// What ran, until now.
    fn what(&mut self) -> &'static str {
        match self.model.as_mut().map(Child::try_wait) {
            Some(Ok(None)) => "two busy threads and an inference",
            Some(_) => "two busy threads (the model ended early)",
            None => "two busy threads (no model is there)",
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(model) = &mut self.model {
            let _ = model.kill();
            let _ = model.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_a_test_are_read() {
        let said = "running 1 test\nframe p50 812.5µs p99 1.25ms\ntest x ... ok\n";
        assert_eq!(figures(said), Some((0.8125, 1.25)));
        assert_eq!(milliseconds("2s"), Some(2000.0));
        assert_eq!(figures("test x ... ok"), None);
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let keys = Keys { times: (1..=100).map(f64::from).collect(), beside: "" };
        assert_eq!([keys.at(50), keys.at(99), keys.at(100)], [50.0, 99.0, 100.0]);
        assert!(Keys { times: vec![], beside: "" }.at(99).is_nan());
    }

    #[test]
    fn the_ticks_of_this_process_are_read() {
        assert!(ticks(std::process::id()).unwrap() >= 0.0);
    }
}
