//! Levels: what the meter shows, how soon the gain gets there, and what the limiter never lets through.

use audio_core::Error;
use audio_core::frame::{Dbfs, FRAME_SAMPLES, PcmFrame};
use audio_core::gain::{Agc, AgcConfig, Limiter, LimiterConfig, Meter, PlayoutGain, PlayoutGainConfig};
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
use proptest::prelude::*;
use proptest::test_runner::Config;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Frames of a sine of so many Hz at an RMS of `dbfs`.
fn sine(hz: f32, dbfs: f32, frames: usize) -> Vec<PcmFrame> {
    let amplitude = Dbfs(dbfs).to_rms() * 2f32.sqrt();
    let at = |n: usize| amplitude * (core::f32::consts::TAU * hz * (n % 8_000) as f32 / 8_000.0).sin();
    (0..frames).map(|f| core::array::from_fn(|k| at(f * FRAME_SAMPLES + k).round() as i16)).collect()
}

/// Speech of the fixtures at this active level: every frame within 15.9 dB of it.
fn speech(dbfs: f32) -> Vec<PcmFrame> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/calls/booking/caller.wav");
    let bytes = std::fs::read(path).expect("a WAV");
    let data = bytes.windows(4).position(|name| name == b"data").expect("a data chunk");
    let pcm: Vec<i16> = bytes[data + 8..].chunks_exact(2).map(|s| i16::from_le_bytes([s[0], s[1]])).collect();
    let frames = pcm.as_chunks::<FRAME_SAMPLES>().0;
    let gain = Dbfs(dbfs).to_rms() / active(frames).to_rms();
    frames.iter().map(|frame| frame.map(|x| (f32::from(x) * gain).round() as i16)).collect()
}

/// ITU-T P.56's idea: the mean power of the frames no further than 15.9 dB below it.
fn active(frames: &[PcmFrame]) -> Dbfs {
    let powers: Vec<f32> = frames.iter().map(|frame| Dbfs::of(frame).to_rms().powi(2)).collect();
    let mut level = powers.iter().copied().fold(0.0, f32::max);
    for _ in 0..50 {
        let above: Vec<f32> = powers.iter().copied().filter(|power| *power > 0.025_7 * level).collect();
        level = above.iter().sum::<f32>() / above.len() as f32;
    }
    Dbfs::from_rms(level.sqrt())
}

/// What a voice detector says of speech at this level, generously.
fn is_voice(frame: &PcmFrame, dbfs: f32) -> bool {
    Dbfs::of(frame) > Dbfs(dbfs - 25.0)
}

#[test]
fn the_meter_shows_a_sine_and_silence() {
    let mut meter = Meter::new();
    let silent = meter.process(&[0; FRAME_SAMPLES]);
    for level in [silent.rms, silent.peak, silent.short_term, silent.held_peak] {
        assert_eq!(level, Dbfs::SILENCE);
    }
    for frame in sine(500.0, -20.0, 50) {
        meter.process(&frame);
    }
    let level = meter.level();
    assert!((level.rms.0 + 20.0).abs() < 0.05, "{level:?}");
    assert!((level.short_term.0 + 20.0).abs() < 0.1, "{level:?}");
    assert!((level.peak.0 + 17.0).abs() < 0.1 && level.held_peak == level.peak, "{level:?}");
    // A full-scale square wave is 0 dBFS, and the lowest sample has a magnitude too.
    assert_eq!(meter.process(&[i16::MIN; FRAME_SAMPLES]).peak, Dbfs(0.0));
    assert_eq!(meter.level().rms, Dbfs(0.0));
    // Ballistics: 125 ms later the short-term level has fallen by 4.3 dB, the held peak by 1.7.
    let before = meter.level();
    (0..6).for_each(|_| _ = meter.process(&[0; FRAME_SAMPLES]));
    let after = meter.level();
    assert_eq!(after.rms, Dbfs::SILENCE);
    assert!((before.short_term.0 - after.short_term.0 - 4.2).abs() < 0.3, "{before:?} {after:?}");
    assert!((before.held_peak.0 - after.held_peak.0 - 1.6).abs() < 0.1, "{before:?} {after:?}");
    meter.reset();
    assert_eq!(meter.level(), silent);
}

/// S-AUD-012: speech from -38 to -14 dBFS comes out within 1 dB of the target after the first five seconds of it.
#[test]
fn speech_reaches_the_target() {
    for dbfs in [-38.0, -32.0, -26.0, -20.0, -14.0] {
        let mut agc = Agc::new(AgcConfig::default()).expect("valid");
        let mut out = Vec::new();
        let mut spoken = 0;
        for mut frame in speech(dbfs).into_iter().cycle().take(4_000) {
            let voice = is_voice(&frame, dbfs);
            spoken += usize::from(voice);
            agc.process(&mut frame, voice);
            if spoken > 250 {
                out.push(frame);
            }
        }
        let level = active(&out).0;
        assert!((level + 23.0).abs() <= 1.0, "{dbfs} came out at {level}");
    }
}

/// Neither noise nor silence moves the gain, and no frame moves it by more than its rate.
#[test]
fn noise_does_not_pump() {
    let mut agc = Agc::new(AgcConfig::default()).expect("valid");
    for mut frame in sine(300.0, -50.0, 500) {
        let before = frame;
        agc.process(&mut frame, false);
        assert_eq!(frame, before, "bit for bit before anything is learned");
    }
    let mut last = agc.gain_db();
    for mut frame in speech(-35.0) {
        let voice = is_voice(&frame, -35.0);
        agc.process(&mut frame, voice);
        assert!((agc.gain_db() - last).abs() <= 0.121, "{last} to {}", agc.gain_db());
        last = agc.gain_db();
    }
    assert!(last > 8.0, "{last}");
    for (mut noise, quiet) in sine(300.0, -45.0, 500).into_iter().zip(sine(700.0, -58.0, 500)) {
        agc.process(&mut noise, false);
        // Taken for voice by mistake, but too quiet for it.
        let mut quiet = quiet;
        let mistaken = quiet[3] % 64 == 0;
        agc.process(&mut quiet, mistaken);
    }
    assert!((agc.gain_db() - last).abs() < 0.5, "{last} to {}", agc.gain_db());
}

/// The gain stays within its bounds, and a voice that becomes much quieter is noticed.
#[test]
fn the_gain_is_bounded_and_follows() {
    let mut agc = Agc::new(AgcConfig::default()).expect("valid");
    let run = |agc: &mut Agc, dbfs: f32| {
        sine(400.0, dbfs, 1_000).iter_mut().for_each(|frame| _ = agc.process(frame, true));
        agc.gain_db()
    };
    assert!((run(&mut agc, -55.0) - 18.0).abs() < 0.01);
    assert!((run(&mut agc, -4.0) + 12.0).abs() < 0.01);
    // 29 dB lower at once: half a minute, for what was loud fades with a memory of 3 s.
    run(&mut agc, -33.0);
    let found = run(&mut agc, -33.0);
    assert!((found - 10.0).abs() < 0.2, "{found}");
    agc.reset();
    assert_eq!((agc.gain_db(), agc.active_level()), (0.0, None));
}

/// A sine 6 dB over the ceiling comes out at it, with 1 % of distortion at most.
#[test]
fn a_loud_sine_stays_a_sine() {
    let mut limiter = Limiter::new(LimiterConfig::default()).expect("valid");
    let input = sine(400.0, -3.1, 100);
    let mut gains = Vec::new();
    let (mut error, mut power) = (0.0f64, 0.0f64);
    for (n, frame) in input.iter().enumerate() {
        let mut out = *frame;
        limiter.process(&mut out);
        if n >= 10 {
            gains.push(limiter.gain_db());
            let gain = f64::from(10f32.powf(gains[0] / 20.0));
            for (x, y) in frame.iter().zip(&out) {
                error += (f64::from(*x) * gain - f64::from(*y)).powi(2);
                power += f64::from(*y).powi(2);
            }
        }
    }
    assert!(gains[0] < -2.5 && error < 1e-4 * power, "{} dB, {}", gains[0], (error / power).sqrt());
}

#[test]
fn the_level_comes_back() {
    let mut limiter = Limiter::new(LimiterConfig::default()).expect("valid");
    limiter.process(&mut [i16::MAX; FRAME_SAMPLES]);
    assert!(limiter.gain_db() < -2.9);
    for _ in 0..6 {
        limiter.process(&mut [1_000; FRAME_SAMPLES]);
    }
    let mut frame = [1_000; FRAME_SAMPLES];
    limiter.process(&mut frame);
    assert_eq!((frame, limiter.gain_db()), ([1_000; FRAME_SAMPLES], 0.0));
}

fn cases(count: u32) -> Config {
    Config { cases: count, failure_persistence: None, ..Config::default() }
}

fn any_frames() -> impl Strategy<Value = Vec<Vec<i16>>> {
    let loud = prop_oneof![any::<i16>(), Just(i16::MIN), Just(i16::MAX), -3_000i16..3_000];
    prop::collection::vec(prop::collection::vec(loud, FRAME_SAMPLES), 1..12)
}

proptest! {
    #![proptest_config(cases(256))]

    /// Whatever comes in and wherever the ceiling is.
    #[test]
    fn nothing_passes_the_ceiling(frames in any_frames(), ceiling_dbfs in -40f32..=0.0) {
        let mut config = LimiterConfig::default();
        config.ceiling_dbfs = ceiling_dbfs;
        let mut limiter = Limiter::new(config).expect("valid");
        let most = Dbfs(ceiling_dbfs).to_rms();
        for frame in &frames {
            let mut frame: PcmFrame = frame.as_slice().try_into().expect("a frame");
            limiter.process(&mut frame);
            let peak = frame.iter().map(|x| x.unsigned_abs()).max().unwrap_or(0);
            prop_assert!(f32::from(peak) <= most, "{peak} above {most}");
        }
    }

    /// What never exceeds the ceiling passes bit for bit.
    #[test]
    fn nothing_below_the_ceiling_changes(frames in any_frames()) {
        let mut limiter = Limiter::new(LimiterConfig::default()).expect("valid");
        let ceiling = limiter.ceiling();
        for frame in &frames {
            let frame: PcmFrame = core::array::from_fn(|k| frame[k].clamp(-ceiling, ceiling));
            let mut out = frame;
            limiter.process(&mut out);
            prop_assert_eq!(out, frame);
        }
    }

    /// With gain before it too, and nothing overflows.
    #[test]
    fn gain_and_limiter_hold_the_ceiling(frames in any_frames(), quiet in 0f32..=1.0) {
        let mut gain = PlayoutGain::new(PlayoutGainConfig::default()).expect("valid");
        let most = gain.limiter().ceiling().unsigned_abs();
        for frame in frames.iter().cycle().take(40) {
            let mut frame: PcmFrame = core::array::from_fn(|k| (f32::from(frame[k]) * quiet) as i16);
            gain.process(&mut frame);
            prop_assert!(frame.iter().all(|x| x.unsigned_abs() <= most));
            prop_assert!((-12.0..=18.0).contains(&gain.agc().gain_db()));
        }
    }
}

#[test]
fn nothing_is_allocated_after_new() {
    let frames = speech(-30.0);
    let (mut meter, mut agc) = (Meter::new(), Agc::new(AgcConfig::default()).expect("valid"));
    let mut playout = PlayoutGain::new(PlayoutGainConfig::default()).expect("valid");
    let mut limiter = Limiter::new(LimiterConfig::default()).expect("valid");
    let ((), allocations) = count_on_this_thread(|| {
        for frame in &frames {
            let mut frame = frame.map(|x| x.saturating_mul(8));
            playout.process(&mut frame);
            agc.process(&mut frame, true);
            limiter.process(&mut frame);
            meter.process(&frame);
        }
        playout.reset();
        agc.reset();
        limiter.reset();
        meter.reset();
    });
    assert_eq!(allocations, 0);
}

/// A recycled stage is a new one.
#[test]
fn a_reset_forgets_the_line() {
    let run = |gain: &mut PlayoutGain| {
        let mut frames = speech(-10.0);
        frames.iter_mut().for_each(|frame| _ = gain.process(frame));
        frames
    };
    let mut gain = PlayoutGain::new(PlayoutGainConfig::default()).expect("valid");
    let first = run(&mut gain);
    gain.reset();
    assert!(run(&mut gain) == first);
}

#[test]
fn an_error_names_the_field() {
    let named = |change: fn(&mut PlayoutGainConfig), name: &str| {
        let mut config = PlayoutGainConfig::default();
        change(&mut config);
        let error = PlayoutGain::new(config).expect_err(name);
        assert!(matches!(error, Error::OutOfRange { field, .. } if field == name), "{error}");
    };
    named(|c| c.agc.target_dbfs = -5.0, "agc.target_dbfs");
    named(|c| c.agc.target_dbfs = f32::NAN, "agc.target_dbfs");
    named(|c| c.agc.max_gain_db = 31.0, "agc.max_gain_db");
    named(|c| c.agc.max_cut_db = -1.0, "agc.max_cut_db");
    named(|c| c.agc.rate_db_per_s = 0.0, "agc.rate_db_per_s");
    named(|c| c.limiter.ceiling_dbfs = 0.1, "limiter.ceiling_dbfs");
    named(|c| c.limiter.release_db_per_s = f32::INFINITY, "limiter.release_db_per_s");
}
