//! Time, level and RMS.

use audio_core::frame::{Dbfs, SampleTime, WireFrame, rms};
use proptest::prelude::*;

use crate::cases;
use crate::sound::line;

/// Sample counts of a call of 4 000 years: beyond them microseconds overflow.
const MOST: u64 = 1 << 50;

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn time_goes_to_milliseconds_and_back(ms in 0u64..MOST / 8, samples in 0u64..MOST) {
        prop_assert_eq!(SampleTime::from_ms(ms).as_ms(), ms);
        prop_assert_eq!(SampleTime::from_ms(ms).as_us(), ms * 1_000);
        let time = SampleTime(samples);
        let floor = SampleTime::from_ms(time.as_ms());
        prop_assert!(floor <= time && time - floor < 8);
        prop_assert_eq!(time.as_us(), samples * 125);
    }

    #[test]
    fn differences_undo_sums_and_stop_at_zero(a in 0u64..MOST, b in 0u64..MOST) {
        let (start, end) = (SampleTime(a), SampleTime(a) + b);
        prop_assert_eq!(end - start, b);
        prop_assert_eq!(end.saturating_sub(b), start);
        prop_assert_eq!(start - SampleTime(a + b + 1), 0);
        prop_assert_eq!(start.saturating_sub(a + b), SampleTime(0));
        prop_assert_eq!(start.cmp(&SampleTime(b)), a.cmp(&b));
    }

    #[test]
    fn level_and_amplitude_are_inverse(db in -99.9f32..20.0, other in -99.9f32..20.0) {
        prop_assert!((Dbfs::from_rms(Dbfs(db).to_rms()).0 - db).abs() < 1e-3);
        prop_assert_eq!(Dbfs(db).to_rms() < Dbfs(other).to_rms(), db < other);
        prop_assert_eq!(Dbfs(db).to_string(), format!("{db:.1} dBFS"));
    }

    #[test]
    fn levels_stay_in_their_range(pcm in line()) {
        let level = Dbfs::of(&pcm);
        prop_assert!((Dbfs::SILENCE.0..=0.0).contains(&level.0), "{level}");
        prop_assert_eq!(level, Dbfs::from_rms(rms(&pcm)));
    }

    /// The mean lies between the least and the greatest; order and sign do not matter.
    #[test]
    fn rms_is_a_mean_of_magnitudes(mut pcm in line()) {
        let value = rms(&pcm);
        let magnitudes = || pcm.iter().map(|&s| f32::from(s).abs());
        let (least, most) = (magnitudes().fold(f32::MAX, f32::min), magnitudes().fold(0.0, f32::max));
        prop_assert!(pcm.is_empty() || (least * 0.999_999..=most * 1.000_001).contains(&value));
        pcm.reverse();
        prop_assert_eq!(rms(&pcm), value);
        prop_assert_eq!(rms(&pcm.repeat(2)), value);
        pcm.iter_mut().for_each(|s| *s = s.saturating_neg().max(-i16::MAX));
        prop_assert!((rms(&pcm) - value).abs() <= value * 1e-4);
    }

    #[test]
    fn half_the_amplitude_is_six_decibels_less(pcm in prop::collection::vec(-16_000i16..16_000, 1..400)) {
        let even: Vec<i16> = pcm.iter().map(|s| s * 2).collect();
        prop_assume!(rms(&pcm) > 1.0);
        prop_assert!((Dbfs::of(&even).0 - Dbfs::of(&pcm).0 - 6.0206).abs() < 1e-3);
    }

    #[test]
    fn the_last_frame_is_told_by_one_flag(flags in any::<u16>()) {
        let frame = WireFrame { flags, ..WireFrame::SILENCE };
        prop_assert_eq!(frame.is_last(), flags % 2 == 1);
    }
}
