//! What the settings of a business may hold. Each refusal names the setting and what it held.

use crate::error::{Fault, Refusal};

/// The barge-in presets.
const BARGE_IN_PRESETS: [&str; 3] = ["adaptive", "polite", "responsive"];
/// The ways to answer a call.
const SPEECH_MODES: [&str; 2] = ["chain", "realtime"];
/// Longest name of a voice.
const MAX_VOICE: usize = 64;
/// Phrases of a list: the smallest of the recognisers takes 50, the others more.
const MAX_PHRASES: usize = 200;
/// Longest of them, in characters; Google takes no longer ones.
const MAX_PHRASE: usize = 100;
/// Letters and digits of an emergency: it counts inside longer words too, and one letter is in every sentence.
const MIN_EMERGENCY: usize = 2;

fn bad(message: String) -> Result<(), Refusal> {
    Err(Refusal::new(Fault::Unacceptable, "bad_business", message))
}

pub(super) fn voice(voice: &str) -> Result<(), Refusal> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    match (1..=MAX_VOICE).contains(&voice.len()) && voice.bytes().all(ok) {
        true => Ok(()),
        false => bad(format!("voice {voice:?}: 1 to {MAX_VOICE} of a-z, A-Z, 0-9, - _ . and :")),
    }
}

pub(super) fn vocabulary(phrases: &[String]) -> Result<(), Refusal> {
    list("vocabulary", phrases)
}

pub(super) fn emergencies(phrases: &[String]) -> Result<(), Refusal> {
    list("emergencies", phrases)?;
    let says_too_little =
        |phrase: &&String| phrase.chars().filter(|c| c.is_alphanumeric()).count() < MIN_EMERGENCY;
    match phrases.iter().find(says_too_little) {
        None => Ok(()),
        Some(phrase) => bad(format!("emergency {phrase:?}: at least {MIN_EMERGENCY} letters or digits")),
    }
}

fn list(name: &str, phrases: &[String]) -> Result<(), Refusal> {
    if phrases.len() > MAX_PHRASES {
        return bad(format!("{name} of {} phrases: {MAX_PHRASES} at most", phrases.len()));
    }
    for phrase in phrases {
        let line = !phrase.trim().is_empty() && !phrase.chars().any(char::is_control);
        if !line || phrase.chars().count() > MAX_PHRASE {
            return bad(format!("phrase {phrase:?}: one line of 1 to {MAX_PHRASE} characters"));
        }
    }
    Ok(())
}

pub(super) fn barge_in_preset(preset: &str) -> Result<(), Refusal> {
    match BARGE_IN_PRESETS.contains(&preset) {
        true => Ok(()),
        false => bad(format!("barge-in preset {preset:?} is none of {BARGE_IN_PRESETS:?}")),
    }
}

pub(super) fn barge_in_sensitivity(sensitivity: f32) -> Result<(), Refusal> {
    match (-1.0..=1.0).contains(&sensitivity) {
        true => Ok(()),
        false => bad(format!("barge-in sensitivity {sensitivity}: -1 to 1")),
    }
}

pub(super) fn speech_mode(mode: &str) -> Result<(), Refusal> {
    match SPEECH_MODES.contains(&mode) {
        true => Ok(()),
        false => bad(format!("speech mode {mode:?} is none of {SPEECH_MODES:?}")),
    }
}
