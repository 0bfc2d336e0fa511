//! One answer out of two readings: a model's and the rules'.
//!
//! What is plain needs no model ([`plain`]). Else the model reads, and where the rules read something else that
//! means something else on this machine, the model itself says how likely it finds the rules' reading; the rules win
//! where it is nearly as likely as the model's own ([`Weights`]). Grounding is the same for both, so whoever
//! wins, a word that names no disk never becomes one. Where something would be erased on the word of a model that is
//! not sure of it, or that the person wants to keep, they are asked what was meant.

use levitate_core::action::InstallerAction;

use crate::reading::{self, Reading};
use crate::rules::{self, Read};
use crate::{Answer, Context, explain, ground};

mod doubt;
mod leaving;
mod open;
mod rights;
mod share;
mod stake;
mod taking;
#[cfg(test)]
mod tests;
mod unheard;
mod unwished;

pub use open::keep as keep_open;
use open::{completed, harmless};
use stake::{agreeing, risked, same_layout, says_what_waits, sparing};

/// How a model's reading is weighed against the rules', in natural logarithms. Chosen on the kept families of the
/// training data, see docs/understanding.md.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// How much likelier a model has to find its own reading than the rules', to be believed.
    pub bonus: f32,
    /// The same where the rules would erase and the model would not.
    pub bonus_to_erase: f32,
    /// The same where the rules have an answer in words and the model heard a wish.
    pub bonus_to_talk: f32,
    /// The same where the rules only ask, or heard a part of what the model did.
    pub bonus_to_ask: f32,
    /// The log-probability below which a model's reading is too doubtful to plan an erasure on it alone.
    pub doubt: f32,
    /// The same of its first token, which says what kind of thing was said.
    pub doubt_first: f32,
}

/// What the installer uses.
pub const WEIGHTS: Weights = Weights {
    bonus: 4.0,
    bonus_to_erase: 2.0,
    bonus_to_talk: 0.0,
    bonus_to_ask: 2.0,
    doubt: -1.5,
    doubt_first: -0.3,
};

/// What a model wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// The reading's text form.
    pub reading: String,
    /// Its log-probability: natural logarithm, 0 is certain.
    pub log_probability: f32,
    /// The same of its first token that was chosen.
    pub first: f32,
}

/// Whose reading an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The rules'.
    Rules,
    /// The model's.
    Model,
    /// Both mean the same.
    Both,
}

/// An answer and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The answer.
    pub answer: Answer,
    /// Whose reading it rests on.
    pub by: By,
    /// That reading, as text, for the log.
    pub reading: String,
    /// Where the answer is a question: the wish that it is about, with what was said of it before.
    pub open: Vec<Reading>,
    /// What the answer was made of: mended, completed by earlier answers, with what [`unheard`] filled in. Questions that
    /// take the answer's place are about this.
    readings: Vec<Reading>,
}

impl Decision {
    fn of(readings: Vec<Reading>, by: By, reading: String, ctx: &Context<'_>) -> Self {
        let readings = completed(readings, ctx);
        let answer = answer(&readings, ctx);
        let open = if asks(&answer) { readings.clone() } else { Vec::new() };
        Self { answer, by, reading, open, readings }
    }

    /// A question for more in its place: the wish stays as it was heard.
    fn completing(self, question: String) -> Self {
        let open = self.readings.clone();
        Self { open, ..self.dropping(question) }
    }

    /// A question for sizes in its place: those that were heard were none.
    fn without_sizes(self, question: String) -> Self {
        let mut asking = self.completing(question);
        for reading in &mut asking.open {
            if let Reading::Partition(said) = reading {
                (said.give, said.root, said.home, said.swap, said.boot) = (None, None, None, None, None);
                said.scheme.clear();
            }
        }
        asking
    }

    /// A question in its place. The wish is what it is about, without the disk and the way that are in doubt.
    fn asking(self, question: String) -> Self {
        let open = harmless(self.readings.clone());
        Self { open, ..self.dropping(question) }
    }

    /// A question in its place; nothing of what was heard stays a wish.
    fn dropping(self, question: String) -> Self {
        Self {
            answer: Answer::Actions(vec![InstallerAction::Clarify { question }]),
            open: Vec::new(),
            ..self
        }
    }

    fn by_rules(read: Read, text: &str, ctx: &Context<'_>) -> Self {
        let reading = written(&read, text);
        match read {
            Read::Readings(readings) => Self::of(readings, By::Rules, reading, ctx),
            Read::Text(text) => Self::in_words(Answer::Text(text), reading),
            Read::Nothing(words) => Self::in_words(not_understood(&words, ctx), reading),
        }
    }

    /// The rules' answer that rests on no wish.
    fn in_words(answer: Answer, reading: String) -> Self {
        Self { answer, by: By::Rules, reading, open: Vec::new(), readings: Vec::new() }
    }
}

/// The answer where no model is needed: nothing said, an instruction that is nobody's wish, a command line that
/// means one action, a bare yes or no to what waits.
pub fn plain(text: &str, ctx: &Context<'_>) -> Option<Decision> {
    Some(Decision::by_rules(rules::plain(text, ctx)?, text, ctx))
}

/// The rules' own answer, where there is no model or it failed.
pub fn without_model(text: &str, ctx: &Context<'_>) -> Decision {
    finally(text, ctx, rules_alone(text, ctx))
}

/// What holds whoever has read the sentence.
fn finally(text: &str, ctx: &Context<'_>, decision: Decision) -> Decision {
    let decision = leaving::reckoned(text, ctx, rights::given(text, decision));
    let decision = unheard::filled(text, ctx, decision);
    let decision = sparing(text, ctx, agreeing(text, ctx, decision));
    doubt::asked(text, ctx, taking::refused(text, ctx, decision))
}

fn rules_alone(text: &str, ctx: &Context<'_>) -> Decision {
    Decision::by_rules(rules::read(text, ctx), text, ctx)
}

/// Weighs the model's reading against the rules'. `score` gives the model's log-probability of a reading, `None`
/// where it cannot tell.
pub fn decide(
    text: &str,
    ctx: &Context<'_>,
    heard: &Heard,
    score: impl FnOnce(&str) -> Option<f32>,
) -> Decision {
    Both::of(text, ctx, heard).weigh(text, ctx, heard, score, WEIGHTS)
}

/// What both made of a sentence.
#[derive(Clone, Debug)]
pub struct Both {
    /// `None`: the model wrote no reading.
    model: Option<Decision>,
    rules: Decision,
}

impl Both {
    /// Reads with the rules, and grounds both readings.
    pub fn of(text: &str, ctx: &Context<'_>, heard: &Heard) -> Self {
        let readings = reading::parse(&heard.reading).ok().filter(|readings| !readings.is_empty());
        let model = readings.map(|readings| {
            let reading = reading::print(&readings);
            let readings = unheard::encrypted(taking::comparatives(readings, text), text, ctx);
            Decision::of(readings, By::Model, reading, ctx)
        });
        Self { model, rules: rules_alone(text, ctx) }
    }

    /// As [`decide`], with other weights.
    pub fn weigh(
        self,
        text: &str,
        ctx: &Context<'_>,
        heard: &Heard,
        score: impl FnOnce(&str) -> Option<f32>,
        weights: Weights,
    ) -> Decision {
        finally(text, ctx, self.choose(ctx, heard, score, weights))
    }

    fn choose(
        self,
        ctx: &Context<'_>,
        heard: &Heard,
        score: impl FnOnce(&str) -> Option<f32>,
        weights: Weights,
    ) -> Decision {
        let Self { model: Some(model), rules } = self else { return self.rules };
        if matches!(rules.answer, Answer::NotUnderstood { .. }) {
            return doubted(model, ctx, heard, weights);
        }
        if alike(&model.answer, &rules.answer) {
            if says_what_waits(&model, ctx) {
                let by = if says_what_waits(&rules, ctx) { By::Both } else { By::Model };
                return Decision { by, ..model };
            }
            // The rules word their questions and texts for what they recognised.
            return Decision { by: By::Both, ..rules };
        }
        // A model loses the end of a long list; nothing of what it heard is lost with the rules.
        if says_more(&rules.answer, &model.answer) {
            return rules;
        }
        let bonus = match (risked(&rules.answer, ctx), risked(&model.answer, ctx)) {
            (Some(_), None) => weights.bonus_to_erase,
            _ if matches!(rules.answer, Answer::Text(_)) => weights.bonus_to_talk,
            // What the rules did not hear is lost with them.
            _ if asks(&rules.answer) || has_all(&model.answer, &rules.answer) => weights.bonus_to_ask,
            _ => weights.bonus,
        };
        match score(&rules.reading) {
            Some(likely) if likely + bonus >= heard.log_probability => rules,
            // Where the model is not sure how the rules' own disk shall be laid out, the rules are.
            _ if !sure(heard, weights) && same_layout(&model.answer, &rules.answer) => rules,
            _ => doubted(model, ctx, heard, weights),
        }
    }
}

const fn sure(heard: &Heard, weights: Weights) -> bool {
    heard.log_probability >= weights.doubt && heard.first >= weights.doubt_first
}

/// A model's decision, or the question whether that was meant, where data is at stake and the model is not sure.
fn doubted(model: Decision, ctx: &Context<'_>, heard: &Heard, weights: Weights) -> Decision {
    if sure(heard, weights) {
        return model;
    }
    match risked(&model.answer, ctx) {
        Some(question) => model.asking(question),
        None => model,
    }
}

/// What readings mean here. Words that are no wish are answered in words, whatever stands beside them.
pub fn answer(readings: &[Reading], ctx: &Context<'_>) -> Answer {
    if readings.contains(&Reading::Talk) {
        return Answer::Text(talk(ctx));
    }
    Answer::Actions(ground::ground(readings, ctx))
}

fn not_understood(words: &str, ctx: &Context<'_>) -> Answer {
    let message = if words.is_empty() {
        "You can say what you want in your own words.".to_owned()
    } else {
        format!("I did not understand \"{}\".", ground::short(words))
    };
    Answer::NotUnderstood { message, suggestions: explain::suggestions(ctx) }
}

/// The reading as a model would have written it: questions without their words, places and languages spelled as in
/// the sentence.
fn written(read: &Read, text: &str) -> String {
    match read {
        Read::Text(_) => Reading::Talk.to_string(),
        Read::Nothing(_) => String::new(),
        Read::Readings(readings) => {
            let one = |reading: &Reading| match reading {
                Reading::Ask(_) => Reading::Ask(String::new()),
                Reading::Timezone(said) => Reading::Timezone(as_said(said, text)),
                Reading::Locale(said) => Reading::Locale(as_said(said, text)),
                Reading::Keyboard(said) => Reading::Keyboard(as_said(said, text)),
                other => other.clone(),
            };
            let mut lines: Vec<String> = Vec::new();
            for line in readings.iter().map(|reading| one(reading).to_string()) {
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
            lines.join("\n")
        }
    }
}

/// `said` in the spelling of the sentence, where it stands there.
fn as_said(said: &str, text: &str) -> String {
    let lower = text.to_lowercase();
    let found = lower.find(&said.to_lowercase()).and_then(|at| text.get(at..at + said.len()));
    found.filter(|found| found.to_lowercase() == said.to_lowercase()).unwrap_or(said).to_owned()
}

fn alike(a: &Answer, b: &Answer) -> bool {
    match (a, b) {
        (Answer::Text(_), Answer::Text(_)) => true,
        (Answer::Actions(of_a), Answer::Actions(of_b)) => {
            (asks(a) && asks(b))
                || (of_a.len() == of_b.len() && of_a.iter().all(|action| of_b.contains(action)))
        }
        _ => false,
    }
}

/// True for a question and nothing else.
fn asks(answer: &Answer) -> bool {
    matches!(answer, Answer::Actions(actions) if matches!(actions[..], [InstallerAction::Clarify { .. }]))
}

/// True where `a` does all that `b` does, and more; to copy is part of a layout.
fn has_all(a: &Answer, b: &Answer) -> bool {
    let (Answer::Actions(a), Answer::Actions(b)) = (a, b) else { return false };
    let more = |action: &InstallerAction| *action != InstallerAction::CopySystem && !b.contains(action);
    !b.is_empty() && a.iter().any(more) && b.iter().all(|action| a.contains(action))
}

/// True where `a` has all the actions of `b`, and settings or stages beside them.
fn says_more(a: &Answer, b: &Answer) -> bool {
    let (Answer::Actions(a), Answer::Actions(b)) = (a, b) else { return false };
    let harmless = |action: &InstallerAction| {
        matches!(
            action,
            InstallerAction::SetHostname { .. }
                | InstallerAction::SetTimezone { .. }
                | InstallerAction::SetLocale { .. }
                | InstallerAction::SetKeyboard { .. }
                | InstallerAction::CreateUser { .. }
                | InstallerAction::InstallBootloader { .. }
        )
    };
    !b.is_empty()
        && a.len() > b.len()
        && b.iter().all(|action| a.contains(action))
        && a.iter().filter(|action| !b.contains(action)).all(harmless)
}

/// The answer to what is no wish.
fn talk(ctx: &Context<'_>) -> String {
    let next = explain::suggestions(ctx);
    let example =
        next.first().map(|next| format!(" You could say \"{next}\", or \"help\".")).unwrap_or_default();
    format!(
        "That is nothing I can do here: I set up the disk, the system, its settings, users and boot loader.{example}"
    )
}
