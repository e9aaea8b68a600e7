//! The continuation of what was played, for as long as nothing arrives.
//!
//! Two predictions are mixed: the autoregressive one, best for the first milliseconds, and the
//! repetition of the last pitch cycle, which keeps its energy. The mixture loses amplitude as it
//! loses likeness: for 10 ms that is what a least-squares fit to speech asks for, then it fades.

use super::history::{History, Loudness, PIECE};
use super::linear::{ORDER, Predictor, dot};
use super::pitch::Cycle;

/// Samples of the gap after which the signal fades: 10 ms.
const HOLD: f32 = 80.0;
/// Samples of the gap after which nothing is left of it: 80 ms.
const SILENT: usize = 640;
/// Amplitude left after [`HOLD`].
const HELD: f32 = 0.75;
/// Share of the repetition early in the gap, and the samples over which it is reached.
const EARLY: (f32, f32) = (0.2, 24.0);
/// The share rises to 1 between these samples of the gap: 5 to 15 ms.
const LATE: (f32, f32) = (40.0, 120.0);

/// A running extrapolation.
#[derive(Debug)]
pub(super) struct Extrapolation {
    /// The last `ORDER` samples of the autoregressive prediction, then the piece being made.
    autoregressive: [f32; ORDER + PIECE],
    /// Taps, the oldest sample's first.
    taps: [f32; ORDER],
    cycle: Cycle,
    ceiling: Loudness,
    /// 1 / the fade at the start: what was played last has faded already.
    level: f32,
    /// Samples of the gap made so far.
    made: usize,
    piece: [f32; PIECE],
    /// Samples of the piece already handed out.
    taken: usize,
}

impl Extrapolation {
    pub(super) const fn new() -> Self {
        Self {
            autoregressive: [0.0; ORDER + PIECE],
            taps: [0.0; ORDER],
            cycle: Cycle::new(),
            ceiling: Loudness { peak: 0.0, power: 0.0 },
            level: 1.0,
            made: 0,
            piece: [0.0; PIECE],
            taken: PIECE,
        }
    }

    /// Starts `elapsed` samples into a gap.
    pub(super) fn start(
        &mut self,
        history: &History,
        predictor: &mut Predictor,
        ceiling: Loudness,
        elapsed: usize,
    ) {
        self.made = elapsed;
        self.taken = PIECE;
        if elapsed >= SILENT {
            return;
        }
        predictor.fit(history, &[], ORDER);
        for (slot, &tap) in self.taps.iter_mut().rev().zip(predictor.taps()) {
            *slot = tap;
        }
        self.autoregressive[..ORDER].copy_from_slice(history.last(ORDER));
        self.cycle.find(history);
        self.ceiling = ceiling;
        self.level = 1.0 / fade(elapsed as f32);
    }

    /// The next sample.
    pub(super) fn next(&mut self) -> f32 {
        if self.taken == PIECE {
            self.make();
            self.taken = 0;
        }
        self.taken += 1;
        self.piece[self.taken - 1]
    }

    fn make(&mut self) {
        if self.made >= SILENT {
            self.piece.fill(0.0);
            return;
        }
        for i in 0..PIECE {
            self.autoregressive[ORDER + i] = dot(&self.taps, &self.autoregressive[i..i + ORDER]);
        }
        for (i, out) in self.piece.iter_mut().enumerate() {
            let at = (self.made + i) as f32;
            let early = (at / EARLY.1).min(1.0) * EARLY.0;
            let late = ((at - LATE.0) / (LATE.1 - LATE.0)).clamp(0.0, 1.0);
            let share = early + (1.0 - early) * late;
            let repeated = self.cycle.next();
            let predicted = self.autoregressive[ORDER + i];
            *out = self.level * fade(at) * (predicted + share * (repeated - predicted));
        }
        self.ceiling.limit(&mut self.piece);
        self.autoregressive.copy_within(PIECE.., 0);
        self.made += PIECE;
    }
}

/// Amplitude at a sample of the gap.
fn fade(at: f32) -> f32 {
    let held = 1.0 - (1.0 - HELD) * (at / HOLD).min(1.0);
    let left = 1.0 - ((at - HOLD) / (SILENT as f32 - HOLD)).clamp(0.0, 1.0);
    held * left
}
