//! Replies begun early.

use super::*;

impl Call {
    /// Listening at 2 s, with early replies.
    fn early() -> Self {
        let mut call = Self::new();
        call.session = Session::new(SessionConfig::live());
        call.at(0, Input::Start(start())).plays(0, 2_000);
        call
    }

    fn interim(&mut self, ms: u64, text: &str) -> &mut Self {
        let turn = self.last_turn();
        self.at(ms, Input::Stt { turn, event: SttEvent::Partial(text) })
    }

    fn last_words(&mut self, ms: u64, text: &str) -> &mut Self {
        let turn = self.last_turn();
        self.at(ms, Input::Stt { turn, event: SttEvent::Final(text) })
    }

    /// Of drafts and replies what was asked, in order.
    fn asked(&self) -> Vec<String> {
        let asked = self.outputs.iter().filter_map(|output| match output {
            Output::Draft { text, .. } => Some(format!("draft {text}")),
            Output::DropDraft { .. } => Some("drop".to_owned()),
            Output::Reply { text, .. } => Some(format!("reply {text}")),
            Output::CancelReply { .. } => Some("cancel".to_owned()),
            _ => None,
        });
        asked.collect()
    }
}

/// A-AUD-005: words that stand and sound complete are answered early, and the reply to the same words, whatever
/// their punctuation, takes that over.
#[test]
fn stable_words_are_answered_early() {
    let mut call = Call::early();
    call.voice(3_000).interim(3_600, "אני מחפש דירה").pass_until(4_099);
    assert!(call.asked().is_empty());
    call.pass_until(4_100);
    assert_eq!(call.asked(), ["draft אני מחפש דירה"]);
    call.silence(4_300).pass_until(4_301).last_words(4_550, "אני מחפש דירה.");
    assert_eq!(call.asked(), ["draft אני מחפש דירה", "reply אני מחפש דירה."]);
    call.replies(4_600, "באיזה אזור?").plays(4_700, 1_000);
    assert_eq!(call.turns().len(), 3);
}

/// Other words: what was begun is dropped before the reply is asked for.
#[test]
fn other_words_drop_it() {
    let mut call = Call::early();
    call.voice(3_000).interim(3_400, "אני מחפש דירה").silence(3_600).pass_until(3_601);
    assert_eq!(call.asked(), ["draft אני מחפש דירה"], "the turn's end is decided");
    call.last_words(3_850, "אני מחפש דירה בחיפה");
    assert_eq!(call.asked()[1..], ["drop", "reply אני מחפש דירה בחיפה"]);
}

/// "Of" asks for more: nothing is begun before the turn's end.
#[test]
fn unfinished_words_are_not_answered_early() {
    let mut call = Call::early();
    call.voice(3_000).interim(3_400, "אני מחפש דירה של").pass_until(4_000);
    assert!(call.asked().is_empty());
    call.silence(4_100).pass_until(4_700);
    assert_eq!(call.asked(), ["draft אני מחפש דירה של"]);
}

/// However often the words change there are two drafts at most, the second one at the end of the turn alone.
#[test]
fn a_turn_has_so_many_drafts_and_no_more() {
    let mut call = Call::early();
    call.voice(3_000);
    for (n, text) in ["אחת", "אחת דירה", "אחת דירה גדולה"].into_iter().enumerate() {
        let ms = 3_400 + 600 * n as u64;
        call.interim(ms, text).pass_until(ms + 599);
    }
    assert_eq!(call.asked(), ["draft אחת", "drop"]);
    call.silence(5_300).pass_until(5_301);
    assert_eq!(call.asked()[2..], ["draft אחת דירה גדולה"]);
    call.interim(5_400, "אחת דירה גדולה מאוד").last_words(5_550, "אחת דירה גדולה מאוד");
    assert_eq!(call.asked()[3..], ["drop", "reply אחת דירה גדולה מאוד"]);
    // The next turn has its own.
    call.replies(5_600, "כן").plays(5_700, 500);
    call.voice(6_500).interim(7_000, "בחיפה").pass_until(7_500);
    assert_eq!(call.asked().last().map(String::as_str), Some("draft בחיפה"));
}

/// A caller who goes on, a sound without words and a hang-up leave nothing behind.
#[test]
fn where_there_is_no_turn_it_is_dropped() {
    let begun = || {
        let mut call = Call::early();
        call.voice(3_000).interim(3_400, "אני מחפש דירה").silence(3_600).pass_until(3_601);
        assert_eq!(call.asked().len(), 1);
        call
    };
    let mut goes_on = begun();
    goes_on.voice(3_700);
    let mut without_words = begun();
    without_words.last_words(3_850, "");
    let mut hangs_up = begun();
    hangs_up.at(3_700, Input::Stop(EndReason::CallerHangUp));
    assert_eq!(hangs_up.asked().pop().as_deref(), Some("cancel"));
    for call in [goes_on, without_words, hangs_up] {
        assert_eq!(call.asked()[1], "drop");
        assert!(!call.asked().iter().any(|what| what.starts_with("reply")));
        assert!(!call.outputs.iter().any(|output| matches!(output, Output::Speak { cached: false, .. })));
    }
}

/// The off switch: nothing is begun before the last words are known.
#[test]
fn without_drafts_nothing_is_begun_early() {
    let mut call = Call::greeted();
    call.voice(3_000).interim(3_400, "אני מחפש דירה").pass_until(4_000);
    call.silence(4_100).pass_until(4_101).last_words(4_300, "אני מחפש דירה");
    assert_eq!(call.asked(), ["reply אני מחפש דירה"]);
}
