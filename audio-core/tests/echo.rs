//! Echo cancellation on the fixtures' speech: every delay, every path, and the caller untouched.

mod echo_common;

use audio_core::Error;
use audio_core::echo::{EchoCanceller, EchoConfig, EchoFrame};
use audio_core::frame::{Dbfs, FRAME_SAMPLES, PcmFrame};
use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
use echo_common::{EchoPath, Measured, PATHS, Scene, measure, scene};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn canceller() -> EchoCanceller {
    EchoCanceller::new(EchoConfig::default()).expect("the defaults are valid")
}

fn frames(pcm: &[i16]) -> &[PcmFrame] {
    pcm.as_chunks::<FRAME_SAMPLES>().0
}

fn cancel(canceller: &mut EchoCanceller, scene: &Scene) -> Vec<i16> {
    let lines = frames(&scene.far).iter().zip(frames(&scene.line));
    lines
        .flat_map(|(far, line)| {
            let mut line = *line;
            canceller.process(far, &mut line);
            line
        })
        .collect()
}

fn on(path: &EchoPath, seed: usize) -> (Measured, EchoCanceller) {
    let scene = scene(path, seed);
    let mut canceller = canceller();
    let out = cancel(&mut canceller, &scene);
    (measure(&scene, &out), canceller)
}

/// A-AUD-003, S-AUD-012: whatever the delay, the echo is 20 dB weaker after a second and a half, and the caller who talks over
/// it is neither distorted nor cut.
#[test]
fn an_echo_is_found_at_any_delay_and_the_caller_is_left_alone() {
    for path in &PATHS {
        for seed in 0..2 {
            let (found, canceller) = on(path, seed);
            let at = format!("{} {seed}: {found:?}", path.name);
            assert!(found.erle >= 20.0, "{at}");
            assert!(found.reached.is_some_and(|seconds| seconds <= 1.5), "{at}");
            assert!(found.sdr >= 20.0 && found.sdr > found.sdr_in + 5.0, "{at}");
            assert_eq!(found.cut, 0.0, "{at}");
            let delay = canceller.delay_ms().expect("an echo was heard");
            assert!((delay - path.delay_ms as f32).abs() < 12.0, "{at}: {delay} ms");
        }
    }
}

/// A-AUD-003, S-AUD-012: two reflections of like strength are one echo, whichever of them leads.
#[test]
fn two_reflections_are_learned_as_one_echo() {
    for (delay_ms, tail_ms, loss_db, again) in [
        (487, 28, 11.0, (23, 4.6)),
        (269, 19, 10.0, (18, 1.6)),
        (873, 26, 10.0, (35, 3.8)),
        (307, 28, 8.0, (33, 6.8)),
        (150, 11, 17.0, (49, 5.4)),
    ] {
        let path = EchoPath { name: "two", delay_ms, tail_ms, loss_db, again: Some(again) };
        for seed in 0..2 {
            let (found, _) = on(&path, seed);
            assert!(found.erle >= 20.0, "{path:?} {seed}: {found:?}");
            assert!(found.reached.is_some_and(|seconds| seconds <= 1.5), "{path:?} {seed}: {found:?}");
        }
    }
}

/// A-AUD-003: in a caller's noise only the agent's louder frames come back audibly: by those the echo is found,
/// within four seconds in noise of -35 dBFS, 7 dB below it.
#[test]
fn an_echo_is_found_in_noise() {
    for delay_ms in [700, 950] {
        let path = EchoPath { name: "noisy", delay_ms, tail_ms: 40, loss_db: 8.0, again: None };
        for seed in 0..4 {
            let scene = scene(&path, seed);
            let (mut canceller, mut draw) = (canceller(), 11_u32 + seed as u32);
            let found = frames(&scene.far).iter().zip(frames(&scene.line)).position(|(far, line)| {
                let mut line = line.map(|x| {
                    draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    x.saturating_add((((draw >> 16) as f32 / 32_768.0 - 1.0) * 1_000.0) as i16)
                });
                canceller.process(far, &mut line);
                canceller.delay_ms().is_some()
            });
            assert!(found.is_some_and(|frames| frames < 200), "{delay_ms} ms, {seed}: {found:?}");
        }
    }
}

/// A line without echo stays within 1 dB of what it was, however the agent talks.
#[test]
fn a_line_without_echo_is_left_as_it_is() {
    let mut scene = scene(&PATHS[0], 1);
    scene.line = scene.near.iter().map(|&x| x as i16).collect();
    let mut canceller = canceller();
    let out = cancel(&mut canceller, &scene);
    let found = measure(&scene, &out);
    assert!(found.sdr > 30.0 && found.cut == 0.0, "{found:?}");
}

/// While nothing is played the line passes bit for bit.
/// A-AUD-003, S-AUD-012: a tone is alike at every delay: whatever is made of it, nothing is added to the line.
#[test]
fn a_tone_of_the_agent_adds_nothing_to_a_line_without_echo() {
    for (hz, noise) in [(440.0_f32, 5_i32), (440.0, 60), (425.0, 20), (1_000.0, 20)] {
        let mut canceller = canceller();
        let (mut seed, mut sample) = (7_u32, 0_u32);
        let mut worst = (0.0_f32, 0);
        for n in 0..250 {
            let far: PcmFrame = std::array::from_fn(|_| {
                sample += 1;
                (8_000.0 * (std::f32::consts::TAU * hz * (sample % 8_000) as f32 / 8_000.0).sin()) as i16
            });
            let mut line: PcmFrame = std::array::from_fn(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((seed >> 16) as i32 % (2 * noise + 1) - noise) as i16
            });
            let before = Dbfs::of(&line);
            canceller.process(&far, &mut line);
            let gained = Dbfs::of(&line).0 - before.0;
            if gained > worst.0 {
                worst = (gained, n);
            }
        }
        assert!(worst.0 < 2.0, "{hz} Hz, noise of {noise}: {} dB louder in frame {}", worst.0, worst.1);
    }
}

#[test]
fn a_silent_agent_costs_nothing_and_changes_nothing() {
    let scene = scene(&PATHS[0], 2);
    let mut canceller = canceller();
    cancel(&mut canceller, &scene);
    let silence = [0; FRAME_SAMPLES];
    for (n, line) in frames(&scene.line).iter().enumerate() {
        let mut out = *line;
        let found = canceller.process(&silence, &mut out);
        if n > 60 {
            assert_eq!((out, found), (*line, EchoFrame::NONE), "frame {n}");
        }
    }
}

/// Off means off.
#[test]
fn a_canceller_that_is_off_passes_the_line_on() {
    let scene = scene(&PATHS[0], 2);
    let mut config = EchoConfig::default();
    config.enabled = false;
    let mut canceller = EchoCanceller::new(config).expect("valid");
    assert_eq!(cancel(&mut canceller, &scene), scene.line);
    assert_eq!(canceller.delay_ms(), None);
}

/// The path moves in the middle of the call: the echo is gone again soon after.
#[test]
fn a_new_path_is_learned() {
    let (before, after) = (scene(&PATHS[2], 1), scene(&PATHS[3], 1));
    let mut canceller = canceller();
    cancel(&mut canceller, &before);
    let out = cancel(&mut canceller, &after);
    let found = measure(&after, &out);
    // A new delay is believed more slowly than the first one.
    assert!(found.erle >= 20.0, "{found:?}");
    let delay = canceller.delay_ms().expect("an echo was heard");
    assert!((delay - 500.0).abs() < 12.0, "{delay} ms");
}

/// What is said about a frame: the level removed while the agent talks, double-talk when the caller
/// does.
#[test]
fn double_talk_is_seen() {
    let scene = scene(&PATHS[1], 1);
    let mut canceller = canceller();
    let (mut alone, mut together, mut spoken) = (0, 0, 0);
    for (n, (far, line)) in frames(&scene.far).iter().zip(frames(&scene.line)).enumerate() {
        let mut line = *line;
        let found = canceller.process(far, &mut line);
        let near = &scene.near[n * FRAME_SAMPLES..(n + 1) * FRAME_SAMPLES];
        let loud = Dbfs::from_rms(echo_common::power(near).sqrt() as f32) > Dbfs(-35.0);
        match n {
            200..700 => alone += usize::from(found.double_talk),
            700..1_200 if loud => {
                spoken += 1;
                together += usize::from(found.double_talk);
            }
            _ => {}
        }
    }
    assert!(alone <= 15 && together * 100 >= spoken * 95, "{alone} of 500 alone, {together} of {spoken}");
}

/// Neither a frame nor a reset allocates.
#[test]
fn nothing_is_allocated_after_new() {
    let scene = scene(&PATHS[2], 0);
    let mut canceller = canceller();
    let ((), allocations) = count_on_this_thread(|| {
        for (far, line) in frames(&scene.far).iter().zip(frames(&scene.line)) {
            let mut line = *line;
            canceller.process(far, &mut line);
            canceller.skip(far);
        }
        canceller.reset();
    });
    assert_eq!(allocations, 0);
}

/// A recycled canceller is a new one.
#[test]
fn a_reset_forgets_the_call() {
    let (first, second) = (scene(&PATHS[2], 0), scene(&PATHS[1], 1));
    let mut used = canceller();
    cancel(&mut used, &first);
    used.reset();
    assert!(cancel(&mut used, &second) == cancel(&mut canceller(), &second));
}

#[test]
fn an_error_names_the_field() {
    let mut config = EchoConfig::default();
    config.suppression_db = 12.0;
    let error = EchoCanceller::new(config).expect_err("too much");
    assert!(matches!(error, Error::OutOfRange { field: "echo.suppression_db", .. }), "{error}");
}
