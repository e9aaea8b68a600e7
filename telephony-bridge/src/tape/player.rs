//! Replays any tape: a script in virtual time, a recorded call as it was.

use std::path::Path;

use audio_core::barge_in::Preset;
use audio_core::tape::Tape;

use super::error::ReplayError;
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
}

impl Playable {
    /// Loads the tape in the folder `dir`.
    ///
    /// # Errors
    /// [`ReplayError`], naming the file.
    pub fn load(dir: &Path) -> Result<Self, ReplayError> {
        Ok(Self { tape: Tape::load(dir)?, recording: Recording::load(dir)? })
    }

    /// The preset and the sensitivity it was recorded with.
    fn own(&self) -> Option<(Preset, f32)> {
        let recording = self.recording.as_ref()?;
        Some((recording.preset.parse().unwrap_or_default(), recording.sensitivity))
    }
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
            None => replay(&tape.tape, &self.as_scripted(tape, setting)),
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
            None => replay_traced(&tape.tape, &self.as_scripted(tape, setting)),
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
            vad: setting.vad(),
            session: setting.session(&self.session),
            timing: self.timing,
            library: self.library.clone(),
        }
    }
}
