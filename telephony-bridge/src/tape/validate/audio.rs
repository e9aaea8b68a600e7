//! The recordings of a tape: format, length, clipping, and whether the labels lie in them.

use std::path::Path;

use audio_core::frame::WIRE_RATE;
use audio_core::tape::{TapeFile, WavReader};

use super::Findings;
use super::json::{clips, stays_inside};

/// µ-law ends here (G.711): a sample beyond is clipped, or was before it was recorded.
const FULL_SCALE: u16 = 32_124;
/// A larger share of clipped samples is audible, and falsifies levels.
const MAX_CLIPPED: f64 = 0.001;
/// The two sides of a call end together, give or take what was on its way.
const MAX_APART_MS: u64 = 1_000;
const PIECE: usize = 8_000;

pub(super) fn check(dir: &Path, file: Option<&TapeFile>, findings: &mut Findings) {
    let caller_ms = track(&dir.join("caller.wav"), "caller.wav", findings);
    let agent = dir.join("agent.wav");
    let agent_ms = if agent.exists() { track(&agent, "agent.wav", findings) } else { None };
    if let (Some(caller), Some(agent)) = (caller_ms, agent_ms)
        && caller.abs_diff(agent) > MAX_APART_MS
    {
        findings.add("agent.wav", format!("is {agent} ms long, caller.wav {caller} ms"));
    }
    let Some(file) = file else { return };
    if let Some(length) = caller_ms {
        for (i, span) in file.caller.iter().enumerate().filter(|(_, span)| span.end_ms > length) {
            let problem = format!("is {}: caller.wav ends at {length} ms", span.end_ms);
            findings.field(&format!("caller[{i}].end_ms"), problem);
        }
    }
    for (field, path) in clips(file).iter().filter(|(_, path)| stays_inside(path)) {
        track(&dir.join(path), &format!("tape.json: {field}: {path}"), findings);
    }
}

/// One recording; its length in ms, if it can be read.
fn track(path: &Path, place: &str, findings: &mut Findings) -> Option<u64> {
    let mut wav = match WavReader::open(path) {
        Ok(wav) => wav,
        Err(error) => {
            findings.add(place, error.problem);
            return None;
        }
    };
    let info = wav.info();
    if info.channels != 1 {
        findings.add(place, format!("has {} channels: expected one", info.channels));
    }
    if info.rate != WIRE_RATE {
        findings.add(place, format!("has a sample rate of {} Hz: expected {WIRE_RATE}", info.rate));
    }
    if info.frames == 0 {
        findings.add(place, "holds no samples");
        return None;
    }
    let (mut piece, mut clipped, mut all) = (Vec::new(), 0usize, 0usize);
    loop {
        if let Err(error) = wav.read(&mut piece, PIECE) {
            findings.add(place, error.problem);
            return None;
        }
        if piece.is_empty() {
            break;
        }
        all += piece.len();
        clipped += piece.iter().filter(|sample| sample.unsigned_abs() >= FULL_SCALE).count();
    }
    let share = clipped as f64 / all as f64;
    if share > MAX_CLIPPED {
        findings.add(place, format!("is clipped in {:.1} % of its samples", share * 100.0));
    }
    Some(info.duration_ms())
}
