//! The dialogue: what the person is being asked, and what an answer means. No terminal, no threads.
//!
//! [`Dialogue`] hears the engine's questions and what the person typed, and gives what is to be done [`Next`], in
//! order. Both interfaces do as it says, so the same answers have the same consequences in both.

use std::collections::VecDeque;

use levitate_core::protocol::{Event, Op};
use secrecy::{ExposeSecret, SecretString};

use super::yes_or_no;

/// What is said to a passphrase that is soon guessed; typed again it is taken.
const SHORT: &str = "That is short: whoever has the disk can try all of them. Type it again to keep it, or another one to begin anew.";
/// What Ctrl-C says where nothing runs.
const HOW_TO_LEAVE: &str = "To leave, say \"exit without reboot\" or press Ctrl-D.";

/// What the person is being asked.
#[derive(Debug)]
pub enum Waiting {
    /// Nothing: something runs.
    Nothing,
    /// What next?
    Rest,
    /// Yes or no to a plan.
    Confirm {
        /// Digest of the plan.
        digest: String,
    },
    /// The name of what is erased.
    Phrase {
        /// The prompt as the engine words it.
        prompt: String,
    },
    /// A plain yes or no.
    Question {
        /// The prompt as the engine words it.
        prompt: String,
    },
    /// A secret.
    Secret(Hidden),
    /// Leave? The question before it is asked again after a no.
    Leave(Box<Self>),
}

/// A secret that is being typed.
#[derive(Debug)]
pub struct Hidden {
    prompt: String,
    confirm: String,
    short_below: usize,
    first: Option<SecretString>,
    empty: bool,
}

impl Hidden {
    /// The prompt of this time, as the engine words it.
    pub fn prompt(&self) -> &str {
        if self.first.is_some() { &self.confirm } else { &self.prompt }
    }
}

/// What an interface does next.
#[derive(Debug)]
pub enum Next {
    /// Ask what is waited for.
    Ask,
    /// Say this, as something that belongs to the question.
    Remark(&'static str),
    /// A line that was typed earlier is said now: show it.
    Echo(String),
    /// Tell the engine.
    Send(Op),
    /// Ask running work to stop, and say so.
    Stop,
}

/// Why the session ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Asked,
    Signal,
}

/// The dialogue.
#[derive(Debug)]
pub struct Dialogue {
    waiting: Waiting,
    /// Digest of a plan that was shown; asked about when the engine is ready to hear the answer.
    proposed: Option<String>,
    /// Lines that were typed or pasted and not yet said.
    queued: VecDeque<String>,
    /// A signal or the person ends the session.
    leaving: Option<Left>,
}

impl Dialogue {
    /// Before the engine said anything.
    pub fn new() -> Self {
        Self { waiting: Waiting::Nothing, proposed: None, queued: VecDeque::new(), leaving: None }
    }

    /// What the person is being asked.
    pub fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// Lines that wait to be said.
    pub fn queued(&self) -> impl Iterator<Item = &str> {
        self.queued.iter().map(String::as_str)
    }

    /// The events that ask what is waited for, for an interface that takes over.
    pub fn again(&self) -> Vec<Event> {
        let mut waiting = &self.waiting;
        while let Waiting::Leave(before) = waiting {
            waiting = before;
        }
        match waiting {
            Waiting::Nothing | Waiting::Leave(_) => vec![],
            Waiting::Rest => vec![Event::Ready],
            Waiting::Confirm { digest } => vec![Event::Confirm { digest: digest.clone() }, Event::Ready],
            Waiting::Phrase { prompt } => {
                vec![Event::Phrase { device: String::new(), prompt: prompt.clone() }]
            }
            Waiting::Question { prompt } => vec![Event::Question { prompt: prompt.clone() }],
            Waiting::Secret(hidden) => {
                vec![Event::Secret {
                    prompt: hidden.prompt.clone(),
                    confirm: hidden.confirm.clone(),
                    short_below: hidden.short_below,
                }]
            }
        }
    }

    /// The exit status, where the engine ended with `status`: 3 where a signal ended a session without a fault.
    pub fn status(&self, status: u8) -> u8 {
        if self.leaving == Some(Left::Signal) && status == 0 { 3 } else { status }
    }

    /// The engine said this; events that ask nothing have no consequence.
    pub fn hear(&mut self, event: &Event) -> Vec<Next> {
        match event {
            Event::Ready => self.ready(),
            // `Ready` follows: the engine could hear something else as well. Asked before it, a quick answer would
            // be overtaken by a `Ready` that is none.
            Event::Confirm { digest } => {
                self.proposed = Some(digest.clone());
                vec![]
            }
            Event::Phrase { prompt, .. } => self.question(Waiting::Phrase { prompt: prompt.clone() }),
            Event::Question { prompt } => self.question(Waiting::Question { prompt: prompt.clone() }),
            Event::Secret { prompt, confirm, short_below } => self.question(Waiting::Secret(Hidden {
                prompt: prompt.clone(),
                confirm: confirm.clone(),
                short_below: *short_below,
                first: None,
                empty: false,
            })),
            _ => vec![],
        }
    }

    fn ready(&mut self) -> Vec<Next> {
        if let Some(digest) = self.proposed.take() {
            return self.question(Waiting::Confirm { digest });
        }
        if self.leaving.is_some() {
            return vec![Next::Send(Op::Quit)];
        }
        self.rest()
    }

    fn rest(&mut self) -> Vec<Next> {
        self.waiting = Waiting::Rest;
        match self.queued.pop_front() {
            Some(line) => {
                self.waiting = Waiting::Nothing;
                vec![Next::Echo(line.clone()), Next::Send(Op::Say(line))]
            }
            None => vec![Next::Ask],
        }
    }

    fn question(&mut self, waiting: Waiting) -> Vec<Next> {
        if self.leaving.is_some() {
            return vec![Next::Send(Op::Quit)];
        }
        let mut next = Vec::new();
        if !self.queued.is_empty() {
            self.queued.clear();
            next.push(Next::Remark(
                "(The rest of what was typed is left out: first this has to be answered.)",
            ));
        }
        self.waiting = waiting;
        next.push(Next::Ask);
        next
    }

    /// The person typed this; several lines where they were pasted.
    pub fn typed(&mut self, text: &str) -> Vec<Next> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let text = lines.next().unwrap_or_default().to_string();
        if matches!(self.waiting, Waiting::Rest) {
            // Several lines at once were pasted: each is said when the one before it is through.
            for (index, line) in lines.enumerate() {
                self.queued.insert(index, line.to_string());
            }
        }
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Nothing => {
                self.queued.extend((!text.is_empty()).then_some(text));
                vec![]
            }
            Waiting::Rest if text.is_empty() => self.rest(),
            Waiting::Rest => vec![Next::Send(Op::Say(text))],
            Waiting::Confirm { digest } => match yes_or_no(&text) {
                Some(yes) => vec![Next::Send(Op::Answer { digest, yes })],
                None if text.is_empty() => self.back_to(Waiting::Confirm { digest }),
                // "yes but encrypted" is a wish, no consent.
                None => vec![Next::Send(Op::Say(text))],
            },
            Waiting::Phrase { .. } => vec![Next::Send(Op::Phrase(text))],
            Waiting::Question { prompt } => match yes_or_no(&text) {
                Some(yes) => vec![Next::Send(Op::YesNo(yes))],
                None => {
                    self.waiting = Waiting::Question { prompt };
                    vec![Next::Remark("Please answer y or n."), Next::Ask]
                }
            },
            Waiting::Leave(before) => match yes_or_no(&text) {
                Some(true) => self.leave(Left::Asked),
                _ => self.back_to(*before),
            },
            // A reader that gave a line where a secret was asked: not shown, not used.
            Waiting::Secret(hidden) => self.back_to(Waiting::Secret(hidden)),
        }
    }

    fn back_to(&mut self, waiting: Waiting) -> Vec<Next> {
        self.waiting = waiting;
        vec![Next::Ask]
    }

    /// Asks something of the engine that is no answer; it hears it only where it rests.
    pub fn begin(&mut self, op: Op) -> Vec<Next> {
        if !matches!(self.waiting, Waiting::Rest) {
            return vec![];
        }
        self.waiting = Waiting::Nothing;
        vec![Next::Send(op)]
    }

    /// The person typed a secret.
    pub fn secret(&mut self, typed: SecretString) -> Vec<Next> {
        let mut hidden = match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Secret(hidden) => hidden,
            other => {
                self.waiting = other;
                return vec![];
            }
        };
        let remark = match hidden.first.take() {
            None if typed.expose_secret().is_empty() => {
                if hidden.empty {
                    return decline();
                }
                hidden.empty = true;
                Some("Nothing was typed. Try again.")
            }
            None => {
                let short = typed.expose_secret().chars().count() < hidden.short_below;
                hidden.first = Some(typed);
                short.then_some(SHORT)
            }
            Some(first) if first.expose_secret() == typed.expose_secret() => {
                return vec![Next::Send(Op::Secret(Some(typed)))];
            }
            // As often as it takes: to decline takes back what is half done, and nobody declines by a slip.
            Some(_) => Some("The two do not match; nothing was set. Try again (Ctrl-C sets none)."),
        };
        self.waiting = Waiting::Secret(hidden);
        remark.map(Next::Remark).into_iter().chain([Next::Ask]).collect()
    }

    /// Ctrl-C: no to whatever is asked, or stop to what runs.
    pub fn stop(&mut self) -> Vec<Next> {
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Nothing => {
                self.queued.clear();
                vec![Next::Stop]
            }
            Waiting::Rest => {
                self.queued.clear();
                self.waiting = Waiting::Rest;
                vec![Next::Remark(HOW_TO_LEAVE), Next::Ask]
            }
            Waiting::Confirm { digest } => vec![Next::Send(Op::Answer { digest, yes: false })],
            Waiting::Phrase { .. } => vec![Next::Send(Op::Phrase(String::new()))],
            Waiting::Question { .. } => vec![Next::Send(Op::YesNo(false))],
            Waiting::Secret(_) => decline(),
            Waiting::Leave(before) => self.back_to(*before),
        }
    }

    /// Ctrl-D: asks whether to leave; the second time it is a yes.
    pub fn end(&mut self) -> Vec<Next> {
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Leave(_) => self.leave(Left::Asked),
            before => self.back_to(Waiting::Leave(Box::new(before))),
        }
    }

    /// The input is at its end and nobody sits there.
    pub fn input_over(&mut self) -> Vec<Next> {
        self.leave(Left::Asked)
    }

    /// A signal ends the session.
    pub fn signalled(&mut self) -> Vec<Next> {
        let mut next = vec![Next::Stop];
        next.extend(self.leave(Left::Signal));
        next
    }

    fn leave(&mut self, why: Left) -> Vec<Next> {
        self.leaving.get_or_insert(why);
        self.waiting = Waiting::Nothing;
        vec![Next::Send(Op::Quit)]
    }
}

fn decline() -> Vec<Next> {
    vec![Next::Remark("Nothing was set."), Next::Send(Op::Secret(None))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(next: &[Next]) -> String {
        next.iter()
            .map(|next| match next {
                Next::Ask => "ask".into(),
                Next::Remark(text) => format!("({text})"),
                Next::Echo(line) => format!("echo {line}"),
                Next::Send(Op::Secret(Some(secret))) => format!("secret {}", secret.expose_secret()),
                Next::Send(op) => format!("{op:?}"),
                Next::Stop => "stop".into(),
            })
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn asked(event: &Event) -> Dialogue {
        let mut dialogue = Dialogue::new();
        dialogue.hear(event);
        if matches!(event, Event::Confirm { .. }) {
            dialogue.hear(&Event::Ready);
        }
        dialogue
    }

    #[test]
    fn an_answer_means_what_was_asked() {
        let confirm = Event::Confirm { digest: "d".into() };
        let question = Event::Question { prompt: "Reboot now?".into() };
        let phrase = Event::Phrase { device: "/dev/sda".into(), prompt: "Type".into() };
        for (event, typed, next) in [
            (&Event::Ready, "list disks", "Say(\"list disks\")"),
            (&Event::Ready, " ", "ask"),
            (&confirm, "y", "Answer { digest: \"d\", yes: true }"),
            (&confirm, "no", "Answer { digest: \"d\", yes: false }"),
            (&confirm, "", "ask"),
            (&confirm, "yes but encrypted", "Say(\"yes but encrypted\")"),
            (&question, "y", "YesNo(true)"),
            (&question, "what", "(Please answer y or n.), ask"),
            (&phrase, "sda", "Phrase(\"sda\")"),
        ] {
            assert_eq!(say(&asked(event).typed(typed)), next, "{event:?} {typed:?}");
        }
    }

    #[test]
    fn ctrl_c_is_no_to_whatever_is_asked() {
        let secret = Event::Secret { prompt: "p".into(), confirm: "c".into(), short_below: 3 };
        assert_eq!(say(&asked(&secret).stop()), "(Nothing was set.), Secret(None)");
        assert_eq!(say(&asked(&Event::Question { prompt: "?".into() }).stop()), "YesNo(false)");
        assert_eq!(say(&Dialogue::new().stop()), "stop");
    }

    #[test]
    fn a_secret_is_typed_twice_as_often_as_it_takes() {
        let event = Event::Secret { prompt: "p".into(), confirm: "c".into(), short_below: 3 };
        let typed = |words: &[&str]| {
            let mut dialogue = asked(&event);
            let said: Vec<_> =
                words.iter().map(|word| say(&dialogue.secret(SecretString::from(*word)))).collect();
            said.last().cloned().unwrap()
        };
        assert_eq!(typed(&["long", "long"]), "secret long");
        assert_eq!(typed(&["long"]), "ask");
        assert_eq!(typed(&["a"]), format!("({SHORT}), ask"));
        assert_eq!(typed(&["a", "a"]), "secret a");
        let again = "(The two do not match; nothing was set. Try again (Ctrl-C sets none).), ask";
        assert_eq!(typed(&["a", "b"]), again);
        assert_eq!(typed(&["a", "b", "a", "b", "a", "b", "a", "b"]), again);
        assert_eq!(typed(&["a", "b", "a", "b", "a", "b", "four", "four"]), "secret four");
        assert_eq!(typed(&["", ""]), "(Nothing was set.), Secret(None)");
    }

    #[test]
    fn what_is_typed_early_is_said_later_and_never_answers_a_question() {
        let mut dialogue = Dialogue::new();
        assert_eq!(say(&dialogue.typed("list disks")), "");
        assert_eq!(say(&dialogue.typed("y")), "");
        assert_eq!(say(&dialogue.hear(&Event::Ready)), "echo list disks, Say(\"list disks\")");
        let next = dialogue.hear(&Event::Question { prompt: "Erase?".into() });
        assert!(matches!(next[..], [Next::Remark(_), Next::Ask]), "{next:?}");
        assert_eq!(dialogue.queued().count(), 0);
    }

    #[test]
    fn leaving_is_asked_once_and_a_signal_does_not_ask() {
        let mut dialogue = asked(&Event::Ready);
        assert_eq!(say(&dialogue.end()), "ask");
        assert_eq!(say(&dialogue.typed("n")), "ask");
        assert!(matches!(dialogue.waiting(), Waiting::Rest));
        dialogue.end();
        assert_eq!(say(&dialogue.end()), "Quit");
        assert_eq!(dialogue.status(0), 0);
        let mut dialogue = asked(&Event::Ready);
        assert_eq!(say(&dialogue.signalled()), "stop, Quit");
        assert_eq!(dialogue.status(0), 3);
        assert_eq!(say(&dialogue.hear(&Event::Question { prompt: "?".into() })), "Quit");
    }
}
