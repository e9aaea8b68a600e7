//! Time-stretch of speech by whole pitch periods (WSOLA: Verhelst and Roelands, ICASSP 1993).
//!
//! One period is taken out or put in by a cross-fade between two places that look alike; pitch and
//! spectrum stay. 8 kHz PCM; lengths in samples.

mod period;

pub use period::{MAX_PERIOD, MIN_PERIOD, Period, find_period};

/// Two periods become one: the first fades into the second. Writes `out[..period]`; what follows
/// is `pcm[2 * period..]`. Nothing is written if `pcm` or `out` is too short.
pub fn shorten(pcm: &[i16], period: usize, out: &mut [i16]) -> usize {
    if period > pcm.len() / 2 || period > out.len() {
        return 0;
    }
    cross_fade(&pcm[..period], &pcm[period..2 * period], &mut out[..period]);
    period
}

/// One period becomes two: the first, then the second fading back into the first. Writes
/// `out[..2 * period]`; what follows is `pcm[period..]`. Nothing is written if `pcm` or `out` is
/// too short.
pub fn lengthen(pcm: &[i16], period: usize, out: &mut [i16]) -> usize {
    if period > pcm.len() / 2 || period > out.len() / 2 {
        return 0;
    }
    let (again, doubled) = out[..2 * period].split_at_mut(period);
    again.copy_from_slice(&pcm[..period]);
    cross_fade(&pcm[period..2 * period], &pcm[..period], doubled);
    2 * period
}

/// From `old` to `new`, linearly.
fn cross_fade(old: &[i16], new: &[i16], out: &mut [i16]) {
    let steps = out.len() as i64 + 1;
    for (n, (sample, (&old, &new))) in (1..).zip(out.iter_mut().zip(old.iter().zip(new))) {
        let blend = i64::from(old) * (steps - n) + i64::from(new) * n;
        *sample = (blend / steps) as i16;
    }
}
