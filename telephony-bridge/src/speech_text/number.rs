//! Numbers as Hebrew says them.

/// Of the noun that is counted. Bare numbers are feminine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gender {
    /// חדרים, שקלים
    Masculine,
    /// דירות, שעות
    #[default]
    Feminine,
}

use Gender::{Feminine, Masculine};

const UNITS_M: [&str; 10] =
    ["אחד", "שניים", "שלושה", "ארבעה", "חמישה", "שישה", "שבעה", "שמונה", "תשעה", "עשרה"];
const UNITS_F: [&str; 10] = ["אחת", "שתיים", "שלוש", "ארבע", "חמש", "שש", "שבע", "שמונה", "תשע", "עשר"];
const TEENS_M: [&str; 9] = ["אחד", "שנים", "שלושה", "ארבעה", "חמישה", "שישה", "שבעה", "שמונה", "תשעה"];
const TEENS_F: [&str; 9] = ["אחת", "שתים", "שלוש", "ארבע", "חמש", "שש", "שבע", "שמונה", "תשע"];
const TENS: [&str; 8] = ["עשרים", "שלושים", "ארבעים", "חמישים", "שישים", "שבעים", "שמונים", "תשעים"];
/// Three to ten thousand.
const THOUSANDS: [&str; 8] = ["שלושת", "ארבעת", "חמשת", "ששת", "שבעת", "שמונת", "תשעת", "עשרת"];
const ZERO: &str = "אפס";

/// Numbers from here on are read digit by digit.
pub(super) const TOO_BIG: u64 = 1_000_000_000_000;

/// A number that counts nothing, or stands after what it numbers: 1,234 is "אלף מאתיים שלושים וארבע".
/// Below [`TOO_BIG`]; larger ones come out as their digits.
pub(super) fn cardinal(n: u64, gender: Gender) -> String {
    if n >= TOO_BIG {
        return digits(&n.to_string());
    }
    if n == 0 {
        return ZERO.to_owned();
    }
    let mut parts = Vec::new();
    push_scale(&mut parts, n / 1_000_000_000, "מיליארד");
    push_scale(&mut parts, n / 1_000_000 % 1_000, "מיליון");
    match n / 1_000 % 1_000 {
        0 => {}
        1 => parts.push("אלף".to_owned()),
        2 => parts.push("אלפיים".to_owned()),
        k @ 3..=10 => parts.push(format!("{} אלפים", THOUSANDS[k as usize - 3])),
        k => parts.push(format!("{} אלף", cardinal(k, Masculine))),
    }
    match n / 100 % 10 {
        0 => {}
        1 => parts.push("מאה".to_owned()),
        2 => parts.push("מאתיים".to_owned()),
        h => parts.push(format!("{} מאות", UNITS_F[h as usize - 1])),
    }
    push_below_hundred(&mut parts, n % 100, gender);
    if parts.len() > 1
        && let Some(last) = parts.last_mut()
    {
        last.insert(0, 'ו');
    }
    parts.join(" ")
}

fn push_scale(parts: &mut Vec<String>, count: u64, name: &str) {
    match count {
        0 => {}
        1 => parts.push(name.to_owned()),
        count => parts.push(format!("{} {name}", counting(count, Masculine))),
    }
}

fn push_below_hundred(parts: &mut Vec<String>, n: u64, gender: Gender) {
    let (units, teens, ten) = match gender {
        Masculine => (&UNITS_M, &TEENS_M, "עשר"),
        Feminine => (&UNITS_F, &TEENS_F, "עשרה"),
    };
    match n {
        0 => {}
        1..=10 => parts.push(units[n as usize - 1].to_owned()),
        11..=19 => parts.push(format!("{} {ten}", teens[n as usize - 11])),
        _ => {
            parts.push(TENS[n as usize / 10 - 2].to_owned());
            if !n.is_multiple_of(10) {
                parts.push(units[n as usize % 10 - 1].to_owned());
            }
        }
    }
}

/// A number before what it counts: 2 is "שני" or "שתי". (1 stands after its noun and is the caller's matter.)
pub(super) fn counting(n: u64, gender: Gender) -> String {
    match (n, gender) {
        (2, Masculine) => "שני".to_owned(),
        (2, Feminine) => "שתי".to_owned(),
        _ => cardinal(n, gender),
    }
}

/// Digits one by one; other characters are left out.
pub(super) fn digits(text: &str) -> String {
    let words: Vec<&str> = text.chars().filter_map(digit).collect();
    words.join(" ")
}

/// A digit's name.
pub(super) fn digit(c: char) -> Option<&'static str> {
    match c.to_digit(10)? {
        0 => Some(ZERO),
        n => Some(UNITS_F[n as usize - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_hebrew_reads_them() {
        for (n, feminine) in [
            (0, "אפס"),
            (1, "אחת"),
            (2, "שתיים"),
            (10, "עשר"),
            (11, "אחת עשרה"),
            (12, "שתים עשרה"),
            (20, "עשרים"),
            (21, "עשרים ואחת"),
            (100, "מאה"),
            (117, "מאה ושבע עשרה"),
            (120, "מאה ועשרים"),
            (234, "מאתיים שלושים וארבע"),
            (300, "שלוש מאות"),
            (1_000, "אלף"),
            (1_200, "אלף ומאתיים"),
            (2_500, "אלפיים וחמש מאות"),
            (2_026, "אלפיים עשרים ושש"),
            (3_000, "שלושת אלפים"),
            (10_000, "עשרת אלפים"),
            (11_000, "אחד עשר אלף"),
            (100_000, "מאה אלף"),
            (1_000_000, "מיליון"),
            (2_500_000, "שני מיליון וחמש מאות אלף"),
            (1_234_567, "מיליון מאתיים שלושים וארבעה אלף חמש מאות שישים ושבע"),
            (3_000_000_001, "שלושה מיליארד ואחת"),
        ] {
            assert_eq!(cardinal(n, Feminine), feminine, "{n}");
        }
        for (n, masculine) in [(2, "שני"), (3, "שלושה"), (15, "חמישה עשר"), (22, "עשרים ושניים")]
        {
            assert_eq!(counting(n, Masculine), masculine, "{n}");
        }
        assert_eq!(counting(2, Feminine), "שתי");
        assert_eq!(digits("+05-2"), "אפס חמש שתיים");
        assert_eq!(cardinal(TOO_BIG, Feminine).split(' ').count(), 13);
    }
}
