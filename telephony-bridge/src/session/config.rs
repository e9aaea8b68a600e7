//! The session's numbers and stock phrases.

use std::sync::Arc;
use std::time::Duration;

use super::line::Line;
use crate::speech_text::Gender;
use crate::toml_text::{TomlError, shown};
use crate::words::Lexicon;

/// Timings and phrases.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionConfig {
    /// Silence after the VAD's own hangover before a turn is over of which no words are known yet:
    /// 200 ms.
    pub endpointing: Duration,
    /// The same after a short sound, where the agent's question is answered in a word ("yes"): 100 ms.
    pub endpointing_answer: Duration,
    /// A voice of so long, the time before its first sound included, may be such an answer. 800 ms.
    pub short_answer: Duration,
    /// The same where the words sound complete: none. A caller who goes on before the reply is heard
    /// takes it back.
    pub endpointing_complete: Duration,
    /// The same where the words ask for more ("of", "because", half a number): 600 ms. A
    /// reply takes its time on top of it, and a caller who goes on until then takes it back.
    pub endpointing_unfinished: Duration,
    /// Replies begun early for one turn of the caller, at most; the last one only once the turn's end is
    /// decided. 0: none, as the clock of a tape has it. [`live`](Self::live): 2.
    pub max_drafts: u32,
    /// Interim words that sound complete have not changed for so long: a reply to them is begun. 500 ms: words
    /// in mid-sentence follow each other faster.
    pub draft_after: Duration,
    /// Words that decide who has the floor.
    pub lexicon: Arc<Lexicon>,
    /// Final transcript overdue: go on with the interim words. 1.5 s (A-AUD-005).
    pub stt_timeout: Duration,
    /// Words of a turn that was answered from the caller's voice overdue: go on without them. 6 s.
    pub words_timeout: Duration,
    /// First words of a reply overdue: say a stock phrase. 6 s.
    pub reply_timeout: Duration,
    /// First audio of an utterance overdue: give it up. 3 s.
    pub first_audio_timeout: Duration,
    /// No mark this long after the audio must have been heard: give the utterance up. 3 s.
    pub mark_slack: Duration,
    /// A reply whose audio is there waits so long before it is heard: who goes on after a pause is noticed in
    /// that time. 80 ms (A-AUD-008).
    pub reply_delay: Duration,
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
    /// Nobody speaks, or somebody does of whom not a word is recognised: ask again. 15 s.
    pub silence: Duration,
    /// The detector hears nobody for so long: speech recognition listens all the same, and words that it finds are
    /// a turn. 4 s.
    pub unheard: Duration,
    /// Such words are over when none have come for so long, and what they ask for on top of it. 1.2 s.
    pub unheard_end: Duration,
    /// How often to ask again before saying goodbye.
    pub max_reprompts: u32,
    /// Longest call. 60 min.
    pub max_call: Duration,
    /// How long the far end may take to close after the agent hung up. 2 s.
    pub hang_up_slack: Duration,
    /// Words over the agent's speech that end this close to its end are an answer, but a backchannel to a question that
    /// "yes" does not answer. 500 ms.
    pub answer_window: Duration,
    /// So many words over the agent's speech are a phrase. 3.
    pub phrase_words: u32,
    /// A phrase over the agent's speech that ends this close to its end is a turn, and so is an answer that begins
    /// after its question did. 1.5 s.
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
            endpointing_answer: Duration::from_millis(100),
            short_answer: Duration::from_millis(800),
            endpointing_complete: Duration::ZERO,
            endpointing_unfinished: Duration::from_millis(600),
            max_drafts: 0,
            draft_after: Duration::from_millis(500),
            lexicon: Lexicon::hebrew(),
            stt_timeout: Duration::from_millis(1_500),
            words_timeout: Duration::from_secs(6),
            reply_timeout: Duration::from_secs(6),
            first_audio_timeout: Duration::from_secs(3),
            mark_slack: Duration::from_secs(3),
            reply_delay: Duration::from_millis(80),
            max_utterance: Duration::from_secs(60),
            max_turn: Duration::from_secs(60),
            near_enough: Duration::from_millis(400),
            echo_words: Duration::from_secs(3),
            max_wordless: Duration::from_secs(5),
            silence: Duration::from_secs(15),
            unheard: Duration::from_secs(4),
            unheard_end: Duration::from_millis(1_200),
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

/// A time: its key in a file, where it is kept, and its least and greatest value in ms.
type Time = (&'static str, fn(&mut SessionConfig) -> &mut Duration, u64, u64);
const TIMES: [Time; 24] = [
    ("endpointing_ms", |c| &mut c.endpointing, 0, 10_000),
    ("endpointing_answer_ms", |c| &mut c.endpointing_answer, 0, 10_000),
    ("short_answer_ms", |c| &mut c.short_answer, 0, 10_000),
    ("endpointing_complete_ms", |c| &mut c.endpointing_complete, 0, 10_000),
    ("endpointing_unfinished_ms", |c| &mut c.endpointing_unfinished, 0, 10_000),
    ("draft_after_ms", |c| &mut c.draft_after, 0, 10_000),
    ("stt_timeout_ms", |c| &mut c.stt_timeout, 100, 60_000),
    ("words_timeout_ms", |c| &mut c.words_timeout, 100, 60_000),
    ("reply_timeout_ms", |c| &mut c.reply_timeout, 100, 60_000),
    ("first_audio_timeout_ms", |c| &mut c.first_audio_timeout, 100, 60_000),
    ("mark_slack_ms", |c| &mut c.mark_slack, 100, 60_000),
    ("max_utterance_ms", |c| &mut c.max_utterance, 1_000, 600_000),
    ("max_turn_ms", |c| &mut c.max_turn, 1_000, 600_000),
    ("reply_delay_ms", |c| &mut c.reply_delay, 0, 2_000),
    ("echo_words_ms", |c| &mut c.echo_words, 0, 60_000),
    ("near_enough_ms", |c| &mut c.near_enough, 0, 10_000),
    ("max_wordless_ms", |c| &mut c.max_wordless, 100, 60_000),
    ("silence_ms", |c| &mut c.silence, 1_000, 600_000),
    ("unheard_ms", |c| &mut c.unheard, 500, 600_000),
    ("unheard_end_ms", |c| &mut c.unheard_end, 200, 10_000),
    ("max_call_ms", |c| &mut c.max_call, 1_000, 86_400_000),
    ("hang_up_slack_ms", |c| &mut c.hang_up_slack, 100, 60_000),
    ("answer_window_ms", |c| &mut c.answer_window, 0, 10_000),
    ("phrase_window_ms", |c| &mut c.phrase_window, 0, 10_000),
];

/// A phrase: its key in a file, and where it is kept.
type Phrase = (&'static str, fn(&mut SessionConfig) -> &mut Line);
const PHRASES: [Phrase; 3] =
    [("reprompt", |c| &mut c.reprompt), ("apology", |c| &mut c.apology), ("goodbye", |c| &mut c.goodbye)];

/// A count: its key in a file, where it is kept, and its least and greatest value.
type Count = (&'static str, fn(&mut SessionConfig) -> &mut u32, u32, u32);
const COUNTS: [Count; 3] = [
    ("max_drafts", |c| &mut c.max_drafts, 0, 10),
    ("max_reprompts", |c| &mut c.max_reprompts, 0, 100),
    ("phrase_words", |c| &mut c.phrase_words, 1, 100),
];

const A_PHRASE: &str = "words to say";

/// A session configuration that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionConfigError {
    /// Not TOML.
    #[error("{0}")]
    Syntax(TomlError),
    /// No field has this name.
    #[error("`{0}` is not a setting of a session")]
    Unknown(String),
    /// A field out of its range, or not of its kind.
    #[error("{field} is `{value}`: expected {expected}")]
    Wrong {
        /// Its key in a file.
        field: &'static str,
        /// What it held.
        value: String,
        /// What it should hold.
        expected: String,
    },
}

impl SessionConfig {
    /// The default of a live call: replies are begun early.
    pub fn live() -> Self {
        Self { max_drafts: 2, ..Self::default() }
    }

    /// The same for an agent that speaks of itself in this gender, where the phrases are the built-in ones: these
    /// are a woman's.
    #[must_use]
    pub fn spoken_by(mut self, gender: Option<Gender>) -> Self {
        if gender == Some(Gender::Masculine) && self.apology == Self::default().apology {
            self.apology = Line::text("רגע אחד, אני בודק.");
        }
        self
    }

    /// The names that [`with`](Self::with) reads.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let (times, counts) = (TIMES.iter().map(|time| time.0), COUNTS.iter().map(|count| count.0));
        times.chain(PHRASES.iter().map(|phrase| phrase.0)).chain(counts)
    }

    /// Checks every field; the error names the first one out of range, what it holds and its range.
    ///
    /// # Errors
    /// [`SessionConfigError::Wrong`].
    pub fn validate(&self) -> Result<(), SessionConfigError> {
        let mut fields = self.clone();
        for (field, of, least, most) in TIMES {
            let time = *of(&mut fields);
            if !(Duration::from_millis(least)..=Duration::from_millis(most)).contains(&time) {
                let value = format!("{}", time.as_secs_f64() * 1_000.0);
                return Err(wrong(field, value, format!("{least} to {most} ms")));
            }
        }
        for (field, of, least, most) in COUNTS {
            let count = *of(&mut fields);
            if !(least..=most).contains(&count) {
                return Err(wrong(field, count.to_string(), format!("{least} to {most}")));
            }
        }
        for (field, of) in PHRASES {
            let line = of(&mut fields);
            if line.text.trim().is_empty() {
                return Err(wrong(field, line.text.clone(), A_PHRASE.to_owned()));
            }
        }
        Ok(())
    }

    /// This configuration, but what `text` names in its place: TOML with the names of the fields, times
    /// in ms with `_ms` at the end of their names (`silence_ms = 20000`).
    ///
    /// # Errors
    /// [`SessionConfigError`].
    pub fn with(mut self, text: &str) -> Result<Self, SessionConfigError> {
        let table: toml::Table =
            text.parse().map_err(|error| SessionConfigError::Syntax(TomlError::new(text, &error)))?;
        for (key, value) in table {
            if let Some((field, of, least, most)) = TIMES.iter().find(|time| time.0 == key) {
                let ms = number(&value).ok_or_else(|| {
                    wrong(field, shown(&value), format!("{least} to {most} ms, a whole number"))
                })?;
                *of(&mut self) = Duration::from_millis(ms);
            } else if let Some((field, of)) = PHRASES.iter().find(|phrase| phrase.0 == key) {
                let words = value.as_str().ok_or_else(|| wrong(field, shown(&value), A_PHRASE.to_owned()))?;
                *of(&mut self) = Line::text(words);
            } else if let Some((field, of, least, most)) = COUNTS.iter().find(|count| count.0 == key) {
                *of(&mut self) = number(&value)
                    .ok_or_else(|| wrong(field, shown(&value), format!("{least} to {most}")))?;
            } else {
                return Err(SessionConfigError::Unknown(key));
            }
        }
        self.validate()?;
        Ok(self)
    }
}

fn number<T: TryFrom<i64>>(value: &toml::Value) -> Option<T> {
    value.as_integer().and_then(|number| T::try_from(number).ok())
}

const fn wrong(field: &'static str, value: String, expected: String) -> SessionConfigError {
    SessionConfigError::Wrong { field, value, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<SessionConfig, String> {
        SessionConfig::default().with(text).map_err(|error| error.to_string())
    }

    /// What is named is replaced, the rest is as it was.
    #[test]
    fn what_a_file_names_is_replaced() {
        let default = SessionConfig::default();
        assert_eq!(default.validate(), Ok(()));
        assert_eq!(with(""), Ok(default.clone()));
        let set = with("silence_ms = 20000\nmax_reprompts = 0\nphrase_words = 4\nreprompt = \"שלום?\"");
        let expected = SessionConfig {
            silence: Duration::from_secs(20),
            max_reprompts: 0,
            phrase_words: 4,
            reprompt: Line::text("שלום?"),
            ..default
        };
        assert_eq!(set, Ok(expected));
    }

    /// S-AUD-013: every field is in the table: each can be set to its bounds and no further.
    #[test]
    fn every_time_has_its_bounds() {
        for (field, of, least, most) in TIMES {
            for ms in [least, most] {
                let mut config = with(&format!("{field} = {ms}")).expect(field);
                assert_eq!(*of(&mut config), Duration::from_millis(ms), "{field}");
            }
            let error = with(&format!("{field} = {}", most + 1)).expect_err(field);
            assert_eq!(error, format!("{field} is `{}`: expected {least} to {most} ms", most + 1));
            if least > 0 {
                assert!(with(&format!("{field} = {}", least - 1)).is_err(), "{field}");
            }
            let mut config = SessionConfig::default();
            *of(&mut config) = Duration::from_millis(most) + Duration::from_micros(1);
            assert!(config.validate().is_err(), "{field}");
        }
    }

    #[test]
    fn nonsense_is_named() {
        for (text, sentence) in [
            ("silence_ms = -1", "silence_ms is `-1`: expected 1000 to 600000 ms, a whole number"),
            ("silence_ms = \"long\"", "silence_ms is `long`: expected 1000 to 600000 ms, a whole number"),
            ("silence_ms = [1]", "silence_ms is `array`: expected 1000 to 600000 ms, a whole number"),
            ("max_reprompts = 101", "max_reprompts is `101`: expected 0 to 100"),
            ("max_reprompts = 1.5", "max_reprompts is `1.5`: expected 0 to 100"),
            ("phrase_words = 0", "phrase_words is `0`: expected 1 to 100"),
            ("max_drafts = 11", "max_drafts is `11`: expected 0 to 10"),
            ("goodbye = \" \"", "goodbye is ` `: expected words to say"),
            ("goodbye = 3", "goodbye is `3`: expected words to say"),
            ("silence = 3", "`silence` is not a setting of a session"),
        ] {
            assert_eq!(with(text), Err(sentence.to_owned()));
        }
        let error = with("\nsilence_ms =").expect_err("no TOML");
        assert!(error.starts_with("line 2: ") && !error.contains('\n'), "{error}");
    }
}
