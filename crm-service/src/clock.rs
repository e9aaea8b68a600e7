//! The only place that asks what time it is.

use jiff::Timestamp;

/// Now, in unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Now, as RFC 3339 in UTC.
pub(crate) fn now_text() -> String {
    Timestamp::now().to_string()
}
