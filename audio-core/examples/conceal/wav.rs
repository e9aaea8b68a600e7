//! Mono 16-bit PCM WAV files at 8 kHz, enough for the fixtures and no more.

use std::path::Path;
use std::{fs, io};

/// The samples of a file; anything but 16-bit mono PCM at 8 kHz is an error.
pub(crate) fn read(path: &Path) -> io::Result<Vec<i16>> {
    let bytes = fs::read(path)?;
    decode(&bytes).ok_or_else(|| io::Error::other(format!("{}: not 8 kHz mono 16-bit PCM", path.display())))
}

fn decode(bytes: &[u8]) -> Option<Vec<i16>> {
    let mut rest = bytes.get(12..)?;
    let mut known = false;
    loop {
        let (id, length) = (rest.get(..4)?, u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?) as usize);
        rest = rest.get(8..)?;
        let body = &rest[..length.min(rest.len())];
        match id {
            b"fmt " => {
                known = body.get(..8)? == [1, 0, 1, 0, 0x40, 0x1f, 0, 0] && body.get(14..16)? == [16, 0];
            }
            b"data" if known => {
                return Some(body.chunks_exact(2).map(|s| i16::from_le_bytes([s[0], s[1]])).collect());
            }
            _ => {}
        }
        rest = rest.get(length + length % 2..)?;
    }
}

/// Writes samples as such a file.
pub(crate) fn write(path: &Path, pcm: &[i16]) -> io::Result<()> {
    let length = 2 * pcm.len() as u32;
    let mut bytes = Vec::with_capacity(44 + length as usize);
    bytes.extend(b"RIFF");
    bytes.extend((36 + length).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(8_000u32.to_le_bytes());
    bytes.extend(16_000u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend(length.to_le_bytes());
    bytes.extend(pcm.iter().flat_map(|s| s.to_le_bytes()));
    fs::write(path, bytes)
}
