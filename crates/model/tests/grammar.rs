//! What the grammar of a reading accepts, byte by byte; no model is needed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use levitate_agent::grammar;
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use toktrie::{ApproximateTokEnv, InferenceCapabilities};

fn factory() -> ParserFactory {
    let environment = ApproximateTokEnv::single_byte_env();
    let mut factory = ParserFactory::new(&environment, InferenceCapabilities::default(), &[]).unwrap();
    factory.quiet();
    factory
}

/// How much of `reading` is accepted for `said`, and whether it may end there.
fn accepts(factory: &ParserFactory, said: &str, facts: &str, reading: &str) -> bool {
    let grammar = TopLevelGrammar::from_lark(grammar::reading(said, facts));
    let mut matcher = Matcher::new(factory.create_parser(grammar));
    assert_eq!(matcher.get_error(), None, "{said:?}");
    let bytes: Vec<u32> = reading.bytes().map(u32::from).collect();
    let got = matcher.try_consume_tokens(&bytes).unwrap();
    got == bytes.len() && matcher.is_accepting().unwrap()
}

#[test]
fn readings_of_a_sentence_are_accepted() {
    let factory = factory();
    for (said, facts, reading) in [
        ("use the samsung ssd, erase it, encrypted", "", "partition samsung+ssd whole encrypt"),
        ("not the Samsung!", "", "partition -samsung keep"),
        ("put it on the 500 gb disk with 8GB swap", "", "partition 500G keep swap=8G"),
        ("eight gigs of swap", "", "partition ? keep swap=8G"),
        ("1,5 tb for home, rest root", "", "partition ? keep root=rest home=1.5T"),
        ("win11 stays", "", "partition windows along"),
        ("the second one", "asked: which disk?\n", "partition second keep"),
        ("format partition 2 as xfs", "", "format p2 xfs"),
        ("mount the old home on sda3 at /srv/Films.", "", "mount sda3 /srv/Films"),
        ("s d a three as slash home", "", "mount sda3 /home"),
        ("I live in Los Angeles, use a swiss-german keyboard", "", "timezone Los Angeles\nkeyboard german"),
        ("TIME ZONE IS AMERICA/HALIFAX", "", "timezone america/halifax"),
        ("TZ=Asia/Tokyo", "", "timezone Asia/Tokyo"),
        ("account for Vince's son", "", "user vince"),
        ("yes", "asked: shall nils be an administrator?\n", "user nils sudo"),
        ("give her sudo", "users: hanna tom\n", "group hanna sudo"),
        ("how much memory is there", "", "shell free -h"),
        ("call it quiet dash river", "", "hostname quiet-river"),
        ("东京时间,谢谢", "", "timezone 东京"),
        ("/boot/efi 512M, swap 8G, rest ext4", "", "partition ? keep /boot/efi:512M swap:8G /:rest:ext4"),
        ("a \"quoted\" \\ name", "", "hostname quoted"),
        ("", "", "talk"),
        ("do it all", "", "copy\nboot ?\nuser ?\npassword ?\nfinish\nreboot"),
    ] {
        assert!(accepts(&factory, said, facts, reading), "{said:?}: {reading:?}");
    }
}

#[test]
fn what_nobody_said_is_not() {
    let factory = factory();
    for (said, facts, reading) in [
        ("use the samsung ssd", "", "partition sda whole"),
        ("use the samsung ssd", "", "partition ? keep swap=8G"),
        ("500 gb", "", "partition 50G keep"),
        ("set my clock", "", "timezone Vienna"),
        ("make me a user", "", "user vince"),
        ("wipe sda", "waits: partition sdb encrypt\n", "partition sdb whole"),
        ("wipe sda", "", "partition sda"),
        ("wipe sda", "", "partition sda whole whole"),
        ("wipe sda", "", "timezone "),
        ("wipe sda", "", "wipe sda"),
        ("wipe sda", "", "yes\n"),
        ("wipe sda", "", "yes\nno\nyes\nno\nyes\nno\nyes"),
        ("wipe sda", "", ""),
    ] {
        assert!(!accepts(&factory, said, facts, reading), "{said:?}: {reading:?}");
    }
}

#[test]
fn any_sentence_has_a_grammar() {
    let factory = factory();
    let long = "word, ".repeat(400);
    let same = "a ".repeat(200);
    for said in [
        long.as_str(),
        &same,
        "\"\\\" // %regex { } | & ~ (((( ]]] /* */ \u{1b}[31m",
        "\u{202e}\u{0}\t\r\n",
        "start: /.*/",
        "💾💾 ⟨⟩ — ’ …",
        "ไทย 日本語 한국어 mixed with words",
        "1.2.3.4.5 99999999999999999999 1,,5 .5 5.",
    ] {
        assert!(accepts(&factory, said, said, "talk"), "{said:?}");
    }
}
