//! Making the file system of another system smaller, or larger again.

use super::super::Simulated;
use super::super::devices::Device;
use super::{Call, Outcome, done, fail};
use crate::machine::Problem;

pub(super) fn spec(name: &str) -> Option<(&'static [&'static str], std::ops::RangeInclusive<usize>)> {
    Some(match name {
        "e2fsck" => (&["-f", "-p", "-y", "-n", "-v"], 1..=1),
        "resize2fs" => (&["-f", "-p"], 1..=2),
        "ntfsresize" => (
            &[
                "--info|-i", "--no-action|-n", "--size|-s=", "--force|-f", "--no-progress-bar|-P",
                "--check|-c",
            ],
            1..=1,
        ),
        _ => return None,
    })
}

impl Simulated {
    /// The device, if the file system on it is one of these.
    fn with_fs(&self, call: &Call<'_, '_>, fs: &[&str]) -> Option<Device> {
        let device = self.find_device(call.word(0))?;
        let found = self.volume(&device)?.fs.clone()?;
        fs.contains(&found.as_str()).then_some(device)
    }

    pub(super) fn e2fsck(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let Some(device) = self.with_fs(call, &["ext2", "ext3", "ext4"]) else {
            return fail(
                8,
                format!("e2fsck: Bad magic number in super-block while trying to open {}", call.word(0)),
            );
        };
        if !self.holders(&device).is_empty() {
            return fail(8, format!("{} is mounted.\ne2fsck: Cannot continue, aborting.", device.path));
        }
        let Some(volume) = self.volumes.get_mut(&device.place) else { return fail(8, "") };
        volume.checked |= call.has("-f");
        let dirty = volume.problems.contains(&Problem::Dirty);
        volume.problems.retain(|problem| *problem != Problem::Dirty);
        if dirty {
            fail(1, format!("{}: ***** FILE SYSTEM WAS MODIFIED *****", device.path))
        } else {
            done("")
        }
    }

    pub(super) fn resize2fs(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let Some(device) = self.with_fs(call, &["ext2", "ext3", "ext4"]) else {
            return fail(
                1,
                format!("resize2fs: Bad magic number in super-block while trying to open {}", call.word(0)),
            );
        };
        if !self.holders(&device).is_empty() {
            return fail(1, format!("resize2fs: {}: Device or resource busy", device.path));
        }
        let wanted = match call.word(1) {
            "" => device.size / 4096 * 4096,
            text => match ext_size(text) {
                Some(size) => size / 4096 * 4096,
                None => return fail(1, format!("resize2fs: Invalid new size: {text}")),
            },
        };
        let Some(volume) = self.volumes.get_mut(&device.place) else { return fail(1, "") };
        if !volume.checked {
            return fail(1, format!("Please run 'e2fsck -f {}' first.", device.path));
        }
        let least = volume.used.unwrap_or(0) / 20 * 21;
        if wanted < least {
            return fail(1, format!("resize2fs: New size smaller than minimum ({})", least / 4096));
        }
        if wanted > device.size {
            return fail(
                1,
                format!(
                    "The containing partition (or device) is only {} (4k) blocks.\n\
                     You requested a new size of {} blocks.",
                    device.size / 4096,
                    wanted / 4096
                ),
            );
        }
        // Described sizes need not be whole blocks; back at the whole partition is back at the start.
        volume.size = if wanted == device.size / 4096 * 4096 { device.size } else { wanted };
        done("")
    }

    pub(super) fn ntfsresize(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let Some(device) = self.with_fs(call, &["ntfs"]) else {
            return fail(
                1,
                format!(
                    "ERROR(22): Opening '{0}' as NTFS failed: Invalid argument\nThe device '{0}' doesn't have a valid NTFS.",
                    call.word(0)
                ),
            );
        };
        if !self.holders(&device).is_empty() {
            return fail(
                1,
                format!("ERROR: Device '{}' is mounted. You must 'umount' it first.", device.path),
            );
        }
        let Some(volume) = self.volumes.get_mut(&device.place) else { return fail(1, "") };
        if volume.problems.contains(&Problem::Hibernated) {
            return fail(
                1,
                "The NTFS partition is in an unsafe state. Please resume and shutdown Windows fully (no hibernation \
                 or fast restarting).",
            );
        }
        if volume.problems.contains(&Problem::Dirty) && !call.has("--force") {
            return fail(
                1,
                "ERROR: Volume is scheduled for check.\nRun chkdsk /f and please try again, or see option -f.",
            );
        }
        let used = volume.used.unwrap_or(0);
        if call.has("--info") {
            return done(format!(
                "Current volume size: {} bytes\nCurrent device size: {} bytes\nYou might resize at {used} bytes.\n",
                volume.size, device.size
            ));
        }
        let size = match call.value("--size").map(ntfs_size) {
            None => device.size,
            Some(None) => return fail(1, "ERROR: Illegal size option."),
            Some(Some(size)) => size,
        };
        if size > device.size {
            return fail(
                1,
                "ERROR: New size can't be bigger than the device size.\nIf you want to enlarge NTFS then first enlarge the device size by e.g. fdisk.",
            );
        }
        if size < used {
            return fail(1, format!("ERROR: New size can't be less than {used} bytes (space in use)."));
        }
        if call.has("--no-action") {
            return done("The read-only test run ended successfully.\n");
        }
        if call.args.count("--force") < 2 && !call.stdin.trim_start().starts_with(['y', 'Y']) {
            return fail(
                1,
                "Are you sure you want to proceed (y/[n])? OK quitting. NO CHANGES have been made to your NTFS volume.",
            );
        }
        volume.size = size;
        done("Successfully resized NTFS on device.\n")
    }
}

/// A size of resize2fs: 4 KiB blocks, or with a letter.
fn ext_size(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "" => 4096,
        "s" => 512,
        "K" | "k" => 1 << 10,
        "M" | "m" => 1 << 20,
        "G" | "g" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// A size of ntfsresize: bytes, or with a letter that means powers of 1000.
fn ntfs_size(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}
