//! What a step is called: on the progress line, in the plan, and what taking it back means.

use crate::action::Filesystem;
use crate::layout::role_of;
use crate::machine::Firmware;
use crate::size::decimal;
use crate::table::TableEdit;

use super::Step;

impl Step {
    /// The kind as one word, e.g. `write_table`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Release(_) => "release",
            Self::ShrinkFilesystem(_) => "shrink_filesystem",
            Self::WriteTable(_) => "write_table",
            Self::MakeLuks(_) => "make_luks",
            Self::MakeFilesystem(_) => "make_filesystem",
            Self::MountTarget(_) => "mount_target",
            Self::CopySystem(_) => "copy_system",
            Self::WriteFstab(_) => "write_fstab",
            Self::SetHostname(_) => "set_hostname",
            Self::SetTimezone(_) => "set_timezone",
            Self::SetLocale(_) => "set_locale",
            Self::SetKeyboard(_) => "set_keyboard",
            Self::CreateUser(_) => "create_user",
            Self::AddToGroup(_) => "add_to_group",
            Self::SetPassword(_) => "set_password",
            Self::BuildInitramfs(_) => "build_initramfs",
            Self::InstallGrub(_) => "install_grub",
            Self::WriteGrubConfig(_) => "write_grub_config",
            Self::CheckBoot(_) => "check_boot",
            Self::Finish(_) => "finish",
        }
    }

    /// The progress line while it runs, as the requirements word it.
    pub fn title(&self) -> String {
        match self {
            Self::Release(_) => "Releasing the earlier target".into(),
            Self::ShrinkFilesystem(step) => format!("Shrinking {}", step.partition),
            Self::WriteTable(step) => match step.edit {
                TableEdit::Create { .. } => "Creating partition table".into(),
                TableEdit::Change { .. } => "Changing partition table".into(),
            },
            Self::MakeLuks(step) if step.role == "root" => "Creating LUKS container".into(),
            Self::MakeLuks(step) => format!("Creating LUKS container for {}", step.role),
            Self::MakeFilesystem(step) => match step.role.as_str() {
                "EFI" => "Creating EFI partition".into(),
                "swap" => "Creating swap".into(),
                role => format!("Formatting {role}"),
            },
            Self::MountTarget(_) => "Mounting".into(),
            Self::CopySystem(_) => "Copying system".into(),
            Self::WriteFstab(_) => "Generating fstab".into(),
            Self::SetHostname(step) => format!("Setting hostname to {}", step.name),
            Self::SetTimezone(step) => format!("Setting timezone to {}", step.zone),
            Self::SetLocale(step) => format!("Setting locale to {}", step.locale),
            Self::SetKeyboard(step) => format!("Setting keyboard to {}", step.layout),
            Self::CreateUser(step) => format!("Creating user '{}'", step.name),
            Self::AddToGroup(step) => format!("Adding {} to {}", step.user, step.group),
            Self::SetPassword(step) => format!("Setting password for {}", step.user),
            Self::BuildInitramfs(_) => "Building initramfs".into(),
            Self::InstallGrub(step) => format!("Installing GRUB to {}", step.disk),
            Self::WriteGrubConfig(_) => "Generating grub.cfg".into(),
            Self::CheckBoot(_) => "Checking that it can start".into(),
            Self::Finish(_) => "Unmounting partitions".into(),
        }
    }

    /// What it did, where the requirements print a sentence and no progress line.
    pub fn done_sentence(&self) -> Option<String> {
        Some(match self {
            Self::SetHostname(step) => format!("Set hostname to {}", step.name),
            Self::SetTimezone(step) => format!("Set timezone to {}", step.zone),
            Self::SetLocale(step) => format!("Set language to {}", step.locale),
            Self::SetKeyboard(step) => format!("Set keyboard to {}", step.layout),
            Self::CreateUser(step) if step.sudo => format!("Created user '{}' with sudo access", step.name),
            Self::CreateUser(step) => format!("Created user '{}'", step.name),
            Self::AddToGroup(step) => format!("Added {} to the group {}", step.user, step.group),
            _ => return None,
        })
    }

    /// True where the conversation has no progress line for it.
    pub fn quiet(&self) -> bool {
        matches!(self, Self::SetPassword(_)) || self.done_sentence().is_some()
    }

    /// What happens to what, as a sentence of the plan.
    pub fn sentence(&self) -> String {
        match self {
            Self::Release(_) => "Unmount and close what was opened for the earlier target.".into(),
            Self::ShrinkFilesystem(step) => format!(
                "Shrink the {} file system on {} from {} to {}; its files stay.",
                step.fs,
                step.partition,
                decimal(step.from_bytes),
                decimal(step.to_bytes)
            ),
            Self::WriteTable(step) => match &step.edit {
                TableEdit::Create { kind, .. } => {
                    let kind = kind.name();
                    let lost = if step.old.is_empty() {
                        String::new()
                    } else {
                        format!("; everything on it is erased ({})", step.old.join(", "))
                    };
                    format!("Write a new {kind} partition table to {}{lost}.", step.disk)
                }
                TableEdit::Change { add, .. } => format!(
                    "Add {} partition{} to the table of {}; every other partition stays where it is.",
                    add.len(),
                    if add.len() == 1 { "" } else { "s" },
                    step.disk
                ),
            },
            Self::MakeLuks(step) => {
                format!("Make an encrypted LUKS2 container on {} for {}.", step.partition, step.role)
            }
            Self::MakeFilesystem(step) => format!(
                "Make {} {} file system on {}{}{}.",
                // As they are spoken: an e-x-t-4, an x-f-s.
                if matches!(step.fs, Filesystem::Ext4 | Filesystem::Xfs) { "an" } else { "a" },
                step.fs.name(),
                step.device,
                // Formatted by itself, a partition has no purpose yet and is called by its name.
                if step.role == step.device { String::new() } else { format!(" for {}", step.role) },
                if step.erases { "; what is on it is erased" } else { "" }
            ),
            Self::MountTarget(step) => {
                let parts: Vec<_> =
                    step.volumes.iter().map(|v| format!("{} at {}", v.device, v.mount)).collect();
                format!("Mount the target: {}.", parts.join(", "))
            }
            Self::CopySystem(step) => {
                format!("Copy the live system ({}) to {}.", decimal(step.source.installed_bytes), step.device)
            }
            Self::WriteFstab(step) if step.crypttab.is_some() => "Write /etc/fstab and /etc/crypttab.".into(),
            Self::WriteFstab(_) => "Write /etc/fstab.".into(),
            Self::SetHostname(step) => format!("Set the hostname to {}.", step.name),
            Self::SetTimezone(step) => format!("Set the time zone to {}.", step.zone),
            Self::SetLocale(step) => format!("Generate the locale {} and make it the default.", step.locale),
            Self::SetKeyboard(step) => format!("Set the console and boot keymap to {}.", step.layout),
            Self::CreateUser(step) if step.sudo => format!("Create the user {} with sudo access.", step.name),
            Self::CreateUser(step) => format!("Create the user {}.", step.name),
            Self::AddToGroup(step) => format!("Add {} to the group {}.", step.user, step.group),
            Self::SetPassword(step) => format!("Ask for a password for {} and set it.", step.user),
            Self::BuildInitramfs(_) => "Build the initramfs for this target.".into(),
            Self::InstallGrub(step) => match step.firmware {
                Firmware::Uefi => format!(
                    "Install GRUB to the {} partition of {} and make it the default.",
                    role_of("/boot/efi"),
                    step.disk
                ),
                Firmware::Bios => format!("Install GRUB to the boot sector of {}.", step.disk),
            },
            Self::WriteGrubConfig(_) => "Write the boot menu /boot/grub/grub.cfg.".into(),
            Self::CheckBoot(_) => {
                "Check that kernel, initramfs and every UUID in the boot files exist.".into()
            }
            Self::Finish(_) => "Copy the journal and the log into the new system, unmount, close.".into(),
        }
    }

    /// True where taking it back does something a person would want to hear of.
    pub fn undo_acts(&self) -> bool {
        !matches!(
            self,
            Self::MakeFilesystem(_) | Self::CopySystem(_) | Self::BuildInitramfs(_) | Self::CheckBoot(_)
        )
    }

    /// What taking it back means; `None` where it cannot be.
    pub fn undo_sentence(&self) -> Option<String> {
        Some(match self {
            Self::Release(_) | Self::Finish(_) => return None,
            Self::ShrinkFilesystem(step) => format!("Grow the file system on {} again.", step.partition),
            Self::WriteTable(step) if step.lost_after.is_some() => format!(
                "Write the old table of {} back; that restores its data only until the first new file system is made.",
                step.disk
            ),
            Self::WriteTable(step) => format!("Write the old table of {} back.", step.disk),
            Self::MakeLuks(step) => format!("Close the container on {}.", step.partition),
            Self::MakeFilesystem(step) if step.erases => return None,
            Self::CopySystem(step) if step.over_existing => return None,
            Self::MakeFilesystem(_) | Self::CopySystem(_) => {
                "Nothing to do: it goes with its partition.".into()
            }
            Self::MountTarget(_) => "Unmount the target.".into(),
            Self::CreateUser(step) => format!("Remove the user {} and their home.", step.name),
            Self::AddToGroup(step) => format!("Take {} out of {}.", step.user, step.group),
            Self::SetPassword(step) => format!("Lock the password of {}.", step.user),
            Self::WriteFstab(_)
            | Self::SetHostname(_)
            | Self::SetTimezone(_)
            | Self::SetLocale(_)
            | Self::SetKeyboard(_)
            | Self::WriteGrubConfig(_) => "Put the files back as they were.".into(),
            Self::InstallGrub(step) if step.firmware == Firmware::Bios => return None,
            Self::InstallGrub(_) => "Remove GRUB's files again.".into(),
            Self::BuildInitramfs(_) | Self::CheckBoot(_) => "Nothing to do.".into(),
        })
    }
}

/// Programs of the live system that steps run; the probe looks for these.
pub const TOOLS: &[&str] = &[
    "blkid", "blockdev", "cryptsetup", "e2fsck", "mkfs.btrfs", "mkfs.ext4", "mkfs.vfat", "mkfs.xfs",
    "mkswap", "ntfsresize", "resize2fs", "rsync", "sync", "unsquashfs", "wipefs",
];

impl Step {
    /// Programs of the live system that the step runs.
    pub fn tools(&self) -> &'static [&'static str] {
        use crate::action::Filesystem;
        use crate::machine::SourceKind;
        match self {
            Self::ShrinkFilesystem(step) if step.fs == "ntfs" => &["ntfsresize"],
            Self::ShrinkFilesystem(_) => &["e2fsck", "resize2fs"],
            Self::WriteTable(_) => &["wipefs", "blkid", "blockdev"],
            Self::MakeLuks(_) => &["cryptsetup"],
            Self::MakeFilesystem(step) => match step.fs {
                Filesystem::Vfat => &["mkfs.vfat", "wipefs", "blkid"],
                Filesystem::Ext4 => &["mkfs.ext4", "wipefs", "blkid"],
                Filesystem::Btrfs => &["mkfs.btrfs", "wipefs", "blkid"],
                Filesystem::Xfs => &["mkfs.xfs", "wipefs", "blkid"],
                Filesystem::Swap => &["mkswap", "wipefs", "blkid"],
            },
            Self::CopySystem(step) if step.source.kind == SourceKind::Squashfs && !step.over_existing => {
                &["unsquashfs"]
            }
            Self::CopySystem(_) => &["rsync"],
            _ => &[],
        }
    }
}
