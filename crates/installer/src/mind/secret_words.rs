//! A password that somebody types into the conversation goes no further than this.
//!
//! Passwords are asked for in hidden prompts. Somebody may write one all the same ("password is hunter2"): it is
//! taken out before the sentence reaches a model, the history or the log.

/// What stands for what was taken out.
pub const HIDDEN: &str = "[hidden]";

/// Words after which a password may come.
const SUBJECTS: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "kennwort",
    "pw",
    "pwd",
    "passcode",
    "contraseña",
    "contrasena",
    "senha",
    "wachtwoord",
    "hasło",
    "haslo",
    "lösenord",
    "mdp",
];
/// Words that say: here it comes.
const LINKS: [&str; 12] = ["is", "to", "be", "=", ":", "as", "ist", "auf", "es", "est", "är", "at"];
/// Words after a link that are no password.
const HARMLESS: [&str; 26] = [
    "root",
    "me",
    "him",
    "her",
    "them",
    "it",
    "the",
    "a",
    "my",
    "his",
    "be",
    "set",
    "not",
    "next",
    "same",
    "for",
    "now",
    "something",
    "this",
    "that",
    "asked",
    "typed",
    "empty",
    "user",
    "account",
    "ask",
];

/// The sentence without a password that stands in it, and whether there was one.
pub fn mask(text: &str) -> (String, bool) {
    let mut out: Vec<String> = Vec::new();
    let (mut about, mut linked, mut hidden) = (false, false, false);
    for word in text.split_whitespace() {
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
        ] {
            assert_eq!(mask(said), (said.to_owned(), false), "{said}");
        }
    }
}
