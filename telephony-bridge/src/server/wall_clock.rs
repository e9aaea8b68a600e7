//! The time of day, as events carry it.

/// Now, as unix ms.
pub(super) fn unix_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
