//! Telephone numbers as they are dictated, in words or in figures: is more of one to come?

use super::Lexicon;

/// Digits of an Israeli telephone number: on land, and of a mobile, which begins with 05.
const LAND_LINE: usize = 9;
const MOBILE: usize = 10;
/// Digits after the star of a short number, and the star as it is spoken.
const STAR_NUMBER: usize = 4;
const STAR: &str = "כוכבית";
/// From so many digits in a row on, it is a telephone number, whatever the first.
const MANY_DIGITS: usize = 3;
/// "And": with a digit behind it, the second of a pair ("fifty and two").
const AND: char = 'ו';

impl Lexicon {
    /// Do the words end with a part of a telephone number? If one is `dictated`, with its first digit.
    pub(super) fn half_a_number(&self, words: &[String], dictated: bool) -> bool {
        let number = self.number_at_end(words, dictated);
        let least = if dictated { 1 } else { number.least() };
        (least..number.whole()).contains(&number.digits)
    }

    /// Is it a digit or a number, in words or in figures?
    pub(super) fn is_number(&self, word: &str) -> bool {
        word.chars().any(|c| c.is_ascii_digit())
            || [&self.digits, &self.tens, &self.counting].into_iter().any(|list| list.contains(word))
    }

    /// The words at the end that are nothing but digits. Pairs ("fifty-two") count in a number that is known to
    /// be one: else they are an amount, or the time.
    fn number_at_end(&self, words: &[String], dictated: bool) -> Number {
        let count = |pairs: bool| words.iter().rev().take_while(|word| self.is_part(word, pairs)).count();
        let number = &words[words.len() - count(true)..];
        let shape = shape(number, words[..words.len() - number.len()].last());
        let known = dictated || shape != Shape::Other;
        let number = if known { number } else { &words[words.len() - count(false)..] };
        Number {
            digits: self.digits_in(number),
            shape: if known { shape } else { self::shape(number, None) },
        }
    }

    fn is_part(&self, word: &str, pairs: bool) -> bool {
        let of_a_pair = || self.tens.contains(word) || self.is_second(word);
        is_written(word) || self.digits.contains(word) || pairs && of_a_pair()
    }

    /// "And two".
    pub(super) fn is_second(&self, word: &str) -> bool {
        word.strip_prefix(AND).is_some_and(|digit| self.digits.contains(digit))
    }

    fn digits_in(&self, number: &[String]) -> usize {
        let (mut digits, mut before) = (0, "");
        for word in number {
            let second = word.strip_prefix(AND).is_some() && self.tens.contains(before);
            let teen = self.teens.contains(word) && self.digits.contains(before);
            digits += match word {
                word if is_written(word) => word.len(),
                _ if second => 0,
                _ if self.tens.contains(word) && !teen => 2,
                _ => 1,
            };
            before = word;
        }
        digits
    }
}

fn is_written(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit())
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

/// What a number is, after the word `before` it.
fn shape(number: &[String], before: Option<&String>) -> Shape {
    match number {
        _ if before.is_some_and(|word| word == STAR) => Shape::Star,
        [first, ..] if is_written(first) => written(first),
        [first, second, ..] if first == "אפס" && ["חמש", "חמישים"].contains(&second.as_str()) => {
            Shape::Mobile
        }
        [first, ..] if first == "אפס" => Shape::Dialled,
        _ => Shape::Other,
    }
}

fn written(figures: &str) -> Shape {
    let known = [
        ("05", Shape::Mobile),
        ("0", Shape::Dialled),
        ("9725", Shape::MobileFromAbroad),
        ("972", Shape::FromAbroad),
    ];
    known.into_iter().find(|(start, _)| figures.starts_with(start)).map_or(Shape::Other, |(_, kind)| kind)
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
