//! Mounts and paths: which file tree a path of the live system lies in.

use std::path::{Component, Path, PathBuf};

use super::disk::Place;
use super::tree::{Node, Tree};
use super::{Simulated, os};
use crate::machine::Problem;
use crate::sys::{MountCall, SysError};

/// A file tree that can be mounted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    /// The root of the live system.
    Live,
    Run,
    Proc,
    Sys,
    Dev,
    EfiVars,
    /// The image of the system that is copied.
    Image,
    /// A tmpfs.
    Memory(u64),
    Volume(Place),
}

impl Space {
    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Self::Volume(place) => Some(place),
            _ => None,
        }
    }

    fn writable(&self) -> bool {
        matches!(self, Self::Live | Self::Run | Self::Memory(_) | Self::Volume(_))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Mount {
    pub(super) source: String,
    pub(super) target: PathBuf,
    pub(super) fs: String,
    pub(super) space: Space,
    /// The part of the space that is mounted (bind mounts).
    pub(super) below: String,
    pub(super) read_only: bool,
}

/// Where a path ends up.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) space: Space,
    pub(super) key: String,
    pub(super) read_only: bool,
}

impl Simulated {
    pub(super) fn tree(&self, space: &Space) -> Option<&Tree> {
        match space {
            Space::Volume(place) => self.volumes.get(place).map(|volume| &volume.tree),
            other => self.spaces.get(other),
        }
    }

    pub(super) fn tree_mut(&mut self, space: &Space) -> Option<&mut Tree> {
        match space {
            Space::Volume(place) => self.volumes.get_mut(place).map(|volume| &mut volume.tree),
            other => self.spaces.get_mut(other),
        }
    }

    /// The mount that covers a path which has no links in it.
    fn spot(&self, path: &Path) -> Spot {
        // Of mounts at the same place the last one counts.
        let covering = self.mounts.iter().filter(|m| path.starts_with(&m.target));
        let mount = covering.max_by_key(|m| m.target.components().count());
        match mount {
            None => Spot { space: Space::Live, key: key_of(path), read_only: false },
            Some(mount) => {
                let inner = key_of(path.strip_prefix(&mount.target).unwrap_or(path));
                let key = match (mount.below.as_str(), inner.as_str()) {
                    ("", _) => inner,
                    (below, "") => below.to_string(),
                    (below, inner) => format!("{below}/{inner}"),
                };
                let read_only = mount.read_only || !mount.space.writable();
                Spot { space: mount.space.clone(), key, read_only }
            }
        }
    }

    /// The path with links followed (the last one only where asked), seen from a root directory.
    pub(super) fn real_path(&self, root: &Path, path: &Path, follow_last: bool) -> Result<PathBuf, SysError> {
        let mut rest: Vec<PathBuf> = parts(path);
        let mut here = root.to_path_buf();
        let mut links = 0;
        while let Some(part) = rest.pop() {
            if part == Path::new("..") {
                if here != root {
                    here.pop();
                }
                continue;
            }
            here.push(&part);
            let spot = self.spot(&here);
            let follow = follow_last || !rest.is_empty();
            if follow && let Some(Node::Link(to)) = self.node_at(&spot)? {
                links += 1;
                if links > 40 {
                    return Err(os(format!("following {}", path.display()), 40));
                }
                here.pop();
                if to.is_absolute() {
                    here = root.to_path_buf();
                }
                rest.extend(parts(&to));
            }
        }
        Ok(here)
    }

    /// Where a path of the live system leads.
    pub(super) fn resolve(&self, path: &Path, follow_last: bool) -> Result<Spot, SysError> {
        Ok(self.spot(&self.real_path(Path::new("/"), path, follow_last)?))
    }

    /// The node at a spot; an unplugged disk gives an I/O error.
    pub(super) fn node_at(&self, spot: &Spot) -> Result<Option<Node>, SysError> {
        if let Space::Volume(place) = &spot.space
            && self.is_gone(place)
        {
            return Err(os(format!("reading /{} on {}", spot.key, place.disk), 5));
        }
        if spot.space == Space::Dev && !spot.key.is_empty() {
            let path = format!("/dev/{}", spot.key);
            if self.find_device(&path).is_some() {
                return Ok(Some(Node::Other));
            }
        }
        Ok(self.tree(&spot.space).and_then(|tree| tree.get(&spot.key)))
    }

    /// Node at a path, links followed.
    pub(super) fn node(&self, path: &Path) -> Result<Option<Node>, SysError> {
        self.node_at(&self.resolve(path, true)?)
    }

    /// Text of a file below a root; empty where there is none.
    pub(super) fn text(&self, root: &Path, path: &str) -> String {
        let real = self.real_path(root, Path::new(path), true);
        match real.and_then(|real| self.node_at(&self.spot(&real))) {
            Ok(Some(Node::File { bytes, .. })) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        }
    }

    /// The writable tree at a path and the key in it; what forbids a write is said in the kernel's words.
    pub(super) fn writable(&mut self, path: &Path, follow_last: bool) -> Result<(Space, String), SysError> {
        let what = || format!("writing {}", path.display());
        let spot = self.resolve(path, follow_last)?;
        if let Space::Volume(place) = &spot.space {
            if self.is_gone(place) {
                return Err(os(what(), 5));
            }
            if self.volumes.get(place).is_some_and(|volume| volume.full) {
                return Err(os(what(), 28));
            }
        }
        if spot.read_only {
            return Err(os(what(), 30));
        }
        // A file in the place of a parent directory.
        let mut parent = spot.key.as_str();
        while let Some((up, _)) = parent.rsplit_once('/') {
            let node = self.tree(&spot.space).and_then(|tree| tree.get(up));
            if matches!(node, Some(Node::File { .. } | Node::Other)) {
                return Err(os(what(), 20));
            }
            parent = up;
        }
        Ok((spot.space, spot.key))
    }

    /// Puts a node at a path below a root directory.
    pub(super) fn put(&mut self, root: &Path, path: &str, node: Node) -> Result<(), SysError> {
        let real = self.real_path(root, Path::new(path), !matches!(node, Node::Link(_)))?;
        let (space, key) = self.writable(&real, false)?;
        if let Some(tree) = self.tree_mut(&space) {
            tree.put(&key, node);
        }
        Ok(())
    }

    /// Puts a text file at a path below a root directory.
    pub(super) fn put_text(
        &mut self,
        root: &Path,
        path: &str,
        text: &str,
        mode: u32,
    ) -> Result<(), SysError> {
        self.put(root, path, Node::File { bytes: text.as_bytes().to_vec(), mode })
    }

    /// What mount(2) does.
    pub(super) fn do_mount(&mut self, call: &MountCall) -> Result<(), SysError> {
        let what = || format!("mounting {} at {}", call.source, call.target.display());
        let target = self.real_path(Path::new("/"), &call.target, true)?;
        let (space, below, fs) = match call.fs.as_deref() {
            None => {
                let spot = self.resolve(Path::new(&call.source), true)?;
                if self.node_at(&spot)?.is_none() {
                    return Err(os(what(), 2));
                }
                (spot.space, spot.key, "none".to_string())
            }
            Some(fs) => (self.space_for(call, fs)?, String::new(), fs.to_string()),
        };
        match self.node(&target)? {
            Some(Node::Dir(_)) => {}
            Some(_) => return Err(os(what(), 20)),
            None => {
                let (tree, key) = self.writable(&target, true)?;
                if let Some(tree) = self.tree_mut(&tree) {
                    tree.put(&key, Node::Dir(0o755));
                }
            }
        }
        if let Space::Volume(place) = &space
            && let Some(volume) = self.volumes.get_mut(place)
        {
            volume.checked = false;
        }
        let read_only = call.read_only || call.options.split(',').any(|option| option == "ro");
        self.mounts.push(Mount { source: call.source.clone(), target, fs, space, below, read_only });
        Ok(())
    }

    fn space_for(&mut self, call: &MountCall, fs: &str) -> Result<Space, SysError> {
        let what = || format!("mounting {} at {}", call.source, call.target.display());
        match fs {
            "proc" => return Ok(Space::Proc),
            "sysfs" => return Ok(Space::Sys),
            "devtmpfs" => return Ok(Space::Dev),
            "efivarfs" => {
                let there =
                    self.tree(&Space::Sys).is_some_and(|tree| tree.get("firmware/efi/efivars").is_some());
                return if there { Ok(Space::EfiVars) } else { Err(os(what(), 95)) };
            }
            "tmpfs" | "devpts" | "mqueue" | "cgroup2" => {
                self.counter += 1;
                let space = Space::Memory(self.counter);
                self.spaces.insert(space.clone(), Tree::default());
                return Ok(space);
            }
            "squashfs" | "erofs" => {
                let file = matches!(self.node(Path::new(&call.source))?, Some(Node::File { .. }));
                return if file { Ok(Space::Image) } else { Err(os(what(), 2)) };
            }
            _ => {}
        }
        let device = self.find_device(&call.source).ok_or_else(|| os(what(), 2))?;
        let driver = if fs == "ntfs3" || fs == "fuseblk" { "ntfs" } else { fs };
        let volume = self.volume(&device).filter(|volume| volume.fs.as_deref() == Some(driver));
        // A file system that is longer than its partition is refused: the mark of a partition shrunk too early.
        let volume = volume.filter(|volume| volume.size <= device.size && driver != "swap");
        let volume = volume.ok_or_else(|| os(what(), 22))?;
        if !call.read_only {
            let unsafe_ntfs = |p: &Problem| matches!(p, Problem::Hibernated | Problem::Dirty);
            if self.is_read_only(&device) || (driver == "ntfs" && volume.problems.iter().any(unsafe_ntfs)) {
                return Err(os(what(), 30));
            }
        }
        if self.mappers.values().any(|container| *container == device.place) {
            return Err(os(what(), 16));
        }
        Ok(Space::Volume(device.place))
    }

    /// What umount(2) does.
    pub(super) fn do_unmount(&mut self, path: &Path) -> Result<(), SysError> {
        let what = format!("unmounting {}", path.display());
        // Not looked up where the path is the mount point itself: what is below it may be gone.
        let target = match self.mounts.iter().find(|mount| mount.target == path) {
            Some(mount) => mount.target.clone(),
            None => self.real_path(Path::new("/"), path, true)?,
        };
        let at = self.mounts.iter().rposition(|m| m.target == target).ok_or_else(|| os(what.as_str(), 22))?;
        let below: Vec<String> = self
            .mounts
            .iter()
            .filter(|m| m.target != target && m.target.starts_with(&target))
            .map(|m| format!("something is mounted at {}", m.target.display()))
            .collect();
        let only = self.mounts.iter().filter(|m| m.target == target).count() == 1;
        if (only && !below.is_empty()) || target == Path::new("/") {
            return Err(SysError::Busy { device: target.display().to_string(), holders: below.join(", ") });
        }
        let gone = self.mounts.remove(at);
        if matches!(gone.space, Space::Memory(_)) && !self.mounts.iter().any(|m| m.space == gone.space) {
            self.spaces.remove(&gone.space);
        }
        Ok(())
    }
}

/// Components of a path, the first one last; `..` stays.
fn parts(path: &Path) -> Vec<PathBuf> {
    let kept = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    let mut parts: Vec<PathBuf> = kept.map(|part| PathBuf::from(part.as_os_str())).collect();
    parts.reverse();
    parts
}

pub(super) fn key_of(path: &Path) -> String {
    path.to_string_lossy().trim_matches('/').to_string()
}
