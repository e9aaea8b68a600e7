//! Twilio's API: who asks, whom to hand calls over to, what becomes of recordings.

use std::time::Duration;

use secrecy::SecretString;

use super::{ConfigError, Source, http_url, secret};
use crate::twilio::is_e164;
use crate::twilio::rest::{Credentials, RestOptions};

/// The settings of what the bridge itself asks of Twilio, checked.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    /// Who asks; absent: the bridge answers Twilio and asks nothing of it.
    pub credentials: Option<Credentials>,
    /// Base URL of the API.
    pub api_base: String,
    /// A person to whom the agent may hand a call over, E.164, where the CRM names nobody.
    pub transfer_to: Option<String>,
    /// Does Twilio record the agent's calls whose decision allows it?
    pub record_calls: bool,
    /// How long Twilio keeps a recording before it is deleted; `None`: for ever.
    pub retention: Option<Duration>,
}

impl TwilioConfig {
    pub(super) fn from_source(source: &Source) -> Result<Self, ConfigError> {
        let retention = source.parse("RECORDING_RETENTION_HOURS", "0 to 87600 hours", |text| {
            text.parse().ok().filter(|hours: &u64| *hours <= 87_600)
        })?;
        Ok(Self {
            credentials: credentials(source)?,
            api_base: source.parse("TWILIO_API_BASE", "https://…, or http:// on this machine", api_base)?,
            transfer_to: source.optional("TRANSFER_TO", "a number such as +972501234567", |text| {
                is_e164(text).then(|| text.to_owned())
            })?,
            record_calls: source.truth("RECORD_CALLS")?,
            retention: (retention > 0).then(|| Duration::from_secs(retention * 3_600)),
        })
    }

    /// Limits and base URL of the client.
    pub fn options(&self) -> RestOptions {
        RestOptions { base: self.api_base.clone(), ..RestOptions::default() }
    }
}

/// Credentials in clear go no further than this machine.
fn api_base(text: &str) -> Option<String> {
    let url = http_url(text, &["https://", "http://"])?;
    let host = url.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap_or_default());
    host.is_none_or(|host| ["127.0.0.1", "localhost"].contains(&host)).then_some(url)
}

fn credentials(source: &Source) -> Result<Option<Credentials>, ConfigError> {
    let Some(account) = source.get("TWILIO_ACCOUNT_SID") else {
        return match source.get("TWILIO_API_KEY") {
            None => Ok(None),
            Some(_) => {
                Err(ConfigError::Missing { name: "TWILIO_ACCOUNT_SID", why: "there is an API key of it" })
            }
        };
    };
    let is_sid = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let account = source.parse("TWILIO_ACCOUNT_SID", "letters and digits, AC…", |_| {
        is_sid(account).then(|| account.to_owned())
    })?;
    if source.get("TWILIO_API_KEY").is_none() {
        let token = secret(source, "TWILIO_AUTH_TOKEN", "it authorises requests to Twilio's API")?;
        return Ok(Some(Credentials::account(account, token)));
    }
    let key = source
        .parse("TWILIO_API_KEY", "letters and digits, SK…", |text| is_sid(text).then(|| text.to_owned()))?;
    let value: SecretString = secret(source, "TWILIO_API_SECRET", "it belongs to TWILIO_API_KEY")?;
    Ok(Some(Credentials::api_key(account, key, value)))
}
