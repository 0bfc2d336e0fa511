//! The root file system of the medium, which is also what gets installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::cache::{self, Key};
use super::sources;
use crate::{paths, shell};

/// The Debian release of the medium. Its GRUB (2.12) opens LUKS2, which the one of the release before does not.
const SUITE: &str = "trixie";

/// A finished root file system and what boots it live.
pub struct Tree {
    /// Names the tree's contents.
    pub key: String,
    /// The root file system as a folder.
    pub root: PathBuf,
    /// The kernel for the live boot.
    pub kernel: PathBuf,
    /// The initramfs for the live boot, the only place that knows about live booting.
    pub initrd: PathBuf,
}

/// Makes the tree, or takes it from the cache.
pub fn ensure() -> Result<Tree> {
    let parts = paths::medium_sources();
    let mut key = Key::new("tree", 1);
    key.text(SUITE);
    for part in ["packages.list", "customize.sh", "overlay"] {
        key.path(&parts.join(part))?;
    }
    let key = key.finish();
    let folder = paths::cache().join(format!("tree-{key}"));
    if !folder.is_dir() {
        // Made under another name, so that an interrupted build is never taken for a finished one.
        let making = paths::cache().join("making-tree");
        if making.exists() {
            fs::remove_dir_all(&making)
                .with_context(|| format!("cannot remove the unfinished {}", making.display()))?;
        }
        make(&parts, &making)?;
        fs::rename(&making, &folder).with_context(|| format!("cannot put {} in place", folder.display()))?;
        cache::prune(&paths::cache(), "tree-", 2)?;
    }
    Ok(Tree {
        key,
        root: folder.join("root"),
        kernel: folder.join("vmlinuz"),
        initrd: folder.join("initrd.img"),
    })
}

fn make(parts: &Path, folder: &Path) -> Result<()> {
    let started = Instant::now();
    let root = folder.join("root");
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let list = fs::read_to_string(parts.join("packages.list")).context("cannot read packages.list")?;
    let sources = folder.join("debian.sources");
    let text = sources::for_suite(SUITE)?;
    // mmdebstrap tells the two formats apart by the file's extension.
    let sources = if text.starts_with("deb ") { sources.with_extension("list") } else { sources };
    fs::write(&sources, text).with_context(|| format!("cannot write {}", sources.display()))?;

    eprintln!("medium: fetching and unpacking Debian packages (a few minutes, once)");
    shell::run_visibly(
        shell::command("mmdebstrap")
            .args(["--mode=root", "--variant=minbase", "--format=directory"])
            .arg(format!("--include={}", packages(&list).join(",")))
            .arg("--aptopt=APT::Install-Recommends \"false\"")
            .args(documents_left_out())
            // The builder's settings for dpkg and apt are not the installed system's.
            .arg("--customize-hook=rm -f \"$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap\" \"$1/etc/apt/apt.conf.d/99mmdebstrap\"")
            .args([SUITE.as_ref(), root.as_os_str(), sources.as_os_str()]),
    )?;
    eprintln!("medium: packages ready after {} s; settings and initramfs", started.elapsed().as_secs());
    mounted_proc(&root, || {
        shell::run(shell::command(parts.join("customize.sh")).args([&root, &folder.to_path_buf()]))
    })?;
    eprintln!("medium: root file system ready after {} s", started.elapsed().as_secs());
    Ok(())
}

/// Names in a package list: one a line, `#` starts a comment.
fn packages(list: &str) -> Vec<&str> {
    list.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Manuals and translations are most of the size and none of the use on a minimal system.
fn documents_left_out() -> Vec<String> {
    [
        "path-exclude=/usr/share/man/*",
        "path-exclude=/usr/share/info/*",
        "path-exclude=/usr/share/lintian/*",
        "path-exclude=/usr/share/doc/*",
        "path-include=/usr/share/doc/*/copyright",
        "path-exclude=/usr/share/locale/*",
        "path-include=/usr/share/locale/locale.alias",
    ]
    .into_iter()
    .map(|option| format!("--dpkgopt={option}"))
    .collect()
}

/// Programs in the new root (initramfs tools) look into /proc.
fn mounted_proc(root: &Path, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let proc = root.join("proc");
    shell::run(shell::command("mount").args(["-t", "proc", "proc"]).arg(&proc))?;
    let done = work();
    shell::run(shell::command("umount").arg(&proc))?;
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_list_has_comments_and_blank_lines() {
        assert_eq!(packages("# head\n\nsystemd\nxfsprogs   # pulls python3\n"), ["systemd", "xfsprogs"]);
    }

    #[test]
    fn the_real_package_list_names_each_package_once() {
        let list = fs::read_to_string(paths::medium_sources().join("packages.list")).unwrap();
        let mut names = packages(&list);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(
            names.iter().all(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)))
        );
    }
}
