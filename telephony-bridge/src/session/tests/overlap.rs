//! What was said over the agent's last words, settled by what it means; and how long an answer is waited for.

use super::*;

impl Call {
    /// The agent says `line` from 4 s to 8 s, and is heard to its end unless the test goes on before.
    fn saying(line: &str) -> Self {
        let mut call = Self::greeted();
        call.says(2_200, "שלום").replies(3_960, line);
        let utterance = call.last_utterance();
        call.at(4_000, Input::Playing { utterance });
        call.at(4_000, Input::Tts { utterance, event: TtsEvent::End { total_ms: 4_000 } });
        call
    }

    fn ends(&mut self) -> &mut Self {
        let utterance = self.last_utterance();
        self.at(8_000, Input::Mark { utterance })
    }

    /// A voice from `ms` on for `length`, decided as late as it is, and its words after it.
    fn interjects(&mut self, ms: u64, length: u64, text: &str) -> &mut Self {
        self.voice(ms + 60).silence(ms + length + 300);
        let turn = self.last_turn();
        self.at(ms + length + 300, Input::Stt { turn, event: SttEvent::Partial(text) })
    }

    fn turn_ends_at(&mut self, until: u64) -> Option<u64> {
        let count = |call: &Self| call.outputs.iter().filter(|o| matches!(o, Output::TurnEnd { .. })).count();
        let before = count(self);
        while let Some(at) = self.session.poll_timeout().filter(|at| *at <= CallTime::from_ms(until)) {
            self.pass_until(at.as_ms());
            if count(self) > before {
                return Some(at.as_ms());
            }
        }
        None
    }
}

/// A-AUD-003: "yes" to a question that is being asked is an answer once the question is over; in the middle of a
/// statement it is a backchannel, and so is a word of assent that came before the question did.
#[test]
fn yes_is_an_answer_to_a_question_and_a_backchannel_to_a_statement() {
    let answered = |line: &str, at: u64, words: &str| {
        let mut call = Call::saying(line);
        call.interjects(at, 300, words).ends();
        let heard = call.last_turn();
        let ended = call.turn_ends_at(8_300).is_some();
        assert_eq!(ended, !call.outputs.contains(&Output::SttCancel { turn: heard }), "{line} {at} {words}");
        ended
    };
    assert!(answered("מתאים לך מחר בבוקר?", 6_600, "כן"));
    assert!(!answered("יש לנו דירה ליד הים.", 6_600, "כן"));
    // The question begins in the last third of the line.
    let line = "יש לנו דירה גדולה ויפה מאוד ליד הים. מתאים לך מחר?";
    assert!(answered(line, 7_000, "כן"));
    assert!(!answered(line, 5_800, "כן"));
    // Close to the end of a statement it may be meant for what comes next.
    assert!(answered("יש לנו דירה ליד הים.", 7_400, "כן"));
}

/// A-AUD-003: assent does not answer "where?", whether its words were known in time or came later; anything else does.
#[test]
fn assent_is_no_answer_to_an_open_question() {
    let mut call = Call::saying("באיזה אזור מחפשים דירה?");
    call.interjects(7_300, 300, "אהה").ends();
    let turn = call.last_turn();
    assert!(call.outputs.contains(&Output::SttCancel { turn }));
    assert_eq!(call.turn_ends_at(10_000), None);

    // The interim word comes after the agent's end…
    let mut call = Call::saying("באיזה אזור מחפשים דירה?");
    call.voice(7_400).silence(7_900).ends();
    let turn = call.last_turn();
    call.at(8_050, Input::Stt { turn, event: SttEvent::Partial("כן") });
    assert_eq!((call.turn_ends_at(10_000), call.state()), (None, State::Listening));
    // …or the final one does: nothing is replied to, and the caller has the floor.
    let mut call = Call::saying("באיזה אזור מחפשים דירה?");
    call.voice(7_400).silence(7_900).ends();
    assert!(call.turn_ends_at(8_300).is_some());
    let turn = call.last_turn();
    call.at(8_400, Input::Stt { turn, event: SttEvent::Final("אוקיי") });
    assert_eq!(call.state(), State::Listening);
    assert!(!call.outputs.iter().any(|o| matches!(o, Output::Reply { text, .. } if text == "אוקיי")));
    // The agent asks again when it would have.
    call.pass_until(23_001);
    assert_eq!(call.state(), State::Speaking);

    let mut call = Call::saying("באיזה אזור מחפשים דירה?");
    call.interjects(6_700, 500, "חיפה").ends();
    assert!(call.turn_ends_at(8_300).is_some(), "an answer");
}

/// Three words of assent are as little an interruption as one.
#[test]
fn a_phrase_is_one_by_what_it_says() {
    for (words, is_turn) in [("כן כן אוקיי", false), ("אני רוצה משהו", true)] {
        let mut call = Call::saying("יש לנו דירה ליד הים.");
        call.interjects(6_500, 600, words).ends();
        assert_eq!(call.turn_ends_at(8_300).is_some(), is_turn, "{words}");
    }
}

/// A-AUD-003: an agent that yielded to a loud "uh-huh" goes on where it was; "yes" over a question is its answer.
#[test]
fn a_yield_to_a_backchannel_is_taken_back() {
    for (line, words, resumes) in [
        ("יש לנו דירה גדולה ליד הים.", "כן כן", true),
        ("יש לנו דירה גדולה ליד הים.", "כן תודה", false),
        ("מתאים לך לבוא מחר בבוקר?", "כן", false),
    ] {
        let mut call = Call::saying(line);
        call.voice(5_500).barge_in(6_000).silence(6_400).pass_until(6_600);
        let turn = call.last_turn();
        call.at(6_700, Input::Stt { turn, event: SttEvent::Final(words) });
        let resumed = matches!(call.outputs.last(), Some(Output::Speak { from_ms: 2_000, .. }));
        let answered = matches!(call.outputs.last(), Some(Output::Reply { .. }));
        assert_eq!((resumed, answered), (resumes, !resumes), "{line} {words}: {:?}", call.outputs.last());
    }
}

/// A word of assent in mid-reply is no part of the conversation.
#[test]
fn a_backchannel_is_not_written_down() {
    let mut call = Call::saying("יש לנו דירה ליד הים.");
    call.interjects(5_000, 300, "כן").ends().pass_until(9_000);
    assert!(call.turns().iter().all(|(speaker, text, _)| *speaker == Speaker::Agent || text == "שלום"));
}

/// A-AUD-008: how long a turn's end is waited for follows the agent's question: after a short sound less where a
/// word answers it, more where a name or a number is expected.
#[test]
fn the_wait_follows_the_question() {
    // From the detector's word for the end of a voice of so long.
    let wait = |line: &str, length: u64, words: &str| {
        let mut call = Call::saying(line);
        call.ends().voice(9_000).silence(9_000 + length);
        if !words.is_empty() {
            let turn = call.last_turn();
            call.at(9_000 + length, Input::Stt { turn, event: SttEvent::Partial(words) });
        }
        call.turn_ends_at(12_000).map(|at| at - 9_000 - length)
    };
    for (line, length, words, expected) in [
        ("לקנות או לשכור?", 700, "", 100),
        ("לקנות או לשכור?", 2_000, "", 200),
        ("באיזה אזור?", 700, "", 200),
        ("לקנות או לשכור?", 700, "כן", 0),
        ("מה השם?", 700, "דני", 200),
        ("מה השם?", 900, "דני כהן", 0),
        ("מה השם?", 900, "קוראים לי", 600),
        ("מה הטלפון?", 900, "אפס חמישים ושתיים", 600),
        ("מה הכתובת?", 900, "רחוב הרצל", 200),
        ("מה הכתובת?", 900, "רחוב הרצל ארבע", 0),
        ("באיזה אזור?", 700, "אה", 600),
    ] {
        assert_eq!(wait(line, length, words), Some(expected), "{line} {length} {words}");
    }
}

/// A caller who is asked to say it again is still asked for the number.
#[test]
fn a_plea_to_say_it_again_asks_for_the_same() {
    let mut call = Call::saying("מה הטלפון?");
    call.ends().pass_until(23_000);
    assert_eq!(call.state(), State::Speaking);
    call.plays(23_100, 1_000).voice(25_000).silence(26_000);
    let turn = call.last_turn();
    call.at(26_000, Input::Stt { turn, event: SttEvent::Partial("חמש שתיים") });
    assert_eq!(call.turn_ends_at(28_000), Some(26_600));
}

/// A-AUD-022: speech without words. Music on the line is taken for a caller who speaks: the agent asks again when
/// it would have, and says goodbye in the end, whatever the detector hears.
#[test]
fn speech_without_words_does_not_hold_the_floor() {
    let mut call = Call::greeted();
    call.voice(3_000).pass_until(17_999);
    assert_eq!(call.state(), State::Listening);
    let mut now = 18_000;
    for _ in 0..3 {
        call.pass_until(now);
        let turn = call.last_turn();
        assert_eq!(call.state(), State::Thinking, "at {now}");
        call.at(now + 300, Input::Stt { turn, event: SttEvent::Final("") });
        assert_eq!(call.state(), State::Speaking, "at {now}");
        call.plays(now + 400, 1_000);
        now += 1_400 + 15_000;
    }
    assert!(call.outputs.contains(&Output::HangUp));
}

/// A recogniser without interim words is asked for them: the caller is understood, and is not answered in mid-speech.
#[test]
fn speech_whose_words_come_late_goes_on() {
    let mut call = Call::greeted();
    call.voice(3_000).pass_until(18_000);
    let first = call.last_turn();
    assert!(call.outputs.contains(&Output::SttFinish { turn: first }));
    call.at(18_400, Input::Stt { turn: first, event: SttEvent::Final("אני מחפש דירה גדולה") });
    assert_eq!(call.state(), State::Listening);
    let again = Output::SttStart { turn: call.last_turn(), from: SampleTime::from_ms(18_000) };
    assert!(call.outputs.contains(&again), "nothing between is lost");
    assert!(call.outputs.contains(&Output::TakenBack { turn: first }));
    call.silence(21_000).pass_until(21_200);
    let turn = call.last_turn();
    call.at(21_500, Input::Stt { turn, event: SttEvent::Final("ליד הים") });
    let reply =
        Output::Reply { turn, index: 0, text: "אני מחפש דירה גדולה ליד הים".into() };
    assert!(call.outputs.contains(&reply));
}

/// Not for ever: a voice that never pauses is a turn after its limit.
#[test]
fn speech_without_a_pause_is_a_turn_in_the_end() {
    let mut call = Call::greeted();
    call.voice(3_000);
    for _ in 0..40 {
        let Some(at) = call.session.poll_timeout() else { break };
        call.pass_until(at.as_ms());
        if call.state() == State::Thinking {
            let turn = call.last_turn();
            call.at(at.as_ms() + 100, Input::Stt { turn, event: SttEvent::Final("מילים") });
        }
        if call.outputs.iter().any(|o| matches!(o, Output::Reply { .. })) {
            assert!(at.as_ms() >= 60_000, "{at:?}");
            return;
        }
    }
    panic!("never answered");
}
