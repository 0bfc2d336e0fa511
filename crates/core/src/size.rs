//! Sizes as people say them: `512M`, `8 GB`, `1.5T`, `rest`. Units are powers of 1024 (contract, section 3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One mebibyte in bytes: the alignment of every partition we make.
pub const MIB: u64 = 1 << 20;
/// One gibibyte in bytes.
pub const GIB: u64 = 1 << 30;

/// The size of a partition to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// An exact number of bytes.
    Bytes(u64),
    /// Whatever is left when every other partition has its size.
    Rest,
}

impl Size {
    /// A size in mebibytes.
    pub const fn mib(n: u64) -> Self {
        Self::Bytes(n * MIB)
    }

    /// A size in gibibytes.
    pub const fn gib(n: u64) -> Self {
        Self::Bytes(n * GIB)
    }

    /// The bytes, or `None` for `rest`.
    pub const fn bytes(self) -> Option<u64> {
        match self {
            Self::Bytes(n) => Some(n),
            Self::Rest => None,
        }
    }
}

/// Why a text is not a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a size: say it like 512M, 8G, 1.5T or rest")]
pub struct SizeError(pub String);

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let error = || SizeError(text.chars().take(40).collect());
        let lower = text.trim().to_lowercase();
        if lower == "rest" {
            return Ok(Self::Rest);
        }
        let digits = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
        let (number, unit) = lower.split_at(digits);
        let factor = match unit.trim() {
            "b" => 1,
            "k" | "kb" | "kib" => 1 << 10,
            "m" | "mb" | "mib" => MIB,
            "" | "g" | "gb" | "gib" => GIB,
            "t" | "tb" | "tib" => 1 << 40,
            _ => return Err(error()),
        };
        let value: f64 = number.parse().map_err(|_| error())?;
        let bytes = value * factor as f64;
        // 2^60 bytes is more than any disk; a larger number is a slip of the finger.
        if !bytes.is_finite() || bytes < 1.0 || bytes > (1u64 << 60) as f64 {
            return Err(error());
        }
        Ok(Self::Bytes(bytes.round() as u64))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Bytes(bytes) = *self else { return f.write_str("rest") };
        for (unit, letter) in [(1u64 << 40, 'T'), (GIB, 'G'), (MIB, 'M'), (1 << 10, 'K')] {
            if bytes >= unit {
                let value = bytes as f64 / unit as f64;
                // Exact to two decimals, or a smaller unit says it exactly.
                if (value * 100.0).fract() == 0.0 {
                    return write!(f, "{value}{letter}");
                }
            }
        }
        write!(f, "{bytes}B")
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Bytes as the box of a disk says them (powers of 1000): `500GB`, `1TB`, `31.9GB`.
pub fn decimal(bytes: u64) -> String {
    human(bytes, 1000.0, ["B", "KB", "MB", "GB", "TB", "PB"])
}

fn human(bytes: u64, base: f64, units: [&str; 6]) -> String {
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= base && unit + 1 < units.len() {
        value /= base;
        unit += 1;
    }
    let rounded = if value < 100.0 { (value * 10.0).round() / 10.0 } else { value.round() };
    format!("{rounded}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_as_people_say_them() {
        for (text, bytes) in [
            ("512M", 512 * MIB),
            ("8 gb", 8 * GIB),
            ("8GiB", 8 * GIB),
            ("1.5T", 1536 * GIB),
            ("80", 80 * GIB),
        ] {
            assert_eq!(text.parse::<Size>(), Ok(Size::Bytes(bytes)), "{text}");
        }
        for text in ["", "G", "-1G", "1e9G", "0", "8 apples", "1.2.3G", "NaN", "inf"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn decimal_names_a_disk_like_its_box() {
        assert_eq!(decimal(500_107_862_016), "500GB");
        assert_eq!(decimal(1_000_204_886_016), "1TB");
        assert_eq!(decimal(31_914_983_424), "31.9GB");
        assert_eq!(decimal(536_870_912), "537MB");
    }

    proptest! {
        #[test]
        fn display_and_parse_are_inverse(bytes in 1u64..(1 << 60)) {
            // f64 carries 53 bits; beyond that a size in bytes is printed exactly but read rounded.
            let bytes = bytes & !0xff;
            prop_assume!(bytes > 0);
            prop_assert_eq!(Size::Bytes(bytes).to_string().parse::<Size>(), Ok(Size::Bytes(bytes)));
        }
    }
}
