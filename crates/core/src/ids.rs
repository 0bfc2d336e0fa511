//! UUIDs of a plan: derived from the seed, so that planning is pure and the same wish gives the same plan.

use sha2::{Digest, Sha256};

/// A version 4 UUID (RFC 9562) made of the seed and what it is for.
pub fn uuid(seed: &str, purpose: &str) -> String {
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash(seed, purpose)[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A FAT volume id as blkid says it: `1A2B-3C4D`.
pub fn fat_id(seed: &str, purpose: &str) -> String {
    let hash = hash(seed, purpose);
    format!("{:02X}{:02X}-{:02X}{:02X}", hash[0], hash[1], hash[2], hash[3])
}

/// Hex SHA-256 of a text; the digest of plans.
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(seed: &str, purpose: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(seed.as_bytes());
    hasher.update([0]);
    hasher.update(purpose.as_bytes());
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_version_4_and_depend_on_seed_and_purpose() {
        let one = uuid("seed", "/");
        assert_eq!(one.len(), 36);
        assert_eq!(&one[14..15], "4");
        assert!("89ab".contains(&one[19..20]));
        assert_eq!(one, uuid("seed", "/"));
        assert_ne!(one, uuid("seed", "/home"));
        assert_ne!(one, uuid("dees", "/"));
        assert_eq!(fat_id("seed", "x").len(), 9);
    }
}
