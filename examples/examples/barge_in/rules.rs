//! The rules compared: our presets, what a detector alone would do, and any other from a file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use audio_core::barge_in::{BargeInConfig, Preset};
use serde_json::Value;

/// A preset by name; `vad_MS`: any voice of so many milliseconds; or a JSON file of settings that differ
/// from the adaptive preset's.
pub(crate) fn named(name: &str) -> Result<BargeInConfig> {
    if Path::new(name).extension().is_some_and(|extension| extension == "json") {
        let text = fs::read_to_string(name).with_context(|| name.to_owned())?;
        let mut rules = serde_json::to_value(BargeInConfig::adaptive())?;
        let given: serde_json::Map<String, Value> =
            serde_json::from_str(&text).with_context(|| name.to_owned())?;
        for (key, value) in given {
            rules[key] = value;
        }
        let rules: BargeInConfig = serde_json::from_value(rules).with_context(|| name.to_owned())?;
        rules.validate().with_context(|| name.to_owned())?;
        return Ok(rules);
    }
    let Some(ms) = name.strip_prefix("vad_") else { return Ok(name.parse::<Preset>()?.config()) };
    let mut rules = BargeInConfig::responsive();
    rules.confirm_ms = ms.parse()?;
    rules.min_rms = 0.0;
    rules.duck_score = None;
    rules.yield_score = 0.01;
    rules.validate()?;
    Ok(rules)
}
