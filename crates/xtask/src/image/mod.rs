//! The live medium: a hybrid ISO (UEFI and BIOS) of Debian packages with this installer on it.
//!
//! Two layers, each cached under a hash of what goes into it, so that a change of the installer costs seconds:
//!
//! 1. [`tree`]: the root file system, by mmdebstrap from `medium/packages.list`, then `medium/customize.sh`
//! 2. [`iso`]: that tree plus the installer as a squashfs, kernel and initramfs beside it, made bootable by GRUB
//!
//! [`cache`] has the keys and the lock, [`sources`] where packages come from.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

mod cache;
mod iso;
mod sources;
mod tree;

use crate::{paths, shell};

#[derive(clap::Args)]
pub struct Args {
    /// Put this program on the medium as the installer, in place of a fresh build.
    #[arg(long, value_name = "FILE")]
    installer: Option<PathBuf>,
    /// Only the package tree, which needs no Rust build (to run beside one).
    #[arg(long)]
    tree_only: bool,
    /// Leave the language model out: the installer then understands by its rules.
    #[arg(long)]
    no_model: bool,
}

/// A built medium.
pub struct Medium {
    /// The bootable image.
    pub iso: PathBuf,
    /// Its kernel as a file of its own, for trying an accelerator.
    pub kernel: PathBuf,
}

pub fn main(args: &Args) -> Result<ExitCode> {
    if args.tree_only {
        println!("{}", tree()?.root.display());
    } else {
        println!("{}", build(args.installer.clone(), !args.no_model)?.iso.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds what is missing of the medium, with the given program as the installer, or with a fresh build of it; with
/// the language model, or without.
pub fn build(installer: Option<PathBuf>, model: bool) -> Result<Medium> {
    let installer = match installer {
        Some(path) => path,
        None => build_installer()?,
    };
    let tree = tree()?;
    let _lock = cache::lock(&paths::cache(), "iso")?;
    let models = if model { Some(models()?) } else { None };
    let iso = iso::ensure(&tree, &installer, models.as_deref())?;
    Ok(Medium { iso, kernel: tree.kernel })
}

/// The folder of the language model; what is missing is fetched.
fn models() -> Result<PathBuf> {
    let folder = paths::workspace().join("models");
    shell::run_visibly(shell::command(paths::workspace().join("scripts/model.sh")).arg(&folder))?;
    Ok(folder)
}

fn tree() -> Result<tree::Tree> {
    if !nix::unistd::geteuid().is_root() {
        bail!("building the medium needs root (it makes a root file system); run this as root");
    }
    let _lock = cache::lock(&paths::cache(), "tree")?;
    tree::ensure()
}

/// Builds the installer with the profile that tests use, so that nothing is compiled twice.
pub fn build_installer() -> Result<PathBuf> {
    shell::run_visibly(
        shell::command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--package", "levitate-installer"])
            .current_dir(paths::workspace()),
    )?;
    Ok(paths::target().join("debug/levitate-installer"))
}
