//! Accounts, passwords and groups.

use super::Words;
use crate::Context;
use crate::names;
use crate::reading::Reading;
use crate::text::Token;

/// Words of a clause about people that are no names.
const NOT_NAMES: &[&str] = &[
    "plus", "move", "actually", "wish", "off", "take", "ela", "ele", "elle", "er", "sie", "ella", "lui",
    "lei", "thing", "wants", "goes", "become", "root", "becomes", "ma", "a", "an", "the", "for", "to", "new",
    "with", "called", "named", "name", "is", "as", "my", "me", "i", "am", "im", "i'm", "and", "needs",
    "need", "needed", "an", "one", "another", "also", "please", "create", "make", "add", "set", "up", "give",
    "put", "normal", "plain", "ordinary", "regular", "just", "only", "gets", "get", "has", "have", "wants",
    "want", "should", "shall", "be", "can", "do", "use", "login", "theres", "there's", "there", "someone",
    "it", "that", "this", "who", "will", "of", "in", "into", "on", "by", "same", "at", "or", "kid",
    "daughter", "son", "wife", "husband", "brother", "sister", "grandma", "granddad", "missus", "dad", "mom",
    "mum", "our", "his", "her", "him", "she", "he", "they", "them", "their", "too", "well", "as", "rights",
    "right", "ein", "eine", "einen", "un", "una", "une", "uno", "la", "le", "el", "een", "aan", "maak",
    "crea", "cria", "cree", "creer", "crear", "ma", "byc", "zrob", "stuff", "things", "oh", "w", "either",
    "two", "three", "four", "several", "both", "each", "more", "zwei", "drei", "deux", "trois", "dos", "due",
];

/// Relations between the speaker and an account, by word.
const PRONOUNS: [(&str, &str); 15] = [
    ("him", "it"),
    ("her", "it"),
    ("his", "it"),
    ("hers", "it"),
    ("he", "it"),
    ("she", "it"),
    ("them", "it"),
    ("ela", "it"),
    ("ele", "it"),
    ("elle", "it"),
    ("ella", "it"),
    ("me", "me"),
    ("i", "me"),
    ("my", "me"),
    ("mine", "me"),
];

/// Reads a clause about people; says how many clauses it took.
pub(super) fn read(
    segment: &[Token],
    next: Option<&[Token]>,
    words: &Words<'_>,
    ctx: &Context<'_>,
    before: &[Reading],
) -> Option<(Vec<Reading>, usize)> {
    let has = |keys: &[&str]| segment.iter().any(|token| token.is(keys));
    let disk_talk = has(&["disk", "encrypt", "erase", "swap", "mount", "format"])
        || segment.iter().any(|token| crate::refs::device_name(&token.key).is_some());
    if has(&["password"]) && !disk_talk && !words.says(&["before it", "at boot", "ask me a password before"])
    {
        return Some((vec![Reading::Password(owner(segment, ctx))], 1))
            .filter(|_| segment.len() <= 12 && !has(&["no"]));
    }
    if disk_talk || has(&["hostname", "host", "computer", "keyboard", "locale", "language", "timezone"]) {
        return None;
    }
    // "and hers", right after a password was spoken of.
    if let [only] = segment
        && matches!(only.raw.to_lowercase().as_str(), "hers" | "his" | "theirs" | "mine")
        && before.is_empty()
        && ctx.history.last().is_some_and(|message| message.content.to_lowercase().contains("password"))
    {
        return Some((vec![Reading::Password("it".into())], 1));
    }
    if let (Some(Reading::Password(_)), Some(name)) = (before.last(), lone_name(segment, ctx)) {
        return Some((vec![Reading::Password(name)], 1));
    }
    // "… and ana please" after a password clause.
    if let (Some(Reading::Password(_)), true) = (before.last(), segment.len() <= 2) {
        if let Some(user) = ctx
            .state
            .users
            .iter()
            .find(|user| segment.iter().any(|token| token.raw.eq_ignore_ascii_case(&user.name)))
        {
            return Some((vec![Reading::Password(user.name.clone())], 1));
        }
        if segment.iter().any(|token| matches!(token.raw.as_str(), "hers" | "his")) {
            return Some((vec![Reading::Password("it".into())], 1));
        }
    }
    let follows = matches!(before.last(), Some(Reading::User { .. } | Reading::Group { .. }));
    let sudo = admin(segment);
    let name = name_in(segment);
    if (has(&["group"]) || segment.iter().any(|token| matches!(token.raw.as_str(), "goes")) && follows)
        && let Some(reading) = group(segment, ctx, follows)
    {
        return Some((vec![reading], 1));
    }
    let known = |name: &str| ctx.state.users.iter().any(|user| user.name == name.to_lowercase());
    // Rights for an account that is there: "make bob admin", "give her sudo as well", "maggie needs to install programs".
    let installs = words.says(&["install programs", "install stuff", "install software", "install things"])
        && has(&["install"]);
    if sudo == Some(true) || (installs && !has(&["no"]) && !words.says(&["shall not", "must not", "can't"])) {
        if let Some(user) = segment.iter().find(|token| known(&token.raw)) {
            return Some((vec![Reading::Group { user: user.raw.to_lowercase(), group: "sudo".into() }], 1));
        }
        let pronoun = segment.iter().find_map(|token| {
            PRONOUNS.iter().find(|(word, _)| token.raw.eq_ignore_ascii_case(word)).map(|(_, meant)| *meant)
        });
        if !has(&["user"]) {
            if let Some(pronoun) = pronoun.filter(|_| {
                name.is_none()
                    || segment.iter().any(|token| {
                        matches!(token.raw.to_lowercase().as_str(), "him" | "her" | "me" | "them")
                    })
            }) {
                return Some((vec![Reading::Group { user: pronoun.into(), group: "sudo".into() }], 1));
            }
            if name.is_none() && segment.len() <= 3 && !follows && !ctx.state.users.is_empty() {
                return Some((vec![Reading::Group { user: "it".into(), group: "sudo".into() }], 1));
            }
        }
    }
    // "i am piotr, and i want to be the administrator"
    let speaks =
        matches!(segment.first().map(|token| token.raw.to_lowercase()).as_deref(), Some("i" | "im" | "i'm"));
    if speaks
        && segment.len() <= 3
        && words.has(&["sudo", "user"])
        && let Some(name) = name.clone()
    {
        return Some((vec![Reading::User { name, sudo: false }], 1));
    }
    if follows && sudo == Some(false) && !has(&["user"]) {
        return Some((Vec::new(), 1));
    }
    // "create lars"
    let made =
        matches!(segment.first().map(|token| token.raw.to_lowercase()).as_deref(), Some("create" | "add"));
    if made
        && segment.len() == 2
        && let Some(name) = lone_name(&segment[1..], ctx)
    {
        return Some((vec![Reading::User { name, sudo: false }], 1));
    }
    let introduces = has(&["user"]) || words.says(&["needs a login", "need a login"]) && has(&["user"]);
    if introduces && segment.iter().any(|token| token.raw.eq_ignore_ascii_case("same")) {
        return Some((vec![Reading::User { name: "it".into(), sudo: sudo == Some(true) }], 1));
    }
    if introduces {
        let mut sudo = sudo;
        let mut used = 1;
        // "account for my kid, name zosia": the name is in the next clause. "user anna, sudo": the rights are.
        let mut name = name;
        if let Some(next) = next {
            let next_name = name_in(next);
            let short = next.len() <= 4
                && !next.iter().any(|token| {
                    token.is(&["user", "hostname", "timezone", "keyboard", "password", "disk", "group"])
                });
            if name.is_none() && short && next.iter().any(|token| token.key == "name") {
                name = next_name.or_else(|| next.last().map(|token| token.raw.clone()));
                used = 2;
            } else if sudo.is_none() && next_name.is_none() && admin(next).is_some() && next.len() <= 6 {
                sudo = admin(next);
                used = 2;
            } else if let (None, Some(lone)) = (&name, lone_name(next, ctx)) {
                name = Some(lone);
                used = 2;
            }
        }
        return Some((
            vec![Reading::User { name: name.unwrap_or_default(), sudo: sudo == Some(true) }],
            used,
        ));
    }
    // "mika gets sudo", "leo a plain account", "anke admin".
    if let (Some(rights), Some(name)) = (sudo, &name)
        && segment.len() <= 7
        && names::user_problem(&name.to_lowercase()).is_none()
    {
        return Some((vec![Reading::User { name: name.clone(), sudo: rights }], 1));
    }
    None
}

/// A clause of one word that can be a login name and nothing else.
pub(super) fn lone_name(segment: &[Token], ctx: &Context<'_>) -> Option<String> {
    let [only] = segment else { return None };
    let name = name_in(segment)?.to_lowercase();
    let other = only.raw.starts_with('/')
        || crate::refs::device_name(&only.key).is_some()
        || super::disk::system_word(only, ctx).is_some()
        || super::disk::pointing(only, ctx).is_some();
    (!other && names::user_problem(&name).is_none()).then_some(name)
}

/// "lea | and finn need accounts": the clause speaks of several.
pub(super) fn introduces_more(segment: &[Token], found: &[Reading]) -> bool {
    matches!(found, [Reading::User { .. }])
        && segment.iter().any(|token| {
            matches!(token.raw.to_lowercase().as_str(), "accounts" | "users" | "logins" | "need" | "both")
        })
}

/// Rights said in a clause: wanted, refused, or not spoken of.
fn admin(segment: &[Token]) -> Option<bool> {
    let at = segment.iter().position(|token| token.is(&["sudo"]))?;
    let refused = segment[..at]
        .iter()
        .rev()
        .take(4)
        .any(|token| token.key == "no" || matches!(token.raw.as_str(), "neither" | "isn't"));
    Some(!refused)
}

/// The one word of a clause that can be a login name.
fn name_in(segment: &[Token]) -> Option<String> {
    let mut after_name = false;
    let mut found = None;
    for token in segment {
        let raw = token.raw.to_lowercase();
        if token.is(&["user", "name"])
            || matches!(raw.as_str(), "called" | "named" | "for" | "am" | "im" | "me")
        {
            after_name = true;
            continue;
        }
        let concept = token.key != levitate_core::lists::fold(&token.raw).replace(' ', "")
            && !token.raw.contains('-')
            && token.size.is_none();
        let typo_of_name = token.guessed && after_name;
        if NOT_NAMES.contains(&raw.as_str())
            || token.is(&["no", "with", "sudo", "user", "please", "group"])
            || (concept && !typo_of_name)
        {
            continue;
        }
        if token.size.is_some() && !raw.chars().any(char::is_alphabetic) {
            continue;
        }
        if found.is_none() {
            found = Some(token.raw.trim_end_matches("'s").to_owned());
        }
    }
    found
}

/// Whose password.
fn owner(segment: &[Token], ctx: &Context<'_>) -> String {
    // "I need a root password": not mine.
    let root = |token: &Token| matches!(token.raw.to_lowercase().as_str(), "root" | "root's" | "roots");
    let beside = |pair: &[Token]| matches!(pair, [a, b] if (root(a) && b.is(&["password"])) || (a.is(&["password"]) && root(b)));
    if segment.windows(2).any(beside) {
        return "root".into();
    }
    for token in segment {
        let raw = token.raw.to_lowercase();
        if matches!(raw.as_str(), "root" | "root's" | "roots" | "route") {
            return "root".into();
        }
        if let Some((_, meant)) = PRONOUNS.iter().find(|(word, _)| *word == raw) {
            return (*meant).into();
        }
        let name = raw.trim_end_matches("'s").trim_end_matches('s').to_owned();
        if let Some(user) = ctx
            .state
            .users
            .iter()
            .find(|user| user.name == raw || user.name == name || format!("{}'s", user.name) == raw)
        {
            return user.name.clone();
        }
    }
    let at = segment
        .iter()
        .position(|token| token.is(&["for"]) || matches!(token.raw.as_str(), "of" | "a" | "à" | "von"));
    let named = at.and_then(|at| segment.get(at + 1..)).and_then(|after| {
        after.iter().find(|token| {
            !token.is(&["password", "user", "the"]) && !NOT_NAMES.contains(&token.raw.to_lowercase().as_str())
        })
    });
    if let Some(token) = named {
        return token.raw.to_lowercase();
    }
    let before = segment
        .iter()
        .position(|token| token.is(&["password"]))
        .filter(|at| *at > 0)
        .and_then(|at| segment.get(at - 1));
    match before {
        Some(token)
            if !NOT_NAMES.contains(&token.raw.to_lowercase().as_str()) && token.raw.ends_with("'s") =>
        {
            token.raw.to_lowercase().trim_end_matches("'s").to_owned()
        }
        _ => String::new(),
    }
}

/// "add hans to the sudo group", "ola into group video", "he goes in docker as well".
fn group(segment: &[Token], ctx: &Context<'_>, follows: bool) -> Option<Reading> {
    let at = segment.iter().position(|token| token.is(&["group"]));
    let not_group = |token: &&Token| {
        let raw = token.raw.to_lowercase();
        !NOT_NAMES.contains(&raw.as_str())
            && !token.is(&["user", "group", "to", "with", "please"])
            && !ctx.state.users.iter().any(|user| user.name == raw)
            && raw != "goes"
    };
    let group = match at {
        // "the video group" before "group video".
        Some(at) => {
            segment[..at].last().filter(not_group).or_else(|| segment[at + 1..].iter().find(not_group))
        }
        None => segment.iter().rfind(not_group),
    }?;
    let user = segment
        .iter()
        .find(|token| ctx.state.users.iter().any(|user| token.raw.eq_ignore_ascii_case(&user.name)))
        .map(|token| token.raw.to_lowercase())
        .or_else(|| {
            segment.iter().find_map(|token| {
                PRONOUNS
                    .iter()
                    .find(|(word, _)| token.raw.eq_ignore_ascii_case(word))
                    .map(|(_, meant)| (*meant).to_owned())
            })
        })
        .or_else(|| name_in(segment).filter(|name| !name.eq_ignore_ascii_case(&group.raw)))
        .unwrap_or_else(|| if follows { "it".into() } else { String::new() });
    Some(Reading::Group { user, group: group.raw.to_lowercase() })
}
