//! What the targets share: sound made from a few bytes, so that a fuzzer can reach seconds of audio,
//! a folder in memory for readers of files, and the checks several targets make.

pub mod files;
pub mod sound;

use audio_core::Error;

/// Does a refusal name a setting of `module`, and with what it was given?
pub fn names_a_field(error: &Error, module: &str) {
    let Error::OutOfRange { field, value, expected } = error else {
        panic!("not about a number: {error}");
    };
    assert!(field.starts_with(module), "{field} is not of {module}");
    assert!(!expected.is_empty());
    let text = error.to_string();
    assert!(text.contains(field) && text.contains(&value.to_string()), "{text}");
}
