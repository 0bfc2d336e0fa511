//! References as spoken: words that point at a disk or a partition, and sizes that may point at something else.

use std::fmt;
use std::str::FromStr;

use levitate_core::size::Size;

/// Words that point at one disk or partition; all of them have to fit. Empty: nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs(pub Vec<Ref>);

/// One pointing word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ref {
    /// A device name: `sda`, `nvme0n1p3`.
    Device(String),
    /// A size in decimal bytes as said: `500G`; a bare number is without its unit.
    Size(String),
    /// The other one.
    Other,
    /// The one spoken of last.
    It,
    /// Largest.
    Biggest,
    /// Smallest.
    Smallest,
    /// By order, from 1; 0 is the last.
    Nth(u8),
    /// The one in the middle.
    Middle,
    /// Carries nothing.
    Blank,
    /// Has unpartitioned room.
    Roomy,
    /// A kind, a maker, a system, a label: `ssd`, `samsung`, `windows`, `home`.
    Word(String),
    /// Not this.
    Not(Box<Ref>),
}

impl Refs {
    /// True where nothing was said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a word once.
    pub fn push(&mut self, word: Ref) {
        if !self.0.contains(&word) {
            self.0.push(word);
        }
    }

    /// One word.
    pub fn one(word: Ref) -> Self {
        Self(vec![word])
    }
}

impl fmt::Display for Refs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("?");
        }
        for (index, word) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("+")?;
            }
            write!(f, "{word}")?;
        }
        Ok(())
    }
}

const FIXED: [(Ref, &str); 13] = [
    (Ref::Other, "other"),
    (Ref::It, "it"),
    (Ref::Biggest, "biggest"),
    (Ref::Smallest, "smallest"),
    (Ref::Blank, "blank"),
    (Ref::Roomy, "roomy"),
    (Ref::Nth(1), "first"),
    (Ref::Nth(2), "second"),
    (Ref::Nth(3), "third"),
    (Ref::Nth(4), "fourth"),
    (Ref::Nth(5), "fifth"),
    (Ref::Nth(0), "last"),
    (Ref::Middle, "middle"),
];

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = FIXED.iter().find(|(word, _)| word == self) {
            return f.write_str(name);
        }
        match self {
            Self::Nth(n) => write!(f, "#{n}"),
            Self::Device(word) | Self::Size(word) | Self::Word(word) => f.write_str(word),
            Self::Not(word) => write!(f, "-{word}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for Refs {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "?" {
            return Ok(Self::default());
        }
        text.split('+').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Ref {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(rest) = text.strip_prefix('-') {
            // One refusal is enough: "not not x" is nobody's reference.
            return match rest.parse()? {
                Self::Not(_) => Err(()),
                word => Ok(Self::Not(Box::new(word))),
            };
        }
        if let Some((word, _)) = FIXED.iter().find(|(_, name)| *name == text) {
            return Ok(word.clone());
        }
        // Of two, as some say it.
        match text {
            "former" => return Ok(Self::Nth(1)),
            "latter" => return Ok(Self::Nth(0)),
            _ => {}
        }
        if let Some(number) = text.strip_prefix('#') {
            return match number.parse() {
                Ok(n) if n > 5 => Ok(Self::Nth(n)),
                _ => Err(()),
            };
        }
        if let Some(device) = device_name(text) {
            return Ok(Self::Device(device));
        }
        if is_size(text) {
            return Ok(Self::Size(text.to_owned()));
        }
        let word =
            !text.is_empty() && text.len() <= 40 && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        if word { Ok(Self::Word(text.to_owned())) } else { Err(()) }
    }
}

/// `sda`, `/dev/sda1`, `nvme0n1`, `nvme0n1p2`, `vdb`, `mmcblk0p1`, `p2` → the name without `/dev/`.
pub fn device_name(word: &str) -> Option<String> {
    let name = word.strip_prefix("/dev/").unwrap_or(word);
    let lower = name.to_ascii_lowercase();
    let digits =
        |text: &str| !text.is_empty() && text.len() < 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let disk_part = |rest: &str| rest.is_empty() || rest.strip_prefix('p').is_some_and(digits);
    for prefix in ["sd", "vd", "xvd"] {
        if let Some(rest) = lower.strip_prefix(prefix) {
            let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
            // The 27th disk is sdaa; "sduo" is a slip of the finger.
            if (letters == 1 || (letters == 2 && rest.starts_with('a')))
                && (rest.len() == letters || digits(&rest[letters..]))
            {
                return Some(lower);
            }
        }
    }
    if let Some(rest) = lower.strip_prefix("nvme") {
        let (controller, rest) = rest.split_once('n')?;
        let number = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits(controller) && number > 0 && disk_part(&rest[number..]) {
            return Some(lower);
        }
    }
    for prefix in ["mmcblk", "loop"] {
        if let Some(rest) = lower.strip_prefix(prefix) {
            let number = rest.bytes().take_while(u8::is_ascii_digit).count();
            if number > 0 && disk_part(&rest[number..]) {
                return Some(lower);
            }
        }
    }
    if lower.strip_prefix('p').is_some_and(digits) {
        return Some(lower);
    }
    None
}

fn is_size(text: &str) -> bool {
    let number = text.trim_end_matches(['M', 'G', 'T']);
    text.len() - number.len() <= 1
        && number.len() <= 8
        && number.parse::<f64>().is_ok_and(|value| value > 0.0)
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// A size as said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeSaid {
    /// A size or the rest.
    Size(Size),
    /// Leave this partition out.
    None,
    /// The usual size.
    Usual,
    /// Twice what the plan has.
    Double,
    /// Half of what the plan has, or of the room there is.
    Half,
    /// As much as there is memory.
    Memory,
}

impl fmt::Display for SizeSaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(size) => size.fmt(f),
            Self::None => f.write_str("none"),
            Self::Usual => f.write_str("usual"),
            Self::Double => f.write_str("double"),
            Self::Half => f.write_str("half"),
            Self::Memory => f.write_str("memory"),
        }
    }
}

impl FromStr for SizeSaid {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "none" => Self::None,
            "usual" => Self::Usual,
            "double" => Self::Double,
            "half" => Self::Half,
            "memory" => Self::Memory,
            size => Self::Size(size.parse().map_err(|_| ())?),
        })
    }
}
