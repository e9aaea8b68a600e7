//! What an engine is made of.

use std::thread::available_parallelism;
use std::time::Duration;

use crate::Error;
use crate::frame::FRAME_MS;

/// Duration of one wire frame.
pub(crate) const FRAME: Duration = Duration::from_millis(FRAME_MS as u64);

/// Frames from the wire a call can hold before the worker takes them (320 ms).
pub(crate) const WIRE_IN_FRAMES: usize = 16;
/// Frames of agent speech a call can hold before they are played (640 ms).
pub(crate) const AGENT_IN_FRAMES: usize = 32;
/// Frames for the wire a call can hold before the socket takes them (640 ms).
pub(crate) const WIRE_OUT_FRAMES: usize = 32;
/// Decoded frames a call can hold for speech recognition (480 ms): what may wait from the wire and half as much again.
pub(crate) const CLEAN_FRAMES: usize = 24;
/// Events a call can hold.
pub(crate) const EVENTS: usize = 32;
/// Commands a call can hold.
pub(crate) const COMMANDS: usize = 4;
/// Calls a worker takes in per tick: each is one pointer moved, so that two hundred that come at
/// once are all served within 70 ms, before the first of them has to skip a frame.
pub(crate) const ATTACH_PER_TICK: usize = 16;

/// Settings of an [`Engine`](super::Engine). Start from `default()` and change fields.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EngineConfig {
    /// Audio threads. Default: a quarter of the cores, at least 1 and at most 4.
    pub workers: usize,
    /// Calls a thread can carry; every attempt above it is refused. Default 256.
    pub slots_per_worker: usize,
    /// Time between ticks; 20 ms must be a multiple of it. Default 5 ms: half the cost of a
    /// wake-up per frame from 50 calls up, for 2.5 ms of mean added latency.
    pub tick: Duration,
    /// How many 20 ms frames the far side's buffer is kept ahead of the caller's ear. Released at
    /// once when the agent begins to speak, then one frame every 20 ms. Default 3 (60 ms).
    pub playout_lead_frames: u32,
    /// When the agent is turned down, send what the far side has yet to play once more, quieter; the
    /// first such frame ([`WireFrame::replaces`](crate::frame::WireFrame::replaces)) asks whoever
    /// sends it to have the far side clear its buffer. Default false.
    pub duck_what_is_buffered: bool,
    /// How much faster than the world the engine's time runs, from 0.1 to 100; for demonstrations
    /// at a multiple of real time. Default 1.
    pub speed: f64,
    /// With more frames than this waiting from the wire, the worker skips the oldest… Default 8.
    pub uplink_high_water: usize,
    /// …down to this many. Default 3.
    pub uplink_low_water: usize,
    /// Pipelines of ended calls kept for the next calls of equal configuration. Default 32.
    pub pooled_pipelines: usize,
    /// Ask for real-time priority, then for a better nice value. Default true; what was granted is
    /// in [`WorkerStats::priority`](super::WorkerStats::priority).
    pub raise_priority: bool,
    /// Pin each thread to a core, counted from the last, if there are at least two cores more than
    /// threads. Default false: two engines on one machine would share the same cores.
    pub pin_threads: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            workers: (cores() / 4).clamp(1, 4),
            slots_per_worker: 256,
            tick: Duration::from_millis(5),
            playout_lead_frames: 3,
            duck_what_is_buffered: false,
            speed: 1.0,
            uplink_high_water: 8,
            uplink_low_water: 3,
            pooled_pipelines: 32,
            raise_priority: true,
            pin_threads: false,
        }
    }
}

impl EngineConfig {
    /// Ticks in 20 ms: the phases calls are spread over.
    pub(crate) fn phases(&self) -> usize {
        (FRAME.as_nanos() / self.tick.as_nanos().max(1)) as usize
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let range = |field, value: usize, (low, high): (usize, usize), expected| {
            Error::check((low..=high).contains(&value), field, value as f64, expected)
        };
        range("engine.workers", self.workers, (1, 64), "from 1 to 64")?;
        let slots = self.slots_per_worker;
        range("engine.slots_per_worker", slots, (1, 65_536), "from 1 to 65536")?;
        let micros = self.tick.as_micros() as usize;
        let whole = FRAME.as_nanos().is_multiple_of(self.tick.as_nanos().max(1));
        Error::check(
            (500..=20_000).contains(&micros) && whole,
            "engine.tick (µs)",
            micros as f64,
            "20 ms divided by a whole number from 1 to 40",
        )?;
        Error::check((0.1..=100.0).contains(&self.speed), "engine.speed", self.speed, "from 0.1 to 100")?;
        let lead = self.playout_lead_frames as usize;
        range("engine.playout_lead_frames", lead, (1, 10), "from 1 to 10 (200 ms)")?;
        let high = self.uplink_high_water;
        range("engine.uplink_high_water", high, (1, WIRE_IN_FRAMES), "from 1 to 16")?;
        let low = self.uplink_low_water;
        range("engine.uplink_low_water", low, (1, high), "from 1 to uplink_high_water")
    }
}

/// Cores this process may use.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}
