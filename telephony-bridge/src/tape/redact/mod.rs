//! Makes a call unrecognisable and keeps what its decisions hang on.
//!
//! *Kept*: every file's length, the level of each 20 ms frame, which frames are voice, and how near that
//! is; of the words, their number, lengths and punctuation, which of them are the same word, and those of
//! the bridge's word lists ("yes", "wait", "of"); how many digits a number has; all times.
//!
//! *Gone*: the voices (each frame is a hum or noise of the same level and of a fixed spectrum, which
//! carries no more of speech than its loudness and, over a fifth of a second, how reverberant it is);
//! every other word, digit but a number's leading 0 or 05, telephone number, key pressed, lead field,
//! business, id of stream, hour of the call; files that are none of a tape's.
//!
//! An agent's echo on a recorded line is gone with the voices: a canceller finds nothing to cancel, and
//! what was echo may be taken for the caller.

mod error;
mod numbers;
mod room;
mod voice;
mod wire;
mod words;

use std::fs;
use std::io;
use std::path::Path;

use audio_core::frame::FRAME_SAMPLES;
use audio_core::tape::{
    AgentLine, CallerSpan, Greeting, Labels, Tape, TapeFile, WavReader, WavSpec, WavWriter,
};

pub use error::RedactError;
pub use voice::{Side, Voice};
pub use words::Words;

use super::store::{Existing, NewTape, Place};
use crate::words::Lexicon;

/// Redacts the tape in `dir` to `place`.
///
/// # Errors
/// [`RedactError`]; then `place` is as it was.
pub fn redact(dir: &Path, place: &Place, existing: Existing, lexicon: &Lexicon) -> Result<(), RedactError> {
    // All of it is loaded and checked: what cannot be read cannot be redacted.
    let tape = Tape::load(dir)?;
    let new = NewTape::begin(place, existing)?;
    let mut words = Words::new(lexicon);
    let file = redacted_file(tape.file, &mut words);
    for (track, side) in [("caller.wav", Side::Caller), ("agent.wav", Side::Agent)] {
        if dir.join(track).exists() {
            redact_track(&dir.join(track), &new.dir().join(track), side)?;
        }
    }
    let greeting = file.greeting.line();
    for clip in file.agent.iter().chain([&greeting]).filter_map(|line| line.clip.as_deref()) {
        let to = new.dir().join(clip);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(RedactError::io(folder))?;
        }
        redact_track(&dir.join(clip), &to, Side::Agent)?;
    }
    wire::redact(dir, new.dir(), &mut words)?;
    let path = new.dir().join("tape.json");
    let json = serde_json::to_vec_pretty(&file).map_err(io::Error::from).map_err(RedactError::io(&path))?;
    fs::write(&path, json).map_err(RedactError::io(&path))?;
    Ok(new.put()?)
}

fn redacted_file(file: TapeFile, words: &mut Words<'_>) -> TapeFile {
    let mut line = |line: AgentLine| AgentLine { text: words.masked(&line.text), clip: line.clip };
    let greeting = match file.greeting {
        Greeting::Clip(path) => Greeting::Clip(path),
        Greeting::Line(said) => Greeting::Line(line(said)),
    };
    let agent = file.agent.into_iter().map(line).collect();
    let caller = file.caller.into_iter().map(|span| redacted_span(span, words)).collect();
    TapeFile {
        business: None,
        from: file.from.as_deref().map(numbers::cut),
        to: file.to.as_deref().map(numbers::cut),
        started_at: file.started_at.as_deref().and_then(numbers::day),
        greeting,
        caller,
        agent,
        // Who made the labels may be a person; that there are some is not.
        labels: file.labels.map(|_| Labels { by: "redacted".to_owned() }),
        redacted: true,
        ..file
    }
}

fn redacted_span(mut span: CallerSpan, words: &mut Words<'_>) -> CallerSpan {
    span.text = words.masked(&span.text);
    for word in span.words.iter_mut().flatten() {
        word.text = words.masked(&word.text);
    }
    span
}

/// A recording of 8 kHz, a frame at a time.
fn redact_track(from: &Path, to: &Path, side: Side) -> Result<(), RedactError> {
    let mut wav = WavReader::open(from)?;
    let spec = WavSpec { rate: wav.info().rate, ..WavSpec::MONO_8K };
    if wav.info().channels != 1 || spec.rate != WavSpec::MONO_8K.rate {
        return Err(RedactError::Format(from.to_path_buf()));
    }
    let mut voice = Voice::new(side)?;
    let mut out = WavWriter::create(to, spec)?;
    let mut piece = Vec::new();
    loop {
        wav.read(&mut piece, FRAME_SAMPLES)?;
        if piece.is_empty() {
            break;
        }
        let mut frame = [0; FRAME_SAMPLES];
        frame[..piece.len()].copy_from_slice(&piece);
        out.write(&voice.process(&frame)[..piece.len()])?;
    }
    Ok(out.finish()?)
}
