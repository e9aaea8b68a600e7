//! Text in pieces: words, figures, what is between them.

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Letters, with the quotes and apostrophes inside and the one at the end of an abbreviation.
    Word(String),
    /// Begins and ends with a digit; may hold the separators of numbers, dates and times.
    Figures(String),
    /// White space, without a line break.
    Space,
    /// The end of a line.
    Line,
    /// Any other character.
    Mark(char),
}

/// Characters that show nothing: marks of direction, joiners, control characters, and what XML cannot hold.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// A separator inside figures, between two digits.
const fn joins_digits(c: char) -> bool {
    matches!(c, '.' | ',' | ':' | '/' | '-' | '\u{2010}'..='\u{2013}' | '־')
}

/// Letters, and the points of niqqud.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c7}')
}

/// Quotes and apostrophes of an abbreviation, in one form.
const fn abbreviation_mark(c: char) -> Option<char> {
    match c {
        '"' | '״' | '”' | '“' => Some('"'),
        '\'' | '׳' | '’' | '`' => Some('\''),
        _ => None,
    }
}

/// Any digit as an ASCII one.
fn ascii_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        // Full width, Arabic, Persian: what else a keyboard gives.
        '\u{ff10}'..='\u{ff19}' => char::from_digit(c as u32 - 0xff10, 10),
        '\u{660}'..='\u{669}' => char::from_digit(c as u32 - 0x660, 10),
        '\u{6f0}'..='\u{6f9}' => char::from_digit(c as u32 - 0x6f0, 10),
        _ => None,
    }
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> =
        text.chars().filter(|c| !is_invisible(*c)).map(|c| ascii_digit(c).unwrap_or(c)).collect();
    let at = |i: usize| chars.get(i).copied();
    let digit_at = |i: usize| at(i).is_some_and(|c| c.is_ascii_digit());
    let letter_at = |i: usize| at(i).is_some_and(is_letter);
    let mut tokens = Vec::new();
    let mut i = 0;
    while let Some(c) = at(i) {
        if c.is_ascii_digit() {
            let mut figures = String::new();
            while let Some(c) = at(i) {
                let joined = joins_digits(c) && digit_at(i + 1);
                if !c.is_ascii_digit() && !joined {
                    break;
                }
                let dash = !c.is_ascii_digit() && !matches!(c, '.' | ',' | ':' | '/');
                figures.push(if dash { '-' } else { c });
                i += 1;
            }
            tokens.push(Token::Figures(figures));
        } else if is_letter(c) {
            let mut word = String::new();
            while let Some(c) = at(i) {
                if is_letter(c) {
                    word.push(c);
                } else if let Some(mark) = abbreviation_mark(c)
                    && (letter_at(i + 1) || (mark == '\'' && !letter_at(i + 1)))
                {
                    word.push(mark);
                } else if c == '/' && letter_at(i + 1) {
                    // Both genders: בודק/ת
                    word.push(c);
                } else {
                    break;
                }
                i += 1;
            }
            tokens.push(Token::Word(word));
        } else {
            i += 1;
            match c {
                '\n' | '\r' | '\u{2028}' | '\u{2029}' => {
                    if tokens.last() != Some(&Token::Line) {
                        tokens.push(Token::Line);
                    }
                }
                c if c.is_whitespace() => {
                    if tokens.last() != Some(&Token::Space) {
                        tokens.push(Token::Space);
                    }
                }
                c => tokens.push(Token::Mark(c)),
            }
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_falls_into_words_and_figures() {
        use Token::{Figures, Line, Mark, Space, Word};
        let word = |text: &str| Word(text.to_owned());
        let figures = |text: &str| Figures(text.to_owned());
        assert_eq!(
            tokens("ב-14:30, 1,200 ש״ח.\nרח' א\u{200f}"),
            [
                word("ב"),
                Mark('-'),
                figures("14:30"),
                Mark(','),
                Space,
                figures("1,200"),
                Space,
                word("ש\"ח"),
                Mark('.'),
                Line,
                word("רח'"),
                Space,
                word("א"),
            ]
        );
        assert_eq!(tokens("052–3456789"), [figures("052-3456789")]);
        assert_eq!(tokens("בודק/ת"), [word("בודק/ת")]);
    }
}
