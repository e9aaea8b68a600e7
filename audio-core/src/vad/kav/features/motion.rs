//! How a frame moves and how its power is spread: what tells knocks, clicks and tones from voices.

use super::POWER_FLOOR;
use super::bands::{BANDS, BINS};
use crate::frame::{FRAME_SAMPLES, PcmFrame};
use crate::math::{lesser, ln};
use crate::sys::vector::greatest;

/// Bins from 312 to 3,375 Hz.
const FIRST_BIN: usize = 10;
const LAST_BIN: usize = 108;
const COUNTED: usize = LAST_BIN - FIRST_BIN + 1;
/// In whole vectors: what lies above is computed and not counted.
const WHOLE: usize = COUNTED.next_multiple_of(8);
const _: () = assert!(FIRST_BIN + WHOLE <= BINS, "bins that the spectrum has");
/// Pieces of a frame: 2.5 ms each.
const PIECE: usize = 20;
const PIECES: usize = 8;
/// White noise at −78 dBFS.
const PIECE_FLOOR: f32 = 1.6e-8;

/// Features of this file.
pub(super) const COUNT: usize = 8;

#[derive(Clone, Debug)]
pub(super) struct Motion {
    /// Shape and mean level of the frame before; zeros at the start.
    shape: [f32; BANDS],
    mean: Option<f32>,
}

impl Motion {
    pub(super) const fn new() -> Self {
        Self { shape: [0.0; BANDS], mean: None }
    }

    /// `shape` is the bands' levels less their `mean`; `frame` the newest 20 ms, and `samples` the same with
    /// full scale being 1.
    #[inline(always)]
    pub(super) fn push(
        &mut self,
        shape: &[f32; BANDS],
        mean: f32,
        spectrum: &[f32; BINS],
        (frame, samples): (&PcmFrame, &[f32]),
    ) -> [f32; COUNT] {
        let before = self.mean.replace(mean).unwrap_or(mean);
        let change: f32 = shape.iter().zip(&self.shape).map(|(a, b)| (a - b).abs()).sum();
        self.shape = *shape;

        // Apart from the sums, whose order is fixed, so that several are taken at once.
        let (mut powers, mut each) = ([0.0f32; WHOLE], [0.0f32; WHOLE]);
        for ((power, log), bin) in powers.iter_mut().zip(&mut each).zip(&spectrum[FIRST_BIN..]) {
            *power = bin + POWER_FLOOR;
            *log = ln(*power);
        }
        let (mut logs, mut sum) = (0.0f32, 0.0f32);
        for (power, log) in powers[..COUNTED].iter().zip(&each) {
            logs += log;
            sum += power;
        }
        powers[COUNTED..].fill(0.0);
        let highest = greatest(&powers);
        let count = COUNTED as f32;

        let pairs = frame.iter().zip(&frame[1..]);
        // The sign of the exclusive or: do they differ?
        let crossings: i16 = pairs.map(|(a, b)| ((a ^ b) as u16 >> 15) as i16).sum();

        let mut squares = [0.0f32; FRAME_SAMPLES];
        for (square, x) in squares.iter_mut().zip(samples) {
            *square = x * x;
        }
        let mut pieces = [PIECE_FLOOR; PIECES];
        for (piece, squares) in pieces.iter_mut().zip(squares.as_chunks::<PIECE>().0) {
            *piece += squares.iter().sum::<f32>() / PIECE as f32;
        }
        let total: f32 = pieces.iter().sum();
        let loudest = greatest(&pieces);
        let softest = pieces.iter().copied().fold(f32::MAX, lesser);
        let late: f32 = pieces[PIECES / 2..].iter().sum();

        let mut logarithms = [
            sum / count,
            highest * count / sum,
            loudest * PIECES as f32 / total,
            softest * PIECES as f32 / total,
            late / (total - late),
            1.0,
            1.0,
            1.0,
        ];
        for number in &mut logarithms {
            *number = ln(*number);
        }
        let [all, tonality, loudest, softest, late, ..] = logarithms;
        [
            change / BANDS as f32,
            (mean - before) / 2.0,
            (logs / count - all) / 2.0,
            tonality / 2.0,
            4.0 * f32::from(crossings) / FRAME_SAMPLES as f32,
            loudest,
            softest / 2.0,
            late / 2.0,
        ]
    }
}
