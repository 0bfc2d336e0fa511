//! A tree of files in memory.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What is at a path of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    File { bytes: Vec<u8>, mode: u32 },
    Dir(u32),
    Link(PathBuf),
    Other,
}

/// Files by their path without a leading slash. The root is a directory and has no entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree(BTreeMap<String, Node>);

impl Tree {
    pub(super) fn get(&self, key: &str) -> Option<Node> {
        if key.is_empty() { Some(Node::Dir(0o755)) } else { self.0.get(key).cloned() }
    }

    /// Puts a node in its place; parents are made.
    pub(super) fn put(&mut self, key: &str, node: Node) {
        let mut end = 0;
        while let Some(at) = key[end..].find('/') {
            let parent = &key[..end + at];
            if !parent.is_empty() && !self.0.contains_key(parent) {
                self.0.insert(parent.to_string(), Node::Dir(0o755));
            }
            end += at + 1;
        }
        if !key.is_empty() {
            self.0.insert(key.to_string(), node);
        }
    }

    /// A text file.
    pub(super) fn file(&mut self, key: &str, text: &str, mode: u32) {
        self.put(key, Node::File { bytes: text.as_bytes().to_vec(), mode });
    }

    /// A symbolic link.
    pub(super) fn link(&mut self, key: &str, to: &str) {
        self.put(key, Node::Link(to.into()));
    }

    /// Removes a node and everything below it.
    pub(super) fn remove(&mut self, key: &str) {
        let below = format!("{key}/");
        self.0.retain(|path, _| path != key && !path.starts_with(&below));
    }

    /// Names directly below a directory, sorted.
    pub(super) fn list(&self, key: &str) -> Vec<String> {
        let prefix = if key.is_empty() { String::new() } else { format!("{key}/") };
        let below = self.0.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        let mut names: Vec<String> = below
            .map(|(path, _)| &path[prefix.len()..])
            .filter(|name| !name.contains('/'))
            .map(Into::into)
            .collect();
        names.sort_unstable();
        names
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Node)> {
        self.0.iter()
    }
}
