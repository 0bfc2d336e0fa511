//! A machine in the person's terminal.

use std::path::Path;

use anyhow::Result;

use crate::vm::qmp::End;
use crate::vm::{Firmware, Machine, Serial};

/// Boots the medium, if given one, then from the disk at every reboot, until the guest is switched off or ended.
pub fn run(machine: &Machine, mut medium: Option<&Path>) -> Result<()> {
    loop {
        let firmware = if machine.firmware == Firmware::Uefi { "UEFI" } else { "BIOS" };
        match medium {
            Some(iso) => eprintln!("vm: booting {} ({firmware}, {:?})", iso.display(), machine.accel),
            None => {
                eprintln!("vm: booting from the disk, without the medium ({firmware}, {:?})", machine.accel)
            }
        }
        eprintln!(
            "vm: the guest's serial console follows; Ctrl-A X ends the machine, Ctrl-A H shows more keys"
        );
        let mut running = machine.start(medium, &Serial::Terminal)?;
        running.wait()?;
        match running.qmp.end() {
            End::Reboot => medium = None,
            End::PowerOff => {
                eprintln!("\nvm: the guest has switched itself off");
                return Ok(());
            }
            End::Quit => {
                eprintln!("\nvm: ended");
                return Ok(());
            }
        }
        eprintln!();
    }
}
