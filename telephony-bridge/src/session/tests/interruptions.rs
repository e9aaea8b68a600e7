//! Who interrupts gets the floor, and keeps it if there are words.

use super::*;

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
    // What it yielded to must be surer next time; the signal chain learns of it before it gets more to play.
    let at = |what: &dyn Fn(&Output) -> bool| call.outputs.iter().rposition(what);
    assert!(at(&|o| matches!(o, Output::FalseAlarm)) < at(&|o| matches!(o, Output::Speak { .. })));
    assert_eq!(call.outputs.iter().filter(|o| matches!(o, Output::FalseAlarm)).count(), 1);
}

/// Whoever has words has interrupted.
#[test]
fn an_interruption_with_words_is_no_false_alarm() {
    let mut call = Call::greeted();
    call.says(3_000, "שלום").replies(5_050, "יש לנו ארבע דירות יפות בתל אביב");
    let utterance = call.last_utterance();
    call.at(5_200, Input::Playing { utterance });
    call.voice(6_900).barge_in(7_200).silence(7_500).pass_until(7_700);
    let turn = call.last_turn();
    call.at(7_950, Input::Stt { turn, event: SttEvent::Final("רגע, מה המחיר?") });
    assert!(call.outputs.iter().any(|o| matches!(o, Output::Reply { .. })));
    assert!(!call.outputs.contains(&Output::FalseAlarm));
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

#[test]
fn a_barge_in_while_a_reply_is_written_changes_nothing() {
    let mut call = Call::greeted();
    call.says(3_000, "שלום");
    call.barge_in(4_800);
    assert_eq!(call.state(), State::Thinking);
    call.replies(5_050, "כן");
    assert_eq!(call.state(), State::Speaking);
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
