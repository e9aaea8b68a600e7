//! The conversation, driven by hand.

mod direct;
mod draft;
mod never_stuck;
mod overlap;
mod words;

use audio_core::barge_in::Reasons;
use audio_core::frame::SampleTime;
use audio_core::pipeline::PipelineEvent;
use crm_api::{CallEventKind, EndReason, Speaker};

use super::*;

/// A session whose outputs are kept.
pub(super) struct Call {
    pub(super) session: Session,
    pub(super) outputs: Vec<Output>,
}

impl Call {
    pub(super) fn new() -> Self {
        Self { session: Session::new(SessionConfig::default()), outputs: Vec::new() }
    }

    pub(super) fn at(&mut self, ms: u64, input: Input<'_>) -> &mut Self {
        self.session.handle(CallTime::from_ms(ms), input);
        while let Some(output) = self.session.poll() {
            self.outputs.push(output);
        }
        self
    }

    fn speech(&mut self, ms: u64, event: PipelineEvent) -> &mut Self {
        self.at(ms, Input::Speech(event))
    }

    fn voice(&mut self, ms: u64) -> &mut Self {
        let at = SampleTime::from_ms(ms);
        self.speech(ms, PipelineEvent::SpeechStart { at, onset: at.saturating_sub(480) })
    }

    fn silence(&mut self, ms: u64) -> &mut Self {
        let at = SampleTime::from_ms(ms);
        self.speech(ms, PipelineEvent::SpeechEnd { at, last_voice: SampleTime::from_ms(ms - 300) })
    }

    fn barge_in(&mut self, ms: u64) -> &mut Self {
        let at = SampleTime::from_ms(ms);
        self.speech(
            ms,
            PipelineEvent::BargeIn {
                at,
                onset: at.saturating_sub(2_400),
                score: 0.9,
                reasons: Reasons::default(),
            },
        )
    }

    /// Delivers every timeout due by `ms`, each at its own time.
    pub(super) fn pass_until(&mut self, ms: u64) -> &mut Self {
        while let Some(at) = self.session.poll_timeout().filter(|at| *at <= CallTime::from_ms(ms)) {
            self.session.handle(at, Input::Timeout);
            while let Some(output) = self.session.poll() {
                self.outputs.push(output);
            }
        }
        self
    }

    fn state(&self) -> State {
        self.session.state()
    }

    fn last_utterance(&self) -> UtteranceId {
        let spoken = self.outputs.iter().rev().find_map(|o| match o {
            Output::Speak { utterance, .. } | Output::Play { utterance, .. } => Some(*utterance),
            _ => None,
        });
        spoken.expect("nothing was said")
    }

    fn last_turn(&self) -> TurnId {
        let turn = self.outputs.iter().rev().find_map(|o| match o {
            Output::SttStart { turn, .. } => Some(*turn),
            _ => None,
        });
        turn.expect("no turn was heard")
    }

    /// The utterance is played to its end, and its mark comes back.
    fn plays(&mut self, from_ms: u64, length_ms: u64) -> &mut Self {
        let utterance = self.last_utterance();
        self.at(from_ms, Input::Playing { utterance })
            .at(from_ms, Input::Tts { utterance, event: TtsEvent::End { total_ms: length_ms } })
            .at(from_ms + length_ms, Input::Mark { utterance })
    }

    /// A call past its greeting, listening at 2 s.
    fn greeted() -> Self {
        let mut call = Self::new();
        call.at(0, Input::Start(start())).plays(0, 2_000);
        call
    }

    /// The caller says `text` from `ms` on for a second; the words are final at `ms` + 1750.
    fn says(&mut self, ms: u64, text: &str) -> &mut Self {
        self.voice(ms).silence(ms + 1_300).pass_until(ms + 1_500);
        let turn = self.last_turn();
        self.at(ms + 1_750, Input::Stt { turn, event: SttEvent::Final(text) })
    }

    fn replies(&mut self, ms: u64, text: &str) -> &mut Self {
        let turn = self.last_turn();
        self.at(ms, Input::Llm { turn, event: LlmEvent::Sentence(Line::text(text)) });
        self.at(
            ms,
            Input::Llm {
                turn,
                event: LlmEvent::Done { fields: Default::default(), hang_up: false, transfer: false },
            },
        )
    }

    fn turns(&self) -> Vec<(Speaker, String, bool)> {
        let turns = self.outputs.iter().filter_map(|o| match o {
            Output::Crm(CallEventKind::Turn { speaker, text, interrupted, .. }) => {
                Some((*speaker, text.clone(), *interrupted))
            }
            _ => None,
        });
        turns.collect()
    }
}

pub(super) fn start() -> CallStart {
    CallStart {
        direct: false,
        turn_patience_ms: 0,
        from: "+972502345678".into(),
        to: "+97233763805".into(),
        stream_sid: "MZ1".into(),
        greeting: Line::text("שלום, במה אפשר לעזור?"),
    }
}

/// A-AUD-004, A-AUD-020, A-AUD-024: clear → media → mark → listening. The greeting is asked for at the moment the stream
/// comes up: nothing on its way waits for a timer.
#[test]
fn the_greeting_is_cleared_played_marked_and_then_the_call_listens() {
    let mut call = Call::new();
    call.at(0, Input::Start(start()));
    assert!(matches!(call.outputs[1], Output::Clear(ClearReason::Greeting)));
    assert!(matches!(call.outputs[3], Output::Speak { cached: true, pause, .. } if pause.is_zero()));
    assert_eq!(call.state(), State::Speaking);
    call.plays(0, 2_200);
    assert_eq!(call.state(), State::Listening);
}

/// A-AUD-025: a stream that says `start` twice is greeted once.
#[test]
fn the_greeting_is_said_once() {
    let mut call = Call::greeted();
    call.at(3_000, Input::Start(start()));
    assert_eq!(call.outputs.iter().filter(|o| matches!(o, Output::Speak { .. })).count(), 1);
}

/// A-AUD-021: greeting plays, then there is an answer.
#[test]
fn a_turn_is_heard_answered_and_written_down() {
    let mut call = Call::greeted();
    call.says(3_000, "אני מחפש דירה").replies(5_050, "באיזה אזור?");
    assert_eq!(call.state(), State::Speaking);
    call.plays(5_200, 1_000);
    assert_eq!(call.state(), State::Listening);
    assert_eq!(
        call.turns(),
        [
            (Speaker::Agent, "שלום, במה אפשר לעזור?".into(), false),
            (Speaker::Caller, "אני מחפש דירה".into(), false),
            (Speaker::Agent, "באיזה אזור?".into(), false),
        ]
    );
}

#[test]
fn a_hesitation_is_one_turn_with_all_its_words() {
    let mut call = Call::greeted();
    call.says(3_000, "אני מחפש");
    call.voice(4_900).silence(6_200).pass_until(6_400);
    let turn = call.last_turn();
    call.at(6_650, Input::Stt { turn, event: SttEvent::Final("דירה בחיפה") });
    let reply = call.outputs.iter().rev().find_map(|o| match o {
        Output::Reply { index, text, .. } => Some((*index, text.clone())),
        _ => None,
    });
    assert_eq!(reply, Some((0, "אני מחפש דירה בחיפה".into())));
}

#[test]
fn words_not_final_yet_are_recognised_again_with_what_follows() {
    let mut call = Call::greeted();
    call.voice(3_000).silence(4_300).pass_until(4_500);
    assert_eq!(call.state(), State::Thinking);
    let first = call.last_turn();
    call.voice(4_600);
    assert_eq!(call.state(), State::Listening);
    assert!(call.outputs.contains(&Output::SttCancel { turn: first }));
    assert!(call.outputs.contains(&Output::TakenBack { turn: first }));
    let again = Output::SttStart { turn: call.last_turn(), from: SampleTime::from_ms(2_940) };
    assert!(call.outputs.contains(&again));
}

/// A-AUD-003
#[test]
fn an_interruption_flushes_clears_and_keeps_what_was_heard() {
    let mut call = Call::greeted();
    call.says(3_000, "שלום").replies(5_050, "יש לנו ארבע דירות יפות בתל אביב");
    let utterance = call.last_utterance();
    call.at(5_200, Input::Playing { utterance })
        .at(5_200, Input::Tts { utterance, event: TtsEvent::End { total_ms: 4_000 } });
    call.voice(6_900).barge_in(7_200);
    assert_eq!(call.state(), State::Listening);
    let flush = call.outputs.iter().position(|o| matches!(o, Output::FlushPlayout)).expect("no flush");
    assert_eq!(call.outputs[flush + 1], Output::Clear(ClearReason::Yield));
    assert_eq!(call.turns().last(), Some(&(Speaker::Agent, "יש לנו ארבע".into(), true)));
    // The mark that `clear` sends back is not taken for playback.
    call.at(7_210, Input::Mark { utterance });
    assert_eq!(call.state(), State::Listening);
    assert_eq!(call.session.stale_inputs(), 1);
}

#[test]
fn an_interruption_without_words_lets_the_agent_go_on_where_it_was() {
    let mut call = Call::greeted();
    call.says(3_000, "שלום").replies(5_050, "יש לנו ארבע דירות יפות בתל אביב");
    let utterance = call.last_utterance();
    call.at(5_200, Input::Playing { utterance })
        .at(5_200, Input::Tts { utterance, event: TtsEvent::End { total_ms: 4_000 } });
    call.voice(6_900).barge_in(7_200).silence(7_500).pass_until(7_700);
    let turn = call.last_turn();
    call.at(7_950, Input::Stt { turn, event: SttEvent::Final("") });
    assert!(matches!(call.outputs.last(), Some(Output::Speak { from_ms: 2_000, .. })));
}

#[test]
fn a_backchannel_over_the_agent_is_no_turn_but_an_answer_at_its_end_is() {
    let mut call = Call::greeted();
    call.says(3_000, "שלום").replies(5_050, "אחת שתיים שלוש ארבע");
    let utterance = call.last_utterance();
    call.at(5_200, Input::Playing { utterance })
        .at(5_200, Input::Tts { utterance, event: TtsEvent::End { total_ms: 4_000 } });
    call.voice(6_000).silence(6_600);
    let backchannel = call.last_turn();
    call.voice(8_800).silence(9_180).at(9_200, Input::Mark { utterance });
    assert!(call.outputs.contains(&Output::SttCancel { turn: backchannel }));
    let answer = call.last_turn();
    call.pass_until(9_400);
    assert!(call.outputs.iter().any(|o| matches!(o, Output::TurnEnd { turn, .. } if *turn == answer)));
}

/// A-AUD-005: the interim words do when the final ones do not come within 1.5 s.
#[test]
fn an_overdue_final_transcript_is_replaced_by_the_interim_one() {
    let mut call = Call::greeted();
    call.voice(3_000);
    let turn = call.last_turn();
    call.at(3_900, Input::Stt { turn, event: SttEvent::Partial("אני מחפש דירה") });
    call.silence(4_300).pass_until(4_500 + 1_500);
    assert!(call.outputs.contains(&Output::Degraded(Provider::Stt)));
    let reply = Output::Reply { turn, index: 0, text: "אני מחפש דירה".into() };
    assert!(call.outputs.contains(&reply));
}

/// A-AUD-023
#[test]
fn an_overdue_reply_is_replaced_by_a_stock_phrase() {
    let mut call = Call::greeted();
    call.says(3_000, "שלום").pass_until(4_750 + 6_000);
    assert!(call.outputs.contains(&Output::Degraded(Provider::Llm)));
    assert_eq!(call.state(), State::Speaking);
}

/// A-AUD-020: speech whose mark is lost ends by itself.
#[test]
fn a_lost_mark_does_not_keep_the_agent_speaking() {
    let mut call = Call::new();
    call.at(0, Input::Start(start()));
    let utterance = call.last_utterance();
    call.at(0, Input::Playing { utterance })
        .at(0, Input::Tts { utterance, event: TtsEvent::End { total_ms: 2_000 } })
        .pass_until(5_000);
    assert_eq!(call.state(), State::Listening);
    assert!(call.outputs.contains(&Output::Clear(ClearReason::Watchdog)));
}

#[test]
fn silence_is_met_with_a_question_and_in_the_end_with_goodbye() {
    let mut call = Call::greeted();
    let mut now = 2_000;
    for _ in 0..3 {
        now += 15_000;
        call.pass_until(now);
        assert_eq!(call.state(), State::Speaking, "at {now}");
        call.plays(now, 1_000);
        now += 1_000;
    }
    assert!(call.outputs.contains(&Output::HangUp));
    call.pass_until(now + 2_000);
    assert_eq!(call.state(), State::Ended);
}

/// Sounds without words do not put off the question.
#[test]
fn noise_that_is_taken_for_speech_does_not_silence_the_agent() {
    let mut call = Call::greeted();
    for second in [4, 8, 12] {
        call.says(second * 1_000, "");
        assert_eq!(call.state(), State::Listening);
    }
    call.pass_until(17_000);
    assert_eq!(call.state(), State::Speaking, "15 s after the greeting");
}

#[test]
fn a_turn_that_nobody_understood_is_asked_for_again_at_once() {
    let mut call = Call::greeted();
    call.voice(3_000).silence(4_300).pass_until(4_500);
    let turn = call.last_turn();
    call.at(4_600, Input::Stt { turn, event: SttEvent::Failed });
    assert_eq!(call.state(), State::Speaking);
}

#[test]
fn a_barge_in_while_a_reply_is_written_changes_nothing() {
    let mut call = Call::greeted();
    call.says(3_000, "שלום");
    call.barge_in(4_800);
    assert_eq!(call.state(), State::Thinking);
    call.replies(5_050, "כן");
    assert_eq!(call.state(), State::Speaking);
}

/// Whoever goes on before the reply is heard had not finished: the reply is taken back.
#[test]
fn a_reply_that_nobody_has_heard_is_taken_back() {
    let mut call = Call::greeted();
    call.says(3_000, "אני מחפש").replies(5_050, "באיזה אזור?");
    let first = call.last_turn();
    call.voice(5_100);
    assert_eq!(call.state(), State::Listening);
    assert!(call.outputs.contains(&Output::FlushPlayout));
    assert!(call.outputs.contains(&Output::CancelReply { turn: first }));
    call.silence(6_400).pass_until(6_600);
    let turn = call.last_turn();
    call.at(6_850, Input::Stt { turn, event: SttEvent::Final("דירה") });
    let reply = Output::Reply { turn, index: 0, text: "אני מחפש דירה".into() };
    assert!(call.outputs.contains(&reply));
    call.replies(7_000, "באיזה אזור?").plays(7_100, 1_000);
    let caller = |t: &&(Speaker, String, bool)| t.0 == Speaker::Caller;
    assert_eq!(call.turns().iter().filter(caller).count(), 1, "one turn, not two");
}

#[test]
fn a_hang_up_in_mid_sentence_keeps_the_words() {
    let mut call = Call::greeted();
    call.voice(3_000);
    let turn = call.last_turn();
    call.at(3_900, Input::Stt { turn, event: SttEvent::Partial("אני מחפש") });
    call.at(4_000, Input::Stop(EndReason::CallerHangUp));
    assert_eq!(call.turns().last(), Some(&(Speaker::Caller, "אני מחפש".into(), false)));
    let ended = Output::Crm(CallEventKind::Ended { reason: EndReason::CallerHangUp, duration_ms: 4_000 });
    assert!(call.outputs.contains(&ended));
    assert_eq!(call.session.poll_timeout(), None);
}

#[test]
fn lead_fields_reach_the_crm() {
    let mut call = Call::greeted();
    call.says(3_000, "קוראים לי דנה");
    let turn = call.last_turn();
    let fields: std::collections::BTreeMap<_, _> = [("name".to_owned(), "דנה".to_owned())].into();
    call.at(
        5_000,
        Input::Llm {
            turn,
            event: LlmEvent::Done { fields: fields.clone(), hang_up: false, transfer: false },
        },
    );
    assert!(call.outputs.contains(&Output::Crm(CallEventKind::LeadFields { fields })));
    assert_eq!(call.state(), State::Listening, "a reply without words goes back to listening");
}

/// The detector may say "silence" and "interruption" in one breath: the turn ends in its time, not
/// with the limit for turns that never pause.
#[test]
fn a_barge_in_decided_in_a_pause_is_a_turn_that_ends() {
    let mut call = Call::greeted();
    call.says(3_000, "שלום").replies(5_050, "יש לנו ארבע דירות יפות בתל אביב");
    let utterance = call.last_utterance();
    call.at(5_200, Input::Playing { utterance });
    call.barge_in(7_200).pass_until(7_400);
    assert_eq!(call.state(), State::Thinking);
}

/// S-EMG-007: the call is handed over once the agent's words were heard, and not before.
#[test]
fn a_call_is_handed_over_once_that_was_heard() {
    let mut call = Call::greeted();
    call.says(3_000, "אפשר לדבר עם נציג?");
    let turn = call.last_turn();
    call.at(5_000, Input::Llm { turn, event: LlmEvent::Sentence(Line::text("כמובן, אני מעבירה.")) });
    let done = LlmEvent::Done { fields: Default::default(), hang_up: false, transfer: true };
    call.at(5_010, Input::Llm { turn, event: done });
    assert!(!call.outputs.contains(&Output::Transfer));
    call.plays(5_200, 1_500);
    assert_eq!(call.outputs.iter().filter(|output| **output == Output::Transfer).count(), 1);
    assert!(!call.outputs.contains(&Output::HangUp));
    // Nobody acts on it: the call does not stay up.
    call.pass_until(8_701);
    assert_eq!(call.state(), State::Ended);
}

/// Guarantee 23: whoever interrupts the announcement takes the hand-over back.
#[test]
fn an_interruption_takes_the_hand_over_back() {
    let mut call = Call::greeted();
    call.says(3_000, "אפשר לדבר עם נציג?");
    let turn = call.last_turn();
    call.at(
        5_000,
        Input::Llm {
            turn, event: LlmEvent::Sentence(Line::text("כמובן, אני מעבירה אתכם."))
        },
    );
    let done = LlmEvent::Done { fields: Default::default(), hang_up: false, transfer: true };
    call.at(5_010, Input::Llm { turn, event: done });
    let utterance = call.last_utterance();
    call.at(5_200, Input::Playing { utterance });
    call.voice(5_600).barge_in(5_900).silence(6_900).pass_until(7_100);
    let turn = call.last_turn();
    call.at(7_300, Input::Stt { turn, event: SttEvent::Final("רגע, לא, בעצם שאלה") });
    call.at(7_400, Input::Mark { utterance });
    call.replies(7_500, "בבקשה, מה השאלה?").plays(7_700, 1_000);
    assert!(!call.outputs.contains(&Output::Transfer), "{:?}", call.outputs);
    assert_eq!(call.state(), State::Listening);
}

/// Guarantee 5: a goodbye is heard out, and its mark is waited for two seconds at most.
#[test]
fn a_goodbye_whose_mark_is_lost_ends_two_seconds_later() {
    let mut call = Call::greeted();
    call.says(3_000, "להתראות");
    let turn = call.last_turn();
    call.at(5_000, Input::Llm { turn, event: LlmEvent::Sentence(Line::text("תודה, ולהתראות.")) });
    let utterance = call.last_utterance();
    call.at(5_200, Input::Playing { utterance });
    call.at(5_200, Input::Tts { utterance, event: TtsEvent::Audio { ms: 1_000 } });
    call.at(5_200, Input::Tts { utterance, event: TtsEvent::End { total_ms: 1_000 } });
    let done = LlmEvent::Done { fields: Default::default(), hang_up: true, transfer: false };
    call.at(5_300, Input::Llm { turn, event: done });
    call.pass_until(8_199);
    assert!(!call.outputs.contains(&Output::HangUp));
    call.pass_until(8_200);
    assert!(call.outputs.contains(&Output::HangUp));
}
