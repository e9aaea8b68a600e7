//! What makes a call urgent. The list is data: one of the language, or a business's own.

use std::collections::HashSet;

use super::lexicon::{each, phrase};

/// What takes a phrase back when it stands before it: Hebrew and English, as the phrases are.
const NOT: [&str; 6] = ["לא", "אין", "בלי", "not", "no", "without"];

/// Phrases that make a call urgent: words with one space between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emergencies(HashSet<String>);

impl Emergencies {
    /// These phrases, in whatever language; none: nothing is urgent. Those without a letter or a digit are left out.
    pub fn new<'a>(phrases: impl IntoIterator<Item = &'a String>) -> Self {
        Self(phrases.into_iter().filter_map(|entry| phrase(entry)).collect())
    }

    /// What in a caller's words is an emergency: the longest phrase of the list that is in them, whatever is
    /// around it, unless "not" stands before it.
    pub fn find(&self, words: &str) -> Option<&str> {
        let said: Vec<String> = each(words).collect();
        let said = said.join(" ");
        let counts = |at: usize| !NOT.contains(&said[..at].split_whitespace().last().unwrap_or_default());
        let found = |phrase: &&String| said.match_indices(phrase.as_str()).any(|(at, _)| counts(at));
        self.0.iter().filter(found).max_by_key(|phrase| (phrase.len(), *phrase)).map(String::as_str)
    }

    /// The phrases, in order.
    pub fn phrases(&self) -> Vec<&str> {
        let mut phrases: Vec<&str> = self.0.iter().map(String::as_str).collect();
        phrases.sort_unstable();
        phrases
    }
}

#[cfg(test)]
mod tests {
    use super::Emergencies;
    use crate::words::Lexicon;

    fn found<'a>(list: &'a Emergencies, all: &[&str]) -> Vec<Option<&'a str>> {
        all.iter().map(|words| list.find(words)).collect()
    }

    /// S-EMG-002, S-EMG-017: a business's own list counts and no other, in whatever language, case and punctuation; what
    /// takes an emergency back does so there too. An empty list has no emergencies.
    #[test]
    fn a_business_s_own_list_counts() {
        let usual = Lexicon::hebrew().emergencies();
        let list = ["התבטלה העסקה", "Lock-out", "…"].map(str::to_owned);
        let own = Emergencies::new(&list);
        assert_eq!(own.phrases(), ["lock out", "התבטלה העסקה"]);
        let said = ["יש פה הצפה!", "שמעתי שהתבטלה העסקה", "it's a LOCK OUT.", "לא התבטלה העסקה"];
        assert_eq!(found(&own, &said), [None, Some("התבטלה העסקה"), Some("lock out"), None]);
        assert_eq!(found(&usual, &said), [Some("הצפה"), None, None, None]);
        assert_eq!(found(&Emergencies::default(), &said), [None; 4]);
    }

    /// "There is no …" is none, but "there is no hot water" is.
    #[test]
    fn what_is_said_not_to_be_is_none() {
        let usual = Lexicon::hebrew().emergencies();
        for words in ["זה לא דחוף", "אין הצפה", "there is no leak", "it's not urgent", "בלי נזילה"]
        {
            assert_eq!(usual.find(words), None, "{words}");
        }
        let said = ["אין מים חמים כבר יומיים", "there's no hot water", "לא דחוף, אבל יש נזילה"];
        assert_eq!(found(&usual, &said), [Some("אין מים חמים"), Some("no hot water"), Some("נזילה")]);
    }
}
