//! Loss concealment: any order of good and missing blocks of any length. A second run gives the
//! same, a reset forgets, silence stays silent, nothing is louder than what was heard, and a good
//! block far from a gap is left alone.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::jitter::conceal::Concealer;
use fuzz_kit::sound::Sound;
use libfuzzer_sys::fuzz_target;

/// Good samples after a gap, 200 ms, beyond which nothing may be blended any more.
const SETTLED: usize = 1_600;

#[derive(Arbitrary, Debug)]
struct Input {
    sound: Sound,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Good(u16),
    /// The length; is the signal that follows known, and how much of it?
    Missing(u16, Option<u8>),
    /// The line sounds different from here on.
    Change(Sound),
}

fuzz_target!(|input: Input| {
    let mut concealer = Concealer::new();
    let first = play(&mut concealer, &input);
    concealer.reset();
    assert!(first == play(&mut concealer, &input), "a reset leaves something behind");
    assert!(first == play(&mut Concealer::default(), &input));
});

fn play(concealer: &mut Concealer, input: &Input) -> Vec<i16> {
    let (mut sound, mut heard) = (&input.sound, Vec::new());
    let (mut since_gap, mut peak) = (SETTLED, 0);
    for step in &input.steps {
        match step {
            Step::Good(length) => {
                let mut block = block(sound, heard.len(), usize::from(length % 2_000));
                let before = block.clone();
                peak = peak.max(loudest(&before));
                concealer.good(&mut block);
                assert!(before.is_empty() || !concealer.is_concealing());
                if since_gap >= SETTLED {
                    assert!(before == block, "a good block was changed without a gap");
                }
                since_gap = since_gap.saturating_add(block.len());
                heard.extend(block);
            }
            Step::Missing(length, next) => {
                let mut out = vec![-12_345; usize::from(length % 4_000)];
                let next = next.map(|n| block(sound, heard.len() + out.len(), usize::from(n)));
                peak = peak.max(next.as_deref().map_or(0, loudest));
                concealer.conceal(&mut out, next.as_deref());
                if !out.is_empty() {
                    since_gap = 0;
                    assert!(concealer.is_concealing());
                }
                heard.extend(out);
            }
            Step::Change(other) => sound = other,
        }
        // Comfort noise has the background's power; its peaks are those of a noise, up to 5 or 6
        // times the RMS.
        let loudest = loudest(&heard);
        assert!(loudest <= 8 * peak, "{loudest} is louder than anything that was heard, {peak}");
        if heard.len() > 40_000 {
            break;
        }
    }
    heard
}

fn block(sound: &Sound, from: usize, length: usize) -> Vec<i16> {
    let mut block = vec![0; length];
    sound.fill(from, &mut block);
    block
}

fn loudest(pcm: &[i16]) -> u32 {
    pcm.iter().map(|&sample| u32::from(sample.unsigned_abs())).max().unwrap_or(0)
}
