//! What the signal chain heard and found, frame by frame: what a picture of a call is drawn from.

use audio_core::barge_in::MODEL_INPUTS;
use audio_core::codec::ulaw;
use audio_core::pipeline::CallPipeline;
use audio_core::vad::STATE;

use crate::providers::SpeechFrame;

/// One 20 ms frame of the caller's line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceFrame {
    /// The voice detector's score in [0, 1].
    pub voice: f32,
    /// What speaks for an interruption, in [0, 1]; 0 while the agent is not heard.
    pub barge_in: f32,
    /// What the barge-in model looked at.
    pub inputs: [f32; MODEL_INPUTS],
    /// What the voice detector remembered.
    pub voice_state: [f32; STATE],
    /// Was the agent heard?
    pub agent_audible: bool,
}

/// A whole call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// In order.
    pub frames: Vec<TraceFrame>,
    /// The caller's line as the chain got it, echo included: 8 kHz.
    pub caller: Vec<i16>,
    /// What the far end played meanwhile; empty if that is not known.
    pub agent: Vec<i16>,
}

impl Trace {
    /// After the chain has taken `caller`, during which `agent` was played.
    pub(super) fn push(&mut self, chain: &CallPipeline, caller: &SpeechFrame, agent: Option<&SpeechFrame>) {
        let detector = chain.barge_in();
        self.frames.push(TraceFrame {
            voice: chain.detection().score,
            barge_in: detector.evidence().score(),
            inputs: detector.model_inputs(),
            voice_state: *chain.voice_state(),
            agent_audible: detector.agent_audible(),
        });
        if let Some(agent) = agent {
            // Silence until now was not worth writing down.
            self.agent.resize(self.caller.len(), 0);
            self.agent.extend(agent.map(ulaw::decode));
        }
        self.caller.extend(caller.map(ulaw::decode));
    }
}
