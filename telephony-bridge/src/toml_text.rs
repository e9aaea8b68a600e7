//! What is wrong with a TOML text, in one line.

/// Why a text is not the TOML it should be, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct TomlError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl TomlError {
    pub(crate) fn new(text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.as_bytes().get(..start).unwrap_or(text.as_bytes());
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { line, message }
    }
}

/// A value as an error shows it, in one line: what has parts by its type.
pub(crate) fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.lines().next().unwrap_or_default().to_owned(),
        toml::Value::Array(_) | toml::Value::Table(_) => value.type_str().to_owned(),
        other => other.to_string(),
    }
}
