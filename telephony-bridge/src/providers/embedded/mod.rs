//! Providers that need no key and no network: the default, and what tapes are replayed with.
//!
//! Recognition reads a tape's ground truth, replies come from the tape or from a rule-based
//! Hebrew lead-taking dialogue, speech comes from a library of clips.

mod dialogue;
mod due;
mod lead_fields;
mod scripted_llm;
mod scripted_stt;
mod voice;

pub use dialogue::Dialogue;
pub use lead_fields::lead_fields;
pub use scripted_llm::ScriptedLlm;
pub use scripted_stt::{ScriptedStt, ScriptedWord, script_of};
pub(in crate::providers) use voice::beep;
pub use voice::{ClipVoice, VoiceError, VoiceLibrary};
