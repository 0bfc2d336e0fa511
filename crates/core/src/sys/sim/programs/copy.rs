//! unsquashfs and rsync: the files of the image appear below a directory while the file system fills up.

use std::path::Path;

use super::super::mounts::Space;
use super::super::tree::Node;
use super::super::{Simulated, Speed, os};
use super::{Call, Outcome, Reply, done, fail};
use crate::sys::{SysError, Tick};

/// Milliseconds that a copy takes in a rehearsal.
const COPY_TIME: u64 = 3000;

pub(super) fn spec(name: &str) -> Option<(&'static [&'static str], std::ops::RangeInclusive<usize>)> {
    Some(match name {
        "unsquashfs" => (
            &[
                "-force|-f", "-quiet|-q", "-no-progress|-n", "-dest|-d=", "-percentage", "-no-exit-code",
                "-processors|-p=",
            ],
            1..=1,
        ),
        "rsync" => (
            &[
                "-aHAXS", "--numeric-ids", "--one-file-system|-x", "--info=", "--exclude=", "--delete",
                "--no-inc-recursive", "--inplace", "--whole-file|-W",
            ],
            2..=2,
        ),
        _ => return None,
    })
}

impl Simulated {
    pub(super) fn unsquashfs(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let image = call.word(0).to_string();
        if !matches!(self.node(Path::new(&image))?, Some(Node::File { .. })) {
            return fail(1, format!("Could not open {image}, because No such file or directory"));
        }
        let to = call.value("-dest").unwrap_or("squashfs-root").to_string();
        if self.node(Path::new(&to))?.is_some() && !call.has("-force") {
            return fail(1, format!("unsquashfs: failed to make directory {to}, because File exists"));
        }
        self.fill(call, &to, "unsquashfs: write failed on output file because", 1)
    }

    pub(super) fn rsync(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let (from, to) = (call.word(0).to_string(), call.word(1).to_string());
        if !call.has("-aHAXS") || !call.has("--numeric-ids") {
            return fail(1, "rsync: a system is copied with -aHAXS --numeric-ids");
        }
        if !from.ends_with('/') {
            return fail(
                1,
                format!("rsync: {from} without a slash would be copied as a directory of its own"),
            );
        }
        if !matches!(self.node(Path::new(&from))?, Some(Node::Dir(_))) {
            return fail(
                23,
                format!("rsync: [sender] change_dir \"{from}\" failed: No such file or directory (2)"),
            );
        }
        self.fill(call, &to, "rsync: [receiver] write failed:", 11)
    }

    fn fill(&mut self, call: &mut Call<'_, '_>, to: &str, words: &str, status: i32) -> Outcome {
        let total = self.machine.source.installed_bytes;
        let nodes: Vec<(String, Node)> = self
            .spaces
            .get(&Space::Image)
            .map(|tree| tree.iter().map(|(path, node)| (path.clone(), node.clone())).collect())
            .unwrap_or_default();
        let steps: u64 = if self.speed == Speed::Rehearsal { 60 } else { 20 };
        let mut written = 0;
        for step in 1..=steps {
            self.pause(COPY_TIME / steps)?;
            if step > steps / 2
                && let Some(error) = call.half.take()
            {
                return Err(error);
            }
            self.unplug_now(step * 100 / steps);
            let until = nodes.len() * step as usize / steps as usize;
            let grown = total * step / steps - total * (step - 1) / steps;
            let mut result = self.grow(to, grown);
            for (path, node) in &nodes[written..until] {
                let at = format!("{}/{path}", to.trim_end_matches('/'));
                result = result.and_then(|()| self.put_kept(&at, node.clone()));
            }
            written = until;
            match result {
                Ok(()) => {}
                Err(SysError::Io { why, .. }) => return Ok(failed(status, words, &why)),
                Err(other) => return Err(other),
            }
            if let Some(watch) = call.cmd.watch.clone()
                && let Ok(usage) = self.usage_of(&watch)
            {
                (call.on_tick)(Tick::Used(usage.used));
            }
        }
        done("")
    }

    /// A directory that is there keeps its mode, as one that is a mount point does.
    fn put_kept(&mut self, at: &str, node: Node) -> Result<(), SysError> {
        let path = Path::new(at);
        if matches!(node, Node::Dir(_)) && matches!(self.node(path)?, Some(Node::Dir(_))) {
            return Ok(());
        }
        let (space, key) = self.writable(path, false)?;
        if let Some(tree) = self.tree_mut(&space) {
            tree.put(&key, node);
        }
        Ok(())
    }

    /// The file system at a path gets fuller.
    fn grow(&mut self, at: &str, bytes: u64) -> Result<(), SysError> {
        let path = Path::new(at);
        let (space, _) = self.writable(path, true)?;
        let usage = match self.node(path)? {
            Some(_) => self.usage_of(path)?,
            None => return Ok(()),
        };
        if usage.used.saturating_add(bytes) > usage.total {
            return Err(os(at, 28));
        }
        if let Space::Volume(place) = &space
            && let Some(volume) = self.volumes.get_mut(place)
        {
            volume.used = Some(volume.used.unwrap_or(0) + bytes);
        }
        Ok(())
    }

    /// Takes a disk away when the copy is far enough.
    fn unplug_now(&mut self, percent: u64) {
        if let Some((at, disk)) = self.faults.unplug_while_copying.clone()
            && percent >= u64::from(at)
        {
            self.faults.unplug_while_copying = None;
            self.unplug(&disk);
        }
    }
}

fn failed(status: i32, words: &str, why: &str) -> Reply {
    // The tools name the error without its number.
    let why = why.split(" (os error").next().unwrap_or(why);
    Reply { status, stdout: String::new(), stderr: format!("{words} {why}") }
}
