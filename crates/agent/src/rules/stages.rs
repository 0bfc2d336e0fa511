//! Copying, the boot loader, the end, and the words about the session itself.

use super::Words;
use crate::Context;
use crate::reading::Reading;
use crate::refs::{Ref, Refs, device_name};
use crate::text::Token;

/// True where the clause asks for the last thing to be taken back.
pub(super) fn takes_back(segment: &[Token]) -> bool {
    let line = segment.iter().map(|token| token.raw.to_lowercase()).collect::<Vec<_>>().join(" ");
    segment.iter().any(|token| token.is(&["undo"]))
        || [
            "take it back", "take that back", "take back", "take everything back", "take all back",
            "take it all back", "take all of it back", "go back one", "step back", "back one step",
            "put it back", "mach das weg", "wish i hadn", "user off again", "back how it was",
            "name was better", "one before was better",
        ]
        .iter()
        .any(|phrase| line.contains(phrase))
}

/// Reads a clause about a stage.
pub(super) fn read(segment: &[Token], words: &Words<'_>, ctx: &Context<'_>) -> Option<Vec<Reading>> {
    let has = |keys: &[&str]| segment.iter().any(|token| token.is(keys));
    let raw: Vec<String> = segment.iter().map(|token| token.raw.to_lowercase()).collect();
    let line = raw.join(" ");
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| line.contains(phrase));
    let negated = has(&["no", "cant"]);
    let laid_out = ctx.state.target.is_some();
    let copied = ctx.state.done.contains(&levitate_core::state::Stage::System);
    let one = |reading| Some(vec![reading]);

    if has(&["help"]) || says(&["what to tell you", "no clue what", "no idea what", "what can i"]) {
        return one(Reading::Help);
    }
    if has(&["status"])
        || says(&[
            "no clue any more", "how far", "where were we", "still open", "what's next", "whats left",
            "what's left", "what comes",
        ]) && !has(&["use", "disk"])
            && !words.has(&["keep"])
    {
        return one(Reading::Status);
    }
    let disk_words = has(&["disk", "erase", "encrypt", "partition", "size", "swap"]);
    let stays_live = says(&[
        "live", "stick session", "without reboot", "no reboot", "dont reboot", "don't reboot", "not reboot",
        "no restart", "not restart", "dont restart", "don't restart",
    ]);
    if !disk_words
        && ((has(&["exit"]) && !says(&["exit and reboot"]))
            || (stays_live
                && (says(&[
                    "live env", "live one", "live thing", "live shell", "stick session", "live session",
                    "live system running",
                ]) || negated)
                && !has(&["copy"])))
    {
        return one(Reading::Exit);
    }
    if negated && has(&["reboot"]) {
        return one(Reading::Exit);
    }
    if has(&["reboot"]) && !has(&["bootloader"]) {
        return one(Reading::Reboot);
    }
    if says(&["boot into the new", "into the new system", "start the new system"]) && copied {
        return one(Reading::Reboot);
    }
    let boots = has(&["bootloader"])
        || says(&[
            "without the stick", "start by itself", "boot menu", "boot entry", "makes it boot",
            "so it boots", "comes up without", "come up without", "boot manager", "bootloader",
        ]);
    if boots && !has(&["swap", "efi", "free"]) && !(negated && has(&["bootloader"])) {
        return one(Reading::Boot(boot_disk(segment)));
    }
    // "The files there are copied elsewhere already" is no wish.
    let saved =
        says(&["copied elsewhere", "copied somewhere", "copied already", "copied off", "already copied"])
            || (says(&["copied"])
                && says(&["elsewhere", "other disk", "another disk", "my files", "photos"]));
    if has(&["copy"]) && !negated && !saved && !has(&["erase", "whole", "hostname"]) {
        return one(Reading::Copy);
    }
    if (says(&[
        "onto the drive", "onto it", "onto the disk", "get the bits", "system onto", "image across",
        "get the image", "linux on it", "onto the target",
    ]) || (has(&["install"]) && (has(&["system"]) || segment.len() <= 3)))
        && laid_out
        && !copied
        && !has(&["encrypt", "erase", "whole", "free", "beside"])
        && segment.len() <= 12
    {
        return one(Reading::Copy);
    }
    let prompt = says(&["install the system"]) && segment.len() <= 4 && !has(&["disk"]);
    if prompt {
        return one(if laid_out {
            Reading::Copy
        } else {
            Reading::Partition(crate::reading::PartitionSaid::default())
        });
    }
    if says(&["go on", "do that then", "next step", "weiter"]) && laid_out && !copied && segment.len() <= 5 {
        return one(Reading::Copy);
    }
    let over = has(&["done", "unmount"])
        || says(&[
            "that was everything", "that's it", "thats it", "all set", "thx bye", "bye", "close up",
            "we're through", "that was all", "that's all", "thats all", "das war's", "c'est tout",
        ]);
    if over && !disk_words && !says(&["bye microsoft", "bye windows"]) && !has(&["windows", "mount"]) {
        // "all of it done?" is asked; "done" is said.
        return one(Reading::Finish);
    }
    if has(&["list"])
        && (has(&["disk", "partition"]) || says(&["partition tables"]))
        && segment.len() <= 8
        && !words.says(&["router"])
    {
        return one(Reading::ListDisks);
    }
    if says(&["memory", " ram"]) && has(&["list"]) {
        return one(Reading::Shell("free -h".into()));
    }
    None
}

/// The disk that GRUB shall go on, where a device was named.
fn boot_disk(segment: &[Token]) -> Refs {
    segment
        .iter()
        .find_map(|token| device_name(&token.key).map(|name| Refs::one(Ref::Device(name))))
        .unwrap_or_default()
}
