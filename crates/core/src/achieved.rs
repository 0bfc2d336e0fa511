//! What was really done: a fold over the steps that the journal says are done and not taken back.

use crate::layout::TargetLayout;
use crate::spec::InstallSpec;
use crate::state::{Stage, State, Target, TargetMount, User};
use crate::step::Step;

/// The system as far as it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Achieved {
    /// The layout whose disk stage is done.
    pub layout: Option<TargetLayout>,
    /// The target is mounted.
    pub mounted: bool,
    /// The live system is copied.
    pub copied: bool,
    /// fstab is written.
    pub fstab: bool,
    /// Host name written.
    pub hostname: Option<String>,
    /// Time zone written.
    pub timezone: Option<String>,
    /// Locale written.
    pub locale: Option<String>,
    /// Keymap written.
    pub keyboard: Option<String>,
    /// Accounts made: name, groups.
    pub users: Vec<(String, Vec<String>)>,
    /// Accounts whose password was set.
    pub passwords: Vec<String>,
    /// GRUB is installed and checked.
    pub bootloader: bool,
    /// Unmounted and closed.
    pub finished: bool,
}

impl Achieved {
    /// Adds one step that was done. `layout` is that of its plan.
    pub fn record(&mut self, step: &Step, layout: Option<&TargetLayout>) {
        match step {
            Step::Release(_) => *self = Self::default(),
            Step::ShrinkFilesystem(_) | Step::BuildInitramfs(_) | Step::InstallGrub(_) => {}
            Step::WriteTable(_) | Step::MakeLuks(_) | Step::MakeFilesystem(_) => {}
            Step::MountTarget(_) => {
                // Everything the disk stage had to do is done before anything is mounted.
                self.layout = layout.cloned();
                self.mounted = true;
                self.finished = false;
            }
            Step::CopySystem(_) => self.copied = true,
            Step::WriteFstab(_) => self.fstab = true,
            Step::SetHostname(step) => self.hostname = Some(step.name.clone()),
            Step::SetTimezone(step) => self.timezone = Some(step.zone.clone()),
            Step::SetLocale(step) => self.locale = Some(step.locale.clone()),
            Step::SetKeyboard(step) => self.keyboard = Some(step.layout.clone()),
            Step::CreateUser(step) => self.users.push((step.name.clone(), step.groups.clone())),
            Step::AddToGroup(step) => {
                if let Some((_, groups)) = self.users.iter_mut().find(|(name, _)| *name == step.user) {
                    groups.push(step.group.clone());
                }
            }
            Step::SetPassword(step) => self.passwords.push(step.user.clone()),
            Step::WriteGrubConfig(_) => {}
            Step::CheckBoot(_) => self.bootloader = true,
            Step::Finish(_) => {
                self.finished = true;
                self.mounted = false;
            }
        }
    }

    /// The stages that are done.
    pub fn stages(&self) -> Vec<Stage> {
        let settings = [&self.hostname, &self.timezone, &self.locale, &self.keyboard];
        [
            (Stage::Disk, self.layout.is_some()),
            (Stage::System, self.copied && self.fstab),
            (Stage::Configuration, settings.iter().any(|setting| setting.is_some())),
            (Stage::Users, !self.passwords.is_empty()),
            (Stage::Bootloader, self.bootloader),
            (Stage::Finalize, self.finished),
        ]
        .into_iter()
        .filter_map(|(stage, done)| done.then_some(stage))
        .collect()
    }

    /// The state that the language part reads (contract, section 2); `pending` is the session's to fill in.
    pub fn state(&self, spec: &InstallSpec) -> State {
        State {
            target: self.layout.as_ref().map(target),
            done: self.stages(),
            hostname: spec.hostname.clone(),
            timezone: spec.timezone.clone(),
            locale: spec.locale.clone(),
            keyboard: spec.keyboard.clone(),
            users: spec
                .users
                .iter()
                .map(|user| User {
                    name: user.name.clone(),
                    sudo: user.sudo,
                    password_set: self.passwords.contains(&user.name),
                })
                .collect(),
            pending: None,
        }
    }
}

fn target(layout: &TargetLayout) -> Target {
    Target {
        disk: layout.disk.clone(),
        usage: layout.usage,
        encrypt: layout.encrypted(),
        mounts: layout
            .volumes
            .iter()
            .filter(|volume| volume.mount != "bios_boot")
            .map(|volume| TargetMount {
                path: volume.partition.clone(),
                mount: volume.mount.clone(),
                fs: volume.fs.clone(),
            })
            .collect(),
    }
}
