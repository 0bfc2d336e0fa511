use super::*;
use proptest::prelude::*;

/// A sparse device: bytes at offsets, zero elsewhere.
fn device(parts: Vec<(usize, Vec<u8>)>) -> impl FnMut(u64, usize) -> Option<Vec<u8>> {
    move |offset, len| {
        let mut bytes = vec![0; len];
        for (at, part) in &parts {
            for (i, byte) in part.iter().enumerate() {
                let place = at + i;
                if let Some(place) = place.checked_sub(offset as usize).filter(|p| *p < len) {
                    bytes[place] = *byte;
                }
            }
        }
        Some(bytes)
    }
}

#[test]
fn ext4_counts_blocks_of_both_halves() {
    let mut sb = vec![0; 1024];
    sb[0x38..0x3a].copy_from_slice(&0xef53u16.to_le_bytes());
    sb[0x04..0x08].copy_from_slice(&1000u32.to_le_bytes());
    sb[0x0c..0x10].copy_from_slice(&400u32.to_le_bytes());
    sb[0x18] = 2;
    assert_eq!(used_in("ext4", &mut device(vec![(1024, sb.clone())])), Some(600 * 4096));
    sb[0x60] = 0x80;
    sb[0x150] = 1;
    assert_eq!(used_in("ext4", &mut device(vec![(1024, sb.clone())])), Some(((1 << 32) + 600) * 4096));
    sb[0x18] = 200;
    assert_eq!(used_in("ext4", &mut device(vec![(1024, sb)])), None);
}

#[test]
fn btrfs_and_xfs_say_it_themselves() {
    let mut sb = vec![0; 4096];
    sb[0x40..0x48].copy_from_slice(b"_BHRfS_M");
    sb[0x78..0x80].copy_from_slice(&12345u64.to_le_bytes());
    sb[0x88] = 1;
    assert_eq!(used_in("btrfs", &mut device(vec![(65536, sb.clone())])), Some(12345));
    sb[0x88] = 2;
    assert_eq!(used_in("btrfs", &mut device(vec![(65536, sb)])), None);
    let mut sb = vec![0; 512];
    sb[..4].copy_from_slice(b"XFSB");
    sb[4..8].copy_from_slice(&4096u32.to_be_bytes());
    sb[8..16].copy_from_slice(&1000u64.to_be_bytes());
    sb[144..152].copy_from_slice(&250u64.to_be_bytes());
    assert_eq!(used_in("xfs", &mut device(vec![(0, sb)])), Some(750 * 4096));
}

fn boot_sector(sectors: u32, fat_sectors: u16) -> Vec<u8> {
    let mut boot = vec![0; 512];
    boot[11..13].copy_from_slice(&512u16.to_le_bytes());
    boot[13] = 4;
    boot[14] = 4;
    boot[16] = 2;
    boot[17..19].copy_from_slice(&512u16.to_le_bytes());
    boot[22..24].copy_from_slice(&fat_sectors.to_le_bytes());
    boot[32..36].copy_from_slice(&sectors.to_le_bytes());
    boot
}

#[test]
fn fat_is_counted_entry_by_entry() {
    // 16 bits: three clusters taken after the two reserved entries.
    let table = vec![0xf8, 0xff, 0xff, 0xff, 3, 0, 0xff, 0xff, 0, 0, 0xff, 0xff];
    let parts = vec![(0, boot_sector(60_000, 64)), (4 * 512, table)];
    assert_eq!(used_in("vfat", &mut device(parts)), Some(3 * 2048));
    // 12 bits: entries 2 and 3 taken.
    let parts = vec![(0, boot_sector(4000, 12)), (4 * 512, vec![0xf8, 0xff, 0xff, 0x03, 0xf0, 0xff])];
    assert_eq!(used_in("vfat", &mut device(parts)), Some(2 * 2048));
    // A table shorter than its clusters need.
    assert_eq!(used_in("vfat", &mut device(vec![(0, boot_sector(60_000, 1))])), None);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..700), patch in any::<bool>()) {
        let mut bytes = bytes;
        if patch && bytes.len() > 64 {
            bytes[11..13].copy_from_slice(&512u16.to_le_bytes());
            bytes[4..8].copy_from_slice(b"\0\0\x10\0");
        }
        for fs in ["ext4", "btrfs", "xfs", "vfat", "other"] {
            // Whatever is read, it is these bytes: short, long, nonsense.
            let _ = used_in(fs, &mut |_, _| Some(bytes.clone()));
        }
    }
}
