use super::*;

#[test]
fn the_first_probe_gives_the_described_machine() {
    assert_eq!(sim().probe().unwrap(), machine());
    // And so does the kernel after reading the bytes again.
    let mut sim = sim();
    sim.reread_table("/dev/nvme0n1", &["/dev/nvme0n1p3".into()]).unwrap();
    assert_eq!(sim.probe().unwrap(), machine());
}

#[test]
fn a_table_shows_only_after_it_is_read_again() {
    let mut sim = sim();
    lay_out(&mut sim).unwrap();
    let now = sim.probe().unwrap();
    let disk = now.disk("/dev/sda").unwrap();
    assert_eq!(disk.table, Some(TableKind::Gpt));
    assert_eq!(
        disk.partitions.iter().map(|p| p.path.as_str()).collect::<Vec<_>>(),
        ["/dev/sda1", "/dev/sda2"]
    );
    assert_eq!(disk.partitions[1].kind, PartitionKind::Linux);
    assert_eq!(disk.partitions[1].fs, None);
    let missing = sim.reread_table("/dev/sda", &["/dev/sda3".into()]);
    assert!(words(missing).contains("/dev/sda3"));
}

#[test]
fn file_systems_show_in_facts_and_hold_their_disk() {
    let mut sim = sim();
    lay_out(&mut sim).unwrap();
    make_root(&mut sim).unwrap();
    let facts = sim.probe().unwrap();
    let disk = facts.disk("/dev/sda").unwrap();
    assert_eq!(disk.partitions[0].uuid.as_deref(), Some("0102-ABCD"));
    assert_eq!(disk.partitions[1].uuid.as_deref(), Some(ROOT_UUID));
    assert_eq!(disk.in_use, ["mounted at /mnt/target", "mounted at /mnt/target/boot/efi"]);
    assert!(matches!(sim.write_device("/dev/sda", &[(0, vec![1])]), Err(SysError::Busy { .. })));
    assert!(matches!(sim.reread_table("/dev/sda", &[]), Err(SysError::Busy { .. })));
    assert!(words(exec(&mut sim, &["mkfs.ext4", "-q", "-F", "/dev/sda2"])).contains("busy"));
    assert_eq!(
        exec(&mut sim, &["blkid", "-p", "-s", "UUID", "-o", "value", "/dev/sda2"]).unwrap().stdout.trim(),
        ROOT_UUID
    );
    // A table written over them leaves them where they are.
    sim.unmount(Path::new("/mnt/target/boot/efi")).unwrap();
    sim.unmount(Path::new(TARGET)).unwrap();
    lay_out(&mut sim).unwrap();
    assert_eq!(sim.probe().unwrap().partition("/dev/sda2").unwrap().1.uuid.as_deref(), Some(ROOT_UUID));
    exec(&mut sim, &["wipefs", "--all", "--force", "/dev/sda2", "/dev/sda"]).unwrap();
    let facts = sim.probe().unwrap();
    assert_eq!(
        (facts.disk("/dev/sda").unwrap().table, facts.disk("/dev/sda").unwrap().partitions.len()),
        (None, 0)
    );
}

#[test]
fn files_live_on_the_file_system_that_is_mounted() {
    let mut sim = sim();
    lay_out(&mut sim).unwrap();
    make_root(&mut sim).unwrap();
    let file = Path::new("/mnt/target/etc/deep/file");
    sim.write(file, b"one", 0o600).unwrap();
    sim.append(file, b" two", 0o600).unwrap();
    sim.symlink(Path::new("deep/file"), Path::new("/mnt/target/etc/link")).unwrap();
    assert_eq!(text(&mut sim, "/mnt/target/etc/link"), "one two");
    assert_eq!(sim.kind(file).unwrap(), Some(FileKind::File(0o600)));
    assert_eq!(sim.list(Path::new("/mnt/target/etc")).unwrap(), ["deep", "link"]);
    sim.unmount(Path::new("/mnt/target/boot/efi")).unwrap();
    sim.unmount(Path::new(TARGET)).unwrap();
    assert_eq!(sim.kind(file).unwrap(), None);
    assert_eq!(sim.file_on("/dev/sda2", "/etc/deep/file").unwrap(), b"one two");
    mount(&mut sim, "/dev/sda2", TARGET, "ext4").unwrap();
    assert_eq!(text(&mut sim, "/mnt/target/etc/deep/file"), "one two");
    sim.remove(Path::new("/mnt/target/etc/deep")).unwrap();
    assert_eq!(sim.kind(file).unwrap(), None);
    // A missing thing is removed without complaint, a mount point is not removed.
    sim.remove(file).unwrap();
    assert!(sim.remove(Path::new("/mnt")).is_err());
    assert_eq!(
        words(sim.read(file)),
        "reading /mnt/target/etc/deep/file: No such file or directory (os error 2)"
    );
}

#[test]
fn mounting_asks_for_the_right_file_system() {
    let mut sim = sim();
    lay_out(&mut sim).unwrap();
    for (source, fs, code) in [
        ("/dev/sda2", "ext4", 22),
        ("/dev/sda9", "ext4", 2),
        ("/dev/nvme0n1p3", "ext4", 22),
        ("/nowhere", "squashfs", 2),
    ] {
        match mount(&mut sim, source, "/mnt/x", fs) {
            Err(SysError::Io { code: Some(found), .. }) => assert_eq!(found, code, "{source}"),
            other => panic!("{source}: {other:?}"),
        }
    }
    mount(&mut sim, "/dev/nvme0n1p3", "/mnt/x", "ntfs3").unwrap();
    assert!(sim.kind(Path::new("/mnt/x/Windows/System32")).unwrap().is_some());
    mount(&mut sim, "tmpfs", "/mnt/x/run", "tmpfs").unwrap();
    assert!(matches!(sim.unmount(Path::new("/mnt/x")), Err(SysError::Busy { .. })));
    sim.unmount(Path::new("/mnt/x/run")).unwrap();
    sim.unmount(Path::new("/mnt/x")).unwrap();
    assert!(sim.unmount(Path::new("/mnt/x")).is_err());
    // Windows that sleeps is not mounted for writing.
    let device = sim.device("/dev/nvme0n1p3").unwrap();
    sim.volumes.get_mut(&device.place).unwrap().problems.push(Problem::Hibernated);
    assert!(mount(&mut sim, "/dev/nvme0n1p3", "/mnt/x", "ntfs3").is_err());
}

#[test]
fn luks_opens_with_its_keys_only() {
    let mut sim = sim();
    lay_out(&mut sim).unwrap();
    let format = [
        "cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--pbkdf", "pbkdf2", "--uuid",
        LUKS_UUID, "--key-file", "-", "/dev/sda2",
    ];
    let open = ["cryptsetup", "open", "--type", "luks2", "--key-file", "-", "/dev/sda2", "levitate-root"];
    feed(&mut sim, &format, "correct horse").unwrap();
    assert_eq!(sim.luks_kdf("/dev/sda2").as_deref(), Some("pbkdf2"));
    match feed(&mut sim, &open, "wrong") {
        Err(SysError::Failed { status: Some(2), stderr, .. }) => {
            assert_eq!(stderr, "No key available with this passphrase.")
        }
        other => panic!("{other:?}"),
    }
    feed(&mut sim, &open, "correct horse").unwrap();
    assert_eq!(sim.kind(Path::new("/dev/mapper/levitate-root")).unwrap(), Some(FileKind::Other));
    exec(&mut sim, &["mkfs.ext4", "-q", "-F", "-U", ROOT_UUID, "-L", "root", "/dev/mapper/levitate-root"])
        .unwrap();
    mount(&mut sim, "/dev/mapper/levitate-root", TARGET, "ext4").unwrap();
    sim.write(Path::new("/mnt/target/key"), b"64 random bytes", 0o600).unwrap();
    let add = [
        "cryptsetup",
        "luksAddKey",
        "--batch-mode",
        "--key-file",
        "-",
        "--pbkdf",
        "pbkdf2",
        "--pbkdf-force-iterations",
        "1000",
        "/dev/sda2",
        "/mnt/target/key",
    ];
    assert!(feed(&mut sim, &add, "wrong").is_err());
    feed(&mut sim, &add, "correct horse").unwrap();
    let facts = sim.probe().unwrap();
    assert_eq!(
        facts.disk("/dev/sda").unwrap().in_use,
        ["mounted at /mnt/target", "LUKS volume levitate-root"]
    );
    assert_eq!(facts.partition("/dev/sda2").unwrap().1.fs.as_deref(), Some("crypto_LUKS"));
    assert!(words(exec(&mut sim, &["cryptsetup", "close", "levitate-root"])).contains("still in use"));
    sim.unmount(Path::new(TARGET)).unwrap();
    exec(&mut sim, &["cryptsetup", "close", "levitate-root"]).unwrap();
    assert_eq!(sim.kind(Path::new("/dev/mapper/levitate-root")).unwrap(), None);
    let by_file = ["cryptsetup", "open", "--key-file", "/run/key", "/dev/sda2", "again"];
    sim.write(Path::new("/run/key"), b"64 random bytes", 0o600).unwrap();
    exec(&mut sim, &by_file).unwrap();
    mount(&mut sim, "/dev/mapper/again", TARGET, "ext4").unwrap();
    assert_eq!(sim.where_is("correct horse"), Vec::<String>::new());
}

#[test]
fn read_only_and_live_disks_take_no_write() {
    let mut described = machine();
    described.disks[0].read_only = true;
    let mut sim = Simulated::new(described);
    assert!(words(sim.write_device("/dev/sda", &[(0, vec![0])])).contains("Read-only"));
    assert!(matches!(sim.write_device("/dev/sdb", &[(0, vec![0])]), Err(SysError::Busy { .. })));
}

#[test]
fn a_described_luks_partition_opens_with_its_passphrase() {
    let mut described = machine();
    described.disks[0].table = Some(TableKind::Gpt);
    let partition: Partition = serde_json::from_str(
        r#"{"path":"/dev/sda1","number":1,"start_bytes":1048576,"size_bytes":10737418240,"kind":"luks","fs":"crypto_LUKS","uuid":"aaaaaaaa-2222-4333-8444-555555555555"}"#,
    )
    .unwrap();
    described.disks[0].partitions.push(partition);
    let open = ["cryptsetup", "open", "--key-file", "-", "/dev/sda1", "old"];
    let mut sim = Simulated::new(described.clone());
    assert!(feed(&mut sim, &open, "secret").is_err());
    let mut sim = Simulated::new(described).with_passphrase("/dev/sda1", "secret");
    feed(&mut sim, &open, "secret").unwrap();
}

#[test]
fn swap_and_looks() {
    let mut sim = sim();
    lay_out(&mut sim).unwrap();
    exec(&mut sim, &["mkswap", "-U", ROOT_UUID, "-L", "swap", "/dev/sda2"]).unwrap();
    exec(&mut sim, &["swapon", "/dev/sda2"]).unwrap();
    assert_eq!(sim.probe().unwrap().disk("/dev/sda").unwrap().in_use, ["swap"]);
    exec(&mut sim, &["swapoff", "/dev/sda2"]).unwrap();
    let calls = sim.calls();
    assert!(exec(&mut sim, &["lsblk", "-f"]).unwrap().stdout.contains("sda2"));
    assert!(exec(&mut sim, &["df", "-h"]).unwrap().stdout.contains("overlay"));
    assert_eq!(sim.calls(), calls, "looking changes nothing");
    assert!(sim.simulated());
    sim.reboot().unwrap();
    assert!(sim.rebooted());
}

/// Every described machine of the repository becomes a computer that says the same of itself.
#[test]
fn every_described_machine_can_be_simulated() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../machines");
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let described = Machine::from_json(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut sim = Simulated::new(described.clone());
        assert_eq!(sim.probe().unwrap(), described, "{}", path.display());
        for disk in described.disks.iter().filter(|disk| disk.in_use.is_empty()) {
            sim.reread_table(&disk.path, &[]).unwrap();
        }
        assert_eq!(sim.probe().unwrap(), described, "{}: the table as bytes", path.display());
    }
}
