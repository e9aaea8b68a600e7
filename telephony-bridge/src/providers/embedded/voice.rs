//! Speech from a library of clips: a tape's own recordings, then the shared library, then a beep.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, ULAW_SILENCE, WIRE_RATE};
use audio_core::tape::{Tape, WavError, read_wav_8k};
use audio_core::tone;
use serde::Deserialize;

use super::due::Due;
use crate::providers::{SpeechFrame, Tts, TtsOutput};
use crate::session::{CallTime, Line, TtsEvent, UtteranceId};

/// The library could not be read.
#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    /// The index is missing or unreadable.
    #[error("clip library index {path}: {source}")]
    Index {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The index is not what it should be.
    #[error("clip library index {path} is not a list of {{text, clip}}: {source}")]
    Format {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A clip cannot be read.
    #[error("clip {path}: {source}")]
    Clip {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: WavError,
    },
}

#[derive(Deserialize)]
struct IndexEntry {
    text: String,
    clip: String,
}

/// Recorded lines by their text. Cheap to clone; shared by all calls.
#[derive(Clone, Debug, Default)]
pub struct VoiceLibrary {
    by_text: Arc<HashMap<String, Arc<[u8]>>>,
}

impl VoiceLibrary {
    /// Reads `dir/index.json` and every clip it names.
    pub fn load(dir: &Path) -> Result<Self, VoiceError> {
        let path = dir.join("index.json");
        let json = std::fs::read(&path).map_err(|source| VoiceError::Index { path: path.clone(), source })?;
        let index: Vec<IndexEntry> =
            serde_json::from_slice(&json).map_err(|source| VoiceError::Format { path, source })?;
        let mut by_text = HashMap::with_capacity(index.len());
        for entry in index {
            by_text.insert(folded(&entry.text), read_clip(&dir.join(&entry.clip))?);
        }
        Ok(Self { by_text: Arc::new(by_text) })
    }

    /// The recording of `text`, as µ-law; punctuation and spacing do not matter.
    pub fn find(&self, text: &str) -> Option<Arc<[u8]>> {
        self.by_text.get(&folded(text)).cloned()
    }

    /// Lines in the library.
    pub fn len(&self) -> usize {
        self.by_text.len()
    }

    /// No lines?
    pub fn is_empty(&self) -> bool {
        self.by_text.is_empty()
    }
}

fn folded(text: &str) -> String {
    let letters: String = text.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace()).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read_clip(path: &Path) -> Result<Arc<[u8]>, VoiceError> {
    let pcm = read_wav_8k(path).map_err(|source| VoiceError::Clip { path: path.to_owned(), source })?;
    Ok(coded(&pcm))
}

/// Speech for one call from clips. Clone one for each call: the recordings are shared.
#[derive(Clone, Debug)]
pub struct ClipVoice {
    /// The tape's recordings, by path.
    clips: Arc<BTreeMap<String, Arc<[u8]>>>,
    library: VoiceLibrary,
    latency_ms: u64,
    due: Due<TtsOutput>,
}

impl ClipVoice {
    /// A voice with the shared library alone; first audio after `latency_ms`.
    pub fn new(library: VoiceLibrary, latency_ms: u64) -> Self {
        Self { clips: Arc::default(), library, latency_ms, due: Due::default() }
    }

    /// Adds the recordings of a tape.
    pub fn with_tape(mut self, tape: &Tape) -> Result<Self, VoiceError> {
        let greeting = tape.file.greeting.line();
        let clips = Arc::make_mut(&mut self.clips);
        for path in tape.file.agent.iter().chain([&greeting]).filter_map(|line| line.clip.as_deref()) {
            clips.insert(path.to_owned(), read_clip(&tape.dir.join(path))?);
        }
        Ok(self)
    }

    fn audio(&self, line: &Line) -> Arc<[u8]> {
        let own = line.clip.as_ref().and_then(|clip| self.clips.get(clip).cloned());
        own.or_else(|| self.library.find(&line.text)).unwrap_or_else(beep)
    }
}

/// The fallback of last resort (A-AUD-018, A-TEL-011).
pub(in crate::providers) fn beep() -> Arc<[u8]> {
    coded(&tone::beep())
}

fn coded(pcm: &[i16]) -> Arc<[u8]> {
    let mut codes = vec![ULAW_SILENCE; pcm.len()];
    ulaw::encode_slice(pcm, &mut codes);
    codes.into()
}

/// Cuts µ-law audio into frames; the last one is filled up with silence.
fn frames(codes: &[u8]) -> Vec<SpeechFrame> {
    codes
        .chunks(FRAME_SAMPLES)
        .map(|chunk| {
            let mut frame = [ULAW_SILENCE; FRAME_SAMPLES];
            frame[..chunk.len()].copy_from_slice(chunk);
            frame
        })
        .collect()
}

impl Tts for ClipVoice {
    fn speak(&mut self, now: CallTime, utterance: UtteranceId, line: &Line, from_ms: u64, cached: bool) {
        let codes = self.audio(line);
        let skip =
            usize::try_from(from_ms * u64::from(WIRE_RATE) / 1_000).unwrap_or(usize::MAX).min(codes.len());
        let frames = frames(&codes[skip..]);
        let at = CallTime(now.0 + if cached { 0 } else { self.latency_ms * 1_000 });
        let total_ms = frames.len() as u64 * u64::from(FRAME_MS);
        if !frames.is_empty() {
            self.due.push(at, TtsOutput::Audio { utterance, frames });
        }
        self.due.push(at, TtsOutput::Event { utterance, event: TtsEvent::End { total_ms } });
    }

    fn cancel_all(&mut self) {
        self.due.clear();
    }

    fn poll(&mut self, now: CallTime) -> Option<TtsOutput> {
        self.due.pop(now)
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.due.next_at()
    }
}
