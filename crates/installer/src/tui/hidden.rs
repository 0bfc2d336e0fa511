//! The field of a secret: stars, how strong it is, and what may go wrong with it. Never in the history, the chat or
//! the log; wiped when dropped.

use secrecy::SecretString;
use zeroize::Zeroizing;

/// The most bytes a secret may have; cryptsetup reads 512.
const LONGEST: usize = 512;

/// What was typed.
pub struct Hidden {
    /// Never moved while it grows, so that no copy stays behind in memory.
    typed: Zeroizing<String>,
    strength: Option<Strength>,
}

/// How hard it is to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// 0 to 4.
    pub score: u8,
    /// The same in a word.
    pub word: &'static str,
}

impl Default for Hidden {
    fn default() -> Self {
        Self { typed: Zeroizing::new(String::with_capacity(LONGEST)), strength: None }
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}

impl Hidden {
    /// One more letter.
    pub fn push(&mut self, letter: char) {
        if !letter.is_control() && self.typed.len() + letter.len_utf8() <= LONGEST {
            self.typed.push(letter);
            self.judge();
        }
    }

    /// The last letter away.
    pub fn pop(&mut self) {
        self.typed.pop();
        self.judge();
    }

    /// All away: nobody sees where a word begins.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Letters typed.
    pub fn letters(&self) -> usize {
        self.typed.chars().count()
    }

    /// What was typed; the field is empty after it.
    pub fn take(&mut self) -> SecretString {
        let secret = SecretString::from(self.typed.as_str());
        self.clear();
        secret
    }

    fn judge(&mut self) {
        // Guessing a very long one is not worth the time it takes to judge it.
        let head: String = self.typed.chars().take(64).collect();
        let head = Zeroizing::new(head);
        self.strength = (!head.is_empty()).then(|| {
            let score = u8::from(zxcvbn::zxcvbn(&head, &[]).score());
            let word = ["very weak", "weak", "fair", "good", "strong"][usize::from(score.min(4))];
            Strength { score, word }
        });
    }

    /// How hard it is to guess; `None` where nothing was typed.
    pub fn strength(&self) -> Option<Strength> {
        self.strength
    }

    /// What may go wrong with it.
    pub fn hint(&self) -> Option<&'static str> {
        let upper = self.typed.chars().filter(|c| c.is_uppercase()).count();
        if !self.typed.is_ascii() {
            return Some("It has letters beyond ASCII; the keyboard at boot may not have them.");
        }
        if upper >= 3 && !self.typed.chars().any(char::is_lowercase) {
            return Some("All capitals: is Caps Lock on?");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn typed(text: &str) -> Hidden {
        let mut hidden = Hidden::default();
        text.chars().for_each(|letter| hidden.push(letter));
        hidden
    }

    #[test]
    fn a_secret_is_taken_once_and_shown_never() {
        let mut hidden = typed("pä\u{1b}sswört");
        hidden.pop();
        assert_eq!(hidden.letters(), 7);
        assert_eq!(format!("{hidden:?}"), "Hidden");
        assert_eq!(hidden.take().expose_secret(), "pässwör");
        assert_eq!(hidden.take().expose_secret(), "");
        assert_eq!(typed(&"x".repeat(600)).letters(), LONGEST);
    }

    #[test]
    fn its_strength_and_its_dangers_are_told() {
        assert_eq!(typed("").strength(), None);
        assert_eq!(typed("password").strength().unwrap().score, 0);
        assert_eq!(typed("correct horse battery staple").strength().unwrap().score, 4);
        assert!(typed("HUNTER").hint().unwrap().contains("Caps Lock"));
        assert!(typed("Hunter").hint().is_none());
        assert!(typed("schlüssel").hint().unwrap().contains("ASCII"));
    }
}
