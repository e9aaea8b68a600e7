//! What one step of a stage is: 20 ms of a call, on fixture speech.

use std::hint::black_box;

use audio_core::barge_in::{BargeInConfig, BargeInDetector, Memory, Near, Timbre};
use audio_core::denoise::{DenoiseConfig, Denoiser};
use audio_core::dtmf::{DtmfConfig, DtmfDetector, DtmfGenerator};
use audio_core::echo::{EchoCanceller, EchoConfig};
use audio_core::frame::{Dbfs, FRAME_MS, FRAME_SAMPLES, PcmFrame, SampleTime, WIRE_RATE, WireFrame};
use audio_core::framer::Framer;
use audio_core::gain::{Meter, PlayoutGain, PlayoutGainConfig};
use audio_core::jitter::conceal::Concealer;
use audio_core::jitter::playout::{PlayoutBuffer, PlayoutConfig};
use audio_core::jitter::{JitterConfig, ReorderBuffer};
use audio_core::pipeline::{CallPipeline, PipelineConfig};
use audio_core::resample::Resampler;
use audio_core::tone::ToneVeto;
use audio_core::vad::{SpeechDetector, VadConfig, VadKind};
use benches::Line;

/// Frames counted in each stage, after [`WARM_UP`] that are not.
pub(crate) const FRAMES: u32 = 500;
pub(crate) const WARM_UP: u32 = 50;

/// One frame of a stage; the argument is its number.
pub(crate) type Step = Box<dyn FnMut(u32)>;

/// The agent's replies last five seconds each.
const REPLY_FRAMES: u32 = 250;

/// Runs over `inputs` in a loop.
pub(crate) fn over<T: 'static, R>(inputs: Vec<T>, mut each: impl FnMut(&T) -> R + 'static) -> Step {
    Box::new(move |n| {
        black_box(each(black_box(&inputs[n as usize % inputs.len()])));
    })
}

/// Runs over the caller's speech.
pub(crate) fn on_speech<R>(each: impl FnMut(&PcmFrame) -> R + 'static) -> Step {
    over(benches::speech("booking"), each)
}

/// Runs over the caller's speech as codes.
pub(crate) fn on_codes<R>(
    encode: fn(i16) -> u8,
    each: impl FnMut(&[u8; FRAME_SAMPLES]) -> R + 'static,
) -> Step {
    over(benches::speech("booking").iter().map(|frame| frame.map(encode)).collect(), each)
}

/// The caller's speech at another rate, in chunks of 20 ms.
pub(crate) fn speech_at(rate: u32) -> Vec<Vec<i16>> {
    let speech = benches::speech("booking").concat();
    let mut resampler = Resampler::new(WIRE_RATE, rate).expect("a usual rate");
    let mut output = vec![0; resampler.output_bound(speech.len())];
    let produced = resampler.process_i16(&speech, &mut output).produced;
    output[..produced].chunks_exact(rate as usize / 50).map(<[i16]>::to_vec).collect()
}

/// Chunks of `len` samples; the count is for one chunk.
pub(crate) fn framer(rate: u32, len: usize) -> Step {
    let mut framer = Framer::new(rate).expect("a usual rate");
    let speech = speech_at(rate).concat();
    let chunks = speech.chunks_exact(len).map(<[i16]>::to_vec).collect();
    over(chunks, move |chunk: &Vec<i16>| {
        framer.push_i16(chunk, |frame| {
            black_box(frame);
        });
    })
}

/// `order` says which frame comes n-th, if any.
pub(crate) fn reorder(order: fn(u32) -> Option<u32>) -> Step {
    let mut buffer = ReorderBuffer::new(JitterConfig::default()).expect("the defaults are valid");
    Box::new(move |n| {
        if let Some(seq) = order(n) {
            buffer.push(black_box(&WireFrame { seq, ..WireFrame::SILENCE }));
        }
        while let Some(frame) = buffer.pop() {
            black_box(frame);
        }
    })
}

/// `delay` says how many frames late frame n comes, 0 to 3, if at all.
pub(crate) fn playout(delay: fn(u32) -> Option<u32>) -> Step {
    let mut line = caller();
    let frames: Vec<WireFrame> = (0..FRAMES + WARM_UP).map(|_| line.next_frame()).collect();
    let mut buffer = PlayoutBuffer::new(PlayoutConfig::default()).expect("the defaults are valid");
    let mut out = [0; FRAME_SAMPLES];
    Box::new(move |n| {
        let now_us = u64::from(n * FRAME_MS) * 1_000;
        for seq in n.saturating_sub(3)..=n {
            if delay(seq) == Some(n - seq) {
                buffer.push(black_box(&frames[seq as usize]), now_us);
            }
        }
        buffer.pull(now_us, black_box(&mut out));
    })
}

/// `lost` says which frames never came.
pub(crate) fn conceal(lost: fn(u32) -> bool) -> Step {
    let (speech, mut concealer) = (benches::speech("booking"), Concealer::new());
    Box::new(move |n| {
        let mut frame = speech[n as usize % speech.len()];
        if lost(n) {
            concealer.conceal(black_box(&mut frame), None);
        } else {
            concealer.good(black_box(&mut frame));
        }
        black_box(frame);
    })
}

/// Scoring alone: the detector's findings are ready, the agent speaks without a pause.
pub(crate) fn barge_in() -> Step {
    let mut vad = SpeechDetector::new(VadKind::Kav, VadConfig::hebrew()).expect("the defaults are valid");
    let heard = |frame: &PcmFrame| (vad.process(frame), *vad.state(), *frame);
    let found = benches::speech("booking").iter().map(heard).collect::<Vec<_>>();
    let mut detector = BargeInDetector::new(BargeInConfig::default());
    Box::new(move |n| {
        let (found, state, frame) = &found[n as usize % found.len()];
        detector.agent_frame((0, n / REPLY_FRAMES), black_box(Dbfs(-20.0)));
        let timbre = Timbre::of(black_box(frame));
        let near = Near {
            score: found.score,
            voiced: found.voiced,
            level: found.level,
            residual: None,
            timbre,
            pitch: found.pitch,
            memory: Memory::of(black_box(state)),
        };
        let at = SampleTime(u64::from(n) * FRAME_SAMPLES as u64);
        black_box(detector.caller_frame(at, black_box(near)));
    })
}

/// The agent's voice 40 ms late and 14 dB down under the caller's, or the caller alone.
pub(crate) fn echo(talks: bool) -> Step {
    let (near, far) = (benches::speech("booking"), agent_frames());
    let mut canceller = EchoCanceller::new(EchoConfig::default()).expect("the defaults are valid");
    Box::new(move |n| {
        let played = |n: usize| if talks { far[n % far.len()] } else { [0; FRAME_SAMPLES] };
        let (n, late) = (n as usize, played((n as usize + far.len() * 1_000).wrapping_sub(2)));
        let mut line = near[n % near.len()];
        line.iter_mut().zip(late).for_each(|(x, echo)| *x += echo / 5);
        black_box(canceller.process(black_box(&played(n)), &mut line));
        black_box(line);
    })
}

/// The caller in a hiss of 14 to 20 dB less.
pub(crate) fn denoise() -> Step {
    let mut denoiser = Denoiser::new(DenoiseConfig::on()).expect("the defaults are valid");
    let mut state = 1u32;
    let mut hiss = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 22) as i16 - 512
    };
    on_speech(move |pcm| {
        let mut pcm = pcm.map(|x| x.saturating_add(hiss()));
        denoiser.process(&mut pcm);
        pcm
    })
}

pub(crate) fn meter() -> Step {
    let mut meter = Meter::new();
    on_speech(move |pcm| meter.process(pcm))
}

/// As on the agent's line, with a ceiling that speech exceeds.
pub(crate) fn playout_gain() -> Step {
    let mut config = PlayoutGainConfig::default();
    config.limiter.ceiling_dbfs = -20.0;
    let mut gain = PlayoutGain::new(config).expect("within its range");
    on_speech(move |pcm| {
        let mut pcm = *pcm;
        gain.process(&mut pcm);
        pcm
    })
}

pub(crate) fn dtmf(frames: Vec<PcmFrame>) -> Step {
    let mut detector = DtmfDetector::new();
    over(frames, move |pcm| {
        detector.process(pcm, |event| {
            black_box(event);
        });
    })
}

/// All sixteen keys, as frames.
pub(crate) fn digits() -> Vec<PcmFrame> {
    let keys = DtmfGenerator::new("1234567890*#ABCD", DtmfConfig::default());
    let mut pcm = vec![0; 16 * 1_600];
    let played = keys.expect("the defaults are valid").fill(&mut pcm);
    benches::frames(&pcm[..played])
}

pub(crate) fn tone_veto() -> Step {
    let mut veto = ToneVeto::new();
    on_speech(move |pcm| veto.is_tone(pcm))
}

/// The caller's speech, on a line.
pub(crate) fn caller() -> Line {
    Line::new(&benches::speech("booking"), 0)
}

/// The agent's voice without a pause.
pub(crate) fn agent() -> Line {
    Line::new(&agent_frames(), 0)
}

fn agent_frames() -> Vec<PcmFrame> {
    benches::frames(&benches::tape("booking").agent_clips[0].clone().unwrap_or_default())
}

/// One step as a driver takes it: both lines, queues drained.
pub(crate) fn pipeline(mut caller: Line, mut agent: Option<Line>) -> Step {
    let mut pipeline = CallPipeline::new(PipelineConfig::default()).expect("the defaults are valid");
    Box::new(move |_| {
        pipeline.push_wire(black_box(&caller.next_frame()));
        let frame = agent.as_mut().map(|line| {
            let frame = line.next_frame();
            WireFrame { seq: frame.seq / REPLY_FRAMES, ..frame }
        });
        black_box(pipeline.process_agent(black_box(frame.as_ref())));
        while let Some(clean) = pipeline.poll_clean() {
            black_box(clean);
        }
        while let Some(event) = pipeline.poll_event() {
            black_box(event);
        }
    })
}
