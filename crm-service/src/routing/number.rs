//! The one place where a phone number gets its canonical form.
//!
//! Storage and every look-up go through here. The rules, in this order:
//!
//! 1. Hidden numbers are recognised first: some of their forms would parse as foreign numbers.
//! 2. Star, short and 1-X00 numbers are kept as dialled: a library would turn `*2345` into
//!    `+9722345`.
//! 3. The rest becomes E.164, read as dialled in Israel.
//! 4. What cannot be read is kept as it came. Nobody is rejected because a library calls a number
//!    invalid: it says so of numbers in use.

use phonenumber::country::Id::IL;

/// Loads the library's tables, tens of milliseconds that the first call shall not wait for.
pub(crate) fn warm_up() {
    let _loaded = Dialled::parse("03-0000000");
}

/// How a hidden number is stored and shown.
pub(crate) const HIDDEN: &str = "anonymous";

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The number is withheld. Two hidden callers are not one person.
    Hidden,
    /// E.164, such as `+972502345678`.
    E164(String),
    /// A star, short or 1-X00 number, or an address that is no number; as received.
    Raw(String),
}

impl Caller {
    /// Reads a caller as the telephone network announced it. Never fails.
    #[must_use]
    pub(crate) fn parse(received: &str) -> Self {
        let address = bare_address(received);
        if is_hidden(&address) {
            return Self::Hidden;
        }
        match canonical(&address) {
            Some(e164) => Self::E164(e164),
            None => Self::Raw(raw(&address)),
        }
    }

    /// The canonical form; [`HIDDEN`] for a hidden caller.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Hidden => HIDDEN,
            Self::E164(number) | Self::Raw(number) => number,
        }
    }
}

/// A dialled number in its canonical form: E.164, or as dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dialled(String);

impl Dialled {
    /// Reads a dialled number. Never fails.
    #[must_use]
    pub(crate) fn parse(received: &str) -> Self {
        let address = bare_address(received);
        Self(canonical(&address).unwrap_or_else(|| raw(&address)))
    }

    /// The canonical form.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Words for a hidden number, and the same words typed on a keypad.
const HIDDEN_WORDS: [&str; 13] = [
    "",
    "+",
    "anonymous",
    "blocked",
    "hidden",
    "private",
    "restricted",
    "unavailable",
    "unknown",
    "withheld",
    "266696687",
    "7378742833",
    "86282452253",
];

/// Keypad words that could also be a local number: hidden only with a `+` before them.
const HIDDEN_WITH_PLUS: [&str; 4] = ["+2562533", "+464", "+7748283", "+8656696"];

/// `anonymous`, `+266696687`, `sip:anonymous@anonymous.invalid`…
fn is_hidden(address: &str) -> bool {
    let lower = address.to_lowercase();
    let digits = lower.strip_prefix('+').unwrap_or(&lower);
    HIDDEN_WITH_PLUS.contains(&&*lower) || HIDDEN_WORDS.contains(&&*lower) || HIDDEN_WORDS.contains(&digits)
}

/// The user part of a SIP, tel or WhatsApp address, without the invisible marks that copied Hebrew
/// text carries around numbers.
fn bare_address(received: &str) -> String {
    let visible: String = received
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .collect();
    let mut address = visible.trim();
    for scheme in ["sip:", "sips:", "tel:", "whatsapp:"] {
        if address.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)) {
            address = &address[scheme.len()..];
            break;
        }
    }
    let user = address.split(['@', ';']).next().unwrap_or_default();
    user.trim().trim_matches('"').to_owned()
}

/// E.164, or nothing for what is kept raw.
fn canonical(address: &str) -> Option<String> {
    let dialled = significant(address)?;
    if kept_as_dialled(&dialled) {
        return None;
    }
    let number = phonenumber::parse(Some(IL), &dialled).ok()?;
    let code = number.country().code();
    let national = number.national().to_string();
    let plausible = match code {
        // Landlines have 8 digits, mobiles and 07x have 9. A local number without its area code has
        // 7 and cannot be completed.
        972 => (8..=9).contains(&national.len()),
        _ => dialled.starts_with(['+', '0']),
    };
    let e164 = number.format().mode(phonenumber::Mode::E164).to_string();
    (plausible && (8..=16).contains(&e164.len())).then_some(e164)
}

/// The characters that are dialled, when these are all there is besides separators.
fn significant(address: &str) -> Option<String> {
    let mut dialled = String::with_capacity(address.len());
    for character in address.chars() {
        match character {
            '0'..='9' | '*' | '#' => dialled.push(character),
            '+' if dialled.is_empty() => dialled.push('+'),
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{2010}'..='\u{2015}' => {}
            _ => return None,
        }
    }
    (!dialled.is_empty()).then_some(dialled)
}

/// Star numbers, short numbers, and 1-X00 numbers with or without +972.
fn kept_as_dialled(dialled: &str) -> bool {
    dialled.contains(['*', '#'])
        || (!dialled.starts_with('+') && dialled.len() <= 6)
        || one_x00(dialled).is_some()
}

/// The national form of an Israeli 1-X00 number (`1-700-123456` and nine or ten digits in all).
fn one_x00(dialled: &str) -> Option<&str> {
    let national = ["+972", "00972", "972"].iter().find_map(|p| dialled.strip_prefix(p)).unwrap_or(dialled);
    let bytes = national.as_bytes();
    let shape = matches!(bytes, [b'1', b'2'..=b'9', b'0', b'0', ..]) && (9..=10).contains(&bytes.len());
    shape.then_some(national)
}

/// The one spelling of what is kept raw.
fn raw(address: &str) -> String {
    match significant(address) {
        Some(dialled) => one_x00(&dialled).map(str::to_owned).unwrap_or(dialled),
        None => address.chars().take(128).collect(),
    }
}

#[cfg(test)]
mod tests;
