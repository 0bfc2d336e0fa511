//! The LevitateOS installer program: say what you want, see what would happen, say yes.
//!
//! Rooms: `cli` the command line, `start` a session from it, `session` the engine, `mind` what understands, `line`
//! the dialogue;
//! `plan_cmd`, `eval_cmd`, `probe_cmd` the commands that install nothing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod cli;
mod describe;
mod eval_cmd;
mod failed;
mod interface;
mod line;
mod log;
mod mind;
mod plan_cmd;
mod probe_cmd;
#[cfg(test)]
mod same_session;
mod session;
mod signals;
mod start;
mod tui;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
use failed::{Failed, print};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = matches!(cli.command, Some(Command::Plan { json: true, .. } | Command::Probe { json: true }));
    match run(cli) {
        Ok(status) => ExitCode::from(status),
        Err(failed) => {
            tell(&failed, json);
            ExitCode::from(failed.status)
        }
    }
}

fn run(cli: Cli) -> Result<u8, Failed> {
    match cli.command {
        None => start::session(&cli.session),
        Some(Command::Plan { machine, say, table, engine, json }) => {
            plan_cmd::run(&machine, &say, table.map(Into::into), &engine.choice()?, json)
        }
        Some(Command::Eval { set, engine, json, alone, slow }) => {
            let how = eval_cmd::How { alone, slow };
            eval_cmd::run(&set, &engine.choice()?, how, json.as_deref())
        }
        Some(Command::Probe { json }) => probe_cmd::run(json),
    }
}

fn tell(failed: &Failed, json: bool) {
    if json {
        print(&(serde_json::to_string_pretty(failed).unwrap_or_default() + "\n"));
    } else {
        eprintln!("error: {}\n{}", failed.message, failed.hint);
    }
}
