//! However it ends, the terminal is as it was before, and what matters is said there.

use nix::sys::signal::Signal;

use crate::support::{Terminal, assert_given_back};

use super::ready;

/// What stands on the terminal when the program is gone.
fn ended(terminal: &mut Terminal, status: i32) -> String {
    assert_eq!(terminal.status(), status, "{}", terminal.window().contents());
    assert_given_back(terminal);
    terminal.window().contents()
}

#[test]
fn who_says_exit_gets_the_terminal_back() {
    let mut terminal = ready();
    terminal.key("exit without reboot\r");
    let text = ended(&mut terminal, 0);
    assert!(!text.contains("Installation Steps"), "{text}");
}

#[test]
fn ctrl_d_asks_and_gives_the_terminal_back() {
    let mut terminal = ready();
    terminal.key("\u{4}");
    terminal.shows("Leave the installer? [y/n] >");
    terminal.key("n\r");
    terminal.until("the prompt", super::is_whole);
    terminal.key("\u{4}");
    terminal.shows("Leave the installer? [y/n] >");
    terminal.key("y\r");
    ended(&mut terminal, 0);
}

#[test]
fn sigterm_and_sighup_give_the_terminal_back() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let mut terminal = ready();
        terminal.signal(signal);
        let text = ended(&mut terminal, 3);
        assert!(!text.trim().is_empty(), "{signal}");
    }
}

#[test]
fn sigterm_while_something_runs_takes_it_back() {
    let mut terminal = ready();
    terminal.key("use the whole ssd\r");
    terminal.shows("Proceed? [y/n] >");
    terminal.key("y\r");
    terminal.shows("Copying system");
    terminal.signal(Signal::SIGTERM);
    ended(&mut terminal, 3);
}

#[test]
fn sigint_is_ctrl_c() {
    let mut terminal = ready();
    terminal.signal(Signal::SIGINT);
    terminal.shows("To leave, say");
    terminal.key("\u{3}");
    terminal.key("exit without reboot\r");
    ended(&mut terminal, 0);
}

#[test]
fn a_terminal_that_is_gone_ends_the_session() {
    let mut terminal = ready();
    terminal.hang_up();
    assert_eq!(terminal.status(), 3);
}
