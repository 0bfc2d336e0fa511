use super::*;

#[test]
fn an_installation_leaves_what_a_boot_needs() {
    let mut sim = sim();
    install(&mut sim).unwrap();
    let cfg = text(&mut sim, "/mnt/target/boot/grub/grub.cfg");
    assert!(cfg.contains(&format!("/boot/vmlinuz-{} root=UUID={ROOT_UUID}", worlds::KERNEL)), "{cfg}");
    assert!(cfg.contains("initrd\t/boot/initrd.img"));
    assert_eq!(sim.nvram()[0], "LevitateOS");
    assert!(sim.file_on("/dev/sda1", "EFI/LevitateOS/grubx64.efi").is_some());
    assert!(sim.file_on("/dev/sda1", "EFI/BOOT/BOOTX64.EFI").is_some());
    let shadow = text(&mut sim, "/mnt/target/etc/shadow");
    assert!(shadow.contains("vince:$y$"));
    assert!(text(&mut sim, "/mnt/target/etc/group").contains("sudo:x:27:vince\n"));
    assert_eq!(sim.where_is("hunter2secret"), Vec::<String>::new());
    // Not on the live side.
    assert!(!text(&mut sim, "/etc/passwd").contains("vince"));
    let used = sim.usage(Path::new(TARGET)).unwrap().used;
    assert!(used > 1_900_000_000, "{used}");
    inside(&mut sim, &["gpasswd", "--delete", "vince", "sudo"], "").unwrap();
    assert!(words(inside(&mut sim, &["gpasswd", "--delete", "vince", "sudo"], "")).contains("not a member"));
    inside(&mut sim, &["userdel", "--remove", "vince"], "").unwrap();
    assert_eq!(sim.kind(Path::new("/mnt/target/home/vince")).unwrap(), None);
    inside(&mut sim, &["usermod", "--password", "!", "root"], "").unwrap();
    inside(&mut sim, &["dpkg", "--purge", "--no-triggers", "levitate-live-config"], "").unwrap();
    assert_eq!(sim.kind(Path::new("/mnt/target/etc/levitate-live.conf")).unwrap(), None);
    sim.write(Path::new("/mnt/target/etc/machine-id"), b"", 0o444).unwrap();
    inside(&mut sim, &["systemd-machine-id-setup"], "").unwrap();
    assert_eq!(text(&mut sim, "/mnt/target/etc/machine-id").trim().len(), 32);
    sim.write(Path::new("/mnt/target/etc/locale.gen"), b"de_DE.UTF-8 UTF-8\n", 0o644).unwrap();
    inside(&mut sim, &["locale-gen", "--keep-existing"], "").unwrap();
    sim.write(Path::new("/mnt/target/etc/locale.gen"), b"xx_XX.UTF-8 UTF-8\n", 0o644).unwrap();
    assert!(inside(&mut sim, &["locale-gen", "--keep-existing"], "").is_err());
}

#[test]
fn grub_needs_what_it_really_needs() {
    let mut sim = sim();
    lay_out(&mut sim).unwrap();
    make_root(&mut sim).unwrap();
    exec(&mut sim, &UNPACK).unwrap();
    let efi =
        ["grub-install", "--target=x86_64-efi", "--efi-directory=/boot/efi", "--bootloader-id=LevitateOS"];
    assert!(words(inside(&mut sim, &efi, "")).contains("is /dev mounted"));
    bind(&mut sim).unwrap();
    assert!(
        words(inside(&mut sim, &["grub-install", "--target=i386-pc", "/dev/sda"], ""))
            .contains("BIOS Boot Partition")
    );
    sim.unmount(Path::new("/mnt/target/sys/firmware/efi/efivars")).unwrap();
    assert!(words(inside(&mut sim, &efi, "")).contains("efibootmgr"));
    sim.unmount(Path::new("/mnt/target/boot/efi")).unwrap();
    assert!(words(inside(&mut sim, &efi, "")).contains("EFI partition"));
    // Other systems' entries come from executable scripts.
    let script = "#!/bin/sh\ncat <<'END'\nmenuentry 'Windows' {\n}\nEND\n";
    sim.write(Path::new("/mnt/target/etc/grub.d/35_levitate_others"), script.as_bytes(), 0o755).unwrap();
    inside(&mut sim, &["grub-mkconfig", "-o", "/boot/grub/grub.cfg"], "").unwrap();
    assert!(text(&mut sim, "/mnt/target/boot/grub/grub.cfg").contains("menuentry 'Windows' {\n}\n"));
    assert!(exec(&mut sim, &["os-prober"]).unwrap().stdout.contains("/dev/nvme0n1p1@/EFI/Microsoft"));
}

#[test]
fn a_wrong_argv_is_found() {
    let mut sim = sim();
    lay_out(&mut sim).unwrap();
    for (argv, message) in [
        (&["mkfs.ext4", "--quiet", "/dev/sda2"][..], "unrecognized option '--quiet'"),
        (&["mkfs.ext4", "-q"], "0 arguments"),
        (&["mkfs.ext4", "-q", "/dev/sda"], "entire device"),
        (&["mkfs.ext4", "-L", "a label that is far too long", "/dev/sda2"], "16 characters"),
        (&["mkfs.vfat", "-i", "xyz", "/dev/sda1"], "invalid UUID"),
        (&["mkfs.xfs", "-m", "crc=1", "-U", "x", "/dev/sda2"], "unrecognized option '-U'"),
        (&["wipefs", "--all=yes", "/dev/sda"], "doesn't allow an argument"),
        (&["wipefs", "--all", "/dev/sdz"], "/dev/sdz"),
        (&["cryptsetup", "luksFormat", "/dev/sda2"], "Operation aborted"),
        (&["mkfs.reiserfs", "/dev/sda2"], "the program mkfs.reiserfs is missing"),
    ] {
        let error = words(exec(&mut sim, argv));
        assert!(error.contains(message), "{error} / {message}");
    }
    sim.missing_tool("mkfs.xfs");
    assert!(matches!(exec(&mut sim, &["mkfs.xfs", "-q", "-f", "/dev/sda2"]), Err(SysError::Missing(_))));
    assert!(!sim.live().unwrap().tools.contains(&"mkfs.xfs".to_string()));
    assert!(
        words(inside(&mut sim, &["useradd", "x"], "")).contains("chroot: failed to run command 'useradd'")
    );
    assert_eq!(sim.transcript().last().unwrap(), "chroot /mnt/target useradd x");
}

#[test]
fn an_ntfs_shrinks_before_its_partition() {
    let mut sim = sim();
    let device = "/dev/nvme0n1p3";
    let start = sim.fingerprint();
    let size = (300 * GIB).to_string();
    let resize = ["ntfsresize", "--no-progress-bar", "--force", "--size", &size, device];
    exec(&mut sim, &["ntfsresize", "--no-progress-bar", "--info", "--force", device]).unwrap();
    exec(&mut sim, &["ntfsresize", "--force", "--no-action", "--size", &size, device]).unwrap();
    assert!(words(exec(&mut sim, &resize)).contains("NO CHANGES"));
    feed(&mut sim, &resize, "y\n").unwrap();
    assert!(
        words(exec(&mut sim, &["ntfsresize", "--no-action", "--size", "100G", device])).contains("less than")
    );
    assert!(
        words(exec(&mut sim, &["ntfsresize", "--no-action", "--size", "2000G", device])).contains("bigger")
    );
    let shrink = |size| TableEdit::Change { shrink: Some((3, size)), add: vec![] };
    write_table(&mut sim, "/dev/nvme0n1", &shrink(300 * GIB), &[device]).unwrap();
    assert_eq!(sim.probe().unwrap().partition(device).unwrap().1.used_bytes, Some(200_000_000_000));
    mount(&mut sim, device, "/mnt/x", "ntfs3").unwrap();
    sim.unmount(Path::new("/mnt/x")).unwrap();
    // Shorter than its file system: the volume is damaged and does not mount.
    write_table(&mut sim, "/dev/nvme0n1", &shrink(299 * GIB), &[device]).unwrap();
    assert!(mount(&mut sim, device, "/mnt/x", "ntfs3").is_err());
    assert_ne!(sim.fingerprint(), start);
}

#[test]
fn growing_back_restores_the_fingerprint() {
    let mut sim = sim();
    let device = "/dev/nvme0n1p3";
    let start = sim.fingerprint();
    let size = (300 * GIB).to_string();
    feed(&mut sim, &["ntfsresize", "--force", "--size", &size, device], "y\n").unwrap();
    assert_ne!(sim.fingerprint(), start);
    feed(&mut sim, &["ntfsresize", "--force", device], "y\n").unwrap();
    assert_eq!(sim.fingerprint_lines(), {
        let fresh = Simulated::new(machine());
        fresh.fingerprint_lines()
    });
    assert_eq!(sim.fingerprint(), start);
}

#[test]
fn an_ext4_is_checked_before_it_is_resized() {
    let mut sim = sim();
    lay_out(&mut sim).unwrap();
    make_root(&mut sim).unwrap();
    sim.unmount(Path::new("/mnt/target/boot/efi")).unwrap();
    sim.unmount(Path::new(TARGET)).unwrap();
    assert!(words(exec(&mut sim, &["resize2fs", "/dev/sda2", "50G"])).contains("e2fsck -f"));
    exec(&mut sim, &["e2fsck", "-f", "-p", "/dev/sda2"]).unwrap();
    exec(&mut sim, &["resize2fs", "/dev/sda2", "50G"]).unwrap();
    assert!(words(exec(&mut sim, &["resize2fs", "/dev/sda2", "500G"])).contains("containing partition"));
    assert!(words(exec(&mut sim, &["resize2fs", "/dev/sda2", "1M"])).contains("smaller than minimum"));
    exec(&mut sim, &["resize2fs", "/dev/sda2"]).unwrap();
}

#[test]
fn rsync_copies_the_tree_and_a_small_root_is_full() {
    let mut sim = sim();
    let edit = TableEdit::Create {
        kind: TableKind::Gpt,
        guid: "99999999-0000-4000-8000-000000000000".into(),
        partitions: vec![
            part(1, MIB, 512 * MIB, PartitionKind::Esp),
            part(2, 513 * MIB, GIB, PartitionKind::Linux),
        ],
    };
    write_table(&mut sim, "/dev/sda", &edit, &["/dev/sda2"]).unwrap();
    make_root(&mut sim).unwrap();
    let image = "/run/live/medium/live/filesystem.squashfs";
    exec(&mut sim, &["mount", "-t", "squashfs", "-o", "loop,ro", image, "/run/source"]).unwrap();
    assert!(sim.write(Path::new("/run/source/x"), b"", 0o644).is_err(), "an image is read-only");
    let argv = ["rsync", "-aHAXS", "--numeric-ids", "--one-file-system", "/run/source/", "/mnt/target/"];
    assert!(words(exec(&mut sim, &argv)).contains("No space left on device"));
    assert!(sim.kind(Path::new("/mnt/target/etc")).unwrap().is_some(), "what was copied stays");
}
