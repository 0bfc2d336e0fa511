//! cryptsetup: containers that open with the right key only. A key is kept as its digest.

use super::super::Simulated;
use super::super::devices::{Device, DeviceKind};
use super::super::disk::{Place, Volume};
use super::super::tree::Node;
use super::{Call, Outcome, done, fail, key_digest};

pub(super) fn spec(name: &str) -> Option<(&'static [&'static str], std::ops::RangeInclusive<usize>)> {
    if name != "cryptsetup" {
        return None;
    }
    let spec = &[
        "--batch-mode|-q",
        "--type|-M=",
        "--pbkdf=",
        "--pbkdf-force-iterations=",
        "--pbkdf-memory=",
        "--iter-time|-i=",
        "--uuid=",
        "--label=",
        "--key-file|-d=",
        "--cipher|-c=",
        "--key-size|-s=",
        "--hash|-h=",
        "--sector-size=",
        "--allow-discards",
        "--readonly|-r",
        "--verbose|-v",
    ];
    Some((spec, 2..=3))
}

const WRONG_KEY: &str = "No key available with this passphrase.";

impl Simulated {
    pub(super) fn cryptsetup(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let action = call.word(0).to_string();
        match action.as_str() {
            "luksFormat" => self.luks_format(call),
            "open" | "luksOpen" => self.luks_open(call),
            "close" | "luksClose" => self.luks_close(call.word(1)),
            "luksAddKey" => self.luks_add_key(call),
            "isLuks" => {
                let luks = self.container(call.word(1)).is_some();
                if luks { done("") } else { fail(1, "") }
            }
            "luksUUID" => match self.container(call.word(1)) {
                Some((_, volume)) => done(format!("{}\n", volume.uuid.unwrap_or_default())),
                None => fail(1, format!("Device {} is not a valid LUKS device.", call.word(1))),
            },
            "status" => match self.mappers.get(call.word(1)) {
                Some(place) => {
                    done(format!("/dev/mapper/{} is active.\n  device: {}\n", call.word(1), place.disk))
                }
                None => fail(4, format!("/dev/mapper/{} is inactive.", call.word(1))),
            },
            other => fail(1, format!("cryptsetup: Unknown action {other}")),
        }
    }

    fn container(&self, path: &str) -> Option<(Device, Volume)> {
        let device = self.find_device(path)?;
        let volume =
            self.volume(&device).filter(|volume| volume.fs.as_deref() == Some("crypto_LUKS"))?.clone();
        Some((device, volume))
    }

    /// The key that `--key-file` names: stdin, or a file.
    fn key(&self, call: &Call<'_, '_>) -> Result<Vec<u8>, String> {
        match call.value("--key-file") {
            Some("-") if call.stdin.is_empty() => Err("Nothing to read on input.".into()),
            Some("-") => Ok(call.stdin.as_bytes().to_vec()),
            // Without a key file cryptsetup asks at the terminal, or reads a line.
            None => Ok(call.stdin.lines().next().unwrap_or("").as_bytes().to_vec()),
            Some(path) => self.key_in(call, path),
        }
    }

    fn key_in(&self, call: &Call<'_, '_>, path: &str) -> Result<Vec<u8>, String> {
        let real = self.real_path(&call.root, std::path::Path::new(path), true).map_err(|e| e.to_string())?;
        match self.node(&real) {
            Ok(Some(Node::File { bytes, .. })) => Ok(bytes),
            _ => Err(format!("Failed to open key file {path}.")),
        }
    }

    fn luks_format(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let path = call.word(1).to_string();
        let Some(device) = self.find_device(&path) else {
            return fail(4, format!("Device {path} does not exist or access denied."));
        };
        if !self.holders(&device).is_empty() {
            return fail(5, format!("Device {path} is in use. Cannot proceed with format operation."));
        }
        if device.kind == DeviceKind::Mapper || self.is_read_only(&device) || device.size < 32 << 20 {
            return fail(4, format!("Cannot format device {path}."));
        }
        if !call.has("--batch-mode") {
            return fail(1, "WARNING! This will overwrite data irrevocably. Operation aborted.");
        }
        let key = match self.key(call) {
            Ok(key) if !key.is_empty() => key,
            Ok(_) => return fail(1, "Nothing to read on input."),
            Err(why) => return fail(1, why),
        };
        let kdf = call.value("--pbkdf").unwrap_or("argon2id").to_string();
        if !["pbkdf2", "argon2i", "argon2id"].contains(&kdf.as_str()) {
            return fail(1, format!("Unknown PBKDF type {kdf}."));
        }
        let uuid = match call.value("--uuid") {
            Some(uuid) if crate::table::guid_bytes(uuid).is_some() => uuid.to_lowercase(),
            Some(bad) => return fail(1, format!("Wrong LUKS UUID format {bad} provided.")),
            None => self.random_uuid(),
        };
        let keys = vec![key_digest(Some(&uuid), &key)];
        let label = call.value("--label").map(String::from);
        let (fs, size) = (Some("crypto_LUKS".to_string()), device.size);
        self.put_volume(
            &device,
            Volume { fs, label, uuid: Some(uuid), size, keys, kdf: Some(kdf), ..Volume::default() },
        );
        done("")
    }

    fn luks_open(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let (path, name) = (call.word(1).to_string(), call.word(2).to_string());
        if name.is_empty() {
            return fail(1, "cryptsetup: Required argument missing: name");
        }
        let Some((device, volume)) = self.container(&path) else {
            let there = self.find_device(&path).is_some();
            let why = if there { "is not a valid LUKS device" } else { "does not exist or access denied" };
            return fail(if there { 1 } else { 4 }, format!("Device {path} {why}."));
        };
        if self.mappers.contains_key(&name) {
            return fail(5, format!("Device {name} already exists."));
        }
        if !self.holders(&device).is_empty() {
            return fail(5, format!("Cannot use device {path} which is in use (already mapped or mounted)."));
        }
        let key = match self.key(call) {
            Ok(key) => key,
            Err(why) => return fail(1, why),
        };
        if !volume.keys.contains(&key_digest(volume.uuid.as_deref(), &key)) {
            return fail(2, WRONG_KEY);
        }
        self.mappers.insert(name, device.place);
        done("")
    }

    fn luks_close(&mut self, name: &str) -> Outcome {
        let Some(container) = self.mappers.get(name) else {
            return fail(4, format!("Device {name} is not active."));
        };
        let inner = Place { inside: true, ..container.clone() };
        let mounted = self.mounts.iter().any(|mount| mount.space.place() == Some(&inner));
        let swap = format!("/dev/mapper/{name}");
        if mounted || self.swaps.contains(&swap) {
            return fail(5, format!("Device {name} is still in use."));
        }
        self.mappers.remove(name);
        done("")
    }

    fn luks_add_key(&mut self, call: &mut Call<'_, '_>) -> Outcome {
        let path = call.word(1).to_string();
        let Some((device, volume)) = self.container(&path) else {
            return fail(1, format!("Device {path} is not a valid LUKS device."));
        };
        let (old, new) = match (self.key(call), self.key_in(call, call.word(2))) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(why), _) | (_, Err(why)) => return fail(1, why),
        };
        if !volume.keys.contains(&key_digest(volume.uuid.as_deref(), &old)) {
            return fail(2, WRONG_KEY);
        }
        if volume.keys.len() >= 32 {
            return fail(1, "All key slots full.");
        }
        let digest = key_digest(volume.uuid.as_deref(), &new);
        if let Some(volume) = self.volumes.get_mut(&device.place) {
            volume.keys.push(digest);
        }
        done("")
    }
}
