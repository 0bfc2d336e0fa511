//! Initramfs and GRUB: what they need to be there, and what they leave.

use std::path::{Path, PathBuf};

use super::super::Simulated;
use super::super::disk::Place;
use super::super::mounts::Space;
use super::super::tree::Node;
use super::{Call, Outcome, done, fail};
use crate::machine::{Firmware, PartitionKind, TableKind};

pub(super) fn spec(name: &str) -> Option<(&'static [&'static str], std::ops::RangeInclusive<usize>)> {
    Some(match name {
        "update-initramfs" => (&["-u", "-c", "-k="], 0..=0),
        "grub-install" => (
            &[
                "--target=",
                "--efi-directory=",
                "--bootloader-id=",
                "--boot-directory=",
                "--recheck",
                "--removable",
                "--no-nvram",
                "--force-extra-removable",
                "--no-uefi-secure-boot",
                "--uefi-secure-boot",
                "--modules=",
            ],
            0..=1,
        ),
        "grub-mkconfig" => (&["-o|--output="], 0..=0),
        "update-grub" => (&[], 0..=0),
        "os-prober" => (&[], 0..=0),
        "efibootmgr" => (&["--verbose|-v", "--bootorder|-o=", "--bootnum|-b=", "--delete-bootnum|-B"], 0..=0),
        _ => return None,
    })
}

/// What a loader or a configuration knows of the file system that a path lies in.
struct Below {
    place: Place,
    fs: String,
    uuid: String,
    /// UUID of the LUKS container around it.
    luks: Option<String>,
}

impl Simulated {
    /// The volume that a path below a root lies on.
    fn below(&self, root: &Path, path: &str) -> Option<Below> {
        let real = self.real_path(root, Path::new(path), true).ok()?;
        let spot = self.resolve(&real, true).ok()?;
        let Space::Volume(place) = spot.space else { return None };
        if self.is_gone(&place) {
            return None;
        }
        let volume = self.volumes.get(&place)?;
        let outer = Place { inside: false, ..place.clone() };
        let luks =
            place.inside.then(|| self.volumes.get(&outer)).flatten().and_then(|outer| outer.uuid.clone());
        Some(Below { fs: volume.fs.clone()?, uuid: volume.uuid.clone()?, luks, place })
    }

    fn has_path(&self, root: &Path, path: &str) -> bool {
        let real = self.real_path(root, Path::new(path), true);
        real.and_then(|real| self.node(&real)).ok().flatten().is_some()
    }

    /// Kernel versions below /boot, newest first.
    fn kernels(&self, root: &Path) -> Vec<String> {
        let Ok(spot) =
            self.real_path(root, Path::new("/boot"), true).and_then(|real| self.resolve(&real, true))
        else {
            return Vec::new();
        };
        let names = self.tree(&spot.space).map(|tree| tree.list(&spot.key)).unwrap_or_default();
        let mut versions: Vec<String> =
            names.iter().filter_map(|name| name.strip_prefix("vmlinuz-")).map(Into::into).collect();
        versions.reverse();
        versions
    }

    pub(super) fn update_initramfs(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        if !call.has("-u") && !call.has("-c") {
            return fail(1, "update-initramfs: one of -c and -u is needed");
        }
        if !self.has_path(&call.root, "/proc/cmdline") {
            return fail(1, "update-initramfs: /proc is not mounted");
        }
        let kernels = self.kernels(&call.root);
        let wanted: Vec<String> = match call.value("-k") {
            Some("all") => kernels,
            Some(version) => vec![version.to_string()],
            None => kernels.into_iter().take(1).collect(),
        };
        if wanted.is_empty() {
            return fail(1, "update-initramfs: no kernel in /boot");
        }
        let private = self
            .lines_below(&call.root, "/etc/initramfs-tools/conf.d")
            .iter()
            .any(|line| line == "UMASK=0077");
        let hook = self.text(&call.root, "/etc/cryptsetup-initramfs/conf-hook");
        let keys = hook.lines().filter(|line| line.starts_with("KEYFILE_PATTERN=")).count();
        let crypttab = self.text(&call.root, "/etc/crypttab");
        let keyboard = self.text(&call.root, "/etc/default/keyboard");
        let mut out = String::new();
        for version in wanted {
            let path = format!("/boot/initrd.img-{version}");
            let text = format!(
                "initramfs {version}\nkey patterns: {keys}\n[crypttab]\n{crypttab}[keyboard]\n{keyboard}"
            );
            // Said without the key itself: what is in it is nobody's to read here.
            self.put_text(&call.root, &path, &text, if private { 0o600 } else { 0o644 })?;
            out.push_str(&format!("update-initramfs: Generating {path}\n"));
        }
        done(out)
    }

    /// All lines of all files in a directory.
    fn lines_below(&self, root: &Path, dir: &str) -> Vec<String> {
        let Ok(spot) = self.real_path(root, Path::new(dir), true).and_then(|real| self.resolve(&real, true))
        else {
            return Vec::new();
        };
        let names = self.tree(&spot.space).map(|tree| tree.list(&spot.key)).unwrap_or_default();
        names
            .iter()
            .flat_map(|name| {
                self.text(root, &format!("{dir}/{name}")).lines().map(String::from).collect::<Vec<_>>()
            })
            .collect()
    }

    fn grub_default(&self, root: &Path, name: &str) -> String {
        let text = self.text(root, "/etc/default/grub");
        let line = text.lines().rev().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or("").trim_matches(['"', '\'']).to_string()
    }

    pub(super) fn grub_install(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        if !self.has_path(&call.root, "/dev/null") {
            return fail(1, "grub-install: error: cannot find a device for / (is /dev mounted?).");
        }
        let Some(boot) = self.below(&call.root, "/boot") else {
            return fail(1, "grub-install: error: failed to get canonical path of `overlay'.");
        };
        if boot.luks.is_some() && self.grub_default(&call.root, "GRUB_ENABLE_CRYPTODISK") != "y" {
            return fail(
                1,
                "grub-install: error: attempt to install to encrypted disk without cryptodisk enabled. Set \
                 `GRUB_ENABLE_CRYPTODISK=y' in file `/etc/default/grub'.",
            );
        }
        match call.value("--target") {
            Some("x86_64-efi") => self.grub_efi(call),
            Some("i386-pc") => self.grub_bios(call),
            Some(other) => {
                fail(1, format!("grub-install: error: /usr/lib/grub/{other}/modinfo.sh doesn't exist."))
            }
            None => {
                fail(1, "grub-install: error: the platform is guessed from the live system; say --target")
            }
        }
    }

    fn grub_efi(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let esp = call.value("--efi-directory").unwrap_or("/boot/efi").to_string();
        let mounted = self.real_path(&call.root, Path::new(&esp), true)?;
        let is_mount = self.mounts.iter().any(|mount| mount.target == mounted);
        if !is_mount || self.below(&call.root, &esp).is_none_or(|below| below.fs != "vfat") {
            return fail(1, format!("grub-install: error: {esp} doesn't look like an EFI partition."));
        }
        let id = call.value("--bootloader-id").unwrap_or("debian").to_string();
        let loader = format!("GRUB for UEFI, prefix (hd0)/EFI/{id}");
        let removable = call.has("--removable");
        let dir = if removable { format!("{esp}/EFI/BOOT") } else { format!("{esp}/EFI/{id}") };
        let file = if removable { "BOOTX64.EFI" } else { "grubx64.efi" };
        self.put_text(&call.root, &format!("{dir}/{file}"), &loader, 0o700)?;
        self.put_text(&call.root, "/boot/grub/x86_64-efi/normal.mod", "module", 0o644)?;
        self.put_text(&call.root, "/boot/grub/grubenv", "# GRUB Environment Block\n", 0o644)?;
        if !removable && !call.has("--no-nvram") {
            let efivars = self.real_path(&call.root, Path::new("/sys/firmware/efi/efivars"), true)?;
            let there =
                self.mounts.iter().any(|mount| mount.target == efivars && mount.space == Space::EfiVars);
            if self.machine.firmware != Firmware::Uefi || !there {
                return fail(
                    1,
                    "grub-install: error: efibootmgr failed to register the boot entry: No such file or directory.",
                );
            }
            self.nvram.retain(|entry| *entry != id);
            self.nvram.insert(0, id);
        }
        done("Installing for x86_64-efi platform.\nInstallation finished. No error reported.\n")
    }

    fn grub_bios(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let path = call.word(0).to_string();
        let Some(disk) = self.disks.iter_mut().find(|disk| disk.facts.path == path && !disk.gone) else {
            return fail(
                1,
                format!("grub-install: error: cannot find a GRUB drive for {path}.  Check your device.map."),
            );
        };
        let facts = &disk.facts;
        let bios_boot = facts.partitions.iter().find(|p| p.kind == PartitionKind::BiosBoot);
        let core = match (facts.table, bios_boot) {
            (Some(TableKind::Gpt), Some(partition)) => partition.start_bytes,
            (Some(TableKind::Gpt), None) => {
                return fail(
                    1,
                    "grub-install: warning: this GPT partition label contains no BIOS Boot Partition; embedding won't \
                     be possible.\ngrub-install: error: will not proceed with blocklists.",
                );
            }
            (Some(TableKind::Mbr), _) => u64::from(facts.logical_sector),
            (None, _) => {
                return fail(1, format!("grub-install: error: unable to identify a filesystem in {path}."));
            }
        };
        disk.bytes.write(0, &[b"\xeb\x63\x90GRUB ".as_slice(), &[0x90; 400]].concat());
        disk.bytes.write(core, b"GRUB core image");
        self.put_text(&call.root, "/boot/grub/i386-pc/normal.mod", "module", 0o644)?;
        self.put_text(&call.root, "/boot/grub/grubenv", "# GRUB Environment Block\n", 0o644)?;
        done("Installing for i386-pc platform.\nInstallation finished. No error reported.\n")
    }

    pub(super) fn grub_mkconfig(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let root = call.root.clone();
        let out = call.value("-o").unwrap_or("/boot/grub/grub.cfg").to_string();
        let there = self.has_path(&root, "/dev/null");
        let (Some(system), Some(boot), true) = (self.below(&root, "/"), self.below(&root, "/boot"), there)
        else {
            return fail(1, "/usr/sbin/grub-probe: error: failed to get canonical path of `overlay'.");
        };
        // Paths in grub.cfg begin at the file system that /boot is on.
        let prefix = if boot.place == system.place { "/boot" } else { "" };
        let name = self.grub_default(&root, "GRUB_DISTRIBUTOR");
        let cmdline = [
            self.grub_default(&root, "GRUB_CMDLINE_LINUX"),
            self.grub_default(&root, "GRUB_CMDLINE_LINUX_DEFAULT"),
        ];
        let mut cfg = String::from("#\n# DO NOT EDIT THIS FILE\n#\n### BEGIN /etc/grub.d/10_linux ###\n");
        let mut messages = String::from("Generating grub configuration file ...\n");
        for version in self.kernels(&root) {
            cfg.push_str(&format!(
                "menuentry '{name} GNU/Linux, with Linux {version}' --class gnu-linux {{\n"
            ));
            if let Some(luks) = &boot.luks {
                cfg.push_str(&format!("\tinsmod luks2\n\tcryptomount -u {}\n", luks.replace('-', "")));
            }
            cfg.push_str(&format!("\tsearch --no-floppy --fs-uuid --set=root {}\n", boot.uuid));
            cfg.push_str(&format!(
                "\tlinux\t{prefix}/vmlinuz-{version} root=UUID={} ro {}\n",
                system.uuid,
                cmdline.join(" ").trim()
            ));
            messages.push_str(&format!("Found linux image: /boot/vmlinuz-{version}\n"));
            if self.has_path(&root, &format!("/boot/initrd.img-{version}")) {
                cfg.push_str(&format!("\tinitrd\t{prefix}/initrd.img-{version}\n"));
                messages.push_str(&format!("Found initrd image: /boot/initrd.img-{version}\n"));
            }
            cfg.push_str("}\n");
        }
        cfg.push_str("### END /etc/grub.d/10_linux ###\n");
        if self.grub_default(&root, "GRUB_DISABLE_OS_PROBER") == "false" {
            for system in self.other_systems(&root) {
                let title = system.split(':').nth(1).unwrap_or("").to_string();
                cfg.push_str(&format!("menuentry '{title}' --class os {{\n\t# {system}\n}}\n"));
                messages.push_str(&format!("Found {title}\n"));
            }
        }
        cfg.push_str(&self.scripts(&root));
        self.put_text(&root, &out, &cfg, 0o600)?;
        messages.push_str("done\n");
        done(messages)
    }

    /// What executable scripts of ours in /etc/grub.d print: the text of their here-document.
    fn scripts(&self, root: &Path) -> String {
        let dir = PathBuf::from("/etc/grub.d");
        let Ok(spot) = self.real_path(root, &dir, true).and_then(|real| self.resolve(&real, true)) else {
            return String::new();
        };
        let Some(tree) = self.tree(&spot.space) else { return String::new() };
        let mut printed = String::new();
        for name in tree.list(&spot.key).into_iter().filter(|name| name.contains("levitate")) {
            let Some(Node::File { bytes, mode }) = tree.get(&format!("{}/{name}", spot.key)) else {
                continue;
            };
            if mode & 0o111 == 0 {
                continue;
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            printed.push_str(&format!("### BEGIN /etc/grub.d/{name} ###\n"));
            let mut lines = text.lines();
            if text.contains("exec tail -n +3") {
                lines.nth(1);
                lines.for_each(|line| printed.push_str(&format!("{line}\n")));
            } else if let Some(mark) =
                lines.by_ref().find_map(|line| line.split_once("<<").map(|(_, mark)| mark))
            {
                let mark = mark.trim_matches([' ', '\'', '"', '-']);
                lines
                    .take_while(|line| *line != mark)
                    .for_each(|line| printed.push_str(&format!("{line}\n")));
            }
            printed.push_str(&format!("### END /etc/grub.d/{name} ###\n"));
        }
        printed
    }

    /// Systems on partitions that are not mounted below the root, as os-prober lists them.
    pub(super) fn other_systems(&self, root: &Path) -> Vec<String> {
        let mut systems = Vec::new();
        for disk in self.facts().disks.iter().filter(|disk| !disk.live_medium) {
            for partition in &disk.partitions {
                let (Some(os), Some(device)) = (&partition.os, self.find_device(&partition.path)) else {
                    continue;
                };
                let ours = self.mounts.iter().any(|mount| {
                    mount.target.starts_with(root) && mount.space.place() == Some(&device.place)
                });
                if ours && partition.kind != PartitionKind::Esp {
                    continue;
                }
                let os = os.replace(':', " ");
                systems.push(match partition.kind {
                    PartitionKind::Esp => format!(
                        "{}@/EFI/Microsoft/Boot/bootmgfw.efi:{os}:{}:efi",
                        partition.path,
                        os.split_whitespace().next().unwrap_or("Other")
                    ),
                    _ => format!(
                        "{}:{os}:{}:linux",
                        partition.path,
                        os.split_whitespace().next().unwrap_or("Other")
                    ),
                });
            }
        }
        systems
    }

    pub(super) fn efibootmgr(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        if self.machine.firmware != Firmware::Uefi {
            return fail(2, "EFI variables are not supported on this system.");
        }
        if call.has("--delete-bootnum") {
            let number = call.value("--bootnum").and_then(|text| usize::from_str_radix(text, 16).ok());
            match number.filter(|n| *n < self.nvram.len()) {
                Some(n) => drop(self.nvram.remove(n)),
                None => return fail(1, "Could not delete boot entry: No such file or directory"),
            }
        }
        let mut out = String::from("BootCurrent: 0000\nTimeout: 0 seconds\n");
        let order: Vec<String> = (0..self.nvram.len()).map(|n| format!("{n:04X}")).collect();
        out.push_str(&format!("BootOrder: {}\n", order.join(",")));
        for (n, entry) in self.nvram.iter().enumerate() {
            out.push_str(&format!("Boot{n:04X}* {entry}\n"));
        }
        done(out)
    }
}
