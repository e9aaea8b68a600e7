//! What the engine needs of a signal chain.

use crate::barge_in::BargeInConfig;
use crate::frame::{CleanFrame, WireFrame};
use crate::pipeline::{CallPipeline, PipelineConfig, PipelineEvent};
use crate::sys::prefetch::prefetch;

/// One call's signal chain, as an audio thread drives it.
///
/// [`CallPipeline`] is the one that counts; tests and embedders with a chain of their own bring
/// others. **No method but [`build`](Self::build) may allocate, free, lock, block or make a
/// system call**: they run on an audio thread, beside other people's calls. A panic ends this
/// call and no other.
pub trait Chain: Send + Sized + 'static {
    /// What it is built from.
    type Config: Clone + PartialEq + Send + 'static;

    /// Builds it, off the audio threads. Every allocation of its life happens here.
    fn build(config: &Self::Config) -> Result<Self, crate::Error>;
    /// As new, for the next call of this configuration, whatever has been set since.
    fn recycle(&mut self, config: &Self::Config);
    /// A frame comes soon: asks the processor for the memory that it will be worked on with. With many calls that has left
    /// the fast caches since the frame before.
    fn fetch(&self) {
        prefetch(self);
    }
    /// The caller's line: one frame as it arrived.
    fn push_wire(&mut self, frame: &WireFrame);
    /// The agent's line: the next frame of speech, or `None` when the agent is silent. Returns
    /// the frame to send.
    fn process_agent(&mut self, frame: Option<&WireFrame>) -> Option<WireFrame>;
    /// The agent was turned down and the far end is to clear its buffer: `send` gets up to `most` of
    /// the frames in it once more, quieter. Returns how many.
    fn send_again(&mut self, most: usize, send: impl FnMut(WireFrame)) -> usize {
        let _ = (most, send);
        0
    }
    /// Frames of every generation below this one are void.
    fn flush(&mut self, generation: u32);
    /// Changes the barge-in rules from the next frame on.
    fn set_barge_in(&mut self, config: BargeInConfig);
    /// The caller's words were a backchannel: what speaks for an interruption is forgotten.
    fn acquit(&mut self) {}
    /// No words followed the last interruption, or none that want the floor: the next must be surer.
    fn false_alarm(&mut self) {}
    /// The next event, oldest first.
    fn poll_event(&mut self) -> Option<PipelineEvent>;
    /// The next decoded frame, oldest first.
    fn poll_clean(&mut self) -> Option<CleanFrame>;
}

impl Chain for CallPipeline {
    type Config = PipelineConfig;

    fn build(config: &PipelineConfig) -> Result<Self, crate::Error> {
        Self::new(config.clone())
    }

    fn recycle(&mut self, config: &PipelineConfig) {
        self.reset();
        self.set_barge_in(config.barge_in);
    }

    fn fetch(&self) {
        Self::fetch(self);
    }

    fn push_wire(&mut self, frame: &WireFrame) {
        Self::push_wire(self, frame);
    }

    fn process_agent(&mut self, frame: Option<&WireFrame>) -> Option<WireFrame> {
        Self::process_agent(self, frame)
    }

    fn send_again(&mut self, most: usize, send: impl FnMut(WireFrame)) -> usize {
        Self::send_again(self, most, send)
    }

    fn flush(&mut self, generation: u32) {
        Self::flush(self, generation);
    }

    fn set_barge_in(&mut self, config: BargeInConfig) {
        Self::set_barge_in(self, config);
    }

    fn acquit(&mut self) {
        Self::acquit(self);
    }

    fn false_alarm(&mut self) {
        Self::false_alarm(self);
    }

    fn poll_event(&mut self) -> Option<PipelineEvent> {
        Self::poll_event(self)
    }

    fn poll_clean(&mut self) -> Option<CleanFrame> {
        Self::poll_clean(self)
    }
}
