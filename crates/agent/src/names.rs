//! Host, user and group names: what is allowed, and the nearest allowed name to propose.

use levitate_core::lists::fold;
use levitate_core::names::RESERVED;

/// Why a host name is refused (RFC 1123), or nothing.
pub fn host_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.len() > 253 {
        return Some("it is longer than 253 characters");
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Some("a part between dots is empty");
        }
        if label.len() > 63 {
            return Some("a part is longer than 63 characters");
        }
        if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Some("only letters, digits and - are allowed");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Some("it may not start or end with -");
        }
    }
    if name.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Some("it looks like a number or an address");
    }
    None
}

/// The nearest allowed host name.
pub fn host_proposal(said: &str) -> Option<String> {
    let name = fold(said).replace(' ', "-");
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(63).collect();
    let name = name.trim_matches('-').to_owned();
    host_problem(&name).is_none().then_some(name)
}

/// Why a user name is refused (the portable rule, and Debian's), or nothing.
pub fn user_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.len() > 32 {
        return Some("it is longer than 32 characters");
    }
    if RESERVED.contains(&name) {
        return Some("the system uses that name itself");
    }
    let first = name.as_bytes()[0];
    if !(first.is_ascii_lowercase() || first == b'_') {
        return Some("it has to start with a small letter");
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_') {
        return Some("only small letters, digits, - and _ are allowed");
    }
    None
}

/// The nearest allowed user name.
pub fn user_proposal(said: &str) -> Option<String> {
    let name: String = fold(said)
        .replace(' ', "")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .skip_while(|c| !c.is_ascii_lowercase())
        .take(32)
        .collect();
    user_problem(&name).is_none().then_some(name)
}

/// True where a group may have this name.
pub fn is_group(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 32
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        && !name.as_bytes()[0].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_repaired() {
        for good in ["my-laptop", "nuc-04", "a", "web01.example.org", "X1"] {
            assert_eq!(host_problem(good), None, "{good}");
        }
        let long = "a".repeat(64);
        for bad in
            ["", "my laptop", "-x", "x-", "a..b", "ä", "1234", "10.0.0.1", "$(reboot)", long.as_str(), "a_b"]
        {
            assert!(host_problem(bad).is_some(), "{bad}");
        }
        assert_eq!(host_proposal("my cool pc!").as_deref(), Some("my-cool-pc"));
        assert_eq!(host_proposal("Büro"), Some("buro".into()));
        for good in ["vince", "_x", "a-b", "u1"] {
            assert_eq!(user_problem(good), None, "{good}");
        }
        for bad in ["", "Root", "root", "1a", "a b", "ä", "www-data", "x;y"] {
            assert!(user_problem(bad).is_some(), "{bad}");
        }
        assert_eq!(user_proposal("Jörg Müller").as_deref(), Some("jorgmuller"));
        assert_eq!(user_proposal("42"), None);
    }
}
