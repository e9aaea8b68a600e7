//! What callers say over the agent.

use audio_core::barge_in::{Preset, ResumeReason};
use audio_core::frame::{FRAME_SAMPLES, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineEvent as Event};
use audio_core::vad::VadKind;

use super::common::Line;
use super::{LONG, SECOND, overlap, replay, yields};
#[cfg(feature = "tape")]
use super::{said, under_one_reply};

/// A-AUD-003: "uh-huh" turns the agent down for a moment and does not stop it. The scorer knows by what the Kav VAD remembers who
/// begins; by the other detectors it may take a buzz for nobody.
#[test]
fn adaptive_lets_a_backchannel_pass() {
    for &kind in VadKind::ALL {
        let caller = Line::new().silence(100).voice(18, 3_000.0).silence(100);
        let events = overlap(&mut replay(kind, Preset::Adaptive), caller, 0, LONG);
        // Who speaks, and whether they are near, is said beside.
        let beside =
            |e: &Event| matches!(e, Event::SpeechStart { .. } | Event::SpeechEnd { .. } | Event::Near { .. });
        let ducks: Vec<Event> = events.iter().filter(|e| !beside(e)).copied().collect();
        if ducks.is_empty() && kind != VadKind::Kav {
            continue;
        }
        let [Event::Duck { at: down, .. }, Event::Resume { at: up, .. }] = ducks[..] else {
            panic!("{kind}: {events:?}")
        };
        assert!(up - down <= 6_400, "{kind}: down at {down:?}, up at {up:?}");
    }
}

/// A-AUD-003: once the words are known for "uh-huh, yes, right", a voice that would have interrupted does
/// not, and what it says next is judged anew. Without a duck the words change nothing.
#[test]
fn a_voice_whose_words_are_a_backchannel_starts_anew() {
    const ACQUITTED: usize = 2_440;
    let events = |acquit_at: usize| {
        let mut pipeline =
            CallPipeline::new(PipelineConfig::new(VadKind::default(), Preset::Adaptive)).expect("valid");
        let caller = Line::new().silence(100).voice(180, 3_000.0).silence(50).frames();
        let agent = Line::of(205.0).voice(caller.len(), 300.0).frames();
        let mut events = Vec::new();
        for (n, (caller, agent)) in caller.iter().zip(&agent).enumerate() {
            if n == acquit_at {
                pipeline.acquit();
            }
            pipeline.process_agent(Some(&WireFrame { seq: 1, ..*agent }));
            pipeline.push_wire(caller);
            events.extend(std::iter::from_fn(|| pipeline.poll_event()));
        }
        events
    };
    let plain = events(usize::MAX);
    let yielded = yields(&plain);
    let [yielded] = yielded[..] else { panic!("{plain:?}") };
    assert_eq!(events(50), plain, "nobody had been turned down");
    let acquitted = events(ACQUITTED / 20);
    let words = |e: &Event| matches!(e, Event::Resume { reason: ResumeReason::Words, at } if at.as_ms() == ACQUITTED as u64);
    assert_eq!(acquitted.iter().filter(|e| words(e)).count(), 1, "{acquitted:?}");
    let later = yields(&acquitted);
    assert!(yielded < 3_800, "{yielded} without the words");
    assert!(later.is_empty() || later[0] >= ACQUITTED as u64 + 480, "{later:?}: what the network hears anew");
    let again = acquitted.iter().find_map(|e| match e {
        Event::Duck { at, .. } if at.as_ms() >= ACQUITTED as u64 => Some(at.as_ms()),
        _ => None,
    });
    assert!(
        again.is_none_or(|at| at >= ACQUITTED as u64 + 40),
        "{again:?}: two frames are averaged, and none of them was acquitted"
    );
}

/// A-AUD-003: who keeps talking gets the floor, even if no word is understood: after a second of what sounds like a
/// phrase, and after two of a steady voice, which sounds like none.
#[test]
fn adaptive_yields_to_an_interruption() {
    for &kind in VadKind::ALL {
        let caller = Line::new().silence(100).voice(150, 3_000.0).silence(100);
        let events = overlap(&mut replay(kind, Preset::Adaptive), caller, 0, LONG);
        let at = yields(&events);
        assert!(at.len() == 1 && (2_300..=4_400).contains(&at[0]), "{kind}: {at:?}");
    }
}

/// A-AUD-003: what callers say over the agent, by its sound alone: four sentences of five are yielded to before their
/// speaker has said much, and "uh-huh", as loud, never is.
#[cfg(feature = "tape")]
#[test]
fn adaptive_tells_a_sentence_from_a_backchannel() {
    use audio_core::tape::SpanKind;

    let (mut after, mut backchannels) = (Vec::new(), Vec::new());
    for call in ["booking", "interruption", "backchannels"] {
        // A second of the line, what is said, and a second more, while one reply goes on.
        for (kind, line) in said(call, SECOND, SECOND) {
            let at = yields(&under_one_reply(VadKind::Kav, Preset::Adaptive, &line)).first().copied();
            let late = at.map(|at| at.saturating_sub(1_000));
            match kind {
                SpanKind::Backchannel => backchannels.push(late),
                SpanKind::Turn | SpanKind::Interruption => after.push(late.unwrap_or(u64::MAX)),
                SpanKind::Noise | SpanKind::SideSpeech => {}
            }
        }
    }
    after.sort_unstable();
    assert_eq!(backchannels, [None; 7]);
    assert!(
        after[after.len() / 2] <= 600 && after[after.len() * 4 / 5] <= 900,
        "{after:?} ms from the onset"
    );
}

/// A-AUD-003: a listener who says "uh-huh" again and again under one reply takes the floor with none of them, and
/// still does with the sentence that follows.
#[cfg(feature = "tape")]
#[test]
fn adaptive_hears_a_sentence_after_several_backchannels() {
    use audio_core::tape::SpanKind;

    let uh_huhs = said("backchannels", 10, 10).into_iter().filter(|(kind, _)| *kind == SpanKind::Backchannel);
    let uh_huhs: Vec<Vec<i16>> = uh_huhs.map(|(_, line)| line).collect();
    assert!(uh_huhs.len() > 4);
    for sentence in
        said("interruption", 10, SECOND).into_iter().filter(|(kind, _)| *kind == SpanKind::Interruption)
    {
        for first in 0..uh_huhs.len() {
            let order = (0..4).flat_map(|n| &uh_huhs[(first + n) % uh_huhs.len()]).copied();
            let mut line: Vec<i16> = sentence.1[..10 * FRAME_SAMPLES].repeat(3);
            line.extend(order);
            let begins = line.len() as u64 / 8 + 200;
            line.extend(&sentence.1);
            let at = yields(&under_one_reply(VadKind::Kav, Preset::Adaptive, &line));
            assert!(
                at.len() == 1 && (begins + 300..begins + 1_100).contains(&at[0]),
                "{first}: {at:?}, {begins}"
            );
        }
    }
}

/// A-AUD-003: a sentence over the agent turns it down at any sensitivity of the business's.
#[cfg(feature = "tape")]
#[test]
fn adaptive_turns_the_agent_down_at_any_sensitivity() {
    for sensitivity in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let rules = Preset::Adaptive.config().with_sensitivity(sensitivity);
        for (n, (_, line)) in said("interruption", SECOND, SECOND).iter().enumerate() {
            let events = under_one_reply(VadKind::Kav, rules, line);
            let duck = events.iter().find(|event| matches!(event, Event::Duck { .. }));
            let in_time = duck.is_some_and(|duck| (1_000..2_000).contains(&duck.at().as_ms()));
            assert!(in_time, "{sensitivity}, {n}: {events:?}");
        }
    }
}

/// A-AUD-003: what the agent yielded to without a word must be surer when it yields again; a minute later that is forgotten.
#[cfg(feature = "tape")]
#[test]
fn adaptive_asks_for_more_after_a_false_alarm() {
    /// When each of two replies yields, so many seconds apart.
    fn both(sentence: &[i16], false_alarm: bool, seconds: usize) -> [Option<u64>; 2] {
        let mut replay = replay(VadKind::Kav, Preset::Adaptive);
        let mut reply = |seq: u32| {
            let (mut at, agent) =
                (None, Line::of(205.0).voice(sentence.len() / FRAME_SAMPLES, 300.0).frames());
            let began = replay.pipeline().now().as_ms();
            for (pcm, frame) in sentence.as_chunks::<FRAME_SAMPLES>().0.iter().zip(&agent) {
                replay.step(pcm, Some(&WireFrame { seq, generation: seq - 1, ..*frame }));
                let events = core::iter::from_fn(|| replay.pipeline_mut().poll_event());
                at = at.or(yields(&events.collect::<Vec<_>>()).first().map(|at| at - began));
                while replay.pipeline_mut().poll_clean().is_some() {}
            }
            replay.pipeline_mut().flush(seq);
            if seq == 1 && false_alarm {
                replay.pipeline_mut().false_alarm();
            }
            for _ in 0..seconds * SECOND {
                replay.step(&[0; FRAME_SAMPLES], None);
                while replay.pipeline_mut().poll_event().is_some()
                    || replay.pipeline_mut().poll_clean().is_some()
                {}
            }
            at
        };
        [reply(1), reply(2)]
    }
    let (mut surer, mut all) = (0, 0);
    for (_, sentence) in said("interruption", SECOND, SECOND) {
        let [first, second] = both(&sentence, false, 2);
        let [same, again] = both(&sentence, true, 2);
        assert!(first.is_some() && second.is_some() && same == first);
        assert!(
            again.is_none_or(|again| Some(again) >= second),
            "{again:?} after a false alarm, {second:?} before"
        );
        assert_eq!(both(&sentence, true, 60)[1], both(&sentence, false, 60)[1]);
        surer += usize::from(again != second);
        all += 1;
    }
    assert!(surer * 2 > all, "{surer} of {all}");
}
