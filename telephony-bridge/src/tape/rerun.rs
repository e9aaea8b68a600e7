//! Replay of a tape that was recorded live.
//!
//! The signal chain runs again over the recorded frames of both sides, in the order in which the
//! audio thread took them. The session is told again what it was told, each at its time; only what
//! the chain decides is decided anew. So with the same rules the same decisions follow, and with
//! other rules the first one that differs is marked: from there on what the agent says is what it
//! said then, whatever it would have said now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use audio_core::barge_in::{BargeInConfig, Preset, ResumeReason};
use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineEvent};
use audio_core::sys::alloc::count_on_this_thread;
use audio_core::tape::{CallerSpan, Tape};
use audio_core::vad::{VadConfig, VadKind};

use super::error::{ReplayError, WireError};
use super::label::Transcript;
use super::notebook::Notebook;
use super::report::{ReplayReport, percentile_us};
use super::trace::Trace;
use super::wire::{Decision, Wire, WireInput, WireLine};
use crate::providers::SttResult;
use crate::session::{CallTime, Input, Output, Session, SessionConfig, State};

const FRAME_US: u64 = FRAME_MS as u64 * 1_000;
/// Words of a turn begin at most this long before it is known to have begun.
const ONSET_MS: u64 = 500;
/// Another voice of the same loudness is noticed by so many samples earlier or later: 400 ms.
const REDACTED_SLACK: u64 = 3_200;
/// A timer this long overdue was not due in the recorded call.
const OVERDUE_US: u64 = 100_000;

/// What was recorded, in the order of `wire.jsonl`.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Barge-in preset of the call.
    pub preset: String,
    /// Barge-in sensitivity of the call, beside the preset.
    pub sensitivity: f32,
    lines: Vec<WireLine>,
}

impl Recording {
    /// Reads a tape's `wire.jsonl`; `None` if it has none.
    ///
    /// # Errors
    /// [`WireError`], with the line.
    pub fn load(tape_dir: &Path) -> Result<Option<Self>, WireError> {
        let path = tape_dir.join("wire.jsonl");
        if !path.exists() {
            return Ok(None);
        }
        let read = |source| WireError::Read { path: path.clone(), source };
        let mut lines = Vec::new();
        let text = std::fs::read_to_string(&path).map_err(read)?;
        for (i, line) in text.split_inclusive('\n').enumerate() {
            match serde_json::from_str(line) {
                Ok(parsed) => lines.push(parsed),
                // Torn: the recording process was killed while it wrote the last line.
                Err(_) if !line.ends_with('\n') => break,
                Err(source) => {
                    return Err(WireError::Line { path: path.clone(), line: i + 1, source });
                }
            }
        }
        let Some(WireLine { what: Wire::Setup { preset, sensitivity }, .. }) = lines.first() else {
            return Err(WireError::Setup { path });
        };
        Ok(Some(Self { preset: preset.clone(), sensitivity: *sensitivity, lines }))
    }

    /// What the session decided then.
    pub fn decisions(&self) -> Vec<Decision> {
        let decisions = self.lines.iter().filter_map(|line| match &line.what {
            Wire::Decision { decision } => Some(decision.clone()),
            _ => None,
        });
        decisions.collect()
    }

    /// What was recognised then: the final words of each turn, and when they were said.
    pub fn transcripts(&self) -> Vec<Transcript> {
        let mut begun = BTreeMap::new();
        let mut transcripts = Vec::new();
        for line in &self.lines {
            match &line.what {
                Wire::Decision { decision: Decision::TurnStart(turn) } => {
                    begun.insert(turn.0, line.t_us.as_ms().saturating_sub(ONSET_MS));
                }
                Wire::Input { input: WireInput::Stt(turn, SttResult::Final(text)) } => {
                    if let Some(&start_ms) = begun.get(&turn.0) {
                        let end_ms = line.t_us.as_ms();
                        transcripts.push(Transcript { start_ms, end_ms, text: text.clone() });
                    }
                }
                _ => {}
            }
        }
        transcripts
    }

    /// When the far end began to get each utterance, in ms, in the order in which they were said.
    pub fn spoken(&self) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let first = self.lines.iter().filter_map(|line| match line.what {
            Wire::MediaOut { utterance, .. } => seen.insert(utterance.0).then(|| line.t_us.as_ms()),
            _ => None,
        });
        first.collect()
    }

    /// How far the session had followed the signal chain; absent if the recording does not say.
    fn followed(&self) -> Option<u64> {
        self.lines.iter().rev().find_map(|line| match line.what {
            Wire::Followed { at } => Some(at),
            _ => None,
        })
    }
}

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
    let mut run = Run {
        session: Session::new(options.session.clone()),
        labels: tape.file.caller.clone(),
        notes: Notebook::default(),
        expected: recording.decisions(),
        decisions: Vec::new(),
        diverged_ms: None,
        free: false,
        heard_until_us: 0,
        now: CallTime(0),
        final_state: State::Listening,
    };
    let slack = if tape.file.redacted { REDACTED_SLACK } else { 0 };
    let (steps, differs_at) = steps(recording, &speech, slack);
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

/// The signal chain over the recorded frames.
struct Chain {
    pipeline: CallPipeline,
    timing: bool,
    frame_ns: Vec<u64>,
    allocations: u64,
    trace: Option<Trace>,
}

/// A decision of the chain, and the line of the caller's frame that brought it about.
struct Decided {
    at: CallTime,
    line: usize,
    event: PipelineEvent,
}

/// Something the audio thread did, and the caller's sample clock when it did.
enum Agent<'a> {
    Frame(&'a WireLine),
    TakeBack(u32),
    Flush(u32),
    Acquit,
}

impl Chain {
    fn new(pipeline: CallPipeline, timing: bool, trace: Option<Trace>) -> Self {
        Self { pipeline, timing, frame_ns: Vec::new(), allocations: 0, trace }
    }

    /// Everything the chain decides, with the time at which the caller's frame came that decided it.
    fn run(&mut self, recording: &Recording) -> Vec<Decided> {
        let mut agent: Vec<(u64, u32, Agent<'_>)> = recording
            .lines
            .iter()
            .filter_map(|line| match &line.what {
                Wire::MediaOut { at, generation, .. } => {
                    Some((u64::from(*at), *generation, Agent::Frame(line)))
                }
                Wire::TakeBack { at, generation, frames } => {
                    Some((u64::from(*at), *generation, Agent::TakeBack(*frames)))
                }
                Wire::Flush { at, generation } => Some((*at, *generation, Agent::Flush(*generation))),
                Wire::Input { input: WireInput::Speech(PipelineEvent::Resume { at, reason }) }
                    if *reason == ResumeReason::Words =>
                {
                    // No flush came between the duck and its end, so any generation will do.
                    Some((at.0, 0, Agent::Acquit))
                }
                _ => None,
            })
            .collect();
        // At one moment: the frames of a generation, then the flush that makes the next one.
        agent.sort_by_key(|(at, generation, what)| (*at, *generation, !matches!(what, Agent::Flush(_))));
        let mut agent = agent.into_iter().peekable();
        let mut speech = Vec::new();
        for (index, line) in recording.lines.iter().enumerate() {
            let Wire::MediaIn { seq, timestamp, payload } = &line.what else { continue };
            while let Some((_, _, what)) = agent.next_if(|(at, ..)| *at <= self.pipeline.now().0) {
                self.agent(&what);
            }
            let frame = WireFrame {
                seq: *seq,
                timestamp: *timestamp,
                len: FRAME_SAMPLES as u16,
                payload: payload.0,
                ..WireFrame::SILENCE
            };
            let begun = self.timing.then(Instant::now);
            let pipeline = &mut self.pipeline;
            let ((), allocations) = count_on_this_thread(|| pipeline.push_wire(&frame));
            self.allocations += allocations;
            self.frame_ns.extend(begun.map(|begun| begun.elapsed().as_nanos() as u64));
            if let Some(trace) = &mut self.trace {
                trace.push(&self.pipeline, &frame.payload, None);
            }
            while self.pipeline.poll_clean().is_some() {}
            while let Some(event) = self.pipeline.poll_event() {
                if !matches!(event, PipelineEvent::Flushed { .. }) {
                    speech.push(Decided { at: line.t_us, line: index, event });
                }
            }
        }
        speech
    }

    fn agent(&mut self, what: &Agent<'_>) {
        match what {
            Agent::TakeBack(frames) => self.pipeline.take_back(*frames as usize),
            Agent::Flush(generation) => self.pipeline.flush(*generation),
            Agent::Acquit => self.pipeline.acquit(),
            Agent::Frame(line) => {
                let Wire::MediaOut { generation, utterance, last, payload, .. } = &line.what else { return };
                let frame = WireFrame {
                    generation: *generation,
                    seq: utterance.0,
                    flags: if *last { WireFrame::LAST } else { 0 },
                    payload: payload.0,
                    ..WireFrame::SILENCE
                };
                let pipeline = &mut self.pipeline;
                let ((), allocations) = count_on_this_thread(|| pipeline.agent_was_sent(&frame));
                self.allocations += allocations;
            }
        }
    }
}

/// The same decision at the same moment, give or take `slack`; scores may differ in the last place
/// between machines.
fn is_same(then: &PipelineEvent, now: &PipelineEvent, slack: u64) -> bool {
    std::mem::discriminant(then) == std::mem::discriminant(now) && then.at().0.abs_diff(now.at().0) <= slack
}

/// What the session's second run consists of.
enum Step<'a> {
    AgentFrame,
    TakeBack(u32),
    Input(&'a WireInput),
    Speech(PipelineEvent),
}

/// The recorded inputs and the chain's decisions in one order, and when the chain first decides
/// otherwise than then. Until it does, its decisions keep their recorded place; later ones come with
/// their frame.
///
/// `slack`: decisions that fall so many samples apart are the same, and the recorded one is taken.
fn steps<'a>(
    recording: &'a Recording,
    speech: &[Decided],
    slack: u64,
) -> (Vec<(CallTime, Step<'a>)>, Option<CallTime>) {
    let recorded: Vec<(usize, &PipelineEvent)> = recording
        .lines
        .iter()
        .enumerate()
        .filter_map(|(i, line)| match &line.what {
            Wire::Input { input: WireInput::Speech(event) } => Some((i, event)),
            _ => None,
        })
        .collect();
    let same =
        recorded.iter().zip(speech).take_while(|((_, then), now)| is_same(then, &now.event, slack)).count();
    // What was still on its way when the call ended reached nobody.
    let end = recording.followed().unwrap_or(u64::MAX);
    let in_time = speech[same..].iter().take_while(|decided| decided.event.at().0 <= end).count();
    let speech = &speech[..same + in_time];
    let then = recorded.get(same).map(|(line, _)| recording.lines[*line].t_us);
    let differs_at = then.into_iter().chain(speech.get(same).map(|decided| decided.at)).min();
    let others = recording.lines.iter().enumerate().filter_map(|(i, line)| {
        let step = match &line.what {
            Wire::Input { input: WireInput::Speech(_) } => return None,
            Wire::Input { input } => Step::Input(input),
            Wire::MediaOut { .. } => Step::AgentFrame,
            Wire::TakeBack { frames, .. } => Step::TakeBack(*frames),
            _ => return None,
        };
        Some((line.t_us, i, step))
    });
    let decided = speech.iter().enumerate().map(|(i, decided)| match recorded.get(i).filter(|_| i < same) {
        Some((line, then)) if slack > 0 => (recording.lines[*line].t_us, *line, Step::Speech(**then)),
        Some((line, _)) => (recording.lines[*line].t_us, *line, Step::Speech(decided.event)),
        None => (decided.at, decided.line, Step::Speech(decided.event)),
    });
    let mut steps: Vec<_> = others.chain(decided).collect();
    steps.sort_by_key(|(at, line, _)| (*at, *line));
    (steps.into_iter().map(|(at, _, step)| (at, step)).collect(), differs_at)
}

/// The session over the recorded inputs.
struct Run {
    session: Session,
    labels: Vec<CallerSpan>,
    notes: Notebook,
    expected: Vec<Decision>,
    decisions: Vec<Decision>,
    diverged_ms: Option<u64>,
    /// Has the chain decided otherwise than then? Until it does, every timer that fired is on the
    /// tape, however late it was.
    free: bool,
    /// The far end plays until then.
    heard_until_us: u64,
    now: CallTime,
    /// State before the stop.
    final_state: State,
}

impl Run {
    fn step(&mut self, at: CallTime, step: &Step<'_>) {
        self.advance(at);
        match step {
            Step::AgentFrame => {
                self.notes.agent_starts(at.as_ms());
                self.heard_until_us = self.heard_until_us.max(at.0) + FRAME_US;
            }
            Step::TakeBack(frames) => {
                self.heard_until_us = self.heard_until_us.saturating_sub(u64::from(*frames) * FRAME_US);
            }
            Step::Speech(event) => {
                self.notes.speech(at.as_ms(), event);
                self.feed(at, Input::Speech(*event));
            }
            Step::Input(input) => {
                match input {
                    WireInput::Start(start) => self.notes.caller(&start.from),
                    WireInput::Stop(_) => self.final_state = self.session.state(),
                    _ => {}
                }
                self.feed(at, input.as_input());
            }
        }
    }

    /// Time passes: audio runs out, and timers fire that did not fire then.
    fn advance(&mut self, to: CallTime) {
        let free = self.free || self.diverged_ms.is_some();
        let overdue = |at: &CallTime| free && at.0 + OVERDUE_US < to.0;
        while let Some(at) = self.session.poll_timeout().filter(overdue) {
            self.now = at;
            self.feed(at, Input::Timeout);
        }
        if self.notes.audible && self.heard_until_us <= to.0 {
            self.notes.agent_stops(self.heard_until_us / 1_000, false);
        }
        self.now = self.now.max(to);
    }

    fn feed(&mut self, now: CallTime, input: Input<'_>) {
        self.session.handle(now, input);
        while let Some(output) = self.session.poll() {
            if let Output::Clear(_) = output {
                self.heard_until_us = now.0;
            }
            self.notes.output(now, &output, &self.labels);
            if let Some(decision) = Decision::of(&output) {
                if self.diverged_ms.is_none() && self.expected.get(self.decisions.len()) != Some(&decision) {
                    self.diverged_ms = Some(now.as_ms());
                }
                self.decisions.push(decision);
            }
        }
    }
}
