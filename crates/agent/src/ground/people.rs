//! Which account is meant.

use levitate_core::action::InstallerAction;

use super::{Ask, join, short, turn};
use crate::refs::Ref;
use crate::{Context, Role, names};

/// Words that point at an account and are never the name of one.
const POINTING: [&str; 19] = [
    "first", "second", "third", "fourth", "fifth", "last", "former", "latter", "middle", "other", "both",
    "all", "them", "everyone", "everybody", "me", "him", "her", "mine",
];

/// The accounts that a word for several means.
fn several(said: &str, users: &[String]) -> Option<Vec<String>> {
    match said {
        "both" if users.len() == 2 => Some(users.to_vec()),
        "all" | "them" | "everyone" | "everybody" if users.len() > 1 => Some(users.to_vec()),
        _ => None,
    }
}

/// A name for a new account.
pub fn new_name(said: &str, ctx: &Context<'_>) -> Result<String, Ask> {
    if said.is_empty() {
        return Err(Ask::new("What shall the account be called?"));
    }
    if matches!(said, "it" | "hostname") {
        let name = ctx.state.hostname.clone().or_else(|| last_named(ctx));
        return name
            .filter(|name| names::user_problem(name).is_none())
            .ok_or_else(|| Ask::new("What shall the account be called?"));
    }
    // "Vince" is a name with a capital, not a mistake.
    let name = said.to_lowercase();
    if POINTING.contains(&name.as_str()) {
        return Err(Ask::new("What shall the account be called?"));
    }
    match names::user_problem(&name) {
        None => Ok(name),
        Some(problem) => {
            let proposal =
                names::user_proposal(said).map_or(String::new(), |name| format!(" Shall I use {name}?"));
            Err(Ask::new(format!("\"{}\" cannot be a user name: {problem}.{proposal}", short(said))))
        }
    }
}

fn known(ctx: &Context<'_>, before: &[InstallerAction]) -> Vec<String> {
    let mut names: Vec<String> = ctx.state.users.iter().map(|user| user.name.clone()).collect();
    for action in before {
        if let InstallerAction::CreateUser { name, .. } = action {
            names.push(name.clone());
        }
    }
    names
}

/// The account that a word points at; a name is taken as it is.
pub fn find(said: &str, ctx: &Context<'_>, before: &[InstallerAction]) -> Result<String, Ask> {
    let users = known(ctx, before);
    let made_now = before.iter().rev().find_map(|action| match action {
        InstallerAction::CreateUser { name, .. } => Some(name.clone()),
        InstallerAction::AddToGroup { user, .. } | InstallerAction::SetPassword { user }
            if user != "root" =>
        {
            Some(user.clone())
        }
        _ => None,
    });
    match said {
        "root" => return Ok("root".into()),
        "" | "it" => {
            if let Some(name) = made_now.or_else(|| last_spoken_of(ctx, &users)) {
                return Ok(name);
            }
            let without: Vec<&String> =
                ctx.state.users.iter().filter(|user| !user.password_set).map(|user| &user.name).collect();
            if let ([only], "") = (without.as_slice(), said)
                && users.len() == 1
            {
                return Ok((*only).clone());
            }
        }
        "other" => {
            let spoken = made_now.or_else(|| last_spoken_of(ctx, &users));
            let mut others = turn::accounts(ctx, &users);
            others.retain(|user| Some(user) != spoken.as_ref());
            if let ([only], Some(_)) = (others.as_slice(), &spoken) {
                return Ok(only.clone());
            }
            return Err(whose(&others));
        }
        word if matches!(word.parse(), Ok(Ref::Nth(_) | Ref::Middle)) => {
            let named = turn::accounts(ctx, &users);
            let order: Ref = word.parse().map_err(|()| whose(&users))?;
            return turn::at(&order, &named).cloned().ok_or_else(|| whose(&users));
        }
        "me" => {
            if let Some(name) = made_now {
                return Ok(name);
            }
        }
        name if POINTING.contains(&name) => {}
        name => {
            let name = name.to_lowercase();
            let near = users
                .iter()
                .filter(|user| levitate_core::lists::osa(user, &name, 1) <= 1)
                .collect::<Vec<_>>();
            if users.contains(&name) {
                return Ok(name);
            }
            if let ([only], true) = (near.as_slice(), name.len() > 3) {
                return Ok((*only).clone());
            }
            if names::user_problem(&name).is_some() {
                return Err(Ask::new(format!(
                    "\"{}\" is no user name. Whose account do you mean?",
                    short(said)
                )));
            }
            return Err(Ask::new(match users.as_slice() {
                [] => format!("There is no account {name} yet. Shall I create it?"),
                some => format!(
                    "There is no account {name}; there is {}. Which one do you mean?",
                    join(some, "and")
                ),
            }));
        }
    }
    match users.as_slice() {
        [only] => Ok(only.clone()),
        users => Err(whose(users)),
    }
}

fn whose(users: &[String]) -> Ask {
    match users {
        [] => Ask::new("There is no account yet. What shall the account be called?"),
        [only] => Ask::new(format!("Whose account do you mean: that of {only}?")),
        several => Ask::new(format!("Whose account do you mean: {}?", join(several, "or"))),
    }
}

/// The accounts that a word points at: one, or several where it says so.
pub fn find_all(said: &str, ctx: &Context<'_>, before: &[InstallerAction]) -> Result<Vec<String>, Ask> {
    match several(said, &known(ctx, before)) {
        Some(users) => Ok(users),
        None => find(said, ctx, before).map(|user| vec![user]),
    }
}

/// What people call the group of those who may do everything, which is `sudo` here.
const ADMINS: &[&str] = &["wheel", "admin", "admins", "administrator", "administrators", "sudoers"];

/// Membership in a group; an account that is not there yet is made where the group is the admin group.
pub fn group(
    said: &str,
    group: &str,
    ctx: &Context<'_>,
    before: &[InstallerAction],
) -> Result<Vec<InstallerAction>, Ask> {
    let group = group.to_lowercase();
    let group = if ADMINS.contains(&group.as_str()) { "sudo".to_owned() } else { group };
    if !names::is_group(&group) {
        return Err(Ask::new(format!("\"{}\" is no group name. Which group do you mean?", short(&group))));
    }
    let users = known(ctx, before);
    let name = said.to_lowercase();
    if group == "sudo"
        && !matches!(said, "" | "it" | "root")
        && !POINTING.contains(&name.as_str())
        && !users.contains(&name)
        && names::user_problem(&name).is_none()
        && !users.iter().any(|user| levitate_core::lists::osa(user, &name, 1) <= 1)
    {
        return Ok(vec![InstallerAction::CreateUser { name, sudo: true }]);
    }
    let member = |user| InstallerAction::AddToGroup { user, group: group.clone() };
    Ok(find_all(said, ctx, before)?.into_iter().map(member).collect())
}

/// The account spoken of last.
fn last_spoken_of(ctx: &Context<'_>, users: &[String]) -> Option<String> {
    for message in ctx.history.iter().rev() {
        let words: Vec<String> = message
            .content
            .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
            .map(str::to_lowercase)
            .collect();
        if let Some(name) = words.iter().rev().find(|word| users.contains(word)) {
            return Some(name.clone());
        }
    }
    None
}

/// The word after "called", "name is" … in the last turns: "name the box after him", "an admin by the same name".
pub fn last_named(ctx: &Context<'_>) -> Option<String> {
    let users = known(ctx, &[]);
    // A city that was just said alone is what "it" is called after.
    let said =
        ctx.history.iter().rev().find(|message| message.role == Role::User).map(|message| &message.content);
    if let Some(place) = said
        && place.split_whitespace().count() <= 3
        && !users.contains(&place.trim().to_lowercase())
        && matches!(ctx.lists.zone_of_known_place(place), levitate_core::lists::Found::One(_))
    {
        return names::host_proposal(place);
    }
    last_spoken_of(ctx, &users).or_else(|| {
        ctx.history.iter().rev().find_map(|message| {
            let lower = message.content.to_lowercase();
            let at = ["host name is ", "called ", "hostname is ", "set_hostname: "]
                .iter()
                .find_map(|lead| lower.find(lead).map(|at| at + lead.len()))?;
            let name: String = lower[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
            (!name.is_empty()).then_some(name)
        })
    })
}
