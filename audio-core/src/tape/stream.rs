//! A WAV file written while its call runs.
//!
//! Nothing of the call stays in memory but a buffer of fixed size, and the file is a valid WAV
//! file from its first write on. At a *checkpoint*, once a second unless told otherwise, the
//! samples go to the system first and the header, in one write, after them; so its sizes never
//! claim what is not there, and a process that is killed loses what came since the last
//! checkpoint, a second at most. Of that, [`recover_wav`](crate::tape::recover_wav) finds what
//! had reached the system. A machine that loses power may lose more: nothing is synced.
//!
//! The writer is our own, not hound's: hound writes no G.711 (format tags 6 and 7, RFC 2361), its
//! first header stays in a buffer until the first flush, it changes the two sizes in two writes,
//! counts bytes in 32 bits that wrap at 4 GiB, and its errors name no file. For PCM both write
//! the same bytes, which a test holds them to.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::codec::{alaw, ulaw};
use crate::tape::WavError;
use crate::tape::riff::{header, header_len};
use crate::tape::spec::{WavEncoding, WavSpec};
use crate::tape::stereo::Pairing;

/// Bytes that wait for the system at most: a second of telephone PCM.
const BUFFER: usize = 16_384;
/// Rates that are written, in Hz.
const RATES: core::ops::RangeInclusive<u32> = 1..=192_000;
/// Frames of stereo formed at a time.
const PAIRS: usize = 128;

/// Writes a WAV file as it comes. Allocates only when made and for errors.
///
/// ```
/// use audio_core::tape::{WavSpec, WavWriter, read_wav_8k};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("call.wav");
/// let mut wav = WavWriter::create(&path, WavSpec::MONO_8K)?;
/// for _ in 0..50 {
///     wav.write(&[7; 160])?;
/// }
/// // A second is over: the file is whole, whatever happens next.
/// assert_eq!(read_wav_8k(&path)?.len(), 8_000);
/// wav.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WavWriter {
    path: PathBuf,
    file: File,
    spec: WavSpec,
    /// What the system has not been given yet. Never grows.
    buffer: Vec<u8>,
    /// Data bytes taken, those in the buffer included.
    bytes: u64,
    /// Data bytes that a RIFF can hold.
    limit: u64,
    /// Frames between checkpoints.
    interval: u64,
    /// Frames taken since the last one.
    unclaimed: u64,
    /// Set by an error of the system and by the end: nothing is written any more.
    closed: bool,
    pairing: Pairing,
}

impl WavWriter {
    /// Makes the file, or empties the one that is there, and writes its header. Allocates.
    ///
    /// # Errors
    /// A specification that cannot be written, or what the system says.
    pub fn create(path: impl AsRef<Path>, spec: WavSpec) -> Result<Self, WavError> {
        let path = path.as_ref().to_path_buf();
        let fail = |problem: String| WavError { path: path.clone(), problem };
        if !(1..=2).contains(&spec.channels) {
            return Err(fail(format!("cannot be written with {} channels, only with 1 or 2", spec.channels)));
        }
        if !RATES.contains(&spec.rate) {
            return Err(fail(format!("cannot be written at {} Hz, only at 1 to 192000", spec.rate)));
        }
        let file = File::create(&path).map_err(|error| fail(error.to_string()))?;
        // The sizes have 32 bits, and the first counts the header's rest and the padding too.
        let most = u64::from(u32::MAX) + 8 - header_len(spec.encoding) as u64;
        let lead = if spec.channels == 2 { spec.rate as usize } else { 0 };
        let mut writer = Self {
            path,
            file,
            spec,
            buffer: Vec::with_capacity(BUFFER),
            bytes: 0,
            limit: most - most % spec.block().max(2),
            interval: spec.rate.into(),
            unclaimed: 0,
            closed: false,
            pairing: Pairing::new(lead),
        };
        writer.checkpoint()?;
        Ok(writer)
    }

    /// Sets how many frames lie between two checkpoints, at least 1.
    #[must_use]
    pub fn with_checkpoint_every(mut self, frames: u32) -> Self {
        self.interval = frames.max(1).into();
        self
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Frames taken so far, without those of which the other side is still missing.
    pub fn frames(&self) -> u64 {
        self.bytes / self.spec.block()
    }

    /// Adds samples, interleaved in stereo. Does not allocate.
    ///
    /// # Errors
    /// What the system says, after which nothing more is written; a file that is full at 4 GiB
    /// and samples that are no whole frames, of which nothing is written and which harm nothing.
    pub fn write(&mut self, samples: &[i16]) -> Result<(), WavError> {
        self.pad()?;
        self.append(samples)
    }

    /// Adds samples of either side, in whatever portions they come. Does not allocate.
    ///
    /// What one side is ahead waits for the other; a side that is a second behind has stopped,
    /// and silence takes its place. A checkpoint writes whole frames only.
    ///
    /// # Errors
    /// A mono file, what the system says, and a file that is full: it holds the pairs that fitted.
    pub fn write_stereo(&mut self, left: &[i16], right: &[i16]) -> Result<(), WavError> {
        if self.spec.channels != 2 {
            return Err(self.fail("has one channel: write_stereo needs two".into()));
        }
        let (mut chunk, mut n) = ([0; 2 * PAIRS], 0);
        for i in 0..left.len().max(right.len()) {
            if let Some(pair) = self.pairing.push(left.get(i).copied(), right.get(i).copied()) {
                chunk[n..n + 2].copy_from_slice(&pair);
                n += 2;
            }
            if n == chunk.len() {
                self.append(&chunk)?;
                n = 0;
            }
        }
        self.append(&chunk[..n])
    }

    /// Fills up the side that is behind with silence.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn pad(&mut self) -> Result<(), WavError> {
        while let Some(pair) = self.pairing.pad() {
            self.append(&pair)?;
        }
        Ok(())
    }

    /// Gives the system all samples and then makes the header's sizes those of the file. An odd
    /// byte, of 8-bit samples in mono, is claimed with the next.
    ///
    /// # Errors
    /// What the system says.
    pub fn checkpoint(&mut self) -> Result<(), WavError> {
        self.open()?;
        let done = self.claim(self.bytes & !1);
        self.note(done)
    }

    /// Writes what is left, pads the shorter side, and closes the file.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(mut self) -> Result<(), WavError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), WavError> {
        // A file that is full has no room for the shorter side, but is to be whole.
        let padded = self.pad();
        self.open()?;
        let bytes = self.bytes;
        if bytes % 2 == 1 {
            // Chunks are of even length; the padding is no part of the data.
            let spilled = self.spill();
            self.note(spilled)?;
            self.buffer.push(0);
        }
        let done = self.claim(bytes);
        self.note(done)?;
        self.closed = true;
        padded
    }

    /// Whole frames, from a checkpoint to the next.
    fn append(&mut self, samples: &[i16]) -> Result<(), WavError> {
        self.open()?;
        let channels = usize::from(self.spec.channels);
        if !samples.len().is_multiple_of(channels) {
            return Err(self.fail(format!("takes whole frames: {} samples are none", samples.len())));
        }
        let more = (samples.len() / channels) as u64 * self.spec.block();
        if more > self.limit - self.bytes {
            let (held, limit) = (self.bytes, self.limit);
            return Err(self.fail(format!(
                "is full: {held} and {more} bytes are more than {limit}, the 4 GiB of a RIFF"
            )));
        }
        let mut rest = samples;
        while !rest.is_empty() {
            let due = self.interval.saturating_sub(self.unclaimed).max(1);
            let due = usize::try_from(due).unwrap_or(usize::MAX);
            let fits = BUFFER / self.spec.block() as usize;
            let (chunk, later) = rest.split_at(rest.len().min(due.min(fits) * channels));
            rest = later;
            let frames = (chunk.len() / channels) as u64;
            if self.buffer.len() as u64 + frames * self.spec.block() > BUFFER as u64 {
                let spilled = self.spill();
                self.note(spilled)?;
            }
            match self.spec.encoding {
                WavEncoding::Pcm16 => self.buffer.extend(chunk.iter().flat_map(|s| s.to_le_bytes())),
                WavEncoding::Ulaw => self.buffer.extend(chunk.iter().map(|&s| ulaw::encode(s))),
                WavEncoding::Alaw => self.buffer.extend(chunk.iter().map(|&s| alaw::encode(s))),
            }
            self.bytes += frames * self.spec.block();
            self.unclaimed += frames;
            if self.unclaimed >= self.interval {
                self.checkpoint()?;
            }
        }
        Ok(())
    }

    /// The buffer goes to the system.
    fn spill(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// The samples first, the header that claims `data` bytes of them after.
    fn claim(&mut self, data: u64) -> io::Result<()> {
        self.spill()?;
        let len = header_len(self.spec.encoding);
        let data = u32::try_from(data).map_err(io::Error::other)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(self.spec, data)[..len])?;
        self.file.seek(SeekFrom::End(0))?;
        self.unclaimed = 0;
        Ok(())
    }

    /// After an error of the system nobody knows what the file holds beyond the last checkpoint:
    /// it is left as it is.
    fn note(&mut self, done: io::Result<()>) -> Result<(), WavError> {
        done.map_err(|error| {
            self.closed = true;
            self.fail(error.to_string())
        })
    }

    fn open(&self) -> Result<(), WavError> {
        if self.closed { Err(self.fail("is closed since an earlier error".into())) } else { Ok(()) }
    }

    fn fail(&self, problem: String) -> WavError {
        WavError { path: self.path.clone(), problem }
    }
}

impl Drop for WavWriter {
    /// As [`finish`](WavWriter::finish), without its errors.
    fn drop(&mut self) {
        if !self.closed {
            let _ = self.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_refuses_more_and_stays_whole() {
        let dir = tempfile::tempdir().expect("temporary folder");
        for (channels, encoding, limit) in [
            (1, WavEncoding::Pcm16, 4_294_967_258),
            (2, WavEncoding::Pcm16, 4_294_967_256),
            (1, WavEncoding::Ulaw, 4_294_967_244),
            (2, WavEncoding::Alaw, 4_294_967_244),
        ] {
            let path = dir.path().join("full.wav");
            let spec = WavSpec { rate: 8_000, channels, encoding };
            let mut wav = WavWriter::create(&path, spec).expect("created");
            assert_eq!(wav.limit, limit);
            // The real limit takes hours of disk; the rule is the same at a kilobyte.
            wav.limit = 1_000;
            let room = 1_000 / spec.block() as usize * usize::from(channels);
            wav.write(&vec![1; room - 2]).expect("room");
            let error = wav.write(&[2; 4]).expect_err("full").to_string();
            assert!(error.contains("full.wav") && error.contains("more than 1000, the 4 GiB"), "{error}");
            wav.write(&[3; 2]).expect("two samples more");
            assert!(wav.write(&[4; 2]).is_err());
            wav.finish().expect("finished");
            assert_eq!(std::fs::metadata(&path).expect("file").len(), 1_000 + header_len(encoding) as u64);
        }
    }

    #[test]
    fn the_largest_header_does_not_overflow() {
        for encoding in [WavEncoding::Pcm16, WavEncoding::Ulaw, WavEncoding::Alaw] {
            let most = u64::from(u32::MAX) + 8 - header_len(encoding) as u64;
            let bytes = header(WavSpec { encoding, ..WavSpec::MONO_8K }, (most - most % 2) as u32);
            assert!(bytes[4..8] >= [0xfe, 0xff, 0xff, 0xff][..], "{bytes:?}");
        }
    }

    /// After an error of the system the file is left as it was at the last checkpoint.
    #[test]
    fn an_error_of_the_system_closes_the_writer() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("broken.wav");
        let mut wav = WavWriter::create(&path, WavSpec::MONO_8K).expect("created");
        wav.write(&[5; 8_000]).expect("a second");
        wav.file = File::open(&path).expect("for reading only");
        assert!(wav.write(&[6; 8_000]).expect_err("not writable").to_string().contains("broken.wav"));
        let later = wav.write(&[7; 10]).expect_err("closed").to_string();
        assert!(later.ends_with("is closed since an earlier error"), "{later}");
        assert!(wav.finish().is_err());
        assert_eq!(crate::tape::read_wav_8k(&path).expect("readable"), [5; 8_000]);
    }
}
