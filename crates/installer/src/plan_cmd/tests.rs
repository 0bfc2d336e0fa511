//! Plans from words, on described machines.

use super::*;

fn machine(name: &str) -> Machine {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/machines").join(format!("{name}.json"));
    read_machine(&path).unwrap()
}

fn talk(name: &str, says: &[&str]) -> (Talk, Machine) {
    let machine = machine(name);
    let says: Vec<String> = says.iter().map(|say| say.to_string()).collect();
    (Talk::of(&machine, &Lists::embedded(), None, &says, &mut Mind::rules()), machine)
}

#[test]
fn plans_in_words() {
    let facts = Facts { locale: "C.UTF-8".into(), ..Facts::default() };
    let style = Style::of(&facts, false, false);
    for (name, says) in [
        ("two-disks", &["list disks", "install on the ssd, whole disk, encrypted"][..]),
        (
            "two-disks",
            &[
                "use the whole ssd",
                "timezone los angeles",
                "create user vince with sudo",
                "install bootloader",
                "done",
            ],
        ),
        ("windows-laptop", &["dual boot with windows"]),
        ("vm-bios", &["use the whole disk with btrfs, 4G swap and a separate home"]),
        ("no-disk", &["use the whole disk"]),
    ] {
        let (talk, machine) = talk(name, says);
        let label = format!("{name}__{}", says.last().unwrap());
        insta::with_settings!({ description => says.join(" / "), omit_expression => true }, {
            insta::assert_snapshot!(label.replace([' ', ','], "_"), talk.words(&machine, &style));
        });
    }
}

#[test]
fn a_plan_as_json() {
    let (talk, _) = talk("two-disks", &["use the whole ssd encrypted", "hostname is my-laptop"]);
    insta::assert_snapshot!(talk.json());
}

#[test]
fn the_same_words_give_the_same_plan() {
    let says = ["use the whole ssd", "hostname is my-laptop"];
    assert_eq!(talk("two-disks", &says).0.json(), talk("two-disks", &says).0.json());
}

#[test]
fn a_refusal_names_the_object_and_changes_nothing() {
    let (talk, _) = talk("two-disks", &["use the whole ssd", "hostname is bad_host!"]);
    let json: serde_json::Value = serde_json::from_str(&talk.json()).unwrap();
    if let Some(refused) = json["refused"].as_array().and_then(|all| all.first()) {
        assert!(!refused["object"].as_str().unwrap().is_empty());
        assert!(!refused["remedy"].as_str().unwrap().is_empty());
    }
    assert!(!json["steps"].as_array().unwrap().is_empty(), "the plan before it stays");
    assert!(!talk.json().contains("\"kind\": \"set_hostname\""));
}

#[test]
fn a_file_that_is_no_machine_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    for (text, word) in
        [("", "EOF"), ("{}", "missing field"), ("{\"version\":2}", "version 2"), ("not json", "expected")]
    {
        std::fs::write(&path, text).unwrap();
        let failed = read_machine(&path).unwrap_err();
        assert!(failed.message.contains("x.json") && failed.message.contains(word), "{failed:?}");
        assert_eq!(failed.status, crate::failed::USAGE);
    }
    assert!(read_machine(&folder.path().join("none.json")).unwrap_err().message.contains("none.json"));
}
