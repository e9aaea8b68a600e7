//! What figures are: a number, a price, a telephone number, a date, a time; and how each is said.

use super::number::{self, Gender, cardinal, counting, digits};

/// Between groups of digits; the reader makes a pause of it.
pub(super) const PAUSE: char = '\u{1}';

const MONTHS: [&str; 12] = [
    "ינואר",
    "פברואר",
    "מרץ",
    "אפריל",
    "מאי",
    "יוני",
    "יולי",
    "אוגוסט",
    "ספטמבר",
    "אוקטובר",
    "נובמבר",
    "דצמבר",
];
/// Digits in a row without a separator that are no quantity.
const A_CODE: usize = 7;

/// What figures mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Figures {
    /// Whole part and, behind a point, its digits.
    Number(u64, Option<String>),
    Time {
        hour: u64,
        minute: u64,
        second: Option<u64>,
    },
    Date {
        day: u64,
        month: u64,
        year: Option<u64>,
    },
    Range(Box<Self>, Box<Self>),
    /// Read digit by digit, in these groups.
    Code(Vec<String>),
    /// Anything else: numbers one after the other.
    Mixed(Vec<String>),
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn count_digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// Is it a telephone number, with hyphens or without?
pub(super) fn is_telephone(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b' ');
    let count = count_digits(text);
    plain
        && (text.starts_with('0') && (9..=10).contains(&count)
            || text.starts_with("1-") && count == 10
            || text.starts_with("972") && (11..=12).contains(&count))
}

impl Figures {
    /// What `text` means. `amount`: a currency or the like stands beside it.
    pub(super) fn parse(text: &str, amount: bool) -> Self {
        if is_telephone(text) {
            return Self::Code(groups(text));
        }
        Self::number(text, amount)
            .or_else(|| Self::time(text))
            .or_else(|| Self::date(text))
            .or_else(|| Self::range(text))
            .unwrap_or_else(|| Self::mixed(text, amount))
    }

    fn number(text: &str, amount: bool) -> Option<Self> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if all_digits(fraction) => (whole, Some(fraction.to_owned())),
            Some(_) => return None,
            None => (text, None),
        };
        let plain = whole.replace(',', "");
        let mut thousands = whole.split(',');
        let first = thousands.next()?;
        let grouped = first.len() <= 3 && thousands.all(|group| group.len() == 3);
        if !all_digits(&plain) || (whole.contains(',') && !grouped) {
            return None;
        }
        let code =
            plain.len() > 1 && plain.starts_with('0') || (plain.len() >= A_CODE && whole == plain && !amount);
        let n: u64 = plain.parse().ok()?;
        if code || n >= number::TOO_BIG {
            return None;
        }
        Some(Self::Number(n, fraction))
    }

    fn time(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let fits = |part: &str, most: u64| -> Option<u64> {
            part.parse().ok().filter(|n| *n <= most && all_digits(part) && part.len() <= 2)
        };
        let (hour, minute) = (fits(parts.first()?, 23)?, fits(parts.get(1)?, 59)?);
        let second = match parts.get(2) {
            Some(second) => Some(fits(second, 59)?),
            None => None,
        };
        let long = parts.len() > 3 || parts[1..].iter().any(|part| part.len() != 2);
        (!long).then_some(Self::Time { hour, minute, second })
    }

    fn date(text: &str) -> Option<Self> {
        let split = |separator: char| -> Vec<&str> { text.split(separator).collect() };
        let (day, month, year) =
            match (split('/')[..].to_vec(), split('.')[..].to_vec(), split('-')[..].to_vec()) {
                (slashes, ..) if slashes.len() == 2 => (slashes[0], slashes[1], None),
                (slashes, ..) if slashes.len() == 3 => (slashes[0], slashes[1], Some(slashes[2])),
                (_, dots, _) if dots.len() == 3 => (dots[0], dots[1], Some(dots[2])),
                (_, _, dashes) if dashes.len() == 3 && dashes[0].len() == 4 => {
                    (dashes[2], dashes[1], Some(dashes[0]))
                }
                _ => return None,
            };
        let number = |part: &str, longest: usize| -> Option<u64> {
            (all_digits(part) && part.len() <= longest).then(|| part.parse().ok()).flatten()
        };
        let (day, month) = (number(day, 2)?, number(month, 2)?);
        let year = match year {
            Some(year) if year.len() == 2 || year.len() == 4 => Some(number(year, 4)?),
            Some(_) => return None,
            None => None,
        };
        let valid = (1..=31).contains(&day) && (1..=12).contains(&month) && year != Some(0);
        valid.then_some(Self::Date { day, month, year })
    }

    fn range(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let end =
            |part: &str| Self::number(part, true).or_else(|| Self::time(part)).or_else(|| Self::date(part));
        if to.contains('-') || [from, to].iter().any(|part| part.len() >= A_CODE && all_digits(part)) {
            return None;
        }
        let (from, to) = (end(from)?, end(to)?);
        let rising = match (&from, &to) {
            (Self::Number(from, _), Self::Number(to, _)) => from < to,
            (from, to) => std::mem::discriminant(from) == std::mem::discriminant(to),
        };
        rising.then(|| Self::Range(Box::new(from), Box::new(to)))
    }

    fn mixed(text: &str, amount: bool) -> Self {
        if all_digits(text) {
            return Self::Code(groups(text));
        }
        let parts = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
        // A number so long that it is none, with its thousands apart.
        if amount && text.bytes().all(|b| b.is_ascii_digit() || b == b',') {
            return Self::Code(parts.map(str::to_owned).collect());
        }
        Self::Mixed(parts.map(str::to_owned).collect())
    }

    /// As it is said; the gender is that of what is counted, if anything is.
    pub(super) fn say(&self, gender: Option<Gender>, day_part: bool) -> String {
        match self {
            Self::Number(n, None) => match gender {
                Some(gender) => counting(*n, gender),
                None => cardinal(*n, Gender::Feminine),
            },
            Self::Number(n, Some(fraction)) => decimal(*n, fraction, gender.unwrap_or_default()),
            Self::Time { hour, minute, second } => time(*hour, *minute, *second, day_part),
            Self::Date { day, month, year } => {
                let year =
                    year.map(|year| format!(" {}", cardinal(year, Gender::Feminine))).unwrap_or_default();
                let month = MONTHS[(*month as usize).clamp(1, 12) - 1];
                format!("{} ב{month}{year}", cardinal(*day, Gender::Masculine))
            }
            Self::Range(from, to) => {
                let bare = match **from {
                    // "שניים עד שלושה חדרים"
                    Self::Number(n, None) => cardinal(n, gender.unwrap_or_default()),
                    _ => from.say(gender, false),
                };
                format!("{bare} עד {}", to.say(gender, day_part))
            }
            Self::Code(groups) => {
                let said: Vec<String> = groups.iter().map(|group| digits(group)).collect();
                said.join(&format!("{PAUSE} "))
            }
            Self::Mixed(parts) => {
                let said: Vec<String> =
                    parts.iter().map(|part| Self::parse(part, false).say(None, false)).collect();
                said.join(&format!("{PAUSE} "))
            }
        }
    }
}

/// The digits in groups that are easy to write down: as they are written, long ones cut into twos and threes.
fn groups(text: &str) -> Vec<String> {
    let mut groups = Vec::new();
    for group in text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()) {
        let mut rest = group;
        // 3, 3, 2, 2 of a mobile's ten; 2, 3, 2, 2 of nine; 3, 2, 2 of seven.
        let first = match group.len() {
            9 => 2,
            n if n % 3 == 2 || n % 3 == 0 || n > 4 => 3,
            4 => 2,
            n => n,
        };
        let mut next = first;
        while rest.len() > next {
            let (head, tail) = rest.split_at(next);
            groups.push(head.to_owned());
            rest = tail;
            next = if rest.len() % 3 == 0 || rest.len() > 4 { 3 } else { 2 };
        }
        groups.push(rest.to_owned());
    }
    groups
}

fn decimal(whole: u64, fraction: &str, gender: Gender) -> String {
    let spoken = match fraction {
        "5" | "50" => "וחצי",
        "25" => "ורבע",
        "75" => "ושלושה רבעים",
        _ => "",
    };
    match (whole, spoken) {
        (0, "וחצי") => return "חצי".to_owned(),
        (0, "ורבע") => return "רבע".to_owned(),
        (whole, spoken) if whole > 0 && !spoken.is_empty() => {
            return format!("{} {spoken}", cardinal(whole, gender));
        }
        _ => {}
    }
    let after = match fraction.parse() {
        Ok(n) if fraction.len() <= 2 && !fraction.starts_with('0') => cardinal(n, Gender::Feminine),
        _ => digits(fraction),
    };
    format!("{} נקודה {after}", cardinal(whole, Gender::Feminine))
}

fn time(hour: u64, minute: u64, second: Option<u64>, day_part: bool) -> String {
    let twelve = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    let mut said = cardinal(twelve, Gender::Feminine);
    match minute {
        0 => {}
        15 => said.push_str(" ורבע"),
        30 => said.push_str(" וחצי"),
        1 => said.push_str(" ודקה"),
        2..=10 => {
            said.push_str(&format!(" ו{} דקות", counting(minute, Gender::Feminine)));
        }
        20 | 40 | 50 => said.push_str(&format!(" ו{}", cardinal(minute, Gender::Feminine))),
        _ => said.push_str(&format!(" {}", cardinal(minute, Gender::Feminine))),
    }
    match second {
        Some(1) => said.push_str(" ושנייה"),
        Some(second) if second > 0 => {
            said.push_str(&format!(" ו{} שניות", counting(second, Gender::Feminine)));
        }
        _ => {}
    }
    if day_part {
        said.push_str(match hour {
            5..=11 => " בבוקר",
            12..=15 => " בצהריים",
            16..=17 => " אחר הצהריים",
            18..=21 => " בערב",
            _ => " בלילה",
        });
    }
    said
}

/// A price; `fraction` are the digits behind the point. A unit of one and its hundredth, both by gender.
pub(super) fn price(n: u64, fraction: Option<&str>, currency: Currency) -> String {
    let hundredths = match fraction {
        None => 0,
        Some(digits) if digits.len() <= 2 => format!("{digits:0<2}").parse().unwrap_or(0),
        // Not money as it is paid.
        Some(digits) => return format!("{} {}", decimal(n, digits, Gender::Masculine), currency.many()),
    };
    let whole = match n {
        1 => format!("{} אחד", currency.one()),
        n => format!("{} {}", counting(n, Gender::Masculine), currency.many()),
    };
    let part = match (hundredths, currency) {
        (0, _) => return whole,
        (1, Currency::Shekel) => "אגורה אחת".to_owned(),
        (h, Currency::Shekel) => format!("{} אגורות", counting(h, Gender::Feminine)),
        (h, _) => format!("{} סנט", counting(h, Gender::Masculine)),
    };
    if n == 0 { part } else { format!("{whole} ו{part}") }
}

/// Money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Currency {
    Shekel,
    Dollar,
    Euro,
}

impl Currency {
    pub(super) const fn of(symbol: char) -> Option<Self> {
        match symbol {
            '₪' => Some(Self::Shekel),
            '$' => Some(Self::Dollar),
            '€' => Some(Self::Euro),
            _ => None,
        }
    }

    const fn one(self) -> &'static str {
        match self {
            Self::Shekel => "שקל",
            Self::Dollar => "דולר",
            Self::Euro => "אירו",
        }
    }

    pub(super) const fn many(self) -> &'static str {
        match self {
            Self::Shekel => "שקלים",
            Self::Dollar => "דולר",
            Self::Euro => "אירו",
        }
    }
}
