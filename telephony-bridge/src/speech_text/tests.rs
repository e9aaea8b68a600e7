//! Tables of what is written and what is said, and what holds for any text.

use proptest::prelude::*;

use super::number::{self, Gender, cardinal};
use super::{Pronunciation, SpeechText};

#[track_caller]
fn says(cases: &[(&str, &str)]) {
    let speech = SpeechText::default();
    for (written, said) in cases {
        assert_eq!(speech.plain(written), *said, "{written}");
    }
}

#[test]
fn numbers_agree_with_what_they_count() {
    says(&[
        ("דירת 4 חדרים", "דירת ארבעה חדרים"),
        ("3.5 חדרים", "שלושה וחצי חדרים"),
        ("2 חדרים ו-2 מרפסות", "שני חדרים ושתי מרפסות"),
        ("1 דירה", "דירה אחת"),
        ("1 חדר.", "חדר אחד."),
        ("קומה 3 מתוך 8", "קומה שלוש מתוך שמונה"),
        ("הרצל 12", "הרצל שתים עשרה"),
        ("120 מ\"ר", "מאה ועשרים מטר רבוע"),
        ("5 דק'", "חמש דקות"),
        ("12 שנים", "שתים עשרה שנים"),
        ("2-3 חדרים", "שניים עד שלושה חדרים"),
        ("15%", "חמישה עשר אחוז"),
        ("1% או 3%", "אחוז אחד או שלושה אחוזים"),
        ("7.25", "שבע ורבע"),
        ("0.5", "חצי"),
        ("3.14", "שלוש נקודה ארבע עשרה"),
        ("-5", "מינוס חמש"),
        ("٣ חדרים", "שלושה חדרים"),
    ]);
}

#[test]
fn prices_come_in_shekels_and_agorot() {
    says(&[
        ("2,500,000 ₪", "שני מיליון וחמש מאות אלף שקלים"),
        ("2500000 ש\"ח", "שני מיליון וחמש מאות אלף שקלים"),
        ("₪49.90", "ארבעים ותשעה שקלים ותשעים אגורות"),
        ("1.01 ש״ח", "שקל אחד ואגורה אחת"),
        ("2 ₪", "שני שקלים"),
        ("0.50 ₪", "חמישים אגורות"),
        ("1.5 מיליון ₪", "אחד וחצי מיליון שקלים"),
        ("5 שקלים", "חמישה שקלים"),
        ("ב-6,000 ₪ לחודש", "בששת אלפים שקלים לחודש"),
        ("$3.05", "שלושה דולר וחמישה סנט"),
        ("€7", "שבעה אירו"),
    ]);
}

#[test]
fn telephone_numbers_come_digit_by_digit_in_groups() {
    says(&[
        ("052-3456789", "אפס חמש שתיים, שלוש ארבע חמש, שש שבע, שמונה תשע"),
        ("0523456789", "אפס חמש שתיים, שלוש ארבע חמש, שש שבע, שמונה תשע"),
        ("052 345 6789.", "אפס חמש שתיים, שלוש ארבע חמש, שש שבע, שמונה תשע."),
        ("טל' 03-1234567", "טלפון אפס שלוש, אחת שתיים שלוש, ארבע חמש, שש שבע"),
        ("*2700", "כוכבית שתיים שבע אפס אפס"),
        ("1-800-123456", "אחת, שמונה אפס אפס, אחת שתיים שלוש, ארבע חמש שש"),
        ("+972-52-345-6789", "פלוס תשע שבע שתיים, חמש שתיים, שלוש ארבע חמש, שש שבע, שמונה תשע"),
        ("ל-0501234567", "לאפס חמש אפס, אחת שתיים שלוש, ארבע חמש, שש שבע"),
        ("ת.ז. 012345678", "ת.ז. אפס אחת, שתיים שלוש ארבע, חמש שש, שבע שמונה"),
    ]);
}

#[test]
fn dates_and_times_are_said_as_people_say_them() {
    says(&[
        ("24/11/2026", "עשרים וארבעה בנובמבר אלפיים עשרים ושש"),
        ("ב-24.11.2026", "בעשרים וארבעה בנובמבר אלפיים עשרים ושש"),
        ("2026-11-03", "שלושה בנובמבר אלפיים עשרים ושש"),
        ("ביום שני, 1/12", "ביום שני, אחד בדצמבר"),
        ("ב-14:30", "בשתיים וחצי בצהריים"),
        ("9:00", "תשע בבוקר"),
        ("בשעה 17:15", "בשעה חמש ורבע אחר הצהריים"),
        ("8:45 בערב", "שמונה ארבעים וחמש בערב"),
        ("00:05", "שתים עשרה וחמש דקות בלילה"),
        ("10:00-12:00", "עשר עד שתים עשרה בצהריים"),
        ("בין 10:20 ל-11:00", "בין עשר ועשרים בבוקר לאחת עשרה בבוקר"),
        // No such time, no such day: the numbers all the same.
        ("25:61", "עשרים וחמש, שישים ואחת"),
        ("32/13/2026", "שלושים ושתיים, שלוש עשרה, אלפיים עשרים ושש"),
    ]);
}

#[test]
fn words_are_said_as_the_lexicon_has_them() {
    says(&[
        ("עו\"ד כהן בת״א", "עורך דין כהן בתל אביב"),
        ("רח' הדר, וכו'", "רחוב הָדָר, וכולי"),
        ("אבא & אמא", "אבא ואמא"),
        ("אני בודק/ת ומעוניין/ת", "אני בודקת ומעוניינת"),
        ("בודק/בודקת", "בודקת"),
        ("תל-אביב – יפו", "תל-אביב, יפו"),
        ("**חשוב**: שלום 😀…", "חשוב, שלום"),
        ("שלום\n\nמה שלומך?!", "שלום. מה שלומך?!"),
        ("רק (בערך) כן", "רק, בערך, כן"),
        ("office@example.com", "office שטרודל example.com"),
    ]);
    let he = SpeechText::new(Pronunciation::hebrew(), Gender::Masculine);
    assert_eq!(he.plain("אני בודק/ת"), "אני בודק");
}

/// A-AUD-013, S-EMG-014: text is text, never markup.
#[test]
fn nothing_is_taken_for_markup() {
    let speech = SpeechText::default();
    assert_eq!(
        speech.ssml("שלום</speak><audio src=\"x\"/> & \u{0}\u{fffe}052-3456789"),
        "<speak>שלוםspeakaudio src שווה x ו אפס חמש שתיים<break time=\"150ms\"/> שלוש ארבע חמש\
         <break time=\"150ms\"/> שש שבע<break time=\"150ms\"/> שמונה תשע</speak>"
    );
}

/// Well-formed as far as this document goes: text, `<break time="…ms"/>` and nothing else.
fn is_well_formed(ssml: &str) -> bool {
    let Some(mut rest) = ssml.strip_prefix("<speak>").and_then(|rest| rest.strip_suffix("</speak>")) else {
        return false;
    };
    while let Some(at) = rest.find(['<', '>', '&', '"', '\'']) {
        let from = &rest[at..];
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"]
            .into_iter()
            .chain(["<break time=\"150ms\"/>", "<break time=\"250ms\"/>", "<break time=\"400ms\"/>"])
            .find(|known| from.starts_with(known));
        let Some(known) = known else { return false };
        rest = &from[known.len()..];
    }
    // XML 1.0 §2.2.
    ssml.chars()
        .all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..))
}

/// What a number's words amount to; the reader's opposite, written apart from it.
fn value(words: &str) -> Option<u64> {
    const NAMES: [(&str, u64); 49] = [
        ("אפס", 0),
        ("אחד", 1),
        ("אחת", 1),
        ("שניים", 2),
        ("שתיים", 2),
        ("שני", 2),
        ("שתי", 2),
        ("שנים", 2),
        ("שתים", 2),
        ("שלושה", 3),
        ("שלוש", 3),
        ("שלושת", 3),
        ("ארבעה", 4),
        ("ארבע", 4),
        ("ארבעת", 4),
        ("חמישה", 5),
        ("חמש", 5),
        ("חמשת", 5),
        ("שישה", 6),
        ("שש", 6),
        ("ששת", 6),
        ("שבעה", 7),
        ("שבע", 7),
        ("שבעת", 7),
        ("שמונה", 8),
        ("שמונת", 8),
        ("תשעה", 9),
        ("תשע", 9),
        ("תשעת", 9),
        ("עשרה", 10),
        ("עשר", 10),
        ("עשרת", 10),
        ("עשרים", 20),
        ("שלושים", 30),
        ("ארבעים", 40),
        ("חמישים", 50),
        ("שישים", 60),
        ("שבעים", 70),
        ("שמונים", 80),
        ("תשעים", 90),
        ("מאה", 100),
        ("מאתיים", 200),
        ("מאות", 100),
        ("אלפיים", 2_000),
        ("אלפים", 1_000),
        ("אלף", 1_000),
        ("מיליון", 1_000_000),
        ("מיליארד", 1_000_000_000),
        ("x", 0),
    ];
    let (mut total, mut chunk, mut last) = (0, 0, 0);
    for word in words.split(' ') {
        let name = |word: &str| NAMES.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        let value = name(word).or_else(|| name(word.strip_prefix('ו')?))?;
        match (word, value) {
            ("מאות", _) => chunk += last * 100 - last,
            ("אלפיים", _) => total += 2_000,
            (_, scale) if scale >= 1_000 => {
                total += if chunk == 0 { scale } else { chunk * scale };
                chunk = 0;
            }
            (_, value) => chunk += value,
        }
        last = value;
    }
    Some(total + chunk)
}

proptest! {
    /// Every number can be told from its words.
    #[test]
    fn a_number_is_read_back(n in prop_oneof![0..2_000_u64, 0..10_000_000_u64, 0..number::TOO_BIG]) {
        for gender in [Gender::Masculine, Gender::Feminine] {
            prop_assert_eq!(value(&cardinal(n, gender)), Some(n), "{}", cardinal(n, gender));
        }
    }

    /// No digit of a telephone number is lost, however it is written.
    #[test]
    fn no_digit_is_lost(number in "0[2-9][0-9]?[- ]?[0-9]{3}[- ]?[0-9]{4}") {
        let count = number.chars().filter(char::is_ascii_digit).count();
        let said = SpeechText::default().plain(&number);
        let digits: Vec<&str> = said.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let expected: Vec<&str> = number.chars().filter_map(number::digit).collect();
        prop_assert!(count >= 9);
        prop_assert_eq!(digits, expected, "{}", said);
    }

    /// Whatever the text: no panic, well-formed XML, no figure left for the synthesiser to guess.
    #[test]
    fn any_text_is_well_formed(text in "[\\PC\0-\u{1f}<>&\"'0-9:/.,+*₪%א-ת -]{0,80}") {
        let speech = SpeechText::default();
        let ssml = speech.ssml(&text);
        prop_assert!(is_well_formed(&ssml), "{}", ssml);
        prop_assert!(!speech.plain(&text).contains(|c: char| c.is_ascii_digit()), "{}", ssml);
    }

    /// Figures of any shape come out as words, at least one for each group.
    #[test]
    fn figures_of_any_shape_are_said(text in "[0-9]{1,15}([-.:/,][0-9]{1,6}){0,4}") {
        let said = SpeechText::default().plain(&text);
        prop_assert!(!said.is_empty());
        prop_assert!(!said.contains(|c: char| c.is_ascii_digit()), "{}", said);
    }
}
