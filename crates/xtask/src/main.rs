//! Build and test tooling, as `cargo xtask`.
//!
//! - [`image`]: the live medium, from Debian packages and this installer
//! - [`vm`]: one QEMU machine: its arguments, its disks, its control socket
//! - [`bench`]: measurements of the copy, of planning and of the screen
//! - [`drive`]: reading a guest's serial console and typing at its prompts
//! - [`run`]: what `./run` does: a machine for a person, or for a script
//! - [`scenario`]: the installs that `test-vm` performs and checks
//! - [`screens`]: pictures of the installer on a terminal
//! - [`paths`], [`shell`]: where things lie; the one place that starts programs

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod drive;
mod image;
mod paths;
mod run;
mod scenario;
mod screens;
mod shell;
mod vm;

/// Builds the LevitateOS live medium and tries it in virtual machines.
#[derive(Parser)]
#[command(name = "xtask", version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the live medium (cached) and print its path.
    Image(image::Args),
    /// Boot the medium in a virtual machine, for a person or for a script.
    Run(run::Args),
    /// Measure the copy, the planning and the screen.
    Bench(bench::Args),
    /// Install in virtual machines and check the installed systems from inside.
    TestVm(scenario::Args),
    /// Type the example session on a terminal and write docs/screens.md and its pictures.
    Screens(screens::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Image(args) => image::main(&args),
        Task::Run(args) => run::main(&args),
        Task::Bench(args) => bench::main(&args),
        Task::TestVm(args) => scenario::main(&args),
        Task::Screens(args) => screens::main(&args),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
