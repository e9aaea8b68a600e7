//! Which stages there are, and the loop that is counted.

use std::hint::black_box;
use std::ops::Range;

use audio_core::codec::{alaw, ulaw};
use audio_core::frame::{Dbfs, FRAME_SAMPLES, WIRE_RATE, rms};
use audio_core::resample::{Phase, Resampler};
use audio_core::tone::{ToneGenerator, plans};
use audio_core::vad::{AnyVad, SpeechDetector, Vad, VadConfig, VadKind};
use benches::Line;

use crate::steps::{self, FRAMES, Step, WARM_UP};

/// Does a stage spend about a twentieth of its instructions or more in rustfft's kernels, which
/// are picked at run time, or in the system's libc and libm?
pub(crate) fn is_borrowed(stage: &str) -> bool {
    const LIBC: [&str; 5] =
        ["framer/8_khz", "jitter/reorder", "conceal/good", "tone/generate", "vad/score/rms"];
    stage.ends_with("_fft") || LIBC.iter().any(|name| stage.starts_with(name))
}

/// Prints the processor's features, then runs the stages that `filter` names and prints each.
pub(crate) fn run(filter: &str) {
    println!("{}", features());
    for (name, build) in all() {
        if name.contains(filter) {
            let mut step = build();
            (0..WARM_UP).for_each(&mut step);
            measured(&mut step, WARM_UP..WARM_UP + FRAMES);
            println!("{name}");
        }
    }
}

/// What is counted.
#[inline(never)]
fn measured(step: &mut dyn FnMut(u32), frames: Range<u32>) {
    for n in frames {
        step(black_box(n));
    }
}

/// What code that chooses at run time can see of the processor.
fn features() -> String {
    #[allow(unused_mut)]
    let mut seen = vec![std::env::consts::ARCH];
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! look {
            ($($name:tt)*) => { $(if is_x86_feature_detected!($name) { seen.push($name) })* };
        }
        look!("sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "lzcnt" "bmi1" "bmi2" "avx" "f16c" "fma" "avx2" "avx512f");
    }
    seen.join(" ")
}

/// Builds a stage; called only for those that run.
type Build = Box<dyn Fn() -> Step>;

/// Every stage by name.
fn all() -> Vec<(String, Build)> {
    let mut stages: Vec<(String, Build)> = Vec::new();
    let mut add = |name: String, build: Build| stages.push((name, build));
    for &(name, build) in PLAIN {
        add(name.into(), Box::new(build));
    }
    for &kind in VadKind::ALL {
        add(format!("vad/score/{kind}"), Box::new(move || score(kind)));
        add(format!("vad/decide/{kind}"), Box::new(move || decide(kind)));
    }
    for other in [16_000, 24_000, 48_000] {
        for (from, to) in [(WIRE_RATE, other), (other, WIRE_RATE)] {
            for (suffix, phase) in [("", Phase::Minimum), ("_linear", Phase::Linear)] {
                let name = format!("resample/{}_to_{}_khz{suffix}", from / 1_000, to / 1_000);
                add(name, Box::new(move || resample(Resampler::with_phase(from, to, phase), from, to)));
            }
        }
    }
    stages
}

/// Name and builder.
type Plain = (&'static str, fn() -> Step);

/// The stages that come in one kind.
const PLAIN: &[Plain] = &[
    ("codec/ulaw_encode", || {
        let mut codes = [0; FRAME_SAMPLES];
        steps::on_speech(move |pcm| ulaw::encode_slice(pcm, black_box(&mut codes)))
    }),
    ("codec/ulaw_decode", || {
        let mut pcm = [0; FRAME_SAMPLES];
        steps::on_codes(ulaw::encode, move |codes| ulaw::decode_slice(codes, black_box(&mut pcm)))
    }),
    ("codec/alaw_encode", || {
        let mut codes = [0; FRAME_SAMPLES];
        steps::on_speech(move |pcm| alaw::encode_slice(pcm, black_box(&mut codes)))
    }),
    ("codec/alaw_decode", || {
        let mut pcm = [0; FRAME_SAMPLES];
        steps::on_codes(alaw::encode, move |codes| alaw::decode_slice(codes, black_box(&mut pcm)))
    }),
    ("framer/16_khz", || steps::framer(16_000, 320)),
    ("framer/8_khz_by_100", || steps::framer(8_000, 100)),
    ("jitter/reorder_in_order", || steps::reorder(Some)),
    ("jitter/reorder_swapped", || steps::reorder(|n| Some(n ^ 1))),
    ("jitter/reorder_lossy", || steps::reorder(|n| (n % 10 != 7).then_some(n))),
    ("jitter/playout_clean", || steps::playout(|_| Some(0))),
    ("jitter/playout_lossy", || steps::playout(|n| (n % 10 != 7).then_some(0))),
    ("jitter/playout_late", || steps::playout(|n| Some([0, 2, 1, 0, 0, 3, 2, 1][n as usize % 8]))),
    ("conceal/good", || steps::conceal(|_| false)),
    ("conceal/one_in_ten", || steps::conceal(|n| n % 10 == 7)),
    ("conceal/gap_of_five", || steps::conceal(|n| n % 10 >= 5)),
    ("vad/rms_rule", || steps::on_speech(|pcm| rms(pcm) > 300.0)),
    ("barge_in", steps::barge_in),
    ("echo/agent_talks", || steps::echo(true)),
    ("echo/agent_silent", || steps::echo(false)),
    ("denoise", steps::denoise),
    ("gain/meter", steps::meter),
    ("gain/agc_and_limiter", steps::playout_gain),
    ("dtmf/detect_speech", || steps::dtmf(benches::speech("booking"))),
    ("dtmf/detect_digits", || steps::dtmf(steps::digits())),
    ("tone/veto", steps::tone_veto),
    ("tone/generate", || {
        let mut busy = ToneGenerator::new(plans::ISRAEL.busy, Dbfs(-16.0)).expect("a usual level");
        let mut pcm = [0; FRAME_SAMPLES];
        Box::new(move |_| {
            black_box(busy.fill(black_box(&mut pcm)));
        })
    }),
    ("pipeline/silence", || steps::pipeline(Line::silent(), None)),
    ("pipeline/speech", || steps::pipeline(steps::caller(), None)),
    ("pipeline/speech_over_agent", || steps::pipeline(steps::caller(), Some(steps::agent()))),
    ("resample/8_to_16_khz_fft", || resample(Resampler::with_fft(8_000, 16_000), 8_000, 16_000)),
    ("resample/32_to_8_khz_fft", || resample(Resampler::with_fft(32_000, 8_000), 32_000, 8_000)),
];

fn score(kind: VadKind) -> Step {
    let mut vad = AnyVad::new(kind, &VadConfig::hebrew());
    steps::on_speech(move |pcm| vad.score(pcm))
}

fn decide(kind: VadKind) -> Step {
    let mut detector = SpeechDetector::new(kind, VadConfig::hebrew()).expect("the defaults are valid");
    steps::on_speech(move |pcm| detector.process(pcm))
}

fn resample(resampler: Result<Resampler, audio_core::Error>, from: u32, to: u32) -> Step {
    let mut resampler = resampler.expect("a usual rate");
    let mut output = vec![0; to as usize / 50];
    let input = steps::speech_at(from);
    steps::over(input, move |chunk| resampler.process_i16(chunk, &mut output))
}
