//! The boot loader stage: initramfs, GRUB, its menu, and a check that what was written can start.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::machine::Firmware;
use crate::sys::{Cmd, System, read_text};

use super::disk::uuid_of;
use super::fstab::{KEY_DIR, ensure_line};
use super::{Context, Report, StepError, TARGET, UndoRecord, chroot, in_target, undo};

/// Makes the initramfs for this target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildInitramfs {
    /// Key files that go into it (so that GRUB's prompt is the only one): only where /boot is encrypted too.
    pub key_files: Vec<String>,
    /// Swap is opened by a key on the root, so the initramfs must not look for a hibernated system there.
    pub no_resume: bool,
}

impl BuildInitramfs {
    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        for key in &self.key_files {
            // Without 0077 the key would be readable by every account (cryptsetup-initramfs README).
            sys.write(&in_target("/etc/initramfs-tools/conf.d/levitate-umask"), b"UMASK=0077\n", 0o644)?;
            debug_assert!(key.starts_with(KEY_DIR));
            ensure_line(sys, "/etc/cryptsetup-initramfs/conf-hook", &format!("KEYFILE_PATTERN=\"{key}\""))?;
        }
        if self.no_resume {
            sys.write(&in_target("/etc/initramfs-tools/conf.d/resume"), b"RESUME=none\n", 0o644)?;
        }
        if sys.kind(&in_target("/usr/sbin/update-initramfs"))?.is_some() {
            chroot::run(sys, &Cmd::new(["update-initramfs", "-c", "-k", "all"]))?;
        } else if sys.kind(&in_target("/usr/bin/dracut"))?.is_some() {
            chroot::run(sys, &Cmd::new(["dracut", "--regenerate-all", "--force", "--hostonly"]))?;
        } else {
            chroot::run(sys, &Cmd::new(["mkinitcpio", "-P"]))?;
        }
        if !self.key_files.is_empty() {
            for name in sys.list(&in_target("/boot"))?.iter().filter(|n| is_initramfs(n)) {
                let path = in_target("/boot").join(name);
                if let Some(crate::sys::FileKind::File(mode)) = sys.kind(&path)?
                    && mode & 0o077 != 0
                {
                    return Err(StepError::Check(format!(
                        "/boot/{name} holds the key of the disk but others could read it (mode {mode:o})"
                    )));
                }
            }
        }
        Ok(())
    }
}

fn is_initramfs(name: &str) -> bool {
    name.starts_with("initrd") || name.starts_with("initramfs")
}

/// Installs GRUB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallGrub {
    /// Firmware it is for.
    pub firmware: Firmware,
    /// The disk: where a BIOS starts from; for people on UEFI.
    pub disk: String,
    /// Text of /etc/default/grub.
    pub defaults: String,
}

/// Name of our entry in the firmware and of our directory on the ESP.
pub const LOADER: &str = "LevitateOS";

impl InstallGrub {
    /// /etc/default/grub of this target.
    pub fn defaults(
        serial_console: Option<&str>,
        cryptodisk: bool,
        other_system: bool,
        probe: bool,
    ) -> String {
        let timeout = if other_system { 5 } else { 1 };
        let mut text = format!(
            "# Made by the LevitateOS installer.\nGRUB_DEFAULT=0\nGRUB_TIMEOUT={timeout}\n\
             GRUB_DISTRIBUTOR={LOADER}\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n"
        );
        if let Some(console) = serial_console {
            let mut parts = console.trim_start_matches("ttyS").splitn(2, ',');
            let unit = parts.next().unwrap_or("0");
            let speed: String =
                parts.next().unwrap_or("115200").chars().take_while(char::is_ascii_digit).collect();
            let speed = if speed.is_empty() { "115200".into() } else { speed };
            text.push_str(&format!(
                "GRUB_CMDLINE_LINUX=\"console=tty0 console={console}\"\nGRUB_TERMINAL=\"console serial\"\n\
                 GRUB_SERIAL_COMMAND=\"serial --unit={unit} --speed={speed}\"\n"
            ));
        } else {
            text.push_str("GRUB_CMDLINE_LINUX=\"\"\n");
        }
        if cryptodisk {
            text.push_str("GRUB_ENABLE_CRYPTODISK=y\n");
        }
        text.push_str(if probe { "GRUB_DISABLE_OS_PROBER=false\n" } else { "GRUB_DISABLE_OS_PROBER=true\n" });
        text
    }

    pub(super) fn record(&self, sys: &mut dyn System) -> Result<UndoRecord, StepError> {
        if self.firmware == Firmware::Bios {
            // The disk is in use by now, so its first sectors cannot be written back behind the kernel's back.
            return Ok(UndoRecord::Final {
                why: format!("GRUB's code stays in the boot sector of {}", self.disk),
            });
        }
        let mut added = Vec::new();
        for dir in [format!("EFI/{LOADER}"), "EFI/BOOT".into()] {
            let path = in_target("/boot/efi").join(dir);
            if sys.kind(&path)?.is_none() {
                added.push(path);
            }
        }
        let files = vec![in_target("/etc/default/grub"), in_target("/boot/efi/EFI/BOOT/BOOTX64.EFI")];
        Ok(UndoRecord::RemoveLoader { added, files: undo::saved(sys, &files)? })
    }

    pub(super) fn run(&self, sys: &mut dyn System, cx: &mut Context<'_>) -> Result<(), StepError> {
        sys.write(&in_target("/etc/default/grub"), self.defaults.as_bytes(), 0o644)?;
        let grub = program(sys, "grub-install", "grub2-install")?;
        match self.firmware {
            Firmware::Bios => {
                chroot::run(sys, &Cmd::new([grub, "--target=i386-pc", "--recheck", &self.disk]))?;
            }
            Firmware::Uefi => self.uefi(sys, cx, grub)?,
        }
        Ok(())
    }

    fn uefi(&self, sys: &mut dyn System, cx: &mut Context<'_>, grub: &str) -> Result<(), StepError> {
        let id = format!("--bootloader-id={LOADER}");
        let own = [grub, "--target=x86_64-efi", "--efi-directory=/boot/efi", &id, "--recheck"];
        if let Err(error) = chroot::run(sys, &Cmd::new(own)) {
            if error.cancelled() || error.killed() {
                return Err(error);
            }
            // Firmware variables that are full, read-only or missing must not fail an installation: the
            // fallback path below starts without them (pitfalls: Firmware).
            let without = own.iter().copied().chain(["--no-nvram"]);
            chroot::run(sys, &Cmd::new(without))?;
            (cx.report)(Report::Warning(format!(
                "The firmware did not take a boot entry ({error}). The computer starts {LOADER} from the \
                 fallback EFI/BOOT/BOOTX64.EFI; if it starts something else, choose the disk in its boot menu."
            )));
        }
        let fallback =
            [grub, "--target=x86_64-efi", "--efi-directory=/boot/efi", "--removable", "--no-nvram"];
        chroot::run(sys, &Cmd::new(fallback))?;
        Ok(())
    }
}

/// The name a program has in the target.
fn program<'a>(sys: &mut dyn System, debian: &'a str, other: &'a str) -> Result<&'a str, StepError> {
    for name in [debian, other] {
        for dir in ["/usr/sbin", "/usr/bin", "/sbin"] {
            if sys.kind(&in_target(&format!("{dir}/{name}")))?.is_some() {
                return Ok(name);
            }
        }
    }
    Err(StepError::Check(format!("the copied system has neither {debian} nor {other}")))
}

/// Writes grub.cfg, with an entry for every other system's loader on the ESP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteGrubConfig {
    /// UUID of the ESP that other systems share; `None` where the disk is ours alone.
    pub shared_esp: Option<String>,
}

/// The script that makes grub-mkconfig print the other systems' entries.
const OTHERS: &str = "/etc/grub.d/35_levitate_others";
/// Where grub.cfg is.
const GRUB_CFG: &str = "/boot/grub/grub.cfg";

impl WriteGrubConfig {
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        vec![in_target(OTHERS), in_target(GRUB_CFG)]
    }

    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        if let Some(uuid) = &self.shared_esp {
            let entries = self.entries(sys, uuid)?;
            // A here-document with a quoted end: nothing in it is ever expanded by the shell.
            let script = format!(
                "#!/bin/sh\n# Made by the LevitateOS installer.\ncat <<'LEVITATE_END'\n{entries}LEVITATE_END\n"
            );
            sys.write(&in_target(OTHERS), script.as_bytes(), 0o755)?;
        }
        let grub = program(sys, "grub-mkconfig", "grub2-mkconfig")?;
        chroot::run(sys, &Cmd::new([grub, "-o", GRUB_CFG]))?;
        Ok(())
    }

    fn entries(&self, sys: &mut dyn System, uuid: &str) -> Result<String, StepError> {
        let mut text = String::new();
        let root = in_target("/boot/efi/EFI");
        for vendor in sys.list(&root)? {
            let ours = vendor.eq_ignore_ascii_case(LOADER) || vendor.eq_ignore_ascii_case("BOOT");
            let plain = vendor.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            if ours || !plain {
                continue;
            }
            let loaders: [(&str, String); 3] = [
                ("Windows", format!("{vendor}/Boot/bootmgfw.efi")),
                (&vendor, format!("{vendor}/shimx64.efi")),
                (&vendor, format!("{vendor}/grubx64.efi")),
            ];
            for (title, file) in loaders {
                if sys.kind(&root.join(&file))?.is_some() {
                    text.push_str(&format!(
                        "menuentry '{title}' --class os {{\n\tinsmod part_gpt\n\tinsmod fat\n\tinsmod chain\n\
                         \tsearch --no-floppy --fs-uuid --set=root {uuid}\n\tchainloader /EFI/{file}\n}}\n"
                    ));
                    break;
                }
            }
        }
        Ok(text)
    }
}

/// Checks that what was written can start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckBoot {
    /// Firmware.
    pub firmware: Firmware,
    /// /boot is a file system of its own, so paths in grub.cfg begin below it.
    pub separate_boot: bool,
    /// Device and expected UUID of every file system, and of every LUKS container.
    pub uuids: Vec<(String, String)>,
    /// UUID of the root file system.
    pub root_uuid: String,
}

impl CheckBoot {
    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        let fail =
            |what: String| Err(StepError::Check(format!("the installed system would not start: {what}")));
        for (device, uuid) in &self.uuids {
            let found = uuid_of(sys, device)?;
            if !found.eq_ignore_ascii_case(uuid) {
                return fail(format!("{device} has UUID {found:?}, fstab and crypttab say {uuid}"));
            }
        }
        let cfg = read_text(sys, &in_target(GRUB_CFG))?.unwrap_or_default();
        let files = named_files(&cfg);
        if !files.iter().any(|(kind, _)| *kind == "linux") {
            return fail("grub.cfg names no kernel".into());
        }
        if !files.iter().any(|(kind, _)| *kind == "initrd") {
            return fail("grub.cfg names no initramfs".into());
        }
        for (_, file) in &files {
            let path = if self.separate_boot { in_target(&format!("/boot{file}")) } else { in_target(file) };
            if sys.kind(&path)?.is_none() {
                return fail(format!("grub.cfg names {file}, which is not there"));
            }
        }
        if !cfg.contains(&self.root_uuid) && !cfg.contains("root=/dev/mapper/") {
            return fail(format!("grub.cfg does not name the root {}", self.root_uuid));
        }
        let fstab = read_text(sys, &in_target("/etc/fstab"))?.unwrap_or_default();
        if !fstab.contains(&self.root_uuid) {
            return fail(format!("fstab does not name the root {}", self.root_uuid));
        }
        if self.firmware == Firmware::Uefi {
            for loader in [format!("EFI/{LOADER}/grubx64.efi"), "EFI/BOOT/BOOTX64.EFI".into()] {
                if sys.kind(&Path::new(TARGET).join("boot/efi").join(&loader))?.is_none() {
                    return fail(format!("{loader} is not on the EFI partition"));
                }
            }
        }
        Ok(())
    }
}

/// Kernels and initramfs files that a grub.cfg names.
fn named_files(cfg: &str) -> Vec<(&'static str, String)> {
    let mut files = Vec::new();
    for line in cfg.lines() {
        let mut words = line.split_whitespace();
        let kind = match words.next() {
            Some("linux" | "linux16" | "linuxefi") => "linux",
            Some("initrd" | "initrd16" | "initrdefi") => "initrd",
            _ => continue,
        };
        let take = if kind == "linux" { 1 } else { usize::MAX };
        for word in words.take(take).filter(|word| word.starts_with('/')) {
            files.push((kind, word.to_string()));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_console_of_the_live_boot_is_carried_over() {
        let text = InstallGrub::defaults(Some("ttyS1,9600n8"), true, false, false);
        assert!(text.contains("console=ttyS1,9600n8"));
        assert!(text.contains("--unit=1 --speed=9600\""));
        assert!(text.contains("GRUB_ENABLE_CRYPTODISK=y"));
        assert!(!InstallGrub::defaults(None, false, false, false).contains("serial"));
    }

    #[test]
    fn kernels_and_initramfs_of_a_grub_cfg_are_found() {
        let cfg = "menuentry 'x' {\n\tlinux\t/boot/vmlinuz-6.12 root=UUID=1 ro\n\tinitrd\t/boot/a.img /boot/initrd.img-6.12\n}\n";
        assert_eq!(
            named_files(cfg),
            [
                ("linux", "/boot/vmlinuz-6.12".to_string()),
                ("initrd", "/boot/a.img".into()),
                ("initrd", "/boot/initrd.img-6.12".into())
            ]
        );
    }
}
