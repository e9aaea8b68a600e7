//! Nothing above a ceiling, and nothing changed below it.
//!
//! A frame is looked through before it is played: in pieces of 2.5 ms, the gain that each piece's peak
//! needs. Within a piece the gain runs along a straight line between two values of which neither is
//! above what the pieces on both sides of that point need; so it is down when the peak comes, and no
//! sample is cut. Only at a frame's first sample, where the next frame's peaks are not known yet, does
//! it step down at once. It comes back slowly. As long as nothing exceeds the ceiling the samples pass
//! bit for bit.

use super::{LimiterConfig, factor};
use crate::Error;
use crate::frame::{FRAME_SAMPLES, PcmFrame, WIRE_RATE};

/// Samples in a piece, and pieces in a frame.
const PIECE: usize = 20;
const PIECES: usize = FRAME_SAMPLES / PIECE;

/// Holds a line below a ceiling. `Send`; no allocation, no delay.
#[derive(Clone, Debug)]
pub struct Limiter {
    /// The greatest magnitude let through, in 16-bit units.
    ceiling: f32,
    /// By so much the gain rises over a piece.
    release: f32,
    gain: f32,
}

impl Limiter {
    /// Checks the settings.
    pub fn new(config: LimiterConfig) -> Result<Self, Error> {
        config.validate()?;
        let ceiling = (32_768.0 * factor(config.ceiling_dbfs)).floor().min(f32::from(i16::MAX));
        let release = factor(config.release_db_per_s * PIECE as f32 / WIRE_RATE as f32);
        Ok(Self { ceiling, release, gain: 1.0 })
    }

    /// Limits a frame in place.
    pub fn process(&mut self, pcm: &mut PcmFrame) {
        let peak = pcm.iter().fold(0, |peak, x| peak.max(x.unsigned_abs()));
        if self.gain >= 1.0 && f32::from(peak) <= self.ceiling {
            return;
        }
        let mut x = pcm.map(f32::from);
        self.limit(&mut x);
        for (sample, x) in pcm.iter_mut().zip(&x) {
            *sample = *x as i16;
        }
    }

    /// The same for samples in 16-bit units that may be louder than 16 bits hold; they come out whole.
    pub(super) fn limit(&mut self, x: &mut [f32; FRAME_SAMPLES]) {
        let pieces = x.as_chunks_mut::<PIECE>().0;
        let mut needed = [1.0f32; PIECES];
        for (needed, piece) in needed.iter_mut().zip(pieces.iter()) {
            let peak = piece.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
            *needed = if peak > self.ceiling { self.ceiling / peak } else { 1.0 };
        }
        let mut from = self.gain.min(needed[0]);
        for (n, piece) in pieces.iter_mut().enumerate() {
            let next = needed[(n + 1).min(PIECES - 1)];
            let to = (from * self.release).min(needed[n]).min(next).min(1.0);
            for (k, x) in piece.iter_mut().enumerate() {
                let gain = from + (to - from) * ((k + 1) as f32 / PIECE as f32);
                // The clamp is for what a float rounds up; it takes a unit at most.
                *x = (*x * gain).round().clamp(-self.ceiling, self.ceiling);
            }
            from = to;
        }
        self.gain = from;
    }

    /// By how many dB the line is turned down at the moment; 0 or less.
    pub fn gain_db(&self) -> f32 {
        20.0 * self.gain.log10()
    }

    /// The greatest magnitude let through, in 16-bit units.
    pub const fn ceiling(&self) -> i16 {
        self.ceiling as i16
    }

    /// Back to the state after `new`.
    pub const fn reset(&mut self) {
        self.gain = 1.0;
    }
}
