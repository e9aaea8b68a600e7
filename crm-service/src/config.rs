//! Settings: defaults, then the TOML file, then the environment.

use std::net::SocketAddr;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::error::Error;

/// Voice where a business named none.
pub const DEFAULT_VOICE: &str = "he-IL-Wavenet-A";

/// The internal token of `--dev`. Known to everybody, hence good on a loopback address alone.
pub const DEV_INTERNAL_TOKEN: &str = "kav-development-internal-token";

/// The first words of a call that belongs to nobody: they name nobody.
const NEUTRAL_GREETING: &str = "שלום, הגעתם לקו. במה אפשר לעזור?";

/// Everything a service needs to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// `sqlite://FILE` or `postgres://…`.
    pub database_url: SecretString,
    /// Where [`crate::run_cli`] listens; [`crate::serve`] takes its listener instead.
    pub listen: SocketAddr,
    /// Shared with the bridge. Needed to serve, not to migrate.
    pub internal_api_token: Option<SecretString>,
    /// Signs call tokens; derived from the internal token where absent.
    pub call_token_secret: Option<SecretString>,
    /// `text` or `json`.
    pub log_format: LogFormat,
    /// The plain settings.
    pub settings: Settings,
}

/// Settings that are no secrets.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Slug of the business that gets calls to numbers nobody owns. For installs of a single business.
    pub default_business: Option<String>,
    /// First words of a call that belongs to nobody.
    pub neutral_greeting: String,
    /// Their voice.
    pub default_voice: String,
    /// How long a call token is good, in ms.
    pub call_token_ttl_ms: i64,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Database connections: readers of SQLite, all of PostgreSQL.
    pub db_connections: u32,
    /// `/health` warns above this resident memory, in MB (10^6 bytes).
    pub max_memory_mb: Option<u64>,
    /// How long running requests may take to finish at shutdown, in ms.
    pub shutdown_grace_ms: u64,
}

/// How logs are written, on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite://kav-crm.db".to_owned().into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            internal_api_token: None,
            call_token_secret: None,
            log_format: LogFormat::Text,
            settings: Settings {
                default_business: None,
                neutral_greeting: NEUTRAL_GREETING.to_owned(),
                default_voice: DEFAULT_VOICE.to_owned(),
                call_token_ttl_ms: 4 * 60 * 60 * 1_000,
                max_body_bytes: 1 << 20,
                db_connections: 8,
                max_memory_mb: None,
                shutdown_grace_ms: 10_000,
            },
        }
    }
}

/// The settings file: every key optional, none unknown.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database_url: Option<SecretString>,
    listen: Option<String>,
    internal_api_token: Option<SecretString>,
    call_token_secret: Option<SecretString>,
    call_token_ttl_s: Option<u32>,
    log_format: Option<LogFormat>,
    default_business: Option<String>,
    neutral_greeting: Option<String>,
    default_voice: Option<String>,
    max_body_bytes: Option<usize>,
    db_connections: Option<u32>,
    max_memory_mb: Option<u64>,
    shutdown_grace_ms: Option<u64>,
}

impl Config {
    /// Defaults, overridden by `file`, overridden by `env` (a look-up of environment variables).
    ///
    /// # Errors
    /// [`Error::ConfigFile`] for a file that cannot be read, [`Error::Config`] naming a bad variable.
    pub fn load(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut config = Self::default();
        if let Some(path) = file {
            let refuse = |why: String| Error::ConfigFile { path: path.display().to_string(), why };
            let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
            // The parser's own message would quote the line, which may hold a secret.
            let file: File = toml::from_str(&text).map_err(|error| {
                let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
                refuse(format!("line {line}: {}", error.message()))
            })?;
            config.overlay(file)?;
        }
        config.overlay(from_env(env)?)?;
        config.check()?;
        Ok(config)
    }

    fn overlay(&mut self, file: File) -> Result<(), Error> {
        fn set<T>(slot: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *slot = value;
            }
        }
        if let Some(listen) = file.listen {
            self.listen = listen.parse().map_err(|_| Error::Config {
                setting: "CRM_LISTEN",
                problem: format!("{listen:?} is not ADDRESS:PORT"),
            })?;
        }
        let settings = &mut self.settings;
        set(&mut self.database_url, file.database_url);
        set(&mut self.log_format, file.log_format);
        set(&mut settings.neutral_greeting, file.neutral_greeting);
        set(&mut settings.default_voice, file.default_voice);
        set(&mut settings.max_body_bytes, file.max_body_bytes);
        set(&mut settings.db_connections, file.db_connections);
        set(&mut settings.shutdown_grace_ms, file.shutdown_grace_ms);
        set(&mut settings.call_token_ttl_ms, file.call_token_ttl_s.map(|s| i64::from(s) * 1_000));
        self.internal_api_token = file.internal_api_token.or(self.internal_api_token.take());
        self.call_token_secret = file.call_token_secret.or(self.call_token_secret.take());
        settings.default_business = file.default_business.or(settings.default_business.take());
        settings.max_memory_mb = file.max_memory_mb.or(settings.max_memory_mb);
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        let refuse = |setting, problem: &str| Err(Error::Config { setting, problem: problem.to_owned() });
        let settings = &self.settings;
        if settings.neutral_greeting.trim().is_empty() {
            return refuse("NEUTRAL_GREETING", "is blank: a caller would hear silence");
        }
        if settings.db_connections == 0 {
            return refuse("DB_CONNECTIONS", "is 0: at least one is needed");
        }
        if settings.call_token_ttl_ms <= 0 {
            return refuse("CALL_TOKEN_TTL_S", "is 0: every call token would be expired");
        }
        if settings.max_body_bytes < 1_024 {
            return refuse("CRM_MAX_BODY_BYTES", "is below 1024: no batch would fit");
        }
        Ok(())
    }

    /// With the well-known token of `--dev`, unless there is one.
    ///
    /// # Errors
    /// [`Error::Config`] when the service would listen beyond this machine.
    pub fn for_development(mut self) -> Result<Self, Error> {
        if self.internal_api_token.is_none() {
            if !self.listen.ip().is_loopback() {
                return Err(Error::Config {
                    setting: "CRM_LISTEN",
                    problem: format!(
                        "{} is not a loopback address: --dev without INTERNAL_API_TOKEN stays on this machine",
                        self.listen
                    ),
                });
            }
            self.internal_api_token = Some(DEV_INTERNAL_TOKEN.to_owned().into());
        }
        Ok(self)
    }

    /// The internal token.
    ///
    /// # Errors
    /// [`Error::Config`] when there is none.
    pub(crate) fn internal_token(&self) -> Result<&SecretString, Error> {
        self.internal_api_token.as_ref().filter(|token| !token.expose_secret().is_empty()).ok_or_else(|| {
            Error::Config {
                setting: "INTERNAL_API_TOKEN",
                problem: "is needed to serve: a secret shared with the bridge (or --dev on this machine)"
                    .to_owned(),
            }
        })
    }
}

/// The environment in the form of a file. A blank variable counts as absent.
fn from_env(env: impl Fn(&str) -> Option<String>) -> Result<File, Error> {
    let text = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    fn number<T: std::str::FromStr>(
        setting: &'static str,
        value: Option<String>,
    ) -> Result<Option<T>, Error> {
        value
            .map(|value| {
                value.trim().parse().map_err(|_| Error::Config {
                    setting,
                    problem: format!("{value:?} is not a whole number within bounds"),
                })
            })
            .transpose()
    }
    let log_format = match text("LOG_FORMAT").as_deref() {
        None => None,
        Some("text") => Some(LogFormat::Text),
        Some("json") => Some(LogFormat::Json),
        Some(other) => {
            return Err(Error::Config {
                setting: "LOG_FORMAT",
                problem: format!("{other:?} is neither text nor json"),
            });
        }
    };
    Ok(File {
        database_url: text("DATABASE_URL").map(Into::into),
        listen: text("CRM_LISTEN"),
        internal_api_token: text("INTERNAL_API_TOKEN").map(Into::into),
        call_token_secret: text("CALL_TOKEN_SECRET").map(Into::into),
        call_token_ttl_s: number("CALL_TOKEN_TTL_S", text("CALL_TOKEN_TTL_S"))?,
        log_format,
        default_business: text("DEFAULT_BUSINESS"),
        neutral_greeting: text("NEUTRAL_GREETING"),
        default_voice: text("DEFAULT_VOICE"),
        max_body_bytes: number("CRM_MAX_BODY_BYTES", text("CRM_MAX_BODY_BYTES"))?,
        db_connections: number("DB_CONNECTIONS", text("DB_CONNECTIONS"))?,
        max_memory_mb: number("MAX_MEMORY_USAGE_MB", text("MAX_MEMORY_USAGE_MB"))?,
        shutdown_grace_ms: number("SHUTDOWN_GRACE_MS", text("SHUTDOWN_GRACE_MS"))?,
    })
}

#[cfg(test)]
mod tests;
