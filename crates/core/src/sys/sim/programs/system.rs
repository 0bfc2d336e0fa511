//! Locales, packages, identities, mounts by program, swap.

use std::path::{Path, PathBuf};

use super::super::Simulated;
use super::super::tree::Node;
use super::{Call, Outcome, done, fail};
use crate::sys::{MountCall, SysError};

pub(super) fn spec(name: &str) -> Option<(&'static [&'static str], std::ops::RangeInclusive<usize>)> {
    Some(match name {
        "locale-gen" => (&["--keep-existing"], 0..=0),
        "dpkg" => (&["--purge|-P", "--no-triggers", "--force-all", "--force-depends"], 1..=256),
        "systemd-machine-id-setup" => (&["--root=", "--commit", "--print"], 0..=0),
        "dbus-uuidgen" => (&["--ensure="], 0..=0),
        "ssh-keygen" => (&["-A", "-f="], 0..=0),
        "mount" => (&["-t=", "-o=", "--bind", "--rbind", "--make-rslave", "-r"], 1..=2),
        "umount" => (&["-R", "--recursive", "-l"], 1..=1),
        "swapon" | "swapoff" => (&["-a"], 0..=1),
        "blockdev" => (&["--rereadpt", "--flushbufs", "--getsize64", "--getss"], 1..=1),
        "sync" => (&["--file-system|-f"], 0..=1),
        "udevadm" => (&["--timeout=", "--action=", "--subsystem-match="], 1..=2),
        "systemctl" => (&["--quiet"], 1..=3),
        _ => return None,
    })
}

impl Simulated {
    pub(super) fn locale_gen(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let supported = self.text(&call.root, "/usr/share/i18n/SUPPORTED");
        let wanted = self.text(&call.root, "/etc/locale.gen");
        let mut made = Vec::new();
        for line in wanted.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if !supported.lines().any(|known| known == line) {
                return fail(1, format!("Error: '{line}' is not a supported locale"));
            }
            made.push(line.split_whitespace().next().unwrap_or(line).to_string());
        }
        let archive = made.iter().map(|name| format!("{name}\n")).collect::<String>();
        self.put_text(&call.root, "/usr/lib/locale/locale-archive", &archive, 0o644)?;
        let lines: String = made.iter().map(|name| format!("  {name}... done\n")).collect();
        done(format!("Generating locales (this might take a while)...\n{lines}Generation complete.\n"))
    }

    pub(super) fn dpkg(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        if !call.has("--purge") {
            return fail(2, "dpkg: error: need an action option");
        }
        for package in call.args.rest.clone() {
            let list = format!("/var/lib/dpkg/info/{package}.list");
            let files = self.text(&call.root, &list);
            if files.is_empty() {
                continue;
            }
            for path in files.lines().chain([list.as_str()]) {
                let real = self.real_path(&call.root, Path::new(path), false)?;
                let (space, key) = self.writable(&real, false)?;
                if let Some(tree) = self.tree_mut(&space) {
                    tree.remove(&key);
                }
            }
        }
        done("")
    }

    pub(super) fn machine_id(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let root = match call.value("--root") {
            Some(below) => call.root.join(below.trim_start_matches('/')),
            None => call.root.clone(),
        };
        let path = call.value("--ensure").unwrap_or("/etc/machine-id").to_string();
        let old = self.text(&root, &path);
        if old.trim().len() != 32 {
            let id = self.random_hex(32);
            self.put_text(&root, &path, &format!("{id}\n"), 0o444)?;
        }
        done("")
    }

    pub(super) fn ssh_keygen(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        if !call.has("-A") {
            return fail(1, "ssh-keygen: without -A it asks at the terminal");
        }
        for kind in ["rsa", "ecdsa", "ed25519"] {
            let path = format!("/etc/ssh/ssh_host_{kind}_key");
            if self.text(&call.root, &path).is_empty() {
                let key = self.random_hex(32);
                self.put_text(&call.root, &path, &format!("private key {key}\n"), 0o600)?;
                self.put_text(&call.root, &format!("{path}.pub"), &format!("ssh-{kind} {key}\n"), 0o644)?;
            }
        }
        done("ssh-keygen: generating new host keys: RSA ECDSA ED25519\n")
    }

    pub(super) fn mount_program(&mut self, name: &str, call: &mut Call<'_, '_>) -> Outcome {
        let words = |error: &SysError| match error {
            SysError::Io { why, .. } => why.clone(),
            other => other.to_string(),
        };
        let result = if name == "umount" {
            self.do_unmount(&call.root.join(call.word(0).trim_start_matches('/')))
        } else if call.word(1).is_empty() {
            return done("");
        } else {
            let options = call.value("-o").unwrap_or("").to_string();
            let bind = call.has("--bind") || call.has("--rbind");
            let fs = match (bind, call.value("-t")) {
                (true, _) => None,
                (false, Some(fs)) => Some(fs.to_string()),
                (false, None) => {
                    let device = self.find_device(call.word(0));
                    device.and_then(|device| self.volume(&device)?.fs.clone()).or(Some("auto".into()))
                }
            };
            let read_only = call.has("-r") || options.split(',').any(|option| option == "ro");
            let target = call.root.join(call.word(1).trim_start_matches('/'));
            self.do_mount(&MountCall { source: call.word(0).into(), target, fs, read_only, options })
        };
        match result {
            Ok(()) => done(""),
            Err(error) => {
                fail(32, format!("{name}: {}: {}", call.word(call.args.rest.len() - 1), words(&error)))
            }
        }
    }

    pub(super) fn swap(&mut self, name: &str, call: &mut Call<'_, '_>) -> Outcome {
        let path = call.word(0).to_string();
        if name == "swapoff" {
            if call.has("-a") {
                self.swaps.clear();
                return done("");
            }
            let Some(at) = self.swaps.iter().position(|swap| *swap == path) else {
                return fail(4, format!("swapoff: {path}: swapoff failed: Invalid argument"));
            };
            self.swaps.remove(at);
            return done("");
        }
        let swap = self
            .find_device(&path)
            .filter(|d| self.volume(d).is_some_and(|v| v.fs.as_deref() == Some("swap")));
        if swap.is_none() {
            return fail(255, format!("swapon: {path}: read swap header failed"));
        }
        if self.swaps.contains(&path) {
            return fail(255, format!("swapon: {path}: swapon failed: Device or resource busy"));
        }
        self.swaps.push(path);
        done("")
    }

    pub(super) fn blockdev(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let path = call.word(0).to_string();
        let Some(device) = self.find_device(&path) else {
            return fail(1, format!("blockdev: cannot open {path}: No such file or directory"));
        };
        if call.has("--getsize64") {
            return done(format!("{}\n", device.size));
        }
        if call.has("--getss") {
            let sector = self.disk(&device.place.disk).map_or(512, |disk| disk.logical_sector);
            return done(format!("{sector}\n"));
        }
        if call.has("--rereadpt")
            && let Err(error) = self.reread(&path)
        {
            return fail(1, format!("blockdev: ioctl error on BLKRRPART: Device or resource busy ({error})"));
        }
        done("")
    }

    /// Names in a directory below a root.
    pub(super) fn names(&self, root: &Path, dir: &str) -> Vec<String> {
        let path = PathBuf::from(dir);
        let Ok(spot) = self.real_path(root, &path, true).and_then(|real| self.resolve(&real, true)) else {
            return Vec::new();
        };
        match self.node_at(&spot) {
            Ok(Some(Node::Dir(_))) => {
                self.tree(&spot.space).map(|tree| tree.list(&spot.key)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}
