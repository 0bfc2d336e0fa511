//! Accounts of the target: made by the target's own tools inside it, and read back.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::sys::{Cmd, System};

use super::{Context, SecretRequest, StepError, UndoRecord, chroot, in_target};

/// Makes an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateUser {
    /// Login name, checked.
    pub name: String,
    /// Member of the admin group.
    pub sudo: bool,
    /// Groups, the admin group included.
    pub groups: Vec<String>,
}

impl CreateUser {
    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        self.groups.iter().try_for_each(|group| exists(sys, group))?;
        let mut argv =
            vec!["useradd".to_string(), "--create-home".into(), "--shell".into(), "/bin/bash".into()];
        if !self.groups.is_empty() {
            argv.extend(["--groups".to_string(), self.groups.join(",")]);
        }
        argv.push(self.name.clone());
        chroot::run(sys, &Cmd::new(argv))?;
        for group in &self.groups {
            member(sys, &self.name, group)?;
        }
        Ok(())
    }
}

/// Puts an account into a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddToGroup {
    /// The account.
    pub user: String,
    /// The group.
    pub group: String,
}

impl AddToGroup {
    pub(super) fn record(&self, sys: &mut dyn System) -> Result<UndoRecord, StepError> {
        if member(sys, &self.user, &self.group).is_ok() {
            return Ok(UndoRecord::Nothing);
        }
        Ok(UndoRecord::RemoveFromGroup { user: self.user.clone(), group: self.group.clone() })
    }

    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        exists(sys, &self.group)?;
        chroot::run(sys, &Cmd::new(["usermod", "--append", "--groups", &self.group, &self.user]))?;
        member(sys, &self.user, &self.group)
    }
}

/// A group that the new system lacks is named, with those that people use.
fn exists(sys: &mut dyn System, group: &str) -> Result<(), StepError> {
    const USED: [&str; 8] = ["sudo", "wheel", "adm", "audio", "video", "plugdev", "netdev", "users"];
    let text = sys.read(&in_target("/etc/group"))?;
    let text = String::from_utf8_lossy(&text);
    let has = |name: &str| text.lines().any(|line| line.split(':').next() == Some(name));
    if has(group) {
        return Ok(());
    }
    let there: Vec<&str> = USED.into_iter().filter(|name| has(name)).collect();
    Err(StepError::Check(format!(
        "the new system has no group {group} (it has {}, and others); a program's group comes with the program",
        there.join(", ")
    )))
}

/// Reads the target's group file: the account must be in the group.
fn member(sys: &mut dyn System, user: &str, group: &str) -> Result<(), StepError> {
    let text = sys.read(&in_target("/etc/group"))?;
    let text = String::from_utf8_lossy(&text);
    let found = text.lines().any(|line| {
        let mut fields = line.split(':');
        fields.next() == Some(group) && fields.nth(2).is_some_and(|users| users.split(',').any(|u| u == user))
    });
    if found {
        Ok(())
    } else {
        Err(StepError::Check(format!("{user} is not in the group {group} of the target")))
    }
}

/// Sets a password that the person types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPassword {
    /// The account; `root` is allowed.
    pub user: String,
}

impl SetPassword {
    pub(super) fn record(&self, sys: &mut dyn System) -> Result<UndoRecord, StepError> {
        // An old hash is a secret and never goes into the journal, so an old password cannot come back.
        Ok(if hash(sys, &self.user)?.is_some_and(|hash| hash.starts_with('$')) {
            UndoRecord::Final { why: format!("The earlier password of {} is not kept anywhere.", self.user) }
        } else {
            UndoRecord::LockPassword { user: self.user.clone() }
        })
    }

    pub(super) fn run(&self, sys: &mut dyn System, cx: &mut Context<'_>) -> Result<(), StepError> {
        let request = SecretRequest::Password { user: self.user.clone() };
        let password = cx.secrets.get(&request).ok_or(StepError::NoSecret("password"))?;
        let before = hash(sys, &self.user)?;
        let line = SecretString::from(format!("{}:{}\n", self.user, password.expose_secret()));
        cx.secrets.forget(&request);
        chroot::run(sys, &Cmd::new(["chpasswd"]).stdin(line))?;
        // chpasswd has been seen to exit 0 and set nothing (pitfalls): look.
        let after = hash(sys, &self.user)?;
        let strong =
            after.as_deref().is_some_and(|h| ["$y$", "$6$", "$5$", "$gy$"].iter().any(|p| h.starts_with(p)));
        if !strong || after == before {
            return Err(StepError::Check(format!("the password of {} was not set", self.user)));
        }
        Ok(())
    }
}

/// The password field of an account in the target's shadow file.
fn hash(sys: &mut dyn System, user: &str) -> Result<Option<String>, StepError> {
    let text = sys.read(&in_target("/etc/shadow"))?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(user)).then(|| fields.next().unwrap_or("").to_string())
    }))
}
