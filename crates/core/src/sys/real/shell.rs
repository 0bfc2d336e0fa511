//! A shell for the person, on the terminal of this process.
//!
//! It leads a process group of its own in the terminal's foreground, so that Ctrl-C in it is a matter of its own
//! and no wish to stop the installer. The standard library gives it an empty signal mask: ours has them blocked.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgrp, tcsetpgrp};

use crate::sys::SysError;

/// Opens `$SHELL`, or /bin/sh where that does not start, and waits for its end.
pub(super) fn open() -> Result<(), SysError> {
    if !std::io::stdin().is_terminal() {
        return Err(SysError::other("No shell is opened", "there is no terminal for it"));
    }
    let wanted = std::env::var("SHELL").ok().filter(|shell| !shell.is_empty());
    let tries = wanted.iter().map(String::as_str).chain(["/bin/sh"]);
    let mut failed = None;
    for shell in tries {
        // The other place that runs a program (clippy.toml): this one is the person's, with all they have set.
        #[allow(clippy::disallowed_methods)]
        let started = std::process::Command::new(shell).process_group(0).spawn();
        match started {
            Ok(child) => {
                tracing::info!(shell, "a shell was opened");
                return i32::try_from(child.id())
                    .map_err(|_| SysError::other("the shell", "its number is out of range"))
                    .and_then(|id| attend(Pid::from_raw(id)));
            }
            Err(error) => failed = Some(SysError::io(format!("starting {shell}"), &error)),
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Gives the shell the terminal, waits for its end, takes the terminal back.
fn attend(shell: Pid) -> Result<(), SysError> {
    // Taking the terminal back from the background would stop us otherwise.
    let mut quiet = SigSet::empty();
    quiet.add(Signal::SIGTTOU);
    let before = quiet
        .thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK)
        .map_err(|error| SysError::other("the terminal", error.to_string()))?;
    // Where it cannot be given, the shell says so itself.
    let _ = tcsetpgrp(std::io::stdin(), shell);
    let result = wait(shell);
    let _ = tcsetpgrp(std::io::stdin(), getpgrp());
    let _ = before.thread_set_mask();
    result
}

fn wait(shell: Pid) -> Result<(), SysError> {
    // It may have asked for the terminal before it had it, and have been stopped for that.
    let _ = killpg(shell, Signal::SIGCONT);
    loop {
        match waitpid(shell, Some(WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Stopped(..)) => {
                // Nobody else could wake it: there is no shell above it.
                std::thread::sleep(Duration::from_millis(20));
                let _ = killpg(shell, Signal::SIGCONT);
            }
            Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => return Ok(()),
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(SysError::other("waiting for the shell", error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::time::Instant;

    use nix::pty::openpty;
    use nix::unistd::tcgetpgrp;

    use super::*;

    /// No test: what the one below runs on a terminal of its own, signals blocked as the installer has them.
    #[test]
    #[ignore = "run by the test below"]
    fn on_a_terminal() {
        let mut blocked = SigSet::empty();
        blocked.add(Signal::SIGINT);
        blocked.thread_block().unwrap();
        open().unwrap();
        println!("foreground: {}", tcgetpgrp(std::io::stdin()).unwrap() == getpgrp());
    }

    /// Waits until `sleep` has the terminal and sleeps: between fork and exec the shell's own child would swallow
    /// the signal.
    fn asleep(keyboard: &File) {
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            let front = tcgetpgrp(keyboard).unwrap();
            let status = std::fs::read_to_string(format!("/proc/{front}/status")).unwrap_or_default();
            if status.starts_with("Name:\tsleep\n") && status.contains("\nState:\tS") {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("sleep does not run");
    }

    #[test]
    fn ctrl_c_in_the_shell_is_the_shells_own_and_the_terminal_comes_back() {
        let pty = openpty(None, None).unwrap();
        let end = || std::process::Stdio::from(pty.slave.try_clone().unwrap());
        #[allow(clippy::disallowed_methods)]
        let mut child = std::process::Command::new("setsid")
            .arg("--ctty")
            // Tests started in the background of a script ignore it, and so would all that they start.
            .args(["env", "--default-signal=INT"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "sys::real::shell::tests::on_a_terminal", "--ignored", "--nocapture"])
            .env("SHELL", "/bin/sh")
            .env("PS1", "here> ")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        let (mut screen, mut keyboard) =
            (File::from(pty.master.try_clone().unwrap()), File::from(pty.master));
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 512];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                let _ = tell.send(String::from_utf8_lossy(&bytes[..count]).into_owned());
            }
        });
        let mut seen = String::new();
        for (typed, shown) in [
            ("", "here> "),
            // Read by the shell itself: while it starts a program it blocks them all.
            (
                "while read -r a b; do [ $a != SigBlk: ] || echo \"=$b\"; done < /proc/$$/status\n",
                "=0000000000000000",
            ),
            ("", "here> "),
            ("sleep 60; echo slept\n", "sleep 60"),
            ("\u{3}", "here> "),
            ("echo alive-$((1+1))\n", "alive-2"),
            ("exit\n", "foreground: true"),
        ] {
            if typed == "\u{3}" {
                asleep(&keyboard);
            }
            keyboard.write_all(typed.as_bytes()).unwrap();
            let end = Instant::now() + Duration::from_secs(30);
            while !seen.contains(shown) {
                match told.recv_timeout(end.saturating_duration_since(Instant::now())) {
                    Ok(text) => seen += &text,
                    Err(_) => {
                        let _ = child.kill();
                        panic!("{shown:?} did not come after {typed:?}: {seen:?}");
                    }
                }
            }
            let at = seen.find(shown).unwrap() + shown.len();
            seen.drain(..at);
        }
        assert!(child.wait().unwrap().success());
    }
}
