//! Whole ratios to and from 8 kHz: an FIR low-pass at the higher rate, of which only the products
//! that count are formed (polyphase; Crochiere and Rabiner, Multirate Digital Signal Processing, 3).

use std::f64::consts::TAU;

use crate::resample::Phase;
use crate::resample::taps::{linear, minimum};

/// Rate of the wire in Hz, the lower of every pair.
const WIRE_RATE: u32 = 8_000;
/// Samples at 8 kHz in a conversion: 20 ms.
const BLOCK: usize = 160;
/// Results formed side by side: eight accumulators of an SSE register, which hide its latency.
const LANES: usize = 32;
/// Where [`Polyphase::delay`] is taken, in Hz.
const DELAY_AT: f64 = 1_000.0;

/// One direction of 8↔16, 8↔24 or 8↔48 kHz.
pub(super) struct Polyphase {
    factor: usize,
    up: bool,
    delay: f64,
    /// `factor` rows of `row` taps, latest sample last.
    taps: Box<[f32]>,
    row: usize,
    /// Samples at 8 kHz still needed, then those of the block: one stream when going up, one per
    /// phase when coming down.
    streams: Box<[f32]>,
}

impl Polyphase {
    /// The filter between two rates, if there is one. Allocates.
    pub(super) fn new(input: u32, output: u32, phase: Phase) -> Option<Self> {
        let (low, high) = (input.min(output), input.max(output));
        if low != WIRE_RATE {
            return None;
        }
        let prototype: &[f32] = match (high, phase) {
            (16_000, Phase::Minimum) => &minimum::AT_16_KHZ,
            (24_000, Phase::Minimum) => &minimum::AT_24_KHZ,
            (48_000, Phase::Minimum) => &minimum::AT_48_KHZ,
            (16_000, Phase::Linear) => &linear::AT_16_KHZ,
            (24_000, Phase::Linear) => &linear::AT_24_KHZ,
            (48_000, Phase::Linear) => &linear::AT_48_KHZ,
            _ => return None,
        };
        let (up, factor) = (output > input, (high / low) as usize);
        let row = prototype.len().div_ceil(factor);
        // Going up, factor - 1 of factor samples are zeros that take no part: the gain is theirs.
        let gain = if up { factor as f32 } else { 1.0 };
        let taps = (0..factor * row).map(|i| {
            // Coming down, stream s holds the samples whose index is s modulo the factor, and the
            // newest sample of a result is in the last stream.
            let phase = if up { i / row } else { factor - 1 - i / row };
            prototype.get((row - 1 - i % row) * factor + phase).map_or(0.0, |tap| tap * gain)
        });
        let group = group_delay(prototype, DELAY_AT / f64::from(high));
        let delay = if up { group } else { (group - (factor - 1) as f64) / factor as f64 };
        let streams = if up { 1 } else { factor };
        Some(Self {
            factor,
            up,
            delay,
            taps: taps.collect(),
            row,
            streams: vec![0.0; streams * (row - 1 + BLOCK)].into_boxed_slice(),
        })
    }

    /// Delay in output samples: the group delay at 1 kHz.
    pub(super) fn delay(&self) -> f64 {
        self.delay
    }

    /// The fewest samples in, and what they become.
    pub(super) fn granule(&self) -> (usize, usize) {
        if self.up { (1, self.factor) } else { (self.factor, 1) }
    }

    /// The most samples in, and what they become.
    pub(super) fn block(&self) -> (usize, usize) {
        let (n_in, n_out) = self.granule();
        (n_in * BLOCK, n_out * BLOCK)
    }

    /// Converts any number of granules up to a block.
    pub(super) fn convert(&mut self, input: &[f32], output: &mut [f32]) {
        match (self.up, self.factor) {
            (true, 2) => self.raise::<2>(input, output),
            (true, 3) => self.raise::<3>(input, output),
            (true, _) => self.raise::<6>(input, output),
            (false, 2) => self.lower::<2>(input, output),
            (false, 3) => self.lower::<3>(input, output),
            (false, _) => self.lower::<6>(input, output),
        }
    }

    /// Forgets what was heard. Does not allocate.
    pub(super) fn reset(&mut self) {
        self.streams.fill(0.0);
    }

    fn raise<const FACTOR: usize>(&mut self, input: &[f32], output: &mut [f32]) {
        let past = self.row - 1;
        self.streams[past..past + input.len()].copy_from_slice(input);
        for (block, output) in output.chunks_mut(FACTOR * LANES).enumerate() {
            let samples = &self.streams[block * LANES..];
            for (phase, taps) in self.taps.chunks_exact(self.row).enumerate() {
                let mut sums = [0.0; LANES];
                accumulate(&mut sums, taps, samples);
                for (group, sum) in output.chunks_exact_mut(FACTOR).zip(sums) {
                    // The remainder shows the compiler that the index is in bounds.
                    group[phase % FACTOR] = sum;
                }
            }
        }
        self.streams.copy_within(input.len()..input.len() + past, 0);
    }

    fn lower<const FACTOR: usize>(&mut self, input: &[f32], output: &mut [f32]) {
        let (past, length) = (self.row - 1, self.streams.len() / FACTOR);
        for (s, stream) in self.streams.chunks_exact_mut(length).enumerate() {
            for (slot, group) in stream[past..].iter_mut().zip(input.chunks_exact(FACTOR)) {
                *slot = group[s];
            }
        }
        for (block, output) in output.chunks_mut(LANES).enumerate() {
            let mut sum = [0.0; LANES];
            let streams = self.streams.chunks_exact(length);
            for (stream, taps) in streams.zip(self.taps.chunks_exact(self.row)) {
                accumulate(&mut sum, taps, &stream[block * LANES..]);
            }
            output.copy_from_slice(&sum[..output.len()]);
        }
        for stream in self.streams.chunks_exact_mut(length) {
            stream.copy_within(output.len()..output.len() + past, 0);
        }
    }
}

/// Adds to `sums[i]` the product of `taps` with the samples from `i` on. Every sum is formed in
/// the same order whatever its place, so that cutting the input changes no bit.
#[inline(always)]
fn accumulate(sums: &mut [f32; LANES], taps: &[f32], samples: &[f32]) {
    let mut local = *sums;
    for (tap, window) in taps.iter().zip(samples.windows(LANES)) {
        for (sum, sample) in local.iter_mut().zip(window) {
            *sum += tap * sample;
        }
    }
    *sums = local;
}

/// Group delay in samples at `frequency`, a fraction of the sampling rate.
fn group_delay(taps: &[f32], frequency: f64) -> f64 {
    let (mut re, mut im, mut ramp_re, mut ramp_im) = (0.0, 0.0, 0.0, 0.0);
    for (i, &tap) in taps.iter().enumerate() {
        let (tap, i) = (f64::from(tap), i as f64);
        let (sin, cos) = (TAU * frequency * i).sin_cos();
        re += tap * cos;
        im += tap * sin;
        ramp_re += i * tap * cos;
        ramp_im += i * tap * sin;
    }
    (ramp_re * re + ramp_im * im) / (re * re + im * im)
}
