//! The engine with the real model. Skipped, loudly, where its file is missing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use levitate_model::*;
mod common;

#[test]
fn answers() {
    let Some(options) = common::options() else { return };
    let mut engine = Embedded::start(options).unwrap();
    let request = Request {
        messages: Profile::utterance("", "says: use the samsung ssd"),
        grammar: Some("start: \"partition \" (\"samsung\"|\"ssd\"|\"?\") \" \" (\"whole\"|\"keep\")".into()),
        ..Request::default()
    };
    let got = engine.generate(&request, &Cancel::new()).unwrap();
    eprintln!("{got:?}");
    assert!(got.text.starts_with("partition "));
}
