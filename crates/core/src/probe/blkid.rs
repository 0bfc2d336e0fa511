//! Partition tables and content, as `blkid -p` finds them on the device itself, never from a cache.

use std::collections::BTreeMap;

use super::Look;
use super::text::{clean, unescape};
use crate::machine::{PartitionKind, TableKind};
use crate::sys::SysError;
use crate::table::{kind_from_guid, kind_from_mbr_type};

/// What is on a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The partition table on it.
    pub table: Option<TableKind>,
    /// blkid's name of the file system or container.
    pub fs: Option<String>,
    /// Label, cleaned.
    pub label: Option<String>,
    /// UUID, cleaned.
    pub uuid: Option<String>,
    /// Type in the partition table that it is an entry of: a GUID, or `0x83`.
    pub entry_type: Option<String>,
    /// Length in that table.
    pub entry_bytes: Option<u64>,
    /// It could not be told: signatures contradict each other, or the device cannot be read.
    pub unclear: bool,
}

impl Content {
    /// What the table says the partition is for.
    pub fn kind(&self) -> PartitionKind {
        let Some(entry) = self.entry_type.as_deref() else { return PartitionKind::Unknown };
        match entry.strip_prefix("0x") {
            Some(hex) => u8::from_str_radix(hex, 16).map_or(PartitionKind::Unknown, kind_from_mbr_type),
            None => kind_from_guid(entry),
        }
    }

    /// True where a disk without partitions is not blank all the same.
    pub fn holds_something(&self) -> bool {
        self.fs.is_some() || self.unclear
    }
}

/// Asks `blkid` about a device. One that cannot be read has no facts.
///
/// # Errors
/// `blkid` is missing, or a wish to stop.
pub fn ask(look: &mut dyn Look, device: &str) -> Result<Content, SysError> {
    match look.run(&["blkid", "-p", "-o", "export", device]) {
        Ok(output) => {
            // 2 is "nothing found" and "cannot open" alike; only the latter complains.
            let unclear = output.status == 8 || output.stderr.contains("error");
            Ok(Content { unclear, ..parse_export(&output.stdout) })
        }
        Err(error @ (SysError::Missing(_) | SysError::Cancelled | SysError::Killed)) => Err(error),
        Err(error) => {
            tracing::warn!(device, %error, "the device could not be looked at");
            Ok(Content { unclear: true, ..Content::default() })
        }
    }
}

/// Reads `blkid -o export` of one device.
pub fn parse_export(text: &str) -> Content {
    let fields: BTreeMap<&str, String> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key, unescape(value)))
        .collect();
    let field = |key: &str| fields.get(key).and_then(|value| clean(value));
    Content {
        table: match field("PTTYPE").as_deref() {
            Some("gpt") => Some(TableKind::Gpt),
            Some("dos") => Some(TableKind::Mbr),
            _ => None,
        },
        fs: field("TYPE"),
        label: field("LABEL"),
        uuid: field("UUID"),
        entry_type: field("PART_ENTRY_TYPE"),
        entry_bytes: field("PART_ENTRY_SIZE").and_then(|size| size.parse::<u64>().ok()?.checked_mul(512)),
        unclear: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_partition_has_content_and_an_entry() {
        let content = parse_export(
            "DEVNAME=/dev/sda3\nLABEL=My\\ Disk\nBLOCK_SIZE=512\nUUID=3FBBFD68087233A1\nTYPE=ntfs\nUSAGE=filesystem\n\
             PART_ENTRY_SCHEME=gpt\nPART_ENTRY_NAME=Basic\\ data\\ partition\n\
             PART_ENTRY_TYPE=ebd0a0a2-b9e5-4433-87c0-68b6b72699c7\nPART_ENTRY_SIZE=2048\n",
        );
        assert_eq!(content.fs.as_deref(), Some("ntfs"));
        assert_eq!(content.label.as_deref(), Some("My Disk"));
        assert_eq!(content.kind(), PartitionKind::MicrosoftBasic);
        assert_eq!(content.entry_bytes, Some(1 << 20));
    }

    #[test]
    fn an_entry_of_an_mbr_is_a_number() {
        let kind = |entry: &str| parse_export(&format!("PART_ENTRY_TYPE={entry}")).kind();
        assert_eq!(kind("0x83"), PartitionKind::Linux);
        assert_eq!(kind("0x5"), PartitionKind::Extended);
        assert_eq!(kind("0xzz"), PartitionKind::Unknown);
        assert_eq!(kind("nonsense"), PartitionKind::Unknown);
    }

    #[test]
    fn nothing_found_is_nothing_there() {
        assert_eq!(parse_export(""), Content::default());
        assert_eq!(parse_export("PTTYPE=gpt").table, Some(TableKind::Gpt));
        assert_eq!(parse_export("PTTYPE=dos").table, Some(TableKind::Mbr));
        assert_eq!(parse_export("PTTYPE=mac").table, None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(?s)(TYPE=|LABEL=|PART_ENTRY_TYPE=0x|.|\\n){0,100}") {
            let _ = parse_export(&text).kind();
        }
    }
}
