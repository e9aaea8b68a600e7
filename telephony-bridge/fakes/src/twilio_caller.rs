//! The simulated Twilio: a caller on the line of a bridge.
//!
//! It does what Twilio does, in Twilio's order: signs and posts the webhook, reads the TwiML,
//! opens the signed WebSocket, sends the caller's audio every 20 ms, plays what comes back through
//! a first-in-first-out buffer on a clock of its own, returns marks, obeys `clear`, sends `stop`
//! and the status callback. Where a test asks for it, it misbehaves in one way at a time.

mod call;
mod lean;
mod line;
mod playout;
mod sign;
mod twiml;
mod wire;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub use lean::{Counts, Lean, Stage};
pub use playout::{Playout, TICK};
pub use sign::sign;
pub use twiml::{StreamVerb, dial_of, redirect_of, stream_of};
pub use wire::Wire;

/// How a request is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signing {
    /// As Twilio does.
    #[default]
    Right,
    /// With another key.
    Wrong,
    /// Not at all.
    Missing,
}

/// Which token `start` shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Token {
    /// The one of the TwiML.
    #[default]
    AsGiven,
    /// This one.
    Fixed(String),
    /// None.
    Missing,
}

/// What goes wrong.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The webhook's signature.
    pub webhook: Signing,
    /// The handshake's signature.
    pub handshake: Signing,
    /// The token in `start`.
    pub token: Token,
    /// The `callSid` in `start`, where it is not that of the call.
    pub start_call_sid: Option<String>,
    /// The connection breaks after this many ms of the call, without `stop` or close frame.
    pub drop_after_ms: Option<u64>,
    /// Sent in place of `start`; the call then waits for the bridge to close.
    pub instead_of_start: Option<Vec<String>>,
}

/// Something sent at a moment of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Injection {
    /// A key.
    Dtmf(char),
    /// A text message, as it is.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A close frame, without `stop` before it.
    Close,
}

/// Changes what the caller's line carries: gets the 20 ms about to be sent and the 20 ms of the
/// agent heard at the same time, both µ-law. For echo.
pub type LineModel = Box<dyn FnMut(&mut [u8; TICK], &[u8; TICK]) + Send>;

/// A call to be made.
pub struct Caller {
    /// Where the bridge listens.
    pub bridge: SocketAddr,
    /// The bridge's public address, as its signatures are made.
    pub public_base: String,
    /// Signs; without it nothing is signed.
    pub auth_token: Option<String>,
    /// The call.
    pub call_sid: String,
    /// The stream.
    pub stream_sid: String,
    /// Caller.
    pub from: String,
    /// Dialled number.
    pub to: String,
    /// The caller's audio, µ-law at 8 kHz. Silence follows.
    pub audio: Vec<u8>,
    /// Line time over wall time; `None`: as fast as the bridge reads.
    pub speed: Option<f64>,
    /// Lengths of `media` payloads in bytes, in turn.
    pub payload_sizes: Vec<usize>,
    /// Numbers as JSON numbers.
    pub plain_numbers: bool,
    /// Hang up after this many ms of the call.
    pub hang_up_ms: Option<u64>,
    /// After the audio: hang up when the agent has been silent this many ms.
    pub idle_ms: u64,
    /// After the audio: hang up after this many ms at the latest.
    pub patience_ms: u64,
    /// What comes of ringing a person, in Twilio's word, such as `no-answer`. Without it a call that rings a person
    /// is over.
    pub dialled: Option<String>,
    /// Sent at these ms of the call, in rising order.
    pub injections: Vec<(u64, Injection)>,
    /// Echo and the like.
    pub line: Option<LineModel>,
    /// What goes wrong.
    pub faults: Faults,
    /// One of hundreds: nothing is kept but counts.
    pub lean: Option<Lean>,
}

impl Caller {
    /// A call of silence that ends when the agent is idle, in real time, all as Twilio does.
    pub fn new(bridge: SocketAddr, public_base: &str, auth_token: Option<&str>, sid: &str) -> Self {
        Self {
            bridge,
            public_base: public_base.trim_end_matches('/').to_owned(),
            auth_token: auth_token.map(str::to_owned),
            call_sid: format!("CA{sid}"),
            stream_sid: format!("MZ{sid}"),
            from: "+972502345678".to_owned(),
            to: "+97233763805".to_owned(),
            audio: Vec::new(),
            speed: Some(1.0),
            payload_sizes: vec![TICK],
            plain_numbers: false,
            hang_up_ms: None,
            idle_ms: 5_000,
            patience_ms: 30_000,
            dialled: None,
            injections: Vec::new(),
            line: None,
            faults: Faults::default(),
            lean: None,
        }
    }

    /// Makes the call.
    ///
    /// # Errors
    /// [`CallerError`] where the bridge cannot be spoken to at all; a bridge that refuses is not
    /// an error but an [`Ending`].
    pub async fn call(self) -> Result<CallRecord, CallerError> {
        call::run(self).await
    }
}

/// Why a call could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    /// A webhook could not be posted.
    #[error("cannot post to the bridge: {0}")]
    Http(#[from] reqwest::Error),
    /// The WebSocket could not be opened, for another reason than a refusal.
    #[error("cannot open the stream: {0}")]
    Socket(#[from] tokio_tungstenite::tungstenite::Error),
    /// No connection.
    #[error("cannot connect to the bridge: {0}")]
    Connect(#[from] std::io::Error),
    /// The payload sizes leave nothing to send.
    #[error("payload sizes are {0:?}: expected at least one, none of them zero")]
    PayloadSizes(Vec<usize>),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The webhook was refused with this HTTP status.
    WebhookRefused(u16),
    /// The TwiML asks for no stream; the caller hears it and the call is over.
    NoStream,
    /// The handshake was refused with this HTTP status.
    HandshakeRefused(u16),
    /// The bridge closed the stream: code and reason of its close frame, if it sent one.
    ClosedByBridge(Option<(u16, String)>),
    /// The caller hung up.
    HungUp,
    /// The connection broke, as [`Faults::drop_after_ms`] asked.
    Dropped,
}

/// A message of either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When, since the stream was opened, in wall time.
    pub at: Duration,
    /// When, in ms of the caller's line.
    pub line_ms: u64,
    /// What.
    pub what: Event,
}

/// The kinds of message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Audio to the bridge: bytes of µ-law.
    SentMedia(usize),
    /// A mark back to the bridge.
    SentMark(String),
    /// Anything else to the bridge.
    Sent(String),
    /// Audio from the bridge: bytes of µ-law.
    Media(usize),
    /// The agent became audible.
    AgentAudible,
    /// The buffer ran empty.
    AgentSilent,
    /// A mark from the bridge.
    Mark(String),
    /// `clear` from the bridge.
    Clear,
    /// Something that Twilio would not understand (its error 31924 or 31922).
    Nonsense(String),
    /// The stream is over: the bridge closed it, it broke, or `stop` was sent.
    Over,
}

/// What the caller saw.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// How it ended.
    pub ending: Ending,
    /// When the first webhook was posted.
    pub rang: Instant,
    /// When the stream was opened, just before `start` was sent; the last one where there were several.
    pub opened: Option<Instant>,
    /// The answer to the webhook.
    pub twiml: String,
    /// The documents that followed it, in order.
    pub documents: Vec<String>,
    /// Sub-protocol the bridge chose.
    pub subprotocol: Option<String>,
    /// HTTP status of the answer to the status callback; absent where the bridge was gone.
    pub status_callback: Option<u16>,
    /// Length of the call on the caller's line, in ms.
    pub line_ms: u64,
    /// What the caller sent, µ-law.
    pub said: Vec<u8>,
    /// What the caller heard, µ-law, sample for sample beside `said`.
    pub heard: Vec<u8>,
    /// Every message.
    pub log: Vec<Logged>,
}

impl CallRecord {
    /// The messages of one kind, in order.
    pub fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.log.iter().filter(|logged| wanted(&logged.what)).count()
    }
}
