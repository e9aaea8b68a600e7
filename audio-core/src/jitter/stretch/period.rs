//! The distance at which a piece of speech looks most like itself.

/// Shortest period that is looked for: 2.5 ms, 400 Hz.
pub const MIN_PERIOD: usize = 20;
/// Longest period that is looked for: 15 ms, 67 Hz.
pub const MAX_PERIOD: usize = 120;
/// The coarse search runs at half the rate.
const STEP: usize = 2;
/// Peaks of the coarse search this much below the best are looked at again.
const NEARLY: f32 = 0.1;

/// A period and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// Its length in samples.
    pub samples: usize,
    /// Normalised correlation of the beginning with what lies a period later, −1 to 1.
    pub likeness: f32,
}

/// The best period at the beginning of `pcm`, of which at most `2 * MAX_PERIOD` samples count.
/// `None` if there are fewer than `4 * MIN_PERIOD`, or if one half is all zeros.
pub fn find_period(pcm: &[i16]) -> Option<Period> {
    let pcm = &pcm[..pcm.len().min(2 * MAX_PERIOD)];
    if pcm.len() < 4 * MIN_PERIOD {
        return None;
    }
    let mut fine = [0.0f32; 2 * MAX_PERIOD];
    let mut coarse = [0.0f32; MAX_PERIOD];
    for (fine, &sample) in fine.iter_mut().zip(pcm) {
        *fine = f32::from(sample);
    }
    let fine = &fine[..pcm.len()];
    for (coarse, pair) in coarse.iter_mut().zip(fine.chunks_exact(STEP)) {
        *coarse = 0.5 * (pair[0] + pair[1]);
    }
    let coarse = &coarse[..pcm.len() / STEP];
    let longest = pcm.len() / 2;
    let mut rough = [-1.0f32; MAX_PERIOD / STEP + 2];
    let lags = MIN_PERIOD / STEP..=longest / STEP;
    for (lag, rough) in rough.iter_mut().enumerate().take(lags.end() + 1).skip(*lags.start()) {
        *rough = likeness(coarse, lag).unwrap_or(-1.0);
    }
    let top = rough.iter().copied().fold(-1.0, f32::max);
    // Half the rate cannot tell close peaks apart: look at each that is nearly the best.
    let mut found = None;
    for lag in lags {
        let peak = rough[lag] >= rough[lag - 1] && rough[lag] >= rough[lag + 1];
        if peak && rough[lag] > top - NEARLY {
            let near = lag * STEP;
            let first = near.saturating_sub(STEP).max(MIN_PERIOD);
            found = better(found, best(fine, first, (near + STEP).min(longest)));
        }
    }
    found
}

fn better(one: Option<Period>, other: Option<Period>) -> Option<Period> {
    match (one, other) {
        (Some(a), Some(b)) => Some(if b.likeness > a.likeness { b } else { a }),
        (one, other) => one.or(other),
    }
}

/// Normalised correlation of the first half with what lies `lag` later; `None` for silence.
fn likeness(pcm: &[f32], lag: usize) -> Option<f32> {
    let window = pcm.len() / 2;
    let later = &pcm[lag..lag + window];
    let dot: f32 = pcm.iter().zip(later).map(|(a, b)| a * b).sum();
    let energy = |part: &[f32]| part.iter().map(|x| x * x).sum::<f32>();
    let power = energy(&pcm[..window]) * energy(later);
    (power > 0.0).then(|| dot / power.sqrt())
}

/// The lag in `first..=last` with the largest likeness; `None` for silence.
fn best(pcm: &[f32], first: usize, last: usize) -> Option<Period> {
    (first..=last).fold(None, |found, samples| {
        better(found, likeness(pcm, samples).map(|likeness| Period { samples, likeness }))
    })
}
