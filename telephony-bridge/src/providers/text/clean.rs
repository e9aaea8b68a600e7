//! What a model writes, as one says it: no markup, no pictures, no addresses.

/// Words that can be spoken: markdown, emoji, URLs and direction marks are taken out, white space is
/// folded, nikud stays. Empty where nothing is left to say.
pub fn speakable(text: &str) -> String {
    let linked = unlink(text);
    let words = linked.split_whitespace().filter(|word| !is_address(word)).map(plain);
    let joined = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let said = joined.trim_start_matches(['-', '–', '—', '•', '>', '·', ' ']).trim();
    if said.chars().any(char::is_alphanumeric) { said.to_owned() } else { String::new() }
}

/// `[words](address)` becomes `words`, `![words](address)` too.
fn unlink(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let after = &rest[open + 1..];
        let link = after.find("](").and_then(|middle| {
            let end = after[middle..].find(')')? + middle;
            // A bracket before the end belongs to another pair.
            (!after[..middle].contains(['[', '\n'])).then_some((middle, end))
        });
        match link {
            Some((middle, end)) => {
                out.push_str(rest[..open].trim_end_matches('!'));
                out.push_str(&after[..middle]);
                rest = &after[end + 1..];
            }
            None => {
                out.push_str(&rest[..=open]);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_address(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '<', '"', '*', '_']);
    ["http://", "https://", "www."].iter().any(|start| word.starts_with(start))
}

fn plain(word: &str) -> String {
    // A list's number is said, its bullet and a heading's hashes are not.
    if !word.is_empty() && word.chars().all(|c| matches!(c, '#' | '*' | '-' | '_' | '=' | '|' | '`' | '~')) {
        return if word == "-" { "-".to_owned() } else { String::new() };
    }
    word.chars().filter(|c| !is_markup(*c) && !is_picture(*c) && !is_invisible(*c)).collect()
}

const fn is_markup(c: char) -> bool {
    matches!(c, '*' | '`' | '~' | '|' | '_' | '#' | '<' | '>' | '\\' | '{' | '}')
}

/// Emoji and what joins them; Unicode blocks of symbols.
const fn is_picture(c: char) -> bool {
    matches!(
        c as u32,
        0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2190..=0x21FF | 0x2300..=0x23FF | 0x25A0..=0x25FF
            | 0x2B00..=0x2BFF | 0xFE00..=0xFE0F | 0x20E3 | 0xE0020..=0xE007F
    )
}

/// Direction marks, joiners, byte order marks, control characters.
const fn is_invisible(c: char) -> bool {
    matches!(c as u32, 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 | 0xFEFF | 0xFFFD | 0x00AD)
        || c.is_ascii_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-KB-004: what cannot be said is not sent to a voice.
    #[test]
    fn what_cannot_be_said_is_left_out() {
        for (written, said) in [
            ("**שלום** _דנה_, `מה` שלומך?", "שלום דנה, מה שלומך?"),
            ("## כותרת", "כותרת"),
            ("* ראשון", "ראשון"),
            ("- שני", "שני"),
            ("1. דירה ברחוב הרצל", "1. דירה ברחוב הרצל"),
            ("אפשר [לקבוע פגישה](https://kav.example/a?b=1) עכשיו", "אפשר לקבוע פגישה עכשיו"),
            ("פרטים ב https://kav.example/דירות.", "פרטים ב"),
            ("מצוין 😀👍🏽 נמשיך ❤️", "מצוין נמשיך"),
            ("\u{200f}שלום\u{200e} \u{202b}עולם\u{202c}", "שלום עולם"),
            ("שָׁלוֹם", "שָׁלוֹם"),
            ("3.5 מיליון ש״ח, צה״ל, ג׳ירפה", "3.5 מיליון ש״ח, צה״ל, ג׳ירפה"),
            ("😀 ***", ""),
            ("…", ""),
            ("[לא קישור] סתם", "[לא קישור] סתם"),
            ("תל-אביב - יפו", "תל-אביב - יפו"),
        ] {
            assert_eq!(speakable(written), said, "{written}");
        }
    }
}
