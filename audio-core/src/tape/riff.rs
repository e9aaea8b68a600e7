//! The RIFF container (Microsoft "Multimedia Programming Interface", 1991; RFC 2361): as much of
//! it as is needed to tell what a WAV file holds and whether all of it is there, and the header
//! that is written in front of a recording.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use crate::tape::spec::{WavEncoding, WavSpec};

/// What a WAV file holds.
#[derive(Debug, PartialEq)]
pub(super) struct Header<'a> {
    pub(super) channels: u16,
    pub(super) rate: u32,
    pub(super) kind: Kind,
    pub(super) data: &'a [u8],
}

/// How a sample is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Linear PCM of this many bytes, little endian; one byte is unsigned.
    Linear(usize),
    /// 32-bit float, little endian.
    Float,
    /// G.711 µ-law code.
    Ulaw,
    /// G.711 A-law code.
    Alaw,
}

/// Where things lie in a WAV file, whatever its length.
#[derive(Debug)]
pub(super) struct Layout {
    /// Bytes after the first eight, as declared.
    pub(super) riff_size: u32,
    /// The body of the `fmt ` chunk, as far as anybody needs it.
    format: Option<([u8; FORMAT_BYTES], usize)>,
    /// Where the number of frames of a `fact` chunk stands.
    pub(super) fact_at: Option<u64>,
    /// Where the samples begin. Four bytes before stands their size.
    pub(super) data_at: u64,
    /// Bytes of samples, as declared.
    pub(super) data_size: u32,
}

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const ALAW: u16 = 6;
const ULAW: u16 = 7;
/// The real tag is the first two bytes of the sub-format, 24 bytes into the chunk.
const EXTENSIBLE: u16 = 0xfffe;
/// Length of `WAVEFORMATEXTENSIBLE`, the longest format known here.
const FORMAT_BYTES: usize = 40;
/// Chunks looked at before the samples; real files have a handful.
const MAX_CHUNKS: usize = 1_000;

impl<'a> Header<'a> {
    /// Reads the header, or says in a few words what is wrong.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let layout = Layout::scan(&mut Cursor::new(bytes))?;
        let start = usize::try_from(layout.data_at).unwrap_or(usize::MAX);
        let body = bytes.get(start..).unwrap_or_default();
        let (present, size) = (body.len(), layout.data_size);
        let data =
            body.get(..size as usize).ok_or_else(|| format!("breaks off: {present} of {size} data bytes"))?;
        let (channels, rate, kind) = layout.format()?;
        Ok(Self { channels, rate, kind, data })
    }
}

impl Layout {
    /// Finds the samples, or says in a few words what is wrong. Reads headers only.
    pub(super) fn scan(file: &mut (impl Read + Seek)) -> Result<Self, String> {
        let mut head = [0; 12];
        let n = fill(file, &mut head)?;
        if n == 0 {
            return Err("is empty".into());
        }
        if n < 12 || &head[..4] != b"RIFF" || &head[8..] != b"WAVE" {
            return Err("is not a RIFF/WAVE file".into());
        }
        let riff_size = u32_at(&head, 4).unwrap_or(0);
        let (mut format, mut fact_at, mut at) = (None, None, 12);
        for _ in 0..MAX_CHUNKS {
            let mut head = [0; 8];
            file.seek(SeekFrom::Start(at)).map_err(|error| error.to_string())?;
            if fill(file, &mut head)? < head.len() {
                return Err("has no data".into());
            }
            let size = u32_at(&head, 4).unwrap_or(0);
            let body = at + 8;
            match &head[..4] {
                b"fmt " => {
                    let (mut bytes, len) = ([0; FORMAT_BYTES], FORMAT_BYTES.min(size as usize));
                    if fill(file, &mut bytes[..len])? < len {
                        return Err("breaks off in its header".into());
                    }
                    format = Some((bytes, len));
                }
                b"fact" if size >= 4 => fact_at = Some(body),
                b"data" if format.is_none() => return Err("has no format before its data".into()),
                b"data" => return Ok(Self { riff_size, format, fact_at, data_at: body, data_size: size }),
                _ => {}
            }
            // Chunks start at even offsets.
            at = body + u64::from(size) + u64::from(size & 1);
        }
        Err(format!("has no data in its first {MAX_CHUNKS} chunks"))
    }

    /// Channels, rate in Hz and storage of the samples.
    pub(super) fn format(&self) -> Result<(u16, u32, Kind), String> {
        let format = self.format.as_ref().map_or(&[][..], |(bytes, len)| &bytes[..*len]);
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
        let kind = match tag {
            PCM if matches!(bits, 8 | 16 | 24 | 32) => Kind::Linear(usize::from(bits / 8)),
            FLOAT if bits == 32 => Kind::Float,
            ULAW if bits == 8 => Kind::Ulaw,
            ALAW if bits == 8 => Kind::Alaw,
            _ => {
                return Err(format!("holds format {tag} with {bits} bits, not PCM or G.711"));
            }
        };
        Ok((channels, rate, kind))
    }
}

impl Kind {
    /// Bytes of a sample.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Linear(width) => width,
            Self::Float => 4,
            Self::Ulaw | Self::Alaw => 1,
        }
    }
}

/// Bytes in front of the samples of a file that is written here. G.711 is no PCM: its format chunk
/// is two bytes longer, and it has a `fact` chunk.
pub(super) fn header_len(encoding: WavEncoding) -> usize {
    if encoding == WavEncoding::Pcm16 { 44 } else { MAX_HEADER }
}

/// The longest of them.
pub(super) const MAX_HEADER: usize = 58;

/// The header of a file of `data` bytes of samples; the first [`header_len`] bytes of it count.
pub(super) fn header(spec: WavSpec, data: u32) -> [u8; MAX_HEADER] {
    let len = header_len(spec.encoding);
    let (tag, width) = match spec.encoding {
        WavEncoding::Pcm16 => (PCM, 2),
        WavEncoding::Ulaw => (ULAW, 1),
        WavEncoding::Alaw => (ALAW, 1),
    };
    let block = spec.channels * width;
    let mut bytes = [0; MAX_HEADER];
    let mut at = 0;
    let mut put = |piece: &[u8]| {
        bytes[at..at + piece.len()].copy_from_slice(piece);
        at += piece.len();
    };
    put(b"RIFF");
    put(&(len as u32 - 8 + data + (data & 1)).to_le_bytes());
    put(b"WAVEfmt ");
    put(&(if tag == PCM { 16u32 } else { 18 }).to_le_bytes());
    put(&tag.to_le_bytes());
    put(&spec.channels.to_le_bytes());
    put(&spec.rate.to_le_bytes());
    put(&(spec.rate * u32::from(block)).to_le_bytes());
    put(&block.to_le_bytes());
    put(&(width * 8).to_le_bytes());
    if tag != PCM {
        put(&[0, 0]);
        put(b"fact\x04\0\0\0");
        put(&(data / u32::from(block)).to_le_bytes());
    }
    put(b"data");
    put(&data.to_le_bytes());
    bytes
}

/// Reads until the buffer is full or the file is at its end.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> Result<usize, String> {
    let mut n = 0;
    while n < buffer.len() {
        match file.read(&mut buffer[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(n)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}
