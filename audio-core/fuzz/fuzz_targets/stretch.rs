//! Time-stretch: any piece, any period. What is written has the length that is returned, lies
//! between the samples it is made of, and joins on to its neighbours.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::jitter::stretch::{MAX_PERIOD, MIN_PERIOD, find_period, lengthen, shorten};
use fuzz_kit::sound::Line;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    line: Line,
    period: u16,
    room: u16,
}

fuzz_target!(|input: Input| {
    let pcm = input.line.pcm(3_000);
    if let Some(period) = find_period(&pcm) {
        assert!((MIN_PERIOD..=MAX_PERIOD).contains(&period.samples) && 2 * period.samples <= pcm.len());
        assert!((-1.001..=1.001).contains(&period.likeness), "{period:?}");
    }
    let (period, room) = (usize::from(input.period) % 2_000, usize::from(input.room) % 5_000);
    check(&pcm, period, room, shorten, 1);
    check(&pcm, period, room, lengthen, 2);
});

fn check(
    pcm: &[i16],
    period: usize,
    room: usize,
    stretch: fn(&[i16], usize, &mut [i16]) -> usize,
    periods: usize,
) {
    let mut out = vec![0x3333; room];
    let made = stretch(pcm, period, &mut out);
    assert!(out[made..].iter().all(|&sample| sample == 0x3333), "written beyond the end");
    let possible = pcm.len() >= 2 * period && room >= periods * period;
    assert_eq!(made, if possible { periods * period } else { 0 });
    for (n, &sample) in out[..made].iter().enumerate() {
        let (a, b) = (pcm[n % period], pcm[n % period + period]);
        assert!((a.min(b)..=a.max(b)).contains(&sample), "{sample} is not between {a} and {b}");
    }
}
