//! A call's chain: what arrives twice, out of order or is polled late makes no difference.

use audio_core::barge_in::Preset;
use audio_core::codec::ulaw;
use audio_core::frame::{CleanFrame, FRAME_SAMPLES, PcmFrame, SampleTime, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineCounters, PipelineEvent};
use audio_core::vad::VadKind;
use proptest::prelude::*;

use crate::cases;
use crate::sound::frames;

/// Longest hangover.
const LONGEST_MS: u32 = 5_000;

fn config() -> impl Strategy<Value = PipelineConfig> {
    let kind = prop::sample::select(VadKind::ALL);
    let preset = prop::sample::select(&Preset::ALL[..]);
    (kind, preset, 0u32..6).prop_map(|(kind, preset, deadline)| {
        let mut config = PipelineConfig::new(kind, preset);
        (config.jitter.deadline_frames, config.jitter.min_deadline_frames) = (deadline, deadline);
        config
    })
}

fn wire(frames: &[PcmFrame]) -> Vec<WireFrame> {
    let frame = |(n, pcm): (usize, &PcmFrame)| {
        let mut frame = WireFrame { seq: n as u32, timestamp: 160 * n as u32, ..WireFrame::SILENCE };
        ulaw::encode_slice(pcm, &mut frame.payload);
        frame
    };
    frames.iter().enumerate().map(frame).collect()
}

/// What a call gave.
#[derive(Debug, Default, PartialEq)]
struct Story {
    events: Vec<PipelineEvent>,
    clean: Vec<CleanFrame>,
}

impl Story {
    fn poll(&mut self, pipeline: &mut CallPipeline) {
        self.clean.extend(core::iter::from_fn(|| pipeline.poll_clean()));
        self.events.extend(core::iter::from_fn(|| pipeline.poll_event()));
    }
}

/// The agent speaks every frame of `agent`; the story is polled every `every` frames.
fn tell(
    pipeline: &mut CallPipeline,
    arrivals: &[WireFrame],
    agent: Option<WireFrame>,
    every: usize,
) -> Story {
    let mut story = Story::default();
    for (n, frame) in arrivals.iter().enumerate() {
        pipeline.process_agent(agent.as_ref());
        pipeline.push_wire(frame);
        if n % every == 0 {
            story.poll(pipeline);
        }
    }
    story.poll(pipeline);
    story
}

fn new(config: &PipelineConfig) -> CallPipeline {
    CallPipeline::new(config.clone()).expect("in range")
}

proptest! {
    #![proptest_config(cases(32))]

    /// A-AUD-001: recognition gets the decoded line, whole, each frame with its time.
    #[test]
    fn clean_audio_is_the_line(config in config(), frames in frames()) {
        let (mut pipeline, frames) = (new(&config), wire(&frames));
        let story = tell(&mut pipeline, &frames, None, 1);
        prop_assert_eq!(story.clean.len(), frames.len());
        for (n, (clean, frame)) in story.clean.iter().zip(&frames).enumerate() {
            prop_assert_eq!(clean.at, SampleTime(160 * n as u64));
            prop_assert_eq!(clean.pcm, frame.payload.map(ulaw::decode));
        }
        prop_assert_eq!(pipeline.now(), SampleTime(160 * frames.len() as u64));
        let counters = pipeline.counters();
        prop_assert_eq!((counters.events_dropped, counters.clean_dropped, counters.jitter.lost), (0, 0, 0));
    }

    #[test]
    fn what_comes_twice_is_heard_once(config in config(), frames in frames()) {
        let frames = wire(&frames);
        let twice: Vec<WireFrame> = frames.iter().flat_map(|&frame| [frame; 2]).collect();
        let mut pipeline = new(&config);
        prop_assert_eq!(tell(&mut pipeline, &twice, None, 1), tell(&mut new(&config), &frames, None, 1));
        prop_assert_eq!(pipeline.counters().jitter.duplicate, frames.len() as u64);
    }

    /// Disorder within the deadline, fixed here, costs nothing: not a frame, not an event.
    #[test]
    fn disorder_within_the_deadline_is_not_heard(config in config(), frames in frames(), delays in prop::collection::vec(0usize..6, 1..50)) {
        let frames = wire(&frames);
        let deadline = config.jitter.deadline_frames as usize;
        let late = |(n, &frame): (usize, &WireFrame)| {
            // The first frame opens the stream.
            let delay = if n == 0 { 0 } else { delays[n % delays.len()].min(deadline.saturating_sub(1)) };
            (n + delay, frame)
        };
        let mut arrivals: Vec<(usize, WireFrame)> = frames.iter().enumerate().map(late).collect();
        arrivals.sort_by_key(|&(when, frame)| (when, frame.seq));
        let arrivals: Vec<WireFrame> = arrivals.into_iter().map(|(_, frame)| frame).collect();
        let mut pipeline = new(&config);
        prop_assert_eq!(tell(&mut pipeline, &arrivals, None, 1), tell(&mut new(&config), &frames, None, 1));
        prop_assert_eq!(pipeline.counters().jitter.lost, 0);
    }

    /// Polled now or 16 frames later, and after a reset: the same story.
    #[test]
    fn when_it_is_polled_does_not_matter(config in config(), frames in frames(), level in any::<u8>(), every in 1usize..16) {
        let frames = wire(&frames);
        let agent = WireFrame { seq: 3, payload: [level; FRAME_SAMPLES], ..WireFrame::SILENCE };
        let mut pipeline = new(&config);
        let story = tell(&mut pipeline, &frames, Some(agent), 1);
        prop_assert!(story.events.is_sorted_by_key(PipelineEvent::at));
        prop_assert_eq!(pipeline.counters().agent_sent, frames.len() as u64);
        pipeline.reset();
        prop_assert_eq!(pipeline.counters(), PipelineCounters::default());
        prop_assert_eq!(pipeline.now(), SampleTime(0));
        prop_assert_eq!(tell(&mut pipeline, &frames, Some(agent), every), story);
    }

    /// A frame passes exactly if its generation was not flushed, stamped and otherwise unchanged.
    #[test]
    fn generations_only_rise(config in config(), steps in prop::collection::vec((any::<bool>(), 0u32..20), 0..60)) {
        let (mut pipeline, mut current, mut sent) = (new(&config), 0, 0);
        for (n, &(flush, generation)) in steps.iter().enumerate() {
            if flush {
                pipeline.flush(generation);
                current = current.max(generation);
                let at = pipeline.now();
                let flushed = PipelineEvent::Flushed { at, generation: current };
                prop_assert_eq!(pipeline.poll_event(), Some(flushed));
            } else {
                let frame = WireFrame { generation, seq: n as u32, ..WireFrame::SILENCE };
                let passed = pipeline.process_agent(Some(&frame));
                prop_assert_eq!(passed, (generation >= current).then_some(frame));
                sent += u64::from(passed.is_some());
            }
        }
        let frames = steps.iter().filter(|(flush, _)| !flush).count() as u64;
        let counters = pipeline.counters();
        prop_assert_eq!((counters.agent_sent, counters.agent_fenced), (sent, frames - sent));
    }

    /// Silence of any length that never came, timestamps included, takes its time and makes no events.
    #[test]
    fn lost_audio_takes_its_time(config in config(), lost in 1u32..15, tail in 8u32..20) {
        let mut pipeline = new(&config);
        let numbers = (0..3).chain(3 + lost..3 + lost + tail);
        let frames: Vec<WireFrame> =
            numbers.map(|seq| WireFrame { seq, timestamp: 160 * seq, ..WireFrame::SILENCE }).collect();
        let story = tell(&mut pipeline, &frames, None, 1);
        prop_assert_eq!(story.events, []);
        prop_assert_eq!(pipeline.now(), SampleTime(160 * u64::from(3 + lost + tail)));
        prop_assert_eq!(pipeline.counters().jitter.lost, u64::from(lost));
    }

    /// A-AUD-007: speech ends one hangover after its last voice, also where the rest never came.
    #[test]
    fn a_hangover_runs_on_over_lost_audio(hangover_ms in 20u32..=LONGEST_MS, lost in 0u32..400) {
        let mut config = PipelineConfig::new(VadKind::Rms, Preset::Polite);
        config.vad.hangover_ms = hangover_ms;
        let voice = |n: u32| core::array::from_fn(|i| if (20..50).contains(&n) && i % 53 < 8 { 9_000 } else { 0 });
        let line: Vec<PcmFrame> = (0..50 + lost + 400).map(voice).collect();
        let mut frames = wire(&line);
        frames.drain(50..50 + lost as usize);
        let story = tell(&mut new(&config), &frames, None, 1);
        let Some(&PipelineEvent::SpeechEnd { at, last_voice }) = story.events.last() else {
            return Err(TestCaseError::fail(format!("{:?}", story.events)));
        };
        let hangover = u64::from(hangover_ms.div_ceil(20)) * 20;
        prop_assert_eq!((last_voice.as_ms(), at.as_ms()), (1_000, 1_000 + hangover));
    }

    #[test]
    fn a_configuration_is_as_good_as_its_parts(mut config in config(), onset in 0u32..8, gap in 150u32..250, capacity in 0u32..80) {
        config.vad.onset_frames = onset;
        config.barge_in.gap_ms = gap;
        config.jitter.capacity_frames = capacity;
        let parts = config.vad.validate().and(config.barge_in.validate()).and(config.jitter.validate());
        prop_assert_eq!(&config.validate(), &parts);
        prop_assert_eq!(CallPipeline::new(config).map(|_| ()), parts);
    }
}
