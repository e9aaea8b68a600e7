//! A-AUD-020, A-AUD-021, A-AUD-022: no sequence of inputs leaves the session speaking for ever.

use proptest::prelude::*;

use super::{Call, start};
use crate::session::*;
use audio_core::barge_in::Reasons;
use audio_core::frame::SampleTime;
use audio_core::pipeline::PipelineEvent;

/// An input with its ids still open: small numbers, so that they often hit and often miss.
#[derive(Clone, Debug)]
enum Step {
    Voice,
    Silence,
    BargeIn,
    Duck,
    Near,
    SttPartial(u32),
    SttFinal(u32, bool),
    SttFailed(u32),
    TurnOver(u32),
    Sentence(u32),
    Spoken(u32),
    Words(u32),
    Direct(bool),
    ReplyDone(u32, bool),
    LlmFailed(u32),
    TtsAudio(u32, u64),
    TtsEnd(u32, u64),
    TtsFailed(u32),
    Playing(u32),
    Mark(u32),
    StartAgain,
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..4u32;
    prop_oneof![
        3 => Just(Step::Voice),
        3 => Just(Step::Silence),
        2 => Just(Step::BargeIn),
        1 => Just(Step::Duck),
        1 => Just(Step::Near),
        1 => id.clone().prop_map(Step::SttPartial),
        3 => (id.clone(), any::<bool>()).prop_map(|(t, words)| Step::SttFinal(t, words)),
        1 => id.clone().prop_map(Step::SttFailed),
        1 => id.clone().prop_map(Step::TurnOver),
        3 => id.clone().prop_map(Step::Sentence),
        3 => id.clone().prop_map(Step::Spoken),
        1 => id.clone().prop_map(Step::Words),
        1 => any::<bool>().prop_map(Step::Direct),
        2 => (id.clone(), any::<bool>()).prop_map(|(t, hang_up)| Step::ReplyDone(t, hang_up)),
        1 => id.clone().prop_map(Step::LlmFailed),
        2 => (id.clone(), 0..8_000u64).prop_map(|(u, ms)| Step::TtsAudio(u, ms)),
        2 => (id.clone(), 0..8_000u64).prop_map(|(u, ms)| Step::TtsEnd(u, ms)),
        1 => id.clone().prop_map(Step::TtsFailed),
        2 => id.clone().prop_map(Step::Playing),
        2 => id.prop_map(Step::Mark),
        1 => Just(Step::StartAgain),
    ]
}

/// Counts back from the newest id, so that 0 is the one in play.
fn apply(call: &mut Call, ms: u64, step: &Step) {
    let newest = |ids: &mut dyn Iterator<Item = u32>| ids.last().unwrap_or(1);
    let turn_back = newest(&mut call.outputs.iter().filter_map(|o| match o {
        Output::SttStart { turn, .. } | Output::Reply { turn, .. } => Some(turn.0),
        _ => None,
    }));
    let utterance_back = newest(&mut call.outputs.iter().filter_map(|o| match o {
        Output::Speak { utterance, .. } | Output::Play { utterance, .. } => Some(utterance.0),
        _ => None,
    }));
    let turn = |back: u32| TurnId(turn_back.saturating_sub(back));
    let utterance = |back: u32| UtteranceId(utterance_back.saturating_sub(back));
    let at = SampleTime::from_ms(ms);
    let stt = |t: u32, event| Input::Stt { turn: turn(t), event };
    let llm = |t: u32, event| Input::Llm { turn: turn(t), event };
    let tts = |u: u32, event| Input::Tts { utterance: utterance(u), event };
    let input = match *step {
        Step::Voice => Input::Speech(PipelineEvent::SpeechStart { at, onset: at.saturating_sub(800) }),
        Step::Silence => Input::Speech(PipelineEvent::SpeechEnd { at, last_voice: at.saturating_sub(2_400) }),
        Step::BargeIn => Input::Speech(PipelineEvent::BargeIn {
            at,
            onset: at.saturating_sub(2_400),
            score: 1.0,
            reasons: Reasons::default(),
        }),
        Step::Duck => Input::Speech(PipelineEvent::Duck { at, score: 0.5, reasons: Reasons::default() }),
        Step::Near => Input::Speech(PipelineEvent::Near { at, score: 0.5, reasons: Reasons::default() }),
        Step::SttPartial(t) => stt(t, SttEvent::Partial("מילה")),
        Step::SttFinal(t, words) => stt(t, SttEvent::Final(if words { "כמה מילים" } else { "" })),
        Step::SttFailed(t) => stt(t, SttEvent::Failed),
        Step::TurnOver(t) => stt(t, SttEvent::TurnOver),
        Step::Spoken(t) => llm(t, LlmEvent::Spoken("בסדר".into())),
        Step::Words(t) => llm(t, LlmEvent::Words(" גמור".into())),
        Step::Direct(direct) => Input::Direct(direct),
        Step::Sentence(t) => llm(t, LlmEvent::Sentence(Line::text("בסדר גמור"))),
        Step::ReplyDone(t, hang_up) => {
            llm(t, LlmEvent::Done { fields: Default::default(), hang_up, transfer: false })
        }
        Step::LlmFailed(t) => llm(t, LlmEvent::Failed),
        Step::TtsAudio(u, ms) => tts(u, TtsEvent::Audio { ms }),
        Step::TtsEnd(u, total_ms) => tts(u, TtsEvent::End { total_ms }),
        Step::TtsFailed(u) => tts(u, TtsEvent::Failed),
        Step::Playing(u) => Input::Playing { utterance: utterance(u) },
        Step::Mark(u) => Input::Mark { utterance: utterance(u) },
        Step::StartAgain => Input::Start(start()),
    };
    call.at(ms, input);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Providers fail, marks are lost, callers interrupt, at any time and in any order: when
    /// nothing more comes, speech and thought end within their timers, and the call itself does.
    #[test]
    fn the_session_never_speaks_for_ever(
        direct in any::<bool>(),
        steps in prop::collection::vec((0..1_500u64, step()), 0..60),
    ) {
        let mut call = Call::new();
        call.at(0, Input::Start(CallStart { direct, ..start() }));
        let mut now = 0;
        for (pause, step) in &steps {
            now += pause;
            call.pass_until(now);
            apply(&mut call, now, step);
        }
        // The longest way to the end of one utterance: a final that is overdue, a reply that is
        // overdue, audio of unknown length, its slack.
        let mut quiet = now;
        let limit = now + 1_500 + 6_000 + 3_000 + 63_000 + 60_000;
        while !matches!(call.session.state(), State::Listening | State::Ended) {
            quiet += 100;
            prop_assert!(quiet <= limit, "still {:?} {} ms after the last input", call.session.state(), quiet - now);
            call.pass_until(quiet);
        }
        call.pass_until(now + 3_600_000 + 1);
        prop_assert_eq!(call.session.state(), State::Ended);
        let ends = call.outputs.iter().filter(|o| matches!(o, Output::Ended(_))).count();
        prop_assert_eq!(ends, 1);
        prop_assert!(matches!(call.outputs.last(), Some(Output::Ended(_))));
    }

    /// A hang-up at any moment ends the call at once and leaves no timer behind.
    #[test]
    fn a_hang_up_ends_everything(
        direct in any::<bool>(),
        steps in prop::collection::vec((0..1_500u64, step()), 0..40),
    ) {
        let mut call = Call::new();
        call.at(0, Input::Start(CallStart { direct, ..start() }));
        let mut now = 0;
        for (pause, step) in &steps {
            now += pause;
            call.pass_until(now);
            apply(&mut call, now, step);
        }
        call.at(now, Input::Stop(crm_api::EndReason::SocketLost));
        prop_assert_eq!(call.session.state(), State::Ended);
        prop_assert_eq!(call.session.poll_timeout(), None);
        let before = call.outputs.len();
        apply(&mut call, now + 1, &Step::BargeIn);
        apply(&mut call, now + 2, &Step::Mark(0));
        prop_assert_eq!(call.outputs.len(), before);
    }
}
