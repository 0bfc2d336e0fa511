//! Bytes in use on a file system that is not mounted, from its own first sectors.
//!
//! Read by ourselves, because the tools differ, are slow or are missing. Every number is untrusted: what does
//! not add up is not known.

use super::Look;

/// Reads part of a file system.
type Read<'a> = dyn FnMut(u64, usize) -> Option<Vec<u8>> + 'a;

/// A file allocation table is counted up to this size; beyond it the volume's own hint is taken.
const LARGEST_FAT: u64 = 8 << 20;

/// Bytes in use on the file system `fs` of a device, where known.
pub fn used(look: &mut dyn Look, device: &str, fs: &str) -> Option<u64> {
    used_in(fs, &mut |offset, len| look.read_device(device, offset, len))
}

/// The same, from anything that can be read.
pub fn used_in(fs: &str, read: &mut Read<'_>) -> Option<u64> {
    match fs {
        "ext2" | "ext3" | "ext4" => ext(&read(1024, 1024)?),
        "btrfs" => btrfs(&read(65536, 4096)?),
        "xfs" => xfs(&read(0, 512)?),
        "vfat" => fat(read),
        _ => None,
    }
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn le16(bytes: &[u8], at: usize) -> Option<u64> {
    field(bytes, at).map(|b| u64::from(u16::from_le_bytes(b)))
}

fn le32(bytes: &[u8], at: usize) -> Option<u64> {
    field(bytes, at).map(|b| u64::from(u32::from_le_bytes(b)))
}

fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    field(bytes, at).map(u64::from_le_bytes)
}

/// <https://docs.kernel.org/filesystems/ext4/super.html>
fn ext(sb: &[u8]) -> Option<u64> {
    if le16(sb, 0x38)? != 0xef53 {
        return None;
    }
    let wide = le32(sb, 0x60)? & 0x80 != 0;
    let high = |at| if wide { le32(sb, at).map(|n| n << 32) } else { Some(0) };
    let blocks = le32(sb, 0x04)? | high(0x150)?;
    let free = le32(sb, 0x0c)? | high(0x158)?;
    let block = 1024u64.checked_shl(u32::try_from(le32(sb, 0x18)?).ok().filter(|n| *n <= 6)?)?;
    blocks.checked_sub(free)?.checked_mul(block)
}

/// <https://btrfs.readthedocs.io/en/latest/dev/On-disk-format.html#superblock>
fn btrfs(sb: &[u8]) -> Option<u64> {
    // bytes_used counts all devices of the file system; with more than one it says nothing about this one.
    (field(sb, 0x40)? == *b"_BHRfS_M" && le64(sb, 0x88)? == 1).then(|| le64(sb, 0x78))?
}

/// Big-endian: block size at 4, blocks at 8, free blocks at 144 (xfs_format.h, `struct xfs_dsb`).
fn xfs(sb: &[u8]) -> Option<u64> {
    let be64 = |at| field(sb, at).map(u64::from_be_bytes);
    if field(sb, 0)? != *b"XFSB" {
        return None;
    }
    let block = u64::from(u32::from_be_bytes(field(sb, 4)?));
    be64(8)?.checked_sub(be64(144)?)?.checked_mul(block)
}

/// Counted in the file allocation table itself: the free count beside it is a hint that systems forget to
/// keep, and an ESP that is fuller than it says is found out too late.
fn fat(read: &mut Read<'_>) -> Option<u64> {
    let boot = read(0, 512)?;
    let nonzero = |n: Option<u64>| n.filter(|n| *n != 0);
    let sector = le16(&boot, 11).filter(|n| matches!(n, 512 | 1024 | 2048 | 4096))?;
    let cluster = sector.checked_mul(u64::from(*boot.get(13).filter(|n| **n != 0)?))?;
    let reserved = nonzero(le16(&boot, 14))?;
    let copies = u64::from(*boot.get(16).filter(|n| **n != 0)?);
    let root = (le16(&boot, 17)? * 32).div_ceil(sector);
    let sectors = nonzero(le16(&boot, 19)).or_else(|| nonzero(le32(&boot, 32)))?;
    let length = nonzero(le16(&boot, 22)).or_else(|| nonzero(le32(&boot, 36)))?;
    let data = sectors.checked_sub(reserved.checked_add(copies.checked_mul(length)?)?.checked_add(root)?)?;
    let clusters = data.checked_mul(sector)? / cluster;
    // Which of the three it is depends on the number of clusters alone (Microsoft's specification).
    let bits: u64 = match clusters {
        0..4085 => 12,
        4085..65525 => 16,
        _ => 32,
    };
    let bytes = ((clusters + 2) * bits).div_ceil(8);
    if bytes > length.checked_mul(sector)? {
        return None;
    }
    let used = if bytes <= LARGEST_FAT {
        let table = read(reserved * sector, usize::try_from(bytes).ok()?)?;
        used_clusters(&table, clusters, bits)?
    } else {
        let info = read(le16(&boot, 48)?.checked_mul(sector)?, 512)?;
        if le32(&info, 0)? != 0x4161_5252 || le32(&info, 484)? != 0x6141_7272 {
            return None;
        }
        clusters.checked_sub(le32(&info, 488)?)?
    };
    used.checked_mul(cluster)
}

fn used_clusters(table: &[u8], clusters: u64, bits: u64) -> Option<u64> {
    let mut used = 0;
    for n in 2..usize::try_from(clusters).ok()?.checked_add(2)? {
        let entry = match bits {
            12 => {
                let pair = le16(table, n / 2 * 3 + n % 2)
                    .or_else(|| table.get(n / 2 * 3 + n % 2).map(|b| u64::from(*b)))?;
                if n % 2 == 0 { pair & 0xfff } else { pair >> 4 }
            }
            16 => le16(table, n * 2)?,
            _ => le32(table, n * 4)? & 0x0fff_ffff,
        };
        used += u64::from(entry != 0);
    }
    Some(used)
}

#[cfg(test)]
mod tests;
