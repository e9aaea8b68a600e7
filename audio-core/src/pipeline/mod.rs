//! A call's whole signal chain as a plain struct: wire frames in, wire frames out, events out.
//!
//! No thread, no clock, and no allocation after [`CallPipeline::new`]. Tests, replay, benches,
//! fuzzers and the engine's threads all drive this one type.
//!
//! The caller's line (`uplink`): reorder → G.711 decode → echo cancellation → voice activity → barge-in. The agent's
//! line (`downlink`): fence by generation → gain → stamp → far-end reference for echo and barge-in.
//! Noise suppression, where it is wanted, is for the clean frames alone: nothing is decided by it.

mod downlink;
mod duck;
mod event;
mod unplayed;
mod uplink;

use core::fmt;

use downlink::Done;
use duck::Duck;
pub use event::PipelineEvent;
use unplayed::Unplayed;

use crate::Error;
use crate::barge_in::{BargeInConfig, BargeInDetector, Verdict};
use crate::denoise::{DenoiseConfig, Denoiser};
use crate::echo::{EchoCanceller, EchoConfig, EchoFrame};
use crate::far_end::FarEnd;
use crate::frame::{CleanFrame, FRAME_SAMPLES, SampleTime, WireFrame};
use crate::gain::{PlayoutGain, PlayoutGainConfig};
use crate::jitter::{JitterConfig, JitterStats, ReorderBuffer};
use crate::queue::Queue;
#[cfg(feature = "engine")]
use crate::sys::prefetch::prefetch;
use crate::vad::{Detection, STATE, SpeechDetector, VadConfig, VadKind};

/// Events a pipeline holds until they are polled: several per frame for every frame that one
/// arrival can release.
const EVENT_QUEUE: usize = 64;
/// Clean frames a pipeline holds until they are polled.
const CLEAN_QUEUE: usize = 64;

/// What a pipeline is made of.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PipelineConfig {
    /// Which detector.
    pub vad_kind: VadKind,
    /// Thresholds, hangover and pre-roll around the detector.
    pub vad: VadConfig,
    /// When the caller interrupts.
    pub barge_in: BargeInConfig,
    /// Whether and how the agent's own voice is taken out of the caller's line.
    pub echo: EchoConfig,
    /// Whether noise is taken out of the clean frames: off by default, recognisers do better without.
    /// What it takes out, voice activity and barge-in still hear. Clean frames are late by
    /// [`DELAY`](crate::denoise::DELAY) samples then; their time says so.
    pub denoise: DenoiseConfig,
    /// Whether and how the agent's level is evened out and limited: by default it is sent as it comes,
    /// bit for bit. The echo canceller hears what was sent.
    pub playout: Option<PlayoutGainConfig>,
    /// How long a missing frame is waited for.
    pub jitter: JitterConfig,
}

impl PipelineConfig {
    /// The defaults with this detector and these barge-in rules (a preset or a configuration).
    pub fn new(vad_kind: VadKind, barge_in: impl Into<BargeInConfig>) -> Self {
        Self { vad_kind, barge_in: barge_in.into(), ..Self::default() }
    }

    /// Checks every part; the error names the field.
    pub fn validate(&self) -> Result<(), Error> {
        self.vad.validate()?;
        self.barge_in.validate()?;
        self.echo.validate()?;
        self.denoise.validate()?;
        self.playout.map_or(Ok(()), |playout| playout.validate())?;
        self.jitter.validate()
    }
}

/// What a pipeline has seen since `new` or the last `reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PipelineCounters {
    /// The caller's frames: received, released, lost, late, doubled.
    pub jitter: JitterStats,
    /// Agent frames passed on.
    pub agent_sent: u64,
    /// Agent frames discarded because their generation had been flushed.
    pub agent_fenced: u64,
    /// Events refused because they were not polled.
    pub events_dropped: u64,
    /// Clean frames refused because they were not polled.
    pub clean_dropped: u64,
}

/// A call's signal chain. `Send`; 150 kB or so; allocates only in `new`.
pub struct CallPipeline {
    reorder: ReorderBuffer,
    echo: EchoCanceller,
    /// The agent's frames that the far end has yet to play, for the canceller: as codes, half as large.
    playing: FarEnd<[u8; FRAME_SAMPLES], Box<[[u8; FRAME_SAMPLES]]>>,
    /// The newest of them at full level, to be sent again when the agent is turned down.
    unplayed: Unplayed,
    echo_found: EchoFrame,
    cancels_echo: bool,
    denoiser: Denoiser,
    playout: Option<PlayoutGain>,
    speech: SpeechDetector,
    barge_in: BargeInDetector,
    events: Queue<PipelineEvent>,
    clean: Queue<CleanFrame>,
    /// End of the last caller frame processed.
    now: SampleTime,
    /// Decision time of the last speech end: no onset lies before it.
    speech_ended: SampleTime,
    /// Reported onsets lie this many samples before the first voice.
    pre_roll: u64,
    detection: Detection,
    /// Agent frames below this generation are discarded.
    generation: u32,
    agent_sent: u64,
    agent_fenced: u64,
    duck: Duck,
}

impl CallPipeline {
    /// Builds the chain. Every allocation of its life happens here. The error names the setting
    /// that is out of range.
    // By value: the frozen signature, and a configuration is used once.
    #[allow(clippy::needless_pass_by_value)]
    pub fn new(config: PipelineConfig) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self {
            reorder: ReorderBuffer::new(config.jitter)?,
            echo: EchoCanceller::new(config.echo)?,
            playing: FarEnd::boxed([0; FRAME_SAMPLES]),
            unplayed: Unplayed::new(),
            echo_found: EchoFrame::NONE,
            cancels_echo: config.echo.enabled,
            denoiser: Denoiser::new(config.denoise)?,
            playout: config.playout.map(PlayoutGain::new).transpose()?,
            speech: SpeechDetector::new(config.vad_kind, config.vad)?,
            barge_in: BargeInDetector::new(config.barge_in),
            events: Queue::new(EVENT_QUEUE),
            clean: Queue::new(CLEAN_QUEUE),
            now: SampleTime(0),
            speech_ended: SampleTime(0),
            pre_roll: u64::from(config.vad.pre_roll_frames()) * FRAME_SAMPLES as u64,
            detection: Detection::SILENCE,
            generation: 0,
            agent_sent: 0,
            agent_fenced: 0,
            duck: Duck::FULL,
        })
    }

    /// Back to the state after `new`, for the next call; barge-in rules set since stay. Does not
    /// allocate.
    pub fn reset(&mut self) {
        self.reorder.reset();
        self.echo.reset();
        self.playing.clear();
        self.unplayed.clear();
        self.echo_found = EchoFrame::NONE;
        self.denoiser.reset();
        if let Some(playout) = &mut self.playout {
            playout.reset();
        }
        self.speech.reset();
        self.barge_in.reset();
        self.events.reset();
        self.clean.reset();
        self.now = SampleTime(0);
        self.speech_ended = SampleTime(0);
        self.detection = Detection::SILENCE;
        self.generation = 0;
        self.agent_sent = 0;
        self.agent_fenced = 0;
        self.duck = Duck::FULL;
    }

    /// Asks for the memory that the next frame will be worked on with.
    #[cfg(feature = "engine")]
    pub(crate) fn fetch(&self) {
        prefetch(self);
        if self.cancels_echo {
            self.echo.fetch();
        }
    }

    /// The caller's line: one frame as it arrived. Frames may come out of order or twice; they
    /// leave the reorder buffer in order. Drain [`poll_event`](Self::poll_event) and
    /// [`poll_clean`](Self::poll_clean) afterwards.
    pub fn push_wire(&mut self, frame: &WireFrame) {
        self.reorder.push(frame);
        while let Some(frame) = self.reorder.pop() {
            self.take_caller(&frame);
        }
    }

    /// The agent's line: called with the next frame of speech when it is due, or with `None` when
    /// the agent has nothing to say (which changes nothing). Returns the frame to send, stamped
    /// with the caller's clock, or `None` if the frame belonged to a flushed generation.
    ///
    /// Frames may be sent ahead of time: the far end plays one for every frame of the caller's.
    /// Between [`PipelineEvent::Duck`] and [`PipelineEvent::Resume`] frames leave quieter by
    /// [`BargeInConfig::duck_db`]. With [`PipelineConfig::playout`] they leave at the level set there.
    /// A change of [`WireFrame::seq`] starts a new reply: the barge-in grace counts from when it
    /// is heard.
    pub fn process_agent(&mut self, frame: Option<&WireFrame>) -> Option<WireFrame> {
        self.take_agent(frame, Done::Nothing)
    }

    /// The agent's line on a recording: a frame that was sent, at the level at which it was sent.
    pub fn agent_was_sent(&mut self, frame: &WireFrame) {
        self.take_agent(Some(frame), Done::Everything);
    }

    /// The far end's buffer is about to be cleared: `send` gets its newest frames once more, at the
    /// level that is right now, up to `most` of them and no more than the caller's clock has left
    /// unplayed. Returns how many. The first says so ([`WireFrame::replaces`]).
    ///
    /// For [`PipelineEvent::Duck`]: what has been sent ahead is turned down too.
    pub fn send_again(&mut self, most: usize, mut send: impl FnMut(WireFrame)) -> usize {
        let frames = self.unplayed.len().min(self.playing.len()).min(most);
        self.take_back(frames);
        let mut replaced = frames as u8;
        for frame in self.unplayed.newest(frames) {
            if let Some(mut frame) = self.take_agent(Some(&frame), Done::EvenedOut) {
                frame.flags |= WireFrame::AGAIN;
                send(frame.first_again(core::mem::take(&mut replaced)));
            }
        }
        frames
    }

    /// On a recording: so many of the newest frames sent were cleared before they were played.
    pub fn take_back(&mut self, frames: usize) {
        self.playing.take_back(frames);
        self.barge_in.agent_takes_back(frames);
        self.agent_sent = self.agent_sent.saturating_sub(frames as u64);
    }

    /// Discards the agent's frames of every generation below `generation`. O(1). Reports
    /// [`PipelineEvent::Flushed`]: with its time and that of every frame sent, a recorded call
    /// runs again exactly.
    pub fn flush(&mut self, generation: u32) {
        self.generation = self.generation.max(generation);
        self.barge_in.flush();
        self.playing.clear();
        self.unplayed.clear();
        self.duck = Duck::FULL;
        self.events.push(PipelineEvent::Flushed { at: self.now, generation: self.generation });
    }

    /// Changes the barge-in rules from the next frame on. They are taken as they are; check
    /// them with [`BargeInConfig::validate`] where they enter the program.
    // By value: the frozen signature.
    #[allow(clippy::needless_pass_by_value)]
    pub fn set_barge_in(&mut self, config: BargeInConfig) {
        self.barge_in.set_config(config);
    }

    /// Whoever reads the caller's words knows them for a backchannel ("uh-huh"): a duck is taken back
    /// at once, with [`PipelineEvent::Resume`] and [`ResumeReason::Words`](crate::barge_in::ResumeReason),
    /// and voice that goes on is judged anew. Without a duck nothing happens.
    pub fn acquit(&mut self) {
        if let Some(Verdict::Resume { reason }) = self.barge_in.acquit() {
            self.duck.up();
            self.events.push(PipelineEvent::Resume { at: self.now, reason });
        }
    }

    /// No words followed the last [`PipelineEvent::BargeIn`]: see
    /// [`BargeInDetector::false_alarm`](crate::barge_in::BargeInDetector::false_alarm).
    pub fn false_alarm(&mut self) {
        self.barge_in.false_alarm();
    }

    /// The next event, oldest first; drain until `None` after every `push_wire`.
    pub fn poll_event(&mut self) -> Option<PipelineEvent> {
        self.events.pop()
    }

    /// The next decoded frame for speech recognition; drain until `None` after every `push_wire`.
    pub fn poll_clean(&mut self) -> Option<CleanFrame> {
        self.clean.pop()
    }

    /// End of the last caller frame processed.
    pub fn now(&self) -> SampleTime {
        self.now
    }

    /// What was found in the last caller frame: for traces and explanations.
    pub const fn detection(&self) -> Detection {
        self.detection
    }

    /// What the voice detector remembers after the last caller frame. For training (`barge-in-training`).
    pub fn voice_state(&self) -> &[f32; STATE] {
        self.speech.state()
    }

    /// What was found of the agent's echo in the last caller frame.
    pub const fn echo_found(&self) -> EchoFrame {
        self.echo_found
    }

    /// The echo canceller, to read: how late the echo is.
    pub const fn echo(&self) -> &EchoCanceller {
        &self.echo
    }

    /// The noise suppressor of the clean frames, to read: how good the line is.
    pub const fn denoiser(&self) -> &Denoiser {
        &self.denoiser
    }

    /// The gain on the agent's line, to read, where there is one.
    pub const fn playout(&self) -> Option<&PlayoutGain> {
        self.playout.as_ref()
    }

    /// The barge-in detector, to read: is the agent heard, what has been learned of the echo.
    pub const fn barge_in(&self) -> &BargeInDetector {
        &self.barge_in
    }

    /// Counters since `new` or the last `reset`.
    pub fn counters(&self) -> PipelineCounters {
        PipelineCounters {
            jitter: self.reorder.stats(),
            agent_sent: self.agent_sent,
            agent_fenced: self.agent_fenced,
            events_dropped: self.events.dropped(),
            clean_dropped: self.clean.dropped(),
        }
    }
}

impl fmt::Debug for CallPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallPipeline")
            .field("now", &self.now)
            .field("detection", &self.detection)
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}
