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

    /// What makes a call urgent where the business does not say.
    pub fn emergencies(&self) -> super::Emergencies {
        super::Emergencies::new(self.emergencies.iter())
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
pub(super) fn each(text: &str) -> impl Iterator<Item = String> + '_ {
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
pub(super) fn phrase(entry: &str) -> Option<String> {
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
mod tests;
