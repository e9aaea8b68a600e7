//! What a call pipeline decides, and when.

mod common;

use audio_core::barge_in::Preset;
use audio_core::codec::ulaw;
use audio_core::denoise::{DELAY, DenoiseConfig};
use audio_core::frame::{Dbfs, SampleTime, WireFrame};
use audio_core::gain::PlayoutGainConfig;
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineEvent as Event};
use audio_core::vad::VadKind;
use common::{Line, wire};
use proptest::prelude::*;

fn pipeline(kind: VadKind) -> CallPipeline {
    CallPipeline::new(PipelineConfig::new(kind, Preset::Polite)).expect("valid")
}

fn events(pipeline: &mut CallPipeline, frames: &[WireFrame]) -> Vec<Event> {
    let mut out = Vec::new();
    for frame in frames {
        pipeline.push_wire(frame);
        while pipeline.poll_clean().is_some() {}
        out.extend(core::iter::from_fn(|| pipeline.poll_event()));
    }
    out
}

/// A-AUD-006: an onset is known within 100 ms, and reported from before the first
/// sample of voice.
#[test]
fn speech_is_found_quickly_and_recognition_gets_its_first_sample() {
    for &kind in VadKind::ALL {
        let line = Line::new().silence(50).voice(50, 4_000.0).silence(50).frames();
        let found = events(&mut pipeline(kind), &line);
        let Event::SpeechStart { at, onset } = found[0] else { panic!("{kind}: {found:?}") };
        assert!(at.as_ms() <= 1_100, "{kind}: decided at {} ms", at.as_ms());
        assert!((800..=1_000).contains(&onset.as_ms()), "{kind}: onset {} ms", onset.as_ms());
    }
}

/// A-AUD-006: a short answer (כן, 250 ms) is an utterance.
#[test]
fn a_short_answer_is_heard() {
    for &kind in VadKind::ALL {
        let line = Line::new().silence(50).voice(12, 2_000.0).silence(50).frames();
        let found = events(&mut pipeline(kind), &line);
        assert!(
            matches!(found[..], [Event::SpeechStart { .. }, Event::SpeechEnd { .. }]),
            "{kind}: {found:?}"
        );
    }
}

/// A-AUD-007: speech ends 300 ms after its last voice, not 400.
#[test]
fn the_hangover_is_300_ms() {
    let line = Line::new().silence(50).voice(50, 4_000.0).silence(50).frames();
    let found = events(&mut pipeline(VadKind::Rms), &line);
    let Event::SpeechEnd { at, last_voice } = found[1] else { panic!("{found:?}") };
    assert_eq!(last_voice, SampleTime::from_ms(2_000));
    assert_eq!(at, SampleTime::from_ms(2_300));
}

#[test]
fn a_pause_inside_a_sentence_does_not_end_it() {
    for &kind in VadKind::ALL {
        let sentence = Line::new().silence(50).voice(30, 4_000.0).silence(12).voice(30, 4_000.0).silence(50);
        assert_eq!(events(&mut pipeline(kind), &sentence.frames()).len(), 2, "{kind}");
    }
}

#[test]
fn a_quiet_line_is_silent() {
    for &kind in VadKind::ALL {
        let found = events(&mut pipeline(kind), &Line::new().silence(500).frames());
        assert!(found.is_empty(), "{kind}: {found:?}");
    }
}

#[test]
fn clean_audio_is_decoded_in_order_with_its_time() {
    let mut config = PipelineConfig::new(VadKind::Rms, Preset::Adaptive);
    config.jitter.min_deadline_frames = 2;
    let mut pipeline = CallPipeline::new(config).expect("valid");
    let line = Line::new().voice(4, 4_000.0).frames();
    for n in [0, 2, 1, 1, 3] {
        pipeline.push_wire(&line[n]);
    }
    let times: Vec<u64> =
        core::iter::from_fn(|| pipeline.poll_clean()).map(|frame| frame.at.as_ms()).collect();
    assert_eq!(times, [0, 20, 40, 60]);
    assert_eq!(pipeline.counters().jitter.duplicate, 1);
}

#[test]
fn lost_audio_takes_its_time_and_ends_speech() {
    let mut pipeline = pipeline(VadKind::Rms);
    let line = Line::new().silence(10).voice(30, 4_000.0).voice(60, 4_000.0).frames();
    let heard: Vec<WireFrame> = line[..40].iter().chain(&line[80..]).copied().collect();
    let found = events(&mut pipeline, &heard);
    let Event::SpeechEnd { at, last_voice } = found[1] else { panic!("{found:?}") };
    assert_eq!((last_voice.as_ms(), at.as_ms()), (800, 1_100));
    assert!(matches!(found[2], Event::SpeechStart { .. }));
    assert_eq!(pipeline.now(), SampleTime::from_ms(2_000));
    assert_eq!(pipeline.counters().jitter.lost, 40);
}

#[test]
fn onsets_never_reach_into_the_utterance_before() {
    let line = Line::new().silence(20).voice(20, 4_000.0).silence(16).voice(20, 4_000.0);
    let found = events(&mut pipeline(VadKind::Rms), &line.silence(30).frames());
    let (Event::SpeechEnd { at: end, .. }, Event::SpeechStart { onset, .. }) = (found[1], found[2]) else {
        panic!("{found:?}")
    };
    assert_eq!(onset, end);
}

#[test]
fn the_agents_frames_are_stamped_and_fenced() {
    let mut pipeline = pipeline(VadKind::Rms);
    events(&mut pipeline, &Line::new().silence(10).frames());
    let voice = wire(&Line::new().voice(1, 4_000.0).pcm(), 3);
    let frame = WireFrame { generation: 1, flags: WireFrame::LAST, ..voice };
    let sent = pipeline.process_agent(Some(&frame)).expect("current generation");
    assert_eq!(sent, WireFrame { timestamp: 1_600, ..frame });
    assert!(sent.is_last());
    pipeline.flush(2);
    assert_eq!(pipeline.process_agent(Some(&frame)), None);
    assert_eq!(pipeline.process_agent(None), None);
    let next = WireFrame { generation: 2, ..frame };
    assert!(pipeline.process_agent(Some(&next)).is_some());
    let counters = pipeline.counters();
    assert_eq!((counters.agent_sent, counters.agent_fenced), (2, 1));
}

#[test]
fn what_is_not_polled_is_counted() {
    let mut pipeline = pipeline(VadKind::Rms);
    Line::new().silence(100).frames().iter().for_each(|frame| pipeline.push_wire(frame));
    assert_eq!(pipeline.counters().clean_dropped, 100 - 64);
}

#[test]
fn a_pipeline_after_reset_is_as_new() {
    for &kind in VadKind::ALL {
        let line = Line::new().silence(30).voice(40, 3_000.0).silence(40).frames();
        let mut pipeline = pipeline(kind);
        let first = events(&mut pipeline, &line);
        pipeline.reset();
        assert_eq!(events(&mut pipeline, &line), first, "{kind}");
    }
}

#[test]
fn what_runs_on_an_audio_thread_can_move_there() {
    fn movable<T: Send>() {}
    movable::<CallPipeline>();
    movable::<audio_core::resample::Resampler>();
    movable::<audio_core::framer::Framer>();
}

#[test]
fn wrong_settings_are_named() {
    let mut config = PipelineConfig::default();
    config.vad.onset_frames = 9;
    let error = CallPipeline::new(config).expect_err("9 of 5").to_string();
    assert_eq!(error, "vad.onset_frames is 9: it must be 1 to vad.onset_window");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Same frames, same events; time only moves forward; starts and ends alternate.
    #[test]
    fn any_line_gives_one_story(
        pieces in prop::collection::vec((0usize..40, 1usize..60, 50f32..9_000.0), 1..6),
        lost in prop::collection::hash_set(0usize..300, 0..40),
        deadline in 0u32..6,
    ) {
        let line = pieces.iter().fold(Line::new(), |line, &(quiet, loud, rms)| {
            line.silence(quiet).voice(loud, rms)
        });
        let frames: Vec<WireFrame> = line.frames().into_iter().enumerate()
            .filter(|(n, _)| !lost.contains(n)).map(|(_, frame)| frame).collect();
        let run = || {
            let mut config = PipelineConfig::new(VadKind::default(), Preset::Adaptive);
            config.jitter.deadline_frames = deadline;
            events(&mut CallPipeline::new(config).expect("valid"), &frames)
        };
        let story = run();
        prop_assert_eq!(&run(), &story);
        prop_assert!(story.is_sorted_by_key(Event::at));
        for (n, event) in story.iter().enumerate() {
            match *event {
                Event::SpeechStart { at, onset } => prop_assert!(n % 2 == 0 && onset < at),
                Event::SpeechEnd { at, last_voice } => prop_assert!(n % 2 == 1 && last_voice < at),
                _ => prop_assert!(false, "no agent, no barge-in: {:?}", event),
            }
        }
    }
}

/// A-AUD-003: from a duck to its end the agent is at least 12 dB quieter, from the next frame on; not a
/// frame is lost, and before and after it is bit for bit what was sent.
#[test]
fn the_agent_is_turned_down_while_the_caller_may_be_interrupting() {
    let mut pipeline = CallPipeline::new(PipelineConfig::new(VadKind::Kav, Preset::Adaptive)).expect("valid");
    let caller = Line::new().silence(100).voice(18, 3_000.0).silence(100).frames();
    let agent = Line::of(205.0).voice(caller.len(), 3_000.0).frames();
    let (mut ducked, mut since_up, mut quiet) = (false, 100, 0);
    for (caller, agent) in caller.iter().zip(&agent) {
        pipeline.push_wire(caller);
        while let Some(event) = pipeline.poll_event() {
            match event {
                Event::Duck { .. } => ducked = true,
                Event::Resume { .. } => (ducked, since_up) = (false, 0),
                _ => {}
            }
        }
        while pipeline.poll_clean().is_some() {}
        let sent = WireFrame { seq: 1, ..*agent };
        let heard = pipeline.process_agent(Some(&sent)).expect("not flushed");
        let level = |frame: &WireFrame| {
            Dbfs::of(&frame.payload[80..].iter().map(|&c| ulaw::decode(c)).collect::<Vec<_>>())
        };
        since_up += 1;
        if ducked {
            quiet += 1;
            // The first frame ramps down in its first half and beyond.
            assert!(
                quiet == 1 || level(&heard).0 <= level(&sent).0 - 12.0,
                "{} {}",
                level(&heard),
                level(&sent)
            );
        } else if since_up > 10 {
            assert_eq!(heard.payload, sent.payload);
        }
    }
    assert!((5..60).contains(&quiet), "{quiet} quiet frames");
}

/// Noise suppression changes the clean frames and nothing else: not one event, not one score.
#[test]
fn noise_suppression_is_for_the_clean_frames_alone() {
    let mut config = PipelineConfig::new(VadKind::default(), Preset::Adaptive);
    let mut plain = CallPipeline::new(config.clone()).expect("valid");
    config.denoise = DenoiseConfig::on();
    let mut denoising = CallPipeline::new(config).expect("valid");
    let (mut state, mut kept, mut left) = (1u32, Vec::new(), Vec::new());
    let mut hiss = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 21) as i16 - 1_024
    };
    let voice = Line::new().silence(200).voice(60, 6_000.0).silence(60).pcm();
    for (n, frame) in voice.as_chunks::<160>().0.iter().enumerate() {
        let frame = wire(&frame.map(|x| x.saturating_add(hiss())), n as u32);
        plain.push_wire(&frame);
        denoising.push_wire(&frame);
        let found =
            |pipeline: &mut CallPipeline| core::iter::from_fn(|| pipeline.poll_event()).collect::<Vec<_>>();
        assert_eq!(found(&mut plain), found(&mut denoising));
        assert_eq!(plain.detection(), denoising.detection());
        let (clean, quieter) =
            (plain.poll_clean().expect("a frame"), denoising.poll_clean().expect("a frame"));
        assert_eq!(quieter.at, clean.at.saturating_sub(DELAY as u64));
        if (150..200).contains(&n) {
            kept.extend(clean.pcm);
            left.extend(quieter.pcm);
        }
    }
    assert!(Dbfs::of(&kept).0 - Dbfs::of(&left).0 > 12.0, "{} to {}", Dbfs::of(&kept), Dbfs::of(&left));
}

/// With a gain on the agent's line a quiet voice reaches the target, and the barge-in detector and the canceller
/// hear what was sent. Recordings and what is flushed are as ever.
#[test]
fn the_agents_level_is_evened_out_where_wanted() {
    let mut config = PipelineConfig::new(VadKind::Rms, Preset::Polite);
    config.playout = Some(PlayoutGainConfig::default());
    let mut pipeline = CallPipeline::new(config.clone()).expect("valid");
    let agent = Line::of(205.0).voice(400, 500.0).frames();
    let decoded = |frame: &WireFrame| frame.payload.map(ulaw::decode);
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for (n, frame) in agent.iter().enumerate() {
        let sent = pipeline.process_agent(Some(frame)).expect("not flushed");
        if n < 10 { &mut early } else { &mut late }.push(decoded(&sent));
        if n < 5 {
            assert_eq!(sent.payload, frame.payload, "nothing learned yet");
        }
    }
    assert!((Dbfs::of(&late[200..].concat()).0 + 23.0).abs() < 1.0, "{}", Dbfs::of(&late[200..].concat()));
    assert!(pipeline.playout().expect("configured").agc().gain_db() > 8.0);
    config.playout.as_mut().expect("just set").limiter.ceiling_dbfs = 1.0;
    let error = CallPipeline::new(config).expect_err("out of range").to_string();
    assert!(error.starts_with("limiter.ceiling_dbfs"), "{error}");
}

/// What is cleared and sent once more is as it was sent: the gain on the agent's line was in it already.
#[test]
fn what_is_sent_again_is_evened_out_once() {
    let mut config = PipelineConfig::new(VadKind::Rms, Preset::Polite);
    config.playout = Some(PlayoutGainConfig::default());
    let mut pipeline = CallPipeline::new(config).expect("valid");
    let caller = Line::new().silence(300).frames();
    let agent = Line::of(205.0).voice(308, 500.0).frames();
    let mut sent: Vec<[u8; 160]> = Vec::new();
    for (n, frame) in agent.iter().enumerate() {
        sent.push(pipeline.process_agent(Some(frame)).expect("not flushed").payload);
        // Eight frames ahead of the far end's ear.
        if let Some(heard) = n.checked_sub(8) {
            pipeline.push_wire(&caller[heard]);
            while pipeline.poll_clean().is_some() {}
            while pipeline.poll_event().is_some() {}
        }
    }
    assert!(pipeline.playout().expect("configured").agc().gain_db() > 8.0);
    for _ in 0..3 {
        let mut again = Vec::new();
        assert_eq!(pipeline.send_again(5, |frame| again.push(frame.payload)), 5);
        assert_eq!(again, sent[sent.len() - 5..]);
    }
}
