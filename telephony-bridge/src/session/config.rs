//! The session's numbers and stock phrases.

use std::sync::Arc;
use std::time::Duration;

use super::Line;
use crate::words::Lexicon;

/// Timings and phrases.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionConfig {
    /// Silence after the VAD's own hangover before a turn is over of which no words are known yet:
    /// 200 ms.
    pub endpointing: Duration,
    /// The same where the words sound complete: none. A caller who goes on before the reply is heard
    /// takes it back.
    pub endpointing_complete: Duration,
    /// The same where the words ask for more ("of", "because", half a number): 600 ms. A
    /// reply takes its time on top of it, and a caller who goes on until then takes it back.
    pub endpointing_unfinished: Duration,
    /// Words that decide who has the floor.
    pub lexicon: Arc<Lexicon>,
    /// Final transcript overdue: go on with the interim words. 1.5 s (A-AUD-005).
    pub stt_timeout: Duration,
    /// First words of a reply overdue: say a stock phrase. 6 s.
    pub reply_timeout: Duration,
    /// First audio of an utterance overdue: give it up. 3 s.
    pub first_audio_timeout: Duration,
    /// No mark this long after the audio must have been heard: give the utterance up. 3 s.
    pub mark_slack: Duration,
    /// Longest utterance whose length is not known yet. 60 s.
    pub max_utterance: Duration,
    /// Longest turn of the caller: noise that the detector takes for speech must not hold the
    /// floor for ever. 60 s.
    pub max_turn: Duration,
    /// Words make a ducked agent yield that was turned down for so long: somebody near is speaking. 400 ms.
    pub near_enough: Duration,
    /// What the agent said so long ago may be recognised as its echo: words of it decide nothing. 3 s.
    pub echo_words: Duration,
    /// Voice over the agent, to which it yielded, without a word: no interruption. 5 s.
    pub max_wordless: Duration,
    /// Nobody speaks: ask again. 15 s.
    pub silence: Duration,
    /// How often to ask again before saying goodbye.
    pub max_reprompts: u32,
    /// Longest call. 60 min.
    pub max_call: Duration,
    /// How long the far end may take to close after the agent hung up. 2 s.
    pub hang_up_slack: Duration,
    /// Words over the agent's speech that end this close to its end are an answer. 500 ms.
    pub answer_window: Duration,
    /// So many words over the agent's speech are a phrase. 3.
    pub phrase_words: usize,
    /// A phrase over the agent's speech that ends this close to its end is a turn. 1.5 s.
    pub phrase_window: Duration,
    /// Said when nobody speaks.
    pub reprompt: Line,
    /// Said when a reply cannot be had.
    pub apology: Line,
    /// Said before hanging up on silence.
    pub goodbye: Line,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            endpointing: Duration::from_millis(200),
            endpointing_complete: Duration::ZERO,
            endpointing_unfinished: Duration::from_millis(600),
            lexicon: Lexicon::hebrew(),
            stt_timeout: Duration::from_millis(1_500),
            reply_timeout: Duration::from_secs(6),
            first_audio_timeout: Duration::from_secs(3),
            mark_slack: Duration::from_secs(3),
            max_utterance: Duration::from_secs(60),
            max_turn: Duration::from_secs(60),
            near_enough: Duration::from_millis(400),
            echo_words: Duration::from_secs(3),
            max_wordless: Duration::from_secs(5),
            silence: Duration::from_secs(15),
            max_reprompts: 2,
            max_call: Duration::from_secs(3_600),
            hang_up_slack: Duration::from_secs(2),
            answer_window: Duration::from_millis(500),
            phrase_words: 3,
            phrase_window: Duration::from_millis(1_500),
            reprompt: Line::text("לא שמעתי, אפשר לחזור?"),
            apology: Line::text("רגע אחד, אני בודקת."),
            goodbye: Line::text("תודה, ולהתראות."),
        }
    }
}
