//! The rules compared: our presets, what a detector or a fixed silence alone would do, and any other
//! from a file.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use audio_core::barge_in::{BargeInConfig, Preset};
use audio_core::vad::VadConfig;
use serde_json::Value;
use telephony_bridge::session::SessionConfig;

/// What decides.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) barge_in: BargeInConfig,
    pub(crate) session: SessionConfig,
    /// Does the recogniser say anything before a turn is over?
    pub(crate) interim_words: bool,
}

impl Rules {
    fn new(barge_in: BargeInConfig, session: SessionConfig) -> Self {
        Self { barge_in, session, interim_words: true }
    }
}

/// A preset by name, or `PRESET@SENSITIVITY`; `vad_MS`: any voice of so many milliseconds, words or not; `fixed_MS`: the adaptive
/// preset, but every turn ends after so much silence; `wordless`: the adaptive preset, but no words come before a turn is over; `listen`:
/// the agent speaks on whatever happens; or a JSON file of barge-in settings that differ from the adaptive preset's.
pub(crate) fn named(name: &str) -> Result<Rules> {
    if Path::new(name).extension().is_some_and(|extension| extension == "json") {
        return from_file(name);
    }
    if let Some(ms) = name.strip_prefix("vad_") {
        let mut barge_in = BargeInConfig::responsive();
        barge_in.confirm_ms = ms.parse().with_context(|| name.to_owned())?;
        barge_in.min_rms = 0.0;
        barge_in.duck_score = None;
        barge_in.yield_score = 0.01;
        barge_in.validate()?;
        return Ok(Rules::new(barge_in, SessionConfig { lexicon: Arc::default(), ..silence(500)? }));
    }
    if name == "wordless" {
        let rules = Rules::new(BargeInConfig::adaptive(), SessionConfig::default());
        return Ok(Rules { interim_words: false, ..rules });
    }
    if name == "listen" {
        let mut barge_in = BargeInConfig::adaptive();
        (barge_in.duck_score, barge_in.claim_score, barge_in.yield_score) = (None, None, 1.0);
        barge_in.confirm_ms = 10_000;
        let session = SessionConfig { lexicon: Arc::default(), ..SessionConfig::default() };
        return Ok(Rules::new(barge_in, session));
    }
    if let Some(ms) = name.strip_prefix("fixed_") {
        let session = silence(ms.parse().with_context(|| name.to_owned())?)?;
        return Ok(Rules::new(BargeInConfig::adaptive(), session));
    }
    let (preset, sensitivity) = name.split_once('@').unwrap_or((name, "0"));
    let sensitivity: f32 = sensitivity.parse().with_context(|| name.to_owned())?;
    ensure!((-1.0..=1.0).contains(&sensitivity), "{name}: a sensitivity lies between -1 and 1");
    let barge_in = preset.parse::<Preset>()?.config().with_sensitivity(sensitivity);
    Ok(Rules::new(barge_in, SessionConfig::default()))
}

/// A turn ends after so much silence, the detector's hangover included, whatever was said.
fn silence(ms: u32) -> Result<SessionConfig> {
    let hangover = VadConfig::default().hangover_ms;
    ensure!(ms >= hangover, "{ms} ms of silence: the detector itself waits {hangover} ms");
    let wait = Duration::from_millis((ms - hangover).into());
    Ok(SessionConfig {
        endpointing: wait,
        endpointing_complete: wait,
        endpointing_unfinished: wait,
        ..SessionConfig::default()
    })
}

fn from_file(name: &str) -> Result<Rules> {
    let text = fs::read_to_string(name).with_context(|| name.to_owned())?;
    let mut rules = serde_json::to_value(BargeInConfig::adaptive())?;
    let given: serde_json::Map<String, Value> =
        serde_json::from_str(&text).with_context(|| name.to_owned())?;
    for (key, value) in given {
        rules[key] = value;
    }
    let barge_in: BargeInConfig = serde_json::from_value(rules).with_context(|| name.to_owned())?;
    barge_in.validate().with_context(|| name.to_owned())?;
    Ok(Rules::new(barge_in, SessionConfig::default()))
}

#[cfg(test)]
mod tests {
    use telephony_bridge::words::Lexicon;

    use super::*;

    #[test]
    fn baselines_know_no_words_and_wait_a_fixed_time() {
        let vad = named("vad_200").expect("rules");
        assert_eq!((vad.barge_in.confirm_ms, &*vad.session.lexicon), (200, &Lexicon::default()));
        let fixed = named("fixed_800").expect("rules");
        let waits = [fixed.session.endpointing, fixed.session.endpointing_unfinished];
        assert_eq!(waits, [Duration::from_millis(500); 2]);
        assert_eq!(fixed.barge_in, BargeInConfig::adaptive());
        let wordless = named("wordless").expect("rules");
        assert_eq!((wordless.barge_in, wordless.interim_words), (fixed.barge_in, false));
        assert!(fixed.interim_words && named("adaptive").expect("rules").interim_words);
        let tame = named("adaptive@-0.5").expect("rules");
        assert_eq!(tame.barge_in, BargeInConfig::adaptive().with_sensitivity(-0.5));
        for wrong in [
            "rude",
            "adaptive@",
            "adaptive@2",
            "adaptive@NaN",
            "rude@0",
            "vad_",
            "vad_10",
            "fixed_100",
            "fixed_x",
        ] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }
}
