//! Host name, time zone, language and keyboard.

use levitate_core::lists::{Found, fold, languages};

use crate::Context;
use crate::reading::Reading;
use crate::text::Token;

/// Words between a subject and its value that are no part of the value.
const FILLERS: &[&str] = &[
    "ihn", "horaire", "horaria", "orario", "by", "there", "too", "match", "local", "where", "is", "to", "it",
    "the", "a", "an", "as", "for", "in", "of", "be", "should", "shall", "must", "set", "called", "named",
    "my", "this", "that", "now", "from", "with", "at", "auf", "ist", "est", "es", "a", "ist", "op", "su",
    "zu", "la", "le", "el", "il", "de", "des", "du", "von", "di", "na", "please", "make", "change", "use",
    "will", "has", "have", "one", "on", "i", "want", "like", "they", "do", "does", "whatever", "what",
    "local", "into", "can", "same",
];

/// Words of the whole utterance that a clause may lean on.
pub(super) struct Said {
    /// The first language or country said.
    language: Option<String>,
    /// A place said with a time word beside it or alone in its clause.
    place: Option<String>,
    segments: Vec<Vec<Token>>,
    /// What is typed comes out wrong: a wish for another keyboard.
    mistypes: bool,
}

impl Said {
    pub(super) fn new(segments: &[Vec<Token>], ctx: &Context<'_>) -> Self {
        let tokens: Vec<&Token> = segments.iter().flatten().collect();
        let language = find_language(&tokens);
        let place = segments.iter().find_map(|segment| known_place(segment, ctx));
        let line = raw(&tokens).to_lowercase();
        let mistypes = ["swapped", "wrong key", "at sign", "types z", "i hit y", "wrong letters"]
            .iter()
            .any(|phrase| line.contains(phrase));
        Self { language, place, segments: segments.to_vec(), mistypes }
    }
}

/// The longest run of up to three words that is a language; short codes only count beside a subject.
fn find_language(tokens: &[&Token]) -> Option<String> {
    for length in (1..=3).rev() {
        for window in tokens.windows(length) {
            let words = raw(window);
            if words.len() >= 4
                && !window.iter().any(|token| token.is_break())
                && languages::language(&words).is_some()
            {
                return Some(words);
            }
        }
    }
    tokens
        .iter()
        .find(|token| {
            token.raw.len() >= 6
                && token.key == fold(&token.raw)
                && languages::language_nearly(&token.raw).is_some()
        })
        .map(|token| token.raw.clone())
}

fn languages_in(segment: &[Token]) -> Option<String> {
    find_language(&segment.iter().collect::<Vec<_>>())
}

fn raw(tokens: &[&Token]) -> String {
    tokens.iter().map(|token| token.raw.as_str()).collect::<Vec<_>>().join(" ")
}

fn filler(token: &Token) -> bool {
    FILLERS.contains(&token.raw.to_lowercase().as_str())
}

/// A well-known place anywhere in a clause.
fn known_place(segment: &[Token], ctx: &Context<'_>) -> Option<String> {
    let list: Vec<&Token> = segment.iter().collect();
    for length in (1..=3).rev() {
        for window in list.windows(length) {
            let words = raw(window);
            let plain = window.iter().all(|token| {
                token.key == fold(&token.raw).replace(' ', "")
                    || token.key.contains('/')
                    || token.guessed
                    || token.raw.contains('-')
            });
            if words.len() < 3 || !plain || window.iter().any(|token| filler(token)) {
                continue;
            }
            if let Found::One(_) | Found::Many(_) = ctx.lists.zone_of_known_place(&words) {
                return Some(words);
            }
        }
    }
    None
}

/// True where the clause so far says all it has to, so that the next subject opens a new one: "tz utc | user nyx".
pub(super) fn is_complete(current: &[Token], next: &Token, after: Option<&Token>, ctx: &Context<'_>) -> bool {
    let Some(last) = current.last() else { return false };
    let Some(after) = after else { return false };
    let lead = filler(last)
        || last.is(&[
            "name", "hostname", "timezone", "keyboard", "locale", "system", "user", "use", "to", "it",
            "install", "sudo", "no", "with", "for", "separate", "same", "computer", "all", "time", "whole",
            "beside",
        ])
        || matches!(
            last.raw.to_lowercase().as_str(),
            "set"
                | "create"
                | "add"
                | "new"
                | "rename"
                | "give"
                | "put"
                | "your"
                | "his"
                | "her"
                | "our"
                | "normal"
                | "plain"
                | "and"
                | "one"
                | "needs"
                | "root"
                | "host"
                | "domain"
        );
    if lead || after.is_break() {
        return false;
    }
    if next.is(&["keyboard", "language", "locale", "timezone"]) {
        // "german keyboard": the value came first.
        let value = languages::language_nearly(&last.raw).is_some()
            || ctx.lists.has_keymap(&last.raw.to_lowercase())
            || matches!(ctx.lists.zone_of_known_place(&last.raw), Found::One(_));
        let own = |token: &Token| {
            token.is(&["hostname", "timezone", "keyboard", "locale", "language", "user", "name", "host"])
        };
        return !value || current.iter().any(own);
    }
    !(next.key == "name" && last.is(&["disk", "account"]))
}

/// Reads a clause about a setting.
pub(super) fn read(segment: &[Token], said: &Said, ctx: &Context<'_>) -> Option<Vec<Reading>> {
    let keys = |keys: &[&str]| segment.iter().position(|token| token.is(keys));
    let mut out = Vec::new();
    // "z and y are swapped, this is a german laptop"
    if said.mistypes
        && languages_in(segment).is_some()
        && keys(&["keyboard", "keys", "language", "locale"]).is_none()
    {
        return languages_in(segment).map(|language| vec![Reading::Keyboard(language)]);
    }
    let keyboard = keys(&["keyboard"]).or_else(|| keys(&["keys", "layout"]).filter(|_| segment.len() <= 8));
    let about_device = segment.iter().any(|token| crate::refs::device_name(&token.key).is_some())
        || keys(&["gpt"]).is_some();
    if let Some(at) = keyboard.filter(|_| !about_device) {
        if let Some(value) = beside(segment, at, |words| matches!(ctx.lists.keymap(words), Found::One(_))) {
            out.push(Reading::Keyboard(value));
        } else if let Some(value) = said.language.clone().or_else(|| language_to_match(segment, ctx)) {
            out.push(Reading::Keyboard(value));
        } else if segment[at].key == "keyboard" {
            out.push(Reading::Keyboard(rest_after(segment, at)));
        }
    }
    let language = keys(&["locale", "language", "menus"]);
    if let Some(at) = language {
        if let Some(value) = beside(segment, at, |words| matches!(ctx.lists.locale(words), Found::One(_))) {
            out.push(Reading::Locale(value));
        } else if let Some(value) = said.language.clone() {
            out.push(Reading::Locale(value));
        } else {
            out.push(Reading::Locale(rest_after(segment, at)));
        }
    } else if keyboard.is_none() {
        let everything = keys(&["all", "system", "whole"]).is_some()
            && keys(&["disk", "erase", "encrypt", "time"]).is_none();
        let speaks = segment.iter().any(|token| {
            matches!(
                token.raw.to_lowercase().as_str(),
                "in" | "auf" | "en" | "speak" | "speaks" | "reads" | "talk" | "po" | "read"
            )
        });
        if everything
            || segment.iter().any(|token| {
                matches!(token.raw.to_lowercase().as_str(), "speak" | "speaks" | "reads" | "talk")
            })
        {
            let list: Vec<&Token> = segment.iter().collect();
            if let Some(value) = find_language(&list).filter(|_| speaks) {
                out.push(Reading::Locale(value));
            }
        }
    }
    let clock = keys(&["timezone", "zone"]).or_else(|| keys(&["time"]));
    if let Some(at) = clock {
        let sure = segment[at].is(&["timezone", "zone"])
            || matches!(segment[at].raw.to_lowercase().as_str(), "clock" | "clocks");
        // Names as they are before names that are nearly so; those only where a zone was surely asked for.
        let zone = segment[at].is(&["timezone", "zone"]);
        let exact = |words: &str| !matches!(ctx.lists.zone_of_known_place(words), Found::Nothing);
        let near = |words: &str| !matches!(ctx.lists.zone(words), Found::Nothing);
        let place = beside(segment, at, exact)
            .or_else(|| known_place(segment, ctx))
            .or_else(|| if zone { beside(segment, at, near) } else { None })
            .or_else(|| if sure || out.is_empty() { said.place.clone() } else { None })
            .or_else(|| if refers(segment) { zone_to_match(ctx) } else { None });
        match place {
            Some(place) => out.push(Reading::Timezone(place)),
            None if segment[at].key == "timezone" || (segment[at].key == "zone" && segment.len() > 1) => {
                out.push(Reading::Timezone(rest_after(segment, at)));
            }
            None => {}
        }
    }
    if out.is_empty() {
        if let Some(name) = host(segment) {
            return Some(vec![Reading::Hostname(name)]);
        }
        // "canadian english" alone among settings is a language.
        let list: Vec<&Token> = segment.iter().collect();
        if said.segments.len() > 1
            && segment.len() == 2
            && fold(&raw(&list)).ends_with("english")
            && languages::language(&raw(&list)).is_some()
        {
            return Some(vec![Reading::Locale(raw(&list))]);
        }
        if let Some(place) = lives(segment, said, ctx) {
            return Some(vec![Reading::Timezone(place)]);
        }
        return None;
    }
    Some(out)
}

/// "the keyboard same", "a clock to match", "from there too".
fn refers(segment: &[Token]) -> bool {
    segment.iter().any(|token| {
        matches!(
            token.raw.to_lowercase().as_str(),
            "same" | "match" | "there" | "too" | "likewise" | "matching"
        )
    })
}

/// The language that goes with what is set: the locale's, or that of the zone's country.
fn language_to_match(segment: &[Token], ctx: &Context<'_>) -> Option<String> {
    if !refers(segment) {
        return None;
    }
    let by_locale = ctx.state.locale.as_deref().and_then(languages::word_of_locale);
    let by_zone = || ctx.state.timezone.as_deref().and_then(levitate_core::lists::places::country_of_zone);
    let there = segment.iter().any(|token| token.raw.eq_ignore_ascii_case("there"));
    let word = if there { by_zone().or(by_locale) } else { by_locale.or_else(by_zone) };
    word.map(str::to_owned)
}

/// The zone that goes with the keyboard or the language that is set, where there is one.
fn zone_to_match(ctx: &Context<'_>) -> Option<String> {
    let words = ctx.state.keyboard.as_deref().map(languages::words_of_keymap).into_iter().flatten();
    let more = ctx.state.locale.as_deref().and_then(languages::word_of_locale);
    words
        .chain(more)
        .find(|word| matches!(ctx.lists.zone_of_known_place(word), Found::One(_)) && word.len() > 3)
        .map(str::to_owned)
}

/// The value beside a subject: after it, else before it; the longest run of words that the test takes.
fn beside(segment: &[Token], at: usize, test: impl Fn(&str) -> bool) -> Option<String> {
    let after: Vec<&Token> = segment[at + 1..].iter().collect();
    let start = after
        .iter()
        .position(|token| {
            !filler(token)
                && !token.is(&["keyboard", "keys", "layout", "time", "timezone", "zone", "locale", "system"])
        })
        .unwrap_or(after.len());
    let try_run = |run: &[&Token]| {
        let words = raw(run);
        test(&words).then_some(words)
    };
    for skip in 0..2 {
        let from = start + skip;
        for length in (1..=4usize).rev() {
            if from + length <= after.len()
                && let Some(found) = try_run(&after[from..from + length])
            {
                return Some(found);
            }
        }
    }
    // Codes such as "it" and "no" are fillers that may be the value: "keyboard de", "it keymap", "keyboard no".
    if start == after.len()
        && let [.., code] = after[..]
        && (after.len() == 1 || matches!(code.raw.as_str(), "de" | "es" | "it" | "no"))
        && let Some(found) = try_run(&[code])
    {
        return Some(found);
    }
    let before: Vec<&Token> = segment[..at].iter().collect();
    for length in (1..=3usize).rev() {
        if length <= before.len() {
            let run = &before[before.len() - length..];
            if run.iter().all(|token| filler(token)) && !(at == 1 && segment.len() == 2) {
                continue;
            }
            if let Some(found) = try_run(run) {
                return Some(found);
            }
        }
    }
    for run in before.windows(2).rev().chain(before.windows(1).rev()) {
        if run.iter().any(|token| filler(token) || token.raw.len() < 4) {
            continue;
        }
        if let Some(found) = try_run(run) {
            return Some(found);
        }
    }
    // The value may stand a few words off: "change keyboard to the hungarian one".
    after.iter().filter(|token| !filler(token) && token.raw.len() > 3).find_map(|token| try_run(&[token]))
}

fn rest_after(segment: &[Token], at: usize) -> String {
    let words: Vec<&str> =
        segment[at + 1..].iter().filter(|token| !filler(token)).map(|token| token.raw.as_str()).collect();
    words.join(" ")
}

/// Words that are a language sooner than a place.
const ADJECTIVES: &[&str] = &[
    "english", "german", "french", "spanish", "italian", "portuguese", "dutch", "polish", "czech", "danish",
    "norwegian", "swedish", "finnish", "greek", "turkish", "hungarian", "romanian", "bulgarian", "ukrainian",
    "slovak", "japanese", "chinese", "korean", "thai", "irish", "scottish", "british", "belgian", "swiss",
    "indian", "egyptian", "icelandic", "serbian",
];

/// "i live in lisbon", "berlin", "we're near seattle".
fn lives(segment: &[Token], said: &Said, ctx: &Context<'_>) -> Option<String> {
    let says =
        |words: &[&str]| segment.iter().any(|token| words.contains(&token.raw.to_lowercase().as_str()));
    let at_home = says(&[
        "live", "lives", "living", "near", "from", "in", "im", "i'm", "we're", "moved", "wohne", "lebe",
        "habite", "j'habite", "vivo", "soy", "woon", "working", "based", "abito", "moro", "hosted", "stands",
        "sits",
    ]);
    let line = raw(&segment.iter().collect::<Vec<_>>());
    let adjective = ADJECTIVES.iter().any(|word| fold(&line).ends_with(word));
    let place_alone = segment.len() <= 2 && said.segments.len() > 1 && !adjective;
    if segment.iter().any(|token| {
        token.is(&[
            "disk", "keep", "erase", "install", "user", "sudo", "hostname", "partition", "mount", "free",
            "beside", "copy", "bootloader", "keyboard", "use", "password",
        ]) || token.size.is_some()
    }) {
        return None;
    }
    if let [only] = segment
        && only.raw.contains('/')
        && !only.raw.starts_with('/')
    {
        return matches!(ctx.lists.zone(&only.raw), Found::One(_)).then(|| only.raw.clone());
    }
    // After "to" or the last preposition, the place that counts: "moved from oslo to aarhus".
    if let Some(at) = segment
        .iter()
        .rposition(|token| {
            matches!(
                token.raw.to_lowercase().as_str(),
                "to" | "in" | "near" | "from" | "de" | "à" | "em" | "en"
            )
        })
        .filter(|_| at_home)
    {
        for length in (1..=4usize).rev() {
            let from = at + 1 + usize::from(segment.get(at + 1).is_some_and(filler));
            let Some(run) = segment.get(from..from + length) else { continue };
            let words = raw(&run.iter().collect::<Vec<_>>());
            let mistyped = segment.len() <= 5 && words.len() > 4;
            if matches!(ctx.lists.zone_of_known_place(&words), Found::One(_) | Found::Many(_))
                || (mistyped && length == 1 && matches!(ctx.lists.zone(&words), Found::One(_)))
            {
                return Some(words);
            }
        }
    }
    if at_home || place_alone {
        let place = known_place(segment, ctx)?;
        let one_word_of_many = segment.len() > 8 && place.len() < 5;
        return (!one_word_of_many && (at_home || place.len() > 3)).then_some(place);
    }
    None
}

/// "hostname is my-laptop", "call it quiet-river", "computer is ghost", "it should announce itself as octoprint".
fn host(segment: &[Token]) -> Option<String> {
    let word = |at: usize| segment.get(at).map_or("", |token| token.raw.as_str()).to_lowercase();
    if segment.iter().any(|token| token.is(&["user", "password", "sudo", "group", "partition"])) {
        return None;
    }
    let named = |token: &Token| {
        matches!(token.raw.to_lowercase().as_str(), "announce" | "list" | "appear" | "announces" | "known")
    };
    // The word that says it is a name, before a word that only says what is named.
    let naming = |token: &Token| {
        token.is(&["hostname", "host", "name", "call"]) && !token.raw.eq_ignore_ascii_case("calls")
    };
    let announced = segment.iter().any(|token| matches!(token.raw.as_str(), "as" | "itself"));
    let anchor = segment
        .iter()
        .position(naming)
        .or_else(|| segment.iter().position(named).filter(|_| announced))
        .or_else(|| segment.iter().rposition(|token| token.key == "computer"))?;
    let strong = segment.iter().any(|token| {
        token.is(&["hostname", "host", "call"])
            || (token.key == "name" && token.raw.len() > 3)
            || named(token)
    });
    let computer_only = !strong;
    if computer_only {
        // "computer is ghost", not "it's a cheap little laptop".
        let is = word(anchor + 1);
        if !(matches!(is.as_str(), "is" | "heißt" | "ist") && segment.len() == anchor + 3 && anchor <= 1) {
            return None;
        }
    }
    // "name the box after him"
    if segment.iter().any(|token| matches!(token.raw.as_str(), "after" | "like"))
        && segment.iter().any(|token| matches!(token.raw.as_str(), "him" | "her" | "me" | "them"))
    {
        return Some("it".into());
    }
    let mut from = anchor + 1;
    if let Some(at) = segment
        .iter()
        .rposition(|token| matches!(token.raw.to_lowercase().as_str(), "as" | "called" | "named" | "be"))
        .filter(|at| *at + 1 < segment.len())
    {
        from = from.max(at + 1);
    }
    let skip = |token: &Token| {
        (filler(token) && !(token.raw.chars().any(char::is_uppercase)))
            || token.is(&["computer", "hostname", "name", "host", "call", "no", "with"])
                && token.raw.len() > 1
                && !token.guessed
    };
    // "hostname my nuc": somebody means both words.
    let both = segment[anchor].key == "hostname" && word(anchor + 1) == "my";
    while !both && segment.get(from).is_some_and(&skip) && from + 1 < segment.len() {
        from += 1;
    }
    let mut value: Vec<&str> = Vec::new();
    for token in segment.get(from..).unwrap_or(&[]) {
        let trailing = token.is(&["please", "for", "with", "instead"])
            || matches!(
                token.raw.as_str(),
                "on" | "now" | "then" | "network" | "ok" | "thanks" | "the" | "baby"
            );
        if trailing && !value.is_empty() {
            break;
        }
        value.push(&token.raw);
    }
    let value = value.join(" ");
    let value = value.trim_matches(|c: char| c == '"' || c == '\'' || c == '.' || c == ',').to_owned();
    let only_fillers = segment.get(from).is_some_and(|token| filler(token) && value.split(' ').count() == 1);
    if value.is_empty() || (only_fillers && !strong) {
        return if segment.iter().any(|token| token.key == "hostname") { Some(String::new()) } else { None };
    }
    if value.split(' ').any(|word| matches!(word, "i" | "that" | "who" | "was" | "what" | "says")) {
        return None;
    }
    // A sentence is no name.
    if value.split(' ').count() > 4 {
        return None;
    }
    Some(value)
}
