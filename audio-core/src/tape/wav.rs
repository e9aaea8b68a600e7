//! WAV files as telephone audio, whole: reading to 8 kHz, writing 16-bit PCM.
//!
//! Reading is our own: hound knows no G.711 (format tags 6 and 7, RFC 2361) and loses its place
//! behind a chunk of odd length. Writing is hound's; what grows while a call runs is written by
//! [`WavWriter`](crate::tape::WavWriter). Rates other than 8 kHz are resampled.
//!
//! A file that holds more than its header says, as one does that is being written, is read as far
//! as the header says; one that holds less is an error. [`recover_wav`](crate::tape::recover_wav)
//! sets both right.

use std::fs;
use std::path::{Path, PathBuf};

use crate::codec::{alaw, ulaw};
use crate::frame::WIRE_RATE;
use crate::resample::resample_all;
use crate::tape::riff::{Header, Kind};

/// Longer files are refused: ten hours of stereo at 48 kHz would not fit, every call does.
const MAX_BYTES: u64 = 1 << 30;

/// A WAV file that cannot be used, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct WavError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads a mono WAV file as 16-bit samples at 8 kHz.
///
/// PCM of 8, 16, 24 or 32 bits, 32-bit float, µ-law and A-law; other rates are resampled. More
/// than one channel is an error: which of them is the caller, only the caller of this can know.
pub fn read_wav_8k(path: impl AsRef<Path>) -> Result<Vec<i16>, WavError> {
    let channels = read(path.as_ref(), 1)?;
    Ok(channels.into_iter().next().unwrap_or_default())
}

/// Reads a stereo WAV file as 16-bit samples at 8 kHz: left, then right. Formats and rates as
/// [`read_wav_8k`].
pub fn read_wav_8k_stereo(path: impl AsRef<Path>) -> Result<[Vec<i16>; 2], WavError> {
    let mut channels = read(path.as_ref(), 2)?.into_iter();
    Ok([(); 2].map(|()| channels.next().unwrap_or_default()))
}

fn read(path: &Path, channels: u16) -> Result<Vec<Vec<i16>>, WavError> {
    let fail = |problem: String| WavError { path: path.to_path_buf(), problem };
    let size = fs::metadata(path).map_err(|error| fail(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(fail(format!("is {size} bytes: the limit is {MAX_BYTES}")));
    }
    let bytes = fs::read(path).map_err(|error| fail(error.to_string()))?;
    decode(&bytes, channels).map_err(fail)
}

/// Writes a mono WAV file: 8 kHz, 16-bit PCM.
pub fn write_wav_8k(path: impl AsRef<Path>, pcm: &[i16]) -> Result<(), WavError> {
    write(path.as_ref(), 1, pcm.iter().copied())
}

/// Writes a stereo WAV file: 8 kHz, 16-bit PCM. The shorter channel is filled up with silence.
pub fn write_wav_8k_stereo(path: impl AsRef<Path>, left: &[i16], right: &[i16]) -> Result<(), WavError> {
    let at = |channel: &[i16], i: usize| channel.get(i).copied().unwrap_or(0);
    let frames = left.len().max(right.len());
    write(path.as_ref(), 2, (0..frames).flat_map(|i| [at(left, i), at(right, i)]))
}

fn write(path: &Path, channels: u16, samples: impl Iterator<Item = i16>) -> Result<(), WavError> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: WIRE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let write = || -> Result<(), hound::Error> {
        let mut writer = hound::WavWriter::create(path, spec)?;
        for sample in samples {
            writer.write_sample(sample)?;
        }
        writer.finalize()
    };
    write().map_err(|error| WavError { path: path.to_path_buf(), problem: error.to_string() })
}

/// Samples of each channel at 8 kHz, or what is wrong with the file.
fn decode(bytes: &[u8], channels: u16) -> Result<Vec<Vec<i16>>, String> {
    let header = Header::parse(bytes)?;
    if header.channels != channels {
        let hint = if channels == 1 { "split or mix them first" } else { "both sides of a call need 2" };
        return Err(format!("has {} channels: {hint}", header.channels));
    }
    let (width, count) = (header.kind.width(), usize::from(channels));
    let sample: fn(&[u8]) -> i16 = match header.kind {
        Kind::Ulaw => |code| ulaw::decode(code[0]),
        Kind::Alaw => |code| alaw::decode(code[0]),
        Kind::Linear(_) => linear,
        Kind::Float => float,
    };
    // A frame that is not whole is none.
    let frames = header.data.chunks_exact(width * count);
    let side = |at: usize| frames.clone().map(move |frame| sample(&frame[at * width..][..width]));
    (0..count).map(|at| at_8k(side(at).collect(), header.rate)).collect()
}

fn at_8k(samples: Vec<i16>, rate: u32) -> Result<Vec<i16>, String> {
    if rate == WIRE_RATE {
        return Ok(samples);
    }
    let wide: Vec<f32> = samples.iter().map(|&s| f32::from(s) / 32_768.0).collect();
    let narrow = resample_all(&wide, rate, WIRE_RATE).map_err(|error| error.to_string())?;
    Ok(narrow.iter().map(|&s| (s * 32_768.0).round() as i16).collect())
}

/// The upper 16 bits of a sample of 1 to 4 bytes.
pub(super) fn linear(sample: &[u8]) -> i16 {
    match *sample {
        [unsigned] => (i16::from(unsigned) - 128) << 8,
        [.., low, high] => i16::from_le_bytes([low, high]),
        [] => 0,
    }
}

fn float(sample: &[u8]) -> i16 {
    let value = sample.first_chunk().map_or(0.0, |bytes| f32::from_le_bytes(*bytes));
    // `as` saturates, and NaN becomes 0.
    (value * 32_768.0).round() as i16
}
