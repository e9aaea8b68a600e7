//! A model answers from the caller's voice; the words come later.

use crm_api::Speaker;

use super::{Call, start};
use crate::session::*;
use audio_core::frame::SampleTime;

impl Call {
    /// A call answered by a model, past its greeting, listening at 2 s.
    fn direct() -> Self {
        let mut call = Self::new();
        call.at(0, Input::Start(CallStart { direct: true, ..start() })).plays(0, 2_000);
        call
    }

    /// The caller speaks from `ms` on for a second: the turn is over at `ms` + 1500.
    fn speaks(&mut self, ms: u64) -> TurnId {
        self.voice(ms).silence(ms + 1_300).pass_until(ms + 1_500);
        self.last_turn()
    }

    fn heard(&mut self, ms: u64, turn: TurnId, text: &str) -> &mut Self {
        self.at(ms, Input::Stt { turn, event: SttEvent::Final(text) })
    }

    /// The model begins to speak: `given_ms` of audio are there.
    fn spoken(&mut self, ms: u64, turn: TurnId, text: &str, given_ms: u64) -> UtteranceId {
        self.at(ms, Input::Llm { turn, event: LlmEvent::Spoken(String::new()) });
        self.at(ms, Input::Llm { turn, event: LlmEvent::Words(text.to_owned()) });
        let utterance = self.last_utterance();
        self.at(ms, Input::Tts { utterance, event: TtsEvent::Audio { ms: given_ms } });
        utterance
    }

    fn done(&mut self, ms: u64, turn: TurnId) -> &mut Self {
        let done = LlmEvent::Done { fields: Default::default(), hang_up: false, transfer: false };
        self.at(ms, Input::Llm { turn, event: done })
    }

    /// What was asked for since the `from`-th output.
    fn since(&self, from: usize) -> &[Output] {
        &self.outputs[from..]
    }
}

const LONG: &str = "אחת שתיים שלוש ארבע חמש";

/// S-AUD-010: the turn's end commits it and asks for the answer at once; the transcript is in the order of the
/// conversation all the same, and the model is told what the bridge itself said.
#[test]
fn the_answer_does_not_wait_for_the_words() {
    let mut call = Call::direct();
    let told = Output::Told { text: "שלום, במה אפשר לעזור?".into() };
    assert!(call.outputs.contains(&told));
    let turn = call.speaks(3_000);
    let finish = call.outputs.iter().position(|o| *o == Output::SttFinish { turn }).expect("a commit");
    assert!(call.since(finish).iter().any(|o| matches!(o, Output::Answer { turn: of, .. } if *of == turn)));
    call.spoken(4_900, turn, "באיזה אזור?", 1_000);
    call.done(4_950, turn).plays(5_000, 1_000);
    assert_eq!((call.state(), call.turns().len()), (State::Listening, 1));
    call.heard(6_200, turn, "אני מחפש דירה");
    let expected = [
        (Speaker::Agent, "שלום, במה אפשר לעזור?".into(), false),
        (Speaker::Caller, "אני מחפש דירה".into(), false),
        (Speaker::Agent, "באיזה אזור?".into(), false),
    ];
    assert_eq!(call.turns(), expected);
}

/// S-AUD-003: words that never come hold nothing up for ever.
#[test]
fn words_that_do_not_come_are_given_up() {
    let mut call = Call::direct();
    let turn = call.speaks(3_000);
    call.spoken(4_900, turn, "באיזה אזור?", 1_000);
    call.done(4_950, turn).plays(5_000, 1_000).pass_until(4_000 + 6_100);
    assert_eq!(call.turns().last(), Some(&(Speaker::Agent, "באיזה אזור?".into(), false)));
    assert!(call.outputs.contains(&Output::Degraded(Provider::Stt)));
    // Nor does the end of the call lose what was heard meanwhile.
    let turn = call.speaks(11_000);
    call.spoken(12_900, turn, "ומה השם?", 1_000);
    call.done(12_950, turn).plays(13_000, 1_000).at(14_100, Input::Stop(crm_api::EndReason::CallerHangUp));
    assert_eq!(call.turns().last(), Some(&(Speaker::Agent, "ומה השם?".into(), false)));
}

/// S-AUD-008: the model is told how much of its answer was heard: what was played, not what was given, and not the
/// time in which it stalled.
#[test]
fn an_interrupted_answer_is_cut_off_where_it_was_heard() {
    let mut call = Call::direct();
    let turn = call.speaks(3_000);
    let utterance = call.spoken(4_900, turn, LONG, 1_000);
    call.at(5_000, Input::Playing { utterance });
    // One second is played; the next comes a second late, and half of it is heard.
    call.at(7_000, Input::Tts { utterance, event: TtsEvent::Audio { ms: 4_000 } });
    let before = call.outputs.len();
    call.voice(7_300).barge_in(7_500);
    assert!(call.since(before).contains(&Output::CutOff { utterance, heard_ms: 1_500 }));
    assert!(call.since(before).contains(&Output::CancelReply { turn }));
    let heard = call.since(before).iter().find_map(|output| match output {
        Output::Crm(crm_api::CallEventKind::BargeIn { heard_ms, .. }) => Some(*heard_ms),
        _ => None,
    });
    assert_eq!(heard, Some(1_500));
    // The answer to it waits for words: only they tell an interruption from a noise.
    let before = call.outputs.len();
    call.silence(8_500).pass_until(8_800);
    let turn = call.last_turn();
    assert!(call.since(before).contains(&Output::SttFinish { turn }));
    assert!(!call.since(before).iter().any(|o| matches!(o, Output::Answer { turn: of, .. } if *of == turn)));
    call.heard(9_000, turn, "לא שם");
    assert!(matches!(call.outputs.last(), Some(Output::Reply { text, .. }) if text == "לא שם"));
}

/// A noise that cut the model off: it is not told of it, and goes on where it was.
#[test]
fn after_a_noise_the_model_goes_on_where_it_was() {
    let mut call = Call::direct();
    let turn = call.speaks(3_000);
    let utterance = call.spoken(4_900, turn, LONG, 4_000);
    call.done(4_950, turn).at(5_000, Input::Playing { utterance });
    call.voice(6_900).barge_in(7_000).silence(7_600).pass_until(7_800);
    let noise = call.last_turn();
    call.heard(8_000, noise, "");
    assert!(call.outputs.contains(&Output::SttCancel { turn: noise }));
    let play = call.outputs.last();
    let resumed =
        matches!(play, Some(Output::Play { resumes: Some(of), from_ms: 2_000, .. }) if *of == utterance);
    assert!(resumed, "{play:?}");
}

/// An interruption whose words cannot be had is answered from the voice.
#[test]
fn an_interruption_without_a_recogniser_is_answered() {
    let mut call = Call::direct();
    let turn = call.speaks(3_000);
    let utterance = call.spoken(4_900, turn, LONG, 4_000);
    call.done(4_950, turn).at(5_000, Input::Playing { utterance });
    call.voice(6_900).barge_in(7_000).silence(8_600).pass_until(8_800);
    let turn = call.last_turn();
    call.at(9_000, Input::Stt { turn, event: SttEvent::Failed });
    assert_eq!(call.outputs.last(), Some(&Output::Answer { turn, index: 1 }));
}

/// Who goes on before the answer is heard has not finished: turn and answer are taken back, and all of it is heard
/// again.
#[test]
fn a_hesitation_is_heard_again_as_a_whole() {
    let mut call = Call::direct();
    let first = call.speaks(3_000);
    let utterance = call.spoken(4_600, first, "באיזה", 500);
    call.voice(4_640);
    for expected in [
        Output::CutOff { utterance, heard_ms: 0 },
        Output::FlushPlayout,
        Output::CancelReply { turn: first },
        Output::SttCancel { turn: first },
        Output::SttStart { turn: call.last_turn(), from: SampleTime::from_ms(2_940) },
    ] {
        assert!(call.outputs.contains(&expected), "{expected:?}");
    }
    assert_eq!(call.state(), State::Listening);
}

/// S-AUD-010: a server may decide that the turn is over.
#[test]
fn the_provider_may_end_the_turn() {
    let mut call = Call::direct();
    call.voice(3_000).silence(4_300);
    let turn = call.last_turn();
    call.at(4_310, Input::Stt { turn, event: SttEvent::TurnOver });
    assert_eq!(
        call.outputs[call.outputs.len() - 2..],
        [Output::State(State::Thinking), Output::Answer { turn, index: 0 }]
    );
}

/// S-AUD-010, S-AUD-013: where the server decides, the session waits for it, and not for ever; the chain that takes over
/// does not wait so long.
#[test]
fn a_provider_that_does_not_end_the_turn_is_not_waited_for_for_ever() {
    for (lost, until_ms) in [(false, 4_300 + 1_500), (true, 4_300 + 200)] {
        let mut call = Call::new();
        let start = CallStart { direct: true, turn_patience_ms: 1_500, ..start() };
        call.at(0, Input::Start(start)).plays(0, 2_000).voice(3_000);
        if lost {
            call.at(3_100, Input::Direct(false));
        }
        call.silence(4_300).pass_until(until_ms - 1);
        assert_eq!(call.state(), State::Listening, "{lost}");
        call.pass_until(until_ms);
        assert_eq!(call.state(), State::Thinking, "{lost}");
    }
}

/// S-AUD-014: without the model the turn at hand goes to the chain, from wherever it stands.
#[test]
fn the_chain_takes_over_from_wherever_the_turn_stands() {
    let asks = |call: &Call, from: usize| -> Vec<&'static str> {
        let name = |output: &Output| match output {
            Output::SttStart { .. } => Some("start"),
            Output::SttFinish { .. } => Some("finish"),
            Output::Reply { .. } => Some("reply"),
            Output::Speak { .. } => Some("speak"),
            _ => None,
        };
        call.since(from).iter().filter_map(name).collect()
    };
    // The caller is speaking.
    let mut call = Call::direct();
    call.voice(3_000);
    let from = call.outputs.len();
    call.at(3_500, Input::Direct(false));
    assert_eq!(asks(&call, from), ["start"]);
    assert!(call.outputs.contains(&Output::Degraded(Provider::Realtime)));

    // The answer is awaited, without words and with them.
    let mut call = Call::direct();
    let turn = call.speaks(3_000);
    let from = call.outputs.len();
    call.at(5_000, Input::Direct(false));
    assert_eq!(asks(&call, from), ["start", "finish"]);
    let from = call.outputs.len();
    call.heard(5_300, turn, "שלום");
    assert_eq!(asks(&call, from), ["reply"]);
    let mut call = Call::direct();
    let turn = call.speaks(3_000);
    call.heard(4_800, turn, "שלום");
    let from = call.outputs.len();
    call.at(5_000, Input::Direct(false));
    assert_eq!(asks(&call, from), ["reply"]);

    // The answer broke off, words known.
    let mut call = Call::direct();
    let turn = call.speaks(3_000);
    call.heard(4_800, turn, "שלום");
    let utterance = call.spoken(4_900, turn, "באיזה", 500);
    call.at(5_000, Input::Playing { utterance });
    let from = call.outputs.len();
    call.at(5_100, Input::Direct(false));
    assert_eq!(asks(&call, from), ["reply"]);
    // The rest of it follows what was heard.
    let from = call.outputs.len();
    call.at(5_200, Input::Llm { turn, event: LlmEvent::Sentence(Line::text("באיזה אזור?")) });
    assert_eq!((asks(&call, from), call.state()), (vec!["speak"], State::Speaking));

    // The answer broke off, and nobody knows to what: it is heard again, and else asked for.
    for (words, then) in [("שלום", "reply"), ("", "speak")] {
        let mut call = Call::direct();
        let turn = call.speaks(3_000);
        let utterance = call.spoken(4_900, turn, "באיזה", 500);
        call.at(5_000, Input::Playing { utterance });
        let from = call.outputs.len();
        call.at(5_100, Input::Direct(false));
        assert_eq!(asks(&call, from), ["start", "finish"]);
        let from = call.outputs.len();
        call.heard(5_400, turn, words);
        assert_eq!(asks(&call, from), [then]);
    }

    // An answer that is complete is heard to its end.
    let mut call = Call::direct();
    let turn = call.speaks(3_000);
    let utterance = call.spoken(4_900, turn, "באיזה אזור?", 500);
    call.done(4_950, turn).at(5_000, Input::Playing { utterance });
    let from = call.outputs.len();
    call.at(5_100, Input::Direct(false));
    assert_eq!(asks(&call, from), Vec::<&str>::new());
    // And it may come back.
    call.plays(5_000, 500).at(9_000, Input::Direct(true));
    let turn = call.speaks(10_000);
    assert!(call.outputs.iter().any(|o| matches!(o, Output::Answer { turn: of, .. } if *of == turn)));
}
