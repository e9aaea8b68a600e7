//! How one call's lines are to be said.

use crate::speech_text::Gender;

/// Whose voice, and how the agent speaks of itself. Part of what a sentence is kept under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// A voice by its name; whoever does not know it uses its own.
    pub voice: Option<String>,
    /// The agent's gender; `None`: as the service is configured.
    pub gender: Option<Gender>,
}

impl Manner {
    /// The voice, if it is one of Google's for `language`, such as `he-IL`.
    pub fn google(&self, language: &str) -> Option<&str> {
        let of_language =
            |voice: &&str| voice.strip_prefix(language).is_some_and(|rest| rest.starts_with('-'));
        self.voice.as_deref().filter(of_language)
    }

    /// The voice, if it is none of Google's.
    pub fn plain(&self) -> Option<&str> {
        self.voice.as_deref().filter(|voice| !is_googles(voice))
    }
}

/// `xx-XX-…`, as Google names voices.
fn is_googles(voice: &str) -> bool {
    let mut parts = voice.split('-');
    let mut is = |length: std::ops::RangeInclusive<usize>, kind: fn(&u8) -> bool| {
        parts.next().is_some_and(|part| length.contains(&part.len()) && part.bytes().all(|byte| kind(&byte)))
    };
    is(2..=3, u8::is_ascii_lowercase) && is(2..=2, u8::is_ascii_uppercase) && parts.next().is_some()
}

/// Voices of Chirp 3 HD (<https://cloud.google.com/text-to-speech/docs/chirp3-hd>) and of OpenAI
/// (<https://platform.openai.com/docs/guides/text-to-speech>) that sound like men.
const MEN: [&str; 23] = [
    "achird",
    "algenib",
    "algieba",
    "alnilam",
    "charon",
    "enceladus",
    "fenrir",
    "iapetus",
    "orus",
    "puck",
    "rasalgethi",
    "sadachbia",
    "sadaltager",
    "schedar",
    "umbriel",
    "zubenelgenubi",
    "ash",
    "ballad",
    "echo",
    "fable",
    "onyx",
    "verse",
    "cedar",
];
/// The same, women.
const WOMEN: [&str; 20] = [
    "achernar",
    "aoede",
    "autonoe",
    "callirrhoe",
    "despina",
    "erinome",
    "gacrux",
    "kore",
    "laomedeia",
    "leda",
    "pulcherrima",
    "sulafat",
    "vindemiatrix",
    "zephyr",
    "alloy",
    "coral",
    "nova",
    "sage",
    "shimmer",
    "marin",
];

/// How a voice sounds, if that is known. Of Google's Hebrew WaveNet and Standard voices A and C are women, B
/// and D are men.
pub fn gender_of(voice: &str) -> Option<Gender> {
    let name = voice.rsplit('-').next().unwrap_or(voice).to_ascii_lowercase();
    let lettered = voice.starts_with("he-IL-Wavenet-") || voice.starts_with("he-IL-Standard-");
    match name.as_str() {
        "a" | "c" if lettered => Some(Gender::Feminine),
        "b" | "d" if lettered => Some(Gender::Masculine),
        name if MEN.contains(&name) => Some(Gender::Masculine),
        name if WOMEN.contains(&name) => Some(Gender::Feminine),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_belongs_to_whoever_knows_it() {
        let named = |voice: &str| Manner { voice: Some(voice.to_owned()), gender: None };
        assert_eq!(named("he-IL-Wavenet-A").google("he-IL"), Some("he-IL-Wavenet-A"));
        assert_eq!(named("en-US-Wavenet-A").google("he-IL"), None);
        assert_eq!((named("he-IL-Wavenet-A").plain(), named("nova").google("he-IL")), (None, None));
        assert_eq!(named("nova").plain(), Some("nova"));
        assert_eq!(named("my-voice").plain(), Some("my-voice"));
    }

    #[test]
    fn a_known_voice_has_a_gender() {
        for (voice, gender) in [
            ("he-IL-Wavenet-A", Some(Gender::Feminine)),
            ("he-IL-Wavenet-D", Some(Gender::Masculine)),
            ("he-IL-Standard-B", Some(Gender::Masculine)),
            ("he-IL-Chirp3-HD-Aoede", Some(Gender::Feminine)),
            ("he-IL-Chirp3-HD-Charon", Some(Gender::Masculine)),
            ("nova", Some(Gender::Feminine)),
            ("onyx", Some(Gender::Masculine)),
            ("a", None),
            ("noa", None),
        ] {
            assert_eq!(gender_of(voice), gender, "{voice}");
        }
    }
}
