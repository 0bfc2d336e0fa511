//! Measurements, each printed by the command that makes it.

mod copy;
mod plan;
mod screen;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args as ClapArgs, Subcommand};

/// Measure something.
#[derive(ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Our copy of the live image against unsquashfs, rsync from the mounted image, and cp -a.
    Copy(copy::Args),
    /// One method once; `copy` runs it as a process of its own to measure its memory.
    #[command(hide = true)]
    CopyOne(copy::OneArgs),
    /// Planning for every described machine.
    Plan(plan::Args),
    /// The installer's screen: frames, start, rest, keys under load.
    Screen(screen::Args),
}

pub fn main(args: &Args) -> Result<ExitCode> {
    match &args.what {
        What::Copy(args) => copy::main(args),
        What::CopyOne(args) => copy::one(args),
        What::Plan(args) => plan::main(args),
        What::Screen(args) => screen::main(args),
    }
}
