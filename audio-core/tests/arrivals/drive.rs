//! A playout buffer on a trace, in virtual time.

use audio_core::codec::ulaw;
use audio_core::frame::{FRAME_SAMPLES, WireFrame};
use audio_core::jitter::playout::{PlayoutBuffer, PlayoutConfig, PlayoutStats};

use super::models::Arrival;

/// What came of one trace. Shares in per cent, delays in ms, stretching in ms per second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) lost: f64,
    pub(crate) concealed: f64,
    pub(crate) delay: f64,
    pub(crate) delay_p95: f64,
    pub(crate) removed: f64,
    pub(crate) inserted: f64,
    pub(crate) skipped: f64,
    pub(crate) discarded: f64,
}

impl Outcome {
    /// Concealment that the network did not make necessary.
    pub(crate) fn excess(&self) -> f64 {
        (self.concealed - self.lost).max(0.0)
    }

    /// The mean over traces.
    pub(crate) fn mean(of: &[Self]) -> Self {
        let mean = |get: fn(&Self) -> f64| of.iter().map(get).sum::<f64>() / of.len() as f64;
        Self {
            lost: mean(|o| o.lost),
            concealed: mean(|o| o.concealed),
            delay: mean(|o| o.delay),
            delay_p95: mean(|o| o.delay_p95),
            removed: mean(|o| o.removed),
            inserted: mean(|o| o.inserted),
            skipped: mean(|o| o.skipped),
            discarded: mean(|o| o.discarded),
        }
    }
}

/// A trace on its way to whatever plays it: frames by arrival, and the delay of what is played.
pub(crate) struct Feed<'a> {
    trace: &'a [Arrival],
    codes: Vec<u8>,
    /// Frames by arrival in µs.
    order: Vec<(f64, usize)>,
    next: usize,
    base_us: f64,
    delays: Vec<f64>,
}

impl<'a> Feed<'a> {
    /// Sends `voice`, repeated, over the trace.
    pub(crate) fn new(trace: &'a [Arrival], voice: &[i16]) -> Self {
        let base_us = trace.iter().filter_map(|a| Some(a.arrival_us? - a.send_us)).fold(f64::MAX, f64::min);
        let mut order: Vec<(f64, usize)> =
            trace.iter().enumerate().filter_map(|(n, a)| Some((a.arrival_us?, n))).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self {
            trace,
            codes: voice.iter().map(|&sample| ulaw::encode(sample)).collect(),
            order,
            next: 0,
            base_us,
            delays: Vec::with_capacity(2 * trace.len()),
        }
    }

    /// When the last frame would come if nothing held it up.
    pub(crate) fn end_us(&self) -> f64 {
        self.trace.last().map_or(0.0, |a| a.send_us) + self.base_us
    }

    /// The next frame that has come by `now_us`, and when it came.
    pub(crate) fn next_by(&mut self, now_us: u64) -> Option<(WireFrame, u64)> {
        let &(at, n) = self.order.get(self.next).filter(|(at, _)| *at <= now_us as f64)?;
        self.next += 1;
        let first = n * FRAME_SAMPLES % (self.codes.len() - FRAME_SAMPLES);
        let mut frame = WireFrame { seq: n as u32, timestamp: self.trace[n].timestamp, ..WireFrame::SILENCE };
        frame.payload.copy_from_slice(&self.codes[first..first + FRAME_SAMPLES]);
        Some((frame, at as u64))
    }

    /// The sample with this timestamp is played at `at_us`.
    pub(crate) fn played(&mut self, timestamp: u32, at_us: u64) {
        let sample = timestamp.wrapping_sub(self.trace[0].timestamp) as usize;
        let (n, into) = (sample / FRAME_SAMPLES, (sample % FRAME_SAMPLES) as f64 * 125.0);
        if self.delays.len() < self.delays.capacity() {
            self.delays.push((at_us as f64 - into - self.trace[n].send_us - self.base_us) / 1e3);
        }
    }

    /// Share lost on the way, `concealed` in per cent, and the delays of what was played.
    pub(crate) fn outcome(mut self, concealed: f64) -> Outcome {
        self.delays.sort_by(f64::total_cmp);
        let lost = self.trace.iter().filter(|a| a.arrival_us.is_none()).count();
        Outcome {
            lost: 100.0 * lost as f64 / self.trace.len() as f64,
            concealed,
            delay: self.delays.iter().sum::<f64>() / self.delays.len() as f64,
            delay_p95: self.delays[self.delays.len() * 95 / 100],
            ..Outcome::default()
        }
    }
}

/// A buffer, a trace and a voice, tick by tick. After `new`, steps allocate nothing of their own.
pub(crate) struct Run<'a> {
    buffer: PlayoutBuffer,
    feed: Feed<'a>,
    now_us: u64,
    tick_us: u64,
    out: Vec<i16>,
}

impl<'a> Run<'a> {
    /// Sends `voice`, repeated, over the trace and pulls every `tick_ms`.
    pub(crate) fn new(trace: &'a [Arrival], voice: &[i16], config: PlayoutConfig, tick_ms: u32) -> Self {
        Self {
            buffer: PlayoutBuffer::new(config).expect("a valid configuration"),
            feed: Feed::new(trace, voice),
            now_us: 0,
            tick_us: u64::from(tick_ms) * 1_000,
            out: vec![0; tick_ms as usize * 8],
        }
    }

    /// The first pull comes this late; those after it follow.
    pub(crate) fn starting_at(mut self, phase_ms: u32) -> Self {
        self.now_us = u64::from(phase_ms) * 1_000;
        self
    }

    /// One tick; false when the trace is over.
    pub(crate) fn step(&mut self) -> bool {
        if self.now_us as f64 >= self.feed.end_us() {
            return false;
        }
        while let Some((frame, at_us)) = self.feed.next_by(self.now_us) {
            self.buffer.push(&frame, at_us);
        }
        self.buffer.pull(self.now_us, &mut self.out);
        for start in self.buffer.frame_starts() {
            self.feed.played(start.timestamp, start.at_us);
        }
        self.now_us += self.tick_us;
        true
    }

    pub(crate) fn stats(&self) -> PlayoutStats {
        self.buffer.stats()
    }

    /// Ticks to the end.
    pub(crate) fn finish(mut self) -> Outcome {
        while self.step() {}
        let stats = self.stats();
        let output = (stats.output - stats.before_start) as f64;
        let ms_per_s = |samples: u64| samples as f64 / output * 1e3;
        Outcome {
            removed: ms_per_s(stats.removed_for_acceleration),
            inserted: ms_per_s(stats.inserted_for_deceleration),
            skipped: ms_per_s(stats.skipped),
            discarded: ms_per_s(stats.discarded),
            ..self.feed.outcome(100.0 * stats.concealed as f64 / output)
        }
    }
}

/// The whole trace, pulled from time 0 on.
pub(crate) fn run(trace: &[Arrival], voice: &[i16], config: PlayoutConfig, tick_ms: u32) -> Outcome {
    Run::new(trace, voice, config, tick_ms).finish()
}
