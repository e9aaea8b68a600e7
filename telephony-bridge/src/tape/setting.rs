//! A setting to replay with, by name: a preset, a sensitivity, and single numbers in their place.
//!
//! As text: `polite`, `adaptive,sensitivity=-0.3`, `own,confirm_ms=800,hangover_ms=200`. As a file,
//! TOML: `preset`, `sensitivity`, and the tables `[barge_in]`, `[vad]`, `[session]`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use audio_core::barge_in::{BargeInConfig, Preset};
use audio_core::vad::VadConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::config::TomlError;
use crate::session::{SessionConfig, SessionConfigError};

/// The preset's name for "as the tape was recorded, or adaptive".
const OWN: &str = "own";
const SENSITIVITY: &str = "sensitivity";

/// What to replay with. The default is how a tape was recorded; adaptive, if it was not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// Barge-in preset; `None`: the tape's own, or adaptive.
    pub preset: Option<Preset>,
    /// Sensitivity; `None`: with no preset the tape's own, else 0.
    pub sensitivity: Option<f32>,
    /// Single settings of barge-in, voice detector and session, by name, as text.
    changes: BTreeMap<String, String>,
}

/// A setting that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No preset and no `name=value`.
    #[error("`{0}` is no setting: expected own, polite, responsive, adaptive or name=value")]
    Word(String),
    /// No setting has this name.
    #[error("`{name}` is not a setting of barge-in, voice detection or the session{}", near(.nearest))]
    Unknown {
        /// The name.
        name: String,
        /// A name that looks like it.
        nearest: Option<String>,
    },
    /// A value that is not of its kind or out of its range.
    #[error("{name} is `{value}`: {problem}")]
    Wrong {
        /// Of which setting.
        name: String,
        /// What was given.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value out of its range, in the words of the part that checked it.
    #[error("{0}")]
    Range(String),
    /// Not TOML.
    #[error("{0}")]
    Syntax(TomlError),
}

fn near(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(": did you mean `{name}`?")).unwrap_or_default()
}

impl Setting {
    /// A preset as it is.
    pub fn preset(preset: Preset) -> Self {
        Self { preset: Some(preset), ..Self::default() }
    }

    /// Sets one number by its name; `sensitivity` too. The value must be in its range.
    ///
    /// # Errors
    /// [`SettingError`], naming it.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
        let (name, value) = (name.trim(), value.trim());
        if name == SENSITIVITY {
            let number = value.parse().ok().filter(|number| (-1.0..=1.0).contains(number));
            self.sensitivity = Some(number.ok_or_else(|| SettingError::Wrong {
                name: name.to_owned(),
                value: value.to_owned(),
                problem: "expected a number from -1 to 1".to_owned(),
            })?);
            return Ok(());
        }
        let short = name.split_once('.').filter(|(group, _)| Group::of_name(group).is_some());
        let name = short.map_or(name, |(_, name)| name);
        if group(name).is_none() {
            return Err(SettingError::Unknown { name: name.to_owned(), nearest: nearest(name) });
        }
        self.changes.insert(name.to_owned(), value.to_owned());
        self.check()
    }

    /// A setting from the text of a file.
    ///
    /// # Errors
    /// [`SettingError`], naming what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, SettingError> {
        let table: toml::Table =
            text.parse().map_err(|error| SettingError::Syntax(TomlError::new(text, &error)))?;
        let mut setting = Self::default();
        for (key, value) in table {
            match (&*key, value) {
                ("preset", toml::Value::String(name)) => setting.preset = preset(&name)?,
                (group, toml::Value::Table(table)) if Group::of_name(group).is_some() => {
                    for (name, value) in table {
                        setting.set(&name, &plain(&value))?;
                    }
                }
                (name, value) => setting.set(name, &plain(&value))?,
            }
        }
        Ok(setting)
    }

    /// The barge-in rules. `own`: the preset and the sensitivity a tape was recorded with.
    pub fn barge_in(&self, own: Option<(Preset, f32)>) -> BargeInConfig {
        let preset = self.preset.or(own.map(|(preset, _)| preset)).unwrap_or_default();
        let own_sensitivity = own.filter(|_| self.preset.is_none()).map(|(_, sensitivity)| sensitivity);
        let sensitivity = self.sensitivity.or(own_sensitivity).unwrap_or(0.0);
        self.changed(&preset.config().with_sensitivity(sensitivity), Group::BargeIn).unwrap_or_default()
    }

    /// The voice detector's settings.
    pub fn vad(&self) -> VadConfig {
        self.changed(&VadConfig::default(), Group::Vad).unwrap_or_default()
    }

    /// The session's, in the place of `base`.
    pub fn session(&self, base: &SessionConfig) -> SessionConfig {
        self.changed_session(base.clone()).unwrap_or_else(|_| base.clone())
    }

    fn of_group(&self, of: Group) -> impl Iterator<Item = (&String, &String)> {
        self.changes.iter().filter(move |(name, _)| group(name) == Some(of))
    }

    fn changed<T: Serialize + DeserializeOwned>(&self, base: &T, of: Group) -> Result<T, SettingError> {
        let mut fields = fields(base);
        for (name, value) in self.of_group(of) {
            fields.insert(name.clone(), json(value));
            // One at a time: the error is that of this one.
            serde_json::from_value::<T>(Value::Object(fields.clone())).map_err(|error| {
                let (name, value) = (name.clone(), value.clone());
                SettingError::Wrong { name, value, problem: error.to_string() }
            })?;
        }
        serde_json::from_value(Value::Object(fields)).map_err(|error| SettingError::Range(error.to_string()))
    }

    fn changed_session(&self, base: SessionConfig) -> Result<SessionConfig, SessionConfigError> {
        let mut text = String::new();
        for (name, value) in self.of_group(Group::Session) {
            let number = value.parse::<f64>().is_ok();
            let value = if number { value.clone() } else { toml::Value::String(value.clone()).to_string() };
            text.push_str(&format!("{name} = {value}\n"));
        }
        base.with(&text)
    }

    fn check(&self) -> Result<(), SettingError> {
        let range = |error: audio_core::Error| SettingError::Range(error.to_string());
        self.changed(&self.barge_in(None), Group::BargeIn)?.validate().map_err(range)?;
        self.changed(&VadConfig::default(), Group::Vad)?.validate().map_err(range)?;
        let session = self.changed_session(SessionConfig::default());
        session.map(drop).map_err(|error| SettingError::Range(error.to_string()))
    }
}

/// Where a setting belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    BargeIn,
    Vad,
    Session,
}

impl Group {
    fn of_name(name: &str) -> Option<Self> {
        match name {
            "barge_in" => Some(Self::BargeIn),
            "vad" => Some(Self::Vad),
            "session" => Some(Self::Session),
            _ => None,
        }
    }

    fn names(self) -> Vec<String> {
        match self {
            Self::BargeIn => fields(&BargeInConfig::default()).into_iter().map(|(name, _)| name).collect(),
            Self::Vad => fields(&VadConfig::default()).into_iter().map(|(name, _)| name).collect(),
            Self::Session => SessionConfig::names().map(str::to_owned).collect(),
        }
    }
}

const GROUPS: [Group; 3] = [Group::BargeIn, Group::Vad, Group::Session];

fn group(name: &str) -> Option<Group> {
    GROUPS.into_iter().find(|group| group.names().iter().any(|known| known == name))
}

fn fields<T: Serialize>(config: &T) -> Map<String, Value> {
    match serde_json::to_value(config) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// The known name with the most letters in common places, if it is most of them.
fn nearest(name: &str) -> Option<String> {
    let pairs = |text: &str| -> Vec<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let given = pairs(name);
    let alike = |known: &String| pairs(known).iter().filter(|pair| given.contains(pair)).count();
    let best = GROUPS.into_iter().flat_map(Group::names).max_by_key(alike)?;
    (2 * alike(&best) > given.len()).then_some(best)
}

/// Text as the JSON it most looks like.
fn json(text: &str) -> Value {
    match text {
        "none" => Value::Null,
        _ => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    }
}

fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn preset(name: &str) -> Result<Option<Preset>, SettingError> {
    match name {
        OWN => Ok(None),
        _ => name.parse().map(Some).map_err(|_| SettingError::Word(name.to_owned())),
    }
}

impl FromStr for Setting {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let mut setting = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((name, value)) => setting.set(name, value)?,
                None => setting.preset = preset(part)?,
            }
        }
        Ok(setting)
    }
}

/// The same setting has the same text, and the text read again is the setting.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.preset.map_or(OWN, Preset::name))?;
        if let Some(sensitivity) = self.sensitivity {
            write!(f, ",{SENSITIVITY}={sensitivity}")?;
        }
        self.changes.iter().try_for_each(|(name, value)| write!(f, ",{name}={value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_and_written() {
        let text = "polite,sensitivity=0.5,confirm_ms=800,duck_score=none,endpointing_ms=300,hangover_ms=200";
        let setting: Setting = text.parse().expect("a setting");
        assert_eq!(setting.to_string(), text);
        let rules = setting.barge_in(None);
        assert_eq!((rules.confirm_ms, rules.duck_score, rules.grace_ms), (800, None, 4_000));
        assert_eq!(setting.vad().hangover_ms, 200);
        assert_eq!(setting.session(&SessionConfig::default()).endpointing.as_millis(), 300);
        let toml = "preset = \"polite\"\nsensitivity = 0.5\n[barge_in]\nconfirm_ms = 800\nduck_score = \"none\"\n\
                    [vad]\nhangover_ms = 200\n[session]\nendpointing_ms = 300\n";
        assert_eq!(Setting::from_toml(toml), Ok(setting));
    }

    #[test]
    fn a_tape_keeps_its_own_unless_told_otherwise() {
        let own = Some((Preset::Polite, 0.5));
        let kept: Setting = "own".parse().expect("a setting");
        assert_eq!(kept.barge_in(own), Preset::Polite.config().with_sensitivity(0.5));
        assert_eq!(kept.barge_in(None), Preset::Adaptive.config());
        assert_eq!(Setting::preset(Preset::Adaptive).barge_in(own), Preset::Adaptive.config());
    }

    #[test]
    fn nonsense_is_named() {
        let error = |text: &str| text.parse::<Setting>().expect_err(text).to_string();
        assert_eq!(
            error("rude"),
            "`rude` is no setting: expected own, polite, responsive, adaptive or name=value"
        );
        assert_eq!(
            error("confrim_ms=3"),
            "`confrim_ms` is not a setting of barge-in, voice detection or the session: did you mean `confirm_ms`?"
        );
        assert!(error("confirm_ms=1.5").starts_with("confirm_ms is `1.5`: invalid type"));
        assert!(error("confirm_ms=5").contains("20 to 10000"), "{}", error("confirm_ms=5"));
        assert!(error("sensitivity=2").contains("from -1 to 1"));
        assert!(error("endpointing_ms=-2").contains("endpointing_ms is `-2`"));
    }
}
