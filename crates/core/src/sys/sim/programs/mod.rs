//! Programs that are acted out. Each checks its argv as strictly as the real one and does what can be seen of it.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::faults::Fate;
use super::tree::Node;
use super::{Simulated, digest};
use crate::sys::{Cmd, Output, SysError, Tick};

mod accounts;
mod args;
mod boot;
mod copy;
mod filesystems;
mod looks;
mod luks;
mod resize;
mod system;

use args::Args;

/// Programs that exist, and whether in bin or sbin.
pub(super) const PROGRAMS: &[(&str, &str)] = &[
    ("blkid", "sbin"),
    ("blockdev", "sbin"),
    ("chpasswd", "sbin"),
    ("chroot", "sbin"),
    ("cryptsetup", "sbin"),
    ("dbus-uuidgen", "bin"),
    ("dpkg", "bin"),
    ("e2fsck", "sbin"),
    ("efibootmgr", "bin"),
    ("gpasswd", "bin"),
    ("groupadd", "sbin"),
    ("grub-install", "sbin"),
    ("grub-mkconfig", "sbin"),
    ("locale-gen", "sbin"),
    ("mkfs.btrfs", "sbin"),
    ("mkfs.ext4", "sbin"),
    ("mkfs.vfat", "sbin"),
    ("mkfs.xfs", "sbin"),
    ("mkswap", "sbin"),
    ("mount", "bin"),
    ("ntfsresize", "sbin"),
    ("os-prober", "bin"),
    ("passwd", "bin"),
    ("resize2fs", "sbin"),
    ("rsync", "bin"),
    ("ssh-keygen", "bin"),
    ("swapoff", "sbin"),
    ("swapon", "sbin"),
    ("sync", "bin"),
    ("systemctl", "bin"),
    ("systemd-machine-id-setup", "bin"),
    ("udevadm", "bin"),
    ("umount", "bin"),
    ("unsquashfs", "bin"),
    ("update-grub", "sbin"),
    ("update-initramfs", "sbin"),
    ("useradd", "sbin"),
    ("userdel", "sbin"),
    ("usermod", "sbin"),
    ("wipefs", "sbin"),
    ("cat", "bin"),
    ("date", "bin"),
    ("df", "bin"),
    ("findmnt", "bin"),
    ("free", "bin"),
    ("ip", "sbin"),
    ("ls", "bin"),
    ("lsblk", "bin"),
    ("lscpu", "bin"),
    ("lspci", "bin"),
    ("lsusb", "bin"),
    ("uname", "bin"),
    ("uptime", "bin"),
];

/// Programs that only look; they are no changing call.
const LOOKS: &[&str] = &[
    "blkid", "os-prober", "cat", "date", "df", "findmnt", "free", "ip", "ls", "lsblk", "lscpu", "lspci",
    "lsusb", "uname", "uptime",
];

/// Names of all programs.
pub(super) fn known() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().map(|(name, _)| *name)
}

/// Digest of a key for a LUKS container.
pub(super) fn key_digest(uuid: Option<&str>, key: &[u8]) -> String {
    let mut salted = uuid.unwrap_or("").as_bytes().to_vec();
    salted.push(0);
    salted.extend_from_slice(key);
    digest(&salted)
}

/// What a program leaves: status, stdout, stderr.
#[derive(Debug)]
struct Reply {
    status: i32,
    stdout: String,
    stderr: String,
}

/// What a program comes to: a reply, or an end that no status tells (cancelled, killed, wrong argv).
type Outcome = Result<Reply, SysError>;

/// A program's success.
fn done(stdout: impl Into<String>) -> Outcome {
    Ok(Reply { status: 0, stdout: stdout.into(), stderr: String::new() })
}

/// A program's failure.
fn fail(status: i32, stderr: impl Into<String>) -> Outcome {
    Ok(Reply { status, stdout: String::new(), stderr: stderr.into() })
}

/// A running program.
struct Call<'a, 'b> {
    cmd: &'a Cmd,
    args: Args,
    /// Directory it sees as its root.
    root: PathBuf,
    stdin: &'a str,
    on_tick: &'a mut (dyn FnMut(Tick<'_>) + 'b),
    /// The process is killed, or the program fails, when it is halfway.
    half: Option<SysError>,
}

impl Call<'_, '_> {
    /// The value of a flag.
    fn value(&self, flag: &str) -> Option<&str> {
        self.args.value(flag)
    }

    fn has(&self, flag: &str) -> bool {
        self.args.has(flag)
    }

    /// A positional argument.
    fn word(&self, index: usize) -> &str {
        self.args.rest.get(index).map_or("", String::as_str)
    }
}

impl Simulated {
    /// Runs a program to its end.
    pub(super) fn run_program(
        &mut self,
        cmd: &Cmd,
        on_tick: &mut dyn FnMut(Tick<'_>),
    ) -> Result<Output, SysError> {
        self.faults.alive()?;
        let name = cmd.argv.first().map_or("", String::as_str);
        let fate = if LOOKS.contains(&name) { Fate::Go } else { self.fate()? };
        self.transcript.push(cmd.to_string());
        let copies = name == "unsquashfs" || name == "rsync";
        let half = match fate {
            Fate::Go => None,
            Fate::Fail => Some(SysError::Failed {
                argv: cmd.to_string(),
                status: Some(1),
                stderr: format!("{name}: Input/output error"),
            }),
            Fate::Kill | Fate::Tear => Some(SysError::Killed),
        };
        if let Some(error) = half.clone()
            && !copies
        {
            return Err(error);
        }
        self.pause(0)?;
        let root = Self::root_of(cmd);
        self.find_program(cmd, &root, name)?;
        let Some((spec, words)) = spec(name) else { return Err(SysError::Missing(name.into())) };
        let args = Args::parse(cmd, spec, words)?;
        let stdin = cmd.stdin.as_ref().map_or("", |secret| secret.expose_secret());
        self.pause(duration(name))?;
        let mut call = Call { cmd, args, root, stdin, on_tick, half };
        let reply = self.act(name, &mut call)?;
        for line in reply.stdout.lines() {
            (call.on_tick)(Tick::Line(line));
        }
        if cmd.ok.contains(&reply.status) {
            return Ok(Output { status: reply.status, stdout: reply.stdout, stderr: reply.stderr });
        }
        let words = if reply.stderr.is_empty() { reply.stdout } else { reply.stderr };
        Err(SysError::Failed {
            argv: cmd.to_string(),
            status: Some(reply.status),
            stderr: words.trim_end().into(),
        })
    }

    /// The program is a file where it is looked for.
    fn find_program(&self, cmd: &Cmd, root: &Path, name: &str) -> Result<(), SysError> {
        let mut there = false;
        for dir in ["usr/sbin", "usr/bin"] {
            let path = self.real_path(root, &Path::new(dir).join(name), true)?;
            there |= matches!(self.node(&path)?, Some(Node::File { .. }));
        }
        if there {
            return Ok(());
        }
        if cmd.root.is_none() {
            return Err(SysError::Missing(name.into()));
        }
        Err(SysError::Failed {
            argv: cmd.to_string(),
            status: Some(127),
            stderr: format!("chroot: failed to run command '{name}': No such file or directory"),
        })
    }

    fn act(&mut self, name: &str, call: &mut Call<'_, '_>) -> Outcome {
        match name {
            "wipefs" => self.wipefs(call),
            "mkfs.vfat" | "mkfs.ext4" | "mkfs.btrfs" | "mkfs.xfs" | "mkswap" => self.mkfs(name, call),
            "blkid" => self.blkid(call),
            "e2fsck" => self.e2fsck(call),
            "resize2fs" => self.resize2fs(call),
            "ntfsresize" => self.ntfsresize(call),
            "cryptsetup" => self.cryptsetup(call),
            "unsquashfs" => self.unsquashfs(call),
            "rsync" => self.rsync(call),
            "useradd" => self.useradd(call),
            "usermod" => self.usermod(call),
            "userdel" => self.userdel(call),
            "gpasswd" => self.gpasswd(call),
            "groupadd" => self.groupadd(call),
            "chpasswd" => self.chpasswd(call),
            "passwd" => self.passwd(call),
            "update-initramfs" => self.update_initramfs(call),
            "grub-install" => self.grub_install(call),
            "grub-mkconfig" | "update-grub" => self.grub_mkconfig(call),
            "os-prober" => done(self.other_systems(&call.root).join("\n")),
            "efibootmgr" => self.efibootmgr(call),
            "locale-gen" => self.locale_gen(call),
            "dpkg" => self.dpkg(call),
            "systemd-machine-id-setup" | "dbus-uuidgen" => self.machine_id(call),
            "ssh-keygen" => self.ssh_keygen(call),
            "mount" | "umount" => self.mount_program(name, call),
            "swapon" | "swapoff" => self.swap(name, call),
            "blockdev" => self.blockdev(call),
            "sync" | "udevadm" | "systemctl" => done(""),
            _ => self.look(name, call),
        }
    }

    /// The device of a positional argument, or the program's complaint.
    fn argument(&self, program: &str, path: &str) -> Result<super::devices::Device, Reply> {
        self.find_device(path).ok_or_else(|| Reply {
            status: 1,
            stdout: String::new(),
            stderr: format!("{program}: error: {path}: No such file or directory"),
        })
    }
}

/// Milliseconds that a program takes in a rehearsal.
fn duration(name: &str) -> u64 {
    match name {
        "wipefs" | "mkswap" | "chpasswd" | "useradd" | "ssh-keygen" => 80,
        "mkfs.vfat" | "mkfs.ext4" | "mkfs.btrfs" | "mkfs.xfs" => 160,
        "cryptsetup" | "e2fsck" | "resize2fs" | "ntfsresize" | "locale-gen" => 240,
        "update-initramfs" => 700,
        "grub-install" | "grub-mkconfig" => 320,
        _ => 0,
    }
}

/// Flags a program knows (`|` between spellings, `=` where a value follows) and how many words it takes.
fn spec(name: &str) -> Option<(&'static [&'static str], std::ops::RangeInclusive<usize>)> {
    filesystems::spec(name)
        .or_else(|| resize::spec(name))
        .or_else(|| luks::spec(name))
        .or_else(|| copy::spec(name))
        .or_else(|| accounts::spec(name))
        .or_else(|| boot::spec(name))
        .or_else(|| system::spec(name))
        .or_else(|| looks::spec(name))
}
