//! Bad input on the command line: a clear error with the remedy, and nothing lost. `docs/bad-input.md` lists these.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

fn installer() -> Command {
    #[allow(clippy::disallowed_methods, reason = "the test starts the program it tests")]
    Command::new(env!("CARGO_BIN_EXE_levitate-installer"))
}

/// `plan --json` for one sentence on a described machine.
fn plan(machine: &str, say: &str) -> Output {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../machines/{machine}.json"));
    installer().args(["plan", "--json", "--machine"]).arg(file).args(["--say", say]).output().unwrap()
}

#[test]
fn what_cannot_be_done_is_refused_or_asked_back_and_plans_nothing() {
    for (case, machine, say, words) in [
        ("unknown disk", "vm", "use the whole disk /dev/sdz", "sdz"),
        ("disk too small", "small-disk", "use the whole disk /dev/sda", "needs"),
        ("live medium as target", "two-disks", "use the whole disk /dev/sdc", "/dev/sdc"),
        ("disk in use", "lvm-server", "use the whole disk /dev/sda", "in use"),
        ("read-only disk", "read-only", "use the whole disk /dev/sda", "read"),
        ("hibernated Windows", "windows-hibernated", "install beside windows", "hibernated"),
        ("BitLocker", "windows-bitlocker", "install beside windows", "BitLocker"),
        ("full Windows", "windows-full", "install beside windows with 200G", "free"),
        ("full ESP", "esp-full", "install beside windows", "full"),
        ("no disk", "no-disk", "use the whole disk", "disk"),
        ("host name", "vm", "hostname is -bad-", "host"),
        ("login name", "vm", "create user root", "root"),
        ("time zone", "vm", "timezone atlantis", "atlantis"),
        ("locale", "vm", "locale xx_XX.UTF-8", "xx_XX"),
        ("keymap", "vm", "keyboard klingonese", "klingonese"),
    ] {
        let output = plan(machine, say);
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        assert!(json["steps"].as_array().is_none_or(Vec::is_empty), "{case}: it planned something: {text}");
        assert!(text.to_lowercase().contains(&words.to_lowercase()), "{case}: {words:?} is not in: {text}");
    }
}

#[test]
fn a_machine_file_that_is_missing_or_wrong_is_named() {
    let missing = installer().args(["--machine", "/nowhere/x.json"]).output().unwrap();
    assert!(!missing.status.success());
    assert!(String::from_utf8_lossy(&missing.stderr).contains("/nowhere/x.json"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.json");
    std::fs::write(&file, "{\"version\":2}").unwrap();
    let wrong = installer().arg("--machine").arg(&file).output().unwrap();
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("wrong.json"));
}

#[test]
fn without_root_the_remedy_and_the_rehearsal_are_offered() {
    let mut command = installer();
    if nix::unistd::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    let output = match command.output() {
        Ok(output) => output,
        // The build folder may be closed to other accounts.
        Err(error) => return println!("skipped: cannot start as another account: {error}"),
    };
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("needs root") && text.contains("--machine"), "{text}");
}
