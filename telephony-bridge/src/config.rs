//! The bridge's settings: a TOML file, and environment variables that win over it.
//!
//! A setting has one name: `CRM_URL` in the environment is `crm_url` in the file. An error names
//! the variable, what it held and what it should hold. `SETTINGS` is the whole list.

mod cloud;
mod providers;
mod redis;
mod settings;
mod source;
mod twilio;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::session::SessionConfig;
use crate::tape::RecordTapes;
use crate::words::Lexicon;

pub use cloud::{CloudConfig, GoogleAccount, GoogleConfig};
pub(crate) use providers::speech_mode;
pub use providers::{LLM_NAMES, ProviderConfig, STT_NAMES, Service, TTS_NAMES};
pub use redis::RedisConfig;
pub use settings::SETTINGS;
pub use source::Source;
pub use twilio::TwilioConfig;

pub use crate::toml_text::TomlError;

/// Used for both services where `MOCK_TWILIO=true` and no token is set.
const MOCK_INTERNAL_TOKEN: &str = "kav-development";
const PRESETS: [&str; 3] = ["polite", "responsive", "adaptive"];

/// A setting that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read, or is not TOML.
    #[error("settings file {path}: {detail}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// A file that a setting names cannot be read, or holds what makes no sense.
    #[error("{name} {path}: {detail}")]
    NamedFile {
        /// Of the setting.
        name: &'static str,
        /// Which.
        path: PathBuf,
        /// Why, naming the key, the value and what it should be.
        detail: String,
    },
    /// The file holds a setting that does not exist.
    #[error("settings file: `{0}` is not a setting")]
    Unknown(String),
    /// A setting that the bridge cannot do without.
    #[error("{name} is not set: {why}")]
    Missing {
        /// Its name.
        name: &'static str,
        /// What it is for.
        why: &'static str,
    },
    /// A setting that makes no sense. Secrets are not shown.
    #[error("{name} is `{value}`: expected {expected}")]
    Wrong {
        /// Its name.
        name: &'static str,
        /// What it held.
        value: String,
        /// What it should hold.
        expected: &'static str,
    },
}

/// How logs look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors: one JSON object a line.
    Json,
}

/// The settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Public address without a slash at its end, such as `https://bridge.example.com`.
    pub public_base_url: String,
    /// Checks signatures; absent in mock mode, where none is checked.
    pub twilio_auth_token: Option<SecretString>,
    /// Base URL of crm-service without a slash at its end.
    pub crm_url: String,
    /// Authorises the bridge towards crm-service.
    pub internal_api_token: SecretString,
    /// Where bridges see each other's calls.
    pub redis: Option<RedisConfig>,
    /// Calls at the same time.
    pub max_calls: usize,
    /// Time between pings.
    pub ping_interval: Duration,
    /// How long a ping may stay unanswered.
    pub pong_timeout: Duration,
    /// How long a shutdown waits for calls.
    pub drain_timeout: Duration,
    /// Folder of the outbox and of recorded tapes.
    pub data_dir: PathBuf,
    /// Folder of the clip library.
    pub voice_dir: Option<PathBuf>,
    /// Which calls are recorded.
    pub record_tapes: RecordTapes,
    /// How long recorded tapes are kept.
    pub tape_retention: Duration,
    /// How logs look.
    pub log_format: LogFormat,
    /// Are details logged?
    pub verbose: bool,
    /// Base URL of a collector of traces.
    pub otlp_endpoint: Option<String>,
    /// Resident memory above which `/health` warns, in bytes; `None`: never.
    pub max_memory: Option<u64>,
    /// Scales every clock of a call.
    pub clock_speed: f64,
    /// Drives the embedded speech recognition.
    pub embedded_tape: Option<PathBuf>,
    /// Overrides the barge-in preset of the CRM.
    pub barge_in_preset: Option<String>,
    /// When the agent is turned down, so is what the far end has buffered.
    pub duck_buffered: bool,
    /// Timings, phrases and word lists of a conversation.
    pub session: SessionConfig,
    /// Audio threads; 0: chosen from the number of cores.
    pub engine_workers: usize,
    /// Who hears, writes and speaks.
    pub providers: ProviderConfig,
    /// What the bridge asks of Twilio.
    pub twilio: TwilioConfig,
}

impl Config {
    /// Where calls are recorded to.
    pub fn tapes_dir(&self) -> PathBuf {
        self.data_dir.join("tapes")
    }

    /// Reads the file, if one is named, and the process's environment.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_source(&Source::load(file, |name| std::env::var(name).ok())?)
    }

    /// Checks the settings of a source.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_source(source: &Source) -> Result<Self, ConfigError> {
        let mock = source.truth("MOCK_TWILIO")?;
        let listen = listen(source)?;
        let providers = ProviderConfig::from_source(source)?;
        let mut session = session(
            SessionConfig::live(),
            source.get("WORDS_FILE").map(Path::new),
            source.get("SESSION_FILE").map(Path::new),
        )?;
        session.stt_timeout = session.stt_timeout.max(providers.stt_patience());
        Ok(Self {
            listen,
            public_base_url: public_base_url(source, mock, listen)?,
            twilio_auth_token: if mock {
                None
            } else {
                Some(secret(source, "TWILIO_AUTH_TOKEN", "it signs Twilio's webhooks and streams")?)
            },
            // The HTTP client is built without TLS: bridge and CRM share a private network.
            crm_url: source
                .parse("CRM_URL", "http://…, on a private network", |text| http_url(text, &["http://"]))?,
            internal_api_token: match source.get("INTERNAL_API_TOKEN") {
                None if mock => MOCK_INTERNAL_TOKEN.into(),
                _ => secret(source, "INTERNAL_API_TOKEN", "crm-service asks for it")?,
            },
            redis: RedisConfig::from_source(source)?,
            max_calls: source.parse("MAX_WEBSOCKET_CONNECTIONS", "1 to 10000", |text| {
                text.parse().ok().filter(|calls| (1..=10_000).contains(calls))
            })?,
            ping_interval: millis(source, "WEBSOCKET_PING_INTERVAL")?,
            pong_timeout: millis(source, "WEBSOCKET_PONG_TIMEOUT")?,
            drain_timeout: millis(source, "DRAIN_TIMEOUT")?,
            data_dir: source.parse("DATA_DIR", "a folder", |text| Some(PathBuf::from(text)))?,
            voice_dir: source.get("VOICE_DIR").map(PathBuf::from),
            record_tapes: source.parse("RECORD_TAPES", RecordTapes::EXPECTED, |text| text.parse().ok())?,
            tape_retention: source.parse("TAPE_RETENTION_HOURS", "1 to 87600 hours", |text| {
                let hours = text.parse().ok().filter(|hours| (1..=87_600u64).contains(hours))?;
                Some(Duration::from_secs(hours * 3_600))
            })?,
            log_format: source.parse("LOG_FORMAT", "text or json", |text| match text {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            })?,
            verbose: source.truth("ENABLE_VERBOSE_LOGGING")?,
            // The collector is beside the bridge, or on the private network: the client has no TLS.
            otlp_endpoint: source.optional(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://…, on a private network",
                |text| http_url(text, &["http://"]),
            )?,
            max_memory: max_memory(source)?,
            clock_speed: source.parse("CLOCK_SPEED", "a number from 0.1 to 100", |text| {
                text.parse().ok().filter(|speed| (0.1..=100.0).contains(speed))
            })?,
            embedded_tape: source.get("EMBEDDED_TAPE").map(PathBuf::from),
            barge_in_preset: source.optional(
                "BARGE_IN_PRESET",
                "polite, responsive or adaptive",
                |text| PRESETS.contains(&text).then(|| text.to_owned()),
            )?,
            duck_buffered: source.truth("DUCK_BUFFERED")?,
            session,
            engine_workers: source.parse("ENGINE_WORKERS", "0 to 256", |text| {
                text.parse().ok().filter(|workers| *workers <= 256)
            })?,
            providers,
            twilio: TwilioConfig::from_source(source)?,
        })
    }

    /// Where Twilio connects its media stream: `wss://…/media`.
    pub fn stream_url(&self) -> String {
        self.socket_url("/media")
    }

    /// The public URL of a socket at `path`, as its handshake is signed.
    pub fn socket_url(&self, path: &str) -> String {
        // `https` becomes `wss`, `http` becomes `ws`.
        format!("{}{path}", self.public_base_url.replacen("http", "ws", 1))
    }

    /// The public URL of a webhook at `path` with its query, as it is signed.
    pub fn webhook_url(&self, path: &str) -> String {
        format!("{}{path}", self.public_base_url)
    }

    /// The key of signatures; absent where none is checked.
    pub fn auth_token(&self) -> Option<&str> {
        self.twilio_auth_token.as_ref().map(|token| token.expose_secret())
    }
}

/// A session configuration, but what the files name in its place.
///
/// # Errors
/// [`ConfigError::NamedFile`].
pub fn session(
    mut config: SessionConfig,
    words: Option<&Path>,
    numbers: Option<&Path>,
) -> Result<SessionConfig, ConfigError> {
    fn read<T, E: std::fmt::Display>(
        name: &'static str,
        path: &Path,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        let error = |detail| ConfigError::NamedFile { name, path: path.to_owned(), detail };
        let text = std::fs::read_to_string(path).map_err(|e| error(e.to_string()))?;
        parse(&text).map_err(|e| error(e.to_string()))
    }
    if let Some(path) = numbers {
        config = read("SESSION_FILE", path, |text| config.with(text))?;
    }
    if let Some(path) = words {
        let hebrew = Lexicon::clone(&Lexicon::hebrew());
        config.lexicon = Arc::new(read("WORDS_FILE", path, |text| hebrew.with(text))?);
    }
    Ok(config)
}

fn listen(source: &Source) -> Result<SocketAddr, ConfigError> {
    if source.is_set("BRIDGE_LISTEN") || source.get("PORT").is_none() {
        return source.parse("BRIDGE_LISTEN", "an address with a port", |text| text.parse().ok());
    }
    let port = source.parse("PORT", "a port", |text| text.parse().ok())?;
    Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port))
}

fn public_base_url(source: &Source, mock: bool, listen: SocketAddr) -> Result<String, ConfigError> {
    let name = "PUBLIC_BASE_URL";
    match source.get(name) {
        None if mock => Ok(format!("http://{listen}")),
        None => Err(ConfigError::Missing { name, why: "Twilio signs the URLs it was given" }),
        Some(_) if mock => source.parse(name, "http://… or https://… without a query", |text| {
            http_url(text, &["http://", "https://"])
        }),
        Some(_) => source.parse(name, "https://… without a query", |text| http_url(text, &["https://"])),
    }
}

/// The URL without a slash at its end, if it has a host, one of the schemes and no query.
fn http_url(text: &str, schemes: &[&str]) -> Option<String> {
    let host = schemes.iter().find_map(|scheme| text.strip_prefix(scheme))?;
    let plain = !host.is_empty() && !host.starts_with('/') && !host.contains(['?', '#', ' ']);
    plain.then(|| text.trim_end_matches('/').to_owned())
}

fn max_memory(source: &Source) -> Result<Option<u64>, ConfigError> {
    let mb: u64 = source.parse("MAX_MEMORY_USAGE_MB", "0 to 1000000 MB", |text| {
        text.parse().ok().filter(|mb| *mb <= 1_000_000)
    })?;
    Ok((mb > 0).then_some(mb * 1_000_000))
}

fn secret(source: &Source, name: &'static str, why: &'static str) -> Result<SecretString, ConfigError> {
    source.get(name).map(SecretString::from).ok_or(ConfigError::Missing { name, why })
}

fn millis(source: &Source, name: &'static str) -> Result<Duration, ConfigError> {
    source.parse(name, "1 to 86400000 ms", |text| {
        let ms = text.parse().ok().filter(|ms| (1..=86_400_000).contains(ms))?;
        Some(Duration::from_millis(ms))
    })
}

#[cfg(test)]
mod tests;
