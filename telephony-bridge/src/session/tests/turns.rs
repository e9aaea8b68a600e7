//! Turns of the caller: a greeting, words, a hesitation, a reply.

use super::*;

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
