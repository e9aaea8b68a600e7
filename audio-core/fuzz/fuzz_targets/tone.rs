//! Call-progress tones: every tone of every plan at any level, in any pieces; the veto on any line
//! needs more than a frame to say yes and says the same after a reset.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::frame::{Dbfs, FRAME_SAMPLES};
use audio_core::tone::{Cadence, Segment, ToneGenerator, ToneVeto, plans};
use fuzz_kit::names_a_field;
use fuzz_kit::sound::Sound;
use libfuzzer_sys::fuzz_target;

/// Cadences that no country has.
const ODD: [Cadence; 5] = [
    Cadence { segments: &[], repeats: true },
    Cadence { segments: &[Segment::pause(0)], repeats: true },
    Cadence {
        segments: &[Segment::pause(0), Segment::pair(3_999.0, 0.5, 1), Segment::pause(0)],
        repeats: true,
    },
    Cadence { segments: &[Segment::tone(f32::NAN, 10)], repeats: false },
    Cadence { segments: &[Segment::tone(440.0, u32::MAX)], repeats: true },
];

#[derive(Arbitrary, Debug)]
struct Input {
    plan: u8,
    level: f32,
    /// Is the level one that is accepted?
    tame: bool,
    cuts: Vec<u8>,
    stretches: Vec<(Sound, u8)>,
}

fuzz_target!(|input: Input| {
    let all: Vec<Cadence> =
        plans::ALL.iter().flat_map(|plan| plan.tones()).map(|(_, cadence)| cadence).chain(ODD).collect();
    let cadence = all[usize::from(input.plan) % all.len()];
    let level = if input.tame { Dbfs(-43.0 + input.level.clamp(-36.0, 36.0)) } else { Dbfs(input.level) };
    match ToneGenerator::new(cadence, level) {
        Ok(generator) => play(generator, cadence, &input.cuts),
        Err(error) => names_a_field(&error, "tone."),
    }
    veto(&input.stretches);
});

fn play(mut generator: ToneGenerator, cadence: Cadence, cuts: &[u8]) {
    let mut whole = [0x55; 12_000];
    let n = generator.fill(&mut whole);
    assert!(whole[n..].iter().all(|&sample| sample == 0x55), "written beyond the end");
    let length: u64 = cadence.segments.iter().map(|segment| 8 * u64::from(segment.ms)).sum();
    let expected = if cadence.repeats { u64::MAX } else { length };
    assert_eq!(n as u64, expected.min(whole.len() as u64));
    generator.reset();
    let (mut done, mut cuts) = (0, cuts.iter().cycle());
    while done < whole.len() {
        let wanted = cuts.next().map_or(whole.len(), |&cut| usize::from(cut) + 1);
        let mut piece = vec![0; wanted.min(whole.len() - done)];
        let got = generator.fill(&mut piece);
        assert!(piece[..got] == whole[done..done + got], "the cuts are heard");
        done += got;
        if got < piece.len() {
            assert_eq!(done, n);
            break;
        }
    }
}

fn veto(stretches: &[(Sound, u8)]) {
    let frames = || {
        let lengths =
            stretches.iter().flat_map(|(sound, n)| (0..usize::from(n % 40)).map(move |n| (sound, n)));
        lengths.map(|(sound, n)| sound.frame(n)).take(200)
    };
    let mut veto = ToneVeto::new();
    let first: Vec<bool> = frames().map(|frame| veto.is_tone(&frame)).collect();
    assert!(first.first() != Some(&true), "known before it can be");
    // Silence is no tone once it fills the window.
    let silent = [0; FRAME_SAMPLES];
    (0..3).for_each(|_| {
        veto.is_tone(&silent);
    });
    assert!(!veto.is_tone(&silent), "silence is a tone");
    veto.reset();
    assert!(frames().map(|frame| veto.is_tone(&frame)).eq(first), "a reset leaves something behind");
}
