//! Makes a tape from a recording made elsewhere.
//!
//! A stereo recording, such as Twilio's dual-channel one, holds both sides: `caller.wav` and
//! `agent.wav`, which is what the far end plays when the tape is replayed. A mono recording is the
//! caller's line, and its replay has a silent agent. Nothing is labelled.
//!
//! Audio streams through: memory holds a second of it, however long the recording.

mod error;
mod source;
mod track;

use std::fs;
use std::path::Path;

use audio_core::tape::{AgentLine, Echo, Greeting, Latency, RecordedEcho, TAPE_VERSION, TapeFile};

pub use error::ImportError;
use source::Source;
use track::Track;

use super::store::{Existing, NewTape, Place};

/// Frames read at a time, at the recording's rate.
const PIECE: usize = 8_000;
/// A longer recording is no call, and its `caller.wav` would be too long to be read again.
pub const MAX_HOURS: u64 = 12;

/// Which channel of a stereo recording holds the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallerChannel {
    /// The left, as in Twilio's dual-channel recordings of an inbound call.
    #[default]
    Left,
    /// The right.
    Right,
}

/// What is known of a recording beside its audio.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Where the caller is.
    pub caller: CallerChannel,
    /// The file is µ-law codes at 8 kHz without a header, whatever its name.
    pub raw_ulaw: bool,
    /// Slug of the business that was called.
    pub business: Option<String>,
    /// Was the recording allowed?
    pub consent: Option<bool>,
}

/// What became of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Length in ms.
    pub duration_ms: u64,
    /// Are both sides known?
    pub both_sides: bool,
}

/// Is a file with this name µ-law without a header?
pub fn is_raw_ulaw(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| ["ulaw", "ul", "raw"].iter().any(|raw| extension == *raw))
}

/// Makes a tape at `place` of the recording `from`.
///
/// # Errors
/// [`ImportError`]; then `place` is as it was.
pub fn import(
    from: &Path,
    place: &Place,
    existing: Existing,
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    // The recording first: one that is none must not make folders.
    let mut source = Source::open(from, options.raw_ulaw || is_raw_ulaw(from))?;
    let new = NewTape::begin(place, existing)?;
    let dir = new.dir();
    let (rate, both_sides) = (source.rate(), source.channels() == 2);
    let mut caller = Track::create(&dir.join("caller.wav"), rate, from)?;
    let mut agent = both_sides.then(|| Track::create(&dir.join("agent.wav"), rate, from)).transpose()?;
    let (mut piece, mut sides) = (Vec::new(), [Vec::new(), Vec::new()]);
    loop {
        source.read(&mut piece, PIECE)?;
        if piece.is_empty() {
            break;
        }
        let Some(agent) = &mut agent else {
            caller.push(&piece)?;
            continue;
        };
        for (channel, side) in sides.iter_mut().enumerate() {
            side.clear();
            side.extend(piece.iter().skip(channel).step_by(2));
        }
        let [left, right] = &sides;
        let (callers, agents) = match options.caller {
            CallerChannel::Left => (left, right),
            CallerChannel::Right => (right, left),
        };
        caller.push(callers)?;
        agent.push(agents)?;
    }
    let samples = caller.finish()?;
    if let Some(agent) = agent {
        agent.finish()?;
    }
    let file = described(options, both_sides);
    let path = dir.join("tape.json");
    let json = serde_json::to_vec_pretty(&file).map_err(|error| ImportError::write(&path, error.into()))?;
    fs::write(&path, json).map_err(|error| ImportError::write(&path, error))?;
    new.put()?;
    Ok(Imported { duration_ms: samples / 8, both_sides })
}

fn described(options: &ImportOptions, both_sides: bool) -> TapeFile {
    let nothing = AgentLine { text: String::new(), clip: None };
    TapeFile {
        version: TAPE_VERSION,
        business: options.business.clone(),
        from: None,
        to: None,
        started_at: None,
        greeting: Greeting::Line(nothing.clone()),
        caller: Vec::new(),
        labels: None,
        // A line without words or audio: the agent of a replay says nothing.
        agent: if both_sides { Vec::new() } else { vec![nothing] },
        echo: both_sides.then_some(Echo::Recorded(RecordedEcho::Recorded)),
        latency: Latency::default(),
        hang_up_ms: None,
        consent: options.consent,
        redacted: false,
    }
}
