//! The files of the simulated computer: the live system, the image it copies, and systems that were there.

use std::path::{Path, PathBuf};

use super::mounts::{Mount, Space, key_of};
use super::tree::{Node, Tree};
use super::{Simulated, programs};
use crate::lists::Lists;
use crate::machine::{Firmware, Partition, PartitionKind, SourceKind};

/// Version of the kernel in the image.
pub(super) const KERNEL: &str = "6.12.57-amd64";

impl Simulated {
    /// The live system has just come up: nothing mounted but what it needs itself.
    pub(super) fn boot(&mut self, lists: &Lists) {
        let image = system(lists);
        let mut live = image.clone();
        live.file("etc/hostname", "levitate-live\n", 0o644);
        live.link("etc/localtime", "../usr/share/zoneinfo/Etc/UTC");
        live.put("mnt", Node::Dir(0o755));
        live.put("tmp", Node::Dir(0o1777));
        for dir in ["proc", "sys", "dev", "run"] {
            live.put(dir, Node::Dir(0o755));
        }
        let mut sys = Tree::default();
        if self.machine.firmware == Firmware::Uefi {
            sys.put("firmware/efi/efivars", Node::Dir(0o755));
        }
        let mut proc = Tree::default();
        let console = self.live.serial_console.as_ref().map(|c| format!(" console={c}")).unwrap_or_default();
        proc.file("cmdline", &format!("BOOT_IMAGE=/live/vmlinuz boot=live quiet{console}\n"), 0o444);
        let mut dev = Tree::default();
        for name in ["null", "zero", "full", "random", "urandom", "tty", "console"] {
            dev.put(name, Node::Other);
        }
        dev.put("mapper/control", Node::Other);
        dev.put("pts", Node::Dir(0o755));
        let mut run = Tree::default();
        run.put("udev/data", Node::Dir(0o755));
        self.spaces.extend([
            (Space::Live, live),
            (Space::Image, image),
            (Space::Sys, sys),
            (Space::Proc, proc),
            (Space::Dev, dev),
            (Space::Run, run),
            (Space::EfiVars, Tree::default()),
        ]);
        self.mounts = vec![
            base("overlay", "/", "overlay", Space::Live),
            base("proc", "/proc", "proc", Space::Proc),
            base("sysfs", "/sys", "sysfs", Space::Sys),
            base("udev", "/dev", "devtmpfs", Space::Dev),
            base("tmpfs", "/run", "tmpfs", Space::Run),
        ];
        if self.machine.firmware == Firmware::Uefi {
            self.mounts.push(base("efivarfs", "/sys/firmware/efi/efivars", "efivarfs", Space::EfiVars));
        }
        self.place_source();
        for name in self.missing.clone() {
            self.missing_tool(&name);
        }
    }

    /// The image or the directory that is copied is there, by its path.
    fn place_source(&mut self) {
        let path = PathBuf::from(&self.machine.source.path);
        let node = match self.machine.source.kind {
            SourceKind::Directory => Node::Dir(0o755),
            SourceKind::Squashfs | SourceKind::Erofs => Node::File { bytes: b"hsqs".to_vec(), mode: 0o444 },
        };
        let (space, key) = match path.strip_prefix("/run") {
            Ok(inner) => (Space::Run, key_of(inner)),
            Err(_) => (Space::Live, key_of(&path)),
        };
        if !key.is_empty()
            && let Some(tree) = self.tree_mut(&space)
        {
            tree.put(&key, node);
        }
    }
}

fn base(source: &str, target: &str, fs: &str, space: Space) -> Mount {
    Mount {
        source: source.into(),
        target: Path::new(target).into(),
        fs: fs.into(),
        space,
        below: String::new(),
        read_only: false,
    }
}

/// The system in the image: like Debian, small.
fn system(lists: &Lists) -> Tree {
    let mut tree = Tree::default();
    for dir in [
        "home", "root", "mnt", "proc", "sys", "dev", "run", "tmp", "boot/efi", "boot/grub", "var/log",
        "media",
    ] {
        tree.put(dir, Node::Dir(0o755));
    }
    for (program, dir) in programs::PROGRAMS {
        tree.put(&format!("usr/{dir}/{program}"), Node::File { bytes: b"\x7fELF".to_vec(), mode: 0o755 });
    }
    tree.put("usr/bin/bash", Node::File { bytes: b"\x7fELF".to_vec(), mode: 0o755 });
    tree.put("usr/bin/sudo", Node::File { bytes: b"\x7fELF".to_vec(), mode: 0o4755 });
    for (link, to) in [("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib", "usr/lib")] {
        tree.link(link, to);
    }
    accounts(&mut tree);
    settings(&mut tree, lists);
    for (path, text) in [
        (format!("boot/vmlinuz-{KERNEL}"), "kernel"),
        (format!("boot/initrd.img-{KERNEL}"), "initramfs of the live system"),
        (format!("boot/config-{KERNEL}"), "CONFIG_64BIT=y\n"),
        (format!("usr/lib/modules/{KERNEL}/modules.dep"), ""),
        ("usr/lib/systemd/systemd".into(), "\u{7f}ELF"),
        ("etc/initramfs-tools/initramfs.conf".into(), "MODULES=most\nCOMPRESS=zstd\n"),
        ("etc/cryptsetup-initramfs/conf-hook".into(), "#KEYFILE_PATTERN=\n"),
        ("etc/grub.d/10_linux".into(), "#!/bin/sh\n"),
        ("etc/grub.d/30_os-prober".into(), "#!/bin/sh\n"),
    ] {
        tree.file(&path, text, if path.starts_with("etc/grub.d") { 0o755 } else { 0o644 });
    }
    tree.put("etc/initramfs-tools/conf.d", Node::Dir(0o755));
    live_only(&mut tree);
    tree
}

fn accounts(tree: &mut Tree) {
    tree.file(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n\
         nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        0o644,
    );
    tree.file(
        "etc/shadow",
        "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\nnobody:*:20000:0:99999:7:::\n",
        0o640,
    );
    let groups =
        [("root", 0), ("daemon", 1), ("adm", 4), ("cdrom", 24), ("sudo", 27), ("audio", 29), ("video", 44)];
    let more = [("plugdev", 46), ("users", 100), ("netdev", 101), ("input", 102), ("nogroup", 65534)];
    let (mut group, mut gshadow) = (String::new(), String::new());
    for (name, id) in groups.into_iter().chain(more) {
        group.push_str(&format!("{name}:x:{id}:\n"));
        gshadow.push_str(&format!("{name}:*::\n"));
    }
    tree.file("etc/group", &group, 0o644);
    tree.file("etc/gshadow", &gshadow, 0o640);
    tree.file("etc/skel/.bashrc", "# ~/.bashrc\n", 0o644);
    tree.file("etc/sudoers", "root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n", 0o440);
}

fn settings(tree: &mut Tree, lists: &Lists) {
    let zones =
        ["UTC", "Etc/UTC", "America/Los_Angeles", "America/New_York", "Europe/Berlin", "Europe/London"];
    for zone in zones.into_iter().chain(lists.zones.iter().map(String::as_str)) {
        tree.file(&format!("usr/share/zoneinfo/{zone}"), "TZif2", 0o644);
    }
    let mut supported = String::from("C.UTF-8 UTF-8\n");
    let locales = ["en_US.UTF-8", "en_GB.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8"];
    let mut names: Vec<&str> = locales.into_iter().chain(lists.locales.iter().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    let mut generate = String::from("# This file lists locales that you wish to have built.\n");
    for name in names {
        let charset = name.split_once('.').map_or("UTF-8", |(_, charset)| charset);
        supported.push_str(&format!("{name} {charset}\n"));
        let mark = if name == "en_US.UTF-8" { "" } else { "# " };
        generate.push_str(&format!("{mark}{name} {charset}\n"));
    }
    tree.file("usr/share/i18n/SUPPORTED", &supported, 0o644);
    tree.file("etc/locale.gen", &generate, 0o644);
    tree.file("usr/lib/locale/locale-archive", "en_US.UTF-8\n", 0o644);
    for keymap in ["us", "de", "fr", "uk"].into_iter().chain(lists.keymaps.iter().map(String::as_str)) {
        tree.file(&format!("usr/share/keymaps/{keymap}.kmap.gz"), "", 0o644);
    }
    for (path, text) in [
        (
            "etc/os-release",
            "PRETTY_NAME=\"LevitateOS\"\nNAME=\"LevitateOS\"\nID=levitateos\nID_LIKE=debian\n",
        ),
        ("etc/debian_version", "13.2\n"),
        (
            "etc/hosts",
            "127.0.0.1 localhost\n127.0.1.1 levitate-live\n::1 localhost ip6-localhost ip6-loopback\n",
        ),
        ("etc/hostname", "levitate-live\n"),
        ("etc/fstab", "# UNCONFIGURED FSTAB\n"),
        ("etc/locale.conf", "LANG=en_US.UTF-8\n"),
        ("etc/default/keyboard", "XKBMODEL=\"pc105\"\nXKBLAYOUT=\"us\"\nXKBVARIANT=\"\"\nXKBOPTIONS=\"\"\n"),
        ("etc/default/useradd", "SHELL=/bin/sh\n"),
        ("etc/vconsole.conf", "KEYMAP=us\n"),
        ("etc/adjtime", "0.0 0 0.0\n0\nUTC\n"),
    ] {
        tree.file(path, text, 0o644);
    }
    tree.link("etc/default/locale", "../locale.conf");
    tree.link("etc/localtime", "/usr/share/zoneinfo/Etc/UTC");
}

/// What the medium added for the live session, and identities that a copy must not share.
fn live_only(tree: &mut Tree) {
    for (path, text, mode) in [
        (
            "etc/systemd/system/getty@tty1.service.d/autologin.conf",
            "[Service]\nExecStart=-/sbin/agetty --autologin root\n",
            0o644,
        ),
        ("etc/systemd/system/levitate-installer.service", "[Unit]\n", 0o644),
        ("usr/bin/levitate-installer", "\u{7f}ELF", 0o755),
        ("usr/share/levitate/model.gguf", "model", 0o644),
        ("etc/ssh/sshd_config", "UsePAM yes\n", 0o644),
        ("etc/ssh/ssh_host_ed25519_key", "the live system's own key", 0o600),
        ("etc/ssh/ssh_host_ed25519_key.pub", "the live system's own public key", 0o644),
        ("etc/machine-id", "0123456789abcdef0123456789abcdef\n", 0o444),
        ("var/lib/dbus/machine-id", "0123456789abcdef0123456789abcdef\n", 0o644),
        ("var/lib/systemd/random-seed", "seed", 0o600),
        ("var/lib/dpkg/info/levitate-live-config.list", "/etc/levitate-live.conf\n", 0o644),
        ("etc/levitate-live.conf", "live=yes\n", 0o644),
        (
            "etc/levitate/live-only",
            "# added by the medium for the live session\n\
             path /etc/systemd/system/getty@tty1.service.d\n\
             path /etc/systemd/system/levitate-installer.service\n\
             path /usr/bin/levitate-installer\n\
             path /usr/share/levitate\n\
             package levitate-live-config\n",
            0o644,
        ),
    ] {
        tree.file(path, text, mode);
    }
}

/// Plausible files on a partition that was there before.
pub(super) fn foreign(partition: &Partition) -> Tree {
    let mut tree = Tree::default();
    let fs = partition.fs.as_deref().unwrap_or("");
    let os = partition.os.as_deref().unwrap_or("");
    match (fs, partition.kind) {
        ("vfat", PartitionKind::Esp) if os.contains("Windows") || os.is_empty() => {
            tree.file("EFI/Microsoft/Boot/bootmgfw.efi", "the Windows boot manager", 0o700);
            tree.file("EFI/Microsoft/Boot/BCD", "boot configuration data", 0o700);
            tree.file("EFI/BOOT/BOOTX64.EFI", "the Windows boot manager", 0o700);
        }
        ("vfat", PartitionKind::Esp) => {
            let vendor: String = os.split_whitespace().next().unwrap_or("linux").to_lowercase();
            let vendor: String = vendor.chars().filter(char::is_ascii_alphanumeric).collect();
            tree.file(&format!("EFI/{vendor}/grubx64.efi"), "the boot loader of another system", 0o700);
            tree.file("EFI/BOOT/BOOTX64.EFI", "the boot loader of another system", 0o700);
        }
        ("ntfs", _) if os.contains("Windows") => {
            tree.file("Windows/System32/ntoskrnl.exe", "the kernel of Windows", 0o777);
            tree.file("Users/Public/Documents/letter.txt", "Dear Sir or Madam", 0o777);
            tree.file("pagefile.sys", "", 0o777);
        }
        ("ntfs" | "vfat" | "exfat", _) => tree.file("documents/notes.txt", "buy milk", 0o777),
        ("ext4" | "ext3" | "btrfs" | "xfs", _) if !os.is_empty() => {
            tree.file("etc/os-release", &format!("PRETTY_NAME=\"{}\"\n", os.replace('"', "")), 0o644);
            tree.file("etc/fstab", "# another system\n", 0o644);
            tree.file("boot/vmlinuz-6.1", "another kernel", 0o644);
            tree.file("home/somebody/letter.txt", "Dear Sir or Madam", 0o600);
        }
        ("ext4" | "ext3" | "btrfs" | "xfs", _) => {
            tree.put("lost+found", Node::Dir(0o700));
            tree.file("somebody/letter.txt", "Dear Sir or Madam", 0o600);
        }
        _ => {}
    }
    tree
}
