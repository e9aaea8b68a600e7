//! What the agent said in a recording of both sides, as clips.
//!
//! The detector that listens to callers listens to both sides. Speech of the agent belongs to one
//! line until the caller has spoken for half a second; the first line is the greeting if nobody
//! spoke before it.

use std::fs;
use std::path::Path;

use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use audio_core::tape::{WavReader, WavSpec, WavWriter};
use audio_core::vad::{SpeechDetector, VadConfig, VadKind};

use super::ImportError;

/// Frames of the caller's speech that make a turn: half a second.
const TURN: u64 = 25;
/// Frames kept before and behind a line: onset and hangover of the detector.
const MARGIN: u64 = 10;

/// The agent's lines, as paths of clips inside the tape.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) greeting: Option<String>,
    pub(super) replies: Vec<String>,
}

impl Lines {
    pub(super) fn clips(&self) -> usize {
        usize::from(self.greeting.is_some()) + self.replies.len()
    }
}

/// Finds the lines in `dir/agent.wav` and writes their clips.
pub(super) fn agent_lines(dir: &Path) -> Result<Lines, ImportError> {
    let spans = spans(dir)?;
    let mut lines = Lines::default();
    if spans.is_empty() {
        return Ok(lines);
    }
    let clips = dir.join("clips");
    fs::create_dir_all(&clips).map_err(|error| ImportError::write(&clips, error))?;
    let mut agent = Frames::open(&dir.join("agent.wav"))?;
    let mut at = 0;
    for (from, to, greeting) in spans {
        let name = match greeting {
            true => "clips/greeting.wav".to_owned(),
            false => format!("clips/a{}.wav", lines.replies.len() + 1),
        };
        let mut clip = WavWriter::create(dir.join(&name), WavSpec::MONO_8K)?;
        while at < to {
            let Some(frame) = agent.next()? else { break };
            if at >= from {
                clip.write(&frame)?;
            }
            at += 1;
        }
        clip.finish()?;
        match greeting {
            true => lines.greeting = Some(name),
            false => lines.replies.push(name),
        }
    }
    Ok(lines)
}

/// First frame of each line, the frame behind its last, and whether it is the greeting.
fn spans(dir: &Path) -> Result<Vec<(u64, u64, bool)>, ImportError> {
    let detector = || {
        SpeechDetector::new(VadKind::Kav, VadConfig::hebrew())
            .map_err(|source| ImportError::Signal { path: dir.to_path_buf(), source })
    };
    let (mut caller, mut agent) = (detector()?, detector()?);
    let (mut caller_frames, mut agent_frames) =
        (Frames::open(&dir.join("caller.wav"))?, Frames::open(&dir.join("agent.wav"))?);
    let mut spans: Vec<(u64, u64, bool)> = Vec::new();
    // Frames of the caller's speech since the agent's last, and before the agent's first.
    let (mut heard, mut turned, mut before, mut at) = (0, true, 0, 0u64);
    while let (Some(said), Some(spoken)) = (caller_frames.next()?, agent_frames.next()?) {
        at += 1;
        let agent_speaks = agent.process(&spoken).speaking;
        if caller.process(&said).voiced {
            heard += 1;
            turned |= heard >= TURN;
            before += u64::from(spans.is_empty());
        }
        if agent_speaks {
            match spans.last_mut().filter(|_| !turned) {
                Some(line) => line.1 = at,
                None => {
                    let floor = spans.last().map_or(0, |last| last.1);
                    spans.push((at.saturating_sub(MARGIN).max(floor), at, before < TURN && spans.is_empty()));
                }
            }
            (heard, turned) = (0, false);
        }
    }
    Ok(spans)
}

/// A track, 20 ms at a time; the last are filled up with silence.
struct Frames {
    wav: WavReader,
    piece: Vec<i16>,
}

impl Frames {
    fn open(path: &Path) -> Result<Self, ImportError> {
        Ok(Self { wav: WavReader::open(path)?, piece: Vec::new() })
    }

    fn next(&mut self) -> Result<Option<PcmFrame>, ImportError> {
        self.wav.read(&mut self.piece, FRAME_SAMPLES)?;
        let mut frame = [0; FRAME_SAMPLES];
        frame[..self.piece.len()].copy_from_slice(&self.piece);
        Ok((!self.piece.is_empty()).then_some(frame))
    }
}
