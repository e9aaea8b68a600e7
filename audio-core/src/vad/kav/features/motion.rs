//! How a frame moves and how its power is spread: what tells knocks, clicks and tones from voices.

use super::super::math::ln;
use super::POWER_FLOOR;
use super::bands::{BANDS, BINS};

/// Bins from 312 to 3,375 Hz.
const FIRST_BIN: usize = 10;
const LAST_BIN: usize = 108;
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

    /// `shape` is the bands' levels less their `mean`; `frame` the newest 20 ms.
    #[inline(always)]
    pub(super) fn push(
        &mut self,
        shape: &[f32; BANDS],
        mean: f32,
        spectrum: &[f32; BINS],
        frame: &[f32],
    ) -> [f32; COUNT] {
        let before = self.mean.replace(mean).unwrap_or(mean);
        let change: f32 = shape.iter().zip(&self.shape).map(|(a, b)| (a - b).abs()).sum();
        self.shape = *shape;

        let bins = &spectrum[FIRST_BIN..=LAST_BIN];
        let (mut logs, mut sum, mut highest) = (0.0f32, 0.0f32, 0.0f32);
        // Apart from the sum, whose order is fixed, so that several are taken at once.
        let mut each = [0.0f32; LAST_BIN - FIRST_BIN + 1];
        for (log, &power) in each.iter_mut().zip(bins) {
            *log = ln(power + POWER_FLOOR);
        }
        for (&power, log) in bins.iter().zip(&each) {
            logs += log;
            sum += power + POWER_FLOOR;
            highest = highest.max(power + POWER_FLOOR);
        }
        let count = bins.len() as f32;
        let flatness = logs / count - ln(sum / count);
        let tonality = ln(highest * count / sum);

        let crossings = frame.windows(2).filter(|pair| (pair[0] >= 0.0) != (pair[1] >= 0.0)).count();

        let mut pieces = [PIECE_FLOOR; PIECES];
        for (piece, samples) in pieces.iter_mut().zip(frame.as_chunks::<PIECE>().0) {
            *piece += samples.iter().map(|x| x * x).sum::<f32>() / PIECE as f32;
        }
        let total: f32 = pieces.iter().sum();
        let loudest = pieces.iter().fold(0.0f32, |a, &b| a.max(b));
        let softest = pieces.iter().fold(f32::MAX, |a, &b| a.min(b));
        let late: f32 = pieces[PIECES / 2..].iter().sum();
        [
            change / BANDS as f32,
            (mean - before) / 2.0,
            flatness / 2.0,
            tonality / 2.0,
            4.0 * crossings as f32 / frame.len() as f32,
            ln(loudest * PIECES as f32 / total),
            ln(softest * PIECES as f32 / total) / 2.0,
            ln(late / (total - late)) / 2.0,
        ]
    }
}
