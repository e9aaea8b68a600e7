//! Ids and other short text for machines.

use std::fmt::Write as _;

use uuid::Uuid;

/// A fresh id: UUIDv7, rising with time, not guessable from another.
pub(crate) fn fresh() -> String {
    Uuid::now_v7().to_string()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
