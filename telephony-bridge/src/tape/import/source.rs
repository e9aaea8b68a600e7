//! A recording made elsewhere, as 16-bit samples a piece at a time.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use audio_core::codec::ulaw;
use audio_core::frame::WIRE_RATE;
use audio_core::tape::WavReader;

use super::{ImportError, MAX_HOURS};

/// Rates that are resampled, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;

pub(super) enum Source {
    Wav(WavReader),
    Raw { path: PathBuf, file: BufReader<File>, bytes: Vec<u8> },
}

impl Source {
    pub(super) fn open(path: &Path, raw: bool) -> Result<Self, ImportError> {
        let fail = |problem: String| ImportError::recording(path, problem);
        let limit = |rate: u32, frames: u64| {
            if frames == 0 {
                return Err(fail("holds no samples".into()));
            }
            let seconds = frames / u64::from(rate);
            if seconds > MAX_HOURS * 3_600 {
                return Err(fail(format!("is {seconds} s long: the limit is {MAX_HOURS} hours")));
            }
            Ok(())
        };
        if raw {
            let file = File::open(path).map_err(|error| fail(error.to_string()))?;
            let meta = file.metadata().map_err(|error| fail(error.to_string()))?;
            if !meta.is_file() {
                return Err(fail("is not a file".into()));
            }
            let mut file = BufReader::with_capacity(1 << 16, file);
            let mut magic = Vec::new();
            file.by_ref().take(4).read_to_end(&mut magic).map_err(|error| fail(error.to_string()))?;
            if magic == b"RIFF" {
                return Err(fail("begins like a WAV file, not like raw µ-law".into()));
            }
            limit(WIRE_RATE, meta.len())?;
            return Ok(Self::Raw { path: path.to_path_buf(), file, bytes: magic });
        }
        let wav = WavReader::open(path)?;
        let info = wav.info();
        if info.channels > 2 {
            return Err(fail(format!("has {} channels: a call has one or two", info.channels)));
        }
        if !RATES.contains(&info.rate) {
            let (rate, least, most) = (info.rate, RATES.start(), RATES.end());
            return Err(fail(format!("has a sample rate of {rate} Hz: expected {least} to {most}")));
        }
        limit(info.rate, info.frames)?;
        Ok(Self::Wav(wav))
    }

    pub(super) fn rate(&self) -> u32 {
        match self {
            Self::Wav(wav) => wav.info().rate,
            Self::Raw { .. } => WIRE_RATE,
        }
    }

    pub(super) fn channels(&self) -> u16 {
        match self {
            Self::Wav(wav) => wav.info().channels,
            Self::Raw { .. } => 1,
        }
    }

    /// The next frames, interleaved; none at the end.
    pub(super) fn read(&mut self, samples: &mut Vec<i16>, most: usize) -> Result<(), ImportError> {
        match self {
            Self::Wav(wav) => Ok(wav.read(samples, most)?),
            Self::Raw { path, file, bytes } => {
                let read = file.take((most - bytes.len()) as u64).read_to_end(bytes);
                read.map_err(|error| ImportError::recording(path, error.to_string()))?;
                samples.clear();
                samples.extend(bytes.drain(..).map(ulaw::decode));
                Ok(())
            }
        }
    }
}
