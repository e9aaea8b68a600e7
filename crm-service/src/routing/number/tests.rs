use super::{Caller, Dialled, HIDDEN};

fn e164(received: &str, expected: &str) {
    assert_eq!(Caller::parse(received), Caller::E164(expected.to_owned()), "caller {received:?}");
    assert_eq!(Dialled::parse(received).as_str(), expected, "dialled {received:?}");
}

fn raw(received: &str, expected: &str) {
    assert_eq!(Caller::parse(received), Caller::Raw(expected.to_owned()), "caller {received:?}");
    assert_eq!(Dialled::parse(received).as_str(), expected, "dialled {received:?}");
}

/// A-TEN-009: every spelling of a number is one number.
#[test]
fn every_spelling_of_an_israeli_number_is_one_e164() {
    for mobile in [
        "050-123-4567",
        "0501234567",
        "972501234567",
        "00972501234567",
        "+972501234567",
        "+972-50-123-4567",
        "+972 (0)50 123 4567",
        "\u{200e}+972\u{a0}50\u{a0}123\u{a0}4567\u{200e}",
        "\u{2066}050-1234567\u{2069}",
        "tel:+972501234567",
        "sip:+972501234567@carrier.example;user=phone",
        "whatsapp:+972501234567",
    ] {
        e164(mobile, "+972501234567");
    }
    e164("03-3763805", "+97233763805");
    e164("97233763805", "+97233763805");
    e164("077-1234567", "+972771234567");
}

#[test]
fn a_foreign_number_keeps_its_country() {
    e164("+14155552671", "+14155552671");
    e164("+44 20 7946 0958", "+442079460958");
    e164("0014155552671", "+14155552671");
}

/// star, short and 1-X00 numbers are kept raw.
#[test]
fn star_short_and_1_x00_numbers_are_kept_as_dialled() {
    raw("*2345", "*2345");
    raw("* 2345", "*2345");
    raw("100", "100");
    raw("1201", "1201");
    raw("1-800-123456", "1800123456");
    raw("1-700-50-60-70", "1700506070");
    raw("+9721800123456", "1800123456");
}

/// nobody is rejected because a library calls a number invalid.
#[test]
fn what_cannot_be_read_is_kept_as_it_came() {
    raw("3763805", "3763805");
    raw("client:reception", "client:reception");
    raw("+999", "+999");
    assert!(matches!(Caller::parse("not a number at all"), Caller::Raw(_)));
}

/// hidden callers are recognised before anything is normalised.
#[test]
fn every_form_of_a_hidden_number_is_hidden() {
    for hidden in [
        "",
        "  ",
        "anonymous",
        "Anonymous",
        "ANONYMOUS",
        "unknown",
        "restricted",
        "unavailable",
        "private",
        "blocked",
        "withheld",
        "+266696687",
        "266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
        "+464",
        "sip:anonymous@anonymous.invalid",
        "\"Anonymous\"",
        "+",
    ] {
        assert_eq!(Caller::parse(hidden), Caller::Hidden, "{hidden:?}");
        assert_eq!(Caller::parse(hidden).as_str(), HIDDEN);
    }
    assert_ne!(Caller::parse("2562533"), Caller::Hidden, "a local number without +");
}
