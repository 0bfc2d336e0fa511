//! What `./run` does: [`interactive`], a machine in the person's terminal; [`scripted`], one that a file drives.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

mod interactive;
pub mod scripted;

use crate::drive::script;
use crate::vm::{self, Accel, Disk, Firmware, Machine, disk};
use crate::{image, paths};

/// A machine in which to try an installation.
///
/// Without --script, the medium boots in this terminal with an empty 20 GB disk (/dev/vda). When the guest
/// reboots, it starts from the disk, without the medium. Ctrl-A X ends the machine, Ctrl-A H shows more keys.
#[derive(clap::Args)]
#[command(after_help = "Exit status with --script: that of the check (0 without one); 124 past --timeout; \
                        1 if the script or the guest failed, with the line and the last screen; 2 for wrong usage.")]
pub struct Args {
    /// Type the lines of this file at the prompts, in order. `#` starts a comment, an empty line is just Enter.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// What starts the guest.
    #[arg(long, value_enum, default_value = "uefi")]
    firmware: Firmware,
    /// A disk: the size of a new one (20G), or an image to use as it is. Again for more disks.
    #[arg(long = "disk", value_name = "SIZE|FILE")]
    disks: Vec<String>,
    /// The guest's memory.
    #[arg(long, value_name = "MB", default_value_t = 2048)]
    memory: u32,
    /// The guest's processors.
    #[arg(long, value_name = "N", default_value_t = 2)]
    cpus: u32,
    /// After the script's reboot: run this shell file as root inside the installed system. Given again, the files
    /// run as one, in order.
    #[arg(long = "check", value_name = "FILE", requires = "script", requires = "login")]
    checks: Vec<PathBuf>,
    /// Answer of whatever asks for a disk's passphrase after the reboot.
    #[arg(long, requires = "script")]
    passphrase: Option<String>,
    /// Who logs in after the reboot.
    #[arg(long, value_name = "USER:PASSWORD", requires = "script")]
    login: Option<String>,
    /// Give up after this many seconds.
    #[arg(long, value_name = "S", default_value_t = 1500)]
    timeout: u64,
    /// Where to write what the console said (default: beside the disks).
    #[arg(long, value_name = "FILE", requires = "script")]
    transcript: Option<PathBuf>,
    /// End at the prompt after the script's last line, without a reboot.
    #[arg(long, requires = "script", conflicts_with_all = ["checks", "login", "passphrase"])]
    stay_live: bool,
    /// Keep the disks and firmware settings of the last run with this name, and boot from them first.
    #[arg(long)]
    keep: bool,
    /// The machine's name: its files lie in target/vm/NAME.
    #[arg(long, default_value = "run")]
    name: String,
    /// How guest code runs.
    #[arg(long, value_enum, default_value = "auto", env = "LEVITATE_ACCEL")]
    accel: vm::accel::Choice,
    /// Put this program on the medium as the installer, in place of a fresh build.
    #[arg(long, value_name = "FILE")]
    installer: Option<PathBuf>,
}

pub fn main(args: &Args) -> Result<ExitCode> {
    vm::check_qemu()?;
    // What can be wrong with the arguments is said before minutes of building.
    let script = args.script.as_deref().map(script::read).transpose()?;
    let login = args.login.as_deref().map(credentials).transpose()?;
    let check = read_checks(&args.checks)?;
    let medium = image::build(args.installer.clone(), true)?;
    let machine = Machine {
        folder: paths::machine(&args.name),
        firmware: args.firmware,
        memory: args.memory,
        cpus: args.cpus,
        accel: Accel::decide(args.accel, &medium.kernel)?,
        disks: disks(args)?,
    };
    if !args.keep {
        machine.fresh()?;
    }
    let Some(script) = script else {
        interactive::run(&machine, (!args.keep).then_some(medium.iso.as_path()))?;
        tell_disks(&machine);
        return Ok(ExitCode::SUCCESS);
    };
    let job = scripted::Job {
        medium: &medium.iso,
        script: &script,
        passphrase: args.passphrase.as_deref(),
        login: login.as_ref().map(|(user, password)| (user.as_str(), password.as_str())),
        check: check.as_deref(),
        limit: Duration::from_secs(args.timeout),
        transcript: args.transcript.clone().unwrap_or_else(|| machine.folder.join("transcript.txt")),
        echo: true,
        screen: false,
        stay_live: args.stay_live,
    };
    let done = scripted::perform(&machine, &job);
    eprintln!("transcript: {}", job.transcript.display());
    tell_disks(&machine);
    Ok(match done {
        Ok(report) => {
            print!("{}", report.check_output);
            eprintln!("done after {} s: {report}", report.took.as_secs());
            ExitCode::from(report.status)
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit)
        }
    })
}

fn tell_disks(machine: &Machine) {
    for disk in &machine.disks {
        eprintln!("disk: {}", disk.path.display());
    }
}

/// The disks asked for: new ones are made, named ones must be there.
fn disks(args: &Args) -> Result<Vec<Disk>> {
    let asked: &[String] = if args.disks.is_empty() { &["20G".to_owned()] } else { &args.disks };
    asked
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let serial = format!("LEVITATE-{index}");
            if text.contains('/') || Path::new(text).is_file() {
                if !Path::new(text).is_file() {
                    bail!("--disk {text}: no such image");
                }
                return Ok(Disk::writable(Path::new(text), &serial));
            }
            let bytes = disk::parse_size(text).context("--disk")?;
            let disk = Disk::writable(&paths::machine(&args.name).join(format!("disk{index}.raw")), &serial);
            if !(args.keep && disk.path.is_file()) {
                disk.create(bytes)?;
            }
            Ok(disk)
        })
        .collect()
}

fn credentials(text: &str) -> Result<(String, String)> {
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() => Ok((user.to_owned(), password.to_owned())),
        _ => bail!("--login {text}: write USER:PASSWORD"),
    }
}

/// Shell files as one, in order; none where there are none.
pub fn read_checks(paths: &[PathBuf]) -> Result<Option<String>> {
    let mut all = String::new();
    for path in paths {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read the check {}", path.display()))?;
        all.push_str(&text);
        all.push('\n');
    }
    Ok((!paths.is_empty()).then_some(all))
}
