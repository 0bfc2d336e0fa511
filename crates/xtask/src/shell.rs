//! The one place of this tool that starts programs, so that every failure names its command line.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

/// A command that is not started yet.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    #[allow(clippy::disallowed_methods, reason = "build tooling: this is its one door to other programs")]
    Command::new(program)
}

/// Runs a command to its end, its output hidden unless it fails.
pub fn run(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

/// Runs a command to its end and gives its stdout.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let line = display(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{line}` (scripts/setup.sh installs what is missing)"))?;
    if !output.status.success() {
        bail!("`{line}` failed, {}{}", output.status, tail(&output));
    }
    Ok(output.stdout)
}

/// Runs a command to its end, its output shown as it comes.
pub fn run_visibly(command: &mut Command) -> Result<()> {
    let line = display(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start `{line}` (scripts/setup.sh installs what is missing)"))?;
    if !status.success() {
        bail!("`{line}` failed, {status}");
    }
    Ok(())
}

/// The command line as a person would type it, long ones cut.
pub fn display(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        let _ = write!(line, " {}", arg.to_string_lossy());
    }
    if line.chars().count() > 400 {
        line = line.chars().take(400).chain("...".chars()).collect();
    }
    line
}

/// The last lines that a failed command said.
fn tail(output: &Output) -> String {
    let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said.lines().collect();
    let last = &lines[lines.len().saturating_sub(15)..];
    if last.is_empty() { String::new() } else { format!(":\n  {}", last.join("\n  ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_what_it_said() {
        let error =
            run(command("sh").args(["-c", "echo no such thing >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sh -c"), "{error}");
        assert!(error.contains("exit status: 3"), "{error}");
        assert!(error.contains("no such thing"), "{error}");
    }

    #[test]
    fn a_missing_program_points_at_the_set_up() {
        let error = run(&mut command("/no/such/program")).unwrap_err().to_string();
        assert!(error.contains("scripts/setup.sh"), "{error}");
    }
}
