//! Replays any tape: a script in virtual time, a recorded call as it was, a recording of both sides with
//! sound alone.

use std::path::Path;

use audio_core::barge_in::Preset;
use audio_core::tape::{Tape, read_wav_8k};
use audio_core::vad::VadKind;

use super::error::ReplayError;
use super::hearing::speech;
use super::open_loop::{RecordedAgent, open_loop};
use super::replay::{ReplayOptions, replay, replay_traced};
use super::report::ReplayReport;
use super::rerun::{Recording, RerunOptions, rerun, rerun_traced};
use super::setting::Setting;
use super::trace::Trace;
use crate::providers::embedded::VoiceLibrary;
use crate::session::SessionConfig;

/// A tape with its record of the live call, if there is one.
#[derive(Clone, Debug)]
pub struct Playable {
    /// Ground truth and audio.
    pub tape: Tape,
    /// `wire.jsonl`.
    pub recording: Option<Recording>,
    /// The agent's side, where nothing but the sound of it is known.
    pub agent: Option<RecordedAgent>,
}

impl Playable {
    /// Loads the tape in the folder `dir`.
    ///
    /// # Errors
    /// [`ReplayError`], naming the file.
    pub fn load(dir: &Path) -> Result<Self, ReplayError> {
        let (tape, recording) = (Tape::load(dir)?, Recording::load(dir)?);
        let agent = if recording.is_none() { agent_of(dir)? } else { None };
        Ok(Self { tape, recording, agent })
    }

    /// The preset and the sensitivity it was recorded with.
    pub(super) fn own(&self) -> Option<(Preset, f32)> {
        let recording = self.recording.as_ref()?;
        Some((recording.preset.parse().unwrap_or_default(), recording.sensitivity))
    }
}

/// The agent's side of a recording, and when it speaks; `None` for a tape without one.
pub(super) fn agent_of(dir: &Path) -> Result<Option<RecordedAgent>, ReplayError> {
    let path = dir.join("agent.wav");
    if !path.exists() {
        return Ok(None);
    }
    let samples = read_wav_8k(path).map_err(ReplayError::Agent)?;
    let speech = speech(&samples);
    Ok(Some(RecordedAgent { samples, speech }))
}

/// What every tape is replayed with, whatever the setting.
#[derive(Clone, Debug, Default)]
pub struct Player {
    /// Voice for lines without a clip.
    pub library: VoiceLibrary,
    /// The conversation's timings, words and phrases.
    pub session: SessionConfig,
    /// Measure the time of each frame.
    pub timing: bool,
}

impl Player {
    /// Replays a tape.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn replay(&self, tape: &Playable, setting: &Setting) -> Result<ReplayReport, ReplayError> {
        match &tape.recording {
            Some(recording) => {
                rerun(&tape.tape, recording, &self.as_recorded(tape, setting)).map(|rerun| rerun.report)
            }
            None => {
                let options = self.as_scripted(tape, setting);
                match &tape.agent {
                    Some(agent) => open_loop(&tape.tape, agent, &options, None).map(|(report, _)| report),
                    None => replay(&tape.tape, &options),
                }
            }
        }
    }

    /// [`replay`](Self::replay), with what the signal chain heard and found in every frame.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn traced(&self, tape: &Playable, setting: &Setting) -> Result<(ReplayReport, Trace), ReplayError> {
        match &tape.recording {
            Some(recording) => {
                let (rerun, trace) = rerun_traced(&tape.tape, recording, &self.as_recorded(tape, setting))?;
                Ok((rerun.report, trace))
            }
            None => {
                let options = self.as_scripted(tape, setting);
                match &tape.agent {
                    Some(agent) => {
                        let traced = open_loop(&tape.tape, agent, &options, Some(Trace::default()))?;
                        Ok((traced.0, traced.1.unwrap_or_default()))
                    }
                    None => replay_traced(&tape.tape, &options),
                }
            }
        }
    }

    fn as_recorded(&self, tape: &Playable, setting: &Setting) -> RerunOptions {
        RerunOptions {
            barge_in: Some(setting.barge_in(tape.own())),
            vad: setting.vad(),
            session: setting.session(&self.session),
            timing: self.timing,
            ..RerunOptions::default()
        }
    }

    fn as_scripted(&self, tape: &Playable, setting: &Setting) -> ReplayOptions {
        ReplayOptions {
            barge_in: setting.barge_in(tape.own()),
            detector: VadKind::default(),
            vad: setting.vad(),
            session: setting.session(&self.session),
            timing: self.timing,
            library: self.library.clone(),
        }
    }
}
