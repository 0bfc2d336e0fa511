//! The grammar of a call by a model that calls functions: only what exists here can be named.
//!
//! Lark text of llguidance. Disks, partitions, zones, locales, keymaps, accounts are the machine's own; `confirm` and
//! `cancel` are not in it, because a yes is the person's alone.

use std::fmt::Write as _;

use crate::Context;
use crate::reading::TOPICS;

/// Plain words: a sentence or two, no mark of a call.
pub fn words() -> String {
    "start: /[^<{}`\\n][^<{}`]{0,500}/\n".to_owned()
}

/// One to six calls, or plain words.
pub fn calls(ctx: &Context<'_>) -> String {
    let machine = ctx.machine;
    let disks: Vec<String> = machine
        .disks
        .iter()
        .filter(|disk| !disk.live_medium && !disk.read_only)
        .map(|d| d.path.clone())
        .collect();
    let mut partitions: Vec<String> = machine
        .disks
        .iter()
        .filter(|disk| disks.contains(&disk.path))
        .flat_map(|disk| disk.partitions.iter().map(|partition| partition.path.clone()))
        .collect();
    if let Some(target) = &ctx.state.target {
        partitions.extend(target.mounts.iter().map(|mount| mount.path.clone()));
    }
    let mut users: Vec<String> = ctx.state.users.iter().map(|user| user.name.clone()).collect();
    users.push("root".into());
    let topics: Vec<String> = TOPICS.iter().map(|(_, name)| (*name).to_owned()).collect();

    let mut rules: Vec<(&str, String)> =
        ["list_disks", "copy_system", "finish", "reboot", "exit", "undo", "status", "help"]
            .into_iter()
            .map(|name| (name, call(name, "")))
            .collect();
    rules.extend([
        ("set_hostname", call("set_hostname", &value("name", "HOST"))),
        ("set_timezone", call("set_timezone", &value("zone", "ZONE"))),
        ("set_locale", call("set_locale", &value("locale", "LOCALE"))),
        ("set_keyboard", call("set_keyboard", &value("layout", "KEYMAP"))),
        ("create_user", call("create_user", &format!("{} {}", value("name", "NAME"), flag("sudo")))),
        ("set_password", call("set_password", &value("user", "USER"))),
        ("add_to_group", call("add_to_group", &both(&value("user", "USER"), &value("group", "NAME")))),
        ("explain", call("explain", &value("topic", "TOPIC"))),
        ("run_shell_command", call("run_shell_command", &value("command", "TEXT"))),
        ("clarify", call("clarify", &value("question", "TEXT"))),
    ]);
    if !disks.is_empty() {
        let sizes: Vec<String> =
            ["give", "root", "home", "swap", "boot"].iter().map(|name| extra(name, "SIZE")).collect();
        let fields = format!(
            "{} {} {} {}",
            both(&value("disk", "DISK"), &value("use", "USE")),
            flag("encrypt"),
            extra("fs", "FS"),
            sizes.join(" ")
        );
        rules.push(("partition", call("partition", &fields)));
        rules.push((
            "install_bootloader",
            format!(
                "{} | {}",
                call("install_bootloader", ""),
                call("install_bootloader", &value("target", "DISK"))
            ),
        ));
    }
    if !partitions.is_empty() {
        rules
            .push(("format", call("format", &both(&value("partition", "PART"), &value("filesystem", "FS")))));
        rules
            .push(("mount", call("mount", &both(&value("partition", "PART"), &value("mountpoint", "PATH")))));
    }

    let mut out = String::from("start: one (\"\\n\" one){0,5} | WORDS\n");
    let names: Vec<&str> = rules.iter().map(|(name, _)| *name).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "one: \"<tool_call>\\n\" ( {} ) \"\\n</tool_call>\"", names.join(" | "));
    for (name, body) in &rules {
        let _ = writeln!(out, "{name}: {body}");
    }
    out.push_str("WORDS: /[^<{}`\\n][^<{}`]{0,500}/\n");
    out.push_str("HOST: /[A-Za-z0-9][A-Za-z0-9-]{0,62}/\nNAME: /[a-z_][a-z0-9_-]{0,30}/\n");
    out.push_str(
        "SIZE: /[0-9]{1,5}(\\.[0-9])?[MGT]/ | \"rest\"\nPATH: /(\\/[a-z0-9_.-]{1,20}){1,4}/ | \"/\"\n",
    );
    out.push_str("TEXT: /[^\"\\\\\\n<>{}`]{1,200}/\nUSE: \"whole\" | \"free\" | \"beside\"\n");
    out.push_str("FS: \"ext4\" | \"btrfs\" | \"xfs\"\n");
    for (name, members) in [("DISK", &disks), ("PART", &partitions), ("USER", &users), ("TOPIC", &topics)] {
        if !members.is_empty() {
            let _ = writeln!(out, "{name}: {}", any(members));
        }
    }
    let _ = writeln!(out, "ZONE: {}", any(&ctx.lists.zones));
    let _ = writeln!(out, "LOCALE: {}", any(&ctx.lists.locales));
    let _ = writeln!(out, "KEYMAP: {}", any(&ctx.lists.keymaps));
    out
}

fn literal(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn any(members: &[String]) -> String {
    members.iter().map(|member| literal(member)).collect::<Vec<_>>().join(" | ")
}

/// `{"name": NAME, "arguments": {FIELDS}}`.
fn call(name: &str, fields: &str) -> String {
    let open = literal(&format!("{{\"name\": \"{name}\", \"arguments\": {{"));
    format!("{open} {fields} {}", literal("}}"))
}

/// `"KEY": "TERMINAL"`.
fn value(key: &str, terminal: &str) -> String {
    format!("{} {terminal} {}", literal(&format!("\"{key}\": \"")), literal("\""))
}

/// Two fields.
fn both(a: &str, b: &str) -> String {
    format!("{a} {} {b}", literal(", "))
}

/// A further field that may be left out.
fn extra(key: &str, terminal: &str) -> String {
    format!("( {} {} )?", literal(", "), value(key, terminal))
}

/// A further yes or no that may be left out.
fn flag(key: &str) -> String {
    format!("( {} ( \"true\" | \"false\" ) )?", literal(&format!(", \"{key}\": ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use levitate_core::lists::Lists;
    use levitate_core::machine::Machine;
    use levitate_core::state::State;

    #[test]
    fn only_what_exists_can_be_named() {
        let mut machine = Machine::from_json(include_str!("../../../machines/two-disks.json")).unwrap();
        machine.disks[1].live_medium = true;
        let (state, lists) = (State::default(), Lists::embedded());
        let ctx = Context { machine: &machine, state: &state, history: &[], lists: &lists, open: &[] };
        let grammar = calls(&ctx);
        let line =
            |name: &str| grammar.lines().find(|l| l.starts_with(&format!("{name}:"))).unwrap().to_owned();
        assert_eq!(line("DISK"), format!("DISK: \"{}\"", machine.disks[0].path));
        assert_eq!(line("USER"), "USER: \"root\"");
        assert!(line("ZONE").contains("\"Europe/Vienna\""));
        assert!(!grammar.contains("confirm"));
        let bare = Machine { disks: Vec::new(), ..machine.clone() };
        let none = calls(&Context { machine: &bare, ..ctx });
        assert!(!none.contains("partition:") && !none.contains("DISK"));
    }
}
