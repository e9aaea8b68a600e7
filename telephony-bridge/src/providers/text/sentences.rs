//! Cuts a text that arrives in pieces into sentences, so that speech can begin with the first.

/// Words that end in a point without ending a sentence.
const ABBREVIATIONS: [&str; 22] = [
    "וכו", "וכד", "עמ", "מס", "רח", "טל", "שד", "גב", "פרופ", "מר", "הנ\"ל", "ד\"ר", "ד״ר", "dr", "mr",
    "mrs", "st", "no", "vs", "etc", "e.g", "i.e",
];
/// What may follow an end and belongs to it: more ends, quotes, brackets, a model's markup.
const CLOSING: [char; 10] = ['.', '!', '?', '…', '"', '”', ')', '\'', '*', '_'];
/// A sentence longer than this is cut at a comma…
const LONG: usize = 120;
/// …and longer than this at any space, in characters.
const LONGEST: usize = 300;

/// The text that is not a sentence yet.
#[derive(Clone, Debug, Default)]
pub struct Sentences {
    text: String,
}

impl Sentences {
    /// Takes the next piece; returns the sentences it completes.
    pub fn push(&mut self, piece: &str) -> Vec<String> {
        self.text.push_str(piece);
        let mut done = Vec::new();
        while let Some(end) = self.end() {
            let rest = self.text.split_off(end);
            let sentence = std::mem::replace(&mut self.text, rest);
            let sentence = sentence.trim();
            if !sentence.is_empty() {
                done.push(sentence.to_owned());
            }
        }
        done
    }

    /// No more comes: what is left.
    pub fn finish(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Where the first sentence ends, if it is known.
    fn end(&self) -> Option<usize> {
        let text = &self.text;
        let (mut comma, mut space) = (None, None);
        let mut chars = text.char_indices().peekable();
        let mut count = 0;
        while let Some((at, c)) = chars.next() {
            count += 1;
            match c {
                '\n' if !text[..at].trim().is_empty() => return Some(at + 1),
                '.' | '!' | '?' | '…' => {
                    let mut end = at + c.len_utf8();
                    // Closing marks and more of the same belong to it.
                    while let Some((next, mark)) = chars.next_if(|(_, c)| CLOSING.contains(c)) {
                        count += 1;
                        end = next + mark.len_utf8();
                    }
                    // What follows decides; at the end of what is there, it is not known.
                    let (_, next) = chars.peek()?;
                    if next.is_whitespace() && !(c == '.' && end == at + 1 && is_open(&text[..at])) {
                        return Some(end);
                    }
                }
                ',' | ';' | '–' | '—' => comma = Some(at + c.len_utf8()),
                c if c.is_whitespace() => {
                    space = Some(at);
                    // A comma counts once a space follows it.
                    if count > LONG && comma == Some(at) {
                        return comma;
                    }
                }
                _ => {}
            }
            if count > LONGEST {
                return Some(comma.or(space).unwrap_or(at));
            }
        }
        None
    }
}

/// Does a point after this text not end a sentence?
fn is_open(before: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let letters = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let folded = letters.to_lowercase();
    // A list's number or a single letter, at the start of a line.
    let line = before.rsplit('\n').next().unwrap_or_default();
    let numbered = line.trim() == word && !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
    let letter = letters.chars().count() == 1 && letters.chars().all(char::is_alphabetic);
    let known = |word: &str| ABBREVIATIONS.contains(&word.trim_end_matches(['\'', '׳']));
    // Hebrew puts "in", "to", "and" in front of the word.
    let bare = folded.strip_prefix(['ב', 'ל', 'מ', 'ו', 'ה', 'ש', 'כ']).unwrap_or(&folded);
    numbered || letter || known(&folded) || known(bare)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> Vec<String> {
        let mut sentences = Sentences::default();
        let mut all = sentences.push(text);
        all.extend(sentences.finish());
        all
    }

    #[test]
    fn hebrew_sentences_are_cut_where_they_end() {
        for (text, expected) in [
            ("שלום! מה שלומך? בוא נתחיל.", vec!["שלום!", "מה שלומך?", "בוא נתחיל."]),
            ("המחיר 3.5 מיליון ש״ח. זה סופי.", vec!["המחיר 3.5 מיליון ש״ח.", "זה סופי."]),
            ("דיברתי עם פרופ. כהן ברח. הרצל 5.", vec!["דיברתי עם פרופ. כהן ברח. הרצל 5."]),
            ("א. לוי בדרך. נתראה.", vec!["א. לוי בדרך.", "נתראה."]),
            ("1. דירה\n2. בית", vec!["1. דירה", "2. בית"]),
            ("בכתובת kav.co.il או info@kav.co.il. תודה", vec!["בכתובת kav.co.il או info@kav.co.il.", "תודה"]),
            ("רגע... אני בודקת. \"כן.\" בסדר", vec!["רגע...", "אני בודקת.", "\"כן.\"", "בסדר"]),
            ("בשעה 10:30. מתאים?!", vec!["בשעה 10:30.", "מתאים?!"]),
            ("**בשמחה!** מה השם?", vec!["**בשמחה!**", "מה השם?"]),
            ("  \n \n", vec![]),
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
    }

    /// The first sentence is there as soon as its end is certain.
    #[test]
    fn speech_begins_with_the_first_sentence() {
        let mut sentences = Sentences::default();
        assert!(sentences.push("שלום, מדברת נועה.").is_empty(), "a number may follow the point");
        assert_eq!(sentences.push(" במה"), ["שלום, מדברת נועה."]);
        assert_eq!(sentences.finish().as_deref(), Some("במה"));
    }

    #[test]
    fn what_does_not_end_is_cut() {
        let clause = "מילה ".repeat(30);
        let cut = whole(&format!("{clause}, {clause}, {clause}"));
        assert_eq!(cut.len(), 3, "{cut:?}");
        let cut = whole(&"מילה ".repeat(200));
        assert!(cut.iter().all(|s| s.chars().count() <= LONGEST), "{cut:?}");
    }

    proptest! {
        /// Nothing is lost, whatever comes, however it is cut.
        #[test]
        fn nothing_is_lost(
            text in "[אבג a1\\.\\?!,\n\"…]{0,400}",
            cut in 1_usize..9,
        ) {
            let mut sentences = Sentences::default();
            let chars: Vec<char> = text.chars().collect();
            let mut pieces = Vec::new();
            for piece in chars.chunks(cut) {
                pieces.extend(sentences.push(&piece.iter().collect::<String>()));
            }
            pieces.extend(sentences.finish());
            let letters = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&pieces.concat()), letters(&text));
        }
    }
}
