//! A WAV file read as it stands, a piece at a time: memory does not grow with its length.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::codec::{alaw, ulaw};
use crate::tape::WavError;
use crate::tape::riff::{Kind, Layout};
use crate::tape::wav::linear;

/// What a WAV file's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WavInfo {
    /// Frames a second.
    pub rate: u32,
    /// Samples of a frame.
    pub channels: u16,
    /// How samples are stored: `PCM`, `float`, `µ-law` or `A-law`.
    pub format: &'static str,
    /// Bits of a stored sample.
    pub bits: u16,
    /// Frames: samples of each channel.
    pub frames: u64,
}

impl WavInfo {
    /// Length in ms, rounded down.
    pub fn duration_ms(&self) -> u64 {
        self.frames * 1_000 / u64::from(self.rate.max(1))
    }
}

/// Reads a WAV file of any number of channels, at its own rate, as 16-bit samples.
#[derive(Debug)]
pub struct WavReader {
    path: PathBuf,
    file: BufReader<File>,
    info: WavInfo,
    kind: Kind,
    /// Frames that have been read.
    at: u64,
    bytes: Vec<u8>,
}

impl WavReader {
    /// Opens the file and reads its header.
    ///
    /// # Errors
    /// What the system says, a file that is no WAV, a format other than PCM, 32-bit float and
    /// G.711, and a file that is shorter than its header claims.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, WavError> {
        let path = path.as_ref().to_path_buf();
        let fail = |problem: String| WavError { path: path.clone(), problem };
        let mut file = File::open(&path).map_err(|error| fail(error.to_string()))?;
        let meta = file.metadata().map_err(|error| fail(error.to_string()))?;
        if !meta.is_file() {
            return Err(fail("is not a file".into()));
        }
        let layout = Layout::scan(&mut file).map_err(fail)?;
        let (channels, rate, kind) = layout.format().map_err(fail)?;
        if channels == 0 {
            return Err(fail("has 0 channels".into()));
        }
        let (present, size) = (meta.len().saturating_sub(layout.data_at), u64::from(layout.data_size));
        if present < size {
            return Err(fail(format!("breaks off: {present} of {size} data bytes")));
        }
        file.seek(SeekFrom::Start(layout.data_at)).map_err(|error| fail(error.to_string()))?;
        let block = kind.width() as u64 * u64::from(channels);
        let format = match kind {
            Kind::Linear(_) => "PCM",
            Kind::Float => "float",
            Kind::Ulaw => "µ-law",
            Kind::Alaw => "A-law",
        };
        let bits = 8 * kind.width() as u16;
        let info = WavInfo { rate, channels, format, bits, frames: size / block };
        Ok(Self { path, file: BufReader::with_capacity(1 << 16, file), info, kind, at: 0, bytes: Vec::new() })
    }

    /// What the header says.
    pub fn info(&self) -> WavInfo {
        self.info
    }

    /// Replaces what `samples` holds by the next frames, interleaved, `most` at most. At the end of
    /// the file it is empty.
    ///
    /// # Errors
    /// What the system says, and a float that is no number.
    pub fn read(&mut self, samples: &mut Vec<i16>, most: usize) -> Result<(), WavError> {
        samples.clear();
        let left = usize::try_from(self.info.frames - self.at).unwrap_or(usize::MAX);
        let (width, channels) = (self.kind.width(), usize::from(self.info.channels));
        let frames = left.min(most);
        self.bytes.resize(frames * width * channels, 0);
        if let Err(error) = self.file.read_exact(&mut self.bytes) {
            return Err(self.fail(error.to_string()));
        }
        let stored = self.bytes.chunks_exact(width);
        match self.kind {
            Kind::Ulaw => samples.extend(stored.map(|code| ulaw::decode(code[0]))),
            Kind::Alaw => samples.extend(stored.map(|code| alaw::decode(code[0]))),
            Kind::Linear(_) => samples.extend(stored.map(linear)),
            Kind::Float => {
                for (i, bytes) in stored.enumerate() {
                    let value = bytes.first_chunk().map_or(f32::NAN, |bytes| f32::from_le_bytes(*bytes));
                    if !value.is_finite() {
                        let frame = self.at + (i / channels) as u64;
                        return Err(self.fail(format!("holds {value} at sample {frame}: not a number")));
                    }
                    samples.push((value * 32_768.0).round() as i16);
                }
            }
        }
        self.at += frames as u64;
        Ok(())
    }

    fn fail(&self, problem: String) -> WavError {
        WavError { path: self.path.clone(), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::{WavEncoding, WavSpec, WavWriter, read_wav_8k_stereo};

    #[test]
    fn pieces_are_the_whole() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("two.wav");
        for encoding in [WavEncoding::Pcm16, WavEncoding::Ulaw, WavEncoding::Alaw] {
            let mut wav = WavWriter::create(&path, WavSpec { encoding, ..WavSpec::STEREO_8K }).expect("made");
            let pcm: Vec<i16> = (0..2_002).map(|i| (i * 16 - 16_000) as i16).collect();
            wav.write(&pcm).expect("written");
            wav.finish().expect("whole");
            let mut reader = WavReader::open(&path).expect("opened");
            assert_eq!((reader.info().frames, reader.info().channels, reader.info().rate), (1_001, 2, 8_000));
            let (mut all, mut piece) = (Vec::new(), Vec::new());
            loop {
                reader.read(&mut piece, 160).expect("read");
                if piece.is_empty() {
                    break;
                }
                all.extend_from_slice(&piece);
            }
            let [left, right] = read_wav_8k_stereo(&path).expect("whole");
            let both: Vec<i16> = left.iter().zip(&right).flat_map(|(l, r)| [*l, *r]).collect();
            assert_eq!(all, both);
        }
    }

    #[test]
    fn a_float_that_is_no_number_is_named() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("nan.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut wav = hound::WavWriter::create(&path, spec).expect("made");
        for value in [0.5f32, f32::NAN] {
            wav.write_sample(value).expect("written");
        }
        wav.finalize().expect("whole");
        let mut reader = WavReader::open(&path).expect("opened");
        let error = reader.read(&mut Vec::new(), 10).expect_err("no number").to_string();
        assert!(error.ends_with("nan.wav: holds NaN at sample 1: not a number"), "{error}");
    }
}
