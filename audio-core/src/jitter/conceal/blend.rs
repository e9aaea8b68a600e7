//! From the concealed signal back to the real one.
//!
//! A cross-fade whose gains keep the power constant for the likeness of its two sides
//! (M. Fink, M. Holters and U. Zölzer, *Signal-matched power-complementary cross-fading and
//! dry-wet mixing*, DAFx 2016). It needs no knowledge of how much media time the gap stands for:
//! where none passed (a stall) or the phases disagree, the sides are unlike and the fade does not
//! dip; where they agree it does not swell.

use super::linear::dot;

/// Longest fade: 10 ms.
pub(super) const LONGEST: usize = 80;
/// Shortest fade: 4 ms.
const SHORTEST: usize = 32;

/// A fade under way.
#[derive(Debug)]
pub(super) struct Blend {
    /// The continued concealment.
    tail: [f32; LONGEST],
    length: usize,
    position: usize,
    likeness: f32,
}

impl Blend {
    pub(super) const fn new() -> Self {
        Self { tail: [0.0; LONGEST], length: 0, position: 0, likeness: 0.0 }
    }

    pub(super) const fn stop(&mut self) {
        self.position = self.length;
    }

    pub(super) const fn is_running(&self) -> bool {
        self.position < self.length
    }

    /// Begins a fade after a gap of `gap` samples, no longer than `longest`: `next` continues the
    /// concealment, `pcm` is the first good block.
    pub(super) fn start(&mut self, gap: usize, longest: usize, mut next: impl FnMut() -> f32, pcm: &[i16]) {
        // 4 ms after 10 ms and less, 10 ms after 60 ms and more.
        self.length = (SHORTEST + gap.saturating_sub(80) * 48 / 400).min(longest.min(LONGEST));
        self.position = 0;
        let mut real = [0.0; LONGEST];
        for (slot, &sample) in real[..self.length].iter_mut().zip(pcm) {
            *slot = f32::from(sample);
        }
        for slot in &mut self.tail[..self.length] {
            *slot = next();
        }
        let count = self.length.min(pcm.len());
        let (tail, real) = (&self.tail[..count], &real[..count]);
        let powers = dot(tail, tail) * dot(real, real);
        self.likeness = (dot(tail, real) / (powers + 1.0).sqrt()).clamp(0.0, 1.0);
    }

    /// Fades the beginning of a good block, as far as it goes.
    pub(super) fn apply(&mut self, pcm: &mut [i16]) {
        for sample in pcm {
            if self.position >= self.length {
                return;
            }
            let real = (self.position as f32 + 0.5) / self.length as f32;
            let old = 1.0 - real;
            let scale = (old * old + real * real + 2.0 * old * real * self.likeness).sqrt();
            let mixed = (old * self.tail[self.position] + real * f32::from(*sample)) / scale;
            *sample = mixed.round() as i16;
            self.position += 1;
        }
    }
}
