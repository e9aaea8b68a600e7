//! Weights as they are kept in a file.

use super::UNITS;

/// Reads weights while the crate is compiled: little endian, one number after the other.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Was everything read?
    pub(crate) const fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(crate) const fn floats<const COUNT: usize>(&mut self) -> [f32; COUNT] {
        let mut floats = [0.0; COUNT];
        let mut n = 0;
        while n < COUNT {
            let float = f32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()]);
            assert!(!float.is_subnormal(), "a processor takes a hundred times as long to multiply with it");
            floats[n] = float;
            n += 1;
        }
        floats
    }

    pub(super) const fn parts<const PARTS: usize>(&mut self) -> [[f32; UNITS]; PARTS] {
        let mut parts = [[0.0; UNITS]; PARTS];
        let mut part = 0;
        while part < PARTS {
            parts[part] = self.floats();
            part += 1;
        }
        parts
    }

    pub(super) const fn whole(&mut self) -> i16 {
        i16::from_le_bytes([self.byte(), self.byte()])
    }

    const fn byte(&mut self) -> u8 {
        let byte = self.bytes[self.at];
        self.at += 1;
        byte
    }
}
