//! What does not come is not waited for: words, a reply, a mark, a caller who speaks.

use super::*;

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
