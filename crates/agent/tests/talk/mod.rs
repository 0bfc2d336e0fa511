//! A conversation that tests say sentences in.
#![allow(dead_code, reason = "not every test file needs all of it")]

use levitate_agent::decide::{Decision, Heard, decide, without_model};
use levitate_agent::reading::Reading;
use levitate_agent::{Answer, Context, Message, Role};
use levitate_core::action::{InstallerAction as A, Use};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::state::State;

/// What a conversation stands at.
pub struct Talk {
    pub machine: Machine,
    pub state: State,
    pub history: Vec<Message>,
    pub open: Vec<Reading>,
    lists: Lists,
}

impl Talk {
    pub fn on(machine: &str) -> Self {
        let path = format!("{}/../../machines/{machine}.json", env!("CARGO_MANIFEST_DIR"));
        Self {
            machine: Machine::from_json(&std::fs::read_to_string(path).unwrap()).unwrap(),
            state: State::default(),
            history: Vec::new(),
            open: Vec::new(),
            lists: Lists::embedded(),
        }
    }

    pub fn waiting(machine: &str, disk: &str) -> Self {
        let mut talk = Self::on(machine);
        let plan = format!(r#"{{"pending":{{"action":"partition","disk":"{disk}","use":"whole"}}}}"#);
        talk.state = serde_json::from_str(&plan).unwrap();
        talk
    }

    pub fn context(&self) -> Context<'_> {
        Context {
            machine: &self.machine,
            state: &self.state,
            history: &self.history,
            lists: &self.lists,
            open: &self.open,
        }
    }

    /// With the rules alone.
    pub fn read(&self, text: &str) -> Decision {
        without_model(text, &self.context())
    }

    /// With a model that is sure of this reading.
    pub fn heard(&self, text: &str, reading: &str) -> Decision {
        let heard = Heard { reading: reading.into(), log_probability: -0.01, first: 0.0 };
        decide(text, &self.context(), &heard, |_| Some(-30.0))
    }

    /// Remembers a sentence and the question that came of it, which is given back.
    pub fn asked(&mut self, said: &str, decision: &Decision) -> String {
        let [A::Clarify { question }] = actions(&decision.answer) else { panic!("{said}: {decision:?}") };
        self.history.push(Message { role: Role::User, content: said.into() });
        self.history.push(Message { role: Role::Assistant, content: question.clone() });
        self.open.clone_from(&decision.open);
        question.clone()
    }

    /// Says something, hears the answer, goes on.
    pub fn say(&mut self, text: &str) -> Answer {
        let decision = self.read(text);
        self.history.push(Message { role: Role::User, content: text.into() });
        if let Answer::Actions(actions) = &decision.answer
            && let [A::Clarify { question }] = &actions[..]
        {
            self.history.push(Message { role: Role::Assistant, content: question.clone() });
        }
        self.open.clone_from(&decision.open);
        decision.answer
    }
}

pub fn actions(answer: &Answer) -> &[A] {
    match answer {
        Answer::Actions(actions) => actions,
        _ => &[],
    }
}

pub fn erases(answer: &Answer) -> bool {
    actions(answer).iter().any(|action| {
        matches!(action, A::Format { .. } | A::Confirm)
            || matches!(action, A::Partition(request) if request.usage == Use::Whole)
    })
}
