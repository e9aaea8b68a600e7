//! The agent's own voice, come back.

use audio_core::barge_in::Preset;
use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, PcmFrame, WireFrame};
use audio_core::pipeline::PipelineEvent as Event;
use audio_core::vad::VadKind;

use super::common::Line;
use super::{SECOND, replay, yields};

/// Syllables of changing length and level, `frames` long, of a voice of this pitch.
fn babble(pitch: f32, frames: usize, mut seed: u32, rms: f32) -> Vec<i16> {
    let mut line = Line::of(pitch);
    let mut draw = |n: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % n
    };
    for _ in 0..frames {
        let level = rms * (0.3 + 0.1 * draw(13) as f32);
        line = line.voice(3 + draw(8) as usize, level).silence(draw(5) as usize);
    }
    let mut pcm = line.pcm();
    pcm.truncate(frames * FRAME_SAMPLES);
    pcm
}

/// The agent talks for 20 s, and what is sent of it, turned down by a duck or not, comes back `delay_ms` later at `gain`; the
/// caller says `caller`.
fn echoing(delay_ms: usize, gain: f32, caller: &[i16], seed: u32) -> Vec<Event> {
    let agent = babble(205.0, 20 * SECOND, seed, 4_000.0);
    let mut replay = replay(VadKind::default(), Preset::Adaptive);
    let (mut events, mut sent) = (Vec::new(), Vec::new());
    // What was sent after step n is heard from step n + 1 on.
    let delay = delay_ms * 8 + FRAME_SAMPLES;
    for n in 0..agent.len() / FRAME_SAMPLES {
        let mut pcm: PcmFrame = [0; FRAME_SAMPLES];
        for (i, sample) in pcm.iter_mut().enumerate() {
            let t = n * FRAME_SAMPLES + i;
            let echo = t.checked_sub(delay).map_or(0.0, |t: usize| f32::from(sent[t]) * gain);
            *sample = (echo + f32::from(caller.get(t).copied().unwrap_or(0))) as i16;
        }
        let mut frame = WireFrame { seq: 1, ..WireFrame::SILENCE };
        ulaw::encode_slice(&agent[n * FRAME_SAMPLES..], &mut frame.payload);
        let mut played = [0; FRAME_SAMPLES];
        if let Some(frame) = replay.step(&pcm, Some(&frame)) {
            ulaw::decode_slice(&frame.payload, &mut played);
        }
        sent.extend(played);
        events.extend(core::iter::from_fn(|| replay.pipeline_mut().poll_event()));
        while replay.pipeline_mut().poll_clean().is_some() {}
    }
    events
}

/// A-AUD-003: the agent does not interrupt itself, whatever the path, even where it comes back as loud as a caller and
/// babbles as no voice does.
#[test]
fn adaptive_does_not_yield_to_the_agents_own_echo() {
    for (delay_ms, gain_db) in [(0, -6), (45, -18), (120, -10), (280, -8), (400, -15), (333, -8)] {
        for seed in 1..=12 {
            let events = echoing(delay_ms, 10f32.powf(gain_db as f32 / 20.0), &[], seed);
            assert!(yields(&events).is_empty(), "{delay_ms} ms, {gain_db} dB, {seed}: {events:?}");
        }
    }
}

/// A-AUD-003: …and still hears a caller over it, another babble, without a word understood.
#[test]
fn adaptive_hears_a_caller_over_the_echo() {
    for (delay_ms, gain_db) in [(45, -18), (120, -12), (280, -20), (400, -15)] {
        for seed in 1..=12 {
            let mut caller = vec![0; 10 * SECOND * FRAME_SAMPLES];
            caller.extend(babble(140.0, 3 * SECOND, 77 + seed, 4_000.0));
            let events = echoing(delay_ms, 10f32.powf(gain_db as f32 / 20.0), &caller, seed);
            let at = yields(&events);
            let first = at.first().copied().unwrap_or(u64::MAX);
            assert!((10_300..=12_500).contains(&first), "{delay_ms} ms, {gain_db} dB, {seed}: {at:?}");
        }
    }
}
