//! From a root file system and the installer to a bootable image.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::cache::{self, Key};
use super::tree::Tree;
use crate::{paths, shell};

/// The volume label, by which the live system and people find the medium.
pub const LABEL: &str = "LEVITATEOS";

/// What the installer of this medium is told.
const CHOICE: &str = "# Read by levitate-installer. This medium runs in emulated machines, thirty times slower than real ones.\n\
                      patience = 600   # seconds a sentence may take\n\
                      threads = 1      # two emulated processors would wait for each other\n";

/// Makes the image, or takes it from the cache.
pub fn ensure(tree: &Tree, installer: &Path, models: Option<&Path>) -> Result<PathBuf> {
    let cache = paths::cache();
    let grub_cfg = paths::medium_sources().join("grub.cfg");
    let stripped = strip(installer, &cache.join("levitate-installer"))?;
    let mut key = Key::new("iso", 2);
    key.text(&tree.key);
    key.path(&grub_cfg)?;
    key.path(&stripped)?;
    let models = models.map(model_files).transpose()?.unwrap_or_default();
    for file in &models {
        key.path(file)?;
    }
    let iso = cache.join(format!("levitateos-{}.iso", key.finish()));
    if iso.exists() {
        return Ok(iso);
    }

    let started = Instant::now();
    eprintln!("medium: packing the image");
    let staging = cache.join("making-iso");
    if staging.exists() {
        fs::remove_dir_all(&staging)
            .with_context(|| format!("cannot remove the old {}", staging.display()))?;
    }
    let (live, grub) = (staging.join("live"), staging.join("boot/grub"));
    for folder in [&live, &grub] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    for (from, to) in [
        (&tree.kernel, live.join("vmlinuz")),
        (&tree.initrd, live.join("initrd.img")),
        (&grub_cfg, grub.join("grub.cfg")),
    ] {
        fs::copy(from, &to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    }
    // Beside the root, not in it: what is in it is copied to every installed system.
    let folder = staging.join("levitate/models");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for file in &models {
        let to = folder.join(file.file_name().unwrap_or_default());
        fs::copy(file, &to).with_context(|| format!("cannot copy {} to {}", file.display(), to.display()))?;
    }
    fs::write(staging.join("levitate/installer.toml"), CHOICE)
        .with_context(|| format!("cannot write below {}", staging.display()))?;
    squash(tree, &stripped, &live.join("filesystem.squashfs"))?;
    let making = cache.join("making.iso");
    shell::run(
        shell::command("grub-mkrescue").arg("-o").args([&making, &staging]).args(["--", "-volid", LABEL]),
    )?;
    fs::rename(&making, &iso).with_context(|| format!("cannot put {} in place", iso.display()))?;
    fs::remove_dir_all(&staging).with_context(|| format!("cannot remove {}", staging.display()))?;
    cache::prune(&cache, "levitateos-", 4)?;
    let size = fs::metadata(&iso).map_or(0, |meta| meta.len() >> 20);
    eprintln!("medium: {} ({size} MiB) ready after {} s", iso.display(), started.elapsed().as_secs());
    Ok(iso)
}

/// The manifest and the model that it names, with its adapter merged where that is made: other files that lie there are
/// somebody's own.
fn model_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let manifest = folder.join("manifest.json");
    let text =
        fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{} is no manifest", manifest.display()))?;
    let named = |entry: &&str| value[entry]["file"].as_str().map(|name| folder.join(name));
    let models = match named(&"merged").filter(|merged| merged.is_file()) {
        Some(merged) => vec![merged],
        None => ["base", "adapter"].iter().filter_map(named).collect(),
    };
    Ok(models.into_iter().chain([manifest.clone()]).collect())
}

/// A copy of the installer without what only a debugger reads. A script, which tests of the medium use, is taken
/// as it is.
fn strip(installer: &Path, to: &Path) -> Result<PathBuf> {
    let head = fs::read(installer)
        .with_context(|| format!("cannot read the installer {} (build it first)", installer.display()))?;
    if head.starts_with(b"#!") {
        fs::write(to, head).with_context(|| format!("cannot write {}", to.display()))?;
    } else {
        shell::run(shell::command("strip").arg("-o").args([to, installer]))?;
    }
    Ok(to.to_path_buf())
}

/// The installer is put in while packing, which leaves the cached tree untouched. zstd at a low level packs in
/// seconds and unpacks fast.
fn squash(tree: &Tree, installer: &Path, to: &Path) -> Result<()> {
    shell::run(
        shell::command("mksquashfs")
            .args([&tree.root, to])
            .args(["-noappend", "-no-progress", "-quiet", "-comp", "zstd", "-Xcompression-level", "3"])
            .arg("-p")
            .arg(format!("/usr/bin/levitate-installer f 755 0 0 cat '{}'", installer.display())),
    )
}
