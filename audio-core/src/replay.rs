//! Virtual time: a pipeline driven frame by frame, as fast as the machine allows.

use crate::codec::ulaw;
use crate::frame::{FRAME_SAMPLES, PcmFrame, WireFrame};
use crate::pipeline::{CallPipeline, PipelineEvent};

/// Feeds a pipeline one 20 ms step at a time.
#[derive(Debug)]
pub struct Replay {
    pipeline: CallPipeline,
    frames: u32,
}

impl Replay {
    /// Takes over a pipeline at the start of a call.
    pub const fn new(pipeline: CallPipeline) -> Self {
        Self { pipeline, frames: 0 }
    }

    /// One step: the caller's next 20 ms, then the agent's next frame if it speaks. Returns what
    /// is sent to the caller. Does not allocate; drain the pipeline's queues after it.
    pub fn step(&mut self, caller: &PcmFrame, agent: Option<&WireFrame>) -> Option<WireFrame> {
        let mut frame = WireFrame {
            seq: self.frames,
            timestamp: self.frames.wrapping_mul(FRAME_SAMPLES as u32),
            ..WireFrame::SILENCE
        };
        ulaw::encode_slice(caller, &mut frame.payload);
        self.frames = self.frames.wrapping_add(1);
        self.pipeline.push_wire(&frame);
        self.pipeline.process_agent(agent)
    }

    /// Plays a recording of the caller, an unfinished last frame left out, with a silent agent.
    /// Returns the events and discards the clean audio.
    pub fn run(&mut self, caller: &[i16]) -> Vec<PipelineEvent> {
        let mut events = Vec::new();
        for chunk in caller.chunks_exact(FRAME_SAMPLES) {
            let mut frame = [0; FRAME_SAMPLES];
            frame.copy_from_slice(chunk);
            self.step(&frame, None);
            while self.pipeline.poll_clean().is_some() {}
            events.extend(core::iter::from_fn(|| self.pipeline.poll_event()));
        }
        events
    }

    /// The pipeline.
    pub const fn pipeline(&self) -> &CallPipeline {
        &self.pipeline
    }

    /// The pipeline, to poll it or to change its rules between steps.
    pub const fn pipeline_mut(&mut self) -> &mut CallPipeline {
        &mut self.pipeline
    }
}
