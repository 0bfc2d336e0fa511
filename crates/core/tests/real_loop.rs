//! The real system on a loop device: seen by the probe, refused while in use, written when free. Needs root
//! and a free loop device; says so and passes where they are not to be had.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use levitate_core::machine::{Machine, Transport};
use levitate_core::probe::Options;
use levitate_core::sys::{self, Cancel, Cmd, MountCall, Real, SysError, System};

/// A loop device over a sparse file; taken down, mounts included, when dropped.
struct Loop {
    dir: tempfile::TempDir,
    device: String,
    real: Real,
}

impl Loop {
    /// None, with the reason printed, where this computer or this user cannot have one.
    fn new(bytes: u64) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            eprintln!("skipped: loop devices need root");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        std::fs::File::create(&image).unwrap().set_len(bytes).unwrap();
        let mut real = Real::under(Path::new("/"), Options::default(), Cancel::default());
        let cmd = Cmd::new(["losetup", "--find", "--show", "--partscan", &image.to_string_lossy()]);
        let device = match sys::run(&mut real, &cmd) {
            Ok(output) => output.stdout.trim().to_string(),
            Err(error) => {
                eprintln!("skipped: {error}");
                return None;
            }
        };
        let name = device.trim_start_matches("/dev/").to_string();
        let options = Options { loop_devices: vec![name], ..Options::default() };
        Some(Self { dir, device, real: Real::under(Path::new("/"), options, Cancel::default()) })
    }

    fn run(&mut self, argv: &[&str]) {
        sys::run(&mut self.real, &Cmd::new(argv.iter().copied())).unwrap();
    }

    fn mount(&mut self, fs: &str) -> PathBuf {
        let target = self.dir.path().canonicalize().unwrap().join("mnt");
        let (source, fs) = (self.device.clone(), Some(fs.to_string()));
        let call =
            MountCall { source, target: target.clone(), fs, read_only: false, options: "noatime".into() };
        self.real.mount(&call).unwrap();
        target
    }

    fn probe(&mut self) -> Machine {
        self.real.probe().unwrap()
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = self.real.unmount(&self.dir.path().canonicalize().unwrap().join("mnt"));
        let _ = sys::run(&mut self.real, &Cmd::new(["losetup", "--detach", &self.device]));
    }
}

#[test]
fn a_file_system_on_a_disk_is_seen_guarded_and_let_go() {
    let Some(mut looped) = Loop::new(64 << 20) else { return };
    let device = looped.device.clone();

    let blank = looped.probe();
    let disk = blank.disk(&device).expect("a loop device that was asked for is shown");
    assert_eq!((disk.size_bytes, disk.transport), (64 << 20, Transport::Loop));
    assert!(!disk.carries_data() && disk.table.is_none() && disk.in_use.is_empty(), "{disk:?}");

    looped.run(&["mkfs.ext4", "-q", "-L", "my disk", &device]);
    let machine = looped.probe();
    let disk = machine.disk(&device).unwrap();
    let [content] = disk.partitions.as_slice() else { panic!("one content: {disk:?}") };
    assert_eq!((content.path.as_str(), content.number, content.size_bytes), (device.as_str(), 0, 64 << 20));
    assert_eq!((content.fs.as_deref(), content.label.as_deref()), (Some("ext4"), Some("my disk")));
    assert!(content.used_bytes.is_some_and(|used| used < 32 << 20) && content.os.is_none());
    assert!(disk.carries_data() && disk.free_regions().is_empty());

    let target = looped.mount("ext4");
    std::fs::create_dir_all(target.join("usr/lib")).unwrap();
    looped.real.write(&target.join("usr/lib/os-release"), b"PRETTY_NAME=\"Test Linux 1\"\n", 0o644).unwrap();
    let mounted = looped.probe();
    assert_eq!(mounted.disk(&device).unwrap().in_use, [format!("mounted at {}", target.display())]);
    assert_eq!(mounted.partition(&device).unwrap().1.os.as_deref(), Some("Test Linux 1"));
    assert!(looped.real.mounts().unwrap().iter().any(|m| m.target == target && m.source == device));
    assert!(looped.real.usage(&target).unwrap().total < 64 << 20);
    assert!(looped.real.remove(target.parent().unwrap()).is_err(), "a tree with a mount in it stays");

    let error = looped.real.write_device(&device, &[(0, vec![0; 512])]).unwrap_err();
    let SysError::Busy { holders, .. } = error else { panic!("{error}") };
    assert!(holders.contains(&format!("mounted at {}", target.display())), "{holders}");

    let held = std::fs::File::open(target.join("usr/lib/os-release")).unwrap();
    let SysError::Busy { holders, .. } = looped.real.unmount(&target).unwrap_err() else {
        panic!("it is held")
    };
    assert!(holders.contains("this installer"), "{holders}");
    drop(held);
    looped.real.unmount(&target).unwrap();
    assert_eq!(looped.probe().partition(&device).unwrap().1.os.as_deref(), Some("Test Linux 1"));

    looped.real.write_device(&device, &[(1024, vec![0; 1024]), (4096, b"here".to_vec())]).unwrap();
    assert_eq!(looped.real.read_device(&device, 4096, 4).unwrap(), b"here");
    assert!(!looped.probe().disk(&device).unwrap().carries_data());
}

#[test]
fn partitions_appear_when_the_table_is_read_again() {
    let Some(mut looped) = Loop::new(64 << 20) else { return };
    let device = looped.device.clone();
    // An MBR with one Linux partition at 1 MiB: every kernel knows that.
    let mut sector = vec![0; 512];
    sector[446 + 4] = 0x83;
    sector[446 + 8..446 + 12].copy_from_slice(&2048u32.to_le_bytes());
    sector[446 + 12..446 + 16].copy_from_slice(&65536u32.to_le_bytes());
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    looped.real.write_device(&device, &[(0, sector)]).unwrap();
    let node = format!("{device}p1");
    if let Err(error) = looped.real.reread_table(&device, std::slice::from_ref(&node)) {
        eprintln!("skipped: this kernel makes no partitions on loop devices: {error}");
        return;
    }
    let machine = looped.probe();
    let (disk, partition) = machine.partition(&node).expect("the partition is seen");
    assert_eq!((partition.number, partition.start_bytes, partition.size_bytes), (1, 1 << 20, 32 << 20));
    assert_eq!(disk.partitions.len(), 1);
    assert!(looped.real.write_device(&node, &[(0, vec![0; 512])]).is_ok());
}

#[test]
fn loop_devices_are_hidden_unless_asked_for() {
    let Some(looped) = Loop::new(8 << 20) else { return };
    let mut plain = Real::under(Path::new("/"), Options::default(), Cancel::default());
    let started = Instant::now();
    let machine = plain.probe().unwrap();
    eprintln!("probe took {:?}: {}", started.elapsed(), serde_json::to_string_pretty(&machine).unwrap());
    assert!(machine.disk(&looped.device).is_none());
}

#[test]
fn file_systems_say_how_full_they_are_and_what_is_on_them() {
    let cases = [
        ("ext4", vec!["mkfs.ext4", "-q", "-F"]),
        ("btrfs", vec!["mkfs.btrfs", "-q", "-f"]),
        ("xfs", vec!["mkfs.xfs", "-q", "-f"]),
    ];
    let Some(mut looped) = Loop::new(512 << 20) else { return };
    let device = looped.device.clone();
    for (fs, make) in cases {
        let mut argv = make;
        argv.push(&device);
        if let Err(error) = sys::run(&mut looped.real, &Cmd::new(argv)) {
            eprintln!("{fs} skipped: {error}");
            continue;
        }
        let target = looped.mount(fs);
        looped.real.write(&target.join("etc/os-release"), b"PRETTY_NAME='Test Linux 2'\n", 0o644).unwrap();
        looped.real.write(&target.join("big"), &vec![7; 20 << 20], 0o600).unwrap();
        let used = looped.real.usage(&target).unwrap().used;
        looped.real.unmount(&target).unwrap();
        let machine = looped.probe();
        let (_, found) = machine.partition(&device).unwrap();
        assert_eq!((found.fs.as_deref(), found.os.as_deref()), (Some(fs), Some("Test Linux 2")));
        let said = found.used_bytes.unwrap();
        // xfs counts its own log as taken, which statfs leaves out.
        assert!(said.abs_diff(used) < 64 << 20 && said > 20 << 20, "{fs}: {said} beside {used}");
    }
}

#[test]
fn a_fat_counts_what_is_taken() {
    let Some(mut looped) = Loop::new(64 << 20) else { return };
    let device = looped.device.clone();
    for bits in ["16", "32"] {
        if let Err(error) = sys::run(&mut looped.real, &Cmd::new(["mkfs.vfat", "-F", bits, device.as_str()]))
        {
            eprintln!("skipped: {error}");
            return;
        }
        let file = looped.dir.path().join("file");
        std::fs::write(&file, vec![1; 3 << 20]).unwrap();
        let copy = Cmd::new(["mcopy", "-i", &device, &file.to_string_lossy(), "::FILE"]);
        if let Err(error) = sys::run(&mut looped.real, &copy) {
            eprintln!("skipped: {error}");
            return;
        }
        let used = looped.probe().partition(&device).unwrap().1.used_bytes.unwrap();
        assert!((3 << 20..(3 << 20) + 4096).contains(&used), "FAT{bits}: {used}");
    }
}

#[test]
fn a_hibernated_windows_volume_is_known_and_not_touched() {
    let Some(mut looped) = Loop::new(64 << 20) else { return };
    let device = looped.device.clone();
    if let Err(error) =
        sys::run(&mut looped.real, &Cmd::new(["mkntfs", "-Q", "-F", "-L", "Windows", &device]))
    {
        eprintln!("skipped: {error}");
        return;
    }
    let volume = looped.probe().partition(&device).unwrap().1.clone();
    assert!(
        volume.problems.is_empty() && volume.used_bytes.is_some_and(|used| used < 32 << 20),
        "{volume:?}"
    );
    let file = looped.dir.path().join("hiberfil.sys");
    let mut content = b"HIBR".to_vec();
    content.resize(64 << 10, 0);
    std::fs::write(&file, content).unwrap();
    looped.run(&["ntfscp", &device, &file.to_string_lossy(), "/hiberfil.sys"]);
    let before = looped.real.read_device(&device, 0, 64 << 20).unwrap();
    let volume = looped.probe().partition(&device).unwrap().1.clone();
    assert_eq!(volume.problems, [levitate_core::machine::Problem::Hibernated]);
    assert!(
        looped.real.read_device(&device, 0, 64 << 20).unwrap() == before,
        "the probe wrote to the volume"
    );
}
