//! One QEMU machine: [`disk`]s, the [`accel`]erator, the [`qmp`] control socket, and here its command line.
//!
//! What a guest sees is the same in every run: target disks first (`/dev/vda`, `/dev/vdb`, ...), each with its
//! serial, then the medium, read-only, as a USB stick would be; no network; one serial line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

pub mod accel;
pub mod disk;
pub mod qmp;

pub use accel::Accel;
pub use disk::Disk;

use crate::shell;

/// Where Debian's ovmf package puts the firmware.
const OVMF: &str = "/usr/share/OVMF";
/// The oldest QEMU that emulates 6.12 kernels without corrupting them (7.2 does, at random).
const OLDEST_QEMU: u32 = 8;

/// What starts the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Firmware {
    /// OVMF, with variables kept between boots.
    Uefi,
    /// SeaBIOS.
    Bios,
}

/// A machine as it would stand on a desk.
pub struct Machine {
    /// Its own folder: firmware variables, sockets, QEMU's messages.
    pub folder: PathBuf,
    /// What starts it.
    pub firmware: Firmware,
    /// Memory in MiB.
    pub memory: u32,
    /// Processors.
    pub cpus: u32,
    /// How guest code is run.
    pub accel: Accel,
    /// The disks, in the order in which the guest names them.
    pub disks: Vec<Disk>,
}

/// Where the guest's serial line goes.
pub enum Serial {
    /// To the terminal of this process; Ctrl-A X ends the machine.
    Terminal,
    /// To a socket in the machine's folder, for the driver.
    Socket,
}

/// A started machine. Dropping it ends it.
pub struct Running {
    child: Child,
    /// Its control socket.
    pub qmp: qmp::Qmp,
}

impl Machine {
    /// The serial line's socket when a driver reads it.
    pub fn serial_socket(&self) -> PathBuf {
        self.folder.join("serial.sock")
    }

    fn qmp_socket(&self) -> PathBuf {
        self.folder.join("qmp.sock")
    }

    /// Makes the machine's folder and new firmware variables, as a computer comes from the shop.
    pub fn fresh(&self) -> Result<()> {
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {}", self.folder.display()))?;
        let (from, to) = (Path::new(OVMF).join("OVMF_VARS_4M.fd"), self.variables());
        fs::copy(&from, &to)
            .with_context(|| format!("cannot copy {} (package ovmf) to {}", from.display(), to.display()))?;
        Ok(())
    }

    fn variables(&self) -> PathBuf {
        self.folder.join("efivars.fd")
    }

    /// Starts the machine, with the medium in it or without. With [`Serial::Socket`] the guest waits until
    /// someone has connected to it.
    pub fn start(&self, medium: Option<&Path>, serial: &Serial) -> Result<Running> {
        for socket in [self.serial_socket(), self.qmp_socket()] {
            match fs::remove_file(&socket) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", socket.display()));
                }
                _ => {}
            }
        }
        // A killed xtask runs no destructors; without this its guest would go on by itself, with a core to itself.
        let mut command = shell::command("setpriv");
        command.args(["--pdeathsig", "TERM", "qemu-system-x86_64"]).args(self.arguments(medium, serial));
        if matches!(serial, Serial::Socket) {
            let path = self.folder.join("qemu.log");
            let log = fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        }
        let line = shell::display(&command);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start `{line}` (scripts/setup.sh installs QEMU)"))?;
        match qmp::Qmp::connect(&self.qmp_socket(), &mut child) {
            Ok(qmp) => Ok(Running { child, qmp }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                let said = fs::read_to_string(self.folder.join("qemu.log")).unwrap_or_default();
                Err(error.context(format!("the machine did not start: {}", said.trim())))
            }
        }
    }

    /// QEMU's arguments.
    fn arguments(&self, medium: Option<&Path>, serial: &Serial) -> Vec<String> {
        let mut args: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| args.extend(words.iter().map(|word| (*word).to_owned()));
        // The older chipset: all its slots can be unplugged, which tests of a vanishing disk need.
        add(&["-nodefaults", "-no-user-config", "-machine", "pc", "-nic", "none"]);
        add(&["-smp", &self.cpus.to_string(), "-m", &self.memory.to_string()]);
        add(&["-accel", self.accel.argument(), "-cpu", "max"]);
        // Entropy, or key generation waits for it.
        add(&["-device", "virtio-rng-pci"]);
        // A reboot of the guest ends QEMU; the caller reads from the control socket which of both it was.
        add(&["-no-reboot", "-display", "none", "-vga", "std"]);
        add(&["-qmp", &format!("unix:{},server=on,wait=off", escape(&self.qmp_socket()))]);
        match serial {
            Serial::Terminal => add(&["-serial", "mon:stdio"]),
            Serial::Socket => {
                let path = escape(&self.serial_socket());
                add(&["-chardev", &format!("socket,id=serial,path={path},server=on,wait=off")]);
                // Not running before the driver has connected, so that no byte is lost.
                add(&["-serial", "chardev:serial", "-S"]);
            }
        }
        if self.firmware == Firmware::Uefi {
            add(&["-drive", &format!("if=pflash,format=raw,readonly=on,file={OVMF}/OVMF_CODE_4M.fd")]);
            add(&["-drive", &format!("if=pflash,format=raw,file={}", escape(&self.variables()))]);
        }
        for (index, disk) in self.disks.iter().enumerate() {
            args.extend(disk.arguments(&format!("disk{index}"), false));
        }
        if let Some(iso) = medium {
            args.extend(Disk::read_only(iso, "LEVITATE-MEDIUM").arguments("medium", true));
        }
        args
    }
}

impl Running {
    /// Waits until QEMU has ended.
    pub fn wait(&mut self) -> Result<()> {
        let status = self.child.wait().context("cannot wait for QEMU")?;
        if !status.success() {
            bail!("QEMU ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// QEMU splits options at commas; a doubled one stands for itself.
fn escape(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

/// Refuses a QEMU whose emulation is known to break guests.
pub fn check_qemu() -> Result<()> {
    let said = shell::output(shell::command("qemu-system-x86_64").arg("--version"))?;
    let said = String::from_utf8_lossy(&said).into_owned();
    match major_version(&said) {
        Some(major) if major >= OLDEST_QEMU => Ok(()),
        _ => bail!(
            "{} is too old, it corrupts guests with a 6.12 kernel; scripts/setup.sh installs QEMU {OLDEST_QEMU} or newer",
            said.lines().next().unwrap_or("this QEMU")
        ),
    }
}

fn major_version(said: &str) -> Option<u32> {
    said.split("version ").nth(1)?.split('.').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(firmware: Firmware) -> Machine {
        Machine {
            folder: PathBuf::from("/vm/a,b"),
            firmware,
            memory: 2048,
            cpus: 2,
            accel: Accel::Tcg,
            disks: vec![Disk::writable(Path::new("/vm/disk0.raw"), "LEV0")],
        }
    }

    #[test]
    fn the_medium_comes_after_the_disks_and_starts_first() {
        let line = machine(Firmware::Bios).arguments(Some(Path::new("/m.iso")), &Serial::Socket).join(" ");
        let (disk, medium) = (line.find("drive=disk0").unwrap(), line.find("drive=medium").unwrap());
        assert!(disk < medium, "{line}");
        assert!(line.contains("serial=LEVITATE-MEDIUM,bootindex=0"), "{line}");
        assert!(!line.contains("pflash"), "{line}");
    }

    #[test]
    fn without_the_medium_only_the_disks_are_left() {
        let line = machine(Firmware::Uefi).arguments(None, &Serial::Terminal).join(" ");
        assert!(!line.contains("medium") && !line.contains("bootindex"), "{line}");
        assert!(line.contains("file=/vm/a,,b/efivars.fd"), "{line}");
        assert!(line.contains("-serial mon:stdio"), "{line}");
    }

    #[test]
    fn versions_are_read_from_what_qemu_says() {
        assert_eq!(major_version("QEMU emulator version 10.0.2 (Debian 1:10)"), Some(10));
        assert_eq!(major_version("QEMU emulator version 7.2.15"), Some(7));
        assert_eq!(major_version("something else"), None);
    }
}
