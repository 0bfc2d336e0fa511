//! A block device of a [`System`] as something to read and seek in.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use super::overlay::seek;
use crate::sys::{SysError, System};

const BLOCK: u64 = 32 << 10;

/// Reads a device through the [`System`]. Blocks are kept, because a table is read entry by entry; make a new one
/// after a write.
pub struct DeviceReader<'a> {
    system: &'a mut dyn System,
    device: String,
    size: u64,
    position: u64,
    blocks: BTreeMap<u64, Vec<u8>>,
    failed: Option<SysError>,
}

impl<'a> DeviceReader<'a> {
    /// A reader of a device with this many bytes.
    pub fn new(system: &'a mut dyn System, device: impl Into<String>, size: u64) -> Self {
        Self { system, device: device.into(), size, position: 0, blocks: BTreeMap::new(), failed: None }
    }

    /// The error behind the last [`io::Error`], with the system's words and number.
    pub fn failed(&mut self) -> Option<SysError> {
        self.failed.take()
    }
}

impl Read for DeviceReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size {
            return Ok(0);
        }
        let index = self.position / BLOCK;
        if !self.blocks.contains_key(&index) {
            let offset = index * BLOCK;
            let length = (self.size - offset).min(BLOCK) as usize;
            let bytes = self.system.read_device(&self.device, offset, length).map_err(|error| {
                let io = io::Error::other(error.to_string());
                self.failed = Some(error);
                io
            })?;
            self.blocks.insert(index, bytes);
        }
        let block = &self.blocks[&index];
        let from = ((self.position % BLOCK) as usize).min(block.len());
        let n = buf.len().min(block.len() - from);
        buf[..n].copy_from_slice(&block[from..from + n]);
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for DeviceReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        seek(&mut self.position, self.size, to)
    }
}
