//! Where the bridge is asked: by Twilio, and by our own services.

/// Where Twilio asks what to do with a call.
pub const INBOUND_PATH: &str = "/api/voice/inbound";
/// Where Twilio tells of a call's states.
pub const STATUS_PATH: &str = "/api/voice/status";
/// Where Twilio reports whether a person took the call.
pub(super) const DIAL_PATH: &str = "/api/voice/dial";
/// What was pressed after hours.
pub(super) const NIGHT_PATH: &str = "/api/voice/night";
/// What follows a stream that the bridge has closed.
pub(super) const AFTER_PATH: &str = "/api/voice/after";
/// Where Twilio tells that a recording is there.
pub(super) const RECORDING_PATH: &str = "/api/voice/recording";
/// Calls that the bridge places.
pub(super) const OUTBOUND_PATH: &str = "/api/voice/outbound";
/// Messages that it sends.
pub(super) const MESSAGES_PATH: &str = "/api/messages";
/// The live calls.
pub const CALLS_PATH: &str = "/internal/v1/calls";
