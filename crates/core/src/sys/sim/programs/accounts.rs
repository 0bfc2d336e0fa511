//! Accounts: the files below /etc of the root that the program sees.

use std::path::PathBuf;

use super::super::Simulated;
use super::super::tree::Node;
use super::{Call, Outcome, done, fail};
use crate::sys::SysError;

pub(super) fn spec(name: &str) -> Option<(&'static [&'static str], std::ops::RangeInclusive<usize>)> {
    Some(match name {
        "useradd" => (
            &[
                "--create-home|-m", "--shell|-s=", "--groups|-G=", "--comment|-c=", "--user-group|-U",
                "--uid|-u=",
            ],
            1..=1,
        ),
        "usermod" => (
            &["--append|-a", "--groups|-G=", "--password|-p=", "--lock|-L", "--unlock|-U", "--shell|-s="],
            1..=1,
        ),
        "userdel" => (&["--remove|-r", "--force|-f"], 1..=1),
        "gpasswd" => (&["--delete|-d=", "--add|-a="], 1..=1),
        "groupadd" => (&["--force|-f", "--system|-r"], 1..=1),
        "chpasswd" => (&["--crypt-method|-c="], 0..=0),
        "passwd" => (&["--lock|-l", "--unlock|-u", "--delete|-d", "--status|-S", "--expire|-e"], 1..=1),
        _ => return None,
    })
}

/// A colon file: one line a record.
struct Table(Vec<Vec<String>>);

impl Table {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|row| row[0] == name)
    }

    fn row(&mut self, name: &str) -> Option<&mut Vec<String>> {
        self.0.iter_mut().find(|row| row[0] == name)
    }

    fn push(&mut self, line: &str) {
        self.0.push(line.split(':').map(Into::into).collect());
    }

    fn text(&self) -> String {
        self.0.iter().map(|row| row.join(":") + "\n").collect()
    }

    /// The first id from 1000 that no record has.
    fn free_id(&self) -> u32 {
        let taken: Vec<u32> = self.0.iter().filter_map(|row| row.get(2)?.parse().ok()).collect();
        (1000..60000).find(|id| !taken.contains(id)).unwrap_or(60000)
    }

    /// Puts a member into a group, or takes it out; false where it was so already.
    fn member(&mut self, group: &str, user: &str, wanted: bool) -> bool {
        let Some(last) = self.row(group).and_then(|row| row.last_mut()) else { return false };
        let mut users: Vec<&str> = last.split(',').filter(|name| !name.is_empty()).collect();
        if users.contains(&user) == wanted {
            return false;
        }
        if wanted {
            users.push(user);
        } else {
            users.retain(|name| *name != user);
        }
        *last = users.join(",");
        true
    }
}

/// The four files.
struct Accounts {
    root: PathBuf,
    passwd: Table,
    shadow: Table,
    group: Table,
    gshadow: Table,
}

impl Simulated {
    fn accounts(&self, call: &Call<'_, '_>) -> Accounts {
        let table = |path| {
            Table(
                self.text(&call.root, path).lines().map(|l| l.split(':').map(Into::into).collect()).collect(),
            )
        };
        Accounts {
            root: call.root.clone(),
            passwd: table("/etc/passwd"),
            shadow: table("/etc/shadow"),
            group: table("/etc/group"),
            gshadow: table("/etc/gshadow"),
        }
    }

    fn save(&mut self, accounts: &Accounts) -> Result<(), SysError> {
        for (path, table, mode) in [
            ("/etc/passwd", &accounts.passwd, 0o644),
            ("/etc/shadow", &accounts.shadow, 0o640),
            ("/etc/group", &accounts.group, 0o644),
            ("/etc/gshadow", &accounts.gshadow, 0o640),
        ] {
            self.put_text(&accounts.root, path, &table.text(), mode)?;
        }
        Ok(())
    }

    pub(super) fn useradd(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let name = call.word(0).to_string();
        let mut accounts = self.accounts(call);
        let first = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        if !first || name.len() > 32 || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
            return fail(3, format!("useradd: invalid user name '{name}': use --badname to ignore"));
        }
        if accounts.passwd.has(&name) {
            return fail(9, format!("useradd: user '{name}' already exists"));
        }
        if accounts.group.has(&name) {
            return fail(
                9,
                format!("useradd: group {name} exists - if you want to add this user to that group, use -g."),
            );
        }
        let groups: Vec<String> = call.value("--groups").unwrap_or("").split(',').map(String::from).collect();
        let groups: Vec<String> = groups.into_iter().filter(|group| !group.is_empty()).collect();
        if let Some(group) = groups.iter().find(|group| !accounts.group.has(group)) {
            return fail(6, format!("useradd: group '{group}' does not exist"));
        }
        let id = accounts.passwd.free_id();
        let shell = call.value("--shell").unwrap_or("/bin/sh");
        let comment = call.value("--comment").unwrap_or("");
        accounts.passwd.push(&format!("{name}:x:{id}:{id}:{comment}:/home/{name}:{shell}"));
        accounts.shadow.push(&format!("{name}:!:20000:0:99999:7:::"));
        accounts.group.push(&format!("{name}:x:{id}:"));
        accounts.gshadow.push(&format!("{name}:!::"));
        for group in &groups {
            accounts.group.member(group, &name, true);
            accounts.gshadow.member(group, &name, true);
        }
        self.save(&accounts)?;
        if call.has("--create-home") {
            self.put(&call.root, &format!("/home/{name}"), Node::Dir(0o700))?;
            self.put_text(&call.root, &format!("/home/{name}/.bashrc"), "# ~/.bashrc\n", 0o644)?;
        }
        done("")
    }

    pub(super) fn usermod(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let name = call.word(0).to_string();
        let mut accounts = self.accounts(call);
        if !accounts.passwd.has(&name) {
            return fail(6, format!("usermod: user '{name}' does not exist"));
        }
        if let Some(groups) = call.value("--groups") {
            if !call.has("--append") {
                return fail(2, "usermod: without --append every other group would be lost");
            }
            for group in groups.split(',') {
                if !accounts.group.has(group) {
                    return fail(6, format!("usermod: group '{group}' does not exist"));
                }
                accounts.group.member(group, &name, true);
                accounts.gshadow.member(group, &name, true);
            }
        }
        if let Some(row) = accounts.shadow.row(&name) {
            if let Some(hash) = call.value("--password") {
                row[1] = hash.to_string();
            }
            if call.has("--lock") && !row[1].starts_with('!') {
                row[1] = format!("!{}", row[1]);
            }
            if call.has("--unlock") {
                row[1] = row[1].trim_start_matches('!').to_string();
            }
        }
        if let (Some(shell), Some(row)) = (call.value("--shell"), accounts.passwd.row(&name)) {
            row[6] = shell.to_string();
        }
        self.save(&accounts)?;
        done("")
    }

    pub(super) fn userdel(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let name = call.word(0).to_string();
        let mut accounts = self.accounts(call);
        if !accounts.passwd.has(&name) {
            return fail(6, format!("userdel: user '{name}' does not exist"));
        }
        for table in [&mut accounts.passwd, &mut accounts.shadow, &mut accounts.group, &mut accounts.gshadow]
        {
            table.0.retain(|row| row[0] != name);
        }
        let groups: Vec<String> = accounts.group.0.iter().map(|row| row[0].clone()).collect();
        for group in groups {
            accounts.group.member(&group, &name, false);
            accounts.gshadow.member(&group, &name, false);
        }
        self.save(&accounts)?;
        if call.has("--remove") {
            let home = self.real_path(&call.root, std::path::Path::new(&format!("/home/{name}")), true)?;
            let (space, key) = self.writable(&home, true)?;
            if let Some(tree) = self.tree_mut(&space) {
                tree.remove(&key);
            }
        }
        done("")
    }

    pub(super) fn gpasswd(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let group = call.word(0).to_string();
        let mut accounts = self.accounts(call);
        let (user, wanted) = match (call.value("--add"), call.value("--delete")) {
            (Some(user), None) => (user.to_string(), true),
            (None, Some(user)) => (user.to_string(), false),
            _ => return fail(2, "gpasswd: one of --add and --delete is needed"),
        };
        if !accounts.group.has(&group) {
            return fail(3, format!("gpasswd: group '{group}' does not exist in /etc/group"));
        }
        if !accounts.passwd.has(&user) {
            return fail(3, format!("gpasswd: user '{user}' does not exist"));
        }
        if !accounts.group.member(&group, &user, wanted) && !wanted {
            return fail(3, format!("gpasswd: user '{user}' is not a member of '{group}'"));
        }
        accounts.gshadow.member(&group, &user, wanted);
        self.save(&accounts)?;
        done(format!("{} user {user} to group {group}\n", if wanted { "Adding" } else { "Removing" }))
    }

    pub(super) fn groupadd(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let name = call.word(0).to_string();
        let mut accounts = self.accounts(call);
        if accounts.group.has(&name) {
            return if call.has("--force") {
                done("")
            } else {
                fail(9, format!("groupadd: group '{name}' already exists"))
            };
        }
        let id = accounts.group.free_id();
        accounts.group.push(&format!("{name}:x:{id}:"));
        accounts.gshadow.push(&format!("{name}:!::"));
        self.save(&accounts)?;
        done("")
    }

    pub(super) fn chpasswd(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let mut accounts = self.accounts(call);
        for (number, line) in call.stdin.lines().enumerate() {
            let Some((user, password)) = line.split_once(':') else {
                return fail(1, format!("chpasswd: line {}: missing new password", number + 1));
            };
            if !accounts.shadow.has(user) {
                return fail(
                    1,
                    format!(
                        "chpasswd: (user {user}) pam_chauthtok() failed, error: Authentication token manipulation error"
                    ),
                );
            }
            let salt = self.random_hex(22);
            let hash =
                format!("$y$j9T${salt}${}", &super::key_digest(Some(&salt), password.as_bytes())[..43]);
            if let Some(row) = accounts.shadow.row(user) {
                row[1] = hash;
            }
        }
        self.save(&accounts)?;
        done("")
    }

    pub(super) fn passwd(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let name = call.word(0).to_string();
        let mut accounts = self.accounts(call);
        let Some(row) = accounts.shadow.row(&name) else {
            return fail(1, format!("passwd: user '{name}' does not exist"));
        };
        if call.has("--lock") && !row[1].starts_with('!') {
            row[1] = format!("!{}", row[1]);
        }
        if call.has("--unlock") {
            row[1] = row[1].trim_start_matches('!').to_string();
        }
        if call.has("--delete") {
            row[1].clear();
        }
        self.save(&accounts)?;
        done("")
    }
}
