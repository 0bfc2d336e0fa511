//! The list of steps.

use crate::action::Filesystem;
use crate::ids;
use crate::layout::{self, TargetLayout, Volume};
use crate::machine::{Firmware, Machine, TableKind};
use crate::refusal::Refusal;
use crate::spec::InstallSpec;
use crate::step::boot::{BuildInitramfs, CheckBoot, InstallGrub, WriteGrubConfig};
use crate::step::copy::CopySystem;
use crate::step::disk::{MakeFilesystem, MakeLuks, WriteTable};
use crate::step::finish::{Finish, Release};
use crate::step::fstab::{KEY_DIR, WriteFstab};
use crate::step::mount::{MountTarget, MountVolume};
use crate::step::settings::{Hostname, Keyboard, Locale, Timezone};
use crate::step::users::{AddToGroup, CreateUser, SetPassword};
use crate::step::{Step, TARGET};
use crate::table::TableEdit;

use super::Now;

/// Steps and the layout they work on.
pub(super) struct Built {
    pub steps: Vec<Step>,
    pub layout: Option<TargetLayout>,
}

pub(super) fn build(now: Now<'_>, spec: &InstallSpec) -> Result<Built, Refusal> {
    let mut have = now.achieved.clone();
    let mut steps = Vec::new();
    // Our own mounts and containers do not make the target "in use": they are released first.
    let machine = without_own_holds(now.machine, have.layout.as_ref());
    formats(&machine, spec, &mut steps)?;
    let wanted = wanted_layout(&machine, spec, &have.layout)?;
    let relaid = match (&wanted, &have.layout) {
        (Some(wanted), Some(made)) => wanted.request != made.request || wanted.volumes != made.volumes,
        (Some(_), None) => true,
        (None, _) => false,
    };
    if relaid && let Some(layout) = &wanted {
        if let Some(made) = &have.layout {
            steps.push(Step::Release(Release { luks: luks_names(made) }));
            have = crate::achieved::Achieved::default();
        }
        disk_stage(&machine, layout, &mut steps);
    }
    let layout = wanted.or_else(|| have.layout.clone());
    if let Some(layout) = &layout {
        let will_copy = spec.copy && !have.copied;
        let after_copy = target_stages(now, spec, &have, layout, will_copy);
        if (will_copy || !after_copy.is_empty()) && !have.mounted {
            steps.push(mount_step(layout));
        }
        if will_copy {
            steps.push(copy_step(&machine, layout));
            steps.push(Step::WriteFstab(WriteFstab::of(layout)));
        }
        steps.extend(after_copy);
        if spec.finish && (have.mounted || !steps.is_empty()) {
            steps.push(Step::Finish(Finish { luks: luks_names(layout) }));
        }
    }
    Ok(Built { steps, layout })
}

fn without_own_holds(machine: &Machine, made: Option<&TargetLayout>) -> Machine {
    let mut machine = machine.clone();
    let Some(made) = made else { return machine };
    let names = luks_names(made);
    for disk in &mut machine.disks {
        disk.in_use.retain(|phrase| {
            let mounted = phrase.strip_prefix("mounted at ").is_some_and(|at| at.starts_with(TARGET));
            let opened =
                phrase.starts_with("LUKS") && names.iter().any(|name| phrase.contains(name.as_str()));
            !(mounted || opened)
        });
    }
    machine
}

fn formats(machine: &Machine, spec: &InstallSpec, steps: &mut Vec<Step>) -> Result<(), Refusal> {
    for wish in &spec.formats {
        layout::check_format(machine, &wish.partition, wish.filesystem)?;
        let Some((_, partition)) = machine.partition(&wish.partition) else { continue };
        let purpose = format!("format {} {}", wish.partition, wish.filesystem.name());
        steps.push(Step::MakeFilesystem(MakeFilesystem {
            device: wish.partition.clone(),
            partition: wish.partition.clone(),
            size_bytes: partition.size_bytes,
            fs: wish.filesystem,
            uuid: match wish.filesystem {
                Filesystem::Vfat => ids::fat_id(&spec.seed, &purpose),
                _ => ids::uuid(&spec.seed, &purpose),
            },
            role: if wish.filesystem == Filesystem::Swap { "swap".into() } else { wish.partition.clone() },
            erases: true,
        }));
    }
    Ok(())
}

/// The layout the spec asks for. One that is made already is kept as it is: the facts of the disk have changed
/// since it was planned, so planning it again would lay it out again.
fn wanted_layout(
    machine: &Machine,
    spec: &InstallSpec,
    made: &Option<TargetLayout>,
) -> Result<Option<TargetLayout>, Refusal> {
    let mut layout = match (&spec.layout, made) {
        (Some(request), Some(made)) if made.request.as_ref() == Some(request) => Some(made.clone()),
        (Some(request), _) => Some(layout::place(machine, request, spec.table, &spec.seed)?),
        // Nothing to lay out and nothing to copy yet: the mounts wait in the spec.
        (None, None) if !spec.copy => None,
        (None, _) => layout::existing(machine, spec)?,
    };
    if let Some(layout) = layout.as_mut().filter(|layout| layout.request.is_some()) {
        for wish in &spec.mounts {
            if layout
                .volume(&wish.mountpoint)
                .is_none_or(|have| !have.make && have.partition != wish.partition)
            {
                let volume = layout::mounted(machine, wish)?;
                layout.volumes.retain(|have| have.mount != volume.mount);
                layout.volumes.push(volume);
            }
        }
    }
    Ok(layout)
}

fn luks_names(layout: &TargetLayout) -> Vec<String> {
    layout.volumes.iter().filter_map(|v| v.luks.as_ref()).map(|luks| luks.name.clone()).collect()
}

fn disk_stage(machine: &Machine, layout: &TargetLayout, steps: &mut Vec<Step>) {
    if let Some(shrink) = &layout.shrink {
        steps.push(Step::ShrinkFilesystem(shrink.clone()));
    }
    if let (Some(edit), Some(disk)) = (&layout.table, machine.disk(&layout.disk)) {
        let old: Vec<String> = disk.partitions.iter().map(|p| p.path.clone()).collect();
        let made =
            layout.volumes.iter().filter(|v| v.make || v.mount == "bios_boot").map(|v| v.partition.clone());
        let create = matches!(edit, TableEdit::Create { .. });
        let new = if create { made.collect() } else { old.iter().cloned().chain(made).collect() };
        // The old table brings nothing back once a new file system overwrote what it pointed to; on a blank
        // disk, or in space that was free, it always restores what was there.
        let index = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        let bare = disk.partitions.iter().any(|p| p.path == disk.path);
        let lost_after = (create && disk.carries_data()).then(|| if bare { index } else { index + 1 });
        steps.push(Step::WriteTable(WriteTable {
            disk: disk.path.clone(),
            size_bytes: disk.size_bytes,
            logical_sector: disk.logical_sector,
            edit: edit.clone(),
            old,
            new,
            lost_after,
        }));
    }
    for volume in layout.volumes.iter().filter(|v| v.make) {
        if let Some(luks) = &volume.luks {
            steps.push(Step::MakeLuks(MakeLuks {
                partition: volume.partition.clone(),
                size_bytes: volume.size_bytes,
                luks: luks.clone(),
                role: volume.role().into(),
            }));
        }
        if let Some(fs) = volume.fs.as_deref().and_then(Filesystem::from_name) {
            steps.push(Step::MakeFilesystem(MakeFilesystem {
                device: volume.device(),
                partition: volume.partition.clone(),
                size_bytes: volume.size_bytes,
                fs,
                uuid: volume.uuid.clone(),
                role: volume.role().into(),
                // What was there died with the table, in the step before.
                erases: false,
            }));
        }
    }
}

fn mount_step(layout: &TargetLayout) -> Step {
    let mut volumes: Vec<&Volume> = layout.volumes.iter().filter(|v| v.is_mounted()).collect();
    volumes.sort_by_key(|v| (v.mount != "/", v.mount.matches('/').count()));
    Step::MountTarget(MountTarget {
        volumes: volumes
            .into_iter()
            .map(|v| MountVolume {
                device: v.device(),
                mount: v.mount.clone(),
                fs: v.fs.clone().unwrap_or_default(),
                luks: v.luks.as_ref().map(|luks| (v.partition.clone(), luks.name.clone())),
            })
            .collect(),
    })
}

fn copy_step(machine: &Machine, layout: &TargetLayout) -> Step {
    let root = layout.volume("/");
    Step::CopySystem(CopySystem {
        source: machine.source.clone(),
        device: root.map(Volume::device).unwrap_or_default(),
        partition: root.map(|root| root.partition.clone()).unwrap_or_default(),
        disk: layout.disk.clone(),
        // A root that the person formatted a moment ago is known to be empty only to the disk itself; the copy
        // looks. What is never empty is a root with an installed system.
        over_existing: root.is_some_and(|root| {
            !root.make
                && machine
                    .partition(&root.partition)
                    .is_some_and(|(_, p)| p.os.is_some() || p.used_bytes.is_some_and(|n| n > 64 << 20))
        }),
    })
}

/// Steps that need the copied system: settings, accounts, boot loader.
fn target_stages(
    now: Now<'_>,
    spec: &InstallSpec,
    have: &crate::achieved::Achieved,
    layout: &TargetLayout,
    will_copy: bool,
) -> Vec<Step> {
    let mut steps = Vec::new();
    // Before the copy everything waits in the spec.
    if !(have.copied || will_copy) {
        return steps;
    }
    let changed =
        |want: &Option<String>, have: &Option<String>| want.clone().filter(|w| Some(w) != have.as_ref());
    if let Some(name) = changed(&spec.hostname, &have.hostname) {
        steps.push(Step::SetHostname(Hostname { name }));
    }
    if let Some(zone) = changed(&spec.timezone, &have.timezone) {
        steps.push(Step::SetTimezone(Timezone { zone }));
    }
    if let Some(locale) = changed(&spec.locale, &have.locale) {
        steps.push(Step::SetLocale(Locale { locale }));
    }
    if let Some(layout) = changed(&spec.keyboard, &have.keyboard) {
        steps.push(Step::SetKeyboard(Keyboard { layout }));
    }
    let admin = now.live.admin_group.as_deref().unwrap_or("sudo");
    for user in &spec.users {
        let mut groups = user.groups.clone();
        if user.sudo {
            groups.insert(0, admin.to_string());
        }
        match have.users.iter().find(|(name, _)| *name == user.name) {
            None => {
                steps.push(Step::CreateUser(CreateUser { name: user.name.clone(), sudo: user.sudo, groups }))
            }
            Some((_, member_of)) => {
                for group in groups.into_iter().filter(|group| !member_of.contains(group)) {
                    steps.push(Step::AddToGroup(AddToGroup { user: user.name.clone(), group }));
                }
            }
        }
    }
    // Wished for once more than it was set: it is set anew.
    let mut set = have.passwords.clone();
    for user in &spec.passwords {
        match set.iter().position(|name| name == user) {
            Some(at) => drop(set.swap_remove(at)),
            None => steps.push(Step::SetPassword(SetPassword { user: user.clone() })),
        }
    }
    if let Some(wish) = &spec.bootloader
        && !have.bootloader
    {
        boot_stage(now, layout, wish.target.as_deref(), &mut steps);
    }
    steps
}

fn boot_stage(now: Now<'_>, layout: &TargetLayout, target: Option<&str>, steps: &mut Vec<Step>) {
    let grub_opens = layout.grub_opens_luks();
    let root_luks = layout.volume("/").and_then(|v| v.luks.as_ref());
    steps.push(Step::BuildInitramfs(BuildInitramfs {
        key_files: root_luks
            .filter(|luks| luks.key_file && grub_opens)
            .map(|luks| format!("{KEY_DIR}/{}.key", luks.name))
            .into_iter()
            .collect(),
        no_resume: layout.volume("swap").is_some_and(|v| v.luks.is_some()),
    }));
    let esp = layout.volume("/boot/efi");
    let shared = esp.is_some_and(|esp| !esp.make);
    let bios_other = layout.firmware == Firmware::Bios
        && layout.usage != crate::state::TargetUse::Whole
        && now
            .machine
            .disk(&layout.disk)
            .is_some_and(|d| d.table == Some(TableKind::Mbr) || d.partitions.len() > 1);
    steps.push(Step::InstallGrub(InstallGrub {
        firmware: layout.firmware,
        disk: target.unwrap_or(&layout.disk).to_string(),
        defaults: InstallGrub::defaults(
            now.live.serial_console.as_deref(),
            grub_opens,
            shared || bios_other,
            bios_other,
        ),
    }));
    steps.push(Step::WriteGrubConfig(WriteGrubConfig {
        shared_esp: esp.filter(|_| shared).map(|esp| esp.uuid.clone()),
    }));
    let mut uuids = Vec::new();
    for volume in layout.volumes.iter().filter(|v| v.fs.is_some()) {
        uuids.push((volume.device(), volume.uuid.clone()));
        if let Some(luks) = &volume.luks {
            uuids.push((volume.partition.clone(), luks.uuid.clone()));
        }
    }
    steps.push(Step::CheckBoot(CheckBoot {
        firmware: layout.firmware,
        separate_boot: layout.volume("/boot").is_some(),
        uuids,
        root_uuid: layout.volume("/").map(|v| v.uuid.clone()).unwrap_or_default(),
    }));
}
