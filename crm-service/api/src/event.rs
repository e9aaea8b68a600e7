//! What happened in a call, in order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A batch of events of one call, in rising `seq`; any order is stored as well. One event out of
/// bounds refuses its whole batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventBatch {
    /// The events.
    pub events: Vec<CallEvent>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallEvent {
    /// Counts from 1 within the call, +1 an event. `(call_sid, seq)` is the identity.
    pub seq: u64,
    /// When it happened, unix ms.
    pub at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub kind: CallEventKind,
}

/// The kinds of event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CallEventKind {
    /// The media stream is up.
    Started {
        /// Caller as received.
        from: String,
        /// Dialled number as received.
        to: String,
        /// The provider's id of the media stream.
        stream_sid: String,
    },
    /// Somebody finished saying something.
    Turn {
        /// Counts from 1 within the call, both speakers together.
        turn: u32,
        /// Who.
        speaker: Speaker,
        /// What was said; for the agent, what the caller heard of it.
        text: String,
        /// Start in ms since the caller's first sample.
        start_ms: u64,
        /// End in ms since the caller's first sample.
        end_ms: u64,
        /// Was the agent cut off?
        interrupted: bool,
    },
    /// The caller interrupted the agent.
    BargeIn {
        /// Time in ms since the caller's first sample.
        at_ms_in_call: u64,
        /// Score in [0, 1].
        score: f32,
        /// How much of the agent's utterance was heard, in ms.
        heard_ms: u64,
    },
    /// Lead fields learned from the conversation, such as `name`, `area`, `budget`.
    LeadFields {
        /// Field name → value.
        fields: BTreeMap<String, String>,
    },
    /// A recording exists.
    Recording {
        /// Where, as the bridge knows it.
        location: String,
        /// Length in ms.
        duration_ms: u64,
    },
    /// The call is over. Always the last event.
    Ended {
        /// Why.
        reason: EndReason,
        /// Length in ms.
        duration_ms: u64,
    },
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The provider said that the stream stopped: the caller hung up.
    CallerHangUp,
    /// The agent said goodbye.
    AgentHangUp,
    /// The socket closed without a stop.
    SocketLost,
    /// Nobody spoke for too long.
    Silence,
    /// The bridge is shutting down.
    Shutdown,
    /// Something broke; the logs say what.
    Failed,
}

/// What the CRM has stored.
///
/// An acknowledged batch is stored whole, also when `stored_up_to` stops before it: then events before
/// it are missing, and only those need to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventAck {
    /// Every event up to and including this `seq` is stored.
    pub stored_up_to: u64,
    /// Events of the batch that were stored before.
    pub duplicates: u32,
}
