//! The signal chain, run again over the recorded frames of both sides.

use std::time::Instant;

use audio_core::barge_in::ResumeReason;
use audio_core::frame::{FRAME_SAMPLES, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineEvent};
use audio_core::sys::alloc::count_on_this_thread;

use super::Recording;
use crate::session::CallTime;
use crate::tape::trace::Trace;
use crate::tape::wire::{Decision, Wire, WireInput, WireLine};

/// The signal chain over the recorded frames.
pub(super) struct Chain {
    pipeline: CallPipeline,
    timing: bool,
    pub(super) frame_ns: Vec<u64>,
    pub(super) allocations: u64,
    pub(super) trace: Option<Trace>,
}

/// A decision of the chain, and the line of the caller's frame that brought it about.
pub(super) struct Decided {
    pub(super) at: CallTime,
    pub(super) line: usize,
    pub(super) event: PipelineEvent,
}

/// Something the audio thread did, and the caller's sample clock when it did.
enum Agent<'a> {
    Frame(&'a WireLine),
    TakeBack(u32),
    Flush(u32),
    Acquit,
}

impl Chain {
    pub(super) fn new(pipeline: CallPipeline, timing: bool, trace: Option<Trace>) -> Self {
        Self { pipeline, timing, frame_ns: Vec::new(), allocations: 0, trace }
    }

    /// Everything the chain decides, with the time at which the caller's frame came that decided it.
    pub(super) fn run(&mut self, recording: &Recording) -> Vec<Decided> {
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
            // Any time before the agent goes on will do.
            if matches!(line.what, Wire::Decision { decision: Decision::FalseAlarm }) {
                self.pipeline.false_alarm();
            }
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
