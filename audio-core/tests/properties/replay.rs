//! Virtual time: a replay is its pipeline, frame by frame.

use audio_core::barge_in::Preset;
use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineEvent};
use audio_core::replay::Replay;
use audio_core::vad::VadKind;
use proptest::prelude::*;

use crate::cases;
use crate::sound::{frames, line};

fn pipeline() -> CallPipeline {
    CallPipeline::new(PipelineConfig::new(VadKind::default(), Preset::Adaptive)).expect("in range")
}

proptest! {
    #![proptest_config(cases(48))]

    /// An unfinished last frame is left out, and two recordings are the one they make.
    #[test]
    fn a_recording_may_be_played_in_parts(pcm in line(), at in any::<prop::sample::Index>()) {
        let frames = pcm.len() / FRAME_SAMPLES;
        let mut whole = Replay::new(pipeline());
        let story = whole.run(&pcm);
        prop_assert_eq!(whole.pipeline().now().0, (frames * FRAME_SAMPLES) as u64);
        let (first, second) = pcm[..frames * FRAME_SAMPLES].split_at(at.index(frames + 1) * FRAME_SAMPLES);
        let mut parts = Replay::new(pipeline());
        let mut told = parts.run(first);
        told.extend(parts.run(second));
        prop_assert_eq!(told, story);
    }

    /// A step is the caller's frame, then the agent's.
    #[test]
    fn a_step_is_what_a_pipeline_does(frames in frames(), talks in prop::collection::vec(any::<bool>(), 1..60)) {
        let (mut replay, mut by_hand) = (Replay::new(pipeline()), pipeline());
        let voice = WireFrame { seq: 9, payload: [0x90; FRAME_SAMPLES], ..WireFrame::SILENCE };
        for (n, pcm) in frames.iter().enumerate() {
            let agent = talks[n % talks.len()].then_some(&voice);
            let sent = replay.step(pcm, agent);
            by_hand.push_wire(&wire(pcm, n as u32));
            prop_assert_eq!(sent, by_hand.process_agent(agent));
            prop_assert_eq!(poll(replay.pipeline_mut()), poll(&mut by_hand));
            prop_assert_eq!(replay.pipeline().detection(), by_hand.detection());
        }
        prop_assert_eq!(replay.pipeline().counters(), by_hand.counters());
    }
}

fn wire(pcm: &PcmFrame, n: u32) -> WireFrame {
    let mut frame = WireFrame { seq: n, timestamp: 160 * n, ..WireFrame::SILENCE };
    ulaw::encode_slice(pcm, &mut frame.payload);
    frame
}

fn poll(pipeline: &mut CallPipeline) -> Vec<PipelineEvent> {
    while pipeline.poll_clean().is_some() {}
    core::iter::from_fn(|| pipeline.poll_event()).collect()
}
