use secrecy::SecretString;

use super::*;
use crate::machine::{Partition, PartitionKind, Problem, TableKind};
use crate::size::{GIB, MIB};
use crate::sys::{FileKind, MountCall, Output, System, Tick, run};
use crate::table::{self, DeviceReader, NewPartition, TableEdit};

mod faults;
mod programs;
mod world;

const ROOT_UUID: &str = "11111111-2222-4333-8444-555555555555";
const LUKS_UUID: &str = "aaaaaaaa-2222-4333-8444-555555555555";
const TARGET: &str = "/mnt/target";

fn machine() -> Machine {
    Machine::from_json(
        r#"{"version":1,"firmware":"uefi","memory_bytes":8589934592,
        "source":{"kind":"squashfs","path":"/run/live/medium/live/filesystem.squashfs","installed_bytes":1900000000},
        "disks":[
         {"path":"/dev/sda","size_bytes":500107862016,"model":"Blank","table":null,"partitions":[]},
         {"path":"/dev/nvme0n1","size_bytes":1000204886016,"model":"Windows disk","table":"gpt","transport":"nvme",
          "partitions":[
           {"path":"/dev/nvme0n1p1","number":1,"start_bytes":1048576,"size_bytes":104857600,"kind":"esp","fs":"vfat","uuid":"A1B2-C3D4","used_bytes":31457280,"os":"Windows 11"},
           {"path":"/dev/nvme0n1p2","number":2,"start_bytes":105906176,"size_bytes":16777216,"kind":"microsoft_reserved"},
           {"path":"/dev/nvme0n1p3","number":3,"start_bytes":122683392,"size_bytes":900000000000,"kind":"microsoft_basic","fs":"ntfs","label":"Windows","uuid":"01D9","used_bytes":200000000000,"os":"Windows 11"}]},
         {"path":"/dev/sdb","size_bytes":31914983424,"table":"mbr","live_medium":true,"removable":true,"in_use":["mounted at /run/live/medium"],
          "partitions":[{"path":"/dev/sdb1","number":1,"start_bytes":1048576,"size_bytes":4294967296,"kind":"linux","fs":"iso9660","label":"LEVITATEOS"}]}]}"#,
    )
    .unwrap()
}

fn sim() -> Simulated {
    Simulated::new(machine())
}

fn part(number: u32, start: u64, size: u64, kind: PartitionKind) -> NewPartition {
    NewPartition {
        number,
        start_bytes: start,
        size_bytes: size,
        kind,
        guid: format!("00000000-0000-4000-8000-00000000000{number}"),
        name: String::new(),
    }
}

/// ESP and root on the blank disk.
fn lay_out(sim: &mut Simulated) -> Result<(), SysError> {
    let edit = TableEdit::Create {
        kind: TableKind::Gpt,
        guid: "99999999-0000-4000-8000-000000000000".into(),
        partitions: vec![
            part(1, MIB, 512 * MIB, PartitionKind::Esp),
            part(2, 513 * MIB, 100 * GIB, PartitionKind::Linux),
        ],
    };
    write_table(sim, "/dev/sda", &edit, &["/dev/sda1", "/dev/sda2"])
}

fn write_table(sim: &mut Simulated, disk: &str, edit: &TableEdit, nodes: &[&str]) -> Result<(), SysError> {
    let size = sim.machine.disk(disk).unwrap().size_bytes;
    let ranges = {
        let mut reader = DeviceReader::new(sim, disk, size);
        table::edit(&mut reader, size, 512, edit).map_err(|e| SysError::other(disk, e.to_string()))?
    };
    sim.write_device(disk, &ranges)?;
    sim.reread_table(disk, &nodes.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn exec(sim: &mut Simulated, argv: &[&str]) -> Result<Output, SysError> {
    run(sim, &Cmd::new(argv.iter().copied()))
}

fn feed(sim: &mut Simulated, argv: &[&str], stdin: &str) -> Result<Output, SysError> {
    run(sim, &Cmd::new(argv.iter().copied()).stdin(SecretString::from(stdin)))
}

fn inside(sim: &mut Simulated, argv: &[&str], stdin: &str) -> Result<Output, SysError> {
    let cmd = Cmd::new(argv.iter().copied()).chroot(Path::new(TARGET)).stdin(SecretString::from(stdin));
    run(sim, &cmd)
}

fn mount(sim: &mut Simulated, source: &str, at: &str, fs: &str) -> Result<(), SysError> {
    sim.mount(&MountCall {
        source: source.into(),
        target: at.into(),
        fs: Some(fs.into()),
        read_only: false,
        options: String::new(),
    })
}

fn make_root(sim: &mut Simulated) -> Result<(), SysError> {
    exec(sim, &["mkfs.vfat", "-F", "32", "-n", "EFI", "-i", "0102ABCD", "/dev/sda1"])?;
    exec(sim, &["mkfs.ext4", "-q", "-F", "-U", ROOT_UUID, "-L", "root", "/dev/sda2"])?;
    mount(sim, "/dev/sda2", TARGET, "ext4")?;
    mount(sim, "/dev/sda1", "/mnt/target/boot/efi", "vfat")
}

const UNPACK: [&str; 6] =
    ["unsquashfs", "-force", "-no-progress", "-dest", TARGET, "/run/live/medium/live/filesystem.squashfs"];

fn bind(sim: &mut Simulated) -> Result<(), SysError> {
    mount(sim, "proc", "/mnt/target/proc", "proc")?;
    mount(sim, "sysfs", "/mnt/target/sys", "sysfs")?;
    mount(sim, "devtmpfs", "/mnt/target/dev", "devtmpfs")?;
    mount(sim, "efivarfs", "/mnt/target/sys/firmware/efi/efivars", "efivarfs")
}

/// A whole installation without encryption; every call may fail.
fn install(sim: &mut Simulated) -> Result<(), SysError> {
    lay_out(sim)?;
    make_root(sim)?;
    exec(sim, &UNPACK)?;
    bind(sim)?;
    inside(sim, &["useradd", "--create-home", "--groups", "sudo", "vince"], "")?;
    inside(sim, &["chpasswd"], "vince:hunter2secret\n")?;
    inside(sim, &["update-initramfs", "-c", "-k", "all"], "")?;
    inside(
        sim,
        &["grub-install", "--target=x86_64-efi", "--efi-directory=/boot/efi", "--bootloader-id=LevitateOS"],
        "",
    )?;
    inside(
        sim,
        &["grub-install", "--target=x86_64-efi", "--efi-directory=/boot/efi", "--removable", "--no-nvram"],
        "",
    )?;
    inside(sim, &["grub-mkconfig", "-o", "/boot/grub/grub.cfg"], "")?;
    Ok(())
}

fn text(sim: &mut Simulated, path: &str) -> String {
    String::from_utf8(sim.read(Path::new(path)).unwrap()).unwrap()
}

fn words<T: std::fmt::Debug>(result: Result<T, SysError>) -> String {
    result.unwrap_err().to_string()
}
