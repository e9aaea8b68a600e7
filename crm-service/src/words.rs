//! Enums of the wire as words in the database, by the very serde names of the wire.

use serde::Serialize;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};

use crate::error::Error;

/// The wire's word for a unit variant.
pub(crate) fn of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a unit variant serialises to a string, not {other:?}"),
    }
}

/// The variant of a stored word; `column` names the culprit.
pub(crate) fn read<T: DeserializeOwned>(word: &str, column: &str) -> Result<T, Error> {
    let deserializer: StrDeserializer<'_, WordError> = word.into_deserializer();
    T::deserialize(deserializer)
        .map_err(|error| Error::Stored { what: format!("{column} {word:?}"), why: error.to_string() })
}

/// A count or a duration as the database stores it.
pub(crate) fn big(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A stored count or duration; never negative.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A stored small count; never negative.
pub(crate) fn small(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}
