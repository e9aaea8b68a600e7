//! Twilio's REST API: what the bridge does to calls, recordings and numbers.
//!
//! The rest of this folder is bytes in, values out; here alone is a socket. HTTP Basic with the account's
//! token or with an API key, forms out, JSON in. Source: Twilio "Call", "Recording" and
//! "IncomingPhoneNumber" resources of the API of 2010-04-01.
//!
//! **What is repeated.** A request that Twilio has not received, or has refused with 429, is sent again
//! whatever it is. After a 5xx, a broken connection or no answer in time Twilio may have acted: then only what does
//! no harm twice is sent again (reading, deleting, hanging up, setting a number's webhooks). Creating a call,
//! starting a recording and redirecting a call are not; [`RestError::may_be_done`] says so.

mod calls;
mod client;
mod error;
mod list;
mod messages;
mod numbers;
mod recordings;

pub use calls::{CallStage, Created, HangUp, Instructions, MachineDetection, NewCall};
pub use client::{API_BASE, Credentials, RestOptions, TwilioRest};
pub use error::RestError;
pub use messages::{Content, MessageStatus, NewMessage, SentMessage, WHATSAPP};
pub use numbers::{NumberWebhooks, PhoneNumber};
pub use recordings::{Download, Recording};

/// Longest TwiML that a request may carry, in characters.
pub const MAX_TWIML_CHARS: usize = 4_000;
