//! The agent's line: fence, even out, turn down, stamp, remember what the far end hears.

use crate::codec::ulaw;
use crate::frame::{Dbfs, FRAME_SAMPLES, PcmFrame, WireFrame};
use crate::pipeline::CallPipeline;

/// What was done to a frame before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// Nothing.
    Nothing,
    /// It was evened out, and is to be sent once more.
    EvenedOut,
    /// It was sent, at the level it was heard at.
    Everything,
}

impl CallPipeline {
    /// One 20 ms step of the agent.
    pub(super) fn take_agent(&mut self, frame: Option<&WireFrame>, done: Done) -> Option<WireFrame> {
        let Some(frame) = frame.filter(|frame| frame.generation >= self.generation) else {
            self.agent_fenced += u64::from(frame.is_some());
            return None;
        };
        let mut pcm = [0; FRAME_SAMPLES];
        let len = usize::from(frame.len).min(FRAME_SAMPLES);
        ulaw::decode_slice(&frame.payload[..len], &mut pcm);
        let mut payload = frame.payload;
        payload[len..].fill(ulaw::SILENCE);
        if done == Done::Nothing {
            self.even_out(&mut pcm, &mut payload);
        }
        self.unplayed.push(WireFrame { payload, ..*frame });
        if done != Done::Everything {
            self.duck.apply(&mut pcm, &mut payload);
        }
        self.barge_in.agent_frame((frame.generation, frame.seq), Dbfs::of(&pcm));
        if self.cancels_echo {
            self.playing.push(payload);
        } else {
            self.playing.count();
        }
        self.agent_sent += 1;
        // The 32-bit wire clock wraps after six days.
        Some(WireFrame { timestamp: self.now.0 as u32, payload, ..*frame })
    }

    /// Gain and limiter, if so configured. `pcm` becomes what the codes say: what is really sent.
    fn even_out(&mut self, pcm: &mut PcmFrame, codes: &mut [u8; FRAME_SAMPLES]) {
        if let Some(playout) = &mut self.playout
            && playout.process(pcm)
        {
            ulaw::encode_slice(pcm, codes);
            ulaw::decode_slice(codes, pcm);
        }
    }
}
