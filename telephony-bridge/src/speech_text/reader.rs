//! Reads tokens aloud, as it were: one pass, looking ahead where a figure needs its noun.

use super::SpeechText;
use super::figures::{Currency, Figures, PAUSE, count_digits, is_telephone, price};
use super::number::{Gender, digits};
use super::pronunciation::is_prefix;
use super::render::{Pause, Piece};
use super::token::{Token, tokens};

pub(super) fn read(settings: &SpeechText, text: &str) -> Vec<Piece> {
    let tokens = tokens(text);
    let mut reader = Reader { settings, tokens: &tokens, at: 0, pieces: Vec::new(), text: String::new() };
    while reader.at < reader.tokens.len() {
        reader.next();
    }
    reader.pieces()
}

struct Reader<'a> {
    settings: &'a SpeechText,
    tokens: &'a [Token],
    at: usize,
    pieces: Vec<Piece>,
    /// Words since the last pause.
    text: String,
}

/// A part of the day behind a time.
const DAY_PARTS: [&str; 8] = ["בבוקר", "בערב", "בלילה", "בצהריים", "אחר", "אחרי", "לפנות", "לפני"];
/// Final letters, and what they are inside a word.
const FINALS: [(char, char); 5] = [('ן', 'נ'), ('ם', 'מ'), ('ך', 'כ'), ('ף', 'פ'), ('ץ', 'צ')];

impl<'a> Reader<'a> {
    fn next(&mut self) {
        let (tokens, at) = (self.tokens, self.at);
        self.at += 1;
        match &tokens[at] {
            Token::Space => self.space(),
            Token::Line => self.pause(Pause::Long),
            Token::Word(word) if is_prefix(word) => match self.figures_behind_prefix() {
                Some(index) => self.figures(word, index),
                None => self.word(word),
            },
            Token::Word(word) => self.word(word),
            Token::Figures(_) => self.figures("", at),
            Token::Mark(mark) => self.mark(*mark),
        }
    }

    fn peek(&self, ahead: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + ahead)
    }

    fn is_dash(token: Option<&Token>) -> bool {
        matches!(token, Some(Token::Mark('-' | '–' | '־' | '\u{2010}' | '\u{2011}')))
    }

    /// "ב-15", "ב15": the index of the figures.
    fn figures_behind_prefix(&self) -> Option<usize> {
        let dash = usize::from(Self::is_dash(self.peek(0)));
        matches!(self.peek(dash), Some(Token::Figures(_))).then_some(self.at + dash)
    }

    fn say(&mut self, words: &str) {
        for (i, part) in words.split(PAUSE).enumerate() {
            if i > 0 {
                self.pause(Pause::Short);
            }
            self.text.push_str(part);
        }
    }

    /// Words that stand apart from what is before them.
    fn say_apart(&mut self, words: &str) {
        self.space();
        self.say(words);
    }

    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    fn pause(&mut self, pause: Pause) {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() {
            self.pieces.push(Piece::Text(text.trim_end().to_owned()));
        }
        match self.pieces.last_mut() {
            // Speech does not begin with silence.
            None => {}
            Some(Piece::Pause(last)) => *last = (*last).max(pause),
            Some(Piece::Text(_)) => self.pieces.push(Piece::Pause(pause)),
        }
    }

    fn pieces(mut self) -> Vec<Piece> {
        self.pause(Pause::Short);
        // Nor does it end with it.
        if matches!(self.pieces.last(), Some(Piece::Pause(_))) {
            self.pieces.pop();
        }
        self.pieces
    }

    fn word(&mut self, word: &str) {
        let said = match self.settings.pronunciation.said(word) {
            Some(said) => said,
            None if word.contains('/') => self.of_gender(word),
            None => word.to_owned(),
        };
        self.say(&said);
    }

    /// "בודק/ת", "בודק/בודקת": the form of the agent's gender.
    fn of_gender(&self, word: &str) -> String {
        let mut forms = word.split('/');
        let (Some(first), Some(second), None) = (forms.next(), forms.next(), forms.next()) else {
            return word.replace('/', " ");
        };
        match (self.settings.agent, second.chars().count()) {
            (Gender::Masculine, _) => first.to_owned(),
            (Gender::Feminine, 0..=2) => {
                let mut stem = first.to_owned();
                if let Some((_, inner)) = FINALS.iter().find(|(last, _)| stem.ends_with(*last)) {
                    stem.pop();
                    stem.push(*inner);
                }
                if second == "ת" && stem.ends_with('ה') {
                    stem.pop();
                }
                stem + second
            }
            (Gender::Feminine, _) => second.to_owned(),
        }
    }

    fn mark(&mut self, mark: char) {
        let next = self.peek(0).cloned();
        let figures_follow = matches!(next, Some(Token::Figures(_)));
        match mark {
            '.' if next == Some(Token::Mark('.')) => {
                while self.peek(0) == Some(&Token::Mark('.')) {
                    self.at += 1;
                }
                self.pause(Pause::Long);
            }
            '.' | ',' | '?' | '!' => {
                let said = self.text.trim_end().len();
                self.text.truncate(said);
                let repeated = self.text.ends_with(mark);
                let nothing_said = self.text.is_empty();
                if !repeated && !nothing_said {
                    self.text.push(mark);
                }
                // "example.com" and "א.ב." have no space there.
                if !nothing_said && !matches!(next, Some(Token::Word(_))) {
                    self.text.push(' ');
                }
            }
            ':' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '•' | '|' | '–' | '—' => {
                self.pause(Pause::Medium);
            }
            '…' => self.pause(Pause::Long),
            '-' | '־' | '\u{2010}' | '\u{2011}' => self.dash(next.as_ref()),
            '+' if figures_follow => self.telephone_abroad(),
            '*' | '#' if figures_follow => {
                let name = if mark == '*' { "כוכבית " } else { "סולמית " };
                if let Some(Token::Figures(figures)) = next {
                    self.at += 1;
                    self.say_apart(&format!("{name}{}", digits(&figures)));
                }
            }
            '%' => self.say_apart("אחוז"),
            '@' => self.say(" שטרודל "),
            '&' => {
                self.say_apart("ו");
                self.at += usize::from(next == Some(Token::Space));
            }
            '+' => self.say_apart("פלוס "),
            '=' => self.say_apart("שווה "),
            '½' => self.say_apart("חצי"),
            '¼' => self.say_apart("רבע"),
            '¾' => self.say_apart("שלושה רבעים"),
            '²' => self.say_apart("רבוע"),
            _ => match Currency::of(mark) {
                Some(currency) if figures_follow => {
                    let at = self.at;
                    self.at += 1;
                    let text = self.figures_at(at).to_owned();
                    self.money("", &text, currency);
                }
                Some(currency) => self.say_apart(currency.many()),
                // Markdown, emoji, quotes: nothing that is said.
                None => {}
            },
        }
    }

    fn dash(&mut self, next: Option<&Token>) {
        let inside = !self.text.is_empty() && !self.text.ends_with(' ');
        match next {
            Some(Token::Word(_)) if inside => self.text.push('-'),
            // "-5" is below zero; behind a letter it is a hyphen.
            Some(Token::Figures(_)) if !inside => self.say("מינוס "),
            Some(Token::Figures(_)) => self.space(),
            _ => self.pause(Pause::Medium),
        }
    }

    fn figures_at(&self, index: usize) -> &'a str {
        match self.tokens.get(index) {
            Some(Token::Figures(text)) => text,
            _ => "",
        }
    }

    /// `+` and figures: digit by digit.
    fn telephone_abroad(&mut self) {
        let at = self.at;
        self.at += 1;
        let first = self.figures_at(at).to_owned();
        let text = self.with_groups_behind(&first, 15).unwrap_or(first);
        let said = match Figures::parse(&text.replace(' ', "-"), false) {
            code @ Figures::Code(_) => code.say(None, false),
            _ => digits(&text),
        };
        self.say_apart(&format!("פלוס {said}"));
    }

    /// "052 345 6789": the figures, and groups behind them that belong to one telephone number.
    fn with_groups_behind(&mut self, first: &str, most: usize) -> Option<String> {
        let mut text = first.to_owned();
        let mut ahead = 0;
        loop {
            let gap = match self.peek(ahead)? {
                Token::Space => 1,
                token if Self::is_dash(Some(token)) => 1,
                _ => break,
            };
            let Some(Token::Figures(group)) = self.peek(ahead + gap) else { break };
            let plain = group.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            if !plain || count_digits(&text) + count_digits(group) > most {
                break;
            }
            text.push('-');
            text.push_str(group);
            ahead += gap + 1;
            if is_telephone(&text) || ahead >= self.tokens.len() - self.at {
                break;
            }
        }
        (is_telephone(&text) && ahead > 0).then(|| {
            self.at += ahead;
            text
        })
    }

    fn figures(&mut self, prefix: &str, index: usize) {
        self.at = index + 1;
        let first = self.figures_at(index).to_owned();
        if first.starts_with(['0', '1'])
            && let Some(telephone) = self.with_groups_behind(&first, 10)
        {
            let said = Figures::parse(&telephone, false).say(None, false);
            return self.say_glued(prefix, &said);
        }
        let space = usize::from(self.peek(0) == Some(&Token::Space));
        match self.peek(space) {
            Some(Token::Mark(mark)) if Currency::of(*mark).is_some() => {
                self.at += space + 1;
                self.money(prefix, &first, Currency::of(*mark).unwrap_or(Currency::Shekel));
            }
            Some(Token::Word(word)) if matches!(word.as_str(), "ש\"ח" | "שח" | "NIS" | "ILS") => {
                self.at += space + 1;
                self.money(prefix, &first, Currency::Shekel);
            }
            Some(Token::Mark('%')) => {
                self.at += space + 1;
                let said = match Figures::parse(&first, true) {
                    Figures::Number(1, None) => "אחוז אחד".to_owned(),
                    figures @ Figures::Number(2..=10, None) => {
                        format!("{} אחוזים", figures.say(Some(Gender::Masculine), false))
                    }
                    figures => format!("{} אחוז", figures.say(Some(Gender::Masculine), false)),
                };
                self.say_glued(prefix, &said);
            }
            Some(Token::Word(noun)) => self.counted(prefix, &first, noun, space + 1),
            _ => {
                let said = Figures::parse(&first, false).say(None, true);
                self.say_glued(prefix, &said);
            }
        }
    }

    /// Figures and the word behind them, `ahead` tokens on.
    fn counted(&mut self, prefix: &str, first: &str, noun: &str, ahead: usize) {
        let said = self.settings.pronunciation.said(noun).unwrap_or_else(|| noun.to_owned());
        let head = said.split(' ').next().unwrap_or_default();
        let gender = self.settings.pronunciation.gender(head);
        let figures = Figures::parse(first, gender.is_some());
        if let (Figures::Number(1, None), Some(gender)) = (&figures, gender) {
            let one = if gender == Gender::Masculine { "אחד" } else { "אחת" };
            self.at += ahead;
            return self.say_glued(prefix, &format!("{said} {one}"));
        }
        let day_part = !DAY_PARTS.contains(&noun) && !DAY_PARTS.contains(&head);
        let words = figures.say(gender, day_part);
        self.say_glued(prefix, &words);
        // "5דק'": figures and a word without a space.
        self.space();
    }

    fn money(&mut self, prefix: &str, figures: &str, currency: Currency) {
        let said = match Figures::parse(figures, true) {
            Figures::Number(n, fraction) => price(n, fraction.as_deref(), currency),
            other => format!("{} {}", other.say(Some(Gender::Masculine), false), currency.many()),
        };
        self.say_glued(prefix, &said);
    }

    /// Words behind a prefix, which is part of the first of them.
    fn say_glued(&mut self, prefix: &str, words: &str) {
        let apart = self.text.chars().next_back().is_some_and(char::is_alphanumeric);
        if apart {
            self.space();
        }
        self.say(prefix);
        self.say(words);
        if matches!(self.peek(0), Some(Token::Word(_) | Token::Figures(_))) {
            self.space();
        }
    }
}
