//! Which process is in the way of an unmount or an exclusive open. Read from /proc, so no `lsof` is needed.

use std::path::{Path, PathBuf};

/// At most this many are named: the sentence must fit on a screen.
const NAMED: usize = 6;

/// Processes that work in, run from or have open something at or below a directory.
pub(super) fn of_tree(target: &Path) -> Vec<String> {
    holding(Path::new("/"), &|link| link.starts_with(target))
}

/// Processes that have a device open.
pub(super) fn of_device(root: &Path, node: &Path) -> Vec<String> {
    let node = node.canonicalize().unwrap_or_else(|_| node.to_path_buf());
    holding(root, &|link| link == node)
}

fn holding(root: &Path, is_it: &dyn Fn(&Path) -> bool) -> Vec<String> {
    let own = std::process::id();
    let mut found = Vec::new();
    for (pid, place) in processes(&root.join("proc")) {
        if found.len() >= NAMED {
            break;
        }
        let mut links = vec![place.join("cwd"), place.join("root"), place.join("exe")];
        if let Ok(open) = std::fs::read_dir(place.join("fd")) {
            links.extend(open.flatten().map(|entry| entry.path()));
        }
        if links.iter().any(|link| std::fs::read_link(link).is_ok_and(|to| is_it(&to))) {
            let name = std::fs::read_to_string(place.join("comm")).unwrap_or_default();
            let name: String = name.chars().filter(|c| !c.is_control()).collect();
            let name = if pid == own { "this installer".to_string() } else { name };
            found.push(format!("{name} (process {pid})"));
        }
    }
    found
}

fn processes(proc: &Path) -> Vec<(u32, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(proc) else { return Vec::new() };
    let mut all: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    all.sort();
    all
}
