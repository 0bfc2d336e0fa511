//! How guest code runs: by the processor (KVM) or emulated (TCG).
//!
//! `/dev/kvm` may exist and yet hang guests (nested virtualisation that half works), so it is trusted only after
//! a kernel has booted on it within a few seconds.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::{paths, shell};

/// How long a kernel may take to look for its root file system on a KVM that works: it needs one second.
const TRIAL: Duration = Duration::from_secs(10);

/// What a person may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// KVM where a trial boot shows that it works, else emulation.
    Auto,
    /// The processor.
    Kvm,
    /// Emulation.
    Tcg,
}

/// How guest code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    /// By the processor.
    Kvm,
    /// Emulated.
    Tcg,
}

impl Accel {
    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg,thread=multi",
        }
    }

    /// Decides, with a trial boot of `kernel` where needed; its result is kept until the host restarts.
    pub fn decide(choice: Choice, kernel: &Path) -> Result<Self> {
        match choice {
            Choice::Kvm => Ok(Self::Kvm),
            Choice::Tcg => Ok(Self::Tcg),
            Choice::Auto if !Path::new("/dev/kvm").exists() => Ok(Self::Tcg),
            Choice::Auto => {
                let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
                let kept = paths::cache().join("kvm-trial");
                let works = match fs::read_to_string(&kept).ok().and_then(|text| remembered(&text, &boot)) {
                    Some(works) => works,
                    None => {
                        let works = trial(kernel)?;
                        let said = if works { "works" } else { "hangs; guests are emulated (slower)" };
                        eprintln!("vm: tried KVM: it {said}");
                        fs::write(&kept, format!("{} {works}\n", boot.trim()))
                            .with_context(|| format!("cannot write {}", kept.display()))?;
                        works
                    }
                };
                Ok(if works { Self::Kvm } else { Self::Tcg })
            }
        }
    }
}

/// An earlier trial's result, if the host has not restarted since.
fn remembered(text: &str, boot: &str) -> Option<bool> {
    let (kept, works) = text.trim().split_once(' ')?;
    if kept == boot.trim() { works.parse().ok() } else { None }
}

/// Boots the kernel without a root file system. One that gets as far as missing it has run for real.
fn trial(kernel: &Path) -> Result<bool> {
    let mut child = shell::command("qemu-system-x86_64")
        .args([
            "-nodefaults", "-no-user-config", "-machine", "pc", "-accel", "kvm", "-cpu", "max", "-smp", "2",
        ])
        .args(["-m", "512", "-display", "none", "-serial", "stdio", "-no-reboot", "-nic", "none"])
        .args(["-append", "console=ttyS0 panic=-1", "-kernel"])
        .arg(kernel)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start qemu-system-x86_64 (scripts/setup.sh installs it)")?;
    let started = Instant::now();
    let ended = loop {
        if child.try_wait().context("cannot ask after QEMU")?.is_some() {
            break true;
        }
        if started.elapsed() > TRIAL {
            break false;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if !ended {
        child.kill().context("cannot end the KVM trial")?;
    }
    let mut said = Vec::new();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_end(&mut said).context("cannot read what the KVM trial said")?;
    }
    child.wait().context("cannot wait for the KVM trial")?;
    Ok(ended && String::from_utf8_lossy(&said).contains("Unable to mount root fs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_counts_until_the_host_restarts() {
        assert_eq!(remembered("boot-1 true\n", "boot-1\n"), Some(true));
        assert_eq!(remembered("boot-1 false\n", "boot-1\n"), Some(false));
        assert_eq!(remembered("boot-1 true\n", "boot-2\n"), None);
        assert_eq!(remembered("", "boot-1"), None);
    }
}
