//! A bare reply to what the installer asked last: a name, a place, a language, a disk, a file system.

use levitate_core::action::Filesystem;
use levitate_core::lists::Found;

use super::Words;
use crate::Context;
use crate::ground::last_asked;
use crate::names;
use crate::reading::{PartitionSaid, Reading};
use crate::text::Token;

/// Reads a reply of a few words that names no subject itself.
pub(super) fn read(words: &Words<'_>, ctx: &Context<'_>) -> Option<Vec<Reading>> {
    let asked = last_asked(ctx)?;
    let list: Vec<&Token> = words.tokens.iter().filter(|token| !token.is_break()).collect();
    if list.is_empty() || list.len() > 6 {
        return None;
    }
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| asked.contains(phrase));
    let bare = !words.has(&[
        "hostname", "timezone", "keyboard", "locale", "language", "user", "encrypt", "disk", "sudo", "erase",
        "whole", "undo",
    ]);
    if !bare {
        return None;
    }
    let text = words.text.trim().trim_end_matches(['.', '!', ',']).trim();
    let lead = ["the ", "it's ", "its ", "im in ", "i'm in ", "in ", "near ", "call it ", "a ", "german "];
    let stripped = lead.iter().take(7).find_map(|lead| text.strip_prefix(lead)).unwrap_or(text);
    let question = asked.contains('?');
    if question
        && says(&["keyboard", "layout", "keymap", "tastatur", "clavier", "teclado"])
        && let Found::One(_) = ctx.lists.keymap(stripped)
    {
        return Some(vec![Reading::Keyboard(stripped.to_owned())]);
    }
    if question
        && says(&["language", "locale", "sprache", "langue", "idioma"])
        && let Found::One(_) = ctx.lists.locale(stripped)
    {
        return Some(vec![Reading::Locale(stripped.to_owned())]);
    }
    let place = says(&[
        "time zone", "timezone", "city", "zone", "clock", "zeitzone", "fuseau", "where are you", " in maine",
        "near you",
    ]) || (question
        && asked.contains(" or ")
        && matches!(ctx.lists.zone(stripped), Found::One(_))
        && !says(&["/dev/", "disk"]));
    if question && place && !words.says(&["not ", "undo", "back"]) {
        for candidate in place_in(&list, stripped) {
            if let Found::One(_) = ctx.lists.zone(&candidate) {
                return Some(vec![Reading::Timezone(candidate)]);
            }
        }
    }
    // "the time zone is still open": said, not asked.
    if !question && says(&["time zone is still", "zone is missing", "time zone is missing"]) {
        for candidate in place_in(&list, stripped) {
            if let Found::One(_) = ctx.lists.zone_of_known_place(&candidate) {
                return Some(vec![Reading::Timezone(candidate)]);
            }
        }
    }
    let reply = list.len() == 1 || (list.len() <= 3 && stripped != text);
    if question
        && reply
        && says(&[
            "user name", "username", "account be called", "your account", "login", "benutzer", "who shall",
            "account be named",
        ])
    {
        let name = stripped.split_whitespace().last().unwrap_or(stripped).to_lowercase();
        if names::user_problem(&name).is_none() {
            return Some(vec![Reading::User { name, sudo: false }]);
        }
    }
    let machine = says(&[
        "computer", "host name", "hostname", "machine", "macchina", "rechner", "ordinateur", "called", "name",
    ]) && !says(&["user", "account"]);
    if question
        && machine
        && list.len() == 1
        && says(&["called", "name", "heiß", "heiss", "chiama", "appel", "llama"])
        && names::host_problem(text).is_none()
    {
        return Some(vec![Reading::Hostname(text.to_owned())]);
    }
    if question && says(&["file system", "filesystem"]) && list.len() <= 2 && !super::layout_waits(ctx) {
        let fs = list.iter().find_map(|token| Filesystem::from_name(&token.key))?;
        let before = ctx
            .history
            .iter()
            .rev()
            .map(|message| message.content.to_lowercase())
            .find(|text| text.contains("format"));
        if before.is_some() {
            return Some(vec![Reading::Format {
                partition: crate::refs::Refs::one(crate::refs::Ref::It),
                fs: Some(fs),
            }]);
        }
        return Some(vec![Reading::Partition(PartitionSaid { fs: Some(fs), ..PartitionSaid::default() })]);
    }
    None
}

/// The words themselves, then each run of them that could be a place.
fn place_in(list: &[&Token], text: &str) -> Vec<String> {
    let mut out = vec![text.to_owned()];
    for length in (1..=list.len().min(3)).rev() {
        for start in 0..=list.len() - length {
            let words: Vec<&str> =
                list[start..start + length].iter().map(|token| token.raw.as_str()).collect();
            if words.iter().any(|word| word.len() > 3) {
                out.push(words.join(" "));
            }
        }
    }
    out
}
