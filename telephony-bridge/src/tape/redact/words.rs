//! Words in place of words: as many, as long, as different from each other, and none of them said.

use std::collections::{HashMap, HashSet};

use crate::words::{Kind, Lexicon};

/// Letters of made-up words. None of them is one of the prefixes ו, ה, ב, כ, ל, מ, ש.
const LETTERS: [char; 12] = ['ג', 'ד', 'ז', 'ח', 'ט', 'נ', 'ס', 'ע', 'פ', 'צ', 'ק', 'ת'];
/// What every digit becomes, spoken and written.
const DIGIT: &str = "אחת";
/// What the first and the second digit of a pair become.
const TENS: &str = "עשרים";
const SECOND: &str = "ואחת";
/// A number's leading digits, which say only that it is one, and of a mobile.
const LEADING: [&str; 2] = ["אפס", "חמש"];
const LEADING_TENS: &str = "חמישים";

/// Masks the words of one tape: the same word always in the same way.
#[derive(Debug)]
pub struct Words<'a> {
    lexicon: &'a Lexicon,
    known: HashMap<String, String>,
    used: HashSet<String>,
    next: usize,
}

impl<'a> Words<'a> {
    /// Keeps the words of these lists.
    pub fn new(lexicon: &'a Lexicon) -> Self {
        Self { lexicon, known: HashMap::new(), used: HashSet::new(), next: 0 }
    }

    /// The text with every word masked, spaces and punctuation as they were.
    pub fn masked(&mut self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut word = String::new();
        let mut number = Vec::new();
        for c in text.chars().chain(['\n']) {
            // Niqqud belongs to its letter.
            if c.is_alphanumeric() || ('\u{591}'..='\u{5c7}').contains(&c) && c != '־' {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                masked.push_str(&self.word(&word, &mut number));
                word.clear();
            }
            masked.push(c);
        }
        // The line feed that ended the last word.
        masked.pop();
        masked
    }

    /// One word; `number` holds the digits spoken just before it.
    fn word(&mut self, word: &str, number: &mut Vec<String>) -> String {
        let (plain, kind) = self.lexicon.kind(word);
        if plain.chars().any(|c| c.is_ascii_digit()) {
            return written(&plain, number);
        }
        match kind {
            Kind::Digit => {
                let place = number.len();
                let leads =
                    LEADING.get(place) == Some(&plain.as_str()) && (place == 0 || number[0] == LEADING[0]);
                number.push(plain.clone());
                if leads { plain } else { DIGIT.to_owned() }
            }
            Kind::Tens => {
                // "Nought fifty" says that it is a mobile's number.
                let leads = plain == LEADING_TENS && number.len() == 1 && number[0] == LEADING[0];
                number.extend([plain.clone(), String::new()]);
                if leads { plain } else { TENS.to_owned() }
            }
            Kind::Second => SECOND.to_owned(),
            Kind::Function => {
                number.clear();
                word.to_owned()
            }
            Kind::Other => {
                number.clear();
                self.made_up(plain)
            }
        }
    }

    fn made_up(&mut self, plain: String) -> String {
        if let Some(known) = self.known.get(&plain) {
            return known.clone();
        }
        let mut length = plain.chars().count();
        let mut tries = 0;
        let made = loop {
            let made = spelled(self.next, length);
            self.next += 1;
            tries += 1;
            // A short word may have no form left: it becomes longer.
            length += usize::from(tries % 200 == 0);
            if self.lexicon.kind(&made).1 == Kind::Other && self.used.insert(made.clone()) {
                break made;
            }
        };
        self.known.insert(plain, made.clone());
        made
    }
}

/// Digits of a written number: 0 and 05 at its head stay, the others become 1; letters among them too.
fn written(plain: &str, number: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        let place = number.len();
        let leads = place == 0 && c == '0' || place == 1 && c == '5' && number[0] == "0";
        number.push(c.to_string());
        out.push(if leads { c } else { '1' });
    }
    out
}

/// The `n`-th word of a length.
fn spelled(n: usize, length: usize) -> String {
    let mut n = n;
    (0..length.max(1))
        .map(|i| {
            let letter = LETTERS[(n + i) % LETTERS.len()];
            n /= LETTERS.len();
            letter
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Asked, Overlap};

    #[test]
    fn words_go_and_their_roles_stay() {
        let lexicon = Lexicon::hebrew();
        let mut words = Words::new(&lexicon);
        let text = "שלום, קוראים לי דנה כהן. אהה… רגע, דנה?";
        let masked = words.masked(text);
        for name in ["שלום", "דנה", "כהן"] {
            assert!(!masked.contains(name), "{masked}");
        }
        assert!(masked.contains("אהה…") && masked.contains("רגע,") && masked.ends_with('?'), "{masked}");
        assert_eq!(masked.chars().count(), text.chars().count(), "{masked}");
        let each: Vec<&str> = masked.split(' ').collect();
        assert_eq!(each[3].trim_matches('?'), each[7].trim_matches('?'), "the same word twice: {masked}");
        assert_eq!(words.masked("דנה"), each[3], "and in the next line");
        assert_eq!(lexicon.overlap(&masked, ""), Overlap::Stop("רגע".into()));
    }

    /// What the agent asks for decides how long an answer is waited for.
    #[test]
    fn a_question_asks_for_the_same() {
        let lexicon = Lexicon::hebrew();
        for line in [
            "מה הטלפון שלך?",
            "בשמחה. מה השם בבקשה?",
            "אני רושמת. מה הכתובת?",
            "באיזה אזור?",
            "לקנות או לשכור?",
        ] {
            let masked = Words::new(&lexicon).masked(line);
            assert_eq!(lexicon.asked(&masked), lexicon.asked(line), "{line}: {masked}");
        }
    }

    /// Whether a number is whole, and with it the turn, is heard in the same way.
    #[test]
    fn digits_go_and_their_number_stays() {
        let lexicon = Lexicon::hebrew();
        for text in [
            "אפס חמש שתיים שלוש ארבע",
            "המספר הוא 050-2345678",
            "050 234567",
            "09 8765432",
            "שלוש",
            "אני מחפש דירה של",
            "כמה זה?",
            "אני רוצה אה",
            "תעודת זהות 039617842",
            "אפס חמישים ושתיים שלושים וארבע חמישים ושש שבעים",
            "אפס חמישים ושתיים שלושים וארבע חמישים ושש שבעים ושמונה שלוש",
            "הטלפון שלי הוא ארבעים ושלוש עשרה",
            "קוראים לי",
        ] {
            let masked = Words::new(&lexicon).masked(text);
            assert_eq!(
                lexicon.ending(Asked::Nothing, &masked),
                lexicon.ending(Asked::Nothing, text),
                "{text}: {masked}"
            );
            assert!(!masked.contains(|c: char| c.is_ascii_digit() && !"015".contains(c)), "{masked}");
        }
        let masked = Words::new(&lexicon).masked("אפס חמש שתיים, שלוש ארבע");
        assert_eq!(masked, "אפס חמש אחת, אחת אחת");
        let masked = Words::new(&lexicon).masked("אפס חמישים וארבע שבעים ושש");
        assert_eq!(masked, "אפס חמישים ואחת עשרים ואחת");
        assert_eq!(Words::new(&lexicon).masked("050-2345678"), "051-1111111");
    }

    #[test]
    fn many_short_words_stay_apart() {
        let lexicon = Lexicon::hebrew();
        let mut words = Words::new(&lexicon);
        let letters: Vec<char> = ('א'..='ת').collect();
        let two = letters.iter().flat_map(|a| letters.iter().map(move |b| format!("{a}{b}")));
        // More than there are made-up words of two letters.
        let others = two.filter(|word| lexicon.kind(word).1 == Kind::Other).collect::<Vec<_>>();
        let all: HashSet<String> = others.iter().map(|word| words.masked(word)).collect();
        assert!(others.len() > LETTERS.len().pow(2), "{}", others.len());
        assert_eq!(all.len(), others.len());
    }
}
