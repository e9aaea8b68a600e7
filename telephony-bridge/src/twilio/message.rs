//! What Twilio sends over the media stream.
//!
//! Source: Twilio "Media Streams – WebSocket messages". `connected` comes first and carries no
//! number; `start` is number 1; every later message of any type counts up by one. Parsing a
//! `media` message allocates nothing: strings are borrowed and the payload is decoded into the
//! caller's buffer.

mod raw;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use super::scalar::Scalar;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use raw::{Raw, RawFormat, RawMedia, RawStart};

/// Longest message that is parsed, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// Longest decoded `media` payload, in bytes of µ-law: two seconds.
pub const MAX_MEDIA_BYTES: usize = 16_000;
/// Longest id (`streamSid`, `callSid`) and longest mark name, in bytes.
const MAX_ID_BYTES: usize = 256;

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One message of the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// `sequenceNumber`; absent in `connected`.
    pub sequence: Option<u64>,
    /// `streamSid`; absent in `connected`.
    pub stream_sid: Option<Cow<'a, str>>,
    /// What it says.
    pub body: Body<'a>,
}

/// The kinds of message.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Body<'a> {
    /// The socket speaks the protocol.
    Connected,
    /// The stream begins.
    Start(Box<StartInfo>),
    /// Audio of the caller.
    Media(Media<'a>),
    /// The caller pressed a key: `0`–`9`, `*`, `#`, `A`–`D`.
    Dtmf {
        /// The key.
        digit: char,
    },
    /// The audio before the mark of this name was played, or a `clear` discarded it.
    Mark {
        /// The name given when the mark was sent.
        name: Cow<'a, str>,
    },
    /// The stream is over.
    Stop,
    /// An event this bridge does not know: ignore and count it.
    Unknown {
        /// Its name.
        event: Cow<'a, str>,
    },
}

/// A piece of the caller's audio, of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media<'a> {
    /// `inbound` or `outbound`; absent means inbound.
    pub track: Option<Cow<'a, str>>,
    /// Counts messages of the track from 1.
    pub chunk: Option<u64>,
    /// Presentation time of the first sample in ms from the stream's start.
    pub timestamp_ms: Option<u64>,
    payload: Cow<'a, str>,
}

impl Media<'_> {
    /// Is this the caller's own voice?
    pub fn is_inbound(&self) -> bool {
        !matches!(self.track.as_deref(), Some("outbound" | "outbound_track"))
    }

    /// Bytes that [`decode`](Self::decode) wants of its buffer; bounded, however long the payload is.
    pub fn room(&self) -> usize {
        base64::decoded_len_estimate(self.payload.len()).min(MAX_MEDIA_BYTES + 2)
    }

    /// Decodes the payload into `buffer` and returns the µ-law bytes.
    ///
    /// # Errors
    /// [`MessageError::Payload`] if it is not base64, or longer than [`MAX_MEDIA_BYTES`] or `buffer`.
    pub fn decode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], MessageError> {
        let limit = MAX_MEDIA_BYTES.min(buffer.len());
        // Four characters are three bytes; padding makes this an upper bound.
        let estimate = self.payload.len() / 4 * 3;
        if estimate > limit + 2 {
            return Err(MessageError::Payload(format!("{estimate} bytes, the limit is {limit}")));
        }
        let written = BASE64
            .decode_slice(self.payload.as_bytes(), buffer)
            .map_err(|error| MessageError::Payload(error.to_string()))?;
        if written > limit {
            return Err(MessageError::Payload(format!("{written} bytes, the limit is {limit}")));
        }
        Ok(&buffer[..written])
    }
}

/// What `start` says. `Debug` leaves out the values of the custom parameters: one is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct StartInfo {
    /// The account.
    pub account_sid: String,
    /// The id of this stream; goes into every message sent back.
    pub stream_sid: String,
    /// The call.
    pub call_sid: String,
    /// Tracks sent, such as `inbound`.
    pub tracks: Vec<String>,
    /// The `<Parameter>`s of the TwiML.
    pub parameters: BTreeMap<String, String>,
}

impl fmt::Debug for StartInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartInfo")
            .field("stream_sid", &self.stream_sid)
            .field("call_sid", &self.call_sid)
            .field("tracks", &self.tracks)
            .field("parameters", &self.parameters.keys())
            .finish_non_exhaustive()
    }
}

/// Why a message is not one. The culprit is the sender (or somebody between), never the call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Longer than [`MAX_MESSAGE_BYTES`].
    #[error("message of {0} bytes: the limit is {MAX_MESSAGE_BYTES}")]
    TooLong(usize),
    /// Not the JSON object that was expected.
    #[error("not a media-stream message: {0}")]
    Json(String),
    /// A field that the event cannot do without.
    #[error("field `{0}` is missing")]
    Missing(&'static str),
    /// A field of the wrong type or value.
    #[error("field `{field}` is `{datum}`: expected {expected}")]
    Field {
        /// Path of the field.
        field: Cow<'static, str>,
        /// What it held.
        datum: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// A payload that is not base64, or too long.
    #[error("field `media.payload`: {0}")]
    Payload(String),
}

/// Parses one text message.
///
/// # Errors
/// See [`MessageError`]. An unknown `event` is not an error but [`Body::Unknown`].
pub fn parse(text: &str) -> Result<Message<'_>, MessageError> {
    if text.len() > MAX_MESSAGE_BYTES {
        return Err(MessageError::TooLong(text.len()));
    }
    let raw: Raw<'_> = serde_json::from_str(text).map_err(|error| MessageError::Json(error.to_string()))?;
    let event = required_text(raw.event, "event")?;
    let sequence = optional_unsigned(raw.sequence_number.as_ref(), "sequenceNumber")?;
    let stream_sid = match raw.stream_sid {
        None => None,
        some => Some(id(some, "streamSid")?),
    };
    let body = match event.as_ref() {
        "connected" => Body::Connected,
        "start" => {
            let raw = raw.start.ok_or(MessageError::Missing("start"))?;
            Body::Start(Box::new(start(raw, stream_sid.as_deref())?))
        }
        "media" => media(raw.media.ok_or(MessageError::Missing("media"))?)?,
        "dtmf" => dtmf(raw.dtmf.ok_or(MessageError::Missing("dtmf"))?.digit)?,
        "mark" => {
            let name = raw.mark.ok_or(MessageError::Missing("mark"))?.name;
            Body::Mark { name: id(name, "mark.name")? }
        }
        "stop" => Body::Stop,
        _ => Body::Unknown { event },
    };
    Ok(Message { sequence, stream_sid, body })
}

fn media(raw: RawMedia<'_>) -> Result<Body<'_>, MessageError> {
    Ok(Body::Media(Media {
        chunk: optional_unsigned(raw.chunk.as_ref(), "media.chunk")?,
        timestamp_ms: optional_unsigned(raw.timestamp.as_ref(), "media.timestamp")?,
        payload: required_text(raw.payload, "media.payload")?,
        track: raw.track.and_then(Scalar::text),
    }))
}

fn dtmf(digit: Option<Scalar<'_>>) -> Result<Body<'_>, MessageError> {
    let digit = digit.ok_or(MessageError::Missing("dtmf.digit"))?;
    let key = match &digit {
        Scalar::Text(text) if text.len() == 1 => text.chars().next(),
        Scalar::Unsigned(value) => u32::try_from(*value).ok().and_then(|v| char::from_digit(v, 10)),
        _ => None,
    };
    match key {
        Some(digit @ ('0'..='9' | '*' | '#' | 'A'..='D')) => Ok(Body::Dtmf { digit }),
        Some(digit @ 'a'..='d') => Ok(Body::Dtmf { digit: digit.to_ascii_uppercase() }),
        _ => Err(wrong("dtmf.digit", &digit, "one key of a telephone")),
    }
}

fn start(raw: RawStart<'_>, outer_sid: Option<&str>) -> Result<StartInfo, MessageError> {
    let format = raw.media_format.ok_or(MessageError::Missing("start.mediaFormat"))?;
    check_format(&format)?;
    let stream_sid = match (raw.stream_sid, outer_sid) {
        (None, Some(outer)) => outer.to_owned(),
        (inner, _) => id(inner, "start.streamSid")?.into_owned(),
    };
    let mut parameters = BTreeMap::new();
    for (name, value) in raw.custom_parameters.unwrap_or_default() {
        if let Scalar::Compound(_) = value {
            let field = format!("start.customParameters.{}", name.escape_debug());
            return Err(wrong(field, &value, "a string"));
        }
        let value = match value {
            Scalar::Text(text) => text.into_owned(),
            Scalar::Null => String::new(),
            other => other.to_string(),
        };
        parameters.insert(name, value);
    }
    Ok(StartInfo {
        account_sid: raw.account_sid.and_then(Scalar::text).unwrap_or_default().into_owned(),
        call_sid: id(raw.call_sid, "start.callSid")?.into_owned(),
        tracks: raw
            .tracks
            .unwrap_or_default()
            .into_iter()
            .filter_map(|track| track.text().map(Cow::into_owned))
            .collect(),
        stream_sid,
        parameters,
    })
}

/// The bridge speaks the one format that Twilio sends.
fn check_format(format: &RawFormat<'_>) -> Result<(), MessageError> {
    let encoding = format.encoding.as_ref().ok_or(MessageError::Missing("start.mediaFormat.encoding"))?;
    if !matches!(encoding, Scalar::Text(text) if text == "audio/x-mulaw") {
        return Err(wrong("start.mediaFormat.encoding", encoding, "audio/x-mulaw"));
    }
    let rate = format.sample_rate.as_ref().ok_or(MessageError::Missing("start.mediaFormat.sampleRate"))?;
    if rate.unsigned() != Some(8_000) {
        return Err(wrong("start.mediaFormat.sampleRate", rate, "8000"));
    }
    match &format.channels {
        None => Ok(()),
        Some(channels) if channels.unsigned() == Some(1) => Ok(()),
        Some(channels) => Err(wrong("start.mediaFormat.channels", channels, "1")),
    }
}

fn required_text<'a>(value: Option<Scalar<'a>>, field: &'static str) -> Result<Cow<'a, str>, MessageError> {
    match value.ok_or(MessageError::Missing(field))? {
        Scalar::Text(text) => Ok(text),
        other => Err(wrong(field, &other, "a string")),
    }
}

/// Text that is not empty and of bounded length.
fn id<'a>(value: Option<Scalar<'a>>, field: &'static str) -> Result<Cow<'a, str>, MessageError> {
    let text = required_text(value, field)?;
    if text.is_empty() || text.len() > MAX_ID_BYTES {
        return Err(wrong(field, &Scalar::Text(text), "1 to 256 bytes"));
    }
    Ok(text)
}

fn optional_unsigned(value: Option<&Scalar<'_>>, field: &'static str) -> Result<Option<u64>, MessageError> {
    match value {
        None => Ok(None),
        Some(value) => match value.unsigned() {
            Some(number) => Ok(Some(number)),
            None => Err(wrong(field, value, "a whole number that is not negative")),
        },
    }
}

fn wrong(field: impl Into<Cow<'static, str>>, datum: &Scalar<'_>, expected: &'static str) -> MessageError {
    MessageError::Field { field: field.into(), datum: datum.to_string(), expected }
}

#[cfg(test)]
mod tests;
