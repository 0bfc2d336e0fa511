//! The probe on recorded computers. A fixture has sections: `[disk] PATH` and `[part] NAME` with `file = value`
//! lines (sysfs), `[file] PATH`, `[link] PATH -> TO`, `[run] ARGV` with its output, `[status] N` for the run
//! before it, `[usage] PATH USED TOTAL`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use levitate_core::machine::Machine;
use levitate_core::probe::{self, Look, Options};
use levitate_core::sys::{Output, SysError, Usage};

struct Recorded {
    dir: tempfile::TempDir,
    programs: BTreeMap<String, Output>,
    usages: BTreeMap<PathBuf, Usage>,
    blkid_missing: bool,
}

impl Recorded {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/probe/{name}.txt"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut recorded = Self {
            dir: tempfile::tempdir().unwrap(),
            programs: BTreeMap::new(),
            usages: BTreeMap::new(),
            blkid_missing: false,
        };
        let mut disk = PathBuf::new();
        let mut argv = String::new();
        for section in text.split("\n[").map(|s| s.trim_start_matches('[')).filter(|s| !s.starts_with('#')) {
            let (head, body) = section.split_once('\n').unwrap_or((section, ""));
            let (kind, what) = head.split_once(']').unwrap();
            let what = what.trim();
            match kind {
                "disk" => {
                    disk = PathBuf::from("sys").join(what);
                    recorded.values(&disk, body);
                    let name = disk.file_name().unwrap().to_string_lossy().into_owned();
                    recorded.link(&format!("sys/block/{name}"), &format!("../{what}"));
                }
                "part" => recorded.values(&disk.join(what), body),
                "file" => recorded.file(Path::new(what.trim_start_matches('/')), body),
                "link" => {
                    let (from, to) = what.split_once(" -> ").unwrap();
                    recorded.link(from.trim_start_matches('/'), to);
                }
                "run" => {
                    argv = what.to_string();
                    let output = Output { status: 0, stdout: body.to_string(), stderr: String::new() };
                    recorded.programs.insert(argv.clone(), output);
                }
                "status" => recorded.programs.get_mut(&argv).unwrap().status = what.parse().unwrap(),
                "usage" => {
                    let words: Vec<&str> = what.split_whitespace().collect();
                    let usage = Usage { used: words[1].parse().unwrap(), total: words[2].parse().unwrap() };
                    recorded.usages.insert(PathBuf::from(words[0]), usage);
                }
                other => panic!("{name}: [{other}] is no section"),
            }
        }
        recorded
    }

    fn file(&self, path: &Path, content: &str) {
        let at = self.dir.path().join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, content).unwrap();
    }

    fn values(&self, dir: &Path, body: &str) {
        std::fs::create_dir_all(self.dir.path().join(dir)).unwrap();
        for (file, value) in body.lines().filter_map(|line| line.split_once(" = ")) {
            self.file(&dir.join(file), &format!("{value}\n"));
        }
    }

    fn link(&self, from: &str, to: &str) {
        let at = self.dir.path().join(from);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, at).unwrap();
    }

    fn machine(&mut self) -> Machine {
        probe::machine(self, &Options::default()).unwrap()
    }
}

impl Look for Recorded {
    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn run(&mut self, argv: &[&str]) -> Result<Output, SysError> {
        if argv[0] == "blkid" && self.blkid_missing {
            return Err(SysError::Missing("blkid".into()));
        }
        match self.programs.get(&argv.join(" ")) {
            Some(output) => Ok(output.clone()),
            // What was not recorded said nothing: blkid's way to say that nothing is there.
            None if argv[0] == "blkid" => Ok(Output { status: 2, ..Output::default() }),
            None => Err(SysError::Missing(argv[0].into())),
        }
    }

    fn read_device(&mut self, _: &str, _: u64, _: usize) -> Option<Vec<u8>> {
        None
    }

    fn usage(&mut self, path: &Path) -> Option<Usage> {
        self.usages.get(path).copied()
    }

    fn peek(&mut self, _: &str, _: &str, _: &mut dyn FnMut(&Path)) {}
}

#[test]
fn a_windows_laptop_with_the_stick_we_run_from() {
    insta::assert_json_snapshot!(Recorded::new("windows-laptop").machine());
}

#[test]
fn a_server_whose_disks_are_held_by_md_lvm_luks_and_swap() {
    insta::assert_json_snapshot!(Recorded::new("server").machine());
}

#[test]
fn a_tablet_with_boot_areas_an_empty_reader_and_an_iso_file() {
    insta::assert_json_snapshot!(Recorded::new("tablet").machine());
}

#[test]
fn a_virtual_machine_with_4k_sectors_and_an_old_table() {
    insta::assert_json_snapshot!(Recorded::new("virtual").machine());
}

#[test]
fn a_system_in_memory_counts_every_iso_stick_as_its_medium() {
    let machine = Recorded::new("in-memory").machine();
    let live: Vec<(&str, bool)> = machine.disks.iter().map(|d| (d.path.as_str(), d.live_medium)).collect();
    assert_eq!(live, [("/dev/sda", false), ("/dev/sdb", true)]);
}

#[test]
fn without_blkid_no_disk_is_called_blank() {
    let mut recorded = Recorded::new("virtual");
    recorded.blkid_missing = true;
    let error = probe::machine(&mut recorded, &Options::default()).unwrap_err();
    assert!(matches!(error, SysError::Missing(name) if name == "blkid"));
}

#[test]
fn an_unreadable_disk_is_not_called_blank() {
    let mut recorded = Recorded::new("in-memory");
    let complaint = "blkid: error: /dev/sda: Input/output error".to_string();
    let output = Output { status: 2, stderr: complaint, ..Output::default() };
    recorded.programs.insert("blkid -p -o export /dev/sda".into(), output);
    let machine = recorded.machine();
    assert!(machine.disk("/dev/sda").unwrap().carries_data());
}

#[test]
fn an_empty_directory_is_a_machine_without_disks() {
    let mut recorded = Recorded::new("in-memory");
    recorded.dir = tempfile::tempdir().unwrap();
    let machine = recorded.machine();
    assert!(machine.disks.is_empty() && machine.memory_bytes == 0);
}
