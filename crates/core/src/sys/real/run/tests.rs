use super::*;

fn sh(script: &str) -> Cmd {
    Cmd::new(["sh", "-c", script])
}

fn quiet(cmd: &Cmd) -> Result<Output, SysError> {
    run(cmd, &Cancel::default(), None, &mut |_| {})
}

#[test]
fn output_status_and_environment_are_as_told() {
    let out = quiet(&sh("pwd; env | sort; echo oops >&2; exit 3").env("X", "1").ok(&[3])).unwrap();
    assert_eq!(out.status, 3);
    assert_eq!(out.stderr, "oops\n");
    let lines: Vec<&str> =
        out.stdout.lines().filter(|l| !l.starts_with("PWD=") && !l.starts_with("_=")).collect();
    assert_eq!(lines[0], "/");
    assert!(lines.contains(&"LC_ALL=C") && lines.contains(&"X=1"));
    assert!(!lines.iter().any(|l| l.starts_with("HOME=") || l.starts_with("USER=")), "{lines:?}");
}

#[test]
fn a_failure_names_argv_status_and_the_last_of_stderr_and_no_secret() {
    let cmd = sh("cat; echo; for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; echo hunter22 >&2; exit 4")
        .stdin(SecretString::from("hunter22"));
    let Err(SysError::Failed { argv, status, stderr }) = quiet(&cmd) else { panic!("it must fail") };
    assert!(argv.starts_with("sh -c"));
    assert_eq!(status, Some(4));
    assert_eq!(stderr, "line 4\nline 5\nline 6\nline 7\n********");
    let Err(SysError::Failed { stderr, .. }) = quiet(&sh("echo only here; exit 1")) else {
        panic!("it must fail")
    };
    assert_eq!(stderr, "only here");
    let Err(SysError::Failed { status, stderr, .. }) = quiet(&sh("kill -9 $$")) else {
        panic!("it must fail")
    };
    assert_eq!((status, stderr.as_str()), (None, "ended by signal 9"));
}

#[test]
fn a_missing_program_is_said_to_be_missing() {
    let error = quiet(&Cmd::new(["no-such-program-here"])).unwrap_err();
    assert!(matches!(error, SysError::Missing(name) if name == "no-such-program-here"));
}

#[test]
fn full_pipes_block_nobody() {
    // More on each of the three than a pipe holds, and what is read is not written back in time.
    let big = "x".repeat(300_000);
    let cmd =
        sh("head -c 300000 /dev/zero >&2; wc -c; head -c 3000000 /dev/zero").stdin(SecretString::from(big));
    let out = quiet(&cmd).unwrap();
    assert!(out.stdout.starts_with("300000\n"));
    assert_eq!(out.stdout.len(), STDOUT_KEPT);
    assert_eq!(out.stderr.len(), STDERR_KEPT);
}

#[test]
fn a_program_that_reads_nothing_is_no_error() {
    let cmd = sh("exec <&-; echo done").stdin(SecretString::from("y".repeat(300_000)));
    assert_eq!(quiet(&cmd).unwrap().stdout, "done\n");
}

#[test]
fn lines_end_with_newline_return_or_both() {
    let mut lines = Vec::new();
    let mut hear = |tick: Tick<'_>| {
        if let Tick::Line(line) = tick {
            lines.push(line.to_string());
        }
    };
    run(&sh(r"printf '1%%\r2%%\r\nthree\n\nend'"), &Cancel::default(), None, &mut hear).unwrap();
    assert_eq!(lines, ["1%", "2%", "three", "", "end"]);
}

#[test]
fn the_watched_file_system_is_reported() {
    let mut reports = 0;
    let cmd = sh("sleep 0.6").watch(std::path::Path::new("/"));
    run(&cmd, &Cancel::default(), None, &mut |tick| {
        reports += usize::from(matches!(tick, Tick::Used(n) if n > 0))
    })
    .unwrap();
    assert!((2..=5).contains(&reports), "{reports}");
}

#[test]
fn a_stop_reaches_the_program_and_its_children() {
    let cancel = Cancel::default();
    let asked = cancel.clone();
    let started = Instant::now();
    let mut child = String::new();
    let result = run(&sh("(trap '' TERM; exec sleep 60) & echo $!; wait"), &cancel, None, &mut |tick| {
        if let Tick::Line(line) = tick {
            child = line.to_string();
            asked.request();
        }
    });
    assert!(matches!(result, Err(SysError::Cancelled)));
    assert!(started.elapsed() < GRACE);
    // Gone, or a zombie that nobody here can reap; a busy computer takes a moment over it.
    let lives = || {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    while lives() {
        assert!(started.elapsed() < GRACE * 2, "process {child} lives on");
        std::thread::sleep(TURN);
    }
    assert!(matches!(run(&sh("true"), &cancel, None, &mut |_| {}), Err(SysError::Cancelled)));
}

#[test]
fn a_program_that_ignores_the_stop_is_killed() {
    let cancel = Cancel::default();
    let asked = cancel.clone();
    let started = Instant::now();
    let result = run(&sh("trap '' TERM; echo ready; while :; do sleep 1; done"), &cancel, None, &mut |_| {
        asked.request()
    });
    assert!(matches!(result, Err(SysError::Cancelled)));
    assert!(started.elapsed() >= GRACE && started.elapsed() < GRACE * 2);
}

#[test]
fn a_limit_ends_what_takes_too_long() {
    let result = run(&sh("sleep 60"), &Cancel::default(), Some(Duration::from_millis(200)), &mut |_| {});
    let Err(SysError::Failed { stderr, .. }) = result else { panic!("it must be ended") };
    assert!(stderr.starts_with("no answer within"), "{stderr}");
}

#[test]
fn a_child_left_behind_does_not_hold_us() {
    let started = Instant::now();
    assert_eq!(quiet(&sh("sleep 20 & echo done")).unwrap().stdout, "done\n");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_program_missing_in_the_new_root_is_said_to_be_missing() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: chroot needs root");
        return;
    }
    let empty = tempfile::tempdir().unwrap();
    let error = quiet(&Cmd::new(["grub-install", "--version"]).chroot(empty.path())).unwrap_err();
    assert!(matches!(error, SysError::Missing(name) if name == "grub-install"));
}
