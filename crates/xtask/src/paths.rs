//! Where things lie: the workspace, cargo's target folder, the medium's cache, virtual machines.

use std::path::PathBuf;

/// The workspace's root.
pub fn workspace() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map_or_else(|| here.clone(), PathBuf::from)
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// What the medium is made of: package list, overlay, scripts.
pub fn medium_sources() -> PathBuf {
    workspace().join("crates/xtask/medium")
}

/// Where built media are kept: `$LEVITATE_CACHE`, or `target/medium`.
pub fn cache() -> PathBuf {
    std::env::var_os("LEVITATE_CACHE").map_or_else(|| target().join("medium"), PathBuf::from)
}

/// The folder of the virtual machine `name`: disks, firmware variables, sockets, logs.
pub fn machine(name: &str) -> PathBuf {
    target().join("vm").join(name)
}
