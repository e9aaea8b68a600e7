//! How a call ends: a hang-up, a goodbye, a person who takes it over.

use super::*;

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
