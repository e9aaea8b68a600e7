//! Who hears, writes and speaks, in which order.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::{CloudConfig, ConfigError, Source, http_url};
use crate::providers::openai::realtime::{RealtimeSettings, TurnDetection};

/// Names in `STT_CHAIN`.
pub const STT_NAMES: [&str; 5] = ["google", "deepgram", "soniox", "openai", "embedded"];
/// Names in `LLM_CHAIN`.
pub const LLM_NAMES: [&str; 2] = ["openai", "embedded"];
/// Names in `TTS_CHAIN`.
pub const TTS_NAMES: [&str; 5] = ["google", "openai", "embedded", "espeak", "beep"];

const STT_EXPECTED: &str = "auto, or a list of google, deepgram, soniox, openai, embedded";
const LLM_EXPECTED: &str = "auto, or a list of openai, embedded";
const TTS_EXPECTED: &str = "auto, or a list of google, openai, embedded, espeak, beep";

/// Where OpenAI itself is.
const OPENAI: &str = "https://api.openai.com/v1";

/// An HTTP service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Base URL without a slash at its end.
    pub base: String,
    /// Sent as a bearer token.
    pub key: Option<SecretString>,
}

/// The providers' settings, checked.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Who recognises speech, in order; of [`STT_NAMES`].
    pub stt_chain: Vec<&'static str>,
    /// Who writes replies, in order; of [`LLM_NAMES`].
    pub llm_chain: Vec<&'static str>,
    /// Who speaks, in order; of [`TTS_NAMES`].
    pub tts_chain: Vec<&'static str>,
    /// Google, Deepgram and Soniox.
    pub cloud: CloudConfig,
    /// OpenAI-compatible speech recognition.
    pub stt: Option<Service>,
    /// Its model.
    pub stt_model: String,
    /// Time of a turn between requests for interim words.
    pub stt_interim: Option<Duration>,
    /// OpenAI-compatible chat.
    pub llm: Option<Service>,
    /// Its model.
    pub llm_model: String,
    /// Instructions in place of the built-in ones.
    pub llm_prompt: Option<String>,
    /// OpenAI-compatible speech synthesis.
    pub tts: Option<Service>,
    /// Its model.
    pub tts_model: String,
    /// Its voice.
    pub tts_voice: String,
    /// Speech to speech: how, and the key.
    pub realtime: Option<(RealtimeSettings, SecretString)>,
    /// Are calls answered by it where the CRM does not say?
    pub speaks_directly: bool,
    /// Bytes of synthesised speech kept on disk.
    pub tts_cache: u64,
    /// espeak-ng's program.
    pub espeak: PathBuf,
    /// ISO 639-1 code.
    pub language: String,
    /// How long a provider may keep a caller waiting, in call time.
    pub timeout: Duration,
}

impl ProviderConfig {
    pub(super) fn from_source(source: &Source) -> Result<Self, ConfigError> {
        let stt = service(source, "STT_BASE_URL", "STT_API_KEY")?;
        let llm = service(source, "LLM_BASE_URL", "LLM_API_KEY")?;
        let tts = service(source, "TTS_BASE_URL", "TTS_API_KEY")?;
        let text = |name| source.parse(name, "a name", |text| Some(text.to_owned()));
        let number = |name, expected, most: u64| {
            source.parse(name, expected, |text| text.parse().ok().filter(|number| *number <= most))
        };
        let interim = number("STT_INTERIM_MS", "0 to 10000 ms", 10_000)?;
        let timeout = source.parse("PROVIDER_TIMEOUT", "100 to 10000 ms", |text| {
            text.parse().ok().filter(|ms| (100..=10_000).contains(ms))
        })?;
        let cloud = CloudConfig::from_source(source)?;
        let realtime = realtime(source)?;
        let speaks_directly = source.parse("SPEECH_MODE", "chain or realtime", speech_mode)?;
        if speaks_directly && realtime.is_none() {
            let why = "SPEECH_MODE is realtime, and neither a key nor OPENAI_API_KEY is there for it";
            return Err(ConfigError::Missing { name: "REALTIME_API_KEY", why });
        }
        let hears = |name: &str| match name {
            "openai" => {
                stt.is_some().then_some(()).ok_or("STT_BASE_URL or OPENAI_BASE_URL to be set for openai")
            }
            name => cloud.hears(name),
        };
        let writes = |name: &str| match name {
            "openai" => {
                llm.is_some().then_some(()).ok_or("LLM_BASE_URL or OPENAI_BASE_URL to be set for openai")
            }
            _ => Ok(()),
        };
        let speaks = |name: &str| match name {
            "openai" => {
                tts.is_some().then_some(()).ok_or("TTS_BASE_URL or OPENAI_BASE_URL to be set for openai")
            }
            "google" => cloud.hears(name),
            _ => Ok(()),
        };
        Ok(Self {
            stt_chain: chain(source, "STT_CHAIN", STT_EXPECTED, &STT_NAMES, hears)?,
            llm_chain: chain(source, "LLM_CHAIN", LLM_EXPECTED, &LLM_NAMES, writes)?,
            tts_chain: chain(source, "TTS_CHAIN", TTS_EXPECTED, &TTS_NAMES, speaks)?,
            cloud,
            stt,
            stt_model: text("STT_MODEL")?,
            stt_interim: (interim > 0).then(|| Duration::from_millis(interim)),
            llm,
            llm_model: text("LLM_MODEL")?,
            llm_prompt: prompt(source)?,
            tts,
            tts_model: text("TTS_MODEL")?,
            tts_voice: text("TTS_VOICE")?,
            speaks_directly,
            realtime,
            tts_cache: number("TTS_CACHE_MB", "0 to 1000000", 1_000_000)? * 1_000_000,
            espeak: source.parse("ESPEAK_PROGRAM", "a program", |text| Some(PathBuf::from(text)))?,
            language: source.parse("LANGUAGE", "an ISO 639-1 code such as he", |text| {
                let code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase());
                code.then(|| text.to_owned())
            })?,
            timeout: Duration::from_millis(timeout),
        })
    }

    /// How long a session waits for a turn's last words, at least: every recogniser may be late once, and
    /// the caller shall hear something within three seconds.
    pub(super) fn stt_patience(&self) -> Duration {
        let recognisers = self.stt_chain.len().max(1) as u32;
        if self.stt_chain.iter().all(|name| *name == "embedded") {
            return Duration::ZERO;
        }
        (self.timeout * recognisers).min(Duration::from_millis(2_700).max(self.timeout))
    }

    /// Is there a voice outside the bridge?
    pub fn speaks(&self) -> bool {
        self.tts.is_some() || self.cloud.google.is_some()
    }

    /// Is no provider outside the bridge configured?
    pub fn is_embedded(&self) -> bool {
        self.stt.is_none() && self.llm.is_none() && self.tts.is_none() && self.cloud.is_none()
    }
}

/// Is this name of a way to speak that of speech to speech?
pub(crate) fn speech_mode(name: &str) -> Option<bool> {
    match name {
        "chain" => Some(false),
        "realtime" => Some(true),
        _ => None,
    }
}

/// Speech to speech, where there is somebody to ask.
fn realtime(source: &Source) -> Result<Option<(RealtimeSettings, SecretString)>, ConfigError> {
    let text = |name| source.parse(name, "a name", |text| Some(text.to_owned()));
    let turn_detection = source.parse("REALTIME_VAD", "local, server or semantic", |text| match text {
        "local" => Some(TurnDetection::Local),
        "server" => Some(TurnDetection::Server),
        "semantic" => Some(TurnDetection::Semantic),
        _ => None,
    })?;
    let max_tokens = source.parse("REALTIME_MAX_TOKENS", "1 to 4096, or inf", |text| match text {
        "inf" => Some(None),
        _ => text.parse().ok().filter(|tokens| (1..=4_096).contains(tokens)).map(Some),
    })?;
    let limit = source.parse("REALTIME_SESSION_LIMIT", "1 to 3540 s", |text| {
        text.parse().ok().filter(|seconds| (1..=3_540).contains(seconds))
    })?;
    let (model, voice) = (text("REALTIME_MODEL")?, text("REALTIME_VOICE")?);
    let transcription_model = text("REALTIME_TRANSCRIPTION_MODEL")?;
    // OpenAI's own key is good for its own address alone.
    let own = source.get("REALTIME_API_KEY").is_some() && source.get("REALTIME_BASE_URL").is_none();
    let service = match own {
        true => {
            let key = source.get("REALTIME_API_KEY").map(|text| SecretString::from(text.to_owned()));
            Some(Service { base: OPENAI.to_owned(), key })
        }
        false => service(source, "REALTIME_BASE_URL", "REALTIME_API_KEY")?,
    };
    Ok(service.map(|Service { base, key }| {
        let settings = RealtimeSettings {
            base,
            model,
            voice,
            transcription_model,
            language: source.get("LANGUAGE").unwrap_or_default().to_owned(),
            turn_detection,
            max_tokens,
            session_limit: Duration::from_secs(limit),
        };
        (settings, key.unwrap_or_default())
    }))
}

/// The service of one role: its own, else the one for all. A key goes only where it was given for.
fn service(source: &Source, base: &'static str, key: &'static str) -> Result<Option<Service>, ConfigError> {
    let url = |name| {
        source.parse(name, "http://… or https://… without a query", |text| {
            http_url(text, &["http://", "https://"])
        })
    };
    let secret = |name| source.get(name).map(|text| SecretString::from(text.to_owned()));
    if source.get(base).is_some() {
        return Ok(Some(Service { base: url(base)?, key: secret(key) }));
    }
    if source.get(key).is_some() {
        return Err(ConfigError::Missing { name: base, why: "there is a key for it" });
    }
    let common = secret("OPENAI_API_KEY");
    Ok(match source.get("OPENAI_BASE_URL") {
        Some(_) => Some(Service { base: url("OPENAI_BASE_URL")?, key: common }),
        None => common.map(|key| Service { base: OPENAI.to_owned(), key: Some(key) }),
    })
}

/// The chain of a setting. `configured` says what a name wants that is not configured.
fn chain(
    source: &Source,
    name: &'static str,
    expected: &'static str,
    names: &'static [&'static str],
    configured: impl Fn(&str) -> Result<(), &'static str>,
) -> Result<Vec<&'static str>, ConfigError> {
    let chain = source.parse(name, expected, |text| {
        if text == "auto" {
            return Some(names.iter().copied().filter(|name| configured(name).is_ok()).collect());
        }
        let mut chain = Vec::new();
        for part in text.split(',').map(str::trim) {
            let known = names.iter().copied().find(|known| *known == part)?;
            // Twice the same is a mistake.
            (!chain.contains(&known)).then(|| chain.push(known))?;
        }
        Some(chain)
    })?;
    match chain.iter().find_map(|member| configured(member).err()) {
        Some(expected) => {
            let value = source.get(name).unwrap_or_default().to_owned();
            Err(ConfigError::Wrong { name, value, expected })
        }
        None => Ok(chain),
    }
}

fn prompt(source: &Source) -> Result<Option<String>, ConfigError> {
    let name = "LLM_PROMPT_FILE";
    let Some(path) = source.get(name).map(PathBuf::from) else { return Ok(None) };
    match std::fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => Ok(Some(text)),
        Ok(_) => Err(ConfigError::NamedFile { name, path, detail: "it is empty".to_owned() }),
        Err(error) => Err(ConfigError::NamedFile { name, path, detail: error.to_string() }),
    }
}
