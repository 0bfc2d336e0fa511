//! Sentences that sound like a wish to erase, or like a yes, and are none: whoever reads them, the person is asked.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use levitate_agent::decide::{Decision, Heard, decide, plain, without_model};
use levitate_agent::reading::Reading;
use levitate_agent::{Answer, Context, Message, Role};
use levitate_core::action::{InstallerAction as A, Use};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::state::State;

/// What a conversation stands at.
struct Talk {
    machine: Machine,
    state: State,
    history: Vec<Message>,
    open: Vec<Reading>,
    lists: Lists,
}

impl Talk {
    fn on(machine: &str) -> Self {
        let path = format!("{}/../../machines/{machine}.json", env!("CARGO_MANIFEST_DIR"));
        Self {
            machine: Machine::from_json(&std::fs::read_to_string(path).unwrap()).unwrap(),
            state: State::default(),
            history: Vec::new(),
            open: Vec::new(),
            lists: Lists::embedded(),
        }
    }

    fn waiting(machine: &str, disk: &str) -> Self {
        let mut talk = Self::on(machine);
        let plan = format!(r#"{{"pending":{{"action":"partition","disk":"{disk}","use":"whole"}}}}"#);
        talk.state = serde_json::from_str(&plan).unwrap();
        talk
    }

    fn context(&self) -> Context<'_> {
        Context {
            machine: &self.machine,
            state: &self.state,
            history: &self.history,
            lists: &self.lists,
            open: &self.open,
        }
    }

    /// With the rules alone.
    fn read(&self, text: &str) -> Decision {
        without_model(text, &self.context())
    }

    /// With a model that is sure of this reading.
    fn heard(&self, text: &str, reading: &str) -> Decision {
        let heard = Heard { reading: reading.into(), log_probability: -0.01, first: 0.0 };
        decide(text, &self.context(), &heard, |_| Some(-30.0))
    }

    /// Says something, hears the answer, goes on.
    fn say(&mut self, text: &str) -> Answer {
        let decision = self.read(text);
        self.history.push(Message { role: Role::User, content: text.into() });
        if let Answer::Actions(actions) = &decision.answer
            && let [A::Clarify { question }] = &actions[..]
        {
            self.history.push(Message { role: Role::Assistant, content: question.clone() });
        }
        self.open.clone_from(&decision.open);
        decision.answer
    }
}

fn actions(answer: &Answer) -> &[A] {
    match answer {
        Answer::Actions(actions) => actions,
        _ => &[],
    }
}

fn erases(answer: &Answer) -> bool {
    actions(answer).iter().any(|action| {
        matches!(action, A::Format { .. } | A::Confirm)
            || matches!(action, A::Partition(request) if request.usage == Use::Whole)
    })
}

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
fn percentages_are_no_gigabytes() {
    let talk = Talk::on("two-disks");
    for said in ["use the ssd, 50% for root and 50% for home", "sda with 20 percent swap"] {
        let answer = talk.heard(said, "partition sda whole root=50G home=50G").answer;
        assert!(matches!(actions(&answer), [A::Clarify { .. }]), "{said}: {answer:?}");
    }
    assert!(erases(&talk.heard("use 100% of sda", "partition sda whole").answer));
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
fn a_share_of_a_disk_is_not_all_of_it() {
    for said in [
        "use half of the disk",
        "install on half the drive, encrypted",
        "only use a part of the disk",
        "install, but leave some space free",
        "leave 5 gigs unused",
        "nimm die hälfte der platte",
        "use half of vda",
        "use half of my new big disk",
        "use half the capacity of the disk",
        "use 1/2 of the disk",
        "nimm die halbe platte",
        "auf einem Teil meiner Platte",
        "usa metade do disco",
        "keep it simple please, but be sure to leave some space free",
        "5 GB sollen frei bleiben",
    ] {
        let mut talk = Talk::on("vm");
        let decision = talk.heard(said, "partition ? whole");
        let [A::Clarify { question }] = actions(&decision.answer) else { panic!("{said}: {decision:?}") };
        assert!(question.contains("root 10G"), "{question}");
        talk.history.push(Message { role: Role::User, content: said.into() });
        talk.history.push(Message { role: Role::Assistant, content: question.clone() });
        talk.open = decision.open;
        let answer = talk.say("root 10G");
        let [A::Partition(request)] = actions(&answer) else { panic!("{said}: {answer:?}") };
        assert!(request.root.is_some(), "{said}");
    }
    for said in
        ["use the whole disk", "take the third disk", "leave no space unused, take the disk", "half an hour?"]
    {
        assert!(erases(&Talk::on("vm").heard(said, "partition ? whole").answer), "{said}");
    }
    assert!(erases(&Talk::on("vm").heard("half of the disk for root", "partition ? whole root=half").answer));
}

#[test]
fn an_answer_completes_the_wish_that_was_asked_about() {
    let mut talk = Talk::on("two-disks");
    talk.say("install encrypted with 4gb swap, hostname box");
    let answer = talk.say("the ssd");
    let [A::Partition(request), A::SetHostname { name }] = actions(&answer) else { panic!("{answer:?}") };
    assert_eq!((request.disk.as_str(), request.encrypt, name.as_str()), ("/dev/sda", true, "box"));
    assert!(request.swap.is_some());

    let mut talk = Talk::on("windows-laptop");
    talk.say("install encrypted");
    let answer = talk.say("make room");
    let [A::Partition(request)] = actions(&answer) else { panic!("{answer:?}") };
    assert_eq!((request.usage, request.encrypt), (Use::Beside, true));
}

#[test]
fn replies_to_erase_or_not_mean_what_they_say() {
    for (said, wanted) in [
        ("erase it", Some(Use::Whole)),
        ("beside", Some(Use::Beside)),
        ("exit", None),
        ("quit", None),
        ("n", None),
        ("yes", None),
        ("ok", None),
    ] {
        let mut talk = Talk::on("windows-laptop");
        talk.say("nvme0n1");
        let answer = talk.heard(said, "partition ? whole").answer;
        let plain = levitate_agent::decide::plain(said, &talk.context()).map(|decision| decision.answer);
        let answer = plain.unwrap_or(answer);
        let usage = actions(&answer).iter().find_map(|action| match action {
            A::Partition(request) => Some(request.usage),
            _ => None,
        });
        assert_eq!(usage, wanted, "{said}: {answer:?}");
        if matches!(said, "exit" | "quit") {
            assert_eq!(actions(&answer), [A::Exit], "{said}");
        }
    }
}

#[test]
fn what_was_proposed_can_be_agreed_to() {
    let mut talk = Talk::on("two-disks");
    talk.say("hostname is my_box");
    assert_eq!(actions(&talk.say("y")), [A::SetHostname { name: "my-box".into() }]);
    let mut talk = Talk::waiting("two-disks", "/dev/sdb");
    talk.say("hostname is my_box");
    assert_eq!(
        actions(&talk.say("yes")),
        [A::SetHostname { name: "my-box".into() }],
        "the last question is answered"
    );
    let mut talk = Talk::on("two-disks");
    talk.say("create user 1abc with sudo");
    assert_eq!(actions(&talk.say("ok")), [A::CreateUser { name: "abc".into(), sudo: true }]);
    // The only disk, offered behind another sentence.
    let mut talk = Talk::on("one-nvme");
    assert!(matches!(actions(&talk.say("yes")), [A::Clarify { .. }]));
    assert!(erases(&talk.say("yes")));
    // Where nothing is proposed, "ok" after a statement does nothing.
    let mut talk = Talk::on("two-disks");
    talk.history.push(Message { role: Role::Assistant, content: "Say \"install bootloader\".".into() });
    assert!(!actions(&talk.say("ok")).contains(&A::InstallBootloader { target: None }));
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
    ] {
        assert!(actions(&talk.heard(said, reading).answer).is_empty(), "{said}");
    }
    assert!(!actions(&talk.heard("will you reboot?", "reboot").answer).contains(&A::Reboot));
    assert_eq!(actions(&talk.heard("can you reboot please?", "reboot").answer), [A::Reboot]);
}

#[test]
fn a_smaller_swap_is_no_smaller_disk() {
    let talk = Talk::waiting("two-disks", "/dev/sdb");
    let answer = talk.heard("smaller swap", "partition smallest keep swap=4G").answer;
    let [A::Partition(request)] = actions(&answer) else { panic!("{answer:?}") };
    assert_eq!(request.disk, "/dev/sdb");
}

#[test]
fn a_size_for_the_other_system_leaves_the_rest() {
    let talk = Talk::on("windows-laptop");
    let host = levitate_core::layout::host_partition(&talk.machine.disks[0]).unwrap().size_bytes;
    let gib = 1 << 30;
    for (said, give) in [
        ("shrink windows to 300gb and install in the rest", host - 300 * gib),
        ("keep 400gb for windows, put linux beside it", host - 400 * gib),
        ("dual boot with windows, leave windows 400gb", host - 400 * gib),
        ("give windows 200gb", host - 200 * gib),
        ("dual boot with windows, give linux 100gb", 100 * gib),
        ("shrink windows by 100gb", 100 * gib),
    ] {
        let answer = talk.heard(said, "partition windows beside give=100G").answer;
        let [A::Partition(request)] = actions(&answer) else { panic!("{said}: {answer:?}") };
        assert_eq!(request.give.and_then(levitate_core::size::Size::bytes), Some(give), "{said}");
    }
    let answer = talk.heard("shrink windows to 900gb", "partition windows beside give=900G").answer;
    assert!(matches!(actions(&answer), [A::Clarify { .. }]), "{answer:?}");
}
