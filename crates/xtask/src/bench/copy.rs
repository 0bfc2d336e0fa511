//! `xtask bench copy`: our copy step against the usual tools, on one image, in one run, on one tmpfs.
//!
//! Every method runs as a process of its own (`copy-one`), so that its peak memory is its children's. Nothing but
//! a tmpfs that this command mounts is written to.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use levitate_core::machine::{Source, SourceKind};
use levitate_core::step::copy::CopySystem;
use levitate_core::step::{Context, SecretRequest, Secrets, TARGET};
use levitate_core::sys::Cancel;
use levitate_core::sys::real::Real;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::resource::{UsageWho, getrusage};

use crate::{image, shell};

#[derive(clap::Args)]
pub struct Args {
    /// A squashfs image; the medium's own where not given.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Rounds; the best of each method counts.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

#[derive(clap::Args)]
pub struct OneArgs {
    method: Method,
    image: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Method {
    Ours,
    Unsquashfs,
    Rsync,
    Cp,
}

const METHODS: [Method; 4] = [Method::Ours, Method::Unsquashfs, Method::Rsync, Method::Cp];

pub fn main(args: &Args) -> Result<ExitCode> {
    ensure!(nix::unistd::geteuid().is_root(), "this mounts a tmpfs and an image: run it as root");
    let image = match &args.image {
        Some(path) => path.clone(),
        None => squashfs_of_medium()?,
    };
    let mut best = [f64::INFINITY; METHODS.len()];
    let mut memory = [0_i64; METHODS.len()];
    for round in 1..=args.rounds {
        for (index, method) in METHODS.iter().enumerate() {
            let (seconds, kilobytes) = measure(*method, &image)?;
            eprintln!("round {round}: {method:?} {seconds:.2} s");
            best[index] = best[index].min(seconds);
            memory[index] = memory[index].max(kilobytes);
        }
    }
    println!("{:<12} {:>8} {:>12} {:>10}", "method", "best s", "peak MB", "to ours");
    for (index, method) in METHODS.iter().enumerate() {
        println!(
            "{:<12} {:>8.2} {:>12.0} {:>10.2}",
            format!("{method:?}").to_lowercase(),
            best[index],
            memory[index] as f64 / 1024.0,
            best[index] / best[0]
        );
    }
    let (to_unsquashfs, to_rsync) = (best[0] / best[1], best[0] / best[2]);
    println!(
        "ours / unsquashfs = {to_unsquashfs:.2} (at most 1.1), ours / rsync = {to_rsync:.2} (at most 0.7)"
    );
    let fine = to_unsquashfs <= 1.1 && to_rsync <= 0.7;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one method as a process of its own on a fresh tmpfs.
fn measure(method: Method, image: &Path) -> Result<(f64, i64)> {
    let _target = Tmpfs::mount()?;
    let name = format!("{method:?}").to_lowercase();
    let mut command = shell::command(std::env::current_exe()?);
    command.args(["bench", "copy-one", &name]).arg(image);
    let output = String::from_utf8(shell::output(&mut command)?)?;
    let (seconds, kilobytes) = output.trim().split_once(' ').context("copy-one printed no figures")?;
    Ok((seconds.parse()?, kilobytes.parse()?))
}

pub fn one(args: &OneArgs) -> Result<ExitCode> {
    let begin = Instant::now();
    match args.method {
        Method::Ours => ours(&args.image)?,
        Method::Unsquashfs => {
            let mut command = shell::command("unsquashfs");
            shell::run(command.args(["-force", "-quiet", "-no-progress", "-dest", TARGET]).arg(&args.image))?;
        }
        Method::Rsync | Method::Cp => {
            let point = Mounted::image(&args.image)?;
            let begin = Instant::now();
            let mut command = if args.method == Method::Rsync {
                let mut command = shell::command("rsync");
                command.args(["-aHAX", "--numeric-ids"]).arg(format!("{}/", point.0.display()));
                command
            } else {
                let mut command = shell::command("cp");
                command.args(["-a"]).arg(format!("{}/.", point.0.display()));
                command
            };
            shell::run(command.arg(format!("{TARGET}/")))?;
            return figures(begin);
        }
    }
    figures(begin)
}

fn figures(begin: Instant) -> Result<ExitCode> {
    let seconds = begin.elapsed().as_secs_f64();
    let children = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    let own = getrusage(UsageWho::RUSAGE_SELF)?.max_rss();
    println!("{seconds} {}", children.max(own));
    Ok(ExitCode::SUCCESS)
}

/// The copy of the installer's own step, with its progress.
fn ours(image: &Path) -> Result<()> {
    struct Nobody;
    impl Secrets for Nobody {
        fn get(&mut self, _: &SecretRequest) -> Option<secrecy::SecretString> {
            None
        }
        fn forget(&mut self, _: &SecretRequest) {}
    }
    let step = CopySystem {
        source: Source { kind: SourceKind::Squashfs, path: image.display().to_string(), installed_bytes: 1 },
        device: "tmpfs".into(),
        partition: "tmpfs".into(),
        disk: "/dev/null".into(),
        over_existing: false,
    };
    let mut sys = Real::new(Cancel::default());
    step.copy(&mut sys, &mut Context { secrets: &mut Nobody, report: &mut |_| {} })?;
    Ok(())
}

/// The squashfs inside the medium, taken out once.
fn squashfs_of_medium() -> Result<PathBuf> {
    let iso = image::build(None, false)?.iso;
    let to = crate::paths::cache().join("bench.squashfs");
    let mut command = shell::command("xorriso");
    if to.exists() {
        std::fs::remove_file(&to)?;
    }
    shell::run(
        command
            .args(["-osirrox", "on", "-indev"])
            .arg(&iso)
            .args(["-extract", "/live/filesystem.squashfs"])
            .arg(&to),
    )?;
    Ok(to)
}

/// A tmpfs at the target's mount point; unmounted when dropped.
struct Tmpfs;

impl Tmpfs {
    fn mount() -> Result<Self> {
        std::fs::create_dir_all(TARGET)?;
        let listed = std::fs::read_to_string("/proc/self/mounts")?;
        if listed.lines().any(|line| line.split(' ').nth(1) == Some(TARGET)) {
            bail!("something is mounted at {TARGET}: unmount it first");
        }
        mount(Some("bench"), TARGET, Some("tmpfs"), MsFlags::empty(), Some("size=4G"))?;
        Ok(Self)
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        if let Err(error) = umount2(TARGET, MntFlags::MNT_DETACH) {
            eprintln!("xtask: {TARGET} is still mounted: {error}");
        }
    }
}

/// The image mounted read-only; unmounted when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn image(image: &Path) -> Result<Self> {
        let point = crate::paths::cache().join("bench-mount");
        std::fs::create_dir_all(&point)?;
        shell::run(shell::command("mount").args(["-t", "squashfs", "-o", "loop,ro"]).arg(image).arg(&point))?;
        Ok(Self(point))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = shell::run(shell::command("umount").arg(&self.0)) {
            eprintln!("xtask: {error:#}");
        }
    }
}
