//! Replay of a tape that was recorded live.
//!
//! The signal chain runs again over the recorded frames of both sides, in the order in which the
//! audio thread took them. The session is told again what it was told, each at its time; only what
//! the chain decides is decided anew. So with the same rules the same decisions follow, and with
//! other rules the first one that differs is marked: from there on what the agent says is what it
//! said then, whatever it would have said now.

mod chain;
mod recording;
mod run;
mod steps;

use audio_core::barge_in::{BargeInConfig, Preset};
use audio_core::pipeline::{CallPipeline, PipelineConfig};
use audio_core::tape::Tape;
use audio_core::vad::{VadConfig, VadKind};

use super::error::ReplayError;
use super::report::{ReplayReport, percentile_us};
use super::trace::Trace;
use super::wire::Decision;
use crate::session::{SessionConfig, State};
use chain::Chain;
pub use recording::{Recording, Transcript};
use run::Run;

/// Another voice of the same loudness is noticed by so many samples earlier or later: 400 ms.
const REDACTED_SLACK: u64 = 3_200;
/// What a second run decided, beside its report.
#[derive(Debug)]
pub struct Rerun {
    /// As of any replay.
    pub report: ReplayReport,
    /// Every decision, in order.
    pub decisions: Vec<Decision>,
}

/// How to run a recorded call again. The default is how it was run with default settings.
#[derive(Clone, Debug, Default)]
pub struct RerunOptions {
    /// Barge-in preset, if not the recorded one.
    pub preset: Option<Preset>,
    /// Barge-in sensitivity, if not the recorded one.
    pub sensitivity: Option<f32>,
    /// Barge-in rules in the place of preset and sensitivity.
    pub barge_in: Option<BargeInConfig>,
    /// Thresholds, hangover and pre-roll of the voice detector. The recording does not hold them.
    pub vad: VadConfig,
    /// The conversation's timings, words and phrases: those the bridge had, or others. The
    /// recording does not hold them.
    pub session: SessionConfig,
    /// Measure the time of each frame.
    pub timing: bool,
}

/// Runs a recorded call again, under its rules or others.
///
/// # Errors
/// [`ReplayError::Session`], [`ReplayError::Pipeline`].
pub fn rerun(tape: &Tape, recording: &Recording, options: &RerunOptions) -> Result<Rerun, ReplayError> {
    run_again(tape, recording, options, None).map(|(rerun, _)| rerun)
}

/// [`rerun`], with what the signal chain heard and found in every frame.
///
/// # Errors
/// As [`rerun`].
pub fn rerun_traced(
    tape: &Tape,
    recording: &Recording,
    options: &RerunOptions,
) -> Result<(Rerun, Trace), ReplayError> {
    let (rerun, trace) = run_again(tape, recording, options, Some(Trace::default()))?;
    Ok((rerun, trace.unwrap_or_default()))
}

fn run_again(
    tape: &Tape,
    recording: &Recording,
    options: &RerunOptions,
    trace: Option<Trace>,
) -> Result<(Rerun, Option<Trace>), ReplayError> {
    options.session.validate()?;
    let preset = options.preset.unwrap_or_else(|| recording.preset.parse().unwrap_or(Preset::Adaptive));
    let sensitivity = options.sensitivity.unwrap_or(recording.sensitivity);
    let barge_in = options.barge_in.unwrap_or_else(|| preset.config().with_sensitivity(sensitivity));
    let mut config = PipelineConfig::new(VadKind::default(), barge_in);
    config.vad = options.vad;
    let mut chain = Chain::new(CallPipeline::new(config)?, options.timing, trace);
    let speech = chain.run(recording);
    let mut run = Run::new(options.session.clone(), tape.file.caller.clone(), recording.decisions());
    let slack = if tape.file.redacted { REDACTED_SLACK } else { 0 };
    let (steps, differs_at) = steps::steps(recording, &speech, slack);
    for (at, step) in steps {
        run.free |= differs_at.is_some_and(|first| first <= at);
        run.step(at, &step);
    }
    let Run { notes, decisions, diverged_ms, now, final_state, .. } = run;
    chain.frame_ns.sort_unstable();
    let labels = tape.file.ground_truth();
    let report = ReplayReport {
        allocations_in_pipeline: chain.allocations,
        diverged_ms,
        us_per_frame_p50: percentile_us(&chain.frame_ns, 50),
        us_per_frame_p99: percentile_us(&chain.frame_ns, 99),
        ..notes.report(&tape.name, now.as_ms(), final_state, final_state != State::Ended, labels)
    };
    Ok((Rerun { report, decisions }, chain.trace))
}
