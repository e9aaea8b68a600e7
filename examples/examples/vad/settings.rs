//! The decision layer's settings: the defaults, a file above them, a threshold above both.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use audio_core::vad::VadConfig;
use serde_json::Value;

/// `file` is a [`VadConfig`] as JSON; `threshold` replaces both thresholds.
pub(crate) fn read(file: Option<&Path>, threshold: Option<f32>) -> Result<VadConfig> {
    let mut config = match file {
        None => VadConfig::default(),
        Some(path) => {
            let name = || path.display().to_string();
            parse(&fs::read_to_string(path).with_context(name)?).with_context(name)?
        }
    };
    if let Some(threshold) = threshold {
        config.start_threshold = threshold;
        config.continue_threshold = threshold;
    }
    Ok(config)
}

/// A field that is missing takes its default; one that does not exist is a mistake in writing.
fn parse(text: &str) -> Result<VadConfig> {
    let given: Value = serde_json::from_str(text)?;
    let known = serde_json::to_value(VadConfig::default())?;
    let fields = given.as_object().context("not a JSON object")?;
    for name in fields.keys() {
        ensure!(known.get(name).is_some(), "no setting is called {name:?}");
    }
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use audio_core::vad::VadConfig;

    use super::parse;

    #[test]
    fn missing_fields_take_their_defaults() {
        let mut expected = VadConfig::default();
        assert_eq!(parse("{}").expect("nothing"), expected);
        expected.hangover_ms = 480;
        assert_eq!(parse("{\"hangover_ms\": 480}").expect("one field"), expected);
    }

    #[test]
    fn a_misspelt_field_is_named() {
        let error = parse("{\"hangover\": 480}").expect_err("no such field");
        assert_eq!(error.to_string(), "no setting is called \"hangover\"");
        assert_eq!(parse("[]").expect_err("a list").to_string(), "not a JSON object");
    }
}
