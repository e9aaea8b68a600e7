//! A caller who makes a sound over the agent: what the far end has buffered is turned down too.

use std::collections::VecDeque;

use audio_core::codec::ulaw;
use audio_core::frame::{Dbfs, FRAME_SAMPLES};
use provider_fakes::twilio_caller::Event;
use telephony_bridge::providers::SpeechFrame;
use telephony_bridge::tape::{Decision, Recording, RerunOptions, Wire, WireInput, WireLine, rerun};

use crate::harness::{Site, conversation, hung_up, tape};

/// A sound of the caller, long enough for a duck and too short for anything else, in ms.
const SOUND_MS: usize = 400;
/// The greeting ends here.
const GREETING_MS: usize = 3_000;

fn level(frame: &SpeechFrame) -> f32 {
    Dbfs::of(&frame.map(ulaw::decode)).0
}

/// What a call's wire says was sent.
#[derive(Debug, Default)]
struct Sent {
    /// What the far end is to play, in order.
    played: Vec<SpeechFrame>,
    /// Frames that were taken back, and what was sent in their place.
    replaced: Vec<(SpeechFrame, SpeechFrame)>,
    clears: usize,
    marks_heard: usize,
    resumed: bool,
    /// Frames sent after the agent was up again.
    after: Vec<SpeechFrame>,
}

fn sent(lines: &[WireLine]) -> Sent {
    let mut sent = Sent::default();
    let mut taken: VecDeque<SpeechFrame> = VecDeque::new();
    for line in lines {
        match &line.what {
            Wire::TakeBack { frames, .. } => {
                assert!(taken.is_empty(), "frames are missing");
                let from = sent.played.len() - *frames as usize;
                taken = sent.played.split_off(from).into();
                sent.clears += 1;
            }
            Wire::MediaOut { payload, .. } => {
                sent.played.push(payload.0);
                if let Some(before) = taken.pop_front() {
                    sent.replaced.push((before, payload.0));
                } else if sent.resumed {
                    sent.after.push(payload.0);
                }
            }
            Wire::Decision { decision: Decision::Resume } => sent.resumed = true,
            Wire::Input { input: WireInput::Mark(_) } => sent.marks_heard += 1,
            _ => {}
        }
    }
    assert!(taken.is_empty(), "frames are missing");
    sent
}

/// A-AUD-003: a sound over the greeting turns the agent down at once, what the far end has buffered
/// included, and up again; nothing is lost, and the greeting is heard once, wherever the sound falls.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_buffered_is_turned_down_too() {
    let site = Site::new("interruption", 1.0).await;
    let crm = site.crm().await;
    let bridge = site.bridge(&[("RECORD_TAPES", "all")]);
    let voice = &tape("interruption").caller[10_612 * 8..][..SOUND_MS * 8];
    // In the middle, and so that the duck falls anywhere around the greeting's last frames.
    let onsets = [600, 1_000].into_iter().chain((2_710..2_836).step_by(9));
    let mut calls = Vec::new();
    for onset in onsets {
        let mut caller = site.caller(&bridge, &format!("at{onset}"));
        let mut line = vec![0; onset * 8];
        line.extend_from_slice(voice);
        caller.audio = line.into_iter().map(ulaw::encode).collect();
        caller.hang_up_ms = Some(GREETING_MS as u64 + 1_500);
        calls.push((onset, tokio::spawn(caller.call())));
        // A CRM that is asked by all at once answers some of them late.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    let mut heard = Vec::new();
    for (onset, call) in calls {
        heard.push((onset, hung_up(call).await));
        let held = site.held(&format!("CAat{onset}")).await;
        let said = conversation(&held.call);
        assert_eq!(said.iter().filter(|(_, _, interrupted)| *interrupted).count(), 0, "{onset}: {said:?}");
        assert_eq!(said.len(), 1, "{onset}: the greeting is heard once: {said:?}");
    }
    bridge.terminate();
    assert!(bridge.ended().await.success());
    drop(crm);

    let (mut ducked, mut marks_again, mut middle) = (0, 0, 0);
    for (onset, record) in heard {
        let folder = site.data().join(format!("tapes/CAat{onset}"));
        let text = std::fs::read_to_string(folder.join("wire.jsonl")).expect("readable");
        let lines: Vec<WireLine> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let sent = sent(&lines);
        assert_eq!(sent.marks_heard, 1, "{onset}: heard once");
        assert_eq!(record.count(|event| *event == Event::Clear), 1 + sent.clears, "{onset}");
        let again = |event: &Event| matches!(event, Event::Mark(name) if name.contains('.'));
        marks_again += record.count(again);
        // The first frame goes down within itself; the others are the same audio, quieter.
        for (before, after) in sent.replaced.iter().skip(1).filter(|(before, _)| level(before) > -40.0) {
            let by = level(before) - level(after);
            assert!((12.0..18.0).contains(&by), "{onset}: quieter by {by} dB");
        }
        if sent.clears > 0 {
            ducked += 1;
            assert!(sent.replaced.len() <= 3, "{onset}: {} frames", sent.replaced.len());
            let sounding = |frames: &[SpeechFrame]| frames.iter().filter(|f| level(f) > -90.0).count();
            let frames: Vec<SpeechFrame> = record.heard.as_chunks::<FRAME_SAMPLES>().0.to_vec();
            let (heard, expected) = (sounding(&frames), sounding(&sent.played));
            let at =
                lines.iter().find_map(|l| matches!(l.what, Wire::TakeBack { .. }).then_some(l.t_us.as_ms()));
            println!(
                "{onset} {at:?}: replaced {}, heard {heard} of {expected}, {} frames in all",
                sent.replaced.len(),
                sent.played.len()
            );
            assert!(heard.abs_diff(expected) <= sent.clears, "{onset}: heard {heard} of {expected} frames");
        }
        if onset < 1_500 && sent.clears > 0 {
            middle += 1;
            // The level is back: the loudest frame of the greeting's rest is as loud as before.
            let loudest = |frames: &[SpeechFrame]| frames.iter().map(level).fold(-100.0, f32::max);
            assert!(sent.resumed, "{onset}");
            assert!(loudest(&sent.after) > loudest(&sent.played) - 6.0, "{onset}");
        }
        let tape = audio_core::tape::Tape::load(&folder).expect("a tape");
        let recording = Recording::load(&folder).expect("readable").expect("recorded live");
        let second = rerun(&tape, &recording, &RerunOptions::default()).expect("replays");
        assert_eq!(second.decisions, recording.decisions(), "{onset}");
        assert_eq!(second.report.diverged_ms, None, "{onset}");
    }
    assert!(ducked >= 3 && marks_again >= 1 && middle >= 1, "{ducked} {marks_again} {middle}");
}
