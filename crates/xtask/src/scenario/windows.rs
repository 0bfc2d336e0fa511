//! A disk that looks as Windows leaves it, and the proof that an installation beside it changed none of that.
//!
//! ```text
//! EFI 260M (a loader at the Windows path) | reserved 16M | NTFS, full of files | recovery 512M
//! ```
//! Everything is made on the host with unprivileged means but one: the NTFS volume is mounted (ntfs-3g, FUSE) to
//! fill it. Partitions are made as files and copied into the disk's image.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use nix::errno::Errno;
use nix::unistd::{Whence, lseek64};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::shell;

const LOADER: &str = "EFI/Microsoft/Boot/bootmgfw.efi";
const ESP_FILES: [&str; 3] = [LOADER, "EFI/Microsoft/Boot/BCD", "vendor.txt"];
const TABLE: &str = "label: gpt
size=260MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=\"EFI system partition\"
size=16MiB, type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE, name=\"Microsoft reserved partition\"
size=7000MiB, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name=\"Basic data partition\"
size=512MiB, type=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC, name=\"Recovery\"
";
// Places in the table.
const ESP: usize = 0;
const DATA: usize = 2;
const RECOVERY: usize = 3;

/// How much is copied at once.
const BLOCK: usize = 1 << 20;

/// What was on the disk before: hashes of every file, and of what is no file system's.
pub struct Before {
    esp: BTreeMap<String, String>,
    data: BTreeMap<String, String>,
    recovery: String,
    partitions: Vec<Partition>,
}

/// One entry of the partition table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Partition {
    start: u64,
    size: u64,
    kind: String,
    guid: String,
}

/// Makes the disk and remembers what is on it. `work` is a folder for scratch files.
pub fn prepare(disk: &Path, work: &Path) -> Result<Before> {
    feed(shell::command("sfdisk").arg("--quiet").arg(disk), TABLE)?;
    let partitions = table(disk)?;
    ensure!(partitions.len() == 4, "the new table of {} has {} partitions", disk.display(), partitions.len());

    let esp = make_esp(work, partitions[ESP].size)?;
    let data = make_data(work, &partitions[DATA])?;
    let recovery = make_recovery(work, &partitions[RECOVERY])?;
    for (part, at) in [(&esp, ESP), (&data, DATA), (&recovery, RECOVERY)] {
        copy_sparse(part, 0, disk, partitions[at].start, partitions[at].size)?;
        fs::remove_file(part).with_context(|| format!("cannot remove {}", part.display()))?;
    }
    Ok(Before {
        esp: esp_hashes(disk, partitions[ESP].start)?,
        data: data_hashes(disk, &partitions[DATA], work)?,
        recovery: range_hash(disk, &partitions[RECOVERY])?,
        partitions,
    })
}

impl Before {
    /// Compares the disk with what was on it before.
    pub fn verify(&self, disk: &Path, work: &Path) -> Result<()> {
        let now = table(disk)?;
        for (index, (was, name)) in
            self.partitions.iter().zip(["EFI", "reserved", "NTFS", "recovery"]).enumerate()
        {
            let is = now.get(index).with_context(|| format!("the {name} partition is gone"))?;
            let same = if index == DATA {
                ensure!(is.size < was.size, "the NTFS partition was not made smaller");
                (is.start, &is.kind, &is.guid) == (was.start, &was.kind, &was.guid)
            } else {
                is == was
            };
            ensure!(same, "the {name} partition was {was:?} and is {is:?}");
        }
        ensure!(now.len() > self.partitions.len(), "no partition was added");
        ensure!(
            range_hash(disk, &now[RECOVERY])? == self.recovery,
            "the recovery partition's contents changed"
        );
        same("EFI", &self.esp, &esp_hashes(disk, now[ESP].start)?)?;
        same("NTFS", &self.data, &data_hashes(disk, &now[DATA], work)?)
    }
}

fn same(what: &str, was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) -> Result<()> {
    let lost: Vec<&str> = was
        .iter()
        .filter(|(name, hash)| is.get(*name) != Some(hash))
        .map(|(name, _)| name.as_str())
        .collect();
    match lost.as_slice() {
        [] => Ok(()),
        [first, ..] => {
            bail!("{} of {} {what} files are lost or changed, `{first}` first", lost.len(), was.len())
        }
    }
}

/// The EFI partition with a loader that can start, but has nothing to load: it says who it is.
fn make_esp(work: &Path, bytes: u64) -> Result<PathBuf> {
    let (image, config, loader) = (work.join("esp.img"), work.join("loader.cfg"), work.join("loader.efi"));
    write(&config, b"echo This stands in for the Windows Boot Manager.\nsleep 5\nhalt\n")?;
    shell::run(
        shell::command("grub-mkimage")
            .args(["-O", "x86_64-efi", "-p", "/", "-c"])
            .args([&config, Path::new("-o"), &loader])
            .args(["echo", "sleep", "halt"]),
    )?;
    new_image(&image, bytes)?;
    shell::run(shell::command("mkfs.vfat").args(["-F", "32", "-n", "SYSTEM"]).arg(&image))?;
    let other = work.join("other.txt");
    write(&other, b"a file of another vendor\n")?;
    for folder in ["EFI", "EFI/Microsoft", "EFI/Microsoft/Boot"] {
        shell::run(shell::command("mmd").arg("-i").args([&image, Path::new(&format!("::/{folder}"))]))?;
    }
    for (from, to) in [(&loader, ESP_FILES[0]), (&other, ESP_FILES[1]), (&other, ESP_FILES[2])] {
        shell::run(shell::command("mcopy").arg("-i").args([&image, from, Path::new(&format!("::/{to}"))]))?;
    }
    Ok(image)
}

/// The big volume: many small files, two that grew in turns and so lie in pieces, and some near its end, which a
/// shrink has to move.
fn make_data(work: &Path, partition: &Partition) -> Result<PathBuf> {
    let image = work.join("ntfs.img");
    make_ntfs(&image, partition, "Windows")?;
    mounted(&image, work, |root| {
        let mut pool = Bytes(7);
        for folder in 0..12 {
            let folder = root.join(format!("Users/person {folder}"));
            fs::create_dir_all(&folder)?;
            for file in 0..25_usize {
                fs::write(folder.join(format!("Document {file}.bin")), pool.take(100 + file * 900))?;
            }
        }
        let (mut one, mut two) =
            (File::create(root.join("pagefile.sys"))?, File::create(root.join("Grüße.dat"))?);
        for _ in 0..100 {
            one.write_all(&pool.take(70_000))?;
            two.write_all(&pool.take(50_000))?;
        }
        // What is written after the filler lies behind it, and stays there when the filler goes.
        let filler = root.join("filler");
        let mut file = File::create(&filler)?;
        let block = vec![0; 8 << 20];
        for _ in 0..partition.size * 45 / 100 / block.len() as u64 {
            file.write_all(&block)?;
        }
        drop(file);
        fs::create_dir(root.join("late"))?;
        for file in 0..20 {
            fs::write(root.join(format!("late/{file}.bin")), pool.take(1 << 20))?;
        }
        fs::remove_file(&filler)
    })?;
    Ok(image)
}

fn make_recovery(work: &Path, partition: &Partition) -> Result<PathBuf> {
    let image = work.join("recovery.img");
    make_ntfs(&image, partition, "WinRE")?;
    mounted(&image, work, |root| fs::write(root.join("winre.wim"), Bytes(3).take(5 << 20)))?;
    Ok(image)
}

fn make_ntfs(image: &Path, partition: &Partition, label: &str) -> Result<()> {
    new_image(image, partition.size)?;
    // The volume has to know where on the disk it begins, as it would if it had been made there.
    let start = (partition.start / 512).to_string();
    shell::run(
        shell::command("mkntfs")
            .args([
                "--force", "--fast", "--sector-size", "512", "--heads", "255", "--sectors-per-track", "63",
            ])
            .args(["--partition-start", &start, "--label", label])
            .arg(image),
    )
}

/// Mounts an NTFS image while `work` runs.
fn mounted(image: &Path, scratch: &Path, work: impl FnOnce(&Path) -> io::Result<()>) -> Result<()> {
    let point = scratch.join("mnt");
    fs::create_dir_all(&point).with_context(|| format!("cannot make {}", point.display()))?;
    shell::run(shell::command("ntfs-3g").args([image, &point]))?;
    let done = work(&point).with_context(|| format!("in the volume {}", image.display()));
    shell::run(shell::command("umount").arg(&point))?;
    done
}

fn esp_hashes(disk: &Path, start: u64) -> Result<BTreeMap<String, String>> {
    let at = format!("{}@@{start}", disk.display());
    ESP_FILES
        .iter()
        .map(|name| {
            let bytes = shell::output(shell::command("mtype").args(["-i", &at, &format!("::/{name}")]))?;
            Ok(((*name).to_owned(), hex(Sha256::digest(bytes))))
        })
        .collect()
}

fn data_hashes(disk: &Path, partition: &Partition, work: &Path) -> Result<BTreeMap<String, String>> {
    let image = work.join("ntfs.img");
    new_image(&image, partition.size)?;
    copy_sparse(disk, partition.start, &image, 0, partition.size)?;
    let mut hashes = BTreeMap::new();
    mounted(&image, work, |root| hash_files(root, root, &mut hashes))?;
    fs::remove_file(&image).with_context(|| format!("cannot remove {}", image.display()))?;
    ensure!(hashes.len() > 300, "only {} files are in the NTFS volume", hashes.len());
    Ok(hashes)
}

fn hash_files(root: &Path, folder: &Path, into: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            hash_files(root, &path, into)?;
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            into.insert(name, hex(Sha256::digest(fs::read(&path)?)));
        }
    }
    Ok(())
}

fn range_hash(disk: &Path, partition: &Partition) -> Result<String> {
    let mut hash = Sha256::new();
    let zeros = vec![0; BLOCK];
    each_block(disk, partition.start, partition.size, |at, block| {
        // Zeros count the same whether they were written or not.
        if *block != zeros[..block.len()] {
            hash.update(at.to_le_bytes());
            hash.update(block);
        }
        Ok(())
    })?;
    Ok(hex(hash.finalize()))
}

/// Copies a range between two images; holes and blocks of zeros stay holes.
fn copy_sparse(from: &Path, from_at: u64, to: &Path, to_at: u64, bytes: u64) -> Result<()> {
    let target =
        File::options().write(true).open(to).with_context(|| format!("cannot write {}", to.display()))?;
    let zeros = vec![0; BLOCK];
    each_block(from, from_at, bytes, |at, block| {
        if *block != zeros[..block.len()] {
            target.write_all_at(block, to_at + at)?;
        }
        Ok(())
    })
}

/// The written parts of a range, block by block, with their place in it. The rest is zeros.
fn each_block(
    path: &Path,
    start: u64,
    bytes: u64,
    mut work: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> Result<()> {
    let cannot = || format!("cannot copy from {}", path.display());
    let file = File::open(path).with_context(cannot)?;
    let mut buffer = vec![0; BLOCK];
    let mut at = 0;
    while at < bytes {
        // Reading what was never written would take most of the time.
        at = match lseek64(&file, i64::try_from(start + at).with_context(cannot)?, Whence::SeekData) {
            Ok(data) => {
                u64::try_from(data).with_context(cannot)?.saturating_sub(start) / BLOCK as u64 * BLOCK as u64
            }
            Err(Errno::ENXIO) => return Ok(()),
            Err(error) => return Err(error).with_context(cannot),
        };
        if at >= bytes {
            return Ok(());
        }
        let length = usize::try_from(bytes - at).map_or(buffer.len(), |left| left.min(buffer.len()));
        file.read_exact_at(&mut buffer[..length], start + at).with_context(cannot)?;
        work(at, &buffer[..length]).with_context(cannot)?;
        at += length as u64;
    }
    Ok(())
}

fn new_image(path: &Path, bytes: u64) -> Result<()> {
    File::create(path)
        .and_then(|file| file.set_len(bytes))
        .with_context(|| format!("cannot make {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The partition table as sfdisk reads it.
fn table(disk: &Path) -> Result<Vec<Partition>> {
    let said = shell::output(shell::command("sfdisk").arg("--json").arg(disk))?;
    parse_table(&said).with_context(|| format!("sfdisk says nothing usable about {}", disk.display()))
}

fn parse_table(json: &[u8]) -> Option<Vec<Partition>> {
    let said: Value = serde_json::from_slice(json).ok()?;
    let entries = said.pointer("/partitiontable/partitions")?.as_array()?;
    let partition = |entry: &Value| {
        Some(Partition {
            start: entry.get("start")?.as_u64()? * 512,
            size: entry.get("size")?.as_u64()? * 512,
            kind: entry.get("type")?.as_str()?.to_owned(),
            guid: entry.get("uuid")?.as_str()?.to_owned(),
        })
    };
    entries.iter().map(partition).collect()
}

/// Runs a command that reads its orders from stdin.
fn feed(command: &mut std::process::Command, orders: &str) -> Result<()> {
    let line = shell::display(command);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}` (scripts/setup.sh installs what is missing)"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(orders.as_bytes()).with_context(|| format!("`{line}` takes no orders"))?;
    }
    let status = child.wait().with_context(|| format!("cannot wait for `{line}`"))?;
    ensure!(status.success(), "`{line}` failed, {status}");
    Ok(())
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Contents that do not compress and are the same in every run.
struct Bytes(u64);

impl Bytes {
    fn take(&mut self, count: usize) -> Vec<u8> {
        (0..count)
            .map(|_| {
                self.0 =
                    self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                self.0.to_be_bytes()[0]
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sfdisk_tells_where_partitions_lie() {
        let json = br#"{"partitiontable": {"label":"gpt", "partitions": [
            {"node": "d1", "start": 2048, "size": 532480, "type": "C12A", "uuid": "AA", "name": "EFI"}]}}"#;
        let wanted = Partition { start: 1 << 20, size: 260 << 20, kind: "C12A".into(), guid: "AA".into() };
        assert_eq!(parse_table(json), Some(vec![wanted]));
        assert_eq!(parse_table(b"{}"), None);
    }

    #[test]
    fn a_changed_or_lost_file_is_named() {
        let files = |hash: &str| {
            BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), hash.to_owned())])
        };
        assert!(same("NTFS", &files("2"), &files("2")).is_ok());
        let error = same("NTFS", &files("2"), &files("3")).unwrap_err().to_string();
        assert!(error.contains("1 of 2") && error.contains("`b`"), "{error}");
    }

    /// Needs root for the mount, and a minute; `test-vm beside` runs the same code for real.
    #[test]
    #[ignore = "mounts NTFS volumes; run it after changing this file"]
    fn an_untouched_disk_is_refused_only_for_not_being_shrunk() {
        let dir = tempfile::tempdir().unwrap();
        let disk = dir.path().join("disk.raw");
        new_image(&disk, 8 << 30).unwrap();
        let before = prepare(&disk, dir.path()).unwrap();
        let error = before.verify(&disk, dir.path()).unwrap_err().to_string();
        assert!(error.contains("not made smaller"), "{error}");
        assert!(before.data.len() > 300 && before.esp.len() == ESP_FILES.len());
    }

    #[test]
    fn copies_keep_holes_and_contents() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let mut bytes = vec![0; 3 << 20];
        bytes[2 << 20..].fill(9);
        fs::write(&from, &bytes).unwrap();
        new_image(&to, 8 << 20).unwrap();
        copy_sparse(&from, 0, &to, 4 << 20, 3 << 20).unwrap();
        let copied = fs::read(&to).unwrap();
        assert_eq!(copied[4 << 20..7 << 20], bytes[..]);
    }
}
