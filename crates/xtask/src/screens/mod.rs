//! Pictures of the installer, made as a person would see them: it runs on a pseudo terminal, a session is typed key by
//! key, and at named moments the screen is kept.
//!
//! - [`table`], [`keys`]: what to wait for, what to type, which picture to take (`tests/screens/session.table`)
//! - [`pty`], [`answers`]: the program and its terminal
//! - [`shot`], [`mask`]: what the screen shows, without what differs from run to run
//! - [`picture`], [`page`]: PNG files and `docs/screens.md`

mod answers;
pub(crate) mod keys;
mod mask;
mod page;
mod picture;
pub(crate) mod pty;
mod shot;
pub(crate) mod table;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args as ClapArgs;

use crate::paths;
use page::Taken;
use picture::Picture;
use pty::{Start, Terminal};
use shot::Shot;
use table::{Look, Row};

/// Type the example session on a terminal and write docs/screens.md and docs/screens/*.png.
#[derive(ClapArgs)]
pub struct Args {
    /// The installer; `target/debug/levitate-installer` where not said (`cargo build` makes it)
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// What is typed and shown
    #[arg(long, value_name = "PATH")]
    table: Option<PathBuf>,
    /// The folder for screens.md and screens/
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Show line mode where the program would draw the whole screen
    #[arg(long)]
    line: bool,
    /// Write nothing: tell where the text of screens.md is not what the program shows now
    #[arg(long)]
    check: bool,
}

/// A kind of terminal.
struct Pass {
    name: &'static str,
    words: &'static str,
    size: (u16, u16),
    term: &'static str,
    locale: &'static str,
}

const PASSES: [Pass; 3] = [
    Pass {
        name: "80x24",
        words: "80 columns, 24 rows",
        size: (24, 80),
        term: "xterm-256color",
        locale: "C.UTF-8",
    },
    Pass {
        name: "120x40",
        words: "120 columns, 40 rows",
        size: (40, 120),
        term: "xterm-256color",
        locale: "C.UTF-8",
    },
    Pass {
        name: "80x24-vt220",
        words: "A VT220 on a serial line, ASCII",
        size: (24, 80),
        term: "vt220",
        locale: "C",
    },
];

/// How long anything may take: the copy of a rehearsal takes seconds, a busy machine many times that.
const LIMIT: Duration = Duration::from_secs(90);

pub fn main(args: &Args) -> Result<ExitCode> {
    let binary = args.binary.clone().unwrap_or_else(|| paths::target().join("debug/levitate-installer"));
    let binary = binary.canonicalize().with_context(|| {
        format!("there is no {} (`cargo build` makes it, --binary names another)", binary.display())
    })?;
    let table = args.table.clone().unwrap_or_else(|| paths::workspace().join("tests/screens/session.table"));
    let rows = table::read(&table)?;
    // All terminals at once: a session is mostly waiting.
    let sessions = std::thread::scope(|scope| {
        let (binary, rows) = (&binary, &rows);
        let start = |pass| scope.spawn(move || session(pass, binary, rows, args.line));
        let running: Vec<_> = PASSES.iter().map(start).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("a session panicked")))
            .collect()
    });
    let sessions: Result<Vec<Vec<Taken>>> = sessions;
    let taken: Vec<Taken> = sessions?.into_iter().flatten().collect();
    let out = args.out.clone().unwrap_or_else(|| paths::workspace().join("docs"));
    if args.check {
        return check(&taken, &out.join("screens.md"));
    }
    write(&taken, &out)?;
    Ok(ExitCode::SUCCESS)
}

/// The page of these screens.
fn page_of(taken: &[Taken]) -> String {
    page::page(taken, &PASSES.each_ref().map(|pass| (pass.name, pass.words)))
}

/// Compares the page that is there with what the program shows now.
fn check(taken: &[Taken], path: &Path) -> Result<ExitCode> {
    let written = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let differences = page::differences(&written, &page_of(taken));
    if differences.is_empty() {
        println!("{} screens are as {} shows them", taken.len(), path.display());
        return Ok(ExitCode::SUCCESS);
    }
    print!("{differences}");
    eprintln!(
        "xtask: {} is not what the program shows (- there, + now). Where that is as it should be: cargo xtask screens",
        path.display()
    );
    Ok(ExitCode::FAILURE)
}

/// Types the session on one terminal.
fn session(pass: &'static Pass, binary: &Path, rows: &[Row], line: bool) -> Result<Vec<Taken>> {
    let mut args = vec!["--machine", "machines/two-disks.json", "--engine", "rules"];
    args.extend(line.then_some("--line"));
    let start = Start {
        program: binary,
        args: &args,
        folder: &paths::workspace(),
        size: pass.size,
        term: pass.term,
        locale: pass.locale,
    };
    let mut terminal = Terminal::start(&start)?;
    let mut look = None;
    let mut taken = Vec::new();
    for row in rows {
        if row.only.is_some() && row.only != look {
            continue;
        }
        let here = || format!("on {}, line {} of the table", pass.name, row.number);
        terminal.wait_for(&row.wanted, LIMIT).with_context(here)?;
        // Who draws the whole screen has left the one with the shell's lines by now.
        look.get_or_insert(if terminal.screen().alternate_screen() { Look::Screen } else { Look::Line });
        if let Some(moment) = &row.moment {
            let shot = Shot::of(terminal.screen()).masked();
            taken.push(Taken { moment: moment.clone(), pass: pass.name, shot });
        }
        terminal.press(&row.keys).with_context(here)?;
    }
    let status = terminal.finish(LIMIT).with_context(|| format!("on {}, at the end", pass.name))?;
    if !status.success() {
        bail!("on {}: the session was typed to its end, and the program gave {status}", pass.name);
    }
    Ok(taken)
}

/// A name that this command gives to pictures: no other file is taken away.
fn ours(name: &str) -> bool {
    PASSES.iter().any(|pass| name.ends_with(&format!("-{}.png", pass.name)))
}

/// Writes the page and the pictures. Nothing is touched before all of them are drawn; our pictures of moments that are
/// no more go away.
fn write(taken: &[Taken], out: &Path) -> Result<()> {
    let draw = |one: &Taken| -> Result<_> { Ok((one.file(), Picture::of(&one.shot)?.png()?)) };
    let pictures = taken.iter().map(draw).collect::<Result<Vec<_>>>()?;
    let folder = out.join("screens");
    let cannot = |what: &Path| format!("cannot write {}", what.display());
    fs::create_dir_all(&folder).with_context(|| cannot(&folder))?;
    for entry in fs::read_dir(&folder).with_context(|| cannot(&folder))? {
        let path = entry.with_context(|| cannot(&folder))?.path();
        if path.file_name().and_then(OsStr::to_str).is_some_and(ours) {
            fs::remove_file(&path).with_context(|| cannot(&path))?;
        }
    }
    let mut largest = (0, "");
    for (name, bytes) in &pictures {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| cannot(&path))?;
        largest = largest.max((bytes.len(), name));
    }
    let path = out.join("screens.md");
    fs::write(&path, page_of(taken)).with_context(|| cannot(&path))?;
    let (bytes, name) = largest;
    println!("{} pictures in {}, the largest {name} with {bytes} bytes", pictures.len(), folder.display());
    if pictures.is_empty() { Err(anyhow!("the table names no picture")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_pictures_go_away_and_other_files_stay() {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().join("screens");
        fs::create_dir(&folder).unwrap();
        for name in ["gone-80x24.png", "photo.png", "notes.txt"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let parser = vt100::Parser::new(2, 10, 0);
        let moment = table::Moment { name: "start".into(), heading: "The start".into() };
        write(&[Taken { moment, pass: "80x24", shot: Shot::of(parser.screen()) }], out.path()).unwrap();
        let mut names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["notes.txt", "photo.png", "start-80x24.png"]);
    }
}
