//! Windows volumes: how full, and whether Windows left them in a state that forbids a resize.
//!
//! Only the read-only tools of ntfs-3g. `ntfs-3g.probe --readwrite` would tell a hibernated volume too, but
//! opens it for writing and may write; `ntfsresize --info` does not tell at all.

use super::Look;
use crate::machine::Problem;

/// What is known of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Bytes in use.
    pub used_bytes: Option<u64>,
    /// What forbids a resize.
    pub problems: Vec<Problem>,
}

/// What `ntfsinfo -m` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// Bytes of a cluster.
    pub cluster: u64,
    /// Bytes in use.
    pub used_bytes: Option<u64>,
    /// Windows wants to check it, or did not close it.
    pub dirty: bool,
}

/// Looks at a volume, as far as the tools are there.
pub fn look_at(look: &mut dyn Look, device: &str) -> Volume {
    let Ok(output) = look.run(&["ntfsinfo", "-f", "-m", device]) else { return Volume::default() };
    let Some(info) = parse_info(&output.stdout) else { return Volume::default() };
    let mut problems = Vec::new();
    if is_hibernated(look, device, info.cluster) {
        problems.push(Problem::Hibernated);
    }
    if info.dirty {
        problems.push(Problem::Dirty);
    }
    Volume { used_bytes: info.used_bytes, problems }
}

/// Reads `ntfsinfo -m`.
pub fn parse_info(text: &str) -> Option<Info> {
    let field = |name: &str| {
        text.lines()
            .filter_map(|line| line.trim().split_once(':'))
            .find(|(key, _)| *key == name)
            .map(|(_, v)| v.trim())
    };
    let number = |name: &str| field(name)?.split_whitespace().next()?.parse::<u64>().ok();
    let cluster = number("Cluster Size")?;
    let used = number("Volume Size in Clusters").zip(number("Free Clusters"));
    // Bit 0 of the flags; "0x0001".
    let flags = field("Volume Flags").and_then(|flags| {
        u32::from_str_radix(flags.split_whitespace().next()?.trim_start_matches("0x"), 16).ok()
    });
    Some(Info {
        cluster,
        used_bytes: used.and_then(|(all, free)| all.checked_sub(free)?.checked_mul(cluster)),
        dirty: flags.unwrap_or(0) & 1 != 0,
    })
}

/// Windows, when it hibernates or shuts down fast, starts `hiberfil.sys` with `hibr`; it wipes that on resume.
fn is_hibernated(look: &mut dyn Look, device: &str, cluster: u64) -> bool {
    let Ok(output) = look.run(&["ntfscluster", "-f", "-F", "/hiberfil.sys", device]) else { return false };
    let Some(first) = parse_first_cluster(&output.stdout).and_then(|lcn| lcn.checked_mul(cluster)) else {
        return false;
    };
    look.read_device(device, first, 4).is_some_and(|magic| magic.eq_ignore_ascii_case(b"hibr"))
}

/// The first cluster of a file, from `ntfscluster -F`: the row after the heading `VCN LCN Length`.
pub fn parse_first_cluster(text: &str) -> Option<u64> {
    let mut lines = text.lines().skip_while(|line| !line.split_whitespace().eq(["VCN", "LCN", "Length"]));
    let mut row = lines.nth(1)?.split_whitespace();
    let first = row.next()?;
    (first == "0").then(|| row.next()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INFO: &str = "Volume Information \n\tName of device: n.img\n\tVolume Name: My Disk\n\tVolume State: 91\n\
        \tVolume Flags: 0x0001 DIRTY\n\tSector Size: 512\n\tCluster Size: 4096\n\tVolume Size in Clusters: 16383\n\
        \tFree Clusters: 15758 (96.2%)\n";
    const CLUSTERS: &str = "Dump: /hiberfil.sys\n    0x10 - resident\n    0x80 - non-resident\n\
        \x20              VCN     LCN     Length\n                 0     8704        3\n";

    #[test]
    fn the_volume_says_how_full_and_how_clean_it_is() {
        let info = parse_info(INFO).unwrap();
        assert_eq!(info, Info { cluster: 4096, used_bytes: Some((16383 - 15758) * 4096), dirty: true });
        assert!(!parse_info(&INFO.replace("0x0001 DIRTY", "0x0000")).unwrap().dirty);
        assert_eq!(parse_info("Failed to open"), None);
    }

    #[test]
    fn a_file_starts_at_a_cluster_or_lies_in_its_record() {
        assert_eq!(parse_first_cluster(CLUSTERS), Some(8704));
        assert_eq!(parse_first_cluster("Dump: /hiberfil.sys\n    0x80 - resident\n"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(?s)(Cluster Size: |Free Clusters: |VCN LCN Length\\n0 |[0-9]|.){0,60}") {
            let _ = (parse_info(&text), parse_first_cluster(&text));
        }
    }
}
