//! What runs: the steps of a plan, the bytes of a step, how fast and how long still.

use std::time::Duration;

use levitate_core::size::decimal;

/// Weight of the newest measurement of the rate.
const NEWEST: f64 = 0.2;
/// Measurements closer together than this say little.
const APART: Duration = Duration::from_millis(250);

/// A plan that is executed.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Titles of all steps, where they are known.
    pub steps: Vec<String>,
    /// Index of the running step, and how many there are.
    pub of: (usize, usize),
    /// The running step.
    pub step: Option<Running>,
}

/// A step that runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its progress line.
    pub title: String,
    /// When it began.
    pub since: Duration,
    bytes: Option<(u64, u64)>,
    last: Option<(Duration, u64)>,
    /// Bytes a second.
    rate: Option<f64>,
}

impl Work {
    /// A step begins at `now`.
    pub fn start(&mut self, title: &str, of: (usize, usize), now: Duration) {
        self.of = of;
        self.step =
            Some(Running { title: title.to_string(), since: now, bytes: None, last: None, rate: None });
    }

    /// Titles of the steps to come.
    pub fn to_come(&self) -> &[String] {
        self.steps.get(self.of.0 + 1..).unwrap_or_default()
    }
}

impl Running {
    /// `done` bytes of `total` at `now`.
    pub fn progress(&mut self, done: u64, total: u64, now: Duration) {
        self.bytes = Some((done.min(total), total));
        match self.last {
            None => self.last = Some((now, done)),
            Some((then, before)) if now.saturating_sub(then) >= APART => {
                let fresh = done.saturating_sub(before) as f64 / (now - then).as_secs_f64();
                self.rate = Some(self.rate.map_or(fresh, |rate| rate + NEWEST * (fresh - rate)));
                self.last = Some((now, done));
            }
            Some(_) => {}
        }
    }

    /// Bytes done and in all.
    pub fn bytes(&self) -> Option<(u64, u64)> {
        self.bytes
    }

    /// `52 %  1.2GB of 2.4GB  95MB/s  0:13 left`; empty where no bytes are counted.
    pub fn figures(&self) -> String {
        let Some((done, total)) = self.bytes.filter(|(_, total)| *total > 0) else { return String::new() };
        let percent = u128::from(done) * 100 / u128::from(total);
        let mut text = format!("{percent}%  {} of {}", decimal(done), decimal(total));
        if let Some(rate) = self.rate.filter(|rate| *rate >= 1.0) {
            text.push_str(&format!("  {}/s", decimal(rate as u64)));
            if done < total {
                text.push_str(&format!(
                    "  {} left",
                    clock(Duration::from_secs_f64((total - done) as f64 / rate))
                ));
            }
        }
        text
    }
}

/// `0:13`, `2:05`, `1:02:05`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs().min(99 * 3600);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_settles_and_tells_the_time_left() {
        let mut work = Work::default();
        work.start("Copying system", (1, 3), Duration::ZERO);
        let running = work.step.as_mut().unwrap();
        assert_eq!(running.figures(), "");
        for second in 0..=10 {
            running.progress(second * 100_000_000, 2_000_000_000, Duration::from_secs(second));
        }
        assert_eq!(running.figures(), "50%  1GB of 2GB  100MB/s  0:10 left");
        running.progress(2_000_000_000, 2_000_000_000, Duration::from_secs(20));
        assert!(!running.figures().contains("left"));
        assert_eq!(clock(Duration::from_secs(3725)), "1:02:05");
    }

    #[test]
    fn the_steps_to_come_are_those_after_the_running_one() {
        let mut work = Work { steps: ["a", "b", "c"].map(String::from).into(), ..Work::default() };
        work.start("b", (1, 3), Duration::ZERO);
        assert_eq!(work.to_come(), ["c"]);
        work.start("c", (2, 3), Duration::ZERO);
        assert!(work.to_come().is_empty());
    }
}
