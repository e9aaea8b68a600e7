//! The DTMF receiver: a Hann-windowed Goertzel bank, refined to the exact frequency.
//!
//! Every 2.5 ms the last 20 ms are windowed (Hann: at the 268 Hz between the groups one tone is
//! more than 40 dB down in the other's bin) and measured at the eight nominal frequencies. The
//! strongest row and column are then measured 50 Hz, one bin, to either side; the three
//! magnitudes give the tone's frequency, `δ = 2 (M₊ − M₋) / (M₋ + 2 M₀ + M₊)` bins, which is
//! exact for this window. A look is a *hit* if level, twist, both frequencies and the share of
//! the power that the two tones explain are right; a run of hits long enough is a digit.

use core::f32::consts::PI;

use super::{COLUMN_HZ, Digit, ROW_HZ};
use crate::frame::{SampleTime, WIRE_RATE};
use crate::spectrum::hann;
use crate::tone::{goertzel_coefficient, powers};

/// Samples in one look, 20 ms, and from one look to the next, 2.5 ms.
const WINDOW: usize = 160;
const HOP: usize = 20;
/// Distance of two bins in Hz.
const BIN_HZ: f32 = WIRE_RATE as f32 / WINDOW as f32;
/// Weakest tone: −44 dBFS, as mean square; −25 dBm0 (AT&T in Q.24) is −31 dBFS.
const MIN_POWER: f32 = 3.98e-5;
/// Largest power ratio of the tones, both ways: 9.5 dB.
const MAX_TWIST: f32 = 8.91;
/// Largest relative frequency error: between the accepted 1.5 % + 2 Hz and the rejected 3.5 %.
const MAX_DEVIATION: f32 = 0.026;
/// Least share of the power in the two tones: noise at 15 dB leaves 0.97.
const MIN_EXPLAINED: f32 = 0.80;
/// The same on average over a digit, looks that overlap its edges included: 1,000 digits in
/// noise at 15 dB had 0.94 and more, the best of a cock's crow had 0.90.
const MIN_MEAN_EXPLAINED: f32 = 0.92;
/// Largest change of a frequency within a digit, in bins: voices glide, keys do not.
const MAX_GLIDE: f32 = 0.5;
/// Ratios of column to row that are partials of one voice, and how near counts: two thirds of the
/// distance that the sixteen keys keep within the accepted ±(1.5 % + 2 Hz).
const HARMONIC: [(f32, f32); 4] = [(2.0, 0.005), (3.0 / 2.0, 0.006), (4.0 / 3.0, 0.002), (5.0 / 3.0, 0.0035)];
/// Shortest digit in samples, 32 ms: between the accepted 40 and the rejected 25.
const MIN_DIGIT: u64 = 256;
/// Looks without a hit that end a digit: 20 ms.
const MAX_GAP: u32 = 8;
/// A hit begins when this many samples of a tone are inside the window.
const EDGE: u64 = 112;

/// A digit that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DtmfEvent {
    /// Which key.
    pub digit: Digit,
    /// First sample, to within 5 ms.
    pub start: SampleTime,
    /// First sample after the digit, to within 5 ms.
    pub end: SampleTime,
}

/// One look that heard a digit.
#[derive(Clone, Copy)]
struct Hit {
    digit: Digit,
    explained: f32,
    /// Distance from the nominal frequencies in bins: row, column.
    delta: [f32; 2],
}

/// Consecutive hits of one digit.
#[derive(Clone, Copy, Debug)]
struct Run {
    digit: Digit,
    /// Ends of the windows of the first and the last hit.
    first: u64,
    last: u64,
    hits: u32,
    explained: f32,
    /// Lowest and highest distance from the nominal frequency so far, in bins: row, column.
    delta: [(f32, f32); 2],
    /// Sums of those distances.
    shift: [f32; 2],
}

impl Run {
    fn start_with(hit: Hit, now: u64) -> Self {
        let Hit { digit, explained, delta } = hit;
        let range = delta.map(|delta| (delta, delta));
        Self { digit, first: now, last: now, hits: 1, explained, delta: range, shift: delta }
    }

    fn extend(&mut self, hit: Hit, now: u64) {
        self.last = now;
        self.hits += 1;
        self.explained += hit.explained;
        for (((low, high), sum), delta) in self.delta.iter_mut().zip(&mut self.shift).zip(hit.delta) {
            (*low, *high) = (low.min(delta), high.max(delta));
            *sum += delta;
        }
    }

    fn start(&self) -> u64 {
        self.first.saturating_sub(EDGE)
    }

    fn end(&self) -> u64 {
        (self.last + EDGE).saturating_sub(WINDOW as u64)
    }

    /// Are the two tones partials of one voice?
    fn is_harmonic(&self) -> bool {
        let [row, column] = self.shift.map(|sum| BIN_HZ * sum / self.hits as f32);
        let ratio = (self.digit.column_hz() + column) / (self.digit.row_hz() + row);
        HARMONIC.iter().any(|(harmonic, near)| (ratio / harmonic - 1.0).abs() < *near)
    }

    /// Long enough, with few holes, and clean?
    fn is_digit(&self) -> bool {
        let looks = (self.last - self.first) / HOP as u64 + 1;
        self.end().saturating_sub(self.start()) >= MIN_DIGIT
            && u64::from(self.hits) * 10 >= looks * 7
            && self.explained >= MIN_MEAN_EXPLAINED * self.hits as f32
            && self.delta.iter().all(|(low, high)| high - low <= MAX_GLIDE)
            && !self.is_harmonic()
    }
}

/// Finds DTMF digits in 8 kHz audio, in chunks of any length.
///
/// | ITU-T Q.24 | taken | refused |
/// |---|---|---|
/// | frequency | ±(1.5 % + 2 Hz) | ±3.5 % |
/// | level of each tone | −40 to −6 dBFS (−34 to 0 dBm0) | −48 dBFS |
/// | twist (column over row) | −8 to +8 dB | beyond ±11 dB |
/// | duration | 40 ms | 25 ms |
/// | pause | 40 ms | 10 ms (one digit, not two) |
/// | white noise | 15 dB below both tones together | |
/// | dial tone | 9 dB below the stronger tone | 6 dB below |
///
/// Both signs of twist get the larger of the usual limits (8 and 4 dB), so it does not matter
/// which of the two conventions for "normal" a test plan follows.
///
/// Does not allocate: 1.5 kB of state, and a digit leaves through a closure.
#[derive(Clone, Debug)]
pub struct DtmfDetector {
    window: [f32; WINDOW],
    /// Goertzel coefficients `2 cos ω`: rows, then columns, at 0 and at ±1 bin.
    nominal: [f32; 8],
    below: [f32; 8],
    above: [f32; 8],
    /// The last samples; `filled` of them are new since the last look.
    samples: [f32; WINDOW],
    filled: usize,
    now: u64,
    run: Option<Run>,
}

impl Default for DtmfDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl DtmfDetector {
    /// A detector that has heard nothing; its clock is at 0.
    pub fn new() -> Self {
        let hz = |index: usize| if index < 4 { ROW_HZ[index] } else { COLUMN_HZ[index - 4] };
        let bank = |offset: f32| core::array::from_fn(|index| goertzel_coefficient(hz(index) + offset));
        Self {
            window: hann(),
            nominal: bank(0.0),
            below: bank(-BIN_HZ),
            above: bank(BIN_HZ),
            samples: [0.0; WINDOW],
            filled: 0,
            now: 0,
            run: None,
        }
    }

    /// Listens to 16-bit samples; `on_digit` gets each digit once it is over. Does not allocate.
    pub fn process(&mut self, pcm: &[i16], mut on_digit: impl FnMut(DtmfEvent)) {
        for &sample in pcm {
            self.push(f32::from(sample) / 32_768.0, &mut on_digit);
        }
    }

    /// Listens to samples in [-1, 1); anything that is not a finite number counts as 0.
    pub fn process_f32(&mut self, pcm: &[f32], mut on_digit: impl FnMut(DtmfEvent)) {
        for &sample in pcm {
            self.push(if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }, &mut on_digit);
        }
    }

    /// The digit that is being held down, from 45 ms after its start at the latest.
    pub fn current(&self) -> Option<Digit> {
        self.run.filter(Run::is_digit).map(|run| run.digit)
    }

    /// The stream is over: a digit that still sounded is reported.
    pub fn flush(&mut self, mut on_digit: impl FnMut(DtmfEvent)) {
        self.finish(&mut on_digit);
    }

    /// Back to the state after construction.
    pub fn reset(&mut self) {
        (self.samples, self.filled, self.now, self.run) = ([0.0; WINDOW], 0, 0, None);
    }

    fn push(&mut self, sample: f32, on_digit: &mut impl FnMut(DtmfEvent)) {
        self.samples[WINDOW - HOP + self.filled] = sample;
        self.filled += 1;
        self.now += 1;
        if self.filled == HOP {
            let hit = self.look();
            self.note(hit, on_digit);
            self.samples.copy_within(HOP.., 0);
            self.filled = 0;
        }
    }

    fn note(&mut self, hit: Option<Hit>, on_digit: &mut impl FnMut(DtmfEvent)) {
        let gap = |run: &Run| (self.now - run.last) / HOP as u64;
        match (hit, self.run.as_mut()) {
            (Some(hit), Some(run)) if run.digit == hit.digit => run.extend(hit, self.now),
            (Some(hit), _) => {
                self.finish(on_digit);
                self.run = Some(Run::start_with(hit, self.now));
            }
            (None, Some(run)) if gap(run) > u64::from(MAX_GAP) => self.finish(on_digit),
            (None, _) => {}
        }
    }

    fn finish(&mut self, on_digit: &mut impl FnMut(DtmfEvent)) {
        if let Some(run) = self.run.take().filter(Run::is_digit) {
            let (start, end) = (SampleTime(run.start()), SampleTime(run.end()));
            on_digit(DtmfEvent { digit: run.digit, start, end });
        }
    }

    /// Is the last window a digit?
    fn look(&self) -> Option<Hit> {
        let mut windowed = [0.0; WINDOW];
        let mut energy = 0.0;
        for ((out, &x), &w) in windowed.iter_mut().zip(&self.samples).zip(&self.window) {
            *out = x * w;
            energy += x * x * w;
        }
        // Mean square under the window, whose weights sum to half its length.
        let total = energy / (WINDOW / 2) as f32;
        if total < 2.0 * MIN_POWER {
            return None;
        }
        let nominal = powers(&windowed, &self.nominal);
        let strongest =
            |from: usize| (from..from + 4).fold(from, |a, b| if nominal[b] > nominal[a] { b } else { a });
        let pair = [strongest(0), strongest(4)];
        // A tone 3.5 % away is down by 5 dB at most.
        if 4.0 * pair.map(|k| mean_square(nominal[k], 0.0)).iter().sum::<f32>() < MIN_EXPLAINED * total {
            return None;
        }
        let sides = [pair[0], pair[1]].map(|k| [self.below[k], self.above[k]]);
        let sides = powers(&windowed, &[sides[0][0], sides[0][1], sides[1][0], sides[1][1]]);
        let [row, column] = [0, 1].map(|group| {
            let hz = if group == 0 { ROW_HZ[pair[0]] } else { COLUMN_HZ[pair[1] - 4] };
            refine(hz, nominal[pair[group]], sides[2 * group], sides[2 * group + 1])
        });
        let ((row, row_delta), (column, column_delta)) = (row?, column?);
        let explained = (row + column) / total;
        let balanced = column <= row * MAX_TWIST && row <= column * MAX_TWIST;
        let heard = row.min(column) >= MIN_POWER && balanced && explained >= MIN_EXPLAINED;
        heard.then_some(Hit {
            digit: Digit::at(pair[0], pair[1] - 4),
            explained: explained.min(1.0),
            delta: [row_delta, column_delta],
        })
    }
}

/// Mean square of a sine from its power in a bin `delta` bins away.
fn mean_square(power: f32, delta: f32) -> f32 {
    // The Hann kernel, sinc δ / (1 − δ²); a sine of peak A at δ = 0 has |X| = A WINDOW / 4.
    let kernel =
        if delta.abs() < 1e-3 { 1.0 } else { (PI * delta).sin() / (PI * delta * (1.0 - delta * delta)) };
    8.0 * power / (WINDOW * WINDOW) as f32 / (kernel * kernel)
}

/// Mean square of the tone near `hz` and its distance in bins, unless it is too far away. From
/// the powers at −1, 0 and +1 bin.
fn refine(hz: f32, nominal: f32, below: f32, above: f32) -> Option<(f32, f32)> {
    let [below, middle, above] = [below, nominal, above].map(|power| power.max(0.0).sqrt());
    let delta = 2.0 * (above - below) / (below + 2.0 * middle + above).max(f32::MIN_POSITIVE);
    // 57 Hz, 3.5 % of the highest tone, is 1.14 bins: the kernel is well away from its zero.
    ((delta * BIN_HZ).abs() <= MAX_DEVIATION * hz).then(|| (mean_square(nominal, delta), delta))
}
