//! Taking the last thing back, and nothing else than what was meant.

use levitate_core::exec::{self, UndoneLast};
use levitate_core::lists::fold;
use levitate_core::spec::InstallSpec;

use super::{Session, Undoable, consent};

impl Session {
    /// Takes back what was wished or done last. Who names another thing is told what was last.
    pub(super) fn take_back(&mut self, text: &str) {
        if self.pending.take().is_some() {
            return self.say("The plan is dropped; nothing was changed.");
        }
        if self.undone && asks_again(text) {
            return self.say("What was taken back can be had again by saying it again; I do not keep it.");
        }
        if is_all(text) {
            return self.take_all_back();
        }
        let Some(last) = self.undo.last() else { return self.say("There is nothing to take back.") };
        let (Undoable::Wish(before) | Undoable::Plan(before)) = last;
        let done = matches!(last, Undoable::Plan(_));
        let parts = parts(before, &self.spec);
        let mut agreed = false;
        let named = named(text);
        if !named.is_empty() && !parts.is_empty() {
            let meant = |part: &&(&'static str, String)| named.contains(&part.0);
            if !parts.iter().any(|part| meant(&part)) {
                return self.say(format!(
                    "What was done last is {}; only that can be taken back now. Say \"undo\" for it.",
                    words(&parts)
                ));
            }
            if parts.iter().any(|part| !meant(&part)) {
                agreed =
                    self.yes_no(&format!("That was done together: {}. Take all of it back?", words(&parts)));
                if !agreed {
                    return self.say("Nothing was taken back.");
                }
            }
        }
        // What was installed is worth a question: "back" may have been meant for the conversation.
        let installed = done && parts.iter().any(|(part, _)| matches!(*part, "disk" | "copy"));
        if installed
            && !agreed
            && !self.yes_no("That takes back what is on the disk, the copied system included. Take it back?")
        {
            return self.say("Nothing was taken back.");
        }
        match self.undo.pop() {
            None => {}
            Some(Undoable::Wish(before)) => {
                self.want(before);
                self.say(format!("Taken back: {}. Say \"status\" to see what is noted.", words(&parts)));
            }
            Some(Undoable::Plan(before)) => {
                self.undo_plan(before);
            }
        }
    }

    /// Every wish that was only noted, and then, if that is wanted too, what was done, step by step backwards.
    fn take_all_back(&mut self) {
        if self.undo.is_empty() {
            return self.say("There is nothing to take back.");
        }
        let noted = self.spec.clone();
        let mut before = None;
        while let Some(Undoable::Wish(spec)) = self.undo.pop_if(|last| matches!(last, Undoable::Wish(_))) {
            before = Some(spec);
        }
        if let Some(before) = before {
            let parts = parts(&before, &noted);
            self.want(before);
            self.say(format!("Taken back: {}.", words(&parts)));
        }
        if self.undo.is_empty()
            || !self.yes_no("What was done on the disk is still there. Take that back too, all of it?")
        {
            return;
        }
        while let Some(last) = self.undo.pop() {
            match last {
                // A wish of before belongs to what was taken back.
                Undoable::Wish(before) => self.want(before),
                // What lies under one that stays, stays as well.
                Undoable::Plan(before) => {
                    if !self.undo_plan(before) {
                        return;
                    }
                }
            }
        }
    }

    /// True where it is undone.
    fn undo_plan(&mut self, before: InstallSpec) -> bool {
        let mut observer = consent::Teller::new(self.events.clone());
        match exec::undo_last(self.sys.as_mut(), &mut self.journal, &mut observer) {
            Ok(Some(UndoneLast::Undone { steps, kept })) => {
                self.again = None;
                self.want(before);
                self.refresh();
                for (step, why) in &kept {
                    self.say(format!("Not taken back: {} ({why})", step.sentence()));
                }
                let what: Vec<String> = steps.iter().map(|step| step.title()).collect();
                if kept.is_empty() {
                    self.say(format!("Taken back: {}.", what.join(", ")));
                }
                self.stages(None);
                return kept.is_empty();
            }
            Ok(Some(UndoneLast::Refused(why))) => {
                self.undo.push(Undoable::Plan(before));
                self.say(format!("That cannot be taken back: {why}"));
            }
            Ok(None) => self.say("There is nothing to take back."),
            Err(error) => self.say(format!("Taking it back failed: {error}")),
        }
        false
    }
}

/// "Put it back" right behind an undo wants back what was undone.
fn asks_again(text: &str) -> bool {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let puts = words.iter().any(|word| matches!(*word, "put" | "bring" | "restore" | "redo" | "again"));
    puts && !words.contains(&"undo")
}

/// "Take everything back", "undo all".
fn is_all(text: &str) -> bool {
    let folded = fold(text);
    folded
        .split(' ')
        .any(|word| matches!(word, "all" | "everything" | "alles" | "tout" | "todo" | "tutto" | "tudo"))
        && named(text).is_empty()
}

/// What of the wanted system one wish or plan changed: its name, and how it reads.
fn parts(before: &InstallSpec, after: &InstallSpec) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut changed = |name: &'static str, differs: bool, value: Option<&String>| {
        if differs {
            found.push((name, value.map_or(name.to_owned(), |value| format!("{name} {value}"))));
        }
    };
    changed("disk", before.layout != after.layout || before.mounts != after.mounts, None);
    changed("partition table", before.table != after.table, None);
    changed("copy", before.copy != after.copy, None);
    changed("hostname", before.hostname != after.hostname, after.hostname.as_ref());
    changed("time zone", before.timezone != after.timezone, after.timezone.as_ref());
    changed("language", before.locale != after.locale, after.locale.as_ref());
    changed("keyboard", before.keyboard != after.keyboard, after.keyboard.as_ref());
    let new = after.users.iter().find(|user| !before.users.contains(user)).map(|user| &user.name);
    changed("user", before.users != after.users, new);
    changed(
        "password of",
        before.users == after.users && before.passwords != after.passwords,
        after.passwords.last(),
    );
    changed("boot loader", before.bootloader != after.bootloader, None);
    found
}

fn words(parts: &[(&'static str, String)]) -> String {
    let list: Vec<String> = parts.iter().map(|(_, words)| words.clone()).collect();
    if list.is_empty() { "the last wish".into() } else { list.join(", ") }
}

/// The parts of the system that a sentence names.
fn named(text: &str) -> Vec<&'static str> {
    const NAMES: [(&str, &[&str]); 10] = [
        (
            "disk",
            &[
                "disk", "layout", "partition", "partitions", "partitioning", "swap", "encryption", "install",
                "installation",
            ],
        ),
        ("partition table", &["table", "mbr", "gpt"]),
        ("copy", &["copy", "copying", "installation", "install"]),
        ("hostname", &["hostname", "name"]),
        ("time zone", &["timezone", "zone", "clock"]),
        ("language", &["language", "locale"]),
        ("keyboard", &["keyboard", "layout", "keymap"]),
        ("user", &["user", "account", "sudo", "admin", "group"]),
        ("password of", &["password"]),
        ("boot loader", &["bootloader", "grub", "loader"]),
    ];
    let folded = fold(text);
    let said: Vec<&str> = folded.split(' ').collect();
    let is_named = |words: &[&str]| words.iter().any(|word| said.contains(word));
    NAMES.iter().filter(|(_, words)| is_named(words)).map(|(name, _)| *name).collect()
}
