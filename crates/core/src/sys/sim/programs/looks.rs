//! Programs that only look, for a person who asks in a rehearsal. Their flags are not checked: what may be asked
//! is checked where it is asked.

use std::path::Path;

use super::super::Simulated;
use super::{Call, Outcome, done, fail};
use crate::size::decimal;

/// Every flag that a look may carry; none changes what is shown here.
const ANY: &[&str] = &[
    "-a", "-l", "-la", "-al", "-h", "-f", "-p", "-m", "-g", "-k", "-T", "-s", "-r", "-v", "-vv", "-n", "-nn",
    "-b", "-d", "-i", "-o=", "-J", "-S", "-t=", "-u", "-1", "-4", "-6", "--fs", "--json", "--all",
    "--human-readable", "--output=", "--bytes", "--paths", "--nodeps", "--noheadings", "--list", "--pretty",
    "--utc", "--real", "-br", "-brief", "-c", "--color=", "-tm", "-x",
];

pub(super) fn spec(name: &str) -> Option<(&'static [&'static str], std::ops::RangeInclusive<usize>)> {
    let looks = [
        "cat", "date", "df", "findmnt", "free", "ip", "ls", "lsblk", "lscpu", "lspci", "lsusb", "uname",
        "uptime",
    ];
    looks.contains(&name).then_some((ANY, 0..=16))
}

impl Simulated {
    pub(super) fn look(&mut self, name: &str, call: &mut Call<'_, '_>) -> Outcome {
        match name {
            "lsblk" => done(self.lsblk()),
            "df" | "findmnt" => done(self.df()),
            "free" => {
                let mib = self.machine.memory_bytes >> 20;
                done(format!(
                    "               total        used        free\nMem: {mib:>12} {:>11} {:>11}\n",
                    mib / 8,
                    mib - mib / 8
                ))
            }
            "ls" => {
                let path = if call.args.rest.is_empty() { "/".to_string() } else { call.word(0).to_string() };
                if self.node(Path::new(&path))?.is_none() {
                    return fail(2, format!("ls: cannot access '{path}': No such file or directory"));
                }
                done(self.names(&call.root, &path).join("\n"))
            }
            "cat" => {
                let mut out = String::new();
                for path in call.args.rest.clone() {
                    if self.node(Path::new(&path))?.is_none() {
                        return fail(1, format!("cat: {path}: No such file or directory"));
                    }
                    out.push_str(&self.text(&call.root, &path));
                }
                done(out)
            }
            "uname" => {
                done(format!("Linux levitate-live {} x86_64 GNU/Linux\n", super::super::worlds::KERNEL))
            }
            "date" => done("Mon Jan  5 12:00:00 UTC 2026\n"),
            "uptime" => done(" 12:00:00 up 5 min,  1 user,  load average: 0.10, 0.05, 0.01\n"),
            "lscpu" => done(
                "Architecture:            x86_64\nCPU(s):                  4\nModel name:              simulated\n",
            ),
            "ip" => done(
                "1: lo    inet 127.0.0.1/8 scope host lo\n2: eth0    inet 192.0.2.10/24 scope global eth0\n",
            ),
            _ => done(""),
        }
    }

    fn lsblk(&self) -> String {
        let mut out = String::from("NAME             SIZE TYPE  FSTYPE       MOUNTPOINTS\n");
        let mut row = |depth: usize, path: &str, size: u64, kind: &str, fs: &str| {
            let name = path.trim_start_matches("/dev/mapper/").trim_start_matches("/dev/");
            let point = self
                .mounts
                .iter()
                .find(|mount| mount.source == path)
                .map(|mount| mount.target.display().to_string());
            let indent = "  ".repeat(depth);
            let line = format!(
                "{indent}{name:<width$} {:>8} {kind:<5} {fs:<12} {}",
                decimal(size),
                point.unwrap_or_default(),
                width = 12 - indent.len()
            );
            out.push_str(line.trim_end());
            out.push('\n');
        };
        for disk in self.facts().disks {
            row(0, &disk.path, disk.size_bytes, "disk", "");
            for partition in &disk.partitions {
                row(1, &partition.path, partition.size_bytes, "part", partition.fs.as_deref().unwrap_or(""));
                for (name, place) in &self.mappers {
                    let path = format!("/dev/mapper/{name}");
                    if place.disk == disk.path
                        && place.start == partition.start_bytes
                        && let Some(device) = self.find_device(&path)
                    {
                        let fs =
                            self.volume(&device).and_then(|volume| volume.fs.clone()).unwrap_or_default();
                        row(2, &path, device.size, "crypt", &fs);
                    }
                }
            }
        }
        out
    }

    fn df(&self) -> String {
        let mut out = String::from("Filesystem             Size     Used  Mounted on\n");
        for mount in &self.mounts {
            if let Ok(usage) = self.usage_of(&mount.target) {
                out.push_str(&format!(
                    "{:<20} {:>8} {:>8}  {}\n",
                    mount.source,
                    decimal(usage.total),
                    decimal(usage.used),
                    mount.target.display()
                ));
            }
        }
        out
    }
}
