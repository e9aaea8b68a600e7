//! Payloads of any length become wire frames of 160 bytes.
//!
//! Twilio usually sends 160 bytes a message but promises nothing, so messages are split and merged
//! here. The frames of a stream lie on one grid: frame `n` holds the samples from `160 n` on,
//! counted from the caller's first sample, so `timestamp == 160 * seq` always.
//!
//! **Gaps.** The messages' own `timestamp` is believed only where it jumps: when a message claims
//! to begin 19 ms or more after the end of what was received, that audio is lost. Whole lost
//! frames are skipped (`seq` jumps, and the jitter buffer conceals them), the rest of a frame is
//! filled with silence. A message that claims to be early by up to 100 ms is taken as it comes;
//! beyond that, and for gaps of more than a minute, the sender's clock was reset: the audio is
//! taken as continuous and the offset is learned anew.

use audio_core::frame::{FRAME_SAMPLES, ULAW_SILENCE, WIRE_RATE, WireFrame};

const SAMPLES_PER_MS: i64 = WIRE_RATE as i64 / 1_000;
/// A message later than this is a gap: a lost frame, less the rounding of a timestamp in ms.
const GAP_SAMPLES: i64 = 19 * SAMPLES_PER_MS;
/// A message earlier than this means another clock.
const EARLY_SAMPLES: i64 = 100 * SAMPLES_PER_MS;
/// A message later than this means another clock.
const RESET_SAMPLES: i64 = 60_000 * SAMPLES_PER_MS;

/// What a framer has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FramerStats {
    /// Frames given out.
    pub frames: u64,
    /// Gaps found.
    pub gaps: u64,
    /// Samples missing in gaps.
    pub gap_samples: u64,
    /// How often the sender's clock was reset.
    pub clock_resets: u64,
}

/// Splits and merges payloads. No allocation.
#[derive(Clone, Debug)]
pub struct Framer {
    frame: WireFrame,
    filled: usize,
    /// Media time, in samples, of the next sample to arrive.
    position: i64,
    /// What to add to a message's timestamp, in samples, to get media time.
    offset: Option<i64>,
    stats: FramerStats,
}

impl Default for Framer {
    fn default() -> Self {
        Self::new()
    }
}

impl Framer {
    /// A framer at the caller's first sample.
    pub const fn new() -> Self {
        let stats = FramerStats { frames: 0, gaps: 0, gap_samples: 0, clock_resets: 0 };
        Self { frame: WireFrame::SILENCE, filled: 0, position: 0, offset: None, stats }
    }

    /// Takes the µ-law bytes of one message and hands every frame that is complete to `sink`.
    ///
    /// `timestamp_ms` is the message's own, in ms since the stream's start.
    pub fn push(&mut self, timestamp_ms: Option<u64>, mulaw: &[u8], mut sink: impl FnMut(&WireFrame)) {
        if let Some(ms) = timestamp_ms {
            self.follow(ms, &mut sink);
        }
        let mut rest = mulaw;
        while !rest.is_empty() {
            let n = rest.len().min(FRAME_SAMPLES - self.filled);
            self.frame.payload[self.filled..self.filled + n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            self.advance(n, &mut sink);
        }
    }

    /// The end of the stream: the last, unfinished frame, filled up with silence. Its `len` says
    /// how much of it is audio.
    pub fn finish(&mut self, mut sink: impl FnMut(&WireFrame)) {
        if self.filled > 0 {
            let audio = self.filled;
            self.frame.payload[audio..].fill(ULAW_SILENCE);
            self.position += (FRAME_SAMPLES - audio) as i64;
            self.emit(audio, &mut sink);
        }
    }

    /// What was seen so far.
    pub const fn stats(&self) -> FramerStats {
        self.stats
    }

    /// Compares the sender's clock with what was received and fills or skips a gap.
    fn follow(&mut self, timestamp_ms: u64, sink: &mut impl FnMut(&WireFrame)) {
        // A timestamp beyond this range differs from any offset by more than a reset.
        let stamped = i64::try_from(timestamp_ms).unwrap_or(i64::MAX).saturating_mul(SAMPLES_PER_MS);
        let Some(offset) = self.offset else {
            self.offset = Some(self.position.saturating_sub(stamped));
            return;
        };
        let late = stamped.saturating_add(offset).saturating_sub(self.position);
        if !(-EARLY_SAMPLES..=RESET_SAMPLES).contains(&late) {
            self.offset = Some(self.position.saturating_sub(stamped));
            self.stats.clock_resets += 1;
        } else if late >= GAP_SAMPLES {
            self.stats.gaps += 1;
            self.stats.gap_samples += late as u64;
            self.skip(late as usize, sink);
        }
    }

    /// Steps over `missing` samples: silence to the frame's end, whole frames not at all, silence
    /// at the beginning of the frame in which the audio goes on.
    fn skip(&mut self, missing: usize, sink: &mut impl FnMut(&WireFrame)) {
        let mut missing = missing;
        if self.filled > 0 {
            let n = missing.min(FRAME_SAMPLES - self.filled);
            self.frame.payload[self.filled..self.filled + n].fill(ULAW_SILENCE);
            self.advance(n, sink);
            missing -= n;
        }
        let whole = missing / FRAME_SAMPLES;
        self.position += (whole * FRAME_SAMPLES) as i64;
        let head = missing % FRAME_SAMPLES;
        self.frame.payload[..head].fill(ULAW_SILENCE);
        self.advance(head, sink);
    }

    fn advance(&mut self, samples: usize, sink: &mut impl FnMut(&WireFrame)) {
        self.filled += samples;
        self.position += samples as i64;
        if self.filled == FRAME_SAMPLES {
            self.emit(FRAME_SAMPLES, sink);
        }
    }

    /// Gives the frame out. `position` is at its end.
    fn emit(&mut self, audio: usize, sink: &mut impl FnMut(&WireFrame)) {
        let first = self.position as u64 - FRAME_SAMPLES as u64;
        // The wire counts in 32 bits: 6 days of samples, and wrapping is what its readers expect.
        self.frame.seq = (first / FRAME_SAMPLES as u64) as u32;
        self.frame.timestamp = first as u32;
        self.frame.len = audio as u16;
        self.filled = 0;
        self.stats.frames += 1;
        sink(&self.frame);
    }
}

#[cfg(test)]
mod tests;
