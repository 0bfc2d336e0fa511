//! The grounding alone, without the rules: `ground.tsv` has machine, context, readings and what they ask for.
//!
//! The table is written by hand and never from what comes out. Random readings then show that nothing panics and that
//! no words reach a disk that must not be touched.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use levitate_agent::reading;
use levitate_agent::{Context, Message, ground};
use levitate_core::action::InstallerAction;
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::state::State;
use proptest::prelude::*;
use serde::Deserialize;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn folders() -> [PathBuf; 3] {
    [here().join("tests"), here().join("../../training/data/machines"), here().join("../../machines")]
}

fn machine(name: &str) -> Machine {
    let path =
        folders().into_iter().map(|folder| folder.join(format!("{name}.json"))).find(|path| path.exists());
    Machine::from_json(&std::fs::read_to_string(path.expect(name)).expect(name)).expect(name)
}

/// Every described machine.
static MACHINES: LazyLock<Vec<Machine>> = LazyLock::new(|| {
    let [_, training, own] = folders();
    let files = [training, own].into_iter().flat_map(|folder| std::fs::read_dir(folder).unwrap().flatten());
    let mut paths: Vec<PathBuf> = files.map(|file| file.path()).collect();
    paths.sort();
    let read = |path: &PathBuf| Machine::from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
    paths.iter().map(read).chain([machine("hostile")]).collect()
});

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Told {
    state: State,
    history: Vec<(levitate_agent::Role, String)>,
}

impl Told {
    fn messages(&self) -> Vec<Message> {
        self.history.iter().map(|(role, content)| Message { role: *role, content: content.clone() }).collect()
    }
}

static CONTEXTS: LazyLock<BTreeMap<String, Told>> = LazyLock::new(|| {
    serde_json::from_str(&std::fs::read_to_string(here().join("tests/ground-contexts.json")).unwrap())
        .unwrap()
});

static LISTS: LazyLock<Lists> = LazyLock::new(Lists::embedded);

/// Actions in one line, as in `rules.tsv`.
fn show(actions: &[InstallerAction]) -> String {
    const FIRST: [&str; 5] = ["disk", "use", "partition", "user", "name"];
    let one = |action: &InstallerAction| {
        if matches!(action, InstallerAction::Clarify { .. }) {
            return "?".to_owned();
        }
        let value = serde_json::to_value(action).unwrap();
        let fields = value.as_object().unwrap();
        let mut out = fields["action"].as_str().unwrap().to_owned();
        for key in FIRST {
            if let Some(value) = fields.get(key) {
                out.push_str(&format!(" {}", value.as_str().unwrap()));
            }
        }
        // By name: the order in the map is that of whichever features serde_json was built with.
        let rest: std::collections::BTreeMap<_, _> =
            fields.iter().filter(|(key, _)| *key != "action" && !FIRST.contains(&key.as_str())).collect();
        for (key, value) in rest {
            out.push_str(&match value.as_str() {
                Some(text) => format!(" {key}={text}"),
                None if key == "scheme" => format!(" scheme={}", scheme(value)),
                None => format!(" {key}={value}"),
            });
        }
        out
    };
    if actions.is_empty() { "text".into() } else { actions.iter().map(one).collect::<Vec<_>>().join("; ") }
}

#[test]
fn the_table_holds() {
    let table = std::fs::read_to_string(here().join("tests/ground.tsv")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, context, said, expected] = fields.as_slice() else { panic!("{line}") };
        let (machine, told) = (machine(name), CONTEXTS.get(*context).expect(context));
        let history = told.messages();
        let ctx =
            Context { machine: &machine, state: &told.state, history: &history, lists: &LISTS, open: &[] };
        let readings = reading::parse(&said.replace(" | ", "\n")).expect(said);
        let got = show(&ground::ground(&readings, &ctx));
        count += 1;
        if got != *expected {
            wrong.push(format!("{line}\n    got {got}"));
        }
    }
    assert!(count >= 300);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// `swap:4G:swap,/:rest:ext4`.
fn scheme(value: &serde_json::Value) -> String {
    let entries: Vec<levitate_core::action::SchemeEntry> = serde_json::from_value(value.clone()).unwrap();
    let one = |entry: &levitate_core::action::SchemeEntry| {
        format!("{}:{}:{}", entry.mount, entry.size, entry.fs.map_or("-", |fs| fs.name()))
    };
    entries.iter().map(one).collect::<Vec<_>>().join(",")
}

/// A word of the grammar of references, odd ones among them.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "it", "other", "first", "second", "third", "last", "former", "latter", "middle", "#6", "#255",
        "biggest", "smallest", "blank", "roomy", "ssd", "hdd", "nvme", "usb", "emmc", "sata", "virtual",
        "windows", "linux", "home", "root", "esp", "efi", "swap", "mint", "ubuntu", "samsung", "crucial",
        "wd", "kingston", "sandisk", "sda", "sdb", "sdc", "sdz", "vda", "nvme0n1", "mmcblk0", "sda1", "sdb3",
        "sdc1", "nvme0n1p3", "p1", "p2", "p999", "500G", "32G", "1T", "250", "9999T", "0.0001M", "games",
        "klingon", "ignore", "日本",
    ]);
    (any::<bool>(), known).prop_map(|(not, word)| if not { format!("-{word}") } else { word.to_owned() })
}

fn refs() -> impl Strategy<Value = String> {
    let some = prop::collection::vec(word(), 1..4).prop_map(|words| words.join("+"));
    prop_oneof![1 => Just("?".to_owned()), 9 => some]
}

/// A line of the grammar of readings.
fn line() -> impl Strategy<Value = String> {
    let usage = prop::sample::select(vec!["keep", "whole", "free", "beside", "along", "same"]);
    let options = prop::sample::subsequence(
        vec![
            "encrypt", "fs=btrfs", "fs=vfat", "give=half", "give=99999T", "root=rest", "home=rest",
            "swap=double", "swap=memory", "boot=usual", "/:rest", "/var:?:xfs", "swap:4G",
        ],
        0..5,
    );
    let partition = (refs(), usage, options).prop_map(|(disk, usage, options)| {
        format!("partition {disk} {usage} {}", options.join(" ")).trim().to_owned()
    });
    let format = (refs(), prop::sample::select(vec!["ext4", "vfat", "swap", "?"]))
        .prop_map(|(at, fs)| format!("format {at} {fs}"));
    let mount = (refs(), prop::sample::select(vec!["/", "/home", "?", "/../x"]))
        .prop_map(|(at, on)| format!("mount {at} {on}"));
    let account =
        (
            prop::sample::select(vec!["user", "password", "group"]),
            prop::sample::select(vec![
                "first", "last", "middle", "other", "both", "it", "me", "?", "vince", "root", "日",
            ]),
        )
            .prop_map(|(verb, name)| {
                if verb == "group" { format!("group {name} sudo") } else { format!("{verb} {name}") }
            });
    let boot = refs().prop_map(|on| format!("boot {on}"));
    let value = ("(timezone|locale|keyboard|hostname)", "[a-zé日/' ]{1,14}")
        .prop_map(|(verb, value)| format!("{verb} x{value}"));
    let bare = prop::sample::select(vec!["copy", "yes", "no", "undo", "status", "hostname it", "ask ?"])
        .prop_map(str::to_owned);
    prop_oneof![6 => partition, 4 => format, 2 => mount, 2 => account, 1 => boot, 1 => value, 1 => bare]
}

/// Words that some disk of the machine can be meant by: a device, or a word that says something about it.
fn could_name(word: &str, machine: &Machine, path: &str) -> bool {
    let word: levitate_agent::refs::Ref = word.parse().unwrap();
    use levitate_agent::refs::Ref;
    match &word {
        Ref::Device(_) | Ref::Word(_) | Ref::Blank | Ref::Size(_) => {
            machine.disk(path).is_some_and(|disk| ground::disk::fits(&word, disk))
        }
        _ => true,
    }
}

/// A refused device or word does not say anything about the disk that was taken.
fn may_stay(refused: &str, machine: &Machine, path: &str) -> bool {
    use levitate_agent::refs::Ref;
    let word: Ref = refused.parse().unwrap();
    !matches!(word, Ref::Device(_) | Ref::Word(_) | Ref::Blank) || !could_name(refused, machine, path)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn no_reading_reaches_what_must_not_be_touched(
        lines in prop::collection::vec(line(), 1..4),
        context in prop::sample::select(CONTEXTS.keys().cloned().collect::<Vec<_>>()),
        which in 0usize..1000,
    ) {
        let machine = &MACHINES[which % MACHINES.len()];
        let (told, text) = (&CONTEXTS[&context], lines.join("\n"));
        let readings = reading::parse(&text).map_err(|error| TestCaseError::fail(format!("{error} in {text}")))?;
        let history = told.messages();
        let ctx = Context { machine, state: &told.state, history: &history, lists: &LISTS, open: &[] };
        let actions = ground::ground(&readings, &ctx);
        let said: Vec<&str> = lines.iter().filter(|line| line.starts_with("partition ")).map(String::as_str).collect();
        for action in &actions {
            match action {
                InstallerAction::Partition(request) => {
                    let disk = machine.disk(&request.disk);
                    prop_assert!(disk.is_some_and(|disk| !disk.live_medium && !disk.read_only), "{text:?} gave {action:?}");
                    // Some line has to point here: each of its words fits the disk, the refused ones do not.
                    let free = |line: &str| line.contains(" free");
                    let pointed = said.iter().any(|line| {
                        let words = line.split(' ').nth(1).unwrap();
                        words == "?" || words.split('+').all(|word| match word.strip_prefix('-') {
                            Some(refused) => may_stay(refused, machine, &request.disk),
                            // A size may be that of the gap.
                            None if free(line) && word.starts_with(|c: char| c.is_ascii_digit()) => true,
                            None => could_name(word, machine, &request.disk),
                        })
                    });
                    prop_assert!(pointed, "{text:?} gave {action:?}");
                }
                InstallerAction::Format { partition, .. } => {
                    let made = told.state.target.iter().flat_map(|target| &target.mounts).any(|mount| mount.path == *partition);
                    let waits = matches!(&told.state.pending, Some(InstallerAction::Format { partition: path, .. }) if path == partition);
                    let on = machine.partition(partition).map(|(disk, _)| disk);
                    prop_assert!(made || waits || on.is_some(), "{text:?} gave {action:?}");
                    prop_assert!(on.is_none_or(|disk| !disk.live_medium && !disk.read_only), "{text:?} gave {action:?}");
                }
                InstallerAction::CreateUser { name, .. } => {
                    prop_assert!(!["first", "last", "middle", "other", "both", "me", "it"].contains(&name.as_str()), "{text:?}");
                }
                _ => {}
            }
        }
        let asks = actions.iter().any(|action| matches!(action, InstallerAction::Clarify { .. }));
        prop_assert!(!asks || actions.len() == 1, "a question stands alone: {text:?}");
    }
}
