//! What was said of a layout is in the plan, or asked about.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use levitate_core::action::{InstallerAction as A, Use};

mod talk;
use talk::{Talk, actions, erases};

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
        let question = talk.asked(said, &decision);
        assert!(question.contains("root 10G"), "{question}");
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

fn question(talk: &Talk, said: &str, reading: &str) -> Option<String> {
    match actions(&talk.heard(said, reading).answer) {
        [A::Clarify { question }] => Some(question.clone()),
        _ => None,
    }
}

#[test]
fn a_file_system_that_is_not_made_here_is_not_another_one() {
    let mut talk = Talk::on("two-disks");
    for said in ["use sdb with ext3", "sdb, zfs please", "erase sdb and format it as ntfs", "sdb als exfat"] {
        let asked = question(&talk, said, "partition sdb whole").unwrap_or_default();
        assert!(asked.contains("ext4, btrfs and xfs"), "{said}: {asked}");
    }
    for said in ["use sdb, not ext3", "wipe sdb, it was ntfs", "erase sdb, no zfs", "use sdb with ext4"] {
        assert_eq!(question(&talk, said, "partition sdb whole"), None, "{said}");
    }
    // There is such a partition.
    let windows = Talk::on("windows-laptop");
    assert_eq!(question(&windows, "erase the disk with ntfs", "partition nvme whole"), None);
    assert!(question(&windows, "erase the disk and make it as ntfs", "partition nvme whole").is_some());
    // The answer completes the wish.
    let said = "erase sdb encrypted with ext3";
    let decision = talk.heard(said, "partition sdb whole encrypt");
    talk.asked(said, &decision);
    let answer = talk.say("btrfs");
    let [A::Partition(request)] = actions(&answer) else { panic!("{answer:?}") };
    assert_eq!((request.disk.as_str(), request.usage, request.encrypt), ("/dev/sdb", Use::Whole, true));
    assert_eq!(request.fs.map(|fs| fs.name()), Some("btrfs"));
}

#[test]
fn a_size_that_nothing_has_is_asked_about() {
    let mut talk = Talk::on("two-disks");
    for said in ["sdb, 200 gigs are enough", "install on sdb, 64 GB", "sdb and 100 GB"] {
        let asked = question(&talk, said, "partition sdb whole").unwrap_or_default();
        assert!(asked.contains("what shall be that large"), "{said}: {asked}");
    }
    for (said, reading) in [
        ("the 1TB one, erase it", "partition 1T whole"),
        ("sdb with 64GB for the system", "partition sdb whole root=64G"),
        ("I have 16GB of memory, erase sdb", "partition sdb whole"),
        ("erase sdb, 8 gb swap and 100gb root", "partition sdb whole root=100G swap=8G"),
    ] {
        assert_eq!(question(&talk, said, reading), None, "{said}");
    }
    let windows = Talk::on("windows-laptop");
    for (said, reading) in [
        ("beside windows, 100gb for linux", "partition windows beside give=100G"),
        ("shrink windows to 300gb", "partition windows beside give=300G"),
        ("erase it, the 187 gb of windows too", "partition windows whole"),
    ] {
        assert_eq!(question(&windows, said, reading), None, "{said}");
    }
    let said = "sdb, 100 gigs are enough, encrypted";
    let decision = talk.heard(said, "partition sdb whole encrypt");
    talk.asked(said, &decision);
    let answer = talk.say("root 100G");
    let [A::Partition(request)] = actions(&answer) else { panic!("{answer:?}") };
    assert_eq!((request.disk.as_str(), request.usage, request.encrypt), ("/dev/sdb", Use::Whole, true));
    assert!(request.root.is_some());
}

#[test]
fn a_size_that_is_the_most_is_the_systems() {
    let talk = Talk::on("two-disks");
    for said in
        ["only use 100gb of sdb", "install on sdb with at most 100 GB", "100GB of sdb, leave the rest empty"]
    {
        let answer = talk.heard(said, "partition sdb whole").answer;
        let [A::Partition(request)] = actions(&answer) else { panic!("{said}: {answer:?}") };
        assert_eq!(request.root, Some(levitate_core::size::Size::gib(100)), "{said}");
    }
}

#[test]
fn home_on_another_disk_is_not_dropped() {
    let talk = Talk::on("two-disks");
    for (said, reading) in [
        ("system on sda and home on sdb", "partition sda whole home=rest"),
        ("put the system on the samsung, /home on the wd", "partition samsung whole home=rest"),
        ("root on sda, use sdb for home", "partition sda whole"),
        ("root on sda, use sdb for home", "partition sdb whole home=rest"),
        ("system auf sda, home auf sdb", "partition sda whole"),
    ] {
        let asked = question(&talk, said, reading).unwrap_or_default();
        assert!(asked.contains("I lay out one disk"), "{said}: {asked}");
    }
    for (said, reading) in [
        ("use sda with a separate home", "partition sda whole home=rest"),
        ("system and home on sda", "partition sda whole home=rest"),
        ("erase sdb, home of 100G on it", "partition sdb whole home=100G"),
    ] {
        assert_eq!(question(&talk, said, reading), None, "{said}");
    }
}

#[test]
fn a_plan_does_not_lose_its_encryption_on_a_word_about_nothing() {
    let mut talk = Talk::on("two-disks");
    let plan = r#"{"pending":{"action":"partition","disk":"/dev/sdb","use":"whole","encrypt":true}}"#;
    talk.state = serde_json::from_str(plan).unwrap();
    let asked =
        question(&talk, "all right, that is how we do it", "partition ? keep plain").unwrap_or_default();
    assert!(asked.contains("waits as it was shown"), "{asked}");
    for said in [
        "without encryption", "leave it in the clear", "no luks", "unverschlüsselt bitte",
        "sans mot de passe",
    ] {
        let answer = talk.heard(said, "partition ? keep plain").answer;
        assert!(
            matches!(actions(&answer), [A::Partition(request)] if !request.encrypt),
            "{said}: {answer:?}"
        );
    }
}

#[test]
fn a_size_beside_a_part_is_its_size_whoever_missed_it() {
    let talk = Talk::on("two-disks");
    let request = |said: &str, reading: &str| match actions(&talk.heard(said, reading).answer) {
        [A::Partition(request)] => request.clone(),
        other => panic!("{said}: {other:?}"),
    };
    let gib = |n: u64| Some(levitate_core::size::Size::gib(n));
    let got = request(
        "sda: 1GB boot, 16GB swap, 80GB root, rest home",
        "partition sda whole root=80G swap=16G home=rest",
    );
    assert_eq!((got.boot, got.swap, got.root), (gib(1), gib(16), gib(80)));
    let got =
        request("sda, encrypted, 8gb swap and 100gb for the system", "partition sda whole encrypt swap=8G");
    assert_eq!((got.root, got.swap), (gib(100), gib(8)));
    let got = request("usa todo sda, 60 GB para la raíz", "partition sda whole");
    assert_eq!(got.root, gib(60));
    let got = request("utilise sda, 8 Go d'échange", "partition sda whole");
    assert_eq!(got.swap.or(gib(8)), gib(8));
    // Memory is no part, and is asked about no more than the disk's own size.
    let got = request("whole sda, i have 64GB of memory but no swap please", "partition sda whole swap=none");
    assert_eq!((got.root, got.swap), (None, None));
}

#[test]
fn encryption_that_was_said_is_in_the_plan() {
    let talk = Talk::on("two-disks");
    let encrypt = |said: &str| match actions(&talk.heard(said, "partition samsung whole").answer) {
        [A::Partition(request)] => Some(request.encrypt),
        _ => None,
    };
    for said in ["sul disco samsung, crittografato", "the samsung with luks", "samsung, mit Verschlüsselung"]
    {
        assert_eq!(encrypt(said), Some(true), "{said}");
    }
    for said in
        ["the samsung, no encryption", "the samsung without luks", "samsung unverschlüsselt", "the samsung"]
    {
        assert_eq!(encrypt(said), Some(false), "{said}");
    }
    for said in [
        "the samsung with luks but leave swap unencrypted, 8GB",
        "the samsung, encrypt home only",
        "encrypted home, plain root, on the samsung",
    ] {
        assert_eq!(encrypt(said), None, "{said}");
    }
}

#[test]
fn two_file_systems_and_fractions_are_asked_about() {
    let talk = Talk::on("two-disks");
    for said in ["sda, root 100GB ext4, home btrfs with the rest", "sda with btrfs for root and xfs for home"]
    {
        let asked =
            question(&talk, said, "partition sda whole fs=btrfs root=100G home=rest").unwrap_or_default();
        assert!(asked.contains("one file system"), "{said}: {asked}");
    }
    assert_eq!(
        question(&talk, "sda, btrfs for root and home, not ext4", "partition sda whole fs=btrfs home=rest"),
        None
    );
    for said in
        ["a third of sda for root, the rest for home", "sda, home takes two thirds", "sda, fifty-fifty"]
    {
        let asked = question(&talk, said, "partition sda whole root=100G home=rest").unwrap_or_default();
        assert!(asked.contains("How many GB"), "{said}: {asked}");
    }
    assert_eq!(question(&talk, "take the third disk, sdb", "partition sdb whole"), None);
}

#[test]
fn another_disk_for_home_is_heard_in_every_wording() {
    let mut talk = Talk::on("two-disks");
    for (said, reading) in [
        ("root on the ssd, home on the hard disk", "partition ssd keep"),
        ("system on the ssd and home on the hdd", "partition ssd+hdd keep"),
    ] {
        let asked = question(&talk, said, reading).unwrap_or_default();
        assert!(asked.contains("I lay out one disk"), "{said}: {asked}");
    }
    let plan = r#"{"pending":{"action":"partition","disk":"/dev/sda","use":"whole"}}"#;
    talk.state = serde_json::from_str(plan).unwrap();
    let asked = question(&talk, "put home on the second disk", "partition second whole").unwrap_or_default();
    assert!(asked.contains("I lay out one disk"), "{asked}");
}

#[test]
fn what_stays_is_what_was_said_to_stay() {
    let talk = Talk::on("windows-laptop");
    let host = levitate_core::layout::host_partition(&talk.machine.disks[0]).unwrap().size_bytes;
    let gib = 1 << 30;
    for (said, give) in [
        ("make windows smaller, only 200GB", host - 200 * gib),
        ("Windows soll 300 GB behalten, Linux kriegt den Rest", host - 300 * gib),
        ("deja windows con 300 GB y el resto para linux", host - 300 * gib),
        ("keep windows, 100GB for the new system", 100 * gib),
        ("keep windows, use 100GB", 100 * gib),
        ("I need no more than 100 GB next to windows", 100 * gib),
    ] {
        let answer = talk.heard(said, "partition windows beside give=100G").answer;
        let [A::Partition(request)] = actions(&answer) else { panic!("{said}: {answer:?}") };
        assert_eq!(request.give.and_then(levitate_core::size::Size::bytes), Some(give), "{said}");
    }
}

#[test]
fn what_was_filled_in_outlives_the_next_question() {
    for (said, answer) in [
        ("sul disco samsung, crittografato, 100 GB", "root 100G"),
        ("installa, crittografato", "the whole samsung"),
    ] {
        let mut talk = Talk::on("two-disks");
        let reading = if said.contains("samsung") { "partition samsung whole" } else { "partition ? keep" };
        let decision = talk.heard(said, reading);
        talk.asked(said, &decision);
        let answer = talk.say(answer);
        assert!(matches!(actions(&answer), [A::Partition(request)] if request.encrypt), "{said}: {answer:?}");
    }
    let mut talk = Talk::on("two-disks");
    let said = "the samsung, 16 GB swap, and 200 GB";
    let decision = talk.heard(said, "partition samsung whole");
    talk.asked(said, &decision);
    let answer = talk.say("root 200G");
    let [A::Partition(request)] = actions(&answer) else { panic!("{answer:?}") };
    assert_eq!(request.swap, Some(levitate_core::size::Size::gib(16)));
}
