use super::*;

#[test]
fn a_copy_shows_progress_and_ends_when_full_cancelled_or_unplugged() {
    let ready = || {
        let mut sim = sim();
        lay_out(&mut sim).unwrap();
        make_root(&mut sim).unwrap();
        sim
    };
    let cmd = Cmd::new(UNPACK).watch(Path::new(TARGET));
    let mut sim = ready();
    let mut seen = Vec::new();
    sim.run(&cmd, &mut |tick| {
        if let Tick::Used(used) = tick {
            seen.push(used);
        }
    })
    .unwrap();
    assert!(seen.len() >= 10 && seen.windows(2).all(|pair| pair[0] < pair[1]));

    let mut sim = ready();
    sim.full("/dev/sda2");
    assert!(words(sim.run(&cmd, &mut |_| {})).contains("No space left on device"));

    let mut sim = ready();
    let cancel = sim.cancel();
    let result = sim.run(&cmd, &mut |_| cancel.request());
    assert!(matches!(result, Err(SysError::Cancelled)));

    let mut sim = ready();
    sim.unplug_while_copying("/dev/sda", 50);
    assert!(words(sim.run(&cmd, &mut |_| {})).contains("Input/output error"));
    assert!(sim.probe().unwrap().disk("/dev/sda").is_none());
    assert_eq!(sim.kind(Path::new("/dev/sda")).unwrap(), None);
    assert!(sim.mounts().unwrap().iter().any(|m| m.target == Path::new(TARGET)), "the mount stays");
    assert!(sim.read(Path::new("/mnt/target/etc/passwd")).is_err());
    assert!(sim.read_device("/dev/sda", 0, 512).is_err());
    sim.unmount(Path::new("/mnt/target/boot/efi")).unwrap();
    sim.unmount(Path::new(TARGET)).unwrap();
}

#[test]
fn the_call_that_shall_fail_fails_and_does_nothing() {
    let mut reference = sim();
    install(&mut reference).unwrap();
    let calls = reference.calls();
    assert!(calls > 10);
    for n in 1..=calls {
        let mut sim = sim();
        sim.fail_at(n);
        let error = install(&mut sim).unwrap_err();
        assert!(!matches!(error, SysError::Killed), "{n}: {error}");
        assert_eq!(sim.calls(), n);
    }
    // The same call again succeeds.
    let mut sim = sim();
    sim.fail_at(1);
    assert!(lay_out(&mut sim).is_err());
    lay_out(&mut sim).unwrap();
}

#[test]
fn after_a_kill_nothing_answers_until_revived() {
    let mut sim = sim();
    sim.kill_at(3);
    assert!(matches!(install(&mut sim), Err(SysError::Killed)));
    assert!(matches!(sim.probe(), Err(SysError::Killed)));
    assert!(matches!(sim.mounts(), Err(SysError::Killed)));
    assert!(matches!(sim.write(Path::new("/run/x"), b"", 0o600), Err(SysError::Killed)));
    sim.revive();
    assert_eq!(sim.probe().unwrap().disk("/dev/sda").unwrap().partitions.len(), 2);
    make_root(&mut sim).unwrap();
    // A copy that is killed is left half done.
    sim.kill_at(sim.calls() + 1);
    assert!(matches!(exec(&mut sim, &UNPACK), Err(SysError::Killed)));
    sim.revive();
    let names = sim.list(Path::new(TARGET)).unwrap();
    assert!(names.contains(&"boot".to_string()) && !names.contains(&"var".to_string()), "{names:?}");
}

#[test]
fn a_torn_write_leaves_half() {
    let mut sim = sim();
    sim.write(Path::new("/run/journal"), b"", 0o600).unwrap();
    sim.torn_at(sim.calls() + 1);
    assert!(matches!(sim.append(Path::new("/run/journal"), b"12345678", 0o600), Err(SysError::Killed)));
    sim.revive();
    assert_eq!(text(&mut sim, "/run/journal"), "1234");
    sim.torn_at(sim.calls() + 1);
    assert!(matches!(lay_out(&mut sim), Err(SysError::Killed)));
    sim.revive();
    // The first copy of the table is there, the second is not.
    let size = machine().disk("/dev/sda").unwrap().size_bytes;
    let table = table::read(&mut DeviceReader::new(&mut sim, "/dev/sda", size), size, 512).unwrap().unwrap();
    assert!(table.note.is_some() && table.partitions.len() == 2);
}

#[test]
fn the_fingerprint_knows_the_disks_and_nothing_else() {
    let mut sim = sim();
    let start = sim.fingerprint();
    sim.write(Path::new("/run/levitate/journal"), b"x", 0o600).unwrap();
    mount(&mut sim, "/dev/nvme0n1p1", "/mnt/x", "vfat").unwrap();
    assert_eq!(sim.fingerprint(), start);
    sim.write(Path::new("/mnt/x/file"), b"x", 0o600).unwrap();
    assert_ne!(sim.fingerprint(), start);
    sim.remove(Path::new("/mnt/x/file")).unwrap();
    assert_eq!(sim.fingerprint(), start);
    // A table and its exact undo.
    let size = machine().disk("/dev/sda").unwrap().size_bytes;
    let places = table::saved_ranges(&mut DeviceReader::new(&mut sim, "/dev/sda", size), size, 512).unwrap();
    let saved: Vec<_> =
        places.iter().map(|(at, n)| (*at, sim.read_device("/dev/sda", *at, *n).unwrap())).collect();
    lay_out(&mut sim).unwrap();
    exec(&mut sim, &["mkfs.ext4", "-q", "-F", "/dev/sda2"]).unwrap();
    assert_ne!(sim.fingerprint(), start);
    exec(&mut sim, &["wipefs", "--all", "--force", "/dev/sda2"]).unwrap();
    sim.write_device("/dev/sda", &saved).unwrap();
    sim.reread_table("/dev/sda", &[]).unwrap();
    assert_eq!(sim.fingerprint(), start);
    assert_eq!(sim.probe().unwrap().disk("/dev/sda"), machine().disk("/dev/sda"));
}
