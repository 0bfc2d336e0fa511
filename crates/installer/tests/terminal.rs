//! The program on a real terminal (a pty): what is typed at a hidden prompt is never shown, bars end as they must,
//! Ctrl-C, Ctrl-D and SIGTERM are heard.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use nix::sys::signal::Signal;
use support::{Start, Terminal, two_disks};

/// Line mode with a keyboard and a screen.
fn start(term: &str, locale: &str) -> Terminal {
    Terminal::start(&Start {
        program: env!("CARGO_BIN_EXE_levitate-installer"),
        args: &["--line", "--machine", two_disks().to_str().unwrap()],
        term,
        locale,
        size: (50, 100),
        ..Start::default()
    })
}

fn install(term: &str, locale: &str, cell: &str) {
    let mut terminal = start(term, locale);
    terminal.wait("touched.");
    terminal.answer("> ", "install on the ssd, whole disk, encrypted");
    terminal.answer("Proceed? [y/n] > ", "y");
    terminal.answer("  Enter encryption passphrase: ", "hunter2-\u{e4}");
    terminal.answer("  Confirm: ", "hunter2-\u{e4}");
    terminal.wait(&format!("Copying system... [{}] 100%\n", cell.repeat(20)));
    terminal.wait("Generating fstab... done");
    terminal.answer("> ", "create user vince with sudo");
    terminal.answer("Set password for vince: ", "hunter3");
    terminal.answer("Confirm: ", "hunter3");
    terminal.answer("\n> ", "exit without reboot");
    let screen = terminal.lines();
    assert!(screen.contains("  Enter encryption passphrase: *********\n  Confirm: *********\n"), "{screen}");
    assert!(!terminal.raw().contains("hunter"), "a secret was shown:\n{screen}");
    terminal
        .answer("No boot loader is installed, so this disk would not start. Install it first? [y/n] > ", "y");
    let status = terminal.status();
    assert_eq!(status, 0, "{}", terminal.raw());
}

#[test]
fn secrets_are_stars_on_a_modern_terminal() {
    install("xterm-256color", "C.UTF-8", "█");
}

#[test]
fn secrets_are_stars_on_a_serial_line() {
    install("vt220", "C.UTF-8", "#");
}

#[test]
fn secrets_are_stars_where_nothing_can_be_drawn() {
    let mut terminal = start("dumb", "C");
    terminal.wait("touched.");
    terminal.answer("> ", "use the whole ssd, encrypted");
    terminal.answer("Proceed? [y/n] > ", "y");
    terminal.answer("  Enter encryption passphrase: ", "hunter2");
    terminal.answer("  Confirm: ", "hunter2");
    terminal.wait("Copying system... 100%\n");
    assert!(!terminal.raw().contains("hunter"));
    assert!(!terminal.raw().contains('\u{1b}'), "{:?}", terminal.raw());
}

#[test]
fn ctrl_c_stops_what_runs_and_ctrl_d_asks() {
    let mut terminal = start("xterm", "C.UTF-8");
    terminal.wait("touched.");
    terminal.answer("> ", "use the whole ssd");
    terminal.answer("Proceed? [y/n] > ", "y");
    terminal.wait("Copying system");
    terminal.key("\u{3}");
    terminal.wait("Stopping…");
    terminal.wait("\n> ");
    terminal.key("abc\u{3}");
    terminal.wait("To leave");
    terminal.wait("\n> ");
    terminal.key("\u{4}");
    terminal.answer("Leave the installer? [y/n] > ", "n");
    terminal.wait("> ");
    terminal.key("\u{4}");
    terminal.answer("Leave the installer? [y/n] > ", "y");
    assert_eq!(terminal.status(), 3);
}

#[test]
fn sigterm_takes_back_and_ends() {
    let mut terminal = start("xterm", "C.UTF-8");
    terminal.wait("touched.");
    terminal.answer("> ", "use the whole ssd");
    terminal.answer("Proceed? [y/n] > ", "y");
    terminal.wait("Copying system");
    terminal.signal(Signal::SIGTERM);
    terminal.wait("Stopping…");
    assert_eq!(terminal.status(), 3);
}
