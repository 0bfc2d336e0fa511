//! Words to readings without a model.
//!
//! The way through, each stage giving up to the next: [`guard`] (commands, injected instructions, other jobs) ·
//! [`choice`] (a reply to a question of ours that needs no reading) · [`question`] (asks, changes nothing) · [`consent`] (a yes or no to what waits) · [`answer`] (a bare reply to what
//! was asked last) · clauses: [`settings`], [`people`], [`stages`], and what is left over to [`disk`].

use levitate_core::action::InstallerAction;

use crate::Context;
use crate::reading::Reading;
use crate::text::{Token, tokens};

mod agree;
mod answer;
mod banned;
mod choice;
mod consent;
mod disk;
mod greeting;
mod guard;
mod parts;
mod people;
mod question;
mod settings;
mod spared;
mod stages;

pub(crate) use agree::is_yes;
pub(crate) use banned::{banned, one_disk};
pub(crate) use spared::spared;

/// What came of the words.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// This was said.
    Readings(Vec<Reading>),
    /// Say this: a question answered in words, or a request outside the job.
    Text(String),
    /// Not understood, with the words that were not.
    Nothing(String),
}

/// The words of an utterance, with what every stage looks at.
pub(crate) struct Words<'a> {
    /// As typed.
    pub text: &'a str,
    /// Lower case.
    pub lower: String,
    /// Cut up.
    pub tokens: Vec<Token>,
}

impl Words<'_> {
    /// True where one of the concepts occurs.
    pub fn has(&self, keys: &[&str]) -> bool {
        self.tokens.iter().any(|token| token.is(keys))
    }

    /// True where one of the phrases occurs in what was typed.
    pub fn says(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.lower.contains(phrase))
    }
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.trim();
        let lower = text.to_lowercase().replace('’', "'");
        Self { text, tokens: tokens(&lower_if_shouted(text)), lower }
    }
}

/// A bare yes or no has at most so many words.
const BARE: usize = 3;

/// Reads what needs no model: nothing, what [`guard`] takes, a bare yes or no to what waits.
pub fn plain(text: &str, ctx: &Context<'_>) -> Option<Read> {
    let words = Words::of(text);
    if words.tokens.iter().all(Token::is_break) {
        return Some(Read::Nothing(String::new()));
    }
    if let Some(read) = guard::read(&words) {
        return Some(read);
    }
    if let Some(text) = greeting::read(text, ctx) {
        return Some(Read::Text(text));
    }
    if let Some(read) = choice::read(text, ctx) {
        return Some(read);
    }
    let short = words.tokens.iter().filter(|token| !token.is_break()).count() <= BARE;
    let answer = consent::read(&words, ctx).filter(|_| short && ctx.state.pending.is_some())?;
    matches!(answer.as_slice(), [Reading::Confirm | Reading::Cancel]).then_some(Read::Readings(answer))
}

/// Reads an utterance.
pub fn read(text: &str, ctx: &Context<'_>) -> Read {
    let words = Words::of(text);
    if words.tokens.iter().all(Token::is_break) {
        return Read::Nothing(String::new());
    }
    if let Some(read) = guard::read(&words) {
        return read;
    }
    if let Some(text) = greeting::read(text, ctx) {
        return Read::Text(text);
    }
    if let Some(read) = choice::read(text, ctx) {
        return read;
    }
    if let Some(read) = question::read(&words, ctx) {
        return read;
    }
    if let Some(readings) = consent::read(&words, ctx) {
        return Read::Readings(readings);
    }
    if let Some(readings) = answer::read(&words, ctx) {
        return Read::Readings(readings);
    }
    let readings = clauses(&words, ctx);
    if readings.is_empty() {
        let rest: Vec<&str> = words.tokens.iter().filter(|t| !t.is_break()).map(|t| t.raw.as_str()).collect();
        return Read::Nothing(rest.join(" "));
    }
    Read::Readings(readings)
}

/// All capitals carry no meaning.
fn lower_if_shouted(text: &str) -> String {
    if text.chars().any(char::is_lowercase) { text.to_owned() } else { text.to_lowercase() }
}

/// Clause by clause; what no clause takes is about the disk, all of it together.
fn clauses(words: &Words<'_>, ctx: &Context<'_>) -> Vec<Reading> {
    let mut readings = Vec::new();
    let mut left: Vec<Vec<Token>> = Vec::new();
    let segments = segments(&corrected(&words.tokens), ctx);
    let said = settings::Said::new(&segments, ctx);
    let mut index = 0;
    while index < segments.len() {
        let segment = &segments[index];
        let next = segments.get(index + 1).map(Vec::as_slice);
        if stages::takes_back(segment) {
            readings.push(Reading::Undo);
            index += 1;
            continue;
        }
        // A clause may speak for the one after it: "user anna, sudo".
        if let Some((found, used)) = people::read(segment, next, words, ctx, &readings) {
            // "lea and finn need accounts": the clause before held a name and nothing else.
            if let Some(name) = left
                .last()
                .and_then(|last| people::lone_name(last, ctx))
                .filter(|_| people::introduces_more(segment, &found))
            {
                left.pop();
                readings.push(Reading::User { name, sudo: false });
            }
            readings.extend(found);
            index += used;
            continue;
        }
        if let Some(found) = settings::read(segment, &said, ctx) {
            readings.extend(found);
        } else if let Some(found) = stages::read(segment, words, ctx) {
            readings.extend(found);
        } else {
            left.push(segment.clone());
        }
        index += 1;
    }
    let partitions = parts::read(&mut left, words, ctx);
    let mut disk = Vec::new();
    if let Some(reading) = disk::read(&left, words, ctx, !readings.is_empty() || !partitions.is_empty()) {
        disk.push(reading);
    }
    // The disk comes first whatever was said first: everything else needs it.
    disk.extend(partitions);
    disk.extend(readings);
    settle(disk)
}

/// What several clauses say about one thing becomes one reading.
fn settle(readings: Vec<Reading>) -> Vec<Reading> {
    let mut out: Vec<Reading> = Vec::new();
    for reading in readings {
        // "user joana, she will be admin": one account, with rights.
        if let (Some(Reading::User { sudo, .. }), Reading::Group { user, group }) = (out.last_mut(), &reading)
            && matches!(user.as_str(), "it" | "me")
            && matches!(group.as_str(), "sudo" | "wheel")
        {
            *sudo = true;
            continue;
        }
        out.push(reading);
    }
    // "done, reboot": the reboot finishes.
    if out.iter().any(|reading| matches!(reading, Reading::Reboot | Reading::Exit)) {
        out.retain(|reading| *reading != Reading::Finish);
    }
    // A layout beside a sentence that ends ("be done") is a layout.
    if out.iter().any(|reading| matches!(reading, Reading::Partition(_))) {
        out.retain(|reading| *reading != Reading::Finish);
    }
    out
}

/// "paris no wait madrid", "anna. oops i mean hanna": what was taken back is dropped.
fn corrected(tokens: &[Token]) -> Vec<Token> {
    let mark = |at: usize| -> Option<usize> {
        let key =
            |offset: usize| tokens.get(at + offset).map_or("", |token| token.raw.as_str()).to_lowercase();
        match (key(0).as_str(), key(1).as_str(), key(2).as_str()) {
            ("oops", "i", "mean") | ("no", "i", "mean") => Some(3),
            ("no", "wait" | "sorry", _) | ("i", "mean", _) | ("sorry", "i", "mean") => Some(2),
            _ => None,
        }
    };
    for at in 1..tokens.len() {
        let Some(length) = mark(at) else { continue };
        let mut after = at + length;
        while tokens.get(after).is_some_and(Token::is_break) {
            after += 1;
        }
        let Some(meant) = tokens.get(after) else { continue };
        let mut before = at;
        while before > 0 && tokens[before - 1].is_break() {
            before -= 1;
        }
        if before == 0 {
            continue;
        }
        let mut out = tokens[..before - 1].to_vec();
        out.push(meant.clone());
        out.extend(tokens[after + 1..].iter().cloned());
        return out;
    }
    tokens.to_vec()
}

/// Cuts at separators, `and` and `then`, and before words that open a new subject.
fn segments(tokens: &[Token], ctx: &Context<'_>) -> Vec<Vec<Token>> {
    let mut out: Vec<Vec<Token>> = vec![Vec::new()];
    for (index, token) in tokens.iter().enumerate() {
        if token.is_break() || token.is(&["and", "then"]) || token.raw.eq_ignore_ascii_case("but") {
            // "hostname: x" and "ole: sudo" go on; "sda: 60G root" does as well, whatever is done with it.
            let goes_on = token.raw == ":" && out.last().is_some_and(|segment| segment.len() == 1);
            if !goes_on {
                out.push(Vec::new());
            }
            continue;
        }
        let opens = token.is(&["hostname", "timezone", "user", "keyboard", "locale", "language"])
            || (token.key == "host" && index + 1 < tokens.len())
            || (token.key == "name" && matches!(token.raw.to_lowercase().as_str(), "name" | "named"));
        let current = out.last().map_or(&[] as &[Token], Vec::as_slice);
        if opens && settings::is_complete(current, token, tokens.get(index + 1), ctx) {
            out.push(Vec::new());
        }
        if let Some(segment) = out.last_mut() {
            segment.push(token.clone());
        }
    }
    out.retain(|segment| !segment.is_empty());
    out
}

/// True where the plan that waits is a layout.
pub(crate) fn layout_waits(ctx: &Context<'_>) -> bool {
    matches!(ctx.state.pending, Some(InstallerAction::Partition(_)))
}
