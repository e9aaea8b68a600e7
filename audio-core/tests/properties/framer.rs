//! The framer: cuts, sample types, reset.

use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use audio_core::framer::Framer;
use proptest::prelude::*;

use crate::cases;
use crate::sound::{cut, cuts, line};

const RATES: [u32; 6] = [8_000, 16_000, 24_000, 48_000, 44_100, 11_025];

fn frames(framer: &mut Framer, pcm: &[i16], lengths: &[usize]) -> Vec<PcmFrame> {
    let mut frames = Vec::new();
    cut(pcm, lengths).for_each(|piece| framer.push_i16(piece, |frame| frames.push(*frame)));
    frames
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn frames_do_not_depend_on_the_cuts(rate in prop::sample::select(&RATES[..]), pcm in line(), lengths in cuts()) {
        let mut framer = Framer::new(rate).expect("supported");
        let whole = frames(&mut framer, &pcm, &[pcm.len().max(1)]);
        // No more than went in, and all but what an FFT holds back, 40 ms and a frame.
        let most = pcm.len() * 8_000 / rate as usize / FRAME_SAMPLES;
        prop_assert!((most.saturating_sub(4)..=most).contains(&whole.len()), "{} of {most}", whole.len());
        framer.reset();
        prop_assert!(frames(&mut framer, &pcm, &lengths) == whole, "cut, or reset, it differs");
    }

    #[test]
    fn both_sample_types_say_the_same(rate in prop::sample::select(&RATES[..]), pcm in line(), lengths in cuts()) {
        let ints = frames(&mut Framer::new(rate).expect("supported"), &pcm, &lengths);
        let scaled: Vec<f32> = pcm.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        let (mut framer, mut floats) = (Framer::new(rate).expect("supported"), Vec::new());
        cut(&scaled, &lengths).for_each(|piece| framer.push_f32(piece, |frame| floats.push(*frame)));
        prop_assert_eq!(ints.len(), floats.len());
        for (a, b) in ints.iter().flatten().zip(floats.iter().flatten()) {
            prop_assert!((i32::from(*a) - i32::from(*b)).abs() <= 1, "{a} and {b}");
        }
    }

    /// 8 kHz passes through: the line itself, frame by frame.
    #[test]
    fn the_wire_rate_passes_through(pcm in line(), lengths in cuts()) {
        let out = frames(&mut Framer::new(8_000).expect("supported"), &pcm, &lengths);
        prop_assert!(out.concat() == pcm[..pcm.len() / FRAME_SAMPLES * FRAME_SAMPLES]);
    }

    #[test]
    fn any_rate_is_taken_or_refused(rate in any::<u32>()) {
        if let Ok(mut framer) = Framer::new(rate) {
            prop_assert!((4_000..=192_000).contains(&rate));
            framer.push_i16(&[1; 100], |_| {});
        }
    }
}
