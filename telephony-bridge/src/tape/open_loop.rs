//! Replay of a recording of both sides that says nothing else: no words, no decisions.
//!
//! The agent speaks when it spoke, whatever is decided now, and its voice is on the caller's line as it
//! was. Nobody knows what was said, so sound alone decides: a yield comes from the signal chain, a turn
//! ends after the silence that a session waits for when no words are known.

use std::time::Instant;

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineEvent};
use audio_core::sys::alloc::count_on_this_thread;
use audio_core::tape::{CallerSpan, SpanKind, Tape};

use super::error::ReplayError;
use super::hearing::Span;
use super::notebook::Notebook;
use super::replay::ReplayOptions;
use super::report::{ReplayReport, percentile_us};
use super::trace::Trace;
use crate::session::{CallTime, Output, State, TurnId};
use crate::words::Ending;

const STEP_MS: u64 = FRAME_MS as u64;
/// An agent that goes on for longer than this after a yield was not stopped by it.
const STOPS_WITHIN_MS: u64 = 1_000;

/// The agent's side of a recording.
#[derive(Clone, Debug)]
pub struct RecordedAgent {
    /// `agent.wav`, 8 kHz.
    pub samples: Vec<i16>,
    /// When it is heard.
    pub speech: Vec<Span>,
}

/// Replays both sides as they were recorded.
///
/// # Errors
/// [`ReplayError::Session`], [`ReplayError::Pipeline`].
pub fn open_loop(
    tape: &Tape,
    agent: &RecordedAgent,
    options: &ReplayOptions,
    trace: Option<Trace>,
) -> Result<(ReplayReport, Option<Trace>), ReplayError> {
    options.session.validate()?;
    let mut config = PipelineConfig::new(options.detector, options.barge_in);
    config.vad = options.vad;
    let mut run = Run {
        tape,
        agent,
        endpointing_ms: options.session.endpointing.as_millis() as u64,
        pipeline: CallPipeline::new(config)?,
        notes: Notebook::default(),
        trace,
        turns: 0,
        voice_end: None,
        diverged_ms: None,
        frame_ns: Vec::new(),
        allocations: 0,
    };
    let steps = tape.caller.len().div_ceil(FRAME_SAMPLES) as u32;
    (0..steps).for_each(|step| run.step(step, options.timing));
    Ok(run.report(u64::from(steps) * STEP_MS))
}

struct Run<'a> {
    tape: &'a Tape,
    agent: &'a RecordedAgent,
    endpointing_ms: u64,
    pipeline: CallPipeline,
    notes: Notebook,
    trace: Option<Trace>,
    turns: u32,
    /// The caller stopped: when their last voice was, and when that was decided.
    voice_end: Option<(u64, u64)>,
    diverged_ms: Option<u64>,
    frame_ns: Vec<u64>,
    allocations: u64,
}

impl Run<'_> {
    fn step(&mut self, step: u32, timing: bool) {
        let from_ms = u64::from(step) * STEP_MS;
        let at = self.agent.speech.partition_point(|&(_, end)| end <= from_ms);
        let speaks = self.agent.speech.get(at).filter(|&&(start, _)| start < from_ms + STEP_MS);
        let played = speaks.map(|_| WireFrame { seq: at as u32, ..frame(&self.agent.samples, step) });
        match &played {
            Some(frame) => {
                self.notes.agent_starts(from_ms);
                let pipeline = &mut self.pipeline;
                let ((), allocations) = count_on_this_thread(|| pipeline.agent_was_sent(frame));
                self.allocations += allocations;
            }
            None => self.notes.agent_stops(from_ms, false),
        }
        let heard = WireFrame { seq: step, ..frame(&self.tape.caller, step) };
        let begun = timing.then(Instant::now);
        let pipeline = &mut self.pipeline;
        let ((), allocations) = count_on_this_thread(|| pipeline.push_wire(&heard));
        self.allocations += allocations;
        self.frame_ns.extend(begun.map(|begun| begun.elapsed().as_nanos() as u64));
        if let Some(trace) = &mut self.trace {
            trace.push(&self.pipeline, &heard.payload, played.as_ref().map(|frame| &frame.payload));
        }
        while self.pipeline.poll_clean().is_some() {}
        let now_ms = from_ms + STEP_MS;
        while let Some(event) = self.pipeline.poll_event() {
            self.decided(now_ms, &event);
        }
        self.end_turn(now_ms);
    }

    fn decided(&mut self, now_ms: u64, event: &PipelineEvent) {
        self.notes.speech(now_ms, event);
        let output = match *event {
            PipelineEvent::SpeechStart { .. } => {
                self.voice_end = None;
                return;
            }
            PipelineEvent::SpeechEnd { last_voice, .. } => {
                self.voice_end = Some((last_voice.as_ms(), now_ms));
                return;
            }
            PipelineEvent::Duck { score, reasons, .. } => Output::Duck { score, reasons },
            PipelineEvent::Resume { reason, .. } => Output::Resume { reason, words: String::new() },
            PipelineEvent::BargeIn { score, reasons, .. } => {
                let goes_on = |&&(start, end): &&Span| start <= now_ms && now_ms + STOPS_WITHIN_MS < end;
                if self.agent.speech.iter().find(goes_on).is_some() {
                    self.diverged_ms.get_or_insert(now_ms);
                }
                Output::Yield { score, reasons, words: None }
            }
            _ => return,
        };
        self.notes.output(CallTime::from_ms(now_ms), &output, &self.tape.file.caller);
    }

    /// The silence after the caller's voice is long enough, and the agent is not speaking.
    fn end_turn(&mut self, now_ms: u64) {
        let due = self.voice_end.filter(|&(_, at)| now_ms >= at + self.endpointing_ms);
        let Some((last_voice_ms, _)) = due else { return };
        self.voice_end = None;
        if self.notes.audible {
            return;
        }
        let labels = &self.tape.file.caller;
        let is_turn = |label: &&CallerSpan| matches!(label.kind, SpanKind::Turn | SpanKind::Interruption);
        let said = labels.iter().filter(is_turn).rfind(|label| label.start_ms < now_ms);
        let (now, turn) = (CallTime::from_ms(now_ms), TurnId(self.turns));
        let silence = std::time::Duration::from_millis(now_ms - last_voice_ms);
        let end =
            Output::TurnEnd { turn, silence: Some(silence), ending: Ending::None, words: String::new() };
        let text = said.map(|label| label.text.clone()).unwrap_or_default();
        let reply = Output::Reply { turn, index: self.turns, text };
        self.notes.output(now, &end, labels);
        self.notes.output(now, &reply, labels);
        self.turns += 1;
    }

    fn report(mut self, end_ms: u64) -> (ReplayReport, Option<Trace>) {
        self.frame_ns.sort_unstable();
        let report = ReplayReport {
            allocations_in_pipeline: self.allocations,
            diverged_ms: self.diverged_ms,
            us_per_frame_p50: percentile_us(&self.frame_ns, 50),
            us_per_frame_p99: percentile_us(&self.frame_ns, 99),
            ..self.notes.report(&self.tape.name, end_ms, State::Ended, false, self.tape.file.ground_truth())
        };
        (report, self.trace)
    }
}

/// 20 ms of a side as the wire would carry them; silence after its end.
fn frame(samples: &[i16], step: u32) -> WireFrame {
    let from = (step as usize * FRAME_SAMPLES).min(samples.len());
    let heard = &samples[from..(from + FRAME_SAMPLES).min(samples.len())];
    let mut frame = WireFrame { timestamp: step * FRAME_SAMPLES as u32, ..WireFrame::SILENCE };
    for (code, sample) in frame.payload.iter_mut().zip(heard) {
        *code = ulaw::encode(*sample);
    }
    frame
}
