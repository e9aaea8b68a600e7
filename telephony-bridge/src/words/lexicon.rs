//! The lists of one language, and what they say about words.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use super::asked::Asked;
use super::{Ending, Kind, Overlap};
use crate::toml_text::{TomlError, shown};

mod number;

/// Whoever says one of these before "my number" has said it.
const THIS: [&str; 3] = ["זה", "זו", "זאת"];

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
    tens: HashSet<String>,
    teens: HashSet<String>,
    questions: HashSet<String>,
    open: HashSet<String>,
    numbers: HashSet<String>,
    names: HashSet<String>,
    addresses: HashSet<String>,
    streets: HashSet<String>,
    /// Phrases: words with one space between them.
    introductions: HashSet<String>,
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
         tens, teens, questions, open, numbers, names, addresses, streets, introductions or emergencies"
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
    /// `fillers`, `digits`, `tens`, `teens`, `questions`, `open`, `numbers`, `names`, `addresses`, `streets`,
    /// `introductions` and `emergencies`. A list that is not named is empty.
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
                "tens" => &mut self.tens,
                "teens" => &mut self.teens,
                "questions" => &mut self.questions,
                "open" => &mut self.open,
                "numbers" => &mut self.numbers,
                "names" => &mut self.names,
                "addresses" => &mut self.addresses,
                "streets" => &mut self.streets,
                "introductions" => &mut self.introductions,
                "emergencies" => &mut self.emergencies,
                _ => return Err(LexiconError::Unknown(list)),
            };
            let toml::Value::Array(entries) = value else {
                return Err(LexiconError::NotAList { list, value: shown(&value) });
            };
            words.clear();
            let (read, expected): (fn(&str) -> Option<String>, _) = match list.as_str() {
                "introductions" | "emergencies" => (phrase, "a phrase of letters or digits"),
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

    /// What the agent's words ask for: what its last question does, or, where it asked none, the telephone number
    /// that it spoke of.
    pub fn asked(&self, line: &str) -> Asked {
        let any = |list: &HashSet<String>, text: &str| each(text).any(|word| list.contains(&word));
        let Some(question) = last_question(line) else {
            return if any(&self.numbers, line) { Asked::Number } else { Asked::Nothing };
        };
        if any(&self.numbers, question) {
            Asked::Number
        } else if any(&self.names, question) {
            Asked::Name
        } else if any(&self.addresses, question) {
            Asked::Address
        } else if any(&self.open, question) {
            Asked::Open
        } else {
            Asked::Closed
        }
    }

    /// How a turn of these words ends, said after the agent `asked` for something: of a telephone number more is
    /// expected from the first digit on, of a name and of an address more than a word.
    pub fn ending(&self, asked: Asked, words: &str) -> Ending {
        let all: Vec<String> = each(words).collect();
        let Some(last) = all.last() else { return Ending::None };
        let trailing_off = words.trim_end().ends_with(['…', ',', '-', '–']);
        let is_weekday = || all.iter().rev().nth(1).is_some_and(|before| self.weekdays.contains(before));
        let asks_for_more = self.fillers.contains(last)
            || self.dangling.contains(last)
            || self.wanting.contains(last)
            || self.counting.contains(last) && !is_weekday();
        let question = words.trim_end().ends_with('?');
        // Whoever is asked for more than yes or no thinks aloud; else a word alone is an answer.
        let thinks = asked.is_open() && all.iter().all(|word| self.fillers.contains(word));
        let asks = question || all.iter().any(|word| self.questions.contains(word));
        let hangs = all.len() > 1 && asks_for_more || thinks || !asks && self.introduces(&all);
        let dictated = asked == Asked::Number || all.iter().any(|word| self.numbers.contains(word));
        if trailing_off || self.half_a_number(&all, dictated) || hangs && !question {
            return Ending::Unfinished;
        }
        if asks {
            return Ending::Question;
        }
        if self.may_go_on(asked, &all) { Ending::Perhaps } else { Ending::Complete }
    }

    /// "My name is": what is introduced follows. "This is my number" says it has been said.
    fn introduces(&self, all: &[String]) -> bool {
        let said = all.join(" ");
        self.introductions.iter().any(|phrase| {
            let before = said.strip_suffix(phrase.as_str());
            before.is_some_and(|before| {
                let word_before = before.split_whitespace().last().unwrap_or_default();
                (before.is_empty() || before.ends_with(' ')) && !THIS.contains(&word_before)
            })
        })
    }

    /// The answer to a question for a name or an address, of which there may be more: a first name, a street
    /// without a number.
    fn may_go_on(&self, asked: Asked, all: &[String]) -> bool {
        let says_nothing = |word: &String| {
            self.backchannels.contains(word) || self.stops.contains(word) || self.fillers.contains(word)
        };
        match asked {
            Asked::Name => self.after_introduction(all).len() == 1 && !all.iter().any(says_nothing),
            Asked::Address => {
                let street = all.iter().any(|word| self.streets.contains(word)) || all.len() == 1;
                street && !all.iter().any(|word| says_nothing(word) || self.is_number(word))
            }
            _ => false,
        }
    }

    /// What follows "my name is", or everything.
    fn after_introduction<'a>(&self, all: &'a [String]) -> &'a [String] {
        let introduces = |words: &usize| self.introductions.contains(&all[..*words].join(" "));
        let first = (1..=all.len()).rev().find(introduces).unwrap_or(0);
        &all[first..]
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
            &self.wanting,
            &self.counting,
            &self.weekdays,
            &self.fillers,
            &self.teens,
            &self.questions,
            &self.open,
            &self.numbers,
            &self.names,
            &self.addresses,
            &self.streets,
        ];
        let introduces =
            || self.introductions.iter().any(|phrase| phrase.split(' ').any(|word| word == plain));
        let kind = if self.digits.contains(&plain) {
            Kind::Digit
        } else if lists.iter().any(|list| list.contains(&plain)) || introduces() {
            Kind::Function
        } else if self.tens.contains(&plain) {
            Kind::Tens
        } else if self.is_second(&plain) {
            Kind::Second
        } else {
            Kind::Other
        };
        (plain, kind)
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

/// The last sentence that ends with a question mark.
pub(crate) fn last_question(text: &str) -> Option<&str> {
    let end = text.rfind('?')?;
    let start = text[..end]
        .rfind(['.', '!', '?', '…'])
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    Some(&text[start..=end])
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
