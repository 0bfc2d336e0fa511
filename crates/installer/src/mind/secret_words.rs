//! A password that somebody types into the conversation goes no further than this.
//!
//! Passwords are asked for in hidden prompts. Somebody may write one all the same ("password is hunter2"): it is
//! taken out before the sentence reaches a model, the history or the log.

/// What stands for what was taken out.
pub const HIDDEN: &str = "[hidden]";

/// Words after which a password may come.
const SUBJECTS: [&str; 24] = [
    "password", "passwd", "passphrase", "passwort", "kennwort", "pw", "pwd", "passcode", "contraseña",
    "contrasena", "senha", "wachtwoord", "hasło", "haslo", "lösenord", "mdp", "passe", "parola", "geslo",
    "heslo", "jelszó", "salasana", "passord", "adgangskode",
];
/// Words that say: here it comes.
const LINKS: [&str; 16] =
    ["is", "to", "be", "=", ":", "as", "ist", "auf", "es", "est", "är", "at", "lautet", "je", "è", "é"];
/// Words after a link that are no password.
const HARMLESS: [&str; 26] = [
    "root", "me", "him", "her", "them", "it", "the", "a", "my", "his", "be", "set", "not", "next", "same",
    "for", "now", "something", "this", "that", "asked", "typed", "empty", "user", "account", "ask",
];

fn is_subject(word: &str) -> bool {
    let word = word.to_lowercase();
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    SUBJECTS.contains(&bare) || SUBJECTS.contains(&bare.trim_end_matches("'s"))
}

/// Letters and digits in one long word that is no device, size or path: nobody says such a word but as a secret.
fn looks_secret(word: &str) -> bool {
    let word = word.trim_matches(|c: char| matches!(c, ',' | '.' | '"' | '\''));
    word.chars().count() > 6
        && word.chars().any(char::is_alphabetic)
        && word.chars().any(|c| c.is_ascii_digit())
        && !word.starts_with(|c: char| c.is_ascii_digit() || c == '/')
        && !["nvme", "mmcblk", "sd", "vd", "dm-", "pc1", "utc", "gmt"]
            .iter()
            .any(|kind| word.to_lowercase().starts_with(kind))
        && !word.contains('/')
}

/// The sentence without a password that stands in it, and whether there was one.
pub fn mask(text: &str) -> (String, bool) {
    let mut out: Vec<String> = Vec::new();
    let (mut about, mut linked, mut hidden) = (false, false, false);
    let words: Vec<&str> = text.split_whitespace().collect();
    let encrypts = words.iter().any(|word| word.to_lowercase().starts_with("encrypt"));
    for (at, word) in words.iter().copied().enumerate() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '=' && c != ':').to_lowercase();
        let subject = bare.trim_end_matches([':', '=']);
        // "password:hunter2", "pw=hunter2"
        if let Some((name, value)) = word.split_once([':', '='])
            && SUBJECTS.contains(&name.to_lowercase().as_str())
            && !value.is_empty()
        {
            out.push(format!("{name}:{HIDDEN}"));
            hidden = true;
            continue;
        }
        // "root:hunter2s", as chpasswd wants it.
        if let Some((name, value)) = word.split_once(':')
            && !name.is_empty()
            && looks_secret(value)
        {
            out.push(format!("{name}:{HIDDEN}"));
            hidden = true;
            continue;
        }
        // "my password hunter2aa", "hunter2aa is the password", "encrypt it with hunter2aa"
        let before = at.checked_sub(1).map_or("", |before| words[before]).to_lowercase();
        let before = before.trim_end_matches([',', ':']);
        let behind = words.get(at + 1..).unwrap_or_default();
        let named = behind.iter().take(4).any(|word| is_subject(word))
            && behind
                .first()
                .is_some_and(|word| matches!(word.to_lowercase().as_str(), "is" | "ist" | "est" | "es"));
        let key =
            encrypts && matches!(before, "with" | "key" | "phrase" | "passphrase" | "mit" | "avec" | "con");
        if looks_secret(word) && (is_subject(before) || named || key) {
            out.push(HIDDEN.into());
            (about, linked, hidden) = (false, false, true);
            continue;
        }
        if about && linked && !HARMLESS.contains(&bare.as_str()) && !LINKS.contains(&bare.as_str()) {
            out.push(HIDDEN.into());
            (about, linked, hidden) = (false, false, true);
            continue;
        }
        if SUBJECTS.contains(&subject) {
            about = true;
            linked = bare.len() > subject.len();
        } else if about && (LINKS.contains(&bare.as_str()) || bare.ends_with(':')) {
            linked = true;
        } else if about && matches!(bare.as_str(), "and" | "then" | "und" | "et" | "y") {
            about = false;
        }
        out.push(word.to_owned());
    }
    if hidden { (out.join(" "), true) } else { (text.to_owned(), false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_sentence_is_taken_out() {
        for (said, kept) in [
            ("set the password to hunter2", "set the password to [hidden]"),
            ("my password is Tr0ub4dor&3", "my password is [hidden]"),
            ("password: s3cret", "password: [hidden]"),
            ("user anna pw=abc123 sudo", "user anna pw:[hidden] sudo"),
            ("create vince, password for him is swordfish", "create vince, password for him is [hidden]"),
            ("das Passwort ist geheim", "das Passwort ist [hidden]"),
            ("root:hunter2ss", "root:[hidden]"),
            ("echo root:hunter2ww | chpasswd", "echo root:[hidden] | chpasswd"),
            ("mot de passe est hunter2ff", "mot de passe est [hidden]"),
            ("geslo je hunter2mm", "geslo je [hidden]"),
            ("my password hunter2aa", "my password [hidden]"),
            ("user anna with password hunter2dd, sudo", "user anna with password [hidden] sudo"),
            ("hunter2ii is the password", "[hidden] is the password"),
            ("my password's hunter2kk", "my password's [hidden]"),
            ("das kennwort lautet hunter2uu", "das kennwort lautet [hidden]"),
            ("encrypt sdb with hunter2gg", "encrypt sdb with [hidden]"),
            ("use sdb encrypted, key hunter2hh", "use sdb encrypted, key [hidden]"),
        ] {
            assert_eq!(mask(said), (kept.to_owned(), true), "{said}");
        }
    }

    #[test]
    fn sentences_about_passwords_stay_as_they_are() {
        for said in [
            "set a password for root",
            "set the root password",
            "password for vince please",
            "change password of anna to the same",
            "does the password have to be set to something?",
            "the password is to be asked for",
            "set password and the timezone is vienna",
            "list  disks",
            "encrypt nvme0n1p2 with btrfs",
            "user vincent2, password later",
            "sda:512GB encrypted with LUKS2",
            "pass it on to vincent2",
        ] {
            assert_eq!(mask(said), (said.to_owned(), false), "{said}");
        }
    }
}
