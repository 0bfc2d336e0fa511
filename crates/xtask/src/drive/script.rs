//! What to type: a file of lines, in order, each the answer to whatever asks.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// One step of a script, with its line number in the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Line in the file, from 1.
    pub number: usize,
    /// What to do.
    pub act: Act,
}

/// What a step does.
#[derive(Debug, PartialEq, Eq)]
pub enum Act {
    /// Type this and Enter at the next prompt.
    Type(String),
    /// Once a line of the console contains `after`, pull out a disk.
    Unplug {
        /// Its index, 0 for /dev/vda.
        disk: usize,
        /// The text to wait for.
        after: String,
    },
}

/// Reads a script file.
pub fn read(path: &Path) -> Result<Vec<Step>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read the script {}", path.display()))?;
    parse(&text).with_context(|| format!("the script {}", path.display()))
}

/// `#` starts a comment, `#@` an order to the machine; an empty line is just Enter.
fn parse(text: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim_end());
        let act = if let Some(order) = line.strip_prefix("#@") {
            order_in(order.trim()).with_context(|| format!("line {number}: `{line}`"))?
        } else if line.starts_with('#') {
            continue;
        } else {
            Act::Type(line.to_owned())
        };
        steps.push(Step { number, act });
    }
    Ok(steps)
}

fn order_in(order: &str) -> Result<Act> {
    let (disk, after) = order
        .strip_prefix("unplug ")
        .and_then(|rest| rest.split_once(" after "))
        .context("no such order; write `#@ unplug NUMBER after TEXT` (0 is /dev/vda)")?;
    let Ok(disk) = disk.trim().parse() else { bail!("`{}` is no disk number (0 is /dev/vda)", disk.trim()) };
    Ok(Act::Unplug { disk, after: after.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_skipped_and_empty_lines_typed() {
        let typed = |number, text: &str| Step { number, act: Act::Type(text.to_owned()) };
        assert_eq!(
            parse("# first\nlist disks\n\ny  \n").unwrap(),
            [typed(2, "list disks"), typed(3, ""), typed(4, "y")]
        );
    }

    #[test]
    fn a_disk_can_be_pulled_out() {
        let unplug = Act::Unplug { disk: 0, after: "Copying system".to_owned() };
        assert_eq!(parse("#@ unplug 0 after Copying system").unwrap(), [Step { number: 1, act: unplug }]);
        let error = format!("{:#}", parse("y\n#@ explode").unwrap_err());
        assert!(error.contains("line 2") && error.contains("unplug NUMBER after TEXT"), "{error}");
    }
}
