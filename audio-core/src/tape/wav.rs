//! WAV files as telephone audio: reading to 8 kHz mono, writing 16-bit PCM.
//!
//! PCM and float data are decoded by hound; G.711 data (format tags 6 and 7, RFC 2361) by our
//! own codecs. Rates other than 8 kHz are resampled.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::codec::{alaw, ulaw};
use crate::frame::WIRE_RATE;
use crate::resample::resample_all;
use crate::tape::riff::{Data, Header};

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
    let path = path.as_ref();
    let fail = |problem: String| WavError { path: path.to_path_buf(), problem };
    let size = fs::metadata(path).map_err(|error| fail(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(fail(format!("is {size} bytes: the limit is {MAX_BYTES}")));
    }
    let bytes = fs::read(path).map_err(|error| fail(error.to_string()))?;
    decode(&bytes).map_err(fail)
}

/// Writes a mono WAV file: 8 kHz, 16-bit PCM.
pub fn write_wav_8k(path: impl AsRef<Path>, pcm: &[i16]) -> Result<(), WavError> {
    write(path.as_ref(), 1, pcm.iter().copied())
}

/// Writes a stereo WAV file: 8 kHz, 16-bit PCM. The shorter channel is filled up with silence.
pub fn write_wav_8k_stereo(
    path: impl AsRef<Path>,
    left: &[i16],
    right: &[i16],
) -> Result<(), WavError> {
    let at = |channel: &[i16], i: usize| channel.get(i).copied().unwrap_or(0);
    let frames = left.len().max(right.len());
    write(path.as_ref(), 2, (0..frames).flat_map(|i| [at(left, i), at(right, i)]))
}

fn write(
    path: &Path,
    channels: u16,
    samples: impl Iterator<Item = i16>,
) -> Result<(), WavError> {
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

/// Samples at 8 kHz, or what is wrong with the file.
fn decode(bytes: &[u8]) -> Result<Vec<i16>, String> {
    let header = Header::parse(bytes)?;
    if header.channels != 1 {
        return Err(format!("has {} channels: split or mix them first", header.channels));
    }
    let samples = match header.data {
        Data::Ulaw(codes) => codes.iter().map(|&code| ulaw::decode(code)).collect(),
        Data::Alaw(codes) => codes.iter().map(|&code| alaw::decode(code)).collect(),
        Data::Linear => linear(bytes)?,
    };
    if header.rate == WIRE_RATE {
        return Ok(samples);
    }
    let wide: Vec<f32> = samples.iter().map(|&s| f32::from(s) / 32_768.0).collect();
    let narrow = resample_all(&wide, header.rate, WIRE_RATE).map_err(|error| error.to_string())?;
    Ok(narrow.iter().map(|&s| (s * 32_768.0).round() as i16).collect())
}

fn linear(bytes: &[u8]) -> Result<Vec<i16>, String> {
    let reader = hound::WavReader::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let spec = reader.spec();
    let samples: Result<Vec<i16>, hound::Error> = match spec.sample_format {
        hound::SampleFormat::Float => {
            let to_pcm = |s: f32| (s * 32_768.0).round() as i16;
            reader.into_samples().map(|s| s.map(to_pcm)).collect()
        }
        hound::SampleFormat::Int => {
            let bits = u32::from(spec.bits_per_sample).clamp(1, 32);
            let to_pcm = |s: i32| ((i64::from(s) << (32 - bits)) >> 16) as i16;
            reader.into_samples().map(|s| s.map(to_pcm)).collect()
        }
    };
    samples.map_err(|error| error.to_string())
}
