//! What the barge-in model looks at in scenes in which the agent speaks on whatever happens.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use audio_core::tape::Tape;
use audio_core::vad::{VadConfig, VadKind};
use telephony_bridge::providers::embedded::VoiceLibrary;
use telephony_bridge::tape::{ReplayOptions, TraceFrame, replay_traced};

use super::rules::{Rules, named};

/// Writes `folder/TAPE.f32` for every tape.
pub(crate) fn write_all(tapes: &[PathBuf], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let Rules { barge_in, session, .. } = named("listen")?;
    let (vad, library) = (VadConfig::default(), VoiceLibrary::default());
    let detector = VadKind::default();
    let options = ReplayOptions { barge_in, detector, vad, session, timing: false, library };
    for path in tapes {
        let tape = Tape::load(path)?;
        let (_, trace) = replay_traced(&tape, &options)?;
        let file = folder.join(format!("{}.f32", tape.name));
        let bytes: Vec<u8> = trace.frames.iter().flat_map(floats).flat_map(f32::to_le_bytes).collect();
        fs::write(&file, bytes).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

fn floats(frame: &TraceFrame) -> impl Iterator<Item = f32> + use<> {
    frame.inputs.into_iter().chain(frame.voice_state).chain([f32::from(u8::from(frame.agent_audible))])
}
