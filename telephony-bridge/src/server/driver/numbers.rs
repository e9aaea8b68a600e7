//! The driver's metrics.

pub(super) use crate::metrics::{GREETING, IN_TO_PROVIDER, PROVIDER_TO_OUT, RESPONSE};

/// Interruptions the agent yielded to.
pub(super) const BARGE_INS: &str = "kav_bridge_barge_ins_total";
/// Fallbacks used for a provider; `provider`.
pub(super) const DEGRADED: &str = "kav_bridge_provider_fallbacks_total";
/// Messages dropped because the socket was too slow.
pub(super) const FRAMES_DROPPED: &str = "kav_bridge_messages_dropped_total";
/// Seconds from a ping to its answer.
pub(super) const PING: &str = "kav_bridge_ping_seconds";

/// Calls whose callers said that it is urgent.
pub(super) const EMERGENCIES: &str = "kav_bridge_emergencies_total";

/// Says what they are.
pub(super) fn describe() {
    use metrics::{Unit, describe_counter, describe_histogram};
    describe_histogram!(IN_TO_PROVIDER, Unit::Seconds, "socket to speech recognition, per frame");
    describe_histogram!(PROVIDER_TO_OUT, Unit::Seconds, "synthesised audio to socket, per utterance");
    describe_histogram!(GREETING, Unit::Seconds, "stream start to the greeting's first frame");
    describe_histogram!(RESPONSE, Unit::Seconds, "end of the caller's turn to the answer's first frame");
    describe_counter!(BARGE_INS, "interruptions the agent yielded to");
    describe_counter!(DEGRADED, "fallbacks used, by provider");
    describe_counter!(FRAMES_DROPPED, "messages dropped because the socket was too slow");
    describe_histogram!(PING, Unit::Seconds, "a ping over the media socket to its answer");
    describe_counter!(EMERGENCIES, "calls whose callers said that it is urgent");
    crate::providers::net::numbers::describe();
}
