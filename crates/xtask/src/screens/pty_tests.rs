use super::*;
use crate::screens::keys::keys;

const LIMIT: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Terminal {
    let start = Start {
        program: Path::new("/bin/sh"),
        args: &["-c", script],
        folder: Path::new("/"),
        size: (6, 40),
        term: "xterm-256color",
        locale: "C.UTF-8",
    };
    Terminal::start(&start).unwrap()
}

fn text(text: &str) -> [Wanted; 1] {
    [Wanted::Text(text.to_owned())]
}

#[test]
fn what_is_typed_is_echoed_and_read() {
    let mut terminal = shell("printf 'name? '; read x; echo \"hello $x\"; exit 3");
    terminal.wait_for(&[Wanted::AtCursor("name?".into())], LIMIT).unwrap();
    terminal.press(&keys("vince<Enter>").unwrap()).unwrap();
    terminal.wait_for(&text("hello vince"), LIMIT).unwrap();
    assert_eq!(terminal.screen().contents(), "name? vince\nhello vince");
    assert_eq!(terminal.finish(LIMIT).unwrap().code(), Some(3));
}

#[test]
fn the_program_sees_the_size_of_the_window() {
    let mut terminal = shell("stty size; read x; stty size; read x; stty size");
    terminal.wait_for(&text("6 40"), LIMIT).unwrap();
    terminal.press(&keys("<size 50x10><Enter>").unwrap()).unwrap();
    terminal.wait_for(&text("10 50"), LIMIT).unwrap();
    assert_eq!(terminal.screen().size(), (10, 50));
    terminal.press(&keys("<size><Enter>").unwrap()).unwrap();
    terminal.finish(LIMIT).unwrap();
    assert_eq!(terminal.screen().size(), (6, 40));
}

#[test]
fn ctrl_c_is_a_signal() {
    let mut terminal = shell("trap 'echo caught; exit 4' INT; echo ready; while :; do sleep 0.1; done");
    terminal.wait_for(&text("ready"), LIMIT).unwrap();
    terminal.press(&keys("<Ctrl-C>").unwrap()).unwrap();
    terminal.wait_for(&text("caught"), LIMIT).unwrap();
    assert_eq!(terminal.finish(LIMIT).unwrap().code(), Some(4));
}

#[test]
fn what_does_not_come_is_an_error_that_shows_the_screen() {
    let mut terminal = shell("echo here; sleep 60");
    let late = terminal.wait_for(&text("Proceed?"), Duration::from_millis(700)).unwrap_err().to_string();
    assert!(late.contains("Proceed?") && late.contains("|here "), "{late}");
    let mut terminal = shell("echo gone");
    let gone = terminal.wait_for(&text("Proceed?"), LIMIT).unwrap_err().to_string();
    assert!(gone.contains("has ended") && gone.contains("|gone "), "{gone}");
}

#[test]
fn a_program_that_asks_for_the_cursor_is_answered() {
    let mut terminal =
        shell("stty raw -echo; printf 'ab\\033[6n'; dd bs=1 count=6 2>/dev/null | od -An -c; stty sane");
    terminal.wait_for(&text("[   1   ;   3   R"), LIMIT).unwrap();
}
