//! What a tape holds, in a few numbers.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use audio_core::frame::Dbfs;
use audio_core::tape::{SpanKind, TapeError, TapeFile, WavError, WavReader};
use serde::Serialize;

use super::{Wire, WireLine};

const PIECE: usize = 8_000;
/// The first line of `wire.jsonl` is short.
const MAX_SETUP: u64 = 4_096;

/// What a tape holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TapeInfo {
    /// Length of `caller.wav` in ms.
    pub duration_ms: u64,
    /// The caller's side.
    pub caller: SideInfo,
    /// The agent's side, if it was recorded.
    pub agent: Option<SideInfo>,
    /// Clips of the agent.
    pub clips: usize,
    /// Labelled spans of each kind.
    pub spans: BTreeMap<&'static str, usize>,
    /// Who made the labels, if that is known.
    pub labels_by: Option<String>,
    /// Was the call recorded live, with everything that reached and left it?
    pub live: bool,
    /// Barge-in preset of a live call.
    pub preset: Option<String>,
    /// Business that was called.
    pub business: Option<String>,
    /// When the call began.
    pub started_at: Option<String>,
    /// Was the recording allowed? Absent: not known.
    pub consent: Option<bool>,
    /// Has it been made unrecognisable?
    pub redacted: bool,
    /// Bytes of all files.
    pub bytes: u64,
}

/// One side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SideInfo {
    /// RMS over the whole, in dBFS.
    pub rms_dbfs: f32,
    /// The loudest sample, in dBFS: 0 is full scale.
    pub peak_dbfs: f32,
}

/// A tape of which nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum InfoError {
    /// `tape.json`.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// A recording.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// Another file.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// What the tape in `dir` holds. Audio is read a piece at a time.
///
/// # Errors
/// [`InfoError`].
pub fn info(dir: &Path) -> Result<TapeInfo, InfoError> {
    let file = TapeFile::load(dir)?;
    let (duration_ms, caller) = side(&dir.join("caller.wav"))?;
    let agent = dir.join("agent.wav");
    let agent = if agent.exists() { Some(side(&agent)?.1) } else { None };
    let greeting = file.greeting.line();
    let mut spans = BTreeMap::new();
    for span in &file.caller {
        *spans.entry(kind_name(span.kind)).or_default() += 1;
    }
    let preset = preset(&dir.join("wire.jsonl"))?;
    Ok(TapeInfo {
        duration_ms,
        caller,
        agent,
        clips: file.agent.iter().chain([&greeting]).filter(|line| line.clip.is_some()).count(),
        spans,
        labels_by: file.labels.map(|labels| labels.by),
        live: preset.is_some(),
        preset,
        business: file.business,
        started_at: file.started_at,
        consent: file.consent,
        redacted: file.redacted,
        bytes: bytes(dir)?,
    })
}

/// The name of a kind, as in `tape.json`.
pub fn kind_name(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Turn => "turn",
        SpanKind::Backchannel => "backchannel",
        SpanKind::Interruption => "interruption",
        SpanKind::Noise => "noise",
        SpanKind::SideSpeech => "side_speech",
    }
}

/// Length in ms and levels.
fn side(path: &Path) -> Result<(u64, SideInfo), WavError> {
    let mut wav = WavReader::open(path)?;
    let info = wav.info();
    let (mut piece, mut energy, mut peak, mut all) = (Vec::new(), 0f64, 0u16, 0u64);
    loop {
        wav.read(&mut piece, PIECE)?;
        if piece.is_empty() {
            break;
        }
        all += piece.len() as u64;
        energy += piece.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>();
        peak = peak.max(piece.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0));
    }
    let level = |rms: f32| (Dbfs::from_rms(rms).0 * 10.0).round() / 10.0;
    let rms = (energy / all.max(1) as f64).sqrt() as f32;
    let duration_ms = info.duration_ms();
    Ok((duration_ms, SideInfo { rms_dbfs: level(rms), peak_dbfs: level(f32::from(peak)) }))
}

/// The preset in the first line of a live call's record.
fn preset(path: &Path) -> Result<Option<String>, InfoError> {
    let fail = |source| InfoError::Io { path: path.to_path_buf(), source };
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let mut first = String::new();
    BufReader::new(file.take(MAX_SETUP)).read_line(&mut first).map_err(fail)?;
    match serde_json::from_str(&first) {
        Ok(WireLine { what: Wire::Setup { preset, .. }, .. }) => Ok(Some(preset)),
        _ => Err(fail(std::io::Error::other("the first line is not `setup`"))),
    }
}

fn bytes(dir: &Path) -> Result<u64, InfoError> {
    let fail = |source| InfoError::Io { path: dir.to_path_buf(), source };
    let mut sum = 0;
    for entry in fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let meta = entry.metadata().map_err(fail)?;
        sum += if meta.is_dir() { bytes(&entry.path())? } else { meta.len() };
    }
    Ok(sum)
}
