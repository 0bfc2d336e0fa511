//! What this computer can do: instructions, cores, memory.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

/// Threads for the model: the cores (not hyper-threads) that nothing else is busy on, one or two. More threads than
/// free cores wait for each other and are slower than one.
pub fn threads() -> usize {
    // A single look is chance: the least of several. The average of the last minute says what ran, not what runs; on
    // a live system that has just started it is high for no reason that lasts. `pace` sees what comes later.
    let looks = (0..LOOKS).map(|look| {
        std::thread::sleep(if look == 0 { Duration::ZERO } else { BETWEEN_LOOKS });
        fs::read_to_string("/proc/loadavg").map_or(0, |text| running(&text))
    });
    let busy = looks.min().unwrap_or(0);
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    free(cores().min(allowed), busy)
}

/// How many looks at what runs, and how far apart.
const LOOKS: usize = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// How many threads run now beside this one, of a line as in `/proc/loadavg`.
fn running(text: &str) -> usize {
    let now = text.split_whitespace().nth(3).and_then(|word| word.split('/').next()?.parse::<usize>().ok());
    now.unwrap_or(1).saturating_sub(1)
}

/// Of `cores`, those that are free beside so many busy threads; one or two.
fn free(cores: usize, busy: usize) -> usize {
    cores.saturating_sub(busy).clamp(1, 2)
}

/// Cores of the processor; hyper-threads of one core count once.
fn cores() -> usize {
    let Ok(entries) = fs::read_dir("/sys/devices/system/cpu") else { return 1 };
    let siblings: BTreeSet<String> = entries
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("topology/thread_siblings_list")).ok())
        .collect();
    siblings.len().max(1)
}

/// The first instruction set that llama.cpp is built with and this processor lacks.
pub fn missing_instruction() -> Option<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        let needed = [
            (has!("sse4.2"), "SSE 4.2"),
            (has!("avx"), "AVX"),
            (has!("avx2"), "AVX2"),
            (has!("bmi2"), "BMI2"),
            (has!("fma"), "FMA"),
            (has!("f16c"), "F16C"),
        ];
        needed.into_iter().find(|(has, _)| !has).map(|(_, name)| name)
    }
    #[cfg(not(target_arch = "x86_64"))]
    None
}

/// The most memory this process has had resident so far, in bytes.
pub fn peak_memory() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// Memory that can be had, in bytes.
pub fn free_memory() -> Option<u64> {
    field(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// A line `name   123 kB`, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_the_free_cores_and_two_at_most() {
        assert_eq!(free(8, 0), 2);
        assert_eq!(free(2, 0), 2);
        assert_eq!(free(2, 1), 1);
        assert_eq!(free(2, 9), 1);
        assert_eq!(free(4, 2), 2);
        assert_eq!(free(1, 0), 1);
    }

    #[test]
    fn what_runs_now_counts_and_not_what_ran() {
        assert_eq!(running("2.42 2.51 2.14 3/85 26234\n"), 2);
        assert_eq!(running("9.00 8.01 7.05 1/120 9"), 0);
        assert_eq!(running(""), 0);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(field("VmPeak:\t 7 kB\nVmHWM:\t     123 kB\n", "VmHWM:"), Some(123 * 1024));
        assert_eq!(field("VmHWM:\t lots\n", "VmHWM:"), None);
        assert!(peak_memory().unwrap() > 1 << 20);
    }
}
