//! The installs that `test-vm` performs and checks.

use std::process::ExitCode;

use anyhow::Result;

#[derive(clap::Args)]
pub struct Args {}

pub fn main(_args: &Args) -> Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
