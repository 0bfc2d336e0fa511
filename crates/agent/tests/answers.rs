//! Answers to the installer's own questions.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use levitate_agent::{Message, Role};
use levitate_core::action::{InstallerAction as A, Use};

mod talk;
use talk::{Talk, actions, erases};

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
fn a_partition_alone_answers_which_one_to_keep() {
    let mut talk = Talk::on("linux-laptop");
    let decision = talk.heard("keep my home", "mount home /home");
    talk.asked("keep my home", &decision);
    let partition = talk.machine.disks[0].partitions[1].path.clone();
    let path = partition.clone();
    let name = path.trim_start_matches("/dev/");
    let wanted = A::Mount { partition, mountpoint: "/home".into() };
    for answer in [talk.read(name).answer, talk.heard(name, &format!("format {name} ?")).answer] {
        assert_eq!(actions(&answer), std::slice::from_ref(&wanted));
    }
}

#[test]
fn a_yes_to_several_ways_chooses_none() {
    let mut talk = Talk::on("windows-free");
    talk.say("install on the disk");
    let answer = talk.say("yes");
    let [A::Clarify { question }] = actions(&answer) else { panic!("{answer:?}") };
    assert!(
        question.starts_with("Yes to which of them? Say \"free\"") && question.contains("GB"),
        "{question}"
    );
    assert!(matches!(actions(&talk.say("beside")), [A::Partition(request)] if request.usage == Use::Beside));
}
