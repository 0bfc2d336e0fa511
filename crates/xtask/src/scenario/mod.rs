//! The installs that `test-vm` performs and checks: [`table`] has them as data, [`windows`] the disk that another
//! system already owns. What is typed and what must hold afterwards lies in `tests/vm`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

mod table;
mod windows;

use table::{Prepared, SCENARIOS, Scenario};

use crate::drive::script;
use crate::run::{read_checks, scripted};
use crate::vm::{self, Accel, Disk, Machine, disk};
use crate::{image, paths};

#[derive(clap::Args)]
pub struct Args {
    /// Which ones; all but the slow ones if none is named.
    #[arg(value_name = "SCENARIO")]
    names: Vec<String>,
    /// How many machines at a time.
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Give a machine up after this many seconds.
    #[arg(long, value_name = "S", default_value_t = 2400)]
    timeout: u64,
    /// Show what the consoles say (with --jobs 1).
    #[arg(long)]
    show: bool,
    /// How guest code runs.
    #[arg(long, value_enum, default_value = "auto", env = "LEVITATE_ACCEL")]
    accel: vm::accel::Choice,
    /// Put this program on the medium as the installer, in place of a fresh build.
    #[arg(long, value_name = "FILE")]
    installer: Option<PathBuf>,
}

/// What all machines of one call share.
struct Setting<'a> {
    args: &'a Args,
    /// With the language model, and without; only what is needed is built.
    media: [Option<image::Medium>; 2],
    accel: Accel,
}

pub fn main(args: &Args) -> Result<ExitCode> {
    vm::check_qemu()?;
    let chosen = choose(&args.names)?;
    let medium = |model| {
        let wanted = chosen.iter().any(|scenario| scenario.model == model);
        wanted.then(|| image::build(args.installer.clone(), model)).transpose()
    };
    let media = [medium(true)?, medium(false)?];
    let kernel = media.iter().flatten().next().map(|medium| medium.kernel.clone()).unwrap_or_default();
    let accel = Accel::decide(args.accel, &kernel)?;
    let setting = Setting { args, media, accel };
    let (left, failed) = (Mutex::new(chosen.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..args.jobs.clamp(1, chosen.len()) {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(scenario) = next else { break };
                    if !run_and_tell(scenario, &setting) {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(scenario.name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !failed.is_empty() {
        println!(
            "failed: {} (again with: cargo xtask test-vm --show --jobs 1 {})",
            failed.join(", "),
            failed[0]
        );
    }
    println!("{} passed, {} failed", chosen.len() - failed.len(), failed.len());
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn choose(names: &[String]) -> Result<Vec<&'static Scenario>> {
    if names.is_empty() {
        return Ok(SCENARIOS.iter().filter(|scenario| !scenario.slow).collect());
    }
    names
        .iter()
        .map(|name| match SCENARIOS.iter().find(|scenario| scenario.name == name) {
            Some(scenario) => Ok(scenario),
            None => {
                let known: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
                bail!("no scenario is called `{name}`; there are: {}", known.join(", "))
            }
        })
        .collect()
}

/// Runs one and prints how it went, in one piece: another may be printing too.
fn run_and_tell(scenario: &Scenario, setting: &Setting<'_>) -> bool {
    println!("{}: started: {}", scenario.name, scenario.what);
    let started = Instant::now();
    let folder = paths::machine(scenario.name);
    match run(scenario, setting) {
        Ok(report) if report.status == 0 => {
            println!("{}: passed after {} s ({report})", scenario.name, started.elapsed().as_secs());
            true
        }
        Ok(report) => {
            println!(
                "{}: FAILED, the check inside ended with {} ({report}):\n{}\n{}: disks and transcript in {}",
                scenario.name,
                report.status,
                report.check_output.trim_end(),
                scenario.name,
                folder.display()
            );
            false
        }
        Err(failure) => {
            println!("{0}: {failure}\n{0}: disks and transcript in {1}", scenario.name, folder.display());
            false
        }
    }
}

fn run(scenario: &Scenario, setting: &Setting<'_>) -> Result<scripted::Report, scripted::Failure> {
    let parts = paths::workspace().join("tests/vm");
    let script = script::read(&parts.join(format!("{}.script", scenario.script)))?;
    let check = read_checks(&[parts.join("common.sh"), parts.join(format!("{}.check.sh", scenario.script))])?;
    let machine = Machine {
        folder: paths::machine(scenario.name),
        firmware: scenario.firmware,
        memory: 2048,
        // Two emulated processors on half of the host's only wait for each other.
        cpus: if setting.args.jobs > 1 { 1 } else { 2 },
        accel: setting.accel,
        disks: vec![Disk::writable(&paths::machine(scenario.name).join("disk0.raw"), "LEVITATE-0")],
    };
    machine.fresh()?;
    let target = &machine.disks[0];
    target.create(disk::parse_size(scenario.disk)?)?;
    let before = match scenario.prepared {
        Prepared::Blank => None,
        Prepared::Windows => {
            Some(windows::prepare(&target.path, &machine.folder).context("preparing the disk")?)
        }
    };
    let medium = setting.media[usize::from(!scenario.model)].as_ref().context("its medium was not built")?;
    let job = scripted::Job {
        medium: &medium.iso,
        script: &script,
        passphrase: scenario.passphrase,
        login: Some(table::LOGIN),
        check: check.as_deref(),
        limit: Duration::from_secs(setting.args.timeout),
        transcript: machine.folder.join("transcript.txt"),
        echo: setting.args.show,
        screen: scenario.screen,
        stay_live: false,
    };
    let report = scripted::perform(&machine, &job)?;
    if let Some(before) = before {
        before.verify(&target.path, &machine.folder).context("the other system after the installation")?;
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::script::Act;

    #[test]
    fn every_scenario_has_its_script_and_check() {
        let parts = paths::workspace().join("tests/vm");
        for scenario in SCENARIOS {
            let script = script::read(&parts.join(format!("{}.script", scenario.script))).unwrap();
            let typed = |wanted: &str| script.iter().any(|step| step.act == Act::Type(wanted.to_owned()));
            assert!(typed(table::LOGIN.1), "{}: the password that logs in is typed", scenario.name);
            assert!(scenario.passphrase.is_none_or(typed), "{}: so is the passphrase", scenario.name);
            assert!(parts.join(format!("{}.check.sh", scenario.script)).is_file(), "{}", scenario.name);
            disk::parse_size(scenario.disk).unwrap();
        }
    }

    #[test]
    fn an_unknown_scenario_is_answered_with_the_known_ones() {
        let error = choose(&["nothing".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("uefi-encrypted"), "{error}");
    }
}
