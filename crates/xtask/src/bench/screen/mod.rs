//! `xtask bench screen`: how fast the installer's screen is, on a pseudo terminal of 80 × 24.
//!
//! [`measure`] has the figures; here are their limits and the table. On a machine that does other work too the figures
//! are worse than the program is: the load average stands beside them.

mod measure;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::paths;
use measure::Program;

#[derive(clap::Args)]
pub struct Args {
    /// The installer; `target/debug/levitate-installer` where not said (`cargo build` makes it)
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Write the figures to this file too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// One figure, with its limit where there is one.
struct Figure {
    name: &'static str,
    unit: &'static str,
    value: f64,
    most: Option<f64>,
}

impl Figure {
    fn missed(&self) -> bool {
        // What is no number was not measured.
        self.most.is_some_and(|most| self.value.is_nan() || self.value >= most)
    }
}

pub fn main(args: &Args) -> Result<ExitCode> {
    let binary = args.binary.clone().unwrap_or_else(|| paths::target().join("debug/levitate-installer"));
    let binary = binary.canonicalize().with_context(|| {
        format!("there is no {} (`cargo build` makes it, --binary names another)", binary.display())
    })?;
    let program = Program { binary };
    let figure = |name, unit, value, most| Figure { name, unit, value, most };
    let (frame_middle, frame_worst) = measure::frames()?;
    let first = program.first_frame()?;
    let idle = program.idle()?;
    let keys = program.keys()?;
    let figures = [
        figure("frame of 10,000 lines, p50", "ms", frame_middle, None),
        figure("frame of 10,000 lines, p99", "ms", frame_worst, Some(10.0)),
        figure("start to first frame, median", "s", first, Some(0.3)),
        figure("processor at rest", "%", idle, Some(1.0)),
        figure("key to letter under load, p50", "ms", keys.at(50), None),
        figure("key to letter under load, p99", "ms", keys.at(99), Some(50.0)),
        figure("key to letter under load, worst", "ms", keys.at(100), Some(50.0)),
    ];
    println!("{:<34} {:>10} {:>10}", "what", "measured", "less than");
    for figure in &figures {
        let most = figure.most.map(|most| format!("{most} {}", figure.unit)).unwrap_or_default();
        let missed = if figure.missed() { "  MISSED" } else { "" };
        println!(
            "{:<34} {:>10} {most:>10}{missed}",
            figure.name,
            format!("{:.2} {}", figure.value, figure.unit)
        );
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{} keys while a copy ran, beside {}; load average {}", keys.count(), keys.beside, load.trim());
    if let Some(path) = &args.json {
        let rows: Vec<_> = figures
            .iter()
            .map(|f| json!({"what": f.name, "unit": f.unit, "value": f.value, "less_than": f.most, "missed": f.missed()}))
            .collect();
        let all = json!({"figures": rows, "keys": keys.count(), "beside": keys.beside, "load_average": load.trim()});
        let text = serde_json::to_string_pretty(&all)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let missed: Vec<_> = figures.iter().filter(|figure| figure.missed()).map(|figure| figure.name).collect();
    if missed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("missed: {}", missed.join("; "));
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_at_its_limit_or_without_a_value_is_missed() {
        let missed = |value, most| Figure { name: "", unit: "", value, most }.missed();
        assert!(!missed(9.9, Some(10.0)) && !missed(99.0, None));
        assert!(missed(10.0, Some(10.0)) && missed(f64::NAN, Some(10.0)));
    }
}
