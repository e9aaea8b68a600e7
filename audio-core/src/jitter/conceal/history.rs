//! The last 50 ms that were played.

/// Samples kept: the longest analysis window, and the longest lag behind the pitch template.
pub(super) const HISTORY: usize = 400;
/// Levels are compared over pieces of 5 ms.
pub(super) const PIECE: usize = 40;
/// "Recent" means 20 ms.
const RECENT: usize = 160;

/// A sliding window; the newest sample is the last one.
#[derive(Debug)]
pub(super) struct History {
    samples: Box<[f32; HISTORY]>,
}

impl History {
    pub(super) fn new() -> Self {
        Self { samples: Box::new([0.0; HISTORY]) }
    }

    pub(super) fn reset(&mut self) {
        self.samples.fill(0.0);
    }

    pub(super) fn push(&mut self, pcm: &[i16]) {
        let pcm = &pcm[pcm.len().saturating_sub(HISTORY)..];
        self.samples.copy_within(pcm.len().., 0);
        for (slot, &sample) in self.samples[HISTORY - pcm.len()..].iter_mut().zip(pcm) {
            *slot = f32::from(sample);
        }
    }

    /// The newest `count` samples, oldest first. At most [`HISTORY`].
    pub(super) fn last(&self, count: usize) -> &[f32] {
        &self.samples[HISTORY - count..]
    }

    /// How loud the last 20 ms were.
    pub(super) fn loudness(&self) -> Loudness {
        Loudness::of(self.last(RECENT))
    }
}

/// What a synthetic signal may not exceed: nothing concealed is louder than what was heard.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loudness {
    /// Largest magnitude.
    pub(super) peak: f32,
    /// Largest mean square over a piece of 5 ms.
    pub(super) power: f32,
}

impl Loudness {
    /// The loudness of a signal; of less than 5 ms as if silence came before it.
    pub(super) fn of(signal: &[f32]) -> Self {
        let mut loudness = Self::default();
        for piece in signal.chunks(PIECE) {
            let energy: f32 = piece.iter().map(|s| s * s).sum();
            loudness.power = loudness.power.max(energy / PIECE as f32);
            loudness.peak = piece.iter().fold(loudness.peak, |peak, s| peak.max(s.abs()));
        }
        loudness
    }

    pub(super) fn max(self, other: Self) -> Self {
        Self { peak: self.peak.max(other.peak), power: self.power.max(other.power) }
    }

    /// Turns a signal down, piece by piece of 5 ms, where it is louder than this.
    pub(super) fn limit(self, signal: &mut [f32]) {
        for piece in signal.chunks_mut(PIECE) {
            let power = piece.iter().map(|s| s * s).sum::<f32>() / PIECE as f32;
            let gain = if power > self.power { (self.power / power).sqrt() } else { 1.0 };
            for sample in piece {
                *sample = (*sample * gain).clamp(-self.peak, self.peak);
            }
        }
    }
}
