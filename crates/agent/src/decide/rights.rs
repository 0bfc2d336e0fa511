//! Who of several people is an administrator: "only anna is admin", "dad can administer, the others cannot". Too much hangs
//! on it to be left to a reading that hears one name.

use levitate_core::action::InstallerAction;
use levitate_core::lists::fold;

use super::Decision;
use crate::Answer;
use crate::text::tokens;
use crate::words::{NOT, has_any};

/// To have rights, beside the words of the concept, folded.
const RIGHTS: &[&str] = &["administer", "administers", "administrate", "rights", "root access"];

/// Everybody who was named.
const ALL: &[&str] =
    &["both", "all", "everyone", "everybody", "each", "beide", "alle", "tous", "todos", "ambos"];

/// Those who were not named in a clause.
const OTHERS: &[&str] =
    &["others", "other", "rest", "else", "anderen", "autres", "otros", "altri", "nobody", "noone"];

/// No to rights, beside the shared words.
const NO: &[&str] =
    &["no", "cannot", "cant", "without", "isnt", "arent", "normal", "ohne", "kein", "keine", "sans", "sin"];

/// The decision with the rights as the clauses give them, where several accounts were asked for.
pub(super) fn given(text: &str, mut decision: Decision) -> Decision {
    let Answer::Actions(actions) = &mut decision.answer else { return decision };
    let names: Vec<String> = actions
        .iter()
        .filter_map(|action| {
            if let InstallerAction::CreateUser { name, .. } = action { Some(name.clone()) } else { None }
        })
        .collect();
    if names.len() < 2 {
        return decision;
    }
    let Some(admins) = admins(text, &names) else { return decision };
    for action in actions {
        if let InstallerAction::CreateUser { name, sudo } = action {
            *sudo = admins.contains(name);
        }
    }
    decision
}

/// Those of the names that some clause gives rights to; nothing where no clause does so plainly.
fn admins(text: &str, names: &[String]) -> Option<Vec<String>> {
    let lower = text.to_lowercase().replace(" but ", ", ").replace(" aber ", ", ").replace(" mais ", ", ");
    let mut admins: Vec<String> = Vec::new();
    let mut decided = false;
    let mut about_rights = false;
    for clause in lower.split([',', ';', '.', ':', '!', '(', ')']) {
        let folded = fold(clause);
        let here: Vec<&String> = names.iter().filter(|name| has_any(&folded, &[name.as_str()])).collect();
        let rights = has_any(&folded, RIGHTS) || tokens(clause).iter().any(|token| token.key == "sudo");
        // "Tim is not an admin, eva is".
        let again = about_rights && folded.ends_with(" is") && here.len() == 1;
        about_rights |= rights;
        if !rights && !again {
            continue;
        }
        let refuses = has_any(&folded, NOT) || has_any(&folded, NO);
        match (refuses, here.is_empty()) {
            (true, false) if here.len() == 1 => admins.retain(|name| name != here[0]),
            // "The others cannot": nobody is given anything.
            (true, true) if has_any(&folded, OTHERS) => {}
            // "Ann is admin and bob not", "admin rights for both, without a password": of whom it is said is not plain.
            (true, _) => return None,
            (false, false) => admins.extend(here.into_iter().cloned()),
            (false, true) if has_any(&folded, ALL) => admins.extend(names.iter().cloned()),
            // "Vince and anna, sudo": whose, the reading knows.
            (false, true) => return None,
        }
        decided = true;
    }
    // One clause for all of them is what a reading hears well.
    let contrasts = has_any(&fold(text), &["only", "nur", "others", "rest", "seulement", "solo", "just"])
        || has_any(&fold(text), ALL)
        || has_any(&fold(text), NOT)
        || has_any(&fold(text), NO);
    (decided && contrasts).then_some(admins)
}
