//! What Twilio's API did not do: doing what, and the datum.

use std::time::Duration;

use serde::Deserialize;

/// Longest text of Twilio's that is kept, in characters.
const MAX_TEXT: usize = 300;

/// A request failed. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// What was to be sent makes no sense; nothing was sent.
    #[error("cannot {doing}: {field} is `{datum}`: expected {expected}")]
    Wrong {
        /// What was to be done.
        doing: &'static str,
        /// Which part.
        field: &'static str,
        /// What it is, cut.
        datum: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Twilio was not reached: it has not received the request.
    #[error("cannot {doing}: Twilio is not reached: {detail}")]
    Unreachable {
        /// What was to be done.
        doing: &'static str,
        /// Why.
        detail: String,
    },
    /// No answer, though the request may have been received.
    #[error("cannot {doing}: no answer of Twilio, which may have done it: {detail}")]
    Unanswered {
        /// What was to be done.
        doing: &'static str,
        /// Why.
        detail: String,
    },
    /// Twilio said no.
    #[error("cannot {doing}: Twilio answers {status}{}: {message}{}", shown(" (", .code, ")"), shown(", see ", .more_info, ""))]
    Refused {
        /// What was to be done.
        doing: &'static str,
        /// HTTP status.
        status: u16,
        /// Twilio's number for it.
        code: Option<u32>,
        /// Twilio's sentence.
        message: String,
        /// Twilio's page about it.
        more_info: Option<String>,
        /// When to come back.
        retry_after: Option<Duration>,
    },
    /// Twilio accepted, and its answer is not what its documentation says.
    #[error("{doing}: Twilio's answer makes no sense: {detail}")]
    Garbage {
        /// What was to be done.
        doing: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The HTTP client cannot be made.
    #[error("HTTP client: {0}")]
    Client(String),
}

fn shown(before: &str, value: &Option<impl std::fmt::Display>, after: &str) -> String {
    value.as_ref().map(|value| format!("{before}{value}{after}")).unwrap_or_default()
}

impl RestError {
    /// May Twilio have done it all the same?
    pub fn may_be_done(&self) -> bool {
        match self {
            Self::Unanswered { .. } | Self::Garbage { .. } => true,
            Self::Refused { status, .. } => *status >= 500,
            Self::Wrong { .. } | Self::Unreachable { .. } | Self::Client(_) => false,
        }
    }

    /// Is what the request was about not there (any more)?
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. } | Self::Refused { code: Some(20_404), .. })
    }

    /// Is the call over, or not yet answered?
    pub(super) fn is_not_in_progress(&self) -> bool {
        matches!(self, Self::Refused { code: Some(21_220), .. })
    }

    pub(super) fn wrong(
        doing: &'static str,
        field: &'static str,
        datum: &str,
        expected: &'static str,
    ) -> Self {
        let datum = datum.chars().take(40).flat_map(char::escape_debug).collect();
        Self::Wrong { doing, field, datum, expected }
    }

    pub(super) fn garbage(doing: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Garbage { doing, detail: line(&detail.to_string()) }
    }

    /// The refusal that a body describes, as far as it does.
    pub(super) fn refused(
        doing: &'static str,
        status: u16,
        body: &[u8],
        retry_after: Option<Duration>,
    ) -> Self {
        let told: Told = serde_json::from_slice(body).unwrap_or_default();
        let message = match told.message {
            Some(message) if !message.is_empty() => line(&message),
            _ => line(&String::from_utf8_lossy(body)),
        };
        let more_info = told.more_info.filter(|page| page.starts_with("https://")).map(|page| line(&page));
        Self::Refused { doing, status, code: told.code, message, more_info, retry_after }
    }

    /// The same without `secret`, wherever the far end repeated it.
    pub(super) fn without(mut self, secret: &str) -> Self {
        let (Self::Refused { message: text, .. }
        | Self::Unreachable { detail: text, .. }
        | Self::Unanswered { detail: text, .. }
        | Self::Garbage { detail: text, .. }) = &mut self
        else {
            return self;
        };
        if !secret.is_empty() && text.contains(secret) {
            *text = text.replace(secret, "[secret]");
        }
        self
    }
}

/// The body of a refusal.
#[derive(Debug, Default, Deserialize)]
struct Told {
    code: Option<u32>,
    message: Option<String>,
    more_info: Option<String>,
}

/// One bounded line.
fn line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().map(plain).take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_code_message_and_page() {
        let body = br#"{"code":21211,"message":"Invalid 'To' Phone Number","more_info":"https://www.twilio.com/docs/errors/21211","status":400}"#;
        let error = RestError::refused("create the call", 400, body, None);
        assert_eq!(
            error.to_string(),
            "cannot create the call: Twilio answers 400 (21211): Invalid 'To' Phone Number, \
             see https://www.twilio.com/docs/errors/21211"
        );
        let error = RestError::refused("hang up", 502, b"<html>\nBad gateway", None);
        assert_eq!(error.to_string(), "cannot hang up: Twilio answers 502: <html> Bad gateway");
        assert!(error.may_be_done());
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let error = RestError::refused("hang up", 401, b"token s3cret is wrong", None).without("s3cret");
        assert_eq!(error.to_string(), "cannot hang up: Twilio answers 401: token [secret] is wrong");
    }
}
