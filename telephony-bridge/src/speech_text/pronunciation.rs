//! How words are said: data, not code.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::number::Gender;
use crate::toml_text::{TomlError, shown};

/// Letters that are written at the beginning of a word and are words of their own: and, in, the…
const PREFIXES: [char; 7] = ['ו', 'ב', 'כ', 'ל', 'מ', 'ש', 'ה'];

/// What is said for what is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pronunciation {
    say: HashMap<String, String>,
    gender: HashMap<String, Gender>,
}

/// A pronunciation file that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PronunciationError {
    /// Not TOML.
    #[error("{0}")]
    Syntax(TomlError),
    /// No table, or no key, of this name.
    #[error("`{0}` is not part of a pronunciation: expected say, names, gender.masculine or gender.feminine")]
    Unknown(String),
    /// A value of another kind.
    #[error("{key} is `{value}`: expected {expected}")]
    Wrong {
        /// Where.
        key: String,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
}

impl Pronunciation {
    /// Hebrew, with the domain's abbreviations and names (`speech_text/he.toml`).
    pub fn hebrew() -> Arc<Self> {
        static HEBREW: LazyLock<Arc<Pronunciation>> = LazyLock::new(|| {
            Arc::new(Pronunciation::default().with(include_str!("he.toml")).unwrap_or_default())
        });
        HEBREW.clone()
    }

    /// This and what `text` adds or replaces: TOML with tables `say`, `names` (what is written = what is
    /// said) and `gender` (lists `masculine` and `feminine` of nouns).
    ///
    /// # Errors
    /// [`PronunciationError`].
    pub fn with(mut self, text: &str) -> Result<Self, PronunciationError> {
        let wrong = |key: &str, value: &toml::Value, expected| PronunciationError::Wrong {
            key: key.to_owned(),
            value: shown(value),
            expected,
        };
        let tables: toml::Table =
            text.parse().map_err(|error| PronunciationError::Syntax(TomlError::new(text, &error)))?;
        for (name, table) in tables {
            let toml::Value::Table(entries) = table else {
                return Err(wrong(&name, &table, "a table"));
            };
            for (key, value) in entries {
                let at = format!("{name}.{key}");
                match (name.as_str(), key.as_str()) {
                    ("say" | "names", _) => {
                        let said = value.as_str().ok_or_else(|| wrong(&at, &value, "the words said"))?;
                        self.say.insert(key, said.to_owned());
                    }
                    ("gender", "masculine" | "feminine") => {
                        let gender = if key == "masculine" { Gender::Masculine } else { Gender::Feminine };
                        let nouns = value.as_array().ok_or_else(|| wrong(&at, &value, "a list of nouns"))?;
                        for noun in nouns {
                            let noun = noun.as_str().ok_or_else(|| wrong(&at, noun, "a noun"))?;
                            self.gender.insert(noun.to_owned(), gender);
                        }
                    }
                    _ => return Err(PronunciationError::Unknown(at)),
                }
            }
        }
        Ok(self)
    }

    /// What is said for `word`, with or without letters before it that are words of their own.
    pub fn said(&self, word: &str) -> Option<String> {
        if let Some(said) = self.say.get(word) {
            return Some(said.clone());
        }
        let mut rest = word;
        for _ in 0..2 {
            rest = rest.strip_prefix(PREFIXES)?;
            if let Some(said) = self.say.get(rest) {
                return Some(format!("{}{said}", &word[..word.len() - rest.len()]));
            }
        }
        None
    }

    /// The gender of a noun, if it is known or its ending tells.
    pub fn gender(&self, noun: &str) -> Option<Gender> {
        if let Some(gender) = self.gender.get(noun) {
            return Some(*gender);
        }
        match noun {
            _ if noun.chars().count() < 4 => None,
            _ if noun.ends_with("ים") => Some(Gender::Masculine),
            _ if noun.ends_with("ות") => Some(Gender::Feminine),
            _ => None,
        }
    }
}

/// Is it nothing but letters that are written before a word?
pub(super) fn is_prefix(word: &str) -> bool {
    word.chars().count() <= 3 && word.chars().all(|c| PREFIXES.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hebrew_data_is_read() {
        let hebrew = Pronunciation::hebrew();
        assert_eq!(hebrew.said("ת\"א").as_deref(), Some("תל אביב"));
        assert_eq!(hebrew.said("שבת\"א").as_deref(), Some("שבתל אביב"));
        assert_eq!(hebrew.said("דירה"), None);
        assert_eq!(hebrew.gender("שנים"), Some(Gender::Feminine));
        assert_eq!(hebrew.gender("מקררים"), Some(Gender::Masculine));
        assert_eq!(hebrew.gender("אולי"), None);
    }

    #[test]
    fn a_bad_file_names_its_place() {
        let error = |text: &str| Pronunciation::default().with(text).expect_err("an error").to_string();
        assert_eq!(error("[say]\nx = 1"), "say.x is `1`: expected the words said");
        assert_eq!(
            error("[gender]\nneuter = []"),
            "`gender.neuter` is not part of a pronunciation: expected say, names, gender.masculine or \
             gender.feminine"
        );
        assert!(error("[say").starts_with("line 1: "));
    }
}
