//! Noise suppression on the fixtures' speech: the noise goes, the speech stays, a clean line is let be.

mod denoise_common;

use audio_core::Error;
use audio_core::denoise::{DELAY, DenoiseConfig, Denoiser};
use audio_core::frame::FRAME_SAMPLES;
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
use denoise_common::{Kind, Measured, callers, measure, power, scene};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn denoiser() -> Denoiser {
    Denoiser::new(DenoiseConfig::on()).expect("the defaults are valid")
}

fn denoised(denoiser: &mut Denoiser, line: &[i16]) -> Vec<i16> {
    let mut out = line.to_vec();
    out.chunks_mut(FRAME_SAMPLES).for_each(|frame| denoiser.process(frame));
    out
}

fn on(kind: Kind, snr_db: f64, seed: usize) -> Measured {
    let found: Vec<Measured> = callers()
        .iter()
        .map(|caller| {
            let scene = scene(caller, kind, snr_db, seed);
            measure(&scene, &denoised(&mut denoiser(), &scene.line), DELAY)
        })
        .collect();
    Measured::mean(&found)
}

/// S-AUD-012: µ-law speech in even noise of 0 to 20 dB: pauses are 12 dB quieter at least, and the speech itself is
/// nearer to the clean one, as a whole and frame by frame.
#[test]
fn even_noise_is_taken_out_and_the_speech_is_kept() {
    for kind in [Kind::White, Kind::Pink, Kind::Car] {
        for (snr_db, gain, segmental) in [(0.0, 8.0, 4.5), (10.0, 7.0, 4.5), (20.0, 5.0, 2.5)] {
            let found = on(kind, snr_db, 7);
            let at = format!("{kind:?} at {snr_db} dB: {found:?}");
            assert!(found.pauses >= 12.0, "{at}");
            assert!(found.gain() >= gain && found.segmental >= segmental, "{at}");
        }
    }
}

/// Babble is speech too: less is won, nothing is lost.
#[test]
fn babble_is_turned_down() {
    for (snr_db, gain) in [(0.0, 2.0), (10.0, 3.0), (20.0, 2.5)] {
        let found = on(Kind::Babble, snr_db, 7);
        let at = format!("{snr_db} dB: {found:?}");
        assert!(found.pauses >= 6.0 && found.gain() >= gain && found.segmental >= 1.0, "{at}");
    }
}

/// A line without noise passes bit for bit, 10 ms late.
#[test]
fn a_clean_line_is_bypassed() {
    for caller in callers() {
        let line = scene(&caller, Kind::White, 90.0, 1).line;
        let mut denoiser = denoiser();
        let out = denoised(&mut denoiser, &line);
        assert!(out[DELAY..] == line[..line.len() - DELAY], "{:?} dB", denoiser.snr_db());
        assert_eq!(denoiser.share(), 0.0);
    }
}

/// What begins with speech is not taken for noise for long: within 1 dB after two seconds, bit for bit
/// after ten.
#[test]
fn a_clean_line_that_begins_with_speech_is_soon_bypassed() {
    for caller in callers() {
        let line: Vec<i16> = caller.iter().skip(4_000).map(|&x| x as i16).collect();
        let (mut denoiser, late) = (denoiser(), 10 * 8_000);
        let out = denoised(&mut denoiser, &line);
        let level = |pcm: &[i16]| power(&pcm.iter().map(|&x| f64::from(x)).collect::<Vec<_>>());
        let loss =
            10.0 * (level(&line[16_000..40_000]) / level(&out[16_000 + DELAY..40_000 + DELAY])).log10();
        assert!(loss.abs() < 1.0, "{loss} dB");
        if line.len() > late + 8_000 {
            assert!(out[late + DELAY..] == line[late..line.len() - DELAY]);
        }
    }
}

/// A line that becomes noisy in the middle is noticed.
#[test]
fn noise_that_comes_later_is_taken_out() {
    let caller = &callers()[0];
    let clean = scene(caller, Kind::White, 90.0, 1);
    let noisy = scene(caller, Kind::Pink, 10.0, 2);
    let mut denoiser = denoiser();
    denoised(&mut denoiser, &clean.line);
    denoised(&mut denoiser, &noisy.line[..10 * 8_000]);
    let found = measure(&noisy, &denoised(&mut denoiser, &noisy.line), DELAY);
    assert!(found.pauses >= 12.0 && found.gain() >= 7.0, "{found:?}");
}

#[test]
fn silence_stays_silence() {
    assert!(denoised(&mut denoiser(), &[0; 40_000]).iter().all(|&x| x == 0));
}

/// After noise a line without a sound leaves no subnormal number, with which processors are slow, in
/// anything that is remembered.
#[test]
fn nothing_fades_to_a_subnormal_number() {
    let mut denoiser = denoiser();
    denoised(&mut denoiser, &scene(&callers()[0], Kind::White, 10.0, 1).line[..10 * 8_000]);
    for n in 0..1_000 {
        denoiser.process(&mut [0; FRAME_SAMPLES]);
        if n % 20 == 19 {
            // Every field there is, and every one there will be.
            let state = format!("{denoiser:?}");
            let numbers = state.split([' ', ',', '[', ']']).filter_map(|word| word.parse::<f32>().ok());
            let faint: Vec<f32> = numbers.clone().filter(|x| x.is_subnormal()).collect();
            assert!(numbers.count() > 2_000 && faint.is_empty(), "frame {n}: {faint:?}");
        }
    }
}

/// Off means off, and without delay.
#[test]
fn a_suppressor_that_is_off_passes_the_line_on() {
    let line = scene(&callers()[0], Kind::White, 5.0, 1).line;
    let mut denoiser = Denoiser::new(DenoiseConfig::default()).expect("valid");
    assert_eq!((denoised(&mut denoiser, &line), denoiser.delay()), (line, 0));
}

/// How the stream is cut does not matter.
#[test]
fn chunks_of_any_length_give_the_same() {
    let line = &scene(&callers()[1], Kind::Car, 5.0, 1).line[..40_000];
    let whole = denoised(&mut denoiser(), line);
    let (mut denoiser, mut out) = (denoiser(), line.to_vec());
    let (mut rest, mut length) = (out.as_mut_slice(), 1);
    while !rest.is_empty() {
        let (chunk, others) = rest.split_at_mut(length.min(rest.len()));
        denoiser.process(chunk);
        (rest, length) = (others, length % 97 + 7);
    }
    assert!(out == whole);
}

/// Absurd numbers count as silence and spoil nothing that follows.
#[test]
fn absurd_numbers_are_survived() {
    let mut denoiser = denoiser();
    let mut absurd = [f32::NAN, f32::INFINITY, -f32::INFINITY, 1e30, -1e30, f32::MIN_POSITIVE].repeat(500);
    denoiser.process_f32(&mut absurd);
    let mut loud = [1.0f32, -1.0].repeat(4_000);
    denoiser.process_f32(&mut loud);
    assert!(absurd.iter().chain(&loud).all(|x| x.is_finite() && x.abs() < 4.0));
}

/// Neither a frame nor a reset allocates.
#[test]
fn nothing_is_allocated_after_new() {
    let mut line = scene(&callers()[0], Kind::Babble, 5.0, 1).line;
    let mut denoiser = denoiser();
    let ((), allocations) = count_on_this_thread(|| {
        line.chunks_mut(FRAME_SAMPLES).for_each(|frame| denoiser.process(frame));
        denoiser.process_f32(&mut [0.1; 777]);
        denoiser.reset();
    });
    assert_eq!(allocations, 0);
}

/// A recycled suppressor is a new one.
#[test]
fn a_reset_forgets_the_line() {
    let (first, second) =
        (scene(&callers()[0], Kind::Pink, 5.0, 1), scene(&callers()[1], Kind::White, 10.0, 1));
    let mut used = denoiser();
    denoised(&mut used, &first.line);
    used.reset();
    assert!(denoised(&mut used, &second.line) == denoised(&mut denoiser(), &second.line));
}

#[test]
fn an_error_names_the_field() {
    let named = |change: fn(&mut DenoiseConfig), name: &str| {
        let mut config = DenoiseConfig::on();
        change(&mut config);
        let error = Denoiser::new(config).expect_err(name);
        assert!(matches!(error, Error::OutOfRange { field, .. } if field == name), "{error}");
    };
    named(|c| c.depth_db = 31.0, "denoise.depth_db");
    named(|c| c.depth_db = f32::NAN, "denoise.depth_db");
    named(|c| c.fade_from_db = -1.0, "denoise.fade_from_db");
    named(|c| c.bypass_from_db = c.fade_from_db, "denoise.bypass_from_db");
    named(|c| c.bypass_from_db = f32::INFINITY, "denoise.bypass_from_db");
}
