//! Google, Deepgram and Soniox.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;

use super::{ConfigError, Source, http_url};
use crate::providers::deepgram::DeepgramSettings;
use crate::providers::google::auth::ServiceAccount;
use crate::providers::google::speech::SpeechSettings;
use crate::providers::google::tts::VoiceSettings;
use crate::providers::soniox::SonioxSettings;
use crate::providers::voice::gender_of;
use crate::speech_text::{Gender, Pronunciation, SpeechText};

/// Phrases of real estate (A-AUD-016).
const PHRASES: &str = include_str!("../providers/recognition/he.txt");
/// Google takes 5,000 phrases of 100 characters.
const MAX_PHRASES: usize = 5_000;
const MAX_PHRASE: usize = 100;

/// Who pays at Google.
#[derive(Clone, Debug)]
pub enum GoogleAccount {
    /// A service account.
    Service(Arc<ServiceAccount>),
    /// An API key.
    Key(SecretString),
}

/// Google's services.
#[derive(Clone, Debug)]
pub struct GoogleConfig {
    /// Who pays.
    pub account: GoogleAccount,
    /// Version 2 of speech recognition?
    pub v2: bool,
    /// Speech recognition.
    pub speech: SpeechSettings,
    /// The voice.
    pub voice: VoiceSettings,
}

/// What is configured of them, checked.
#[derive(Clone, Debug)]
pub struct CloudConfig {
    /// Google.
    pub google: Option<GoogleConfig>,
    /// Deepgram.
    pub deepgram: Option<(DeepgramSettings, SecretString)>,
    /// Soniox.
    pub soniox: Option<(SonioxSettings, SecretString)>,
    /// How text is written out for speech.
    pub text: SpeechText,
    /// How every agent speaks of itself; `None`: as its voice sounds.
    pub agent_gender: Option<Gender>,
}

impl CloudConfig {
    pub(super) fn from_source(source: &Source) -> Result<Self, ConfigError> {
        let phrases = phrases(source)?;
        let agent_gender = agent_gender(source)?;
        let text = speech_text(source, agent_gender)?;
        let secret = |name| source.get(name).map(|key| SecretString::from(key.to_owned()));
        let socket = |name| {
            source.parse(name, "wss://… or ws://… without a query", |text| {
                http_url(text, &["wss://", "ws://"])
            })
        };
        let word = |name| source.parse(name, "a name", |text| Some(text.to_owned()));
        let (deepgram, deepgram_model) = (socket("DEEPGRAM_ENDPOINT")?, word("DEEPGRAM_MODEL")?);
        let (soniox, soniox_model) = (socket("SONIOX_ENDPOINT")?, word("SONIOX_MODEL")?);
        Ok(Self {
            google: google(source, &phrases, &text)?,
            deepgram: secret("DEEPGRAM_API_KEY").map(|key| {
                let settings = DeepgramSettings {
                    endpoint: deepgram,
                    model: deepgram_model,
                    phrases: phrases.clone(),
                    ..DeepgramSettings::default()
                };
                (settings, key)
            }),
            soniox: secret("SONIOX_API_KEY").map(|key| {
                let settings = SonioxSettings {
                    endpoint: soniox,
                    model: soniox_model,
                    phrases: phrases.clone(),
                    ..SonioxSettings::default()
                };
                (settings, key)
            }),
            text,
            agent_gender,
        })
    }

    /// Is the service of this name configured? The error says what it wants. Names that are none of these
    /// want nothing.
    pub(super) fn hears(&self, name: &str) -> Result<(), &'static str> {
        let (there, wanted) = match name {
            "google" => (
                self.google.is_some(),
                "GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_API_KEY to be set for google",
            ),
            "deepgram" => (self.deepgram.is_some(), "DEEPGRAM_API_KEY to be set for deepgram"),
            "soniox" => (self.soniox.is_some(), "SONIOX_API_KEY to be set for soniox"),
            _ => (true, ""),
        };
        if there { Ok(()) } else { Err(wanted) }
    }

    /// Is nothing of it configured?
    pub fn is_none(&self) -> bool {
        self.google.is_none() && self.deepgram.is_none() && self.soniox.is_none()
    }
}

fn google(
    source: &Source,
    phrases: &[String],
    text: &SpeechText,
) -> Result<Option<GoogleConfig>, ConfigError> {
    let url = |name| {
        source.parse(name, "http://… or https://… without a query", |text| {
            http_url(text, &["http://", "https://"])
        })
    };
    let number = |name, expected, range: std::ops::RangeInclusive<f64>| {
        source.parse(name, expected, |text| text.parse().ok().filter(|number| range.contains(number)))
    };
    let v2 = source.parse("GOOGLE_STT_API", "v1 or v2", |text| match text {
        "v1" => Some(false),
        "v2" => Some(true),
        _ => None,
    })?;
    let word = |name| source.parse(name, "a name", |text| Some(text.to_owned()));
    let mut speech = SpeechSettings {
        endpoint: url("GOOGLE_STT_ENDPOINT")?,
        model: source.get("GOOGLE_STT_MODEL").map(str::to_owned),
        phrases: phrases.to_vec(),
        region: word("GOOGLE_STT_REGION")?,
        project: source.get("GOOGLE_CLOUD_PROJECT").unwrap_or_default().to_owned(),
        ..SpeechSettings::default()
    };
    let voice = VoiceSettings {
        endpoint: url("GOOGLE_TTS_ENDPOINT")?,
        voice: word("GOOGLE_TTS_VOICE")?,
        speaking_rate: number("GOOGLE_TTS_RATE", "0.25 to 2.0", 0.25..=2.0)?,
        pitch: number("GOOGLE_TTS_PITCH", "-20 to 20", -20.0..=20.0)?,
        text: text.clone(),
        ..VoiceSettings::default()
    };
    let name = "GOOGLE_APPLICATION_CREDENTIALS";
    let account = match (source.get(name), source.get("GOOGLE_API_KEY")) {
        (Some(path), _) => {
            let path = PathBuf::from(path);
            let account = ServiceAccount::read(&path).map_err(|error| {
                // The error names the file itself.
                let detail = error.to_string();
                let detail = detail.split_once(": ").map_or(detail.as_str(), |(_, rest)| rest).to_owned();
                ConfigError::NamedFile { name, path, detail }
            })?;
            if speech.project.is_empty() {
                speech.project = account.project().to_owned();
            }
            GoogleAccount::Service(Arc::new(account))
        }
        (None, Some(key)) => GoogleAccount::Key(SecretString::from(key.to_owned())),
        (None, None) => return Ok(None),
    };
    if v2 && speech.project.is_empty() {
        let why = "version 2 of Google's speech recognition asks for a project";
        return Err(ConfigError::Missing { name: "GOOGLE_CLOUD_PROJECT", why });
    }
    Ok(Some(GoogleConfig { account, v2, speech, voice }))
}

fn phrases(source: &Source) -> Result<Vec<String>, ConfigError> {
    let name = "STT_PHRASES_FILE";
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let Some(path) = source.get(name).map(PathBuf::from) else { return Ok(lines(PHRASES)) };
    let phrases = lines(&read(name, &path)?);
    let error = |detail: String| ConfigError::NamedFile { name, path: path.clone(), detail };
    if phrases.len() > MAX_PHRASES {
        return Err(error(format!("{} phrases: expected {MAX_PHRASES} at most", phrases.len())));
    }
    match phrases.iter().find(|phrase| phrase.chars().count() > MAX_PHRASE) {
        Some(long) => Err(error(format!("`{long}` is longer than {MAX_PHRASE} characters"))),
        None => Ok(phrases),
    }
}

fn agent_gender(source: &Source) -> Result<Option<Gender>, ConfigError> {
    source.parse("AGENT_GENDER", "auto, feminine or masculine", |text| match text {
        "auto" => Some(None),
        "feminine" => Some(Some(Gender::Feminine)),
        "masculine" => Some(Some(Gender::Masculine)),
        _ => None,
    })
}

fn speech_text(source: &Source, gender: Option<Gender>) -> Result<SpeechText, ConfigError> {
    let name = "PRONUNCIATION_FILE";
    let mut pronunciation = Pronunciation::hebrew();
    if let Some(path) = source.get(name).map(PathBuf::from) {
        let own = Pronunciation::clone(&pronunciation).with(&read(name, &path)?);
        let own =
            own.map_err(|e| ConfigError::NamedFile { name, path: path.clone(), detail: e.to_string() })?;
        pronunciation = Arc::new(own);
    }
    let voice = source.get("GOOGLE_TTS_VOICE").unwrap_or_default();
    // The stock phrases are a woman's.
    let gender = gender.or_else(|| gender_of(voice)).unwrap_or(Gender::Feminine);
    Ok(SpeechText::new(pronunciation, gender))
}

fn read(name: &'static str, path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::NamedFile {
        name,
        path: path.to_owned(),
        detail: error.to_string(),
    })
}
