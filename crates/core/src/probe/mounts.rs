//! Mounts and swaps as the kernel lists them.

use std::path::PathBuf;

use super::text::unescape;

/// A line of /proc/self/mountinfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountLine {
    /// `major:minor` of the file system; not the device's for btrfs.
    pub dev: String,
    /// Where.
    pub target: PathBuf,
    /// File system type.
    pub fs: String,
    /// Device or name.
    pub source: String,
}

/// Reads /proc/self/mountinfo; what is not a mount line is left out.
pub fn parse_mountinfo(text: &str) -> Vec<MountLine> {
    text.lines().filter_map(parse_line).collect()
}

// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue (proc_pid_mountinfo(5))
fn parse_line(line: &str) -> Option<MountLine> {
    let (place, what) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(2);
    let dev = place.next()?.to_string();
    let target = PathBuf::from(unescape(place.nth(1)?));
    let mut what = what.split(' ');
    let fs = unescape(what.next()?);
    let source = unescape(what.next().unwrap_or_default());
    Some(MountLine { dev, target, fs, source })
}

/// The devices of /proc/swaps; swap files are left out (their file system is mounted).
pub fn parse_swaps(text: &str) -> Vec<String> {
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let device = words.next()?;
            (words.next()? == "partition").then(|| unescape(device))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn mountinfo_gives_device_place_and_type() {
        let text = "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n\
                    30 27 0:45 /@home /srv/my\\040disk rw - btrfs /dev/sda2 rw,subvol=/@home\n\
                    31 27 0:50 / /empty rw -  \n\
                    garbage\n";
        let mounts = parse_mountinfo(text);
        let short: Vec<_> = mounts
            .iter()
            .map(|m| (m.dev.as_str(), m.target.to_str().unwrap(), m.fs.as_str(), m.source.as_str()))
            .collect();
        assert_eq!(short[0], ("254:0", "/", "ext4", "/dev/vda"));
        assert_eq!(short[1], ("0:45", "/srv/my disk", "btrfs", "/dev/sda2"));
    }

    #[test]
    fn only_swap_partitions_count() {
        let text = "Filename\t\t\t\tType\t\tSize\n/dev/sda3 partition 100 0 -2\n/swap.img file 100 0 -3\n";
        assert_eq!(parse_swaps(text), ["/dev/sda3"]);
        assert!(parse_swaps("").is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(?s)([ -~\\n\\\\]| - ){0,200}") {
            let _ = (parse_mountinfo(&text), parse_swaps(&text));
        }
    }
}
