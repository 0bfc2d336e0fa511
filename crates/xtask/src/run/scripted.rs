//! A machine that a file drives: type the script at the live system, boot what it installed, look inside.
//!
//! ```text
//! medium boots -> each line at the next prompt -> the guest reboots -> disk boots -> passphrase, login
//!              -> the check runs as root -> power off
//! ```

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::drive::prompt::Prompt;
use crate::drive::script::{Act, Step};
use crate::drive::transcript::Transcript;
use crate::drive::{Console, Seen};
use crate::vm::qmp::End;
use crate::vm::{Disk, Machine, Running, Serial};

/// The disk on which the check reaches the guest: nothing has to be typed, and it arrives as it is.
const CHECK_SERIAL: &str = "LEVITATE-CHECK";
const BEGIN: &str = "<<CHECK BEGIN>>";
const END: &str = "<<CHECK END ";
/// How often one and the same question may come back after the reboot before the answer counts as wrong.
const TRIES: usize = 3;
/// How long a guest may take to switch off before it is ended from outside.
const POWER_OFF: Duration = Duration::from_secs(120);

/// What to do with a machine.
pub struct Job<'a> {
    /// The live medium.
    pub medium: &'a Path,
    /// What to type at it.
    pub script: &'a [Step],
    /// Answer to whatever asks for a disk's passphrase after the reboot.
    pub passphrase: Option<&'a str>,
    /// Who logs in after the reboot.
    pub login: Option<(&'a str, &'a str)>,
    /// A shell file for the installed system.
    pub check: Option<&'a str>,
    /// For everything together.
    pub limit: Duration,
    /// Where the console's words go.
    pub transcript: PathBuf,
    /// Show them on stderr too.
    pub echo: bool,
    /// The script is typed at the installer's screen; else at its line mode.
    pub screen: bool,
    /// End at the prompt after the script's last line.
    pub stay_live: bool,
}

/// A job that came to its end.
pub struct Report {
    /// The check's exit status; 0 without one.
    pub status: u8,
    /// What the check printed.
    pub check_output: String,
    /// All of it.
    pub took: Duration,
    /// When each stage was reached.
    stages: Vec<(&'static str, Duration)>,
}

/// A job that did not.
#[derive(Debug)]
pub struct Failure {
    /// 124 when time ran out, else 1.
    pub exit: u8,
    what: String,
    last_typed: Option<(usize, String)>,
    screen: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (stage, at)) in self.stages.iter().enumerate() {
            write!(f, "{}{stage} {} s", if index == 0 { "" } else { ", " }, at.as_secs())?;
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "failed: {}", self.what)?;
        if let Some((number, line)) = &self.last_typed {
            writeln!(f, "the script's last typed line was number {number}: `{line}`")?;
        }
        if !self.screen.is_empty() {
            write!(f, "the last screen:")?;
            for line in self.screen.lines() {
                write!(f, "\n  | {line}")?;
            }
        }
        Ok(())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { exit: 1, what: format!("{error:#}"), last_typed: None, screen: String::new() }
    }
}

/// Performs a job from the first boot to the power-off.
pub fn perform(machine: &Machine, job: &Job<'_>) -> Result<Report, Failure> {
    let started = Instant::now();
    let mut stages = Vec::new();
    let mut reached = |stage| stages.push((stage, started.elapsed()));

    let mut live = Guest::start(machine, Some(job.medium), job, started, false)?;
    live.follow_script(job.script, &mut reached)?;
    let mut report = (0, String::new());
    if job.stay_live {
        live.prompt("the prompt after the script's last line")?;
    } else {
        live.leave()?;
        reached("installed");
        drop(live);
        report = installed(machine, job, started, &mut reached)?;
    }
    reached("end");
    let (status, check_output) = report;
    Ok(Report { status, check_output, took: started.elapsed(), stages })
}

/// Boots what was installed, logs in, runs the check, switches off.
fn installed(
    machine: &Machine,
    job: &Job<'_>,
    started: Instant,
    reached: &mut impl FnMut(&'static str),
) -> Result<(u8, String), Failure> {
    let mut disks = machine.disks.clone();
    if let Some(check) = job.check {
        disks.push(check_disk(machine, check)?);
    }
    let machine = Machine { disks, folder: machine.folder.clone(), ..*machine };
    let mut guest = Guest::start(&machine, None, job, started, true)?;
    if !guest.log_in(job)? {
        reached("login prompt");
        return Ok((0, String::new()));
    }
    reached("logged in");
    let mut done = (0, String::new());
    if let Some(check) = job.check {
        done = guest.check(check.len(), job)?;
    }
    guest.power_off()?;
    Ok(done)
}

/// The check as a disk image, filled up to whole sectors with line ends.
fn check_disk(machine: &Machine, check: &str) -> anyhow::Result<Disk> {
    let path = machine.folder.join("check.raw");
    let mut text = check.as_bytes().to_vec();
    text.resize(text.len().next_multiple_of(4096).max(4096), b'\n');
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Disk::read_only(&path, CHECK_SERIAL))
}

/// A running machine and its console.
struct Guest {
    running: Running,
    console: Console,
    deadline: Instant,
    limit: Duration,
    last_typed: Option<(usize, String)>,
}

impl Guest {
    fn start(
        machine: &Machine,
        medium: Option<&Path>,
        job: &Job<'_>,
        started: Instant,
        append: bool,
    ) -> anyhow::Result<Self> {
        let transcript = Transcript::open(&job.transcript, append, job.echo)?;
        let mut running = machine.start(medium, &Serial::Socket)?;
        let console = Console::connect(&machine.serial_socket(), transcript, job.screen)?;
        running.qmp.go()?;
        Ok(Self { running, console, deadline: started + job.limit, limit: job.limit, last_typed: None })
    }

    fn failed(&self, exit: u8, what: String) -> Failure {
        Failure { exit, what, last_typed: self.last_typed.clone(), screen: self.console.screen() }
    }

    /// What comes next on the console; lost guests and passed deadlines are failures.
    fn see(&mut self, for_what: &str, wanted: impl FnMut(&str) -> bool) -> Result<Seen, Failure> {
        match self.console.wait(self.deadline, wanted)? {
            Seen::Late => {
                let limit = self.limit.as_secs();
                Err(self.failed(124, format!("time ran out ({limit} s) while waiting for {for_what}")))
            }
            Seen::Trouble(what) => Err(self.failed(1, what)),
            seen => Ok(seen),
        }
    }

    /// The next prompt.
    fn prompt(&mut self, for_what: &str) -> Result<Prompt, Failure> {
        match self.see(for_what, |_| false)? {
            Seen::Prompt(prompt) => Ok(prompt),
            _ => Err(self.failed(1, format!("the guest ended while {for_what} was awaited"))),
        }
    }

    fn follow_script(
        &mut self,
        script: &[Step],
        reached: &mut impl FnMut(&'static str),
    ) -> Result<(), Failure> {
        for (index, step) in script.iter().enumerate() {
            match &step.act {
                Act::Type(line) => {
                    self.prompt(&format!("a prompt for line {} of the script, `{line}`", step.number))?;
                    if index == 0 {
                        reached("first prompt");
                    }
                    self.console.type_line(line)?;
                    self.last_typed = Some((step.number, line.clone()));
                }
                Act::Unplug { disk, after } => {
                    let what = format!("`{after}` (line {} of the script)", step.number);
                    match self.see(&what, |line| line.contains(after.as_str()))? {
                        Seen::Line(_) => self.running.qmp.unplug(*disk)?,
                        seen => return Err(self.failed(1, format!("{seen:?} came while {what} was awaited"))),
                    }
                }
            }
        }
        Ok(())
    }

    /// After the script the guest has to end by itself.
    fn leave(&mut self) -> Result<(), Failure> {
        match self.see("the reboot after the script's last line", |_| false)? {
            Seen::Prompt(prompt) => {
                let text = prompt.text().to_owned();
                Err(self.failed(1, format!("the script is at its end, but `{text}` waits for an answer")))
            }
            _ => match self.running.qmp.end() {
                End::Quit => Err(self.failed(1, "QEMU was ended from outside".to_owned())),
                End::Reboot | End::PowerOff => Ok(()),
            },
        }
    }

    /// Gets through to a shell. False where nobody was named: then the login prompt is the goal.
    fn log_in(&mut self, job: &Job<'_>) -> Result<bool, Failure> {
        let mut asked: Vec<String> = Vec::new();
        loop {
            let prompt = self.prompt("the installed system's login")?;
            let text = prompt.text().to_owned();
            asked.push(text.clone());
            if asked.iter().filter(|earlier| **earlier == text).count() > TRIES {
                return Err(self.failed(1, format!("`{text}` does not accept the answer")));
            }
            let answer = match (prompt, job.login) {
                (Prompt::Passphrase(_), _) => match job.passphrase {
                    Some(passphrase) => passphrase,
                    None => {
                        return Err(self.failed(1, format!("`{text}` asks, and no --passphrase is given")));
                    }
                },
                (Prompt::Login(_), None) => return Ok(false),
                (Prompt::Login(_), Some((user, _))) => user,
                (Prompt::Password(_), Some((_, password))) => password,
                (Prompt::Shell(_), _) => return Ok(true),
                _ => return Err(self.failed(1, format!("`{text}` is no question of a login"))),
            };
            self.console.type_line(answer)?;
        }
    }

    /// Runs the check as root, its output between two marks.
    fn check(&mut self, length: usize, job: &Job<'_>) -> Result<(u8, String), Failure> {
        // The marks are put together by printf: in the echo of this very line they must not occur.
        self.console.type_line(&format!(
            "sudo sh -c 'head -c {length} /dev/disk/by-id/virtio-{CHECK_SERIAL} > /run/check; \
             printf \"\\n<<%s %s>>\\n\" CHECK BEGIN; bash /run/check 2>&1; \
             printf \"\\n<<%s %s %s>>\\n\" CHECK END $?'"
        ))?;
        let mut passwords = 0;
        loop {
            match self.see("the start of the check", |line| line.contains(BEGIN))? {
                Seen::Line(_) => break,
                Seen::Prompt(Prompt::Password(text)) if passwords < TRIES => {
                    passwords += 1;
                    let Some((_, password)) = job.login else {
                        return Err(self.failed(1, format!("`{text}` asks, and no --login is given")));
                    };
                    self.console.type_line(password)?;
                }
                Seen::Prompt(prompt) => {
                    let text = prompt.text().to_owned();
                    return Err(self.failed(1, format!("the check was not run as root: now `{text}` waits")));
                }
                _ => return Err(self.failed(1, "the guest ended before the check".to_owned())),
            }
        }
        let mut output = String::new();
        loop {
            let seen = self.see("the end of the check", |_| true)?;
            match seen {
                Seen::Line(line) => match line.find(END) {
                    Some(at) => {
                        let status = line[at + END.len()..].trim_end_matches(">>").parse().unwrap_or(1);
                        return Ok((status, output.trim_matches('\n').to_owned() + "\n"));
                    }
                    None => {
                        output.push_str(&line);
                        output.push('\n');
                    }
                },
                // A check may print something that looks like a question.
                Seen::Prompt(_) => {}
                _ => return Err(self.failed(1, "the guest ended during the check".to_owned())),
            }
        }
    }

    /// Switches off in good order, so that the disks can be looked at.
    fn power_off(&mut self) -> Result<(), Failure> {
        self.prompt("the shell, to switch off")?;
        self.console.type_line("sudo systemctl poweroff")?;
        let deadline = Instant::now() + POWER_OFF;
        // The shell may show another prompt before it is ended.
        while Instant::now() < deadline {
            if self.console.wait(deadline, |_| false)? == Seen::Ended {
                return Ok(self.running.wait()?);
            }
        }
        self.running.qmp.quit()?;
        self.running.wait()?;
        Ok(())
    }
}
