//! Reading an argv as strictly as the real programs do.

use std::ops::RangeInclusive;

use crate::sys::{Cmd, SysError};

/// Flags and words of an argv.
#[derive(Debug, Default)]
pub(super) struct Args {
    flags: Vec<(&'static str, Option<String>)>,
    pub(super) rest: Vec<String>,
}

/// Something written in a spec: its spellings and whether a value follows.
fn lookup(spec: &'static [&'static str], flag: &str) -> Option<(&'static str, bool)> {
    spec.iter().find_map(|entry| {
        let names = entry.trim_end_matches('=');
        let first = names.split('|').next().unwrap_or(names);
        names.split('|').any(|name| name == flag).then_some((first, entry.ends_with('=')))
    })
}

impl Args {
    /// Takes an argv apart; anything the spec does not know is an error that names it.
    pub(super) fn parse(
        cmd: &Cmd,
        spec: &'static [&'static str],
        words: RangeInclusive<usize>,
    ) -> Result<Self, SysError> {
        let wrong = |why: String| SysError::Failed {
            argv: cmd.to_string(),
            status: Some(64),
            stderr: format!("{why} (the simulated program knows: {})", spec.join(" ")),
        };
        let mut args = Self::default();
        let mut words_left = cmd.argv.iter().skip(1);
        while let Some(word) = words_left.next() {
            if word == "--" {
                args.rest.extend(words_left.by_ref().cloned());
                break;
            }
            if !word.starts_with('-') || word == "-" {
                args.rest.push(word.clone());
                continue;
            }
            let (name, mut value) = match word.split_once('=') {
                Some((name, value)) if word.starts_with("--") => (name, Some(value.to_string())),
                _ => (word.as_str(), None),
            };
            let found = lookup(spec, name).or_else(|| {
                // -F32: a short flag with its value attached.
                let (short, rest) = word.split_at_checked(2)?;
                let (first, takes) = lookup(spec, short)?;
                value = Some(rest.to_string());
                (takes && !word.starts_with("--")).then_some((first, true))
            });
            match found {
                Some((first, true)) => {
                    let value = value.or_else(|| words_left.next().cloned());
                    let value =
                        value.ok_or_else(|| wrong(format!("option '{word}' requires an argument")))?;
                    args.flags.push((first, Some(value)));
                }
                Some((_, false)) if value.is_some() => {
                    return Err(wrong(format!("option '{name}' doesn't allow an argument")));
                }
                Some((first, false)) => args.flags.push((first, None)),
                None => return Err(wrong(format!("unrecognized option '{word}'"))),
            }
        }
        if words.contains(&args.rest.len()) {
            Ok(args)
        } else {
            Err(wrong(format!("{} arguments {:?} instead of {words:?}", args.rest.len(), args.rest)))
        }
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|(name, _)| *name == flag)
    }

    pub(super) fn count(&self, flag: &str) -> usize {
        self.flags.iter().filter(|(name, _)| *name == flag).count()
    }

    pub(super) fn value(&self, flag: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(name, _)| *name == flag).and_then(|(_, value)| value.as_deref())
    }
}
