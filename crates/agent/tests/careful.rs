//! Sentences that sound like a wish to erase, or like a yes, and are none: whoever reads them, the person is asked.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use levitate_agent::decide::plain;
use levitate_core::action::InstallerAction as A;

mod talk;
use talk::{Talk, actions, erases};

#[test]
fn words_of_agreement_in_another_sentence_are_no_yes() {
    let talk = Talk::waiting("two-disks", "/dev/sdb");
    for said in [
        "let me make sure",
        "i need to be sure",
        "you sure",
        "u sure",
        "make sure",
        "I hope it's correct",
        "sure you are joking",
        "ok ask me again",
        "ok i will think about it",
        "ok let me check my backups",
        "ok verify the disk",
        "ok unplug sdb",
        "absolutely terrible idea",
        "nobody agreed",
        "correct the disk",
        "yeah right",
        "ok so my photos are gone",
        "oui et mes photos",
        "ja klar, und dann sind die Daten weg",
        "ok list disks",
        "confirm that sdb is empty",
        "continue explaining",
        "fine print please",
        "ok reboot",
        "call it ok",
        "ja die kleinere",
        "tak, ten drugi",
        "yes the smaller one",
        "ok die erste",
        "sure erase both",
        "yes, all disks",
        "nobody told you to go ahead",
        "he said go ahead",
        "do it to your own disk",
        "sounds good to be true",
        "let's go through the steps",
        "mach das weg",
        "c'est bon a savoir",
        "no not sdb",
        "in Ordnung ist das nicht",
        "ça marche pas",
        "no está bien",
        "machen wir erst ein backup",
        "is goed, maar niet die schijf",
        "ano, ale ne tenhle",
        "alles klar?",
    ] {
        assert!(!actions(&talk.read(said).answer).contains(&A::Confirm), "{said}");
    }
    for said in [
        "y",
        "yes please",
        "ok go ahead please",
        "yes, wipe it",
        "yes erase sdb",
        "los geht's",
        "oui vas-y",
        "sounds good",
        "thank you, do it",
        "looks right to me, do it",
        "I am a little afraid but okay, do it.",
        "yes wipe the WD",
        "Geht klar, leg los!",
        "ça marche, allez-y",
        "está bien, por supuesto",
        "tudo bem, pode seguir",
        "va bene, procedi pure",
        "akkoord, ga door",
        "w porządku, zgoda",
        "ano, do toho",
        "evet, devam et",
        "theek hai, kar do",
    ] {
        assert_eq!(actions(&talk.read(said).answer), [A::Confirm], "{said}");
    }
}

#[test]
fn a_disk_that_was_forbidden_is_not_erased() {
    let talk = Talk::on("two-disks");
    for (said, banned) in [
        ("wipe everything but sdb", "sdb"),
        ("wipe all disks except sdb", "sdb"),
        ("alles außer sdb löschen", "sdb"),
        ("efface tout sauf sdb", "sdb"),
        ("borra todo menos sdb", "sdb"),
        ("wymaż wszystko oprócz sdb", "sdb"),
        ("don't you dare wipe sda", "sda"),
        ("nobody should ever erase sda", "sda"),
        ("I'd rather die than erase sda", "sda"),
        ("avoid sda", "sda"),
        ("sda is off limits", "sda"),
        ("sda is my backup", "sda"),
        ("sda has my photos", "sda"),
        ("Finger weg von sda", "sda"),
        ("ne touche pas à sda", "sda"),
        ("n'efface rien sur sda", "sda"),
        ("no borres sda", "sda"),
        ("ni se te ocurra borrar sda", "sda"),
        ("non cancellare sda", "sda"),
        ("wis sda niet", "sda"),
        ("do not format the samsung", "samsung"),
    ] {
        for decision in [talk.read(said), talk.heard(said, &format!("partition {banned} whole"))] {
            let ours = |action: &A| matches!(action, A::Partition(request) if request.disk.contains(banned) || banned == "samsung" && request.disk == "/dev/sda");
            assert!(!actions(&decision.answer).iter().any(ours), "{said}: {decision:?}");
        }
    }
    // No ban at all, or on another disk.
    for said in [
        "use sda, not sdb",
        "don't touch sdb, wipe sda",
        "I don't need sda any more, wipe it",
        "erase sda, no swap",
    ] {
        assert!(erases(&talk.heard(said, "partition sda whole").answer), "{said}");
    }
}

#[test]
fn a_condition_a_story_or_a_part_is_asked_about() {
    let talk = Talk::on("two-disks");
    for said in [
        "if sdb is empty wipe it",
        "unless sdb has data wipe it",
        "wenn sdb leer ist lösch sie",
        "wipe sdb tomorrow",
        "I already wiped sdb yesterday",
        "you wiped sdb!",
    ] {
        assert!(!erases(&talk.heard(said, "partition sdb whole").answer), "{said}");
    }
    let talk = Talk::on("windows-laptop");
    for said in [
        "remove only the recovery partition",
        "get rid of windows update",
        "keep my documents and wipe windows",
        "use the whole disk, my games are on windows",
        "wipe it, windows is my daughter's, she needs it",
    ] {
        assert!(!erases(&talk.heard(said, "partition ? whole").answer), "{said}");
    }
    for said in ["wipe windows", "get rid of windows, all of it", "wipe it, my files are copied elsewhere"] {
        assert!(erases(&talk.heard(said, "partition ? whole").answer), "{said}");
    }
}

#[test]
fn a_change_that_came_to_nothing_is_no_question_for_a_yes() {
    let talk = Talk::waiting("two-disks", "/dev/sdb");
    let question = |said: &str| match actions(&talk.heard(said, "partition ? free").answer) {
        [A::Clarify { question }] => question.clone(),
        other => panic!("{said}: {other:?}"),
    };
    assert!(question("it should be that disk").contains("says that already"));
    for said in ["yes but leave 100G free", "no not sdb", "perfect, half of it"] {
        assert!(!question(said).contains("says that already"), "{said}");
    }
}

#[test]
fn a_no_to_worries_is_no_refusal() {
    let talk = Talk::waiting("two-disks", "/dev/sdb");
    for said in ["no worries, go ahead", "No problem, do it", "no objections. yes", "no wahala, proceed"] {
        assert_eq!(actions(&talk.read(said).answer), [A::Confirm], "{said}");
    }
    for said in ["no problem", "no, proceed with the other disk", "no worries, stop", "no worries, not now"] {
        assert!(!actions(&talk.read(said).answer).contains(&A::Confirm), "{said}");
    }
}

#[test]
fn what_nobody_wishes_for_is_not_done() {
    for (machine, said, reading) in [
        ("two-disks", "I do not want to install on sdb", "partition sdb keep"),
        ("two-disks", "i don't want to use the hdd", "partition hdd whole"),
        ("two-disks", "there is no way I will erase sdb", "partition sdb whole"),
        ("two-disks", "under no circumstances install on sda", "partition sda whole"),
        ("two-disks", "no instales en sda", "partition sda keep"),
        ("two-disks", "installiere nicht auf sda", "partition sda keep"),
        ("two-disks", "my data is on sda", "partition sda keep"),
        ("two-disks", "I would hate to lose the data on sda", "partition sda keep"),
        ("one-nvme", "my data on this disk is important", "partition it keep"),
        ("windows-laptop", "the whole disk is precious, do not erase it", "partition it whole"),
        ("windows-laptop", "I am afraid you will erase the whole disk", "partition ? whole"),
        ("windows-laptop", "last time it erased the whole disk", "partition ? whole"),
        ("windows-laptop", "my friend said erase everything", "partition ? whole"),
        ("windows-laptop", "if there is no windows, erase the whole disk", "partition ? whole"),
        ("windows-laptop", "wird die ganze platte gelöscht", "partition ? whole"),
        ("windows-laptop", "don't keep windows", "partition windows beside"),
        ("windows-free", "don't use the free space", "partition ? free"),
        ("windows-free", "format sda3 as ext4, no wait, don't", "format sda3 ext4"),
        ("vm", "it would be a disaster if you used the whole disk", "partition ? whole"),
        ("vm", "don't reboot", "exit"),
        ("vm", "please never reboot", "exit"),
        ("vm", "my computer rebooted yesterday", "reboot"),
        ("vm", "the last installer crashed on reboot", "reboot"),
        ("vm", "I do not want to install anything", "exit"),
        ("vm", "don't undo anything", "undo"),
        ("vm", "i will never undo this", "undo"),
        ("vm", "don't change the timezone to tokyo", "timezone tokyo"),
        ("vm", "don't create user eve", "user eve"),
        ("vm", "please do not set the keyboard to german", "keyboard german"),
        ("vm", "bob doesn't need a password", "password bob"),
    ] {
        let talk = Talk::on(machine);
        for decision in [talk.heard(said, reading), talk.read(said)] {
            let asks = |action: &A| {
                matches!(action, A::Clarify { .. } | A::Explain { .. } | A::ListDisks | A::Help | A::Status)
            };
            assert!(actions(&decision.answer).iter().all(asks), "{said}: {decision:?}");
        }
    }
    for (said, reading) in [
        ("don't worry, erase sdb", "partition sdb whole"),
        ("not sda, use sdb", "partition sdb whole"),
        ("I don't want windows any more, wipe sdb", "partition sdb whole"),
        ("install on sdb, don't make a swap", "partition sdb whole swap=none"),
        ("I'm scared but wipe sdb", "partition sdb whole"),
        ("sdb, all of it", "partition sdb whole"),
        ("I said erase sdb", "partition sdb whole"),
    ] {
        assert!(erases(&Talk::on("two-disks").heard(said, reading).answer), "{said}");
    }
    let talk = Talk::on("two-disks");
    let answer = talk.heard("don't call it box, call it fox", "hostname fox").answer;
    assert_eq!(actions(&answer).last(), Some(&A::SetHostname { name: "fox".into() }));
}

#[test]
fn a_command_that_only_looks_never_lays_out_a_disk() {
    for (machine, said) in [
        ("two-disks", "lsblk sda"),
        ("two-disks", "blkid sdb"),
        ("two-disks", "lsblk | grep sda"),
        ("two-disks", "lsblk ; reboot"),
        ("two-disks", "df sda please"),
        ("one-nvme", "lsblk nvme0n1 please"),
        ("windows-laptop", "lspci | grep nvme"),
    ] {
        let decision = Talk::on(machine).read(said);
        let looks = |action: &A| matches!(action, A::RunShellCommand { .. } | A::Clarify { .. });
        assert!(actions(&decision.answer).iter().all(looks), "{said}: {decision:?}");
    }
    for said in [
        "install everything on sda with lvm so that i can resize the volumes later on",
        "please make me a zfs pool on sdb and put the root of the system onto it",
    ] {
        let decision = Talk::on("two-disks").read(said);
        assert!(!erases(&decision.answer), "{said}: {decision:?}");
    }
}

#[test]
fn what_looks_like_another_job_may_be_a_sentence() {
    let talk = Talk::on("two-disks");
    let answer = talk.heard("Please create a user `jweber`.", "user jweber").answer;
    assert_eq!(actions(&answer), [A::CreateUser { name: "jweber".into(), sudo: false }]);
    let answer = talk.heard("dmesg output please, I smell a problem", "shell dmesg").answer;
    assert_eq!(actions(&answer), [A::RunShellCommand { command: "dmesg".into() }]);
    let said = "all my steam games are on the 1TB one so please take the samsung and erase that";
    assert!(erases(&talk.heard(said, "partition samsung whole").answer));
    for said in ["`reboot -f`", "call it `id; rm x`", "hostname `", "install steam please"] {
        let plain = plain(said, &talk.context()).expect(said);
        assert!(
            actions(&plain.answer).iter().all(|action| matches!(action, A::Clarify { .. })),
            "{said}: {plain:?}"
        );
    }
}

#[test]
fn rights_are_not_given_by_taking_them_away() {
    let mut talk = Talk::on("two-disks");
    talk.state =
        serde_json::from_str(r#"{"users":[{"name":"vince","sudo":true,"password_set":true}]}"#).unwrap();
    for (said, reading) in [
        ("take sudo away from vince", "group vince sudo"),
        ("remove vince from sudo", "group vince sudo"),
        ("delete user vince", "user vince"),
        ("rename vince to bob", "hostname bob"),
        ("forget vince", ""),
    ] {
        assert!(actions(&talk.heard(said, reading).answer).is_empty(), "{said}");
    }
    assert!(!actions(&talk.heard("will you reboot?", "reboot").answer).contains(&A::Reboot));
    assert_eq!(actions(&talk.heard("can you reboot please?", "reboot").answer), [A::Reboot]);
}

#[test]
fn who_is_an_administrator_is_what_was_said() {
    let talk = Talk::on("vm");
    for (said, reading, admins) in [
        ("users: anna, bob and carl; only anna is admin", "user anna|user bob|user carl sudo", vec!["anna"]),
        (
            "three accounts: mum, dad, kid. dad can administer, the others cannot",
            "user mum sudo|user dad|user kid sudo",
            vec!["dad"],
        ),
        ("user tim is not an admin but eva is", "user tim sudo|user eva", vec!["eva"]),
        ("create users ann and bob, both admins", "user ann|user bob sudo", vec!["ann", "bob"]),
        ("users ann and bob, no admin rights for bob", "user ann|user bob sudo", vec![]),
        (
            "users ann and bob, sudo for both without a password",
            "user ann sudo|user bob sudo",
            vec!["ann", "bob"],
        ),
        ("users ann and bob: ann is admin and bob not", "user ann sudo|user bob", vec!["ann"]),
        ("users ann with sudo and bob", "user ann sudo|user bob", vec!["ann"]),
    ] {
        let answer = talk.heard(said, &reading.replace('|', "\n")).answer;
        let got: Vec<&str> = actions(&answer)
            .iter()
            .filter_map(|action| match action {
                A::CreateUser { name, sudo: true } => Some(name.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(got, admins, "{said}: {answer:?}");
    }
}

#[test]
fn what_is_refused_or_locked_is_left_alone() {
    let talk = Talk::on("vm");
    for said in ["do not install a boot loader", "skip grub", "no bootloader please", "don't touch grub"] {
        let answer = talk.heard(said, "boot ?").answer;
        assert!(matches!(actions(&answer), [A::Clarify { .. }]), "{said}: {answer:?}");
    }
    assert!(matches!(
        actions(&talk.heard("install the boot loader", "boot ?").answer),
        [A::InstallBootloader { .. }]
    ));
    assert!(matches!(actions(&talk.heard("use systemd-boot", "boot ?").answer), [A::Clarify { .. }]));
    assert!(matches!(
        actions(&talk.heard("no root password please", "password root").answer),
        [A::Clarify { .. }]
    ));
    let talk = Talk::on("luks-laptop");
    for said in
        ["unlock the encrypted partition", "reuse the encrypted partition", "shrink the luks partition"]
    {
        let decision = talk.heard(said, "partition ? keep");
        assert!(
            matches!(&decision.answer, levitate_agent::Answer::Text(text) if text.contains("encrypted already")),
            "{said}"
        );
        assert!(decision.open.is_empty());
    }
    let talk = Talk::on("windows-laptop");
    for said in ["erase only the windows partition", "delete the recovery partition and install there"] {
        let answer = talk.heard(said, "partition ? whole").answer;
        let [A::Clarify { question }] = actions(&answer) else { panic!("{said}: {answer:?}") };
        assert!(question.contains("I do not delete single partitions"), "{said}: {question}");
    }
    let talk = Talk::on("windows-free");
    let said = "don't touch windows, there's 200GB of unpartitioned space you can have";
    assert!(matches!(actions(&talk.heard(said, "partition ? free").answer), [A::Partition(_)]));
}
