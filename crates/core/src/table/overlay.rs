//! A device that can be written to without being touched: what is written stays in memory.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Reads a device, keeps writes as whole sectors in memory. The rehearsal of every table edit runs on it.
pub(super) struct Overlay<'a, D> {
    device: &'a mut D,
    size: u64,
    sector: u64,
    position: u64,
    dirty: BTreeMap<u64, Vec<u8>>,
}

impl<'a, D: Read + Seek> Overlay<'a, D> {
    pub(super) fn new(device: &'a mut D, size: u64, sector: u32) -> Self {
        Self { device, size, sector: u64::from(sector), position: 0, dirty: BTreeMap::new() }
    }

    /// Everything written, neighbouring sectors joined, in disk order; sectors that equal the device are left
    /// out, so that an edit names only what it changes.
    pub(super) fn ranges(mut self) -> io::Result<Vec<(u64, Vec<u8>)>> {
        let mut ranges: Vec<(u64, Vec<u8>)> = Vec::new();
        for (index, bytes) in std::mem::take(&mut self.dirty) {
            let offset = index * self.sector;
            let mut old = vec![0; bytes.len()];
            self.device.seek(SeekFrom::Start(offset))?;
            self.device.read_exact(&mut old)?;
            if old == bytes {
                continue;
            }
            match ranges.last_mut() {
                Some((start, joined)) if *start + joined.len() as u64 == offset => joined.extend(bytes),
                _ => ranges.push((offset, bytes)),
            }
        }
        Ok(ranges)
    }

    /// Zeroes whole sectors.
    pub(super) fn zero(&mut self, first: u64, count: u64) {
        for index in first..first + count {
            self.dirty.insert(index, vec![0; self.sector as usize]);
        }
    }

    fn load(&mut self, index: u64) -> io::Result<Vec<u8>> {
        if let Some(bytes) = self.dirty.get(&index) {
            return Ok(bytes.clone());
        }
        let offset = index * self.sector;
        let mut bytes = vec![0; (self.size - offset).min(self.sector) as usize];
        self.device.seek(SeekFrom::Start(offset))?;
        self.device.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<D: Read + Seek> Read for Overlay<'_, D> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size {
            return Ok(0);
        }
        let bytes = self.load(self.position / self.sector)?;
        let from = ((self.position % self.sector) as usize).min(bytes.len());
        let n = buf.len().min(bytes.len() - from);
        buf[..n].copy_from_slice(&bytes[from..from + n]);
        self.position += n as u64;
        Ok(n)
    }
}

impl<D: Read + Seek> Write for Overlay<'_, D> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.position >= self.size {
            return Err(io::Error::other("a write past the end of the device"));
        }
        let index = self.position / self.sector;
        let mut bytes = self.load(index)?;
        let from = ((self.position % self.sector) as usize).min(bytes.len());
        let n = buf.len().min(bytes.len() - from);
        bytes[from..from + n].copy_from_slice(&buf[..n]);
        self.dirty.insert(index, bytes);
        self.position += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<D> Seek for Overlay<'_, D> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        seek(&mut self.position, self.size, to)
    }
}

/// Moves a position in something of known size.
pub(super) fn seek(position: &mut u64, size: u64, to: SeekFrom) -> io::Result<u64> {
    let next = match to {
        SeekFrom::Start(n) => Some(n),
        SeekFrom::End(n) => size.checked_add_signed(n),
        SeekFrom::Current(n) => position.checked_add_signed(n),
    };
    *position = next.ok_or_else(|| io::Error::other("a seek before the start of the device"))?;
    Ok(*position)
}
