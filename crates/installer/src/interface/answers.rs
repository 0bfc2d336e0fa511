//! Yes and no as people type them.

/// Yes, no, or something else.
pub fn yes_or_no(text: &str) -> Option<bool> {
    let text = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    match text.as_str() {
        "y" | "yes" | "yeah" | "yep" | "yup" | "yes please" | "ok" | "okay" | "k" | "sure" | "do it"
        | "go" | "go ahead" | "proceed" | "confirm" | "continue" | "oui" | "ja" | "si" | "sí" | "sim"
        | "да" | "はい" => Some(true),
        "n" | "no" | "nope" | "nah" | "no thanks" | "cancel" | "abort" | "stop" | "don't" | "nein"
        | "non" | "não" | "nao" | "нет" | "いいえ" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::yes_or_no;

    #[test]
    fn only_a_plain_yes_or_no_is_an_answer() {
        for yes in ["y", "Y", " yes ", "OK", "k", "do it", "oui", "Yes!"] {
            assert_eq!(yes_or_no(yes), Some(true), "{yes}");
        }
        for no in ["n", "No.", "nope", "cancel", "nein"] {
            assert_eq!(yes_or_no(no), Some(false), "{no}");
        }
        for other in ["", "yes but encrypted", "no swap", "y n", "list disks", "yesterday"] {
            assert_eq!(yes_or_no(other), None, "{other}");
        }
    }
}
