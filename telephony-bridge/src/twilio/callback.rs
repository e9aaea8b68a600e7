//! What Twilio tells while a call goes on: who answered, what was pressed or said, what was recorded.

use super::form::{Form, FormError, whole, wrong};
use super::rest::MessageStatus;

/// Who answered a call that was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnsweredBy {
    /// A person.
    Human,
    /// A machine, whose announcement begins.
    MachineStart,
    /// A machine, and now is the beep.
    MachineEndBeep,
    /// A machine, whose announcement ended in silence.
    MachineEndSilence,
    /// A machine, whose announcement ended otherwise.
    MachineEndOther,
    /// A fax.
    Fax,
    /// It could not be told in time.
    Unknown,
}

impl AnsweredBy {
    /// Parses Twilio's word.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "human" => Self::Human,
            "machine_start" => Self::MachineStart,
            "machine_end_beep" => Self::MachineEndBeep,
            "machine_end_silence" => Self::MachineEndSilence,
            "machine_end_other" => Self::MachineEndOther,
            "fax" => Self::Fax,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }

    /// Twilio's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::MachineStart => "machine_start",
            Self::MachineEndBeep => "machine_end_beep",
            Self::MachineEndSilence => "machine_end_silence",
            Self::MachineEndOther => "machine_end_other",
            Self::Fax => "fax",
            Self::Unknown => "unknown",
        }
    }

    /// Is it a machine that records from now on?
    pub const fn takes_messages(self) -> bool {
        matches!(self, Self::MachineEndBeep | Self::MachineEndSilence | Self::MachineEndOther)
    }

    /// Is nobody there who could listen? Where it could not be told, somebody may be.
    pub const fn is_nobody(self) -> bool {
        !matches!(self, Self::Human | Self::Unknown)
    }
}

/// An answering machine was told from a person, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmdCallback {
    /// The call.
    pub call_sid: String,
    /// Who answered.
    pub answered_by: AnsweredBy,
}

impl TryFrom<&Form> for AmdCallback {
    type Error = FormError;

    fn try_from(form: &Form) -> Result<Self, FormError> {
        let word = form.required("AnsweredBy")?;
        let answered_by = AnsweredBy::parse(word)
            .ok_or_else(|| wrong("AnsweredBy", word, "human, machine_…, fax or unknown"))?;
        Ok(Self { call_sid: form.call_sid()?, answered_by })
    }
}

/// What came of a `<Gather>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// The call.
    pub call_sid: String,
    /// The keys, if any were pressed.
    pub digits: Option<String>,
    /// The words, if any were said.
    pub speech: Option<String>,
}

impl TryFrom<&Form> for Gathered {
    type Error = FormError;

    fn try_from(form: &Form) -> Result<Self, FormError> {
        let digits = form.get("Digits").filter(|digits| !digits.is_empty());
        let is_key = |c: char| c.is_ascii_digit() || "*#ABCD".contains(c);
        if let Some(wrong_digits) = digits.filter(|digits| digits.len() > 64 || !digits.chars().all(is_key)) {
            return Err(wrong("Digits", wrong_digits, "at most 64 keys"));
        }
        let speech = form.get("SpeechResult").map(str::trim).filter(|words| !words.is_empty());
        Ok(Self {
            call_sid: form.call_sid()?,
            digits: digits.map(str::to_owned),
            speech: speech.map(|words| words.chars().take(1_000).collect()),
        })
    }
}

/// A recording is there, or will never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingCallback {
    /// The call.
    pub call_sid: String,
    /// The recording.
    pub recording_sid: String,
    /// Is it there?
    pub completed: bool,
    /// Where Twilio keeps it.
    pub url: Option<String>,
    /// Length in seconds.
    pub duration_s: Option<u64>,
}

impl TryFrom<&Form> for RecordingCallback {
    type Error = FormError;

    fn try_from(form: &Form) -> Result<Self, FormError> {
        let url = form.get("RecordingUrl").filter(|url| url.starts_with("https://") && url.len() <= 2_048);
        Ok(Self {
            call_sid: form.call_sid()?,
            recording_sid: form.sid("RecordingSid")?,
            completed: form.required("RecordingStatus")? == "completed",
            url: url.map(str::to_owned),
            duration_s: whole(form, "RecordingDuration")?,
        })
    }
}

/// Where a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCallback {
    /// The message.
    pub message_sid: String,
    /// Its state.
    pub status: MessageStatus,
    /// Twilio's number for what went wrong.
    pub error_code: Option<u32>,
}

impl TryFrom<&Form> for MessageCallback {
    type Error = FormError;

    fn try_from(form: &Form) -> Result<Self, FormError> {
        let word = form.required("MessageStatus")?;
        let status = MessageStatus::parse(word)
            .ok_or_else(|| wrong("MessageStatus", word, "a state such as sent or delivered"))?;
        let error_code = whole(form, "ErrorCode")?.and_then(|code| u32::try_from(code).ok());
        Ok(Self { message_sid: form.sid("MessageSid")?, status, error_code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_one_word() {
        let words = "human machine_start machine_end_beep machine_end_silence machine_end_other fax unknown"
            .split(' ');
        for word in words {
            assert_eq!(AnsweredBy::parse(word).map(AnsweredBy::as_str), Some(word));
        }
        assert!(AnsweredBy::MachineEndBeep.takes_messages() && !AnsweredBy::MachineStart.takes_messages());
        assert!(AnsweredBy::Fax.is_nobody() && !AnsweredBy::Unknown.is_nobody());
        let error =
            AmdCallback::try_from(&Form::decode(b"CallSid=CA1&AnsweredBy=robot")).expect_err("a word");
        assert_eq!(
            error.to_string(),
            "form parameter `AnsweredBy` is `robot`: expected human, machine_…, fax or unknown"
        );
    }

    /// P-VOX-011
    #[test]
    fn keys_and_words_are_taken() {
        let gathered = |body: &str| Gathered::try_from(&Form::decode(body.as_bytes()));
        let keys = gathered("CallSid=CA1&Digits=1%23").expect("keys");
        assert_eq!((keys.digits.as_deref(), keys.speech), (Some("1#"), None));
        let words =
            gathered("CallSid=CA1&Digits=&SpeechResult=+%D7%9B%D7%9F+&Confidence=0.9").expect("words");
        assert_eq!((words.digits, words.speech.as_deref()), (None, Some("כן")));
        assert!(gathered("CallSid=CA1&Digits=1%3B2").is_err());
        assert!(gathered("Digits=1").is_err());
    }

    #[test]
    fn a_message_is_somewhere() {
        let told = |body: &str| MessageCallback::try_from(&Form::decode(body.as_bytes()));
        let failed =
            told("MessageSid=SM1&MessageStatus=undelivered&ErrorCode=63016&EventType=X").expect("complete");
        assert_eq!((failed.status, failed.error_code), (MessageStatus::Undelivered, Some(63_016)));
        assert_eq!(told("MessageSid=SM1&MessageStatus=read&ErrorCode=").expect("complete").error_code, None);
        for wrong in
            ["MessageSid=SM1&MessageStatus=lost", "MessageSid=../x&MessageStatus=sent", "MessageStatus=sent"]
        {
            assert!(told(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_recording_is_there_or_never_will_be() {
        let told = |body: &str| RecordingCallback::try_from(&Form::decode(body.as_bytes()));
        let body = "CallSid=CA1&RecordingSid=RE1&RecordingStatus=completed&RecordingDuration=12\
                    &RecordingUrl=https%3A%2F%2Fapi.twilio.com%2FRE1";
        let there = told(body).expect("complete");
        assert_eq!((there.completed, there.duration_s), (true, Some(12)));
        assert_eq!(there.url.as_deref(), Some("https://api.twilio.com/RE1"));
        let absent = told("CallSid=CA1&RecordingSid=RE1&RecordingStatus=absent&RecordingUrl=javascript:x");
        let absent = absent.expect("complete");
        assert_eq!((absent.completed, absent.url), (false, None));
        assert!(told("CallSid=CA1&RecordingSid=../x&RecordingStatus=completed").is_err());
    }
}
