//! A tape for other programs: what was heard and decided, frame by frame.

use std::io::{self, Write};
use std::path::Path;

use audio_core::frame::{Dbfs, FRAME_MS, FRAME_SAMPLES};
use audio_core::tape::{WavError, WavSpec, WavWriter};
use serde::Serialize;

use super::report::ReplayReport;
use super::timeline::TimelineEvent;
use super::trace::Trace;

/// One frame of 20 ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FrameRow {
    /// Its start.
    pub t_ms: u64,
    /// Level of the caller's line in dBFS.
    pub caller_dbfs: f64,
    /// Level of what the far end played in dBFS.
    pub agent_dbfs: f64,
    /// The voice detector's score in [0, 1].
    pub voice: f64,
    /// What speaks for an interruption, in [0, 1].
    pub barge_in: f64,
}

/// The frames of a replay.
pub fn rows(trace: &Trace) -> impl Iterator<Item = FrameRow> + '_ {
    let level = |side: &[i16], i: usize| {
        let from = (i * FRAME_SAMPLES).min(side.len());
        Dbfs::of(&side[from..(from + FRAME_SAMPLES).min(side.len())]).0
    };
    trace.frames.iter().enumerate().map(move |(i, frame)| FrameRow {
        t_ms: i as u64 * u64::from(FRAME_MS),
        caller_dbfs: rounded(level(&trace.caller, i), 10.0),
        agent_dbfs: rounded(level(&trace.agent, i), 10.0),
        voice: rounded(frame.voice, 1_000.0),
        barge_in: rounded(frame.barge_in, 1_000.0),
    })
}

/// Both sides as one stereo file: the caller on the left, echo included, the agent on the right.
///
/// # Errors
/// What the system says.
pub fn wav(trace: &Trace, to: &Path) -> Result<(), WavError> {
    let mut wav = WavWriter::create(to, WavSpec::STEREO_8K)?;
    let mut sides = trace.caller.chunks(FRAME_SAMPLES).zip(0..);
    sides.try_for_each(|(caller, i)| {
        let mut agent = [0; FRAME_SAMPLES];
        let from = (i * FRAME_SAMPLES).min(trace.agent.len());
        let heard = &trace.agent[from..(from + caller.len()).min(trace.agent.len())];
        agent[..heard.len()].copy_from_slice(heard);
        wav.write_stereo(caller, &agent[..caller.len()])
    })?;
    wav.finish()
}

/// A row a frame; what was decided in it by name, several with a space between.
///
/// # Errors
/// What the writer says.
pub fn csv(report: &ReplayReport, trace: &Trace, mut to: impl Write) -> io::Result<()> {
    writeln!(to, "t_ms,caller_dbfs,agent_dbfs,voice,barge_in,events")?;
    let mut events = report.events.iter().peekable();
    let all = trace.frames.len();
    for (i, row) in rows(trace).enumerate() {
        let FrameRow { t_ms, caller_dbfs, agent_dbfs, voice, barge_in } = row;
        // A decision in a frame falls at its end; what falls after the last frame belongs to it.
        let end = if i + 1 == all { u64::MAX } else { t_ms + u64::from(FRAME_MS) };
        let mut names = Vec::new();
        while let Some(event) = events.next_if(|event| event.t_ms <= end) {
            names.push(named(event));
        }
        let names = names.join(" ");
        writeln!(to, "{t_ms},{caller_dbfs:.1},{agent_dbfs:.1},{voice:.3},{barge_in:.3},{names}")?;
    }
    Ok(())
}

/// The replay's report with the frames: `{"report":…,"frames":[…]}`.
///
/// # Errors
/// What the writer says.
pub fn json(report: &ReplayReport, trace: &Trace, mut to: impl Write) -> io::Result<()> {
    write!(to, "{{\"report\":{},\n\"frames\":[", report.to_json_line())?;
    for (i, row) in rows(trace).enumerate() {
        to.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut to, &row)?;
    }
    to.write_all(b"\n]}\n")
}

fn named(event: &TimelineEvent) -> String {
    match event.state {
        Some(state) => format!("{}:{}", event.event.name(), state.name()),
        None => event.event.name().to_owned(),
    }
}

fn rounded(x: f32, scale: f64) -> f64 {
    (f64::from(x) * scale).round() / scale
}
