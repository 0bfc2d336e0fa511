//! What each action does: questions are answered at once, wishes go through `apply` and `plan`.

use levitate_agent::{Role, explain, shell};
use levitate_core::action::InstallerAction as Action;
use levitate_core::apply::apply;
use levitate_core::protocol::Event;
use levitate_core::spec::InstallSpec;
use levitate_core::sys::Cmd;

use super::{After, Pending, Session, Undoable, words};
use crate::describe::describe;

impl Session {
    /// Does the actions of one utterance. All wishes among them become one plan.
    pub(super) fn act(&mut self, actions: Vec<Action>, text: &str) {
        if actions.iter().any(touches_disks) {
            self.refresh();
        }
        // What is said while a plan waits is added to that plan.
        let waits = self.pending.as_ref().filter(|waits| !replaces(&actions, &waits.action));
        let mut wanted = waits.map_or(&self.spec, |waits| &waits.spec).clone();
        let mut wishes = Vec::new();
        let mut after = After::Nothing;
        for action in actions {
            self.anew(&mut wanted, &action);
            match apply(&wanted, &self.world(), &action) {
                Ok(Some(next)) => {
                    wanted = next;
                    match action {
                        Action::Finish => after = After::OfferReboot,
                        Action::Reboot => after = After::Reboot,
                        Action::Exit => after = After::Exit,
                        _ => {}
                    }
                    wishes.push(action);
                }
                Ok(None) => self.answer(action, text),
                Err(refusal) => {
                    // Half of a sentence done is worse than none: nothing of it is applied.
                    self.remember(Role::Tool, &format!("refused: {}", refusal.why));
                    // A yes now would be to what the refusal proposes.
                    self.asked = self.pending.is_some();
                    return self.refuse(&refusal);
                }
            }
        }
        if !wishes.is_empty() {
            self.wish(wanted, wishes, after);
        }
    }

    /// A password that is set already is wished for once more.
    fn anew(&self, wanted: &mut InstallSpec, action: &Action) {
        let Action::SetPassword { user } = action else { return };
        let count = |list: &[String]| list.iter().filter(|name| *name == user).count();
        if count(&wanted.passwords) > 0 && count(&self.achieved().passwords) >= count(&wanted.passwords) {
            wanted.passwords.push(user.clone());
        }
    }

    fn wish(&mut self, mut wanted: InstallSpec, wishes: Vec<Action>, after: After) {
        if after != After::Nothing && !self.ready_to_finish(&mut wanted) {
            return self.say("Not finished. Say \"create user NAME with sudo\" to make an account.");
        }
        let plan = match self.plan(&wanted) {
            Ok(plan) => plan,
            Err(refusal) => return self.refuse(&refusal),
        };
        let shown: Vec<String> = wishes.iter().filter(|wish| shows(wish)).map(describe).collect();
        if !shown.is_empty() && !plan.is_empty() {
            self.send(Event::Understood(shown.join("; ")));
        }
        if plan.is_empty() {
            self.pending = None;
            return self.note(wanted, &wishes, after);
        }
        let waits = self.pending.as_ref().filter(|waits| !replaces(&wishes, &waits.action));
        let after = if after == After::Nothing { waits.map_or(after, |waits| waits.after) } else { after };
        let action = wishes
            .iter()
            .find(|wish| matches!(wish, Action::Partition(_) | Action::Format { .. }))
            .or(waits.map(|waits| &waits.action))
            .or(wishes.first())
            .cloned()
            .unwrap_or(Action::CopySystem);
        let mut plan = plan;
        if after == After::Reboot {
            plan.lines.push("- Restart the computer.".into());
        }
        self.begin(Pending { plan, spec: wanted, action, after });
    }

    /// A wish that needs no step now: it waits in the spec, or is fulfilled already.
    pub(super) fn note(&mut self, mut wanted: InstallSpec, wishes: &[Action], after: After) {
        wanted.finish = false;
        let changed = wanted != self.spec;
        if changed {
            let before = self.spec.clone();
            self.want(wanted);
            self.undo.push(Undoable::Wish(before));
        }
        for wish in
            wishes.iter().filter(|wish| !matches!(wish, Action::Finish | Action::Reboot | Action::Exit))
        {
            let text = words::noted(wish, changed, &self.achieved());
            self.remember(Role::Tool, &format!("{}: noted", describe(wish)));
            self.say(text);
        }
        if after != After::Nothing {
            if !self.achieved().finished && after == After::OfferReboot {
                return self.say(
                    "Nothing is installed yet, so there is nothing to finish. Say \"exit without reboot\" to leave.",
                );
            }
            self.then(after);
        }
    }

    /// Before the target is closed: a system that cannot start or be logged in to is not finished silently.
    fn ready_to_finish(&mut self, wanted: &mut InstallSpec) -> bool {
        let achieved = self.achieved();
        let copied = achieved.copied || wanted.copy;
        if !copied || achieved.finished {
            return true;
        }
        if !achieved.bootloader
            && wanted.bootloader.is_none()
            && self.yes_no("No boot loader is installed, so this disk would not start. Install it first?")
        {
            wanted.bootloader = Some(Default::default());
        }
        if achieved.passwords.is_empty() && wanted.passwords.is_empty() {
            return self.yes_no("No account has a password, so nobody could log in. Finish all the same?");
        }
        true
    }

    /// Actions that want nothing of the spec.
    fn answer(&mut self, action: Action, text: &str) {
        match action {
            Action::ListDisks => self.list_disks(),
            Action::Confirm => self.agreed(),
            Action::Cancel => match self.pending.as_ref().map(|pending| pending.plan.digest.clone()) {
                Some(digest) => self.answered(&digest, false),
                None => self.say("There is nothing to cancel."),
            },
            Action::Undo => {
                self.take_back(text);
                self.undone = true;
            }
            Action::Status => {
                let text = words::status(&self.machine, &self.spec, &self.achieved());
                self.say(text);
            }
            Action::Help => {
                let state = self.state();
                let text = words::help(&explain::suggestions(&self.context(&state)));
                self.say(text);
            }
            Action::Explain { topic } => {
                let state = self.state();
                let text = explain::explain(topic, &self.context(&state));
                self.say(text);
            }
            Action::RunShellCommand { command } => self.look(&command),
            Action::Clarify { question } => self.say(question),
            _ => {}
        }
    }

    fn list_disks(&mut self) {
        let disks = self.machine.disks.clone();
        let told = words::disks_for_history(&disks);
        self.remember(Role::Tool, &told);
        self.send(Event::Disks(disks));
        self.comment(&told);
    }

    /// What a model that talks says about a result; the interface has shown the result itself.
    fn comment(&mut self, result: &str) {
        let cancel = self.sys.cancel();
        let sentence = self.with_mind(|mind, _, ctx| mind.sentence(result, ctx, &cancel));
        if let Some(sentence) = sentence {
            self.say(sentence);
        }
    }

    /// A read-only look at the system: from the allow-list, without a shell, ten seconds at most.
    fn look(&mut self, command: &str) {
        let argv = match shell::check(command) {
            Ok(argv) => argv,
            Err(refusal) => return self.say(refusal.to_string()),
        };
        if self.sys.simulated() {
            // No program of this computer runs in a rehearsal; what most of them are asked for is known anyway.
            return match argv.first().map(String::as_str) {
                Some("lsblk" | "blkid" | "fdisk" | "sfdisk" | "parted") => self.list_disks(),
                _ => {
                    self.say(format!("In a rehearsal no program runs, so \"{command}\" has nothing to show."))
                }
            };
        }
        let argv = ["timeout", "10"].map(String::from).into_iter().chain(argv);
        match levitate_core::sys::run(self.sys.as_mut(), &Cmd::new(argv).ok(&[0, 1, 2, 32])) {
            Ok(output) => {
                let text: String = output.stdout.lines().take(40).collect::<Vec<_>>().join("\n");
                let text = if text.trim().is_empty() { "(it printed nothing)".into() } else { text };
                self.remember(Role::Tool, &text);
                self.send(Event::Say(text.clone()));
                self.comment(&text);
            }
            Err(error) => self.say(format!("{error}")),
        }
    }
}

/// True where what is said takes the place of the plan that waits: to leave or to end is no part of it, and the second of
/// two formats is not said to be one more.
fn replaces(actions: &[Action], waits: &Action) -> bool {
    if actions.iter().all(|action| matches!(action, Action::Exit | Action::Finish | Action::Reboot)) {
        return true;
    }
    matches!(waits, Action::Format { .. })
        && actions.iter().any(|action| matches!(action, Action::Format { .. } | Action::Partition(_)))
}

/// Actions before which the disks are looked at again.
fn touches_disks(action: &Action) -> bool {
    matches!(
        action,
        Action::ListDisks
            | Action::Partition(_)
            | Action::Format { .. }
            | Action::Mount { .. }
            | Action::CopySystem
    )
}

/// Wishes worth one line of "understood" before what follows.
fn shows(action: &Action) -> bool {
    matches!(action, Action::Partition(_) | Action::Format { .. } | Action::Mount { .. })
}
