//! Is someone asking, and for what?

/// A prompt that waits for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Asks for the passphrase of a disk: GRUB, the initramfs, or the installer.
    Passphrase(String),
    /// Asks for an account's password.
    Password(String),
    /// Asks who logs in.
    Login(String),
    /// A shell.
    Shell(String),
    /// Anything else that takes a line: the installer's own prompts.
    Line(String),
    /// A boot loader or an initramfs that has given up and offers its shell.
    Rescue(String),
}

impl Prompt {
    /// The prompt's words.
    pub fn text(&self) -> &str {
        match self {
            Self::Passphrase(text)
            | Self::Password(text)
            | Self::Login(text)
            | Self::Shell(text)
            | Self::Line(text)
            | Self::Rescue(text) => text.trim(),
        }
    }
}

/// What the text before the cursor asks for, if it is a prompt.
pub fn waiting(before_cursor: &str) -> Option<Prompt> {
    let text = before_cursor.trim_start();
    let own = || text.to_owned();
    if ["grub> ", "grub rescue> ", "(initramfs) "].contains(&text) {
        return Some(Prompt::Rescue(own()));
    }
    let lower = text.to_lowercase();
    let asks = lower.ends_with(": ") || lower.ends_with(':');
    if asks && (lower.contains("passphrase") || lower.contains("please unlock")) {
        return Some(Prompt::Passphrase(own()));
    }
    if asks && lower.contains("password") {
        return Some(Prompt::Password(own()));
    }
    if lower.ends_with("login: ") {
        return Some(Prompt::Login(own()));
    }
    if lower.ends_with("> ") || (asks && (lower.contains("confirm") || lower.contains("type the name"))) {
        return Some(Prompt::Line(own()));
    }
    let shell = (text.contains('@') || text.starts_with("bash-") || text.len() == 2)
        && (text.ends_with("# ") || text.ends_with("$ "));
    shell.then(|| Prompt::Shell(own()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each text as it stood before the cursor of a real guest, and what it asks for.
    #[test]
    fn prompts_are_told_apart() {
        type Kind = fn(String) -> Prompt;
        let cases: [(&str, Kind); 17] = [
            ("> ", Prompt::Line),
            ("Proceed? [y/n] > ", Prompt::Line),
            ("Reboot now? [y/n] > ", Prompt::Line),
            ("  Confirm: ", Prompt::Line),
            ("Type the name of the disk to go on: ", Prompt::Line),
            ("  Enter encryption passphrase: ", Prompt::Passphrase),
            ("Enter passphrase for hd0,gpt2 (3037ecd4-634d-4ddc-a85c-9b4952a546f1): ", Prompt::Passphrase),
            ("Please unlock disk levitate-root: ", Prompt::Passphrase),
            ("Set password for vince: ", Prompt::Password),
            ("[sudo] password for vince: ", Prompt::Password),
            ("Password: ", Prompt::Password),
            ("my-laptop login: ", Prompt::Login),
            ("root@levitate-live:~# ", Prompt::Shell),
            ("vince@my-laptop:~$ ", Prompt::Shell),
            ("# ", Prompt::Shell),
            ("grub rescue> ", Prompt::Rescue),
            ("(initramfs) ", Prompt::Rescue),
        ];
        for (text, kind) in cases {
            assert_eq!(waiting(text), Some(kind(text.trim_start().to_owned())), "{text}");
        }
    }

    #[test]
    fn output_on_its_way_is_no_prompt() {
        for text in [
            "",
            "Copying system... [########            ] 40% ",
            "Creating partition table... ",
            "> what disks do I have",
            "[    1.234567] vda: ",
            "Set timezone to America/Los_Angeles",
            "Found:",
            "Plan: ",
            "root@levitate-live:~# ls",
        ] {
            assert_eq!(waiting(text), None, "{text}");
        }
    }
}
