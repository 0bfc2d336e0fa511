//! The engine `server` with the real server and a pretended model; needs Python 3 and no packages.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use levitate_model::*;

mod server_common;
use server_common::{Raw, TOKEN, ends, fake, program, python, runs, start};

fn request(text: &str) -> Request {
    Request { messages: Profile::utterance("", text), ..Request::default() }
}

#[test]
fn it_loads_says_how_far_it_is_and_answers() {
    let Some(mut options) = fake("fake/slow") else { return };
    options.constant = vec![Message::new(Role::System, "constant")];
    let mut heard = Vec::new();
    let mut server =
        Server::start(&options, &Cancel::default(), &mut |progress| heard.push(progress.clone())).unwrap();
    let last = heard.last().unwrap();
    assert_eq!(last.message, "pretending");
    assert!(last.share.is_some_and(|share| (0.0..1.0).contains(&share)), "{last:?}");
    assert!(last.elapsed >= Duration::from_millis(500), "{last:?}");
    assert_eq!(
        (server.name(), server.profile(), server.holds_grammars()),
        ("server: fake", Profile::Reading, false)
    );
    assert!(server.peak_memory().unwrap() > 1 << 20);

    server.prepare(&[Message::new(Role::User, "slow")]).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let mut asked = request("says: hé \"}");
    asked.grammar = Some("start: \"x\"".into());
    let start = Instant::now();
    let got = server.generate(&asked, &Cancel::default()).unwrap();
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "what is evaluated ahead makes way: {:?}",
        start.elapsed()
    );
    let said: serde_json::Value = serde_json::from_str(&got.text).unwrap();
    assert_eq!(said[0]["messages"][1]["content"], "says: hé \"}");
    assert_eq!(
        (said[0]["grammar"].as_str(), said[0]["temperature"].as_i64()),
        (Some("start: \"x\""), Some(0))
    );
    assert_eq!(said[1].as_array().unwrap().last().unwrap(), "slow");
    assert_eq!((got.timings.prompt_tokens, got.timings.cached_tokens, got.timings.sampled), (7, 3, 2));
    assert_eq!((got.timings.prefill.as_millis(), got.log_probability), (250, -1.5));

    assert_eq!(server.score(&asked, "ab", &Cancel::default()), Ok(-2.0));
    assert_eq!(server.score(&asked, "never", &Cancel::default()), Ok(f32::NEG_INFINITY));
    let long = server.generate(&request("long"), &Cancel::default());
    assert_eq!(long, Err(EngineError::TooLong { tokens: 900, context: 100 }));
    assert!(
        server.generate(&request("break"), &Cancel::default()).unwrap_err().to_string().contains("broken")
    );

    let (pid, start) = (server.process_id(), Instant::now());
    drop(server);
    assert!(!runs(pid) && start.elapsed() < Duration::from_secs(3));
}

#[test]
fn an_answer_is_given_up_when_cancelled_or_late() {
    let Some(options) = fake("fake/x") else { return };
    let mut server = start(&options).unwrap();
    let cancel = Cancel::default();
    let other = cancel.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        other.request();
    });
    let start = Instant::now();
    assert_eq!(server.generate(&request("slow"), &cancel), Err(EngineError::Cancelled));
    let mut late = request("slow");
    late.limits.timeout = Duration::from_millis(300);
    let result = server.generate(&late, &Cancel::default());
    assert_eq!(result, Err(EngineError::TimedOut(Duration::from_millis(300))));
    // The server has noticed, and is free again.
    server.generate(&request("says: x"), &Cancel::default()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    thread.join().unwrap();
}

#[test]
fn what_is_missing_is_named() {
    let Some(options) = fake("fake/lacking") else { return };
    let python = options.python.clone();
    let error = start(&options).unwrap_err();
    assert_eq!(
        error,
        EngineError::Server(ServerError::Packages { python, packages: vec!["no_such_package".into()] })
    );
    let with = |change: &dyn Fn(&mut ServerOptions)| {
        let mut options = options.clone();
        options.model = PathBuf::from("fake/x");
        change(&mut options);
        start(&options).unwrap_err()
    };
    let error = with(&|options| options.python = "/nowhere/python3".into());
    assert!(matches!(error, EngineError::Server(ServerError::Python { .. })), "{error}");
    let model = |error: EngineError, said: &str| {
        assert!(matches!(error, EngineError::Server(ServerError::Model(_))), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    };
    model(with(&|options| options.model = "/nowhere/model".into()), "there is no model at /nowhere/model");
    model(with(&|options| options.model = "/usr".into()), "/usr is no model: it has no config.json");
    model(with(&|options| options.adapter = Some("/nowhere/a".into())), "there is no adapter at /nowhere/a");
    model(with(&|options| options.model = "fake/broken".into()), "the weights are damaged");

    let EngineError::Server(ServerError::Ended { status, last }) =
        with(&|options| options.model = "fake/ends".into())
    else {
        panic!("it ended by itself");
    };
    assert!(status.contains('3') && last.last().unwrap() == "no more", "{status} {last:?}");
    // A program that is no server at all.
    let error = with(&|options| options.python = "/bin/true".into());
    assert!(matches!(error, EngineError::Server(ServerError::Ended { .. })), "{error:?}");
}

#[test]
fn a_port_in_use_is_said() {
    let Some(mut options) = fake("fake/x") else { return };
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    options.port = other.local_addr().unwrap().port();
    let error = start(&options).unwrap_err();
    assert!(matches!(error, EngineError::Server(ServerError::Port(_))), "{error:?}");
    assert!(error.to_string().contains(&format!("port {} on 127.0.0.1", options.port)), "{error}");
    drop(other);
    assert_eq!(start(&options).unwrap().port(), options.port);
}

#[test]
fn loading_can_be_cancelled() {
    let Some(options) = fake("fake/never") else { return };
    let cancel = Cancel::default();
    let mut rounds = 0;
    let result = Server::start(&options, &cancel, &mut |_| {
        rounds += 1;
        if rounds == 2 {
            cancel.request();
        }
    });
    assert_eq!(result.unwrap_err(), EngineError::Cancelled);
}

#[test]
fn a_server_that_talks_much_is_not_held_up() {
    let Some(options) = fake("fake/noisy") else { return };
    start(&options).unwrap().generate(&request("says: x"), &Cancel::default()).unwrap();
}

#[test]
fn a_server_that_dies_is_gone() {
    let Some(options) = fake("fake/x") else { return };
    let mut server = start(&options).unwrap();
    assert_eq!(server.generate(&request("die"), &Cancel::default()), Err(EngineError::Gone));
    assert_eq!(server.generate(&request("says: x"), &Cancel::default()), Err(EngineError::Gone));
    assert_eq!(server.prepare(&[]), Err(EngineError::Gone));
}

#[test]
fn a_server_that_does_not_listen_to_sigterm_is_killed() {
    let Some(options) = fake("fake/stubborn") else { return };
    let server = start(&options).unwrap();
    let (pid, start) = (server.process_id(), Instant::now());
    drop(server);
    assert!(!runs(pid));
    assert!(start.elapsed() >= Duration::from_secs(3) && start.elapsed() < Duration::from_secs(30));
}

#[test]
fn it_ends_with_its_parent_even_when_that_is_killed() {
    if python(&[]).is_none() {
        return;
    }
    let mut parent = program(&std::env::current_exe().unwrap())
        .args(["the_parent_that_is_killed", "--exact", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines().map(Result::unwrap);
    let pid = lines.find_map(|line| line.rsplit_once("server ")?.1.parse().ok()).unwrap();
    assert!(runs(pid));
    parent.kill().unwrap(); // SIGKILL
    parent.wait().unwrap();
    assert!(ends(pid, Duration::from_secs(30)), "{pid} outlives its parent");
}

#[test]
#[ignore = "started and killed by another test"]
fn the_parent_that_is_killed() {
    let server = start(&fake("fake/x").unwrap()).unwrap();
    println!("server {}", server.process_id());
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn only_who_knows_the_token_is_answered() {
    let Some(python) = python(&[]) else { return };
    let mut raw = Raw::start(&python, "fake/x");
    let (host, token) = ("Host: 127.0.0.1:PORT", format!("Authorization: Bearer {TOKEN}"));
    let body = r#"{"messages":[{"role":"user","content":"x"}]}"#;
    let length = format!("Content-Length: {}", body.len());
    let ok = raw.ask(&format!("GET /health HTTP/1.1\n{host}\n{token}"), "");
    assert!(ok.starts_with("HTTP/1.1 200"), "{ok}");
    let ok = raw.ask(&format!("POST /generate HTTP/1.1\nHost: localhost:PORT\n{token}\n{length}"), body);
    assert!(ok.starts_with("HTTP/1.1 200") && ok.contains("log_probability"), "{ok}");
    let post = format!("POST /generate HTTP/1.1\n{host}\n{token}\n");
    for (head, body, status, kind) in [
        (format!("GET /health HTTP/1.1\n{host}"), "", 401, "token"),
        (format!("GET /health HTTP/1.1\n{host}\n{token}x"), "", 401, "token"),
        (format!("GET /health HTTP/1.1\n{host}\nAuthorization: Basic {TOKEN}"), "", 401, "token"),
        (format!("GET /health HTTP/1.1\n{host}\n{token}\n{token}"), "", 401, "token"),
        (format!("POST /generate HTTP/1.1\n{host}\n{length}"), body, 401, "token"),
        (format!("GET /health HTTP/1.1\nHost: evil.example:PORT\n{token}"), "", 403, "host"),
        (format!("GET /health HTTP/1.1\nHost: 127.0.0.1\n{token}"), "", 403, "host"),
        (format!("GET /health HTTP/1.1\n{token}"), "", 403, "host"),
        (format!("GET /health HTTP/1.1\n{host}\n{token}\nOrigin: http://evil.example"), "", 403, "host"),
        (format!("GET /other HTTP/1.1\n{host}\n{token}"), "", 404, "request"),
        (format!("GET /generate HTTP/1.1\n{host}\n{token}"), "", 405, "request"),
        (format!("POST /health HTTP/1.1\n{host}\n{token}"), "", 405, "request"),
        (format!("DELETE /health HTTP/1.1\n{host}\n{token}"), "", 501, "request"),
        (format!("{post}Transfer-Encoding: chunked"), "0\r\n\r\n", 411, "request"),
        (format!("{post}Content-Length: -1"), "", 411, "request"),
        (format!("{post}Content-Length: 1048577"), "", 413, "request"),
        (format!("{post}Content-Length: 1"), "{", 400, "request"),
        (format!("{post}Content-Length: 2"), "[]", 400, "request"),
        (format!("{post}Content-Length: 15"), r#"{"messages":[]}"#, 400, "request"),
        (format!("{post}Content-Length: 18"), r#"{"messages":["x"]}"#, 400, "request"),
        (format!("{post}Content-Length: 7"), r#"{"x":1}"#, 400, "request"),
        ("nonsense".into(), "", 400, "request"),
    ] {
        let answer = raw.ask(&head, body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head}\n{answer}");
        assert!(answer.contains(&format!("\"kind\": \"{kind}\"")), "{head}\n{answer}");
    }
    for field in
        ["\"max_tokens\":0", "\"max_tokens\":true", "\"temperature\":NaN", "\"grammar\":1", "\"tools\":{}"]
    {
        let body = body.replacen('{', &format!("{{{field},"), 1);
        let answer = raw.ask(&format!("{post}Content-Length: {}", body.len()), &body);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{field}\n{answer}");
    }
    let deep = "[".repeat(200_000);
    let answer = raw.ask(&format!("{post}Content-Length: {}", deep.len()), &deep);
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(runs(raw.id()));
    raw.close_stdin();
    assert!(ends(raw.id(), Duration::from_secs(30)));
}

#[test]
fn while_it_loads_it_says_so() {
    let Some(python) = python(&[]) else { return };
    let raw = Raw::start(&python, "fake/never");
    let head = format!("Host: 127.0.0.1:PORT\nAuthorization: Bearer {TOKEN}");
    // It listens before it loads: at first it does not know yet how much there is to load.
    let health = || raw.ask(&format!("GET /health HTTP/1.1\n{head}"), "");
    let asked = Instant::now();
    let mut answer = health();
    while !answer.contains("\"progress\": ") && asked.elapsed() < Duration::from_secs(20) {
        assert!(answer.contains("\"status\": \"loading\""), "{answer}");
        std::thread::sleep(Duration::from_millis(20));
        answer = health();
    }
    assert!(answer.contains("\"status\": \"loading\"") && answer.contains("\"progress\": "), "{answer}");
    let body = r#"{"messages":[{"role":"user","content":"x"}]}"#;
    let answer = raw.ask(&format!("POST /generate HTTP/1.1\n{head}\nContent-Length: {}", body.len()), body);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"kind\": \"loading\""), "{answer}");
}
