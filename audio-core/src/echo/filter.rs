//! The adaptive filter: the echo path as a partitioned-block filter in the frequency domain, and how
//! sure each of its numbers is.
//!
//! Overlap-save in blocks of 10 ms. Each bin of each partition is a state with a variance, updated as
//! a Kalman filter does (G. Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for acoustic
//! echo control in hands-free telephones", 2006; F. Kuech et al., "State-space architecture of the
//! partitioned-block-based acoustic echo controller", 2014): the step is large while the path is
//! unknown, small once it is known, and nearly nothing while the caller talks over the echo, because
//! the caller counts as observation noise. That is the double-talk control; there is no switch that
//! could be thrown too late. One partition at a time is cut back to its own taps, in every block while the
//! path is learned and later in every second one (J.-S. Soo and K. Pang, "Multidelay block frequency domain
//! adaptive filter", 1990, constrain all of them in every block).

use crate::spectrum::{Bins, RealFft};
use crate::sum::{sum, sum_of};
use crate::sys::vector::{Work, widest};

/// Samples a block: 10 ms.
pub(super) const BLOCK: usize = 80;
const WINDOW: usize = 256;
const BINS: usize = WINDOW / 2;
/// Taps a partition, two blocks; partitions. 80 ms in all.
const PARTITION: usize = 2 * BLOCK;
const PARTITIONS: usize = 4;
/// Samples of echo path that are modelled.
pub(super) const TAPS: usize = PARTITION * PARTITIONS;
/// Spectra of the far end: partition p sees the one of 2 · p blocks ago.
const SPECTRA: usize = 2 * (PARTITIONS - 1) + 1;

/// Variance of an unknown path, per partition: an echo 10 dB down, its tail fading.
const UNKNOWN: [f32; PARTITIONS] = [0.05, 0.03, 0.018, 0.011];
/// How much of the path is still the same a block later: its memory is 25 s.
const MEMORY: f32 = 0.9996;
/// A variance never sinks below self.
const LEAST: f32 = 1e-9;
/// Part of the noise's power that each block replaces.
const NOISE_RATE: f32 = 0.5;
/// Power of the line's own noise, per sample in 16-bit units: -61 dBFS, what µ-law leaves.
const NOISE_FLOOR: f32 = 1500.0;
/// Blocks with the agent's voice for which each block is used twice, after a start: 2 s.
const EAGER_BLOCKS: u32 = 200;
/// From then on a partition is cut back in one of so many blocks: each once in 80 ms. A path that is known hardly changes.
const CONSTRAIN_EVERY: u32 = 2;
/// How much a variance shrinks by of what the theory says: the bins of a block are not independent.
const SHRINK: f32 = 0.35;
/// A far-end block below this mean square, -68 dBFS, counts as silence.
const SILENT: f32 = 170.0;
/// Part of a window that is new, which scales energies of errors to those of windows.
const NEW: f32 = BLOCK as f32 / WINDOW as f32;

/// One block, cancelled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// The line without the echo.
    pub(super) error: [f32; BLOCK],
    /// The echo.
    pub(super) echo: [f32; BLOCK],
    /// Mean square of the echo that may be left, by the filter's own variances.
    pub(super) residual: f32,
}

/// The filter and its memory of the far end.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    fft: &'static RealFft<BINS>,
    window: [i16; WINDOW],
    /// A ring; `newest` is the last one written.
    spectra: [Bins<BINS>; SPECTRA],
    newest: usize,
    weights: [Bins<BINS>; PARTITIONS],
    variance: [[f32; BINS]; PARTITIONS],
    noise: [f32; BINS],
    /// The partition that is cut back next.
    next: usize,
    /// Blocks heard with the agent's voice in them since the path was unknown.
    heard: u32,
    /// Blocks of silence in a row.
    silent: usize,
}

impl Filter {
    pub(super) fn new() -> Self {
        Self {
            fft: RealFft::shared(),
            window: [0; WINDOW],
            spectra: [Bins::ZERO; SPECTRA],
            newest: 0,
            weights: [Bins::ZERO; PARTITIONS],
            variance: UNKNOWN.map(|v| [v; BINS]),
            noise: [0.0; BINS],
            next: 0,
            heard: 0,
            silent: WINDOW,
        }
    }

    /// The path is unknown again; what was played is not forgotten.
    pub(super) fn restart(&mut self) {
        self.weights = [Bins::ZERO; PARTITIONS];
        self.variance = UNKNOWN.map(|v| [v; BINS]);
        self.noise = [0.0; BINS];
        self.heard = 0;
    }

    /// Everything is as after `new`.
    pub(super) fn reset(&mut self) {
        self.restart();
        self.unplay();
    }

    /// The filter begins `to` samples after a sound is played, no longer `from`: the taps that both places
    /// have in common are kept, the others are unknown. Nothing has been played.
    pub(super) fn shift(&mut self, from: usize, to: usize) {
        self.unplay();
        if from.abs_diff(to) >= TAPS {
            return self.restart();
        }
        // Behind both ends there is nothing.
        let mut taps = [0.0; 3 * TAPS];
        for (part, w) in taps[TAPS..].as_chunks_mut::<PARTITION>().0.iter_mut().zip(&self.weights) {
            let mut all = [0.0; WINDOW];
            self.fft.inverse(w, &mut all);
            part.copy_from_slice(&all[..PARTITION]);
        }
        let begin = TAPS + to - from;
        let variance = self.variance;
        for (p, w) in self.weights.iter_mut().enumerate() {
            let at = begin + p * PARTITION;
            let mut all = [0.0; WINDOW];
            all[..PARTITION].copy_from_slice(&taps[at..at + PARTITION]);
            *w = self.fft.forward(&all);
            // As little known as the less known of the partitions that its taps come from.
            let known = |at: usize| at.checked_sub(TAPS).and_then(|at| variance.get(at / PARTITION));
            self.variance[p] = match (known(at), known(at + PARTITION - 1)) {
                (Some(a), Some(b)) => core::array::from_fn(|k| a[k].max(b[k])),
                _ => [UNKNOWN[p]; BINS],
            };
        }
        self.heard = self.heard.min(EAGER_BLOCKS / 2);
    }

    /// Nothing has been played.
    fn unplay(&mut self) {
        self.window = [0; WINDOW];
        self.spectra = [Bins::ZERO; SPECTRA];
        self.newest = 0;
        self.next = 0;
        self.silent = WINDOW;
    }

    /// Has nothing been played lately that an echo could be of?
    pub(super) const fn is_asleep(&self) -> bool {
        self.silent > SPECTRA + WINDOW / BLOCK
    }

    /// Blocks heard with the agent's voice in them since the path was unknown.
    pub(super) const fn heard(&self) -> u32 {
        self.heard
    }

    /// Has the path been unknown until lately?
    pub(super) const fn is_young(&self) -> bool {
        self.heard < EAGER_BLOCKS
    }

    /// The far end's next block.
    pub(super) fn play(&mut self, far: &[i16; BLOCK]) {
        let loud = sum_of(far, |x| f32::from(x) * f32::from(x)) >= SILENT * BLOCK as f32;
        self.silent = if loud { 0 } else { self.silent.saturating_add(1) };
        self.window.copy_within(BLOCK.., 0);
        self.window[WINDOW - BLOCK..].copy_from_slice(far);
        self.newest = (self.newest + 1) % SPECTRA;
        if self.silent > WINDOW / BLOCK {
            self.spectra[self.newest] = Bins::ZERO;
        } else {
            self.spectra[self.newest] = self.fft.forward(&self.window.map(f32::from));
        }
    }

    /// Takes the echo out of a block of the line, heard while the block given to
    /// [`play`](Self::play) last was played, and learns from it.
    pub(super) fn hear(&mut self, near: &[f32; BLOCK]) -> Block {
        if self.is_asleep() {
            return Block { error: *near, echo: [0.0; BLOCK], residual: 0.0 };
        }
        self.heard = self.heard.saturating_add(1);
        let first = self.cancel(near);
        let error = self.spectrum_of(&first.error);
        let expected = widest(Learn(self, &error));
        if self.is_young() || self.heard.is_multiple_of(CONSTRAIN_EVERY) {
            self.constrain();
        }
        if self.is_young() {
            let again = self.cancel(near);
            let error = self.spectrum_of(&again.error);
            widest(LearnAgain(self, &error));
            self.constrain();
        }
        // Parseval: the sum over all 2 · BINS bins of a window, over its samples, twice.
        let residual = 2.0 * sum(&expected) / (WINDOW * WINDOW) as f32;
        Block { residual, ..first }
    }

    const fn spectrum_at(&self, partition: usize) -> usize {
        (self.newest + SPECTRA - 2 * partition) % SPECTRA
    }

    fn cancel(&self, near: &[f32; BLOCK]) -> Block {
        let sum = widest(Predict(self));
        let mut all = [0.0; WINDOW];
        self.fft.inverse(&sum, &mut all);
        let mut block = Block { error: *near, echo: [0.0; BLOCK], residual: 0.0 };
        block.echo.copy_from_slice(&all[WINDOW - BLOCK..]);
        for (error, echo) in block.error.iter_mut().zip(&block.echo) {
            *error -= echo;
        }
        block
    }

    /// The spectrum of the echo, by the weights.
    #[inline(always)]
    fn echo_spectrum(&self) -> Bins<BINS> {
        let mut sum = Bins::ZERO;
        for (partition, w) in self.weights.iter().enumerate() {
            let x = &self.spectra[self.spectrum_at(partition)];
            for k in 0..BINS {
                sum.re[k] += x.re[k] * w.re[k] - x.im[k] * w.im[k];
                sum.im[k] += x.re[k] * w.im[k] + x.im[k] * w.re[k];
            }
        }
        sum
    }

    fn spectrum_of(&self, error: &[f32; BLOCK]) -> Bins<BINS> {
        let mut padded = [0.0; WINDOW];
        padded[WINDOW - BLOCK..].copy_from_slice(error);
        self.fft.forward(&padded)
    }

    /// One block's lesson. Returns the power of the echo that was expected to be left.
    #[inline(always)]
    fn learn(&mut self, error: &Bins<BINS>) -> [f32; BINS] {
        self.forget();
        let expected = self.expected();
        self.hear_noise(error, &expected);
        self.update(error, &expected);
        expected
    }

    /// The same block's once more.
    #[inline(always)]
    fn learn_again(&mut self, error: &Bins<BINS>) {
        let expected = self.expected();
        self.update(error, &expected);
    }

    /// What the weights do not explain is the caller and the line's noise.
    #[inline(always)]
    fn hear_noise(&mut self, error: &Bins<BINS>, expected: &[f32; BINS]) {
        for ((noise, power), expected) in self.noise.iter_mut().zip(error.powers()).zip(expected) {
            *noise += NOISE_RATE * ((power - NEW * expected).max(0.0) - *noise);
        }
    }

    /// The path may have changed since the last block: its variance grows.
    #[inline(always)]
    fn forget(&mut self) {
        for (variance, w) in self.variance.iter_mut().zip(&self.weights) {
            for (variance, power) in variance.iter_mut().zip(w.powers()) {
                *variance = MEMORY * *variance + (1.0 - MEMORY) * power;
            }
        }
    }

    /// Power, per bin of a window, of the echo that the weights do not explain.
    #[inline(always)]
    fn expected(&self) -> [f32; BINS] {
        let mut expected = [0.0; BINS];
        for (partition, variance) in self.variance.iter().enumerate() {
            // Not kept: adding them up again is cheaper than reading them from a cold cache.
            let powers = self.spectra[self.spectrum_at(partition)].powers();
            for k in 0..BINS {
                expected[k] += variance[k] * powers[k];
            }
        }
        expected
    }

    #[inline(always)]
    fn update(&mut self, error: &Bins<BINS>, expected: &[f32; BINS]) {
        let mut scale = [0.0; BINS];
        for k in 0..BINS {
            scale[k] = 1.0 / (expected[k] + (self.noise[k] + NOISE_FLOOR * BLOCK as f32) / NEW);
        }
        for partition in 0..PARTITIONS {
            let at = self.spectrum_at(partition);
            let (x, powers) = (&self.spectra[at], self.spectra[at].powers());
            let (w, variance) = (&mut self.weights[partition], &mut self.variance[partition]);
            for k in 0..BINS {
                let gain = variance[k] * scale[k];
                w.re[k] += gain * (x.re[k] * error.re[k] + x.im[k] * error.im[k]);
                w.im[k] += gain * (x.re[k] * error.im[k] - x.im[k] * error.re[k]);
                variance[k] = ((1.0 - SHRINK * NEW * gain * powers[k]) * variance[k]).max(LEAST);
            }
        }
    }

    /// A partition has so many taps; what the circular products put behind them goes.
    fn constrain(&mut self) {
        let mut taps = [0.0; WINDOW];
        self.fft.inverse(&self.weights[self.next], &mut taps);
        taps[PARTITION..].fill(0.0);
        self.weights[self.next] = self.fft.forward(&taps);
        self.next = (self.next + 1) % PARTITIONS;
    }
}

struct Predict<'a>(&'a Filter);

impl Work for Predict<'_> {
    type Out = Bins<BINS>;

    #[inline(always)]
    fn run(self) -> Bins<BINS> {
        self.0.echo_spectrum()
    }
}

struct Learn<'a>(&'a mut Filter, &'a Bins<BINS>);

impl Work for Learn<'_> {
    type Out = [f32; BINS];

    #[inline(always)]
    fn run(self) -> [f32; BINS] {
        self.0.learn(self.1)
    }
}

struct LearnAgain<'a>(&'a mut Filter, &'a Bins<BINS>);

impl Work for LearnAgain<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.0.learn_again(self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Filter, TAPS};

    const ECHO: usize = 300;

    /// White noise, the same whenever asked for.
    fn noise(n: usize) -> i16 {
        let mixed = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 51) as i16 - 4_096
    }

    /// Block `n` of what is played, so many samples late.
    fn played(n: usize, late: usize) -> [i16; BLOCK] {
        core::array::from_fn(|i| noise(TAPS + n * BLOCK + i - late))
    }

    fn heard(n: usize) -> [f32; BLOCK] {
        played(n, ECHO).map(|x| 0.3 * f32::from(x))
    }

    fn power(block: &[f32]) -> f32 {
        block.iter().map(|x| x * x).sum()
    }

    #[test]
    fn what_was_learned_moves_with_the_filter() {
        for (from, to) in [(0, 100), (150, 70), (60, 220)] {
            let mut filter = Filter::new();
            for n in 0..400 {
                filter.play(&played(n, from));
                filter.hear(&heard(n));
            }
            filter.shift(from, to);
            for n in 385..=400 {
                filter.play(&played(n, to));
            }
            let left = power(&filter.hear(&heard(400)).error) / power(&heard(400));
            assert!(left < 0.05, "{from} to {to}: {left}");
        }
    }
}
