//! The command line: one definition for flags, help and completion.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use levitate_core::machine::TableKind;

use crate::failed::Failed;
use crate::mind::{Choice, Kind, ProfileName};

const EXAMPLES: &str = "\
Examples:
  levitate-installer
      Install to this computer, as root on the live medium. Say what you want:
      \"list disks\", \"use the whole ssd, encrypted\", \"timezone los angeles\", \"done\".
  levitate-installer --machine machines/two-disks.json
      Rehearse on a described computer. Everything happens, nothing real is touched.
  levitate-installer --dry-run
      Rehearse on a copy of this computer's facts.
  levitate-installer --machine machines/two-disks.json --script session.txt
      Rehearse what a file says, e.g. the three lines: use the whole ssd / y / done. At its end the session ends.
  levitate-installer plan --machine machines/vm.json --say \"use the whole disk\" --json
      Say what would be done, as JSON, and do nothing.

Exit status: 0 done, 1 refused, 2 wrong usage, 3 cancelled, 4 failed and taken back,
5 failed and not fully taken back.";

/// Installs this system to a disk. You say what you want in your own words; the plan is shown before anything is
/// written.
#[derive(Debug, Parser)]
#[command(name = "levitate-installer", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What the session runs on.
    #[command(flatten)]
    pub session: SessionArgs,
    /// Something else than a session.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags of a session.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SessionArgs {
    /// Rehearse on the computer that this file describes (machines/NAME.json)
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub machine: Option<PathBuf>,
    /// Rehearse on a copy of this computer's facts; nothing is written
    #[arg(long)]
    pub dry_run: bool,
    /// Kind of a new partition table; GPT where not said
    #[arg(long, value_enum, value_name = "KIND")]
    pub table: Option<Table>,
    /// A dialogue of lines instead of the full screen
    #[arg(long)]
    pub line: bool,
    /// Lines without bars, colours or line editing: for screen readers, logs and simple terminals
    #[arg(long)]
    pub plain: bool,
    /// Say the lines of FILE one after the other, as if they were typed; - reads them from stdin. Wishes, answers and
    /// names stand in the order they are asked for, a password twice: keep such a file to yourself
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Say also what was understood and what runs without a question; log more
    #[arg(long, short)]
    pub verbose: bool,
    /// Who understands.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Who understands sentences; what is not said is as in /etc/levitate-installer.toml, else as shipped.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct EngineArgs {
    /// Who understands: a model in this program, a model server, or fixed rules
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Option<Kind>,
    /// Another model: a GGUF file, or for the server a folder such as SmolLM3-3B
    #[arg(long, value_name = "PATH")]
    pub model: Option<PathBuf>,
    /// The Python that runs the model server, e.g. of a virtual environment
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// How that model is spoken to; by its name where not said
    #[arg(long, value_enum, value_name = "PROFILE", requires = "model")]
    pub profile: Option<ProfileName>,
}

impl EngineArgs {
    /// The file's choice with what the flags say.
    ///
    /// # Errors
    /// The file is not understood.
    pub fn choice(&self) -> Result<Choice, Failed> {
        let mut choice = Choice::from_file().map_err(|error| {
            Failed::usage(
                error.to_string(),
                "It may hold engine, model, profile, python, threads and patience, e.g. engine = \"embedded\".",
            )
        })?;
        if let Some(kind) = self.engine {
            choice.kind = kind;
        }
        if self.python.is_some() {
            choice.python.clone_from(&self.python);
        }
        if self.model.is_some() {
            choice.model.clone_from(&self.model);
            choice.profile = self.profile;
        }
        Ok(choice)
    }
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what was understood and what would be done on a described computer; do nothing
    #[command(
        after_help = "Example:\n  levitate-installer plan --machine machines/two-disks.json \\\n      \
                            --say \"use the whole ssd, encrypted\" --say \"timezone los angeles\""
    )]
    Plan {
        /// The computer, as a file of machine facts
        #[arg(long, value_name = "FILE")]
        machine: PathBuf,
        /// What is said; may be given several times, in order
        #[arg(long, value_name = "TEXT", required = true)]
        say: Vec<String>,
        /// Kind of a new partition table; GPT where not said
        #[arg(long, value_enum, value_name = "KIND")]
        table: Option<Table>,
        /// Who understands.
        #[command(flatten)]
        engine: EngineArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Measure how well a set of sentences is understood
    Eval {
        /// Cases, one JSON object a line; machines lie in `machines` beside it
        #[arg(long, value_name = "FILE")]
        set: PathBuf,
        /// Who understands.
        #[command(flatten)]
        engine: EngineArgs,
        /// Write the figures and every failure to this file
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// The model's readings alone, the rules never asked (for measuring the model)
        #[arg(long)]
        alone: bool,
        /// Without prefix cache and forced tokens (for measuring what they are worth)
        #[arg(long)]
        slow: bool,
    },
    /// Print the facts of this computer
    Probe {
        /// Print them as a machine file
        #[arg(long)]
        json: bool,
    },
}

/// Kinds of partition tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Table {
    /// GUID partition table
    Gpt,
    /// Master boot record, for old firmware
    Mbr,
}

impl From<Table> for TableKind {
    fn from(table: Table) -> Self {
        match table {
            Table::Gpt => Self::Gpt,
            Table::Mbr => Self::Mbr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sessions_and_commands_do_not_mix() {
        assert!(Cli::try_parse_from(["x", "--machine", "a.json", "--table", "mbr", "--plain"]).is_ok());
        assert!(Cli::try_parse_from(["x", "--dry-run", "--script", "-", "--line", "--plain", "-v"]).is_ok());
        assert!(
            Cli::try_parse_from(["x", "plan", "--machine", "a.json", "--say", "a", "--say", "b"]).is_ok()
        );
        for wrong in [
            &["x", "plan", "--say", "a"][..],
            &["x", "plan", "--machine", "a.json"],
            &["x", "--machine", "a.json", "--dry-run"],
            &["x", "--dry-run", "probe"],
            &["x", "--table", "bsd"],
            &["x", "install"],
        ] {
            assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }
}
