//! `xtask bench plan`: how long a plan takes, for every described machine.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};
use levitate_core::achieved::Achieved;
use levitate_core::action::{InstallerAction, PartitionRequest, Use};
use levitate_core::apply::{World, apply};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::plan::{Now, plan};
use levitate_core::spec::InstallSpec;
use levitate_core::sys::LiveFacts;

use crate::paths;

/// Milliseconds that a plan may take.
const MOST_MS: f64 = 10.0;

#[derive(clap::Args)]
pub struct Args {
    /// Rounds for each machine; the slowest counts.
    #[arg(long, default_value_t = 20)]
    rounds: u32,
}

pub fn main(args: &Args) -> Result<ExitCode> {
    let lists = Lists::embedded();
    let live = LiveFacts::default();
    let folder = paths::workspace().join("machines");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    let mut slowest = 0.0_f64;
    println!("{:<24} {:>8} {:>12}", "machine", "wishes", "slowest ms");
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let machine = Machine::from_json(&text).with_context(|| format!("{}", file.display()))?;
        let world = World { machine: &machine, lists: &lists, admin_group: "sudo" };
        let (mut wishes, mut most) = (0, 0.0_f64);
        for disk in &machine.disks {
            for usage in [Use::Whole, Use::Free, Use::Beside] {
                let mut request = PartitionRequest::new(&disk.path, usage);
                request.encrypt = true;
                let action = InstallerAction::Partition(request);
                wishes += 1;
                for _ in 0..args.rounds {
                    let spec = InstallSpec { seed: "bench".into(), ..InstallSpec::default() };
                    let begin = Instant::now();
                    // A refusal is an answer too, and takes its time.
                    if let Ok(Some(spec)) = apply(&spec, &world, &action) {
                        let now = Now { machine: &machine, live: &live, achieved: &Achieved::default() };
                        let _ = plan(now, &spec);
                    }
                    most = most.max(begin.elapsed().as_secs_f64() * 1000.0);
                }
            }
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        println!("{name:<24} {wishes:>8} {most:>12.3}");
        slowest = slowest.max(most);
    }
    let fine = slowest < MOST_MS;
    println!(
        "slowest plan: {slowest:.3} ms (at most {MOST_MS} ms): {}",
        if fine { "ok" } else { "TOO SLOW" }
    );
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
