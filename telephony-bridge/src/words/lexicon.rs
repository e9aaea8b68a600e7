//! The lists of one language, and what they say about words.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use super::{Ending, Kind, Overlap};
use crate::config::{TomlError, shown};

/// Digits of an Israeli telephone number: on land, and of a mobile, which begins with 05.
const LAND_LINE: usize = 9;
const MOBILE: usize = 10;
/// Digits after the star of a short number, and the star as it is spoken.
const STAR_NUMBER: usize = 4;
const STAR: &str = "כוכבית";
/// From so many digits in a row on, it is a telephone number, whatever the first.
const MANY_DIGITS: usize = 3;

/// What takes an urgent word back when it stands before it.
const NOT: [&str; 2] = ["לא", "not"];

/// Lists of words, normalised: no niqqud, no punctuation, lower case.
///
/// That a spoken number begins with 0 or 05 is known in Hebrew (אפס, חמש) and in figures only, whatever
/// `digits` holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lexicon {
    backchannels: HashSet<String>,
    stops: HashSet<String>,
    dangling: HashSet<String>,
    wanting: HashSet<String>,
    counting: HashSet<String>,
    weekdays: HashSet<String>,
    fillers: HashSet<String>,
    digits: HashSet<String>,
    questions: HashSet<String>,
    numbers: HashSet<String>,
    /// Phrases: words with one space between them.
    emergencies: HashSet<String>,
}

/// Word lists that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// Not TOML.
    #[error("{0}")]
    Syntax(TomlError),
    /// No list has this name.
    #[error(
        "`{0}` is no list: expected backchannels, stops, dangling, wanting, counting, weekdays, fillers, digits, \
         questions, numbers or emergencies"
    )]
    Unknown(String),
    /// Something else by the name of a list.
    #[error("{list} is `{value}`: expected a list of words in quotes")]
    NotAList {
        /// Which.
        list: String,
        /// What it holds.
        value: String,
    },
    /// An entry that no recognised word can equal.
    #[error("{list} has `{entry}`: expected {expected}")]
    NotAWord {
        /// Which.
        list: String,
        /// The entry.
        entry: String,
        /// What it should be.
        expected: &'static str,
    },
}

impl Lexicon {
    /// Reads lists: TOML with any of `backchannels`, `stops`, `dangling`, `wanting`, `counting`, `weekdays`,
    /// `fillers`, `digits`, `questions`, `numbers` and `emergencies`. A list that is not named is empty.
    ///
    /// # Errors
    /// [`LexiconError`].
    pub fn parse(text: &str) -> Result<Self, LexiconError> {
        Self::default().with(text)
    }

    /// These lists, but those that `text` names, as [`parse`](Self::parse) reads them, in their place.
    ///
    /// # Errors
    /// [`LexiconError`].
    pub fn with(mut self, text: &str) -> Result<Self, LexiconError> {
        let table: toml::Table =
            text.parse().map_err(|error| LexiconError::Syntax(TomlError::new(text, &error)))?;
        for (list, value) in table {
            let words = match list.as_str() {
                "backchannels" => &mut self.backchannels,
                "stops" => &mut self.stops,
                "dangling" => &mut self.dangling,
                "wanting" => &mut self.wanting,
                "counting" => &mut self.counting,
                "weekdays" => &mut self.weekdays,
                "fillers" => &mut self.fillers,
                "digits" => &mut self.digits,
                "questions" => &mut self.questions,
                "numbers" => &mut self.numbers,
                "emergencies" => &mut self.emergencies,
                _ => return Err(LexiconError::Unknown(list)),
            };
            let toml::Value::Array(entries) = value else {
                return Err(LexiconError::NotAList { list, value: shown(&value) });
            };
            words.clear();
            let (read, expected): (fn(&str) -> Option<String>, _) = match list.as_str() {
                "emergencies" => (phrase, "a phrase of letters or digits"),
                _ => (one_word, "one word, letters or digits without a space or a hyphen"),
            };
            for entry in entries {
                let word = entry.as_str().and_then(read);
                let word = word.ok_or_else(|| LexiconError::NotAWord {
                    list: list.clone(),
                    entry: shown(&entry),
                    expected,
                })?;
                words.insert(word);
            }
        }
        Ok(self)
    }

    /// The Hebrew lists (`words/he.toml`).
    pub fn hebrew() -> Arc<Self> {
        static HEBREW: LazyLock<Arc<Lexicon>> =
            LazyLock::new(|| Arc::new(Lexicon::parse(include_str!("he.toml")).unwrap_or_default()));
        HEBREW.clone()
    }

    /// What `words` mean while the agent is saying `line`. Words of the line itself are its echo.
    pub fn overlap(&self, words: &str, line: &str) -> Overlap {
        let said: HashSet<String> = each(line).collect();
        let mut heard = each(words).filter(|word| !said.contains(word)).peekable();
        if heard.peek().is_none() {
            return Overlap::Nothing;
        }
        let mut count = 0;
        for word in heard {
            if self.stops.contains(&word) {
                return Overlap::Stop(word);
            }
            count += usize::from(!self.backchannels.contains(&word) && !self.fillers.contains(&word));
        }
        if count == 0 { Overlap::Backchannel } else { Overlap::Words(count) }
    }

    /// How a turn of these words ends, said after the agent's `asked`: if that asks for a telephone number,
    /// one is expected from the first digit on.
    pub fn ending(&self, asked: &str, words: &str) -> Ending {
        let all: Vec<String> = each(words).collect();
        let Some(last) = all.last() else { return Ending::None };
        let trailing_off = words.trim_end().ends_with(['…', ',', '-', '–']);
        let number = self.number_at_end(&all);
        let least = if each(asked).any(|word| self.numbers.contains(&word)) { 1 } else { number.least() };
        let half_a_number = (least..number.whole()).contains(&number.digits);
        let is_weekday = || all.iter().rev().nth(1).is_some_and(|before| self.weekdays.contains(before));
        let asks_for_more = self.fillers.contains(last)
            || self.dangling.contains(last)
            || self.wanting.contains(last)
            || self.counting.contains(last) && !is_weekday();
        let asked = words.trim_end().ends_with('?');
        // A word alone is an answer.
        if trailing_off || half_a_number || all.len() > 1 && asks_for_more && !asked {
            return Ending::Unfinished;
        }
        let asks = asked || all.iter().any(|word| self.questions.contains(word));
        if asks { Ending::Question } else { Ending::Complete }
    }

    /// What in a caller's words is an emergency: the longest phrase of the list that is in them, whatever is
    /// around it, unless "not" stands before it.
    pub fn emergency(&self, words: &str) -> Option<&str> {
        let said: Vec<String> = each(words).collect();
        let said = said.join(" ");
        let counts = |at: usize| !NOT.contains(&said[..at].split_whitespace().last().unwrap_or_default());
        let found = |phrase: &&String| said.match_indices(phrase.as_str()).any(|(at, _)| counts(at));
        self.emergencies.iter().filter(found).max_by_key(|phrase| (phrase.len(), *phrase)).map(String::as_str)
    }

    /// A word as the lists have it, and which of them do.
    pub fn kind(&self, word: &str) -> (String, Kind) {
        let plain = normalised(word);
        let lists = [
            &self.backchannels,
            &self.stops,
            &self.dangling,
            &self.counting,
            &self.weekdays,
            &self.fillers,
            &self.questions,
        ];
        let kind = match self.digits.contains(&plain) {
            true => Kind::Digit,
            false if lists.iter().any(|list| list.contains(&plain)) => Kind::Function,
            false => Kind::Other,
        };
        (plain, kind)
    }

    /// The words at the end that are nothing but digits.
    fn number_at_end(&self, words: &[String]) -> Number {
        let written = |word: &str| word.chars().all(|c| c.is_ascii_digit());
        let count =
            words.iter().rev().take_while(|word| written(word) || self.digits.contains(*word)).count();
        let number = &words[words.len() - count..];
        let digits = number.iter().map(|word| if written(word) { word.len() } else { 1 }).sum();
        let before = words[..words.len() - count].last();
        let kind = match number {
            _ if before.is_some_and(|word| word == STAR) => Shape::Star,
            [first, ..] if written(first) => Shape::of(first),
            [first, second, ..] if first == "אפס" && second == "חמש" => Shape::Mobile,
            [first, ..] if first == "אפס" => Shape::Dialled,
            _ => Shape::Other,
        };
        Number { digits, shape: kind }
    }
}

/// Digits in a row, perhaps those of a telephone number.
struct Number {
    digits: usize,
    shape: Shape,
}

/// What a number is, by its beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// 05…
    Mobile,
    /// 0…
    Dialled,
    /// 972 5…
    MobileFromAbroad,
    /// 972…
    FromAbroad,
    /// *…
    Star,
    Other,
}

impl Shape {
    fn of(figures: &str) -> Self {
        let known = [
            ("05", Self::Mobile),
            ("0", Self::Dialled),
            ("9725", Self::MobileFromAbroad),
            ("972", Self::FromAbroad),
        ];
        known.into_iter().find(|(start, _)| figures.starts_with(start)).map_or(Self::Other, |(_, kind)| kind)
    }
}

impl Number {
    /// From so many digits on more are expected.
    const fn least(&self) -> usize {
        if matches!(self.shape, Shape::Other) { MANY_DIGITS } else { 1 }
    }

    /// With so many it is whole.
    const fn whole(&self) -> usize {
        match self.shape {
            Shape::Mobile => MOBILE,
            Shape::Dialled | Shape::Other => LAND_LINE,
            // The country's three digits stand for the 0.
            Shape::MobileFromAbroad => MOBILE + 2,
            Shape::FromAbroad => LAND_LINE + 2,
            Shape::Star => STAR_NUMBER,
        }
    }
}

/// Words, normalised; what is nothing but punctuation is none.
fn each(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| c.is_whitespace() || c == '-' || c == '־')
        .map(normalised)
        .filter(|word| !word.is_empty())
}

/// The words alone, by which two transcripts are compared: no niqqud, punctuation or case, one space between.
pub fn plain(text: &str) -> String {
    each(text).collect::<Vec<_>>().join(" ")
}

/// The entry of a list as [`each`] would find it in a transcript.
fn one_word(entry: &str) -> Option<String> {
    let mut words = each(entry);
    words.next().filter(|_| words.next().is_none())
}

/// The words of an entry as [`each`] would find them, with one space between.
fn phrase(entry: &str) -> Option<String> {
    let words: Vec<String> = each(entry).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Without niqqud and cantillation (U+0591 to U+05C7), punctuation and case.
fn normalised(word: &str) -> String {
    word.chars()
        .filter(|c| !('\u{591}'..='\u{5c7}').contains(c) && c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hebrew() -> Arc<Lexicon> {
        Lexicon::hebrew()
    }

    #[test]
    fn the_shipped_lists_are_read() {
        let lexicon = Lexicon::parse(include_str!("he.toml")).expect("valid");
        assert!(lexicon.stops.len() > 10 && lexicon.backchannels.len() > 10);
        let error = Lexicon::parse("stops = 3").expect_err("not a list").to_string();
        assert!(error.contains("stops"), "{error}");
    }

    /// A-AUD-003: a list that is named replaces the Hebrew one, the others stay.
    #[test]
    fn named_lists_replace_ours() {
        let ours = Lexicon::clone(&hebrew());
        let mine = ours.clone().with("stops = [\"Hold\", \"רֶגַע!\"]\nquestions = []").expect("valid");
        assert_eq!(mine.overlap("hold", ""), Overlap::Stop("hold".into()));
        assert_eq!(mine.overlap("רגע", ""), Overlap::Stop("רגע".into()));
        assert_eq!(mine.overlap("סליחה", ""), Overlap::Words(1));
        assert_eq!(mine.overlap("כן", ""), Overlap::Backchannel);
        assert_eq!(mine.ending("", "כמה זה"), Ending::Complete);
        let nothing = ours.clone().with("# nothing\n").expect("valid");
        assert_eq!(nothing, ours);
        let same = Lexicon::default().with(include_str!("he.toml")).expect("valid");
        assert_eq!(same, ours);
    }

    /// One line that says which list, or where in the file.
    #[test]
    fn lists_that_cannot_work_are_named() {
        for (text, needed) in [
            ("stops = [\"רגע אחד\"]", "stops has `רגע אחד`: expected one word"),
            ("fillers = [\"…\"]", "fillers has `…`: expected one word"),
            ("stops = [3]", "stops has `3`: expected one word"),
            ("stops = 3", "stops is `3`: expected a list of words"),
            ("stop = [\"רגע\"]", "`stop` is no list: expected "),
            ("\nstops = [", "line 2: "),
        ] {
            let error = Lexicon::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(needed) && !error.contains('\n'), "{error}");
        }
    }

    /// S-EMG-001, S-EMG-017, what the line hears: a phrase of the list inside whatever is said, whatever its case; the
    /// list is the language's and can be replaced.
    #[test]
    fn an_emergency_is_heard() {
        for (words, found) in [
            ("יש לי הצפה בסלון!", Some("הצפה")),
            ("הצינור התפוצץ ויש ריח של גז", Some("ריח של גז")),
            ("We have a BURST pipe", Some("burst")),
            ("it's leaking", Some("leak")),
            ("no hot-water since morning", Some("no hot water")),
            ("אני מחפש דירה בתל אביב", None),
            ("זה לא דחוף", None),
            ("לא דחוף, אבל יש נזילה", Some("נזילה")),
            ("", None),
        ] {
            assert_eq!(hebrew().emergency(words), found, "{words}");
        }
        let mine = Lexicon::clone(&hebrew()).with("emergencies = [\"Lift  Stuck\"]").expect("valid");
        assert_eq!(mine.emergency("the lift stuck again"), Some("lift stuck"));
        assert_eq!(mine.emergency("יש הצפה"), None);
        let error = Lexicon::parse("emergencies = ['…']").expect_err("nothing to hear").to_string();
        assert!(error.starts_with("emergencies has `…`: expected a phrase"), "{error}");
    }

    /// A-AUD-003: backchannels do not interrupt, stop-words do, and the agent's own words are neither.
    #[test]
    fn words_over_the_agent_are_weighed() {
        let line = "יש לנו דירה ליד הים, רגע אחד";
        for (words, meaning) in [
            ("", Overlap::Nothing),
            ("…", Overlap::Nothing),
            ("ליד הים", Overlap::Nothing),
            ("רגע", Overlap::Nothing),
            ("כן", Overlap::Backchannel),
            ("כֵּן, אוקיי.", Overlap::Backchannel),
            ("לא!", Overlap::Stop("לא".into())),
            ("כן אבל סליחה", Overlap::Stop("סליחה".into())),
            ("אני רוצה", Overlap::Words(2)),
            // Whoever begins with "actually" takes the floor.
            ("בעצם", Overlap::Words(1)),
        ] {
            assert_eq!(hebrew().overlap(words, line), meaning, "{words}");
        }
    }

    #[test]
    fn a_turn_ends_as_its_words_do() {
        for (words, ending) in [
            (" ", Ending::None),
            ("אני מחפש דירה", Ending::Complete),
            ("כן", Ending::Complete),
            ("לא", Ending::Complete),
            ("אני מחפש דירה של", Ending::Unfinished),
            ("אני צריך את הדירה כי", Ending::Unfinished),
            ("אה…", Ending::Unfinished),
            ("שלוש", Ending::Complete),
            ("אפס חמש שתיים", Ending::Unfinished),
            ("המספר שלי הוא אפס חמש", Ending::Unfinished),
            ("03", Ending::Unfinished),
            ("בשעה שלוש", Ending::Complete),
            ("052 34", Ending::Unfinished),
            ("050 234567", Ending::Unfinished),
            ("09 8765432", Ending::Complete),
            ("תודה, לא", Ending::Complete),
            ("כמה זה?", Ending::Question),
            ("אה", Ending::Complete),
            ("אני רוצה אה", Ending::Unfinished),
            ("אני רוצה בעצם", Ending::Unfinished),
            ("0502345678", Ending::Complete),
            ("וכמה היא עולה?", Ending::Question),
            ("מתי אפשר לראות", Ending::Question),
            // Half a number, and a weekday.
            ("אני רוצה דירה של שני", Ending::Unfinished),
            ("משהו כמו שלושת", Ending::Unfinished),
            ("אולי ביום שני", Ending::Complete),
            ("שני", Ending::Complete),
            ("מיליון ו", Ending::Unfinished),
            ("בסביבות", Ending::Complete),
            ("עד שני מיליון בסביבות", Ending::Unfinished),
            // Whoever says what he looks for has not said it yet.
            ("שלום, אני מחפש", Ending::Unfinished),
            ("שלום, אני מחפשת דירה", Ending::Complete),
            // Numbers from abroad, and short ones.
            ("+972 50 23456", Ending::Unfinished),
            ("+972502345678", Ending::Complete),
            ("972 3 3763805", Ending::Complete),
            ("תחזרו אליי ל-כוכבית", Ending::Unfinished),
            ("כוכבית 23", Ending::Unfinished),
            ("כוכבית שתיים שלוש ארבע חמש", Ending::Complete),
        ] {
            assert_eq!(hebrew().ending("", words), ending, "{words}");
        }
    }

    /// Whoever was asked for a number has not said it with "nought five", nor with three digits of any kind.
    #[test]
    fn a_number_that_was_asked_for_is_waited_for() {
        for (asked, words, ending) in [
            ("מה מספר הטלפון שלך?", "חמש", Ending::Unfinished),
            ("מה הטלפון?", "054 12", Ending::Unfinished),
            ("מה הטלפון?", "0541234567", Ending::Complete),
            ("מה הטלפון?", "לא רוצה", Ending::Complete),
            ("כמה חדרים?", "חמש", Ending::Complete),
        ] {
            assert_eq!(hebrew().ending(asked, words), ending, "{asked} {words}");
        }
    }
}
