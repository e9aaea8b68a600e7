//! The background behind the talker: its level and its spectrum.
//!
//! Minimum statistics on frames of 20 ms (R. Martin, *Noise power spectral density estimation based
//! on optimal smoothing and minimum statistics*, IEEE Trans. SAP 9, 2001, reduced to one band):
//! frames within 3 dB of the quietest of the last 1.6 to 2 s are background, and their
//! autocorrelation is averaged.

/// Order of the spectral envelope.
pub(super) const SHAPE: usize = 10;
const FRAME: usize = 160;
/// The minimum is kept over this many spans of 400 ms, the running one included.
const SPANS: usize = 5;
const SPAN_FRAMES: u32 = 20;
/// Frames up to this many times the minimum are background: 3 dB.
const NEAR: f32 = 2.0;
/// Time constant of the average, in frames.
const SMOOTHING: f32 = 8.0;
/// Background louder than this is not believed: −36 dBFS, mean square.
const LOUDEST: f32 = 270_000.0;
/// Predictable beyond 20 dB is a tone, not noise.
const TONAL: f32 = 0.01;

/// What is known of the background.
#[derive(Debug)]
pub(super) struct Background {
    frame: [f32; FRAME],
    filled: usize,
    minima: [f32; SPANS],
    frames: u32,
    /// Averaged autocorrelation, per sample; `None` before the first frame.
    average: Option<[f32; SHAPE + 1]>,
}

impl Background {
    pub(super) const fn new() -> Self {
        Self { frame: [0.0; FRAME], filled: 0, minima: [f32::MAX; SPANS], frames: 0, average: None }
    }

    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Learns from samples that did arrive.
    pub(super) fn learn(&mut self, pcm: &[i16]) {
        for &sample in pcm {
            self.frame[self.filled] = f32::from(sample);
            self.filled += 1;
            if self.filled == FRAME {
                self.filled = 0;
                self.learn_frame();
            }
        }
    }

    fn learn_frame(&mut self) {
        let lagged = |lag: usize| super::linear::dot(&self.frame[lag..], &self.frame) / FRAME as f32;
        let power = lagged(0);
        if self.frames == SPAN_FRAMES {
            self.frames = 0;
            self.minima.rotate_right(1);
            self.minima[0] = f32::MAX;
        }
        self.frames += 1;
        self.minima[0] = self.minima[0].min(power);
        let minimum = self.minima.iter().copied().fold(f32::MAX, f32::min);
        if power > minimum * NEAR {
            return;
        }
        let mut current = [0.0; SHAPE + 1];
        for (lag, slot) in current.iter_mut().enumerate() {
            *slot = lagged(lag);
        }
        let average = self.average.get_or_insert(current);
        // What was learned before a new, lower minimum was no background.
        let step = if average[0] > minimum * 2.0 * NEAR { 1.0 } else { 1.0 / SMOOTHING };
        for (average, current) in average.iter_mut().zip(current) {
            *average += step * (current - *average);
        }
    }

    /// The background as white noise through a filter.
    pub(super) fn envelope(&self) -> Envelope {
        let Some(mut r) = self.average else { return Envelope::SILENCE };
        if r[0] < 0.25 {
            return Envelope::SILENCE;
        }
        let power = r[0].min(LOUDEST);
        // A window on the lags keeps the filter short; white noise 40 dB down keeps it stable.
        r[0] *= 1.000_1;
        for (lag, r) in r.iter_mut().enumerate() {
            *r *= (-0.5 * (lag as f32 * 0.05).powi(2)).exp();
        }
        let mut taps = [0.0f32; SHAPE];
        let mut error = r[0];
        for m in 0..SHAPE {
            let known: f32 = taps[..m].iter().enumerate().map(|(i, tap)| tap * r[m - i]).sum();
            let reflection = (r[m + 1] - known) / error;
            taps[m] = reflection;
            for i in 0..m.div_ceil(2) {
                let (low, high) = (taps[i], taps[m - 1 - i]);
                taps[i] = low - reflection * high;
                taps[m - 1 - i] = high - reflection * low;
            }
            error *= 1.0 - reflection * reflection;
            // It only falls. Below this the rest is rounding, and the filter might not be stable.
            if error.is_nan() || error < TONAL * r[0] {
                return Envelope::SILENCE;
            }
        }
        let unpredicted = error / r[0];
        Envelope { taps, power, excitation: (power * unpredicted).sqrt() }
    }
}

/// A noise: white, of the given RMS, through an all-pole filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    pub(super) taps: [f32; SHAPE],
    /// Mean square of the noise.
    pub(super) power: f32,
    /// RMS of the excitation.
    pub(super) excitation: f32,
}

impl Envelope {
    pub(super) const SILENCE: Self = Self { taps: [0.0; SHAPE], power: 0.0, excitation: 0.0 };
}
