//! Is what a recogniser wrote what a caller said? Whisper-like models write sentences for silence and noise;
//! they are known, and lists of them are data (`phrases/`).

use std::time::Duration;

const HEBREW: &str = include_str!("phrases/he.txt");
const ENGLISH: &str = include_str!("phrases/en.txt");
/// Words a second that nobody speaks…
const MAX_RATE: f64 = 8.0;
/// …but a short shout is judged as if it were this long.
const SHORTEST: f64 = 0.75;
/// So many repetitions of one group of words are a loop of the model.
const LOOP: usize = 5;
/// So many words of the prompt's beginning are a recital.
const RECITED: usize = 4;

/// Why words are not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disbelief {
    /// A phrase that the model writes for noise.
    Phrase,
    /// The phrases that the model was told are likely, in their order.
    Prompt,
    /// The same again and again.
    Loop,
    /// More than can be said in the time.
    Rate,
    /// Letters of another language.
    Script,
    /// The model itself believes that nobody spoke.
    NoSpeech,
}

impl Disbelief {
    /// As a metric's label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phrase => "phrase",
            Self::Prompt => "prompt",
            Self::Loop => "loop",
            Self::Rate => "rate",
            Self::Script => "script",
            Self::NoSpeech => "no_speech",
        }
    }
}

/// What is not believed in one language.
#[derive(Clone, Debug)]
pub struct Belief {
    whole: Vec<String>,
    starts: Vec<String>,
    hebrew: bool,
}

impl Belief {
    /// Of a language by its ISO 639-1 code; English phrases count everywhere.
    pub fn of(language: &str) -> Self {
        let hebrew = matches!(language, "he" | "iw");
        let mut belief = Self { whole: Vec::new(), starts: Vec::new(), hebrew };
        for list in [hebrew.then_some(HEBREW), Some(ENGLISH)].into_iter().flatten() {
            for line in list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
                match line.trim().strip_suffix('*') {
                    Some(start) => belief.starts.push(folded(start)),
                    None => belief.whole.push(folded(line)),
                }
            }
        }
        belief
    }

    /// May a caller have said `text` in so much audio? `prompt`: what the model was told is likely.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, text: &str, prompt: &str, audio: Duration) -> Result<(), Disbelief> {
        let folded = folded(text);
        if folded.is_empty() {
            return Ok(());
        }
        if self.whole.contains(&folded) || self.starts.iter().any(|start| folded.starts_with(start.as_str()))
        {
            return Err(Disbelief::Phrase);
        }
        if self.hebrew && !text.chars().any(|c| is_hebrew(c) || c.is_ascii_alphanumeric()) {
            return Err(Disbelief::Script);
        }
        let words: Vec<&str> = folded.split(' ').collect();
        // A caller who names two of them in a row is rare, a model that recites them is not.
        if words.len() >= RECITED && self::folded(prompt).starts_with(&folded) {
            return Err(Disbelief::Prompt);
        }
        if (1..=4).any(|group| loops(&words, group)) {
            return Err(Disbelief::Loop);
        }
        if words.len() as f64 > MAX_RATE * audio.as_secs_f64().max(SHORTEST) {
            return Err(Disbelief::Rate);
        }
        Ok(())
    }
}

fn is_hebrew(c: char) -> bool {
    ('\u{0590}'..='\u{05FF}').contains(&c) || ('\u{FB1D}'..='\u{FB4F}').contains(&c)
}

/// Do the words hold a group of `group` words [`LOOP`] times in a row? Digits may be repeated: a phone
/// number is dictated so.
fn loops(words: &[&str], group: usize) -> bool {
    let mut same = 0;
    for at in group..words.len() {
        same = if words[at] == words[at - group] && words[at].chars().any(char::is_alphabetic) {
            same + 1
        } else {
            0
        };
        if same >= group * (LOOP - 1) {
            return true;
        }
    }
    false
}

fn folded(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace());
    let lower: String = letters.flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-AUD-017: validated output. What callers say is believed, what models dream is not.
    #[test]
    fn dreams_are_not_believed() {
        let belief = Belief::of("he");
        let prompt = "דירת גן, נוף לים, תיווך בלעדי, שכונת רמות";
        let check = |text| belief.check(text, prompt, Duration::from_secs(3));
        for said in [
            "שלום, אני מחפש דירה בתל אביב",
            "תודה רבה",
            "כן כן כן",
            "אפס חמש שתיים, שתיים שתיים שתיים",
            "0 5 5 5 5 5 5 5",
            "WhatsApp",
            "דירת גן",
            "אני מחפש דירת גן עם נוף לים",
            "",
        ] {
            assert_eq!(check(said), Ok(()), "{said}");
        }
        for (dreamt, why) in [
            ("תודה רבה על הצפייה!", Disbelief::Phrase),
            ("תודה שצפיתם.", Disbelief::Phrase),
            ("כתוביות על ידי קהילת Amara.org", Disbelief::Phrase),
            ("Thanks for watching!", Disbelief::Phrase),
            ("דירת גן, נוף לים.", Disbelief::Prompt),
            ("시청해주셔서 감사합니다", Disbelief::Script),
            ("כן כן כן כן כן כן", Disbelief::Loop),
            ("אני לא יודע אני לא יודע אני לא יודע אני לא יודע אני לא יודע", Disbelief::Loop),
        ] {
            assert_eq!(check(dreamt), Err(why), "{dreamt}");
        }
        let long = "אחת שתיים שלוש ארבע חמש שש שבע שמונה";
        assert_eq!(belief.check(long, "", Duration::from_millis(300)), Err(Disbelief::Rate));
        assert_eq!(belief.check(long, "", Duration::from_secs(2)), Ok(()));
    }
}
