//! Words over the agent, and words that are not finished.

use super::*;

impl Call {
    /// The agent says a long line from 4 s on.
    fn replying() -> Self {
        let mut call = Self::greeted();
        call.says(2_500, "שלום").replies(4_000, "יש לנו דירה גדולה ליד הים, ועוד אחת בחולון");
        let utterance = call.last_utterance();
        call.at(4_000, Input::Playing { utterance });
        call.at(4_000, Input::Tts { utterance, event: TtsEvent::End { total_ms: 6_000 } });
        call
    }

    /// The agent is turned down by somebody who may be far off.
    fn duck_far(&mut self, ms: u64) -> &mut Self {
        let at = SampleTime::from_ms(ms);
        self.speech(ms, PipelineEvent::Duck { at, score: 0.8, reasons: Default::default() })
    }

    fn near(&mut self, ms: u64) -> &mut Self {
        let at = SampleTime::from_ms(ms);
        self.speech(ms, PipelineEvent::Near { at, score: 0.6, reasons: Default::default() })
    }

    /// The agent is turned down by somebody near.
    fn duck(&mut self, ms: u64) -> &mut Self {
        self.duck_far(ms).near(ms)
    }

    fn resume(&mut self, ms: u64) -> &mut Self {
        self.speech(ms, PipelineEvent::Resume { at: SampleTime::from_ms(ms), reason: Default::default() })
    }

    fn hears(&mut self, ms: u64, text: &str) -> &mut Self {
        let turn = self.last_turn();
        self.at(ms, Input::Stt { turn, event: SttEvent::Partial(text) })
    }

    fn yielded_to(&self) -> Option<String> {
        self.outputs.iter().find_map(|output| match output {
            Output::Yield { words, .. } => words.clone(),
            _ => None,
        })
    }
}

/// A-AUD-003: "wait" stops the agent, whether it was turned down or not.
#[test]
fn a_stop_word_makes_the_agent_yield_at_once() {
    let mut call = Call::replying();
    call.voice(5_000).hears(5_500, "רגע");
    assert_eq!(call.yielded_to().as_deref(), Some("רגע"));
    assert_eq!(call.state(), State::Listening);
    assert!(call.outputs.contains(&Output::Clear(ClearReason::Yield)));
}

/// A-AUD-003: other words do so while the signal chain hears somebody near.
#[test]
fn words_make_a_ducked_agent_yield() {
    let mut call = Call::replying();
    call.voice(5_000).hears(5_500, "אני רוצה");
    assert_eq!(call.state(), State::Speaking, "somebody far off");
    call.duck(5_600).hears(5_700, "אני רוצה משהו");
    assert_eq!(call.state(), State::Speaking, "one loud syllable");
    call.hears(5_800, "אני רוצה משהו אחר").pass_until(6_001);
    assert_eq!(call.yielded_to().as_deref(), Some("משהו אחר"));
}

/// A-AUD-003: words that come before that decide once it is so, unless the agent is up again.
#[test]
fn words_wait_for_the_duck_to_last() {
    let mut call = Call::replying();
    call.voice(5_000).duck(5_400).hears(5_500, "אני רוצה").pass_until(5_799);
    assert_eq!(call.state(), State::Speaking);
    call.pass_until(5_801);
    assert_eq!(call.yielded_to().as_deref(), Some("אני רוצה"));
    let mut call = Call::replying();
    call.voice(5_000).duck(5_400).hears(5_500, "אני רוצה").resume(5_700).pass_until(6_000);
    assert_eq!(call.state(), State::Speaking);
}

/// A-AUD-003: the words of somebody far off decide nothing until a near voice is heard; a stop-word always does.
#[test]
fn words_wait_for_a_near_voice() {
    let mut call = Call::replying();
    call.voice(5_000).duck_far(5_100).hears(5_600, "אני רוצה").pass_until(6_100);
    assert_eq!(call.state(), State::Speaking, "far off");
    call.near(6_200).pass_until(6_201);
    assert_eq!(call.yielded_to().as_deref(), Some("אני רוצה"));
    let mut call = Call::replying();
    call.voice(5_000).duck_far(5_100).hears(5_600, "רגע");
    assert_eq!(call.yielded_to().as_deref(), Some("רגע"));
}

/// A-AUD-003: a word that the agent said long ago is no echo, one that it has just said may be.
#[test]
fn only_what_was_just_said_echoes() {
    let over = |ms: u64, words: &str| {
        let mut call = Call::replying();
        call.voice(ms).duck(ms + 100).hears(ms + 500, words);
        call.state()
    };
    assert_eq!(over(5_000, "יש"), State::Speaking);
    assert_eq!(over(8_500, "יש"), State::Listening);
    assert_eq!(over(8_500, "אחת"), State::Speaking);
}

/// A-AUD-003: "uh-huh" does not, nor does the agent's own voice coming back.
#[test]
fn a_backchannel_and_the_agents_own_words_do_not() {
    let mut call = Call::replying();
    call.voice(5_000)
        .duck(5_100)
        .hears(5_500, "כן")
        .hears(5_700, "כן אוקיי")
        .hears(6_000, "כן אוקיי דירה גדולה");
    assert_eq!((call.state(), call.yielded_to()), (State::Speaking, None));
    assert!(call.outputs.contains(&Output::Acquit), "the agent need not wait for the voice to stop");
    call.resume(6_200);
    assert!(matches!(call.outputs.last(), Some(Output::Resume { .. })));
}

/// Without a duck there is nothing to take back.
#[test]
fn a_backchannel_to_an_agent_at_full_level_changes_nothing() {
    let mut call = Call::replying();
    call.voice(5_000).hears(5_500, "כן").duck(5_600).hears(5_700, "כן");
    assert!(!call.outputs.contains(&Output::Acquit), "\"yes\" came before the duck");
}

/// A duck ends with its reply: words over the next one are weighed anew.
#[test]
fn a_duck_does_not_outlive_its_reply() {
    let mut call = Call::replying();
    call.voice(9_500).duck(9_600);
    let utterance = call.last_utterance();
    call.at(10_000, Input::Mark { utterance }).resume(10_100);
    assert!(
        !call.outputs.iter().any(|output| matches!(output, Output::Resume { .. })),
        "there is nothing left to resume"
    );
    call.hears(10_200, "טוב").silence(10_400).pass_until(12_000);
    let turn = call.last_turn();
    call.at(12_100, Input::Stt { turn, event: SttEvent::Final("טוב") })
        .replies(12_500, "יופי, אז נקבע פגישה");
    call.plays(12_600, 100);
    call.replies(12_700, "ועוד משהו");
    call.voice(12_900).hears(13_200, "אני רוצה");
    assert_eq!(call.yielded_to(), None);
}

/// A-AUD-003: the detector may turn the agent down before it says "speech", and only then the last attempt is found to
/// be over: how many words that one had says nothing about the new one.
#[test]
fn a_duck_before_a_new_attempt_skips_none_of_its_words() {
    let mut call = Call::replying();
    call.voice(5_000).hears(5_500, "כן כן").silence(5_700);
    let first = call.last_turn();
    call.duck_far(8_000).voice(8_100);
    assert_ne!(call.last_turn(), first, "a new attempt");
    call.hears(8_500, "רגע");
    assert_eq!(call.yielded_to().as_deref(), Some("רגע"));
    let mut call = Call::replying();
    call.voice(5_000).hears(5_500, "כן כן").silence(5_700);
    call.duck_far(8_000).voice(8_100).hears(8_500, "אוקיי").resume(8_600);
    let resumed = Output::Resume { reason: Default::default(), words: "אוקיי".into() };
    assert!(call.outputs.contains(&Output::Acquit) && call.outputs.contains(&resumed));
}

/// An interim word that is rewritten into a stop-word counts.
#[test]
fn a_rewritten_word_is_seen() {
    let mut call = Call::replying();
    call.voice(5_000).hears(5_400, "רד").hears(5_600, "רגע");
    assert_eq!(call.yielded_to().as_deref(), Some("רגע"));
}

/// A-AUD-003: so does one that was another before the agent was turned down; a comma or niqqud makes no word another.
#[test]
fn a_word_rewritten_after_the_duck_is_seen() {
    let mut call = Call::replying();
    call.voice(5_000).hears(5_400, "רד").duck(5_500).hears(5_600, "רגע");
    assert_eq!(call.yielded_to().as_deref(), Some("רגע"));
    let mut call = Call::replying();
    call.voice(5_000).hears(5_400, "כן").duck(5_500).hears(5_600, "כן,");
    assert!(!call.outputs.contains(&Output::Acquit), "nothing was said since");
}

/// The agent yields to a noise and nobody says a word: it goes on where it was heard last.
#[test]
fn voice_without_words_gives_the_floor_back() {
    let mut call = Call::replying();
    call.voice(5_000).barge_in(6_000);
    assert_eq!(call.state(), State::Listening);
    call.pass_until(11_100);
    let turn = call.last_turn();
    call.at(11_200, Input::Stt { turn, event: SttEvent::Final("") });
    assert_eq!(call.state(), State::Speaking);
    let resumed = call.outputs.iter().rev().find_map(|output| match output {
        Output::Speak { from_ms, line, .. } => Some((*from_ms, line.text.clone())),
        _ => None,
    });
    let (from_ms, text) = resumed.expect("the rest is said");
    assert!((1_900..=2_100).contains(&from_ms) && text.starts_with("יש לנו"), "{from_ms} {text}");
}

/// A finished sentence is answered at once, "of" is waited for, also if it is recognised late.
#[test]
fn the_wait_follows_the_words() {
    let ended = |call: &Call| call.outputs.iter().any(|output| matches!(output, Output::TurnEnd { .. }));
    let mut call = Call::greeted();
    call.voice(2_500).hears(3_000, "אני מחפש דירה").silence(3_800).pass_until(3_801);
    assert!(ended(&call));
    let mut call = Call::greeted();
    call.voice(2_500).silence(3_800).hears(3_900, "אני מחפש דירה של").pass_until(4_399);
    assert!(!ended(&call));
    call.pass_until(4_401);
    assert!(ended(&call));
    let mut call = Call::greeted();
    call.voice(2_500)
        .hears(3_000, "דירה של")
        .silence(3_800)
        .hears(3_900, "דירה של שלושה חדרים")
        .pass_until(3_901);
    assert!(ended(&call));
}

/// A-AUD-022: somebody whom the detector does not hear is understood all the same, and the turn is over when no
/// more words come.
#[test]
fn words_without_speech_are_a_turn() {
    let ended = |call: &Call| call.outputs.iter().any(|output| matches!(output, Output::TurnEnd { .. }));
    let mut call = Call::greeted();
    call.pass_until(6_000);
    let from = Output::SttStart { turn: call.last_turn(), from: SampleTime::from_ms(2_000) };
    assert!(call.outputs.contains(&from), "the line since the agent ended");
    call.hears(7_000, "אני").hears(7_500, "אני מחפש דירה").pass_until(8_699);
    assert!(!ended(&call));
    call.pass_until(8_700);
    assert!(ended(&call));
    let turn = call.last_turn();
    call.at(8_900, Input::Stt { turn, event: SttEvent::Final("אני מחפש דירה בחיפה") }).replies(9_000, "כן");
    call.plays(9_100, 500);
    assert!(call.turns().contains(&(Speaker::Caller, "אני מחפש דירה בחיפה".into(), false)));
}

/// Without a word either the agent asks again when it would have, and the recogniser is let go.
#[test]
fn silence_without_words_is_silence() {
    let mut call = Call::greeted();
    call.pass_until(16_999);
    let turn = call.last_turn();
    assert_eq!(call.state(), State::Listening);
    call.pass_until(17_000);
    assert!(call.outputs.contains(&Output::SttCancel { turn }));
    assert_eq!(call.state(), State::Speaking);
}

/// A voice that is heard after all makes it a turn like any other.
#[test]
fn a_voice_after_all_is_a_turn_like_any_other() {
    let mut call = Call::greeted();
    call.pass_until(6_000);
    let turn = call.last_turn();
    call.voice(8_000).hears(8_500, "שלום").silence(9_300).pass_until(9_301);
    assert!(
        call.outputs.iter().any(|output| matches!(output, Output::TurnEnd { turn: of, .. } if *of == turn))
    );
    call.at(9_500, Input::Stt { turn, event: SttEvent::Final("שלום") })
        .replies(9_600, "כן")
        .plays(9_700, 500);
    let said = call.outputs.iter().find_map(|output| match output {
        Output::Crm(CallEventKind::Turn { speaker: Speaker::Caller, start_ms, .. }) => Some(*start_ms),
        _ => None,
    });
    assert_eq!(said, Some(7_940), "it began with the voice");
}

/// A television in the room does not hold the floor for ever.
#[test]
fn words_without_end_are_a_turn_too() {
    let mut call = Call::greeted();
    call.pass_until(6_000);
    for second in 7..80 {
        call.hears(second * 1_000, &format!("מילה {second}")).pass_until(second * 1_000 + 999);
    }
    assert!(call.outputs.iter().any(|output| matches!(output, Output::TurnEnd { .. })));
}
