//! Trying again what failed: the same wish, planned against the computer as it is by then.

use levitate_core::action::InstallerAction;
use levitate_core::spec::InstallSpec;
use levitate_core::step::Step;

use super::{After, Pending, Session};

/// What failed last.
#[derive(Clone)]
pub(super) struct Again {
    pub(super) spec: InstallSpec,
    pub(super) action: InstallerAction,
    pub(super) after: After,
}

/// True for the words that ask for it.
pub(super) fn asked(text: &str) -> bool {
    let text = text.trim().trim_end_matches(['.', '!']);
    text.eq_ignore_ascii_case("retry") || text.eq_ignore_ascii_case("try again")
}

impl Session {
    /// Plans what failed last anew: proposed where it destroys something, else run.
    pub(super) fn retry(&mut self) {
        // Kept until something is executed: a refusal may be remedied, a no may be thought over.
        let Some(Again { spec, action, after }) = self.again.clone() else {
            return self.say("There is nothing to try again.");
        };
        self.refresh();
        match self.plan(&spec) {
            Err(refusal) => self.refuse(&refusal),
            Ok(plan) if plan.is_empty() => {
                self.again = None;
                self.say("There is nothing left to do of it.");
                self.note(spec, &[], after);
            }
            Ok(plan) => self.begin(Pending { plan, spec, action, after }),
        }
    }

    /// A plan that was just made: what destroys waits for a yes, what copies is shown, all else runs.
    pub(super) fn begin(&mut self, pending: Pending) {
        self.pending = None;
        if pending.plan.destructive() {
            return self.propose(pending);
        }
        if pending.plan.steps.iter().any(|step| matches!(step, Step::CopySystem(_))) {
            self.show(&pending.plan, false);
        }
        self.execute(pending);
    }

    /// What was noted after a failure is not lost when that is tried again; another target makes it another wish.
    pub(super) fn noted_since_failure(&mut self, noted: &InstallSpec) {
        let Some(again) = &mut self.again else { return };
        let mut same = self.spec.clone();
        settings(noted, &mut same);
        if same == *noted {
            settings(noted, &mut again.spec);
        } else {
            self.again = None;
        }
    }
}

/// Takes over what is not about disks.
pub(super) fn settings(from: &InstallSpec, to: &mut InstallSpec) {
    to.hostname.clone_from(&from.hostname);
    to.timezone.clone_from(&from.timezone);
    to.locale.clone_from(&from.locale);
    to.keyboard.clone_from(&from.keyboard);
    to.users.clone_from(&from.users);
    to.passwords.clone_from(&from.passwords);
}
