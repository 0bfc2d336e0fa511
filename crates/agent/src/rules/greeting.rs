//! "Hello there", "thanks": an answer of the same kind, and what could be said next.

use levitate_core::lists::fold;

use crate::ground::last_asked;
use crate::{Context, explain};

/// Words of greeting, folded.
const GREETINGS: &[&str] = &[
    "hi", "hello", "hey", "hiya", "howdy", "yo", "greetings", "heya", "hallo", "servus", "moin", "hola",
    "bonjour", "salut", "ciao", "ola", "hoi", "czesc", "hej", "ahoj", "morning", "evening", "afternoon",
    "day", "tag", "abend", "dias", "jour", "morgen",
];

/// Words of thanks, folded.
const THANKS: &[&str] = &[
    "thanks", "thank", "thx", "ty", "cheers", "danke", "dank", "merci", "gracias", "grazie", "obrigado",
    "obrigada", "bedankt",
];

/// Words that may stand beside them and change nothing.
const BESIDE: &[&str] = &[
    "there", "good", "you", "very", "much", "so", "a", "lot", "again", "computer", "installer", "friend",
    "everyone", "everybody", "levitate", "world", "all", "well", "that", "was", "great", "nice", "perfect",
    "many", "my", "dear", "guten", "schon", "sehr", "vielen", "beaucoup", "muchas", "buenos",
];

/// The answer to a sentence that is nothing else. Where something was asked or waits, a word may be the answer to it.
pub(super) fn read(text: &str, ctx: &Context<'_>) -> Option<String> {
    let asked = last_asked(ctx).is_some_and(|asked| asked.trim_end().ends_with('?'));
    if ctx.state.pending.is_some() || asked {
        return None;
    }
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    let said = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let all = words.iter().all(|word| [GREETINGS, THANKS, BESIDE].iter().any(|list| list.contains(word)));
    if !all || !(said(GREETINGS) || said(THANKS)) {
        return None;
    }
    let example = match explain::suggestions(ctx).first() {
        Some(next) => format!("for example \"{next}\", or \"help\""),
        None => "or \"help\"".to_owned(),
    };
    Some(match said(THANKS) {
        true => format!("You are welcome. Say what comes next, {example}."),
        false => format!("Hello. Say in your own words what you want, {example}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, Role};
    use levitate_core::lists::Lists;
    use levitate_core::machine::Machine;
    use levitate_core::state::State;

    #[test]
    fn a_greeting_is_greeted_where_nothing_else_can_be_meant() {
        let machine = Machine::from_json(include_str!("../../../../machines/two-disks.json")).unwrap();
        let (state, lists) = (State::default(), Lists::embedded());
        let ctx = Context { machine: &machine, state: &state, history: &[], lists: &lists, open: &[] };
        for text in ["hi", "Hello there!", "good morning", "Guten Tag", "hey installer", "Guten Morgen"] {
            assert!(read(text, &ctx).is_some_and(|text| text.starts_with("Hello")), "{text}");
        }
        assert!(read("thank you so much", &ctx).is_some_and(|text| text.starts_with("You are welcome")));
        for text in ["hello kitty", "hi, install on sda", "good", "", "all well"] {
            assert_eq!(read(text, &ctx), None, "{text}");
        }
        let noted = [Message { role: Role::Assistant, content: "The hostname will be box.".into() }];
        assert!(read("thanks", &Context { history: &noted, ..ctx }).is_some());
        // A computer may be called hello.
        let asked =
            [Message { role: Role::Assistant, content: "What shall this computer be called?".into() }];
        assert_eq!(read("hello", &Context { history: &asked, ..ctx }), None);
    }
}
