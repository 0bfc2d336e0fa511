//! `--script`: a file is said as if it were typed, and a wrong one is named before anything begins.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::process::{Child, Command, Stdio};

const SESSION: &str =
    "list disks\nuse the whole ssd, encrypted\ny\nhunter2\nhunter2\nexit without reboot\ny\n";

fn installer(more: &[&str]) -> Command {
    #[allow(clippy::disallowed_methods, reason = "the test starts the program it tests")]
    let mut command = Command::new(env!("CARGO_BIN_EXE_levitate-installer"));
    let machine = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/machines/two-disks.json");
    command.args(["--engine", "rules", "--machine", machine]).args(more);
    command
}

/// Starts it with this on stdin.
fn started(mut command: Command, stdin: &str) -> Child {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child
}

#[test]
fn a_script_is_said_as_if_it_were_piped() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(SESSION.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    let children = [
        started(installer(&[]), SESSION),
        started(installer(&["--script", path]), "no line of it is read"),
        started(installer(&["--script", "-"]), SESSION),
    ];
    let [piped, script, stdin] = children.map(|child| child.wait_with_output().unwrap());
    let text = String::from_utf8(script.stdout).unwrap();
    assert_eq!(script.status.code(), Some(0), "{text}");
    assert!(text.contains("> use the whole ssd, encrypted\n") && text.contains("Generating fstab"), "{text}");
    assert!(!text.contains("hunter2"), "a secret was shown: {text}");
    assert_eq!(text, String::from_utf8(piped.stdout).unwrap());
    assert_eq!(text, String::from_utf8(stdin.stdout).unwrap());
}

#[test]
fn a_script_that_cannot_be_read_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["/nowhere/session.txt", folder.path().to_str().unwrap()] {
        let output = started(installer(&["--script", path]), "").wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(path) && text.contains("Name a text file"), "{text}");
        assert!(output.stdout.is_empty());
    }
}
