//! Plans that wait for a yes, and their execution.

use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use levitate_agent::Role;
use levitate_core::exec::{self, Ended, Observer};
use levitate_core::plan::Plan;
use levitate_core::protocol::{Event, Failure, Op, PlanView, StepTitle};
use levitate_core::state::Stage;
use levitate_core::step::{Report, Secrets as _, Step, StepError};

use super::retry::{self, Again};
use super::secrets::Asked;
use super::{After, Pending, Session, Undoable, summary};

impl Session {
    /// Shows a plan and asks.
    pub(super) fn propose(&mut self, pending: Pending) {
        self.show(&pending.plan, true);
        self.send(Event::Confirm { digest: pending.plan.digest.clone() });
        self.asked = false;
        self.pending = Some(pending);
    }

    /// A yes said as a sentence: it is for the plan only where nothing else was asked since that was shown.
    pub(super) fn agreed(&mut self) {
        match self.pending.take() {
            None => self.say("There is nothing to confirm. Say what you want to do, or \"help\"."),
            Some(pending) if self.asked => {
                self.say("Something else was asked in between, so here is the plan again.");
                self.propose(pending);
            }
            Some(pending) => {
                let digest = pending.plan.digest.clone();
                self.pending = Some(pending);
                self.answered(&digest, true);
            }
        }
    }

    /// Asks for the yes to the plan that waits, in so many words.
    pub(super) fn ask_again(&mut self) {
        match self.pending.as_ref().map(|pending| pending.plan.digest.clone()) {
            Some(digest) => {
                self.say("I am not sure that this was a yes, so nothing is done. Yes or no?");
                self.send(Event::Confirm { digest });
            }
            None => self.say("There is nothing to confirm. Say what you want to do, or \"help\"."),
        }
    }

    pub(super) fn show(&mut self, plan: &Plan, asks: bool) {
        self.remember(Role::Assistant, &format!("Plan:\n{}", plan.lines.join("\n")));
        let before = plan.touched(&self.machine).into_iter().cloned().collect();
        self.send(Event::Plan(Box::new(PlanView { plan: plan.clone(), before, asks })));
    }

    /// The person's yes or no to the plan with this digest.
    pub(super) fn answered(&mut self, digest: &str, yes: bool) {
        let Some(pending) = self.pending.take() else {
            return self.say("There is no plan to answer.");
        };
        if pending.plan.digest != digest {
            return self.propose(pending);
        }
        if !yes {
            return self.say("Nothing was changed.");
        }
        // The world may have changed while the person was reading.
        self.refresh();
        match self.plan(&pending.spec) {
            Err(refusal) => return self.refuse(&refusal),
            Ok(fresh) if fresh.digest != pending.plan.digest => {
                self.say("The disks have changed since this plan was made. This is the plan now:");
                return self.propose(Pending { plan: fresh, ..pending });
            }
            Ok(_) => {}
        }
        if let Some(device) = &pending.plan.phrase
            && !self.typed(device)
        {
            return self.say("That is not the name of the disk. Nothing was changed.");
        }
        self.execute(pending);
    }

    /// The person types the name of what is erased.
    fn typed(&mut self, device: &str) -> bool {
        let prompt = format!("{device} carries data. Type its name to go on");
        self.send(Event::Phrase { device: device.to_string(), prompt });
        match self.ops.recv() {
            Ok(Op::Phrase(text)) => {
                let text = text.trim();
                text == device || format!("/dev/{text}") == device
            }
            Ok(Op::Quit) => {
                self.over = true;
                false
            }
            _ => false,
        }
    }

    /// A plain question.
    pub(super) fn yes_no(&mut self, question: &str) -> bool {
        self.send(Event::Question { prompt: question.to_string() });
        match self.ops.recv() {
            Ok(Op::YesNo(yes)) => yes,
            Ok(Op::Quit) => {
                self.over = true;
                false
            }
            _ => false,
        }
    }

    /// Executes a plan; its spec becomes the wanted system when it is done.
    pub(super) fn execute(&mut self, pending: Pending) {
        let Pending { plan, spec: mut wanted, action, after } = pending;
        self.pending = None;
        self.failed = None;
        self.again = None;
        // A Ctrl-C at the prompt was not meant for this.
        self.sys.cancel().clear();
        let mut secrets = Asked::new(&self.ops, self.events.clone());
        if plan.phrase.is_some() {
            // The disk carries data: nothing is written before everything that could make us stop was asked.
            for request in plan.steps.iter().filter_map(Step::secret) {
                if secrets.get(&request).is_none() {
                    let left = secrets.left();
                    self.over |= left;
                    return self.say("Nothing was changed.");
                }
            }
        }
        let title = |step: &Step| StepTitle { title: step.title(), quiet: step.quiet() };
        self.send(Event::Running(plan.steps.iter().map(title).collect()));
        let mut observer = Teller::new(self.events.clone());
        observer.total = plan.steps.len();
        observer.done = self.achieved().stages();
        let ended = exec::execute(self.sys.as_mut(), &mut self.journal, &plan, &mut secrets, &mut observer);
        let left = secrets.left();
        self.refresh();
        match ended {
            Ok(Ended::Done) => {
                wanted.formats.clear();
                wanted.finish = false;
                let before = self.spec.clone();
                self.want(wanted);
                self.undo.push(Undoable::Plan(before));
                let told: Vec<String> =
                    plan.steps.iter().map(|step| format!("{}: done", step.title())).collect();
                self.remember(Role::Tool, &told.join("\n"));
                self.status = 0;
                self.stages(None);
                self.then(after);
            }
            Ok(Ended::Failed { step, error, kept }) => {
                self.failed_at(&step, &error, &kept, Again { spec: wanted, action, after });
            }
            Err(error) => {
                self.status = 5;
                self.send(Event::Failure(Failure {
                    what: format!("The journal cannot be written: {error}"),
                    state: vec!["Nothing more is done, because nothing could be taken back.".into()],
                    next: "Look at /run/levitate-installer, then start the installer again.".into(),
                    retry: false,
                }));
                self.over = true;
            }
        }
        self.over |= left;
    }

    fn failed_at(&mut self, step: &Step, error: &StepError, kept: &[(Step, String)], again: Again) {
        self.failed = Some(step.stage());
        self.status = if kept.is_empty() { 4 } else { 5 };
        let what = if error.cancelled() {
            self.status = if kept.is_empty() { 3 } else { 5 };
            format!("Stopped at: {} ({error}).", step.title())
        } else {
            format!("{} failed: {error}", step.title())
        };
        let mut state: Vec<String> =
            kept.iter().map(|(step, why)| format!("Not taken back: {} ({why})", step.sentence())).collect();
        if state.is_empty() {
            state.push("Everything this plan had begun was taken back.".into());
        }
        // Settings that were said with a disk that failed need not be said again.
        if matches!(step.stage(), Stage::Disk | Stage::System) {
            let mut spec = self.spec.clone();
            retry::settings(&again.spec, &mut spec);
            self.want(spec);
        }
        self.again = Some(again);
        self.remember(Role::Tool, &what);
        let next = match step.stage() {
            Stage::Disk | Stage::System => {
                "Say \"retry\" to try it again, what you want to install on instead, \"list disks\" to look, or \"exit without reboot\" to leave."
            }
            Stage::Bootloader => "Say \"retry\" to try it again; everything before it is still in place.",
            Stage::Finalize => "Say \"retry\" to try it again.",
            // The plan that laid the disk out was taken back as a whole.
            Stage::Configuration | Stage::Users if !self.achieved().copied => {
                "Say \"retry\" to do all of it again, or what you want instead."
            }
            Stage::Configuration | Stage::Users => {
                "Say \"retry\" to try it again, or something else; the rest is still in place."
            }
        };
        self.send(Event::Failure(Failure { what, state, next: next.into(), retry: true }));
        self.stages(None);
    }

    /// What follows when the target is closed.
    pub(super) fn then(&mut self, after: After) {
        match after {
            After::Nothing => {}
            After::OfferReboot => {
                self.summarise();
                self.say("Installation complete! Remove the USB and reboot.");
                if self.yes_no("Reboot now?") {
                    self.reboot();
                } else if !self.over {
                    self.say("Say \"reboot now\" when you are ready, or \"exit without reboot\".");
                }
            }
            After::Reboot => {
                // Nothing was installed: what was noted would be lost, and perhaps the conversation was meant.
                if !self.achieved().copied
                    && !self.yes_no("Nothing is installed. Restart the computer all the same?")
                {
                    return;
                }
                if self.achieved().finished {
                    self.summarise();
                    self.say("Installation complete! Remove the USB.");
                }
                self.reboot();
            }
            After::Exit => self.over = true,
        }
    }

    fn summarise(&mut self) {
        let achieved = self.achieved();
        let lines = summary::lines(&self.spec, &achieved, self.sys.simulated());
        self.send(Event::Summary(lines));
    }

    fn reboot(&mut self) {
        self.say("Rebooting...");
        match self.sys.reboot() {
            Ok(()) => self.over = true,
            Err(error) => {
                self.say(format!("The computer did not restart: {error}. Type \"reboot\" in a shell."))
            }
        }
    }
}

/// Turns what the walker does into events.
pub(super) struct Teller {
    events: Sender<Event>,
    pub(super) total: usize,
    pub(super) done: Vec<Stage>,
    last: Instant,
}

impl Teller {
    pub(super) fn new(events: Sender<Event>) -> Self {
        Self { events, total: 0, done: Vec::new(), last: Instant::now() }
    }

    fn send(&self, event: Event) {
        let _ = self.events.send(event);
    }

    fn stages(&self, running: Option<Stage>, failed: Option<Stage>) {
        use levitate_core::protocol::StageState;
        let list = Stage::ALL.into_iter().map(|stage| {
            let state = if running == Some(stage) {
                StageState::Running
            } else if failed == Some(stage) {
                StageState::Failed
            } else if self.done.contains(&stage) {
                StageState::Done
            } else {
                StageState::Open
            };
            (stage, state)
        });
        self.send(Event::Stages(list.collect()));
    }
}

impl Observer for Teller {
    fn started(&mut self, index: usize, step: &Step) {
        self.stages(Some(step.stage()), None);
        self.send(Event::StepStarted { title: step.title(), of: (index, self.total), quiet: step.quiet() });
    }

    fn report(&mut self, _step: &Step, report: Report) {
        match report {
            Report::Progress { done, total } => {
                // Ten frames a second are enough for a bar; the last one always comes.
                if done >= total || self.last.elapsed() >= Duration::from_millis(100) {
                    self.last = Instant::now();
                    self.send(Event::Progress { done, total });
                }
            }
            Report::Warning(text) => self.send(Event::Warning(text)),
        }
    }

    fn done(&mut self, _index: usize, step: &Step) {
        if matches!(step, Step::MountTarget(_)) {
            self.done.push(Stage::Disk);
        }
        self.send(Event::StepDone { sentence: step.done_sentence() });
    }

    fn failed(&mut self, step: &Step, _error: &StepError) {
        self.stages(None, Some(step.stage()));
        self.send(Event::StepFailed);
    }

    fn undoing(&mut self, step: &Step) {
        if step.undo_acts()
            && let Some(sentence) = step.undo_sentence()
        {
            self.send(Event::Undoing { sentence });
        }
    }
}
