//! The forms Twilio posts: a new call, the outcome of a `<Dial>`, and status callbacks.
//!
//! Callbacks come out of order and more than once; `SequenceNumber` tells them apart.

/// A form that lacks what it must have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A parameter is missing or empty.
    #[error("form parameter `{0}` is missing")]
    Missing(&'static str),
    /// A parameter that cannot be right.
    #[error("form parameter `{field}` is `{datum}`: expected {expected}")]
    Wrong {
        /// Its name.
        field: &'static str,
        /// The value, escaped and cut.
        datum: String,
        /// What it should be.
        expected: &'static str,
    },
}

/// The decoded parameters of a form, in the order received: the signature is over all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(pub Vec<(String, String)>);

impl Form {
    /// Decodes an `application/x-www-form-urlencoded` body.
    pub fn decode(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn required(&self, name: &'static str) -> Result<&str, FormError> {
        self.get(name).filter(|value| !value.is_empty()).ok_or(FormError::Missing(name))
    }

    /// Twilio's id of something: it becomes part of paths and file names, so it is letters and digits.
    pub(super) fn sid(&self, name: &'static str) -> Result<String, FormError> {
        let sid = self.required(name)?;
        if sid.len() > 64 || !sid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(wrong(name, sid, "at most 64 letters, digits, `-` and `_`"));
        }
        Ok(sid.to_owned())
    }

    pub(super) fn call_sid(&self) -> Result<String, FormError> {
        self.sid("CallSid")
    }

    fn number(&self, name: &'static str) -> Result<String, FormError> {
        let value = self.get(name).unwrap_or_default();
        if value.len() > 256 {
            return Err(wrong(name, value, "at most 256 bytes"));
        }
        Ok(value.to_owned())
    }
}

/// A call came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceWebhook {
    /// The call.
    pub call_sid: String,
    /// Caller as announced; empty or a word such as `anonymous` for a hidden number.
    pub from: String,
    /// Dialled number.
    pub to: String,
}

impl TryFrom<&Form> for VoiceWebhook {
    type Error = FormError;

    fn try_from(form: &Form) -> Result<Self, FormError> {
        Ok(Self { call_sid: form.call_sid()?, from: form.number("From")?, to: form.number("To")? })
    }
}

/// State of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallStatus {
    /// Not yet started.
    Queued,
    /// Being placed.
    Initiated,
    /// Ringing.
    Ringing,
    /// Answered.
    InProgress,
    /// Ended after it was answered.
    Completed,
    /// Ended: busy.
    Busy,
    /// Ended: could not be placed.
    Failed,
    /// Ended: nobody answered.
    NoAnswer,
    /// Ended before it was answered.
    Canceled,
}

impl CallStatus {
    /// Parses Twilio's word.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "queued" => Self::Queued,
            "initiated" => Self::Initiated,
            "ringing" => Self::Ringing,
            "in-progress" | "answered" => Self::InProgress,
            "completed" => Self::Completed,
            "busy" => Self::Busy,
            "failed" => Self::Failed,
            "no-answer" => Self::NoAnswer,
            "canceled" => Self::Canceled,
            _ => return None,
        })
    }

    /// Twilio's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
        }
    }

    /// Is the call over? Final states never change again, whatever arrives late.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Busy | Self::Failed | Self::NoAnswer | Self::Canceled)
    }
}

/// The state of a call changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCallback {
    /// The call.
    pub call_sid: String,
    /// Its new state.
    pub status: CallStatus,
    /// Counts callbacks of the call from 0; some webhooks lack it.
    pub sequence: Option<u64>,
    /// Length of the call in seconds, once it is over.
    pub duration_s: Option<u64>,
}

impl TryFrom<&Form> for StatusCallback {
    type Error = FormError;

    fn try_from(form: &Form) -> Result<Self, FormError> {
        let word = form.required("CallStatus")?;
        Ok(Self {
            call_sid: form.call_sid()?,
            status: CallStatus::parse(word).ok_or_else(|| wrong("CallStatus", word, "a state of a call"))?,
            sequence: whole(form, "SequenceNumber")?,
            duration_s: whole(form, "CallDuration")?,
        })
    }
}

/// What came of a `<Dial>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialResult {
    /// The call.
    pub call_sid: String,
    /// Did a person take the call?
    pub answered: bool,
    /// How long they talked, in seconds.
    pub duration_s: Option<u64>,
}

impl TryFrom<&Form> for DialResult {
    type Error = FormError;

    fn try_from(form: &Form) -> Result<Self, FormError> {
        let word = form.required("DialCallStatus")?;
        let status =
            CallStatus::parse(word).ok_or_else(|| wrong("DialCallStatus", word, "a state of a call"))?;
        Ok(Self {
            call_sid: form.call_sid()?,
            answered: matches!(status, CallStatus::Completed | CallStatus::InProgress),
            duration_s: whole(form, "DialCallDuration")?,
        })
    }
}

pub(super) fn whole(form: &Form, name: &'static str) -> Result<Option<u64>, FormError> {
    match form.get(name).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| wrong(name, text, "a whole number")),
    }
}

pub(super) fn wrong(field: &'static str, datum: &str, expected: &'static str) -> FormError {
    let datum = datum.chars().take(40).flat_map(char::escape_debug).collect();
    FormError::Wrong { field, datum, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-TEL-010
    #[test]
    fn a_call_comes_in() {
        let form = Form::decode(b"CallSid=CA1&From=%2B972502345678&To=%2B97233763805&Caller=%D7%A9");
        assert_eq!(form.get("Caller"), Some("ש"));
        let call = VoiceWebhook::try_from(&form).expect("complete");
        assert_eq!((call.from.as_str(), call.to.as_str()), ("+972502345678", "+97233763805"));
        let hidden = VoiceWebhook::try_from(&Form::decode(b"CallSid=CA1")).expect("hidden number");
        assert_eq!(hidden.from, "");
    }

    #[test]
    fn a_call_sid_is_no_path() {
        for body in [&b"CallSid=../../etc"[..], b"CallSid=a%00b", b"CallSid=%D7%A9", b"CallSid="] {
            assert!(VoiceWebhook::try_from(&Form::decode(body)).is_err());
        }
        let error = VoiceWebhook::try_from(&Form::decode(b"CallSid=a/b")).expect_err("slash");
        assert_eq!(
            error.to_string(),
            "form parameter `CallSid` is `a/b`: expected at most 64 letters, digits, `-` and `_`"
        );
    }

    /// S-TEL-011
    #[test]
    fn a_state_changes() {
        let form = Form::decode(b"CallSid=CA1&CallStatus=completed&SequenceNumber=3&CallDuration=61");
        let callback = StatusCallback::try_from(&form).expect("complete");
        assert!(callback.status.is_final());
        assert_eq!((callback.sequence, callback.duration_s), (Some(3), Some(61)));
        let error = StatusCallback::try_from(&Form::decode(b"CallSid=CA1&CallStatus=lost"));
        assert!(matches!(error, Err(FormError::Wrong { field: "CallStatus", .. })));
    }

    #[test]
    fn every_state_has_one_word() {
        for word in "queued initiated ringing in-progress completed busy failed no-answer canceled".split(' ')
        {
            assert_eq!(CallStatus::parse(word).map(CallStatus::as_str), Some(word));
        }
    }

    #[test]
    fn a_person_took_the_call_or_not() {
        let answered = |body: &[u8]| DialResult::try_from(&Form::decode(body)).map(|result| result.answered);
        assert_eq!(answered(b"CallSid=CA1&DialCallStatus=completed"), Ok(true));
        assert_eq!(answered(b"CallSid=CA1&DialCallStatus=no-answer"), Ok(false));
        assert_eq!(answered(b"CallSid=CA1"), Err(FormError::Missing("DialCallStatus")));
    }
}
