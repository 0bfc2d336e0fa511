//! Prepared texts: what the installer says about itself and the things it uses. Short, true, with this machine's facts.

use levitate_core::action::Topic;
use levitate_core::machine::Firmware;
use levitate_core::size::decimal;

use crate::Context;

/// The text of a topic, 3 to 6 lines.
pub fn explain(topic: Topic, ctx: &Context<'_>) -> String {
    let copied = decimal(ctx.machine.source.installed_bytes);
    let memory = decimal(ctx.machine.memory_bytes);
    let firmware = match ctx.machine.firmware {
        Firmware::Uefi => "This computer starts with UEFI.",
        Firmware::Bios => "This computer starts with the older BIOS way.",
    };
    match topic {
        Topic::Ext4 => "ext4 is the usual Linux file system: fast, well known, hard to break.\n\
             It is the default here and a good choice if you have no other wish.\n\
             It can grow later, and shrink while it is not in use. It has no snapshots.\n\
             Say \"use ext4\" or nothing at all."
            .into(),
        Topic::Btrfs => "btrfs is a file system with snapshots, checksums and compression.\n\
             A snapshot is a cheap copy of a moment, to go back to after a change that went wrong.\n\
             It is a little slower than ext4 for databases and virtual machine images.\n\
             Say \"btrfs\" with the disk, for example \"whole disk with btrfs\"."
            .into(),
        Topic::Xfs => "xfs is a fast file system for large files and large disks.\n\
             It can grow but never shrink, and it has no snapshots.\n\
             For a usual computer ext4 does as well; for big media or servers xfs is fine.\n\
             Say \"xfs\" with the disk."
            .into(),
        Topic::Luks => "LUKS encrypts the disk: without the passphrase nobody can read it, not even from another computer.\n\
             The passphrase is asked for at every start. Modern processors do the work with hardly any loss of speed.\n\
             If the passphrase is lost, so are the files: nobody can get them back.\n\
             Everything but the small EFI partition, and a separate /boot if you want one, is encrypted.\n\
             Say \"encrypt it\"."
            .into(),
        Topic::Swap => format!(
            "Swap is room on the disk that is used when memory runs short, and for hibernation.\n\
             This computer has {memory} of memory. With 8GB or more you can live without swap;\n\
             to hibernate, swap has to be about as large as the memory.\n\
             Say for example \"8 gb swap\" or \"no swap\"."
        ),
        Topic::Efi => format!(
            "The EFI partition is a small FAT partition that the firmware reads at start; the boot loader lies in it.\n\
             {firmware} On UEFI a new layout gets one of 512M at /boot/efi.\n\
             Beside another system its EFI partition is shared and never formatted."
        ),
        Topic::Gpt => "GPT is the modern way to note on a disk where its partitions are, with a copy at the end of the disk.\n\
             It knows disks over 2 TB and as many partitions as anybody needs; the older MBR does not.\n\
             New layouts here use GPT, or MBR where you say \"with mbr\"; before a table is changed, the old one is saved."
            .into(),
        Topic::Grub => format!(
            "GRUB is the boot loader: the first program that starts, it shows the menu and loads Linux.\n\
             {firmware} GRUB is installed to match, after the system has been copied.\n\
             Other systems on the disks, such as Windows, get an entry in its menu.\n\
             Say \"install bootloader\"."
        ),
        Topic::DualBoot => "Two systems can share a computer: at every start GRUB's menu asks which one to run.\n\
             \"use the free space\" takes only what belongs to no partition; \"beside windows\" shrinks Windows to make room.\n\
             Windows keeps its files and still starts. It must be shut down fully first, not hibernated,\n\
             and a BitLocker volume cannot be shrunk from here. A backup is still wise."
            .into(),
        Topic::DataSafety => "Nothing on a disk changes before you have seen the plan and said yes.\n\
             \"whole disk\" erases everything on that disk, for good. \"free space\" touches nothing that is there.\n\
             \"beside\" shrinks the other system and keeps its files. Other disks are never touched.\n\
             Shrinking is careful but not without risk: have a backup of what you cannot lose."
            .into(),
        Topic::Duration => format!(
            "About {copied} are copied; that is the longest part.\n\
             To an SSD it usually takes a few minutes, to a hard disk or a USB disk ten minutes or more.\n\
             The rest, partitions, settings and boot loader, takes about a minute.\n\
             The progress bar shows the time that is left."
        ),
        Topic::DiskSpace => format!(
            "The system itself takes {copied} when installed.\n\
             With room for updates and a few programs, 10 to 20GB for root are comfortable; the more the better for your files.\n\
             Swap and the 512M EFI partition come on top. A partition can grow later where there is room right behind it.\n\
             Say \"list disks\" to see what there is."
        ),
        Topic::Privacy => "Everything happens on this computer: what you type is read here and sent nowhere.\n\
             Passwords are typed into hidden prompts and are in no log and in no model's input.\n\
             A log without secrets is copied to the new system, for you."
            .into(),
        Topic::Undo => "Settings, users and layouts that are only planned can be taken back with \"undo\", one at a time, or with \"take everything back\".\n\
             A partition table is saved before it is changed, and written back by \"undo\" as long as that restores what was there.\n\
             What was erased or formatted is gone: that is why the plan is shown and asks before it.\n\
             A plan that waits is dropped with \"no\"."
            .into(),
        Topic::Installer => "I install this live system on a disk of this computer. Say in your own words what you want.\n\
             The steps: disk, copying the system, settings, users, boot loader, end. I show each plan before anything is erased.\n\
             Say \"list disks\", \"use the whole ssd\", \"timezone vienna\", \"create user vince with sudo\".\n\
             \"status\" says what is done and what comes next, \"help\" what can be said.\n\
             Nothing restarts by itself: \"reboot\" closes the new system and starts it, \"exit\" closes it and stays here."
            .into(),
    }
}

/// Things that can be said in this state, the next step first.
pub fn suggestions(ctx: &Context<'_>) -> Vec<String> {
    use levitate_core::state::Stage;
    let state = ctx.state;
    let mut said: Vec<&str> = Vec::new();
    if state.pending.is_some() {
        said.extend(["yes", "no"]);
    }
    let done = |stage| state.done.contains(&stage);
    if !done(Stage::Disk) {
        if state.target.is_none() {
            said.extend([
                "list disks",
                "use the whole disk",
                "encrypted root partition",
                "dual boot with windows",
            ]);
        }
    } else if !done(Stage::System) {
        said.push("install the system");
    }
    if state.hostname.is_none() {
        said.push("hostname is my-laptop");
    }
    if state.timezone.is_none() {
        said.push("timezone los angeles");
    }
    if state.keyboard.is_none() {
        said.push("keyboard us");
    }
    if state.users.is_empty() {
        said.push("create user vince with sudo");
    } else if state.users.iter().any(|user| !user.password_set) {
        said.push("set password");
    }
    if done(Stage::System) && !done(Stage::Bootloader) {
        said.insert(0, "install bootloader");
    }
    if done(Stage::Bootloader) {
        said.extend(["done", "reboot"]);
    }
    said.extend(["status", "help"]);
    said.truncate(7);
    said.into_iter().map(str::to_owned).collect()
}
