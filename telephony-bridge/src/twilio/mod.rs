//! Twilio's wire: media-stream messages, frames, signatures, TwiML and webhook forms.
//!
//! Everything here but [`rest`] is bytes in, values out: no socket, no clock. What Twilio documents as a string
//! is accepted as a number too, what is unknown is ignored, and what is wrong is an error that
//! names the field and the datum.

mod callback;
mod form;
mod framer;
mod message;
mod number;
mod outbound;
pub mod rest;
mod scalar;
mod signature;
mod twiml;

pub use callback::{AmdCallback, AnsweredBy, Gathered, MessageCallback, RecordingCallback};
pub use form::{CallStatus, DialResult, Form, FormError, StatusCallback, VoiceWebhook};
pub use framer::{Framer, FramerStats};
pub use message::{Body, MAX_MEDIA_BYTES, MAX_MESSAGE_BYTES, Media, Message, MessageError, StartInfo, parse};
pub use number::is_e164;
pub use outbound::{CLOSE_POLICY, OutboundWriter, SUBPROTOCOL};
pub use signature::{sign, sign_form, verify_form, verify_handshake, verify_json};
pub use twiml::{DialVerb, GatherVerb, SAY_VOICE, Twiml, TwimlError, say_voice, xml_escape};
