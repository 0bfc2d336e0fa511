//! Host name, time zone, locale, keymap: files of the target, never tools that act on the live system.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::sys::{Cmd, System, read_text};

use super::{StepError, chroot, in_target};

/// Host name of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hostname {
    /// The name, checked.
    pub name: String,
}

impl Hostname {
    pub(super) fn paths() -> Vec<PathBuf> {
        vec![in_target("/etc/hostname"), in_target("/etc/hosts")]
    }

    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        sys.write(&in_target("/etc/hostname"), format!("{}\n", self.name).as_bytes(), 0o644)?;
        // sudo asks for the address of its own host name; without this line it complains and waits.
        let old = read_text(sys, &in_target("/etc/hosts"))?.unwrap_or_default();
        let short = self.name.split('.').next().unwrap_or(&self.name);
        let own = if short == self.name { self.name.clone() } else { format!("{} {short}", self.name) };
        let mut hosts = format!("127.0.0.1 localhost\n127.0.1.1 {own}\n");
        let kept = old.lines().filter(|line| {
            let first = line.split_whitespace().next().unwrap_or("");
            !first.is_empty() && first != "127.0.1.1" && first != "127.0.0.1"
        });
        for line in kept {
            hosts.push_str(line);
            hosts.push('\n');
        }
        sys.write(&in_target("/etc/hosts"), hosts.as_bytes(), 0o644)?;
        Ok(())
    }
}

/// Time zone of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timezone {
    /// IANA name.
    pub zone: String,
}

impl Timezone {
    pub(super) fn paths() -> Vec<PathBuf> {
        vec![in_target("/etc/localtime"), in_target("/etc/timezone")]
    }

    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        let file = format!("/usr/share/zoneinfo/{}", self.zone);
        if sys.kind(&in_target(&file))?.is_none() {
            return Err(StepError::Check(format!("the copied system has no time zone {}", self.zone)));
        }
        sys.symlink(Path::new(&format!("..{file}")), &in_target("/etc/localtime"))?;
        if sys.kind(&in_target("/etc/timezone"))?.is_some() {
            sys.write(&in_target("/etc/timezone"), format!("{}\n", self.zone).as_bytes(), 0o644)?;
        }
        Ok(())
    }
}

/// Locale of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locale {
    /// e.g. `de_DE.UTF-8`.
    pub locale: String,
}

impl Locale {
    pub(super) fn paths() -> Vec<PathBuf> {
        vec![in_target("/etc/locale.gen"), in_target("/etc/locale.conf"), in_target("/etc/default/locale")]
    }

    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        let (name, charset) = self.locale.split_once('.').unwrap_or((&self.locale, "UTF-8"));
        if sys.kind(&in_target("/usr/sbin/locale-gen"))?.is_some() {
            let wanted = format!("{} {charset}", self.locale);
            let old = read_text(sys, &in_target("/etc/locale.gen"))?.unwrap_or_default();
            let mut found = false;
            let mut text = String::new();
            for line in old.lines() {
                let bare = line.trim_start_matches(['#', ' ']).trim();
                if bare == wanted {
                    found = true;
                    text.push_str(&wanted);
                } else {
                    text.push_str(line);
                }
                text.push('\n');
            }
            if !found {
                text.push_str(&wanted);
                text.push('\n');
            }
            sys.write(&in_target("/etc/locale.gen"), text.as_bytes(), 0o644)?;
            chroot::run(sys, &Cmd::new(["locale-gen", "--keep-existing"]))?;
        } else {
            chroot::run(sys, &Cmd::new(["localedef", "-i", name, "-f", charset, &self.locale]))?;
        }
        let text = format!("LANG={}\n", self.locale);
        sys.write(&in_target("/etc/locale.conf"), text.as_bytes(), 0o644)?;
        // On Debian this is a link to locale.conf; a real file there is kept in step.
        if matches!(sys.kind(&in_target("/etc/default/locale"))?, Some(crate::sys::FileKind::File(_))) {
            sys.write(&in_target("/etc/default/locale"), text.as_bytes(), 0o644)?;
        }
        Ok(())
    }
}

/// Console and boot keymap of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyboard {
    /// Console keymap, e.g. `de`.
    pub layout: String,
}

/// Console-setup's scripts that the first boot runs unless they are newer than /etc/default/keyboard.
const CACHED_KEYBOARD: &str = "/etc/console-setup/cached_setup_keyboard.sh";
const CACHED_TERMINAL: &str = "/etc/console-setup/cached_setup_terminal.sh";

impl Keyboard {
    pub(super) fn paths() -> Vec<PathBuf> {
        ["/etc/vconsole.conf", "/etc/default/keyboard", CACHED_KEYBOARD].map(in_target).to_vec()
    }

    pub(super) fn run(&self, sys: &mut dyn System) -> Result<(), StepError> {
        let text = format!("KEYMAP={}\n", self.layout);
        sys.write(&in_target("/etc/vconsole.conf"), text.as_bytes(), 0o644)?;
        // Debian's console-setup, initramfs and X read this one. No KMAP: the initramfs would take that file
        // without those it includes.
        let (layout, variant) = xkb(&self.layout);
        let text = format!(
            "XKBMODEL=\"pc105\"\nXKBLAYOUT=\"{layout}\"\nXKBVARIANT=\"{variant}\"\nXKBOPTIONS=\"\"\nBACKSPACE=\"guess\"\n"
        );
        sys.write(&in_target("/etc/default/keyboard"), text.as_bytes(), 0o644)?;
        match self.map_file(sys)? {
            Some(file) => cache(sys, &file),
            None => Ok(()),
        }
    }

    /// The keymap's file in the installed system: /usr/share/keymaps/i386/DIR/NAME.kmap.gz.
    fn map_file(&self, sys: &mut dyn System) -> Result<Option<String>, StepError> {
        let root = "/usr/share/keymaps/i386";
        for dir in sys.list(&in_target(root))? {
            for suffix in ["kmap.gz", "map.gz"] {
                let file = format!("{root}/{dir}/{}.{suffix}", self.layout);
                if sys.kind(&in_target(&file))?.is_some() {
                    return Ok(Some(file));
                }
            }
        }
        Ok(None)
    }
}

/// Points console-setup's cached script at the keymap; otherwise the first boot computes it again, for many seconds.
fn cache(sys: &mut dyn System, file: &str) -> Result<(), StepError> {
    let path = in_target(CACHED_KEYBOARD);
    let Some(old) = read_text(sys, &path)? else { return Ok(()) };
    let mut text = String::new();
    for line in old.lines() {
        match line.find("loadkeys '") {
            Some(at) => text.push_str(&format!("{}loadkeys '{file}'", &line[..at])),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    sys.write(&path, text.as_bytes(), 0o755)?;
    // Written again as it is: newer than /etc/default/keyboard, which is what console-setup.sh compares.
    let terminal = in_target(CACHED_TERMINAL);
    if sys.kind(&terminal)?.is_some() {
        let bytes = sys.read(&terminal)?;
        sys.write(&terminal, &bytes, 0o755)?;
    }
    Ok(())
}

/// XKB layout and variant of a console keymap. The names are the same but for these.
pub fn xkb(keymap: &str) -> (&str, &str) {
    match keymap {
        "uk" => ("gb", ""),
        "dvorak" => ("us", "dvorak"),
        "colemak" => ("us", "colemak"),
        "sv-latin1" => ("se", ""),
        "br-abnt2" => ("br", ""),
        "jp106" => ("jp", ""),
        "la-latin1" => ("latam", ""),
        "cf" => ("ca", ""),
        "de_CH-latin1" | "sg" | "sg-latin1" => ("ch", "de"),
        "fr_CH-latin1" | "fr_CH" => ("ch", "fr"),
        "us-acentos" => ("us", "intl"),
        "slovene" => ("si", ""),
        "croat" => ("hr", ""),
        "trq" => ("tr", ""),
        "trf" => ("tr", "f"),
        "gr" => ("gr", ""),
        other => (other.split(['-', '_']).next().unwrap_or(other), ""),
    }
}
