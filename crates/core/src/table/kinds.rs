//! What a partition is for, in the words of the two tables: GPT type GUIDs and MBR type bytes.
//!
//! Sources: the Discoverable Partitions Specification (UAPI group) and the list in `fdisk -l`'s manual.

use crate::machine::PartitionKind;

/// Type GUID of a kind when we make a partition of it; `None` for an extended partition, which GPT lacks.
pub fn guid_of_kind(kind: PartitionKind) -> Option<&'static str> {
    Some(match kind {
        PartitionKind::Esp => "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
        PartitionKind::BiosBoot => "21686148-6449-6e6f-744e-656564454649",
        // The generic one: a root GUID would invite systemd to mount it on its own beside fstab.
        PartitionKind::Linux => "0fc63daf-8483-4772-8e79-3d69d8477de4",
        PartitionKind::LinuxHome => "933ac7e1-2eb4-4f13-b844-0e14e2aef915",
        PartitionKind::Swap => "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",
        PartitionKind::Luks => "ca7d7ccb-63ed-4c53-861c-1742536059cc",
        PartitionKind::Lvm => "e6d6d379-f507-44c2-a23c-238f2a3df928",
        PartitionKind::Raid => "a19d880f-05fc-4d3b-a006-743f0f84911e",
        PartitionKind::MicrosoftBasic => "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7",
        PartitionKind::MicrosoftReserved => "e3c9e316-0b5c-4db8-817d-f92df00215ae",
        PartitionKind::WindowsRecovery => "de94bba4-06d1-4d40-a16a-bfd50179d6ac",
        PartitionKind::Apple => "7c3457ef-0000-11aa-aa11-00306543ecac",
        // "Linux reserved": says that somebody owns it and nothing more.
        PartitionKind::Unknown => "8da63339-0007-60c0-c436-083ac8230908",
        PartitionKind::Extended => return None,
    })
}

/// The kind a type GUID stands for; upper or lower case.
pub fn kind_from_guid(guid: &str) -> PartitionKind {
    match guid.to_ascii_lowercase().as_str() {
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" => PartitionKind::Esp,
        "21686148-6449-6e6f-744e-656564454649" => PartitionKind::BiosBoot,
        "933ac7e1-2eb4-4f13-b844-0e14e2aef915" => PartitionKind::LinuxHome,
        "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f" => PartitionKind::Swap,
        "ca7d7ccb-63ed-4c53-861c-1742536059cc" => PartitionKind::Luks,
        "e6d6d379-f507-44c2-a23c-238f2a3df928" => PartitionKind::Lvm,
        "a19d880f-05fc-4d3b-a006-743f0f84911e" => PartitionKind::Raid,
        "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" => PartitionKind::MicrosoftBasic,
        "e3c9e316-0b5c-4db8-817d-f92df00215ae" => PartitionKind::MicrosoftReserved,
        "de94bba4-06d1-4d40-a16a-bfd50179d6ac" => PartitionKind::WindowsRecovery,
        // HFS+, APFS, Apple boot, Core Storage.
        "48465300-0000-11aa-aa11-00306543ecac"
        | "7c3457ef-0000-11aa-aa11-00306543ecac"
        | "426f6f74-0000-11aa-aa11-00306543ecac"
        | "53746f72-6167-11aa-aa11-00306543ecac" => PartitionKind::Apple,
        // Generic, root of x86, x86-64, arm, arm64, riscv64, /usr of x86-64, extended boot, /srv, /var, /var/tmp.
        "0fc63daf-8483-4772-8e79-3d69d8477de4"
        | "44479540-f297-41b2-9af7-d131d5f0458a"
        | "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
        | "69dad710-2ce4-4e3c-b16c-21a1d49abed3"
        | "b921b045-1df0-41c3-af44-4c6f280d3fae"
        | "72ec70a6-cf74-40e6-bd49-4bda08e8f224"
        | "8484680c-9521-48c6-9c11-b0720656f69e"
        | "bc13c2ff-59e6-4262-a352-b275fd6f7172"
        | "3b8f8425-20e0-4f3b-907f-1a25a76f98e8"
        | "4d21b016-b534-45c2-a9fb-5c16e091fd2d"
        | "7ec6f557-3bc5-4aca-b293-16ef5df639d1" => PartitionKind::Linux,
        _ => PartitionKind::Unknown,
    }
}

/// MBR type byte of a kind when we make a partition of it; `None` where an MBR has no such thing.
pub fn mbr_type_of_kind(kind: PartitionKind) -> Option<u8> {
    Some(match kind {
        PartitionKind::Esp => 0xef,
        PartitionKind::Linux | PartitionKind::LinuxHome => 0x83,
        PartitionKind::Swap => 0x82,
        PartitionKind::Luks => 0xe8,
        PartitionKind::Lvm => 0x8e,
        PartitionKind::Raid => 0xfd,
        PartitionKind::MicrosoftBasic => 0x07,
        PartitionKind::WindowsRecovery => 0x27,
        PartitionKind::Apple => 0xaf,
        PartitionKind::Extended => 0x0f,
        PartitionKind::Unknown => 0xda,
        PartitionKind::BiosBoot | PartitionKind::MicrosoftReserved => return None,
    })
}

/// The kind an MBR type byte stands for.
pub fn kind_from_mbr_type(byte: u8) -> PartitionKind {
    match byte {
        0xef => PartitionKind::Esp,
        0x83 => PartitionKind::Linux,
        0x82 => PartitionKind::Swap,
        0xe8 => PartitionKind::Luks,
        0x8e => PartitionKind::Lvm,
        0xfd => PartitionKind::Raid,
        // FAT12, FAT16, NTFS/exFAT, FAT32 in all their spellings.
        0x01 | 0x04 | 0x06 | 0x07 | 0x0b | 0x0c | 0x0e => PartitionKind::MicrosoftBasic,
        0x27 => PartitionKind::WindowsRecovery,
        0xa8 | 0xab | 0xaf => PartitionKind::Apple,
        0x05 | 0x0f | 0x85 => PartitionKind::Extended,
        _ => PartitionKind::Unknown,
    }
}

/// The sixteen bytes of a GUID as a GPT stores them: the first three groups little-endian.
pub fn guid_bytes(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<&str> = text.split('-').collect();
    if groups.iter().map(|group| group.len()).ne([8, 4, 4, 4, 12]) {
        return None;
    }
    let hex: Vec<u8> = groups
        .concat()
        .bytes()
        .map(|b| char::from(b).to_digit(16))
        .collect::<Option<Vec<_>>>()?
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect();
    let mut bytes: [u8; 16] = hex.try_into().ok()?;
    swap(&mut bytes);
    Some(bytes)
}

/// The text of a GUID in a GPT, lower case.
pub fn guid_text(bytes: [u8; 16]) -> String {
    let mut bytes = bytes;
    swap(&mut bytes);
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if [4, 6, 8, 10].contains(&i) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn swap(bytes: &mut [u8; 16]) {
    bytes[0..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
}
