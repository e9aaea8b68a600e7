//! The RIFF container (Microsoft "Multimedia Programming Interface", 1991; RFC 2361): as much of
//! it as is needed to tell what a WAV file holds and whether all of it is there.

/// What a WAV file holds.
#[derive(Debug, PartialEq)]
pub(super) struct Header<'a> {
    pub(super) channels: u16,
    pub(super) rate: u32,
    pub(super) data: Data<'a>,
}

/// How the samples are stored.
#[derive(Debug, PartialEq)]
pub(super) enum Data<'a> {
    /// Linear PCM of this many bytes a sample, little endian; one byte is unsigned.
    Linear(usize, &'a [u8]),
    /// 32-bit float, little endian.
    Float(&'a [u8]),
    /// G.711 µ-law codes.
    Ulaw(&'a [u8]),
    /// G.711 A-law codes.
    Alaw(&'a [u8]),
}

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const ALAW: u16 = 6;
const ULAW: u16 = 7;
/// The real tag is the first two bytes of the sub-format, 24 bytes into the chunk.
const EXTENSIBLE: u16 = 0xfffe;

impl<'a> Header<'a> {
    /// Reads the header, or says in a few words what is wrong.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("is empty".into());
        }
        if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
            return Err("is not a RIFF/WAVE file".into());
        }
        let mut format = None;
        let mut rest = &bytes[12..];
        while let Some((id, size, body)) = chunk(rest) {
            match id {
                b"fmt " => format = Some(body.get(..size).ok_or("breaks off in its header")?),
                b"data" => {
                    let present = body.len();
                    let data = body
                        .get(..size)
                        .ok_or_else(|| format!("breaks off: {present} of {size} data bytes"))?;
                    return Self::new(format.ok_or("has no format before its data")?, data);
                }
                _ => {}
            }
            // Chunks start at even offsets.
            rest = body.get(size.saturating_add(size & 1)..).unwrap_or_default();
        }
        Err("has no data".into())
    }

    fn new(format: &[u8], data: &'a [u8]) -> Result<Self, String> {
        let (Some(mut tag), Some(channels), Some(rate), Some(bits)) =
            (u16_at(format, 0), u16_at(format, 2), u32_at(format, 4), u16_at(format, 14))
        else {
            return Err("breaks off in its header".into());
        };
        if tag == EXTENSIBLE {
            tag = u16_at(format, 24).ok_or("breaks off in its header")?;
        }
        if rate == 0 {
            return Err("has a sample rate of 0 Hz".into());
        }
        let data = match tag {
            PCM if matches!(bits, 8 | 16 | 24 | 32) => Data::Linear(usize::from(bits / 8), data),
            FLOAT if bits == 32 => Data::Float(data),
            ULAW if bits == 8 => Data::Ulaw(data),
            ALAW if bits == 8 => Data::Alaw(data),
            _ => {
                return Err(format!("holds format {tag} with {bits} bits, not PCM or G.711"));
            }
        };
        Ok(Self { channels, rate, data })
    }
}

/// Identifier, declared size and all bytes after the chunk's header.
fn chunk(bytes: &[u8]) -> Option<(&[u8; 4], usize, &[u8])> {
    let size = u32_at(bytes, 4)? as usize;
    Some((bytes.first_chunk()?, size, &bytes[8..]))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}
