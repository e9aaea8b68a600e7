//! The way out: piece by piece, what is played now.

use super::buffer::PlayoutBuffer;
use super::pace::Pace;
use crate::frame::{FRAME_SAMPLES, rms};
use crate::jitter::stretch::{self, MAX_PERIOD, MIN_PERIOD, find_period};

/// Shortest concealment at a gap, so that the cross-fade has room: 5 ms.
const MIN_CONCEALMENT: i64 = 40;
/// A later frame that has waited this long shows that the one before it is lost: 10 ms.
const REORDERED: i64 = 80;
/// Where no period was found, the next look is this much later: 10 ms.
const RETRY: i64 = 80;
/// A concealed block below this RMS is silence: −60 dBFS.
const SILENT: f32 = 32.8;
/// Least likeness of two periods that become one.
const LIKENESS: f32 = 0.85;
/// No sample has waited longer than this, whatever the clock said: 149 hours.
const LONGEST_WAIT: i64 = 1 << 32;

impl PlayoutBuffer {
    /// The next piece of output, at least one sample; how long it is.
    pub(super) fn step(&mut self, at: i64, out: &mut [i16]) -> usize {
        if self.ready_at < self.ready_end {
            return self.drain(out);
        }
        if !self.started && !self.may_start(at) {
            if self.ever {
                return self.conceal(at, out, None);
            }
            out.fill(0);
            self.stats.before_start += out.len() as u64;
            return out.len();
        }
        self.forget_played();
        let Some((start, arrival)) = self.store.front().map(|frame| (frame.start, frame.arrival)) else {
            return self.conceal(at, out, None);
        };
        if start > self.position {
            let short = self.left_to_conceal(at, start, arrival);
            if short > 0 {
                let n = out.len().min(usize::try_from(short).unwrap_or(usize::MAX));
                let next = (n as i64 == short).then_some(start);
                return self.conceal(at, &mut out[..n], next);
            }
            let gap = start - self.position;
            self.stats.skipped += (gap - self.run).max(0) as u64;
            self.debt -= gap;
            self.position = start;
        } else if self.run > 0 && self.trim(at) {
            // What follows may be missing too: the gap goes on, or ends at the next frame.
            return self.step(at, out);
        }
        self.debt += self.run;
        self.run = 0;
        self.play(at, out)
    }

    fn drain(&mut self, out: &mut [i16]) -> usize {
        let ready = &self.ready[self.ready_at..self.ready_end];
        let n = out.len().min(ready.len());
        out[..n].copy_from_slice(&ready[..n]);
        self.ready_at += n;
        n
    }

    /// Has the delay before the first frame passed?
    fn may_start(&mut self, at: i64) -> bool {
        let delay = i64::from(self.config.start_delay_ms) * 8;
        self.started = self.arrivals.base().is_some_and(|base| at - self.position >= base + delay);
        self.ever |= self.started;
        self.started
    }

    /// Samples to conceal before the frame at `start`, the next there is, is played.
    ///
    /// As many as are missing; fewer if the delay is above its target or if more was concealed
    /// before than was lost, once it is clear that nothing else will come.
    fn left_to_conceal(&self, at: i64, start: i64, arrival: i64) -> i64 {
        let gap = start - self.position;
        let held = if self.run > 0 { self.held } else { at - self.position };
        let lost = at - arrival >= REORDERED || self.store.len() > 1;
        let repaid = self.debt.clamp(0, i64::from(self.config.repay_ms) * 8);
        let aim = self.arrivals.target() - repaid;
        let lag = if lost { aim.clamp(held - gap, held) } else { held };
        (lag - (at - start)).max(MIN_CONCEALMENT - self.run)
    }

    /// A late frame: its beginning makes way if the delay is long enough already. True if nothing
    /// is left of it.
    fn trim(&mut self, at: i64) -> bool {
        let over = at - self.position - self.arrivals.target().max(self.held);
        if over > 0 && self.run <= i64::from(self.config.late_trim_ms) * 8 {
            let passed = over.min(self.run);
            self.stats.discarded += self.consume(passed, |_, _, _| {});
        }
        self.store.front().is_none_or(|front| front.start > self.position)
    }

    /// Invents; `next` is the start of the frame that follows directly.
    fn conceal(&mut self, at: i64, out: &mut [i16], next: Option<i64>) -> usize {
        if self.run == 0 {
            self.held = at - self.position;
            self.stats.concealment_events += 1;
        }
        let mut following = [0; FRAME_SAMPLES];
        let known = next.map_or(0, |start| self.store.peek(start, &mut following));
        self.concealer.conceal(out, (known > 0).then_some(&following[..known]));
        self.run += out.len() as i64;
        self.stats.concealed += out.len() as u64;
        if rms(out) < SILENT {
            self.stats.silent_concealed += out.len() as u64;
        }
        out.len()
    }

    /// Good audio from the position on, stretched or as it is.
    fn play(&mut self, at: i64, out: &mut [i16]) -> usize {
        let over = at - self.position - self.arrivals.target();
        let pace = self.governor.turn(over, self.arrivals.tolerance());
        if pace != Pace::Steady && at >= self.retry_at {
            if self.stretch(at, pace) {
                return self.drain(out);
            }
            self.retry_at = at + RETRY;
        }
        let left = self.store.front().map_or(0, |front| front.end() - self.position);
        let n = out.len().min(left.max(0) as usize);
        let n = self.store.peek(self.position, &mut out[..n]);
        self.concealer.good(&mut out[..n]);
        self.emit(n as i64, at, 1);
        self.stats.played += n as u64;
        self.governor.played(&out[..n], over);
        n
    }

    /// Makes one period of two or two of one, if there is a good one.
    fn stretch(&mut self, at: i64, pace: Pace) -> bool {
        let mut pcm = [0; 2 * MAX_PERIOD];
        let len = self.store.peek(self.position, &mut pcm);
        let pcm = &pcm[..len];
        if len < 4 * MIN_PERIOD {
            return false;
        }
        let period = if self.governor.is_pause(rms(pcm)) {
            len / 2
        } else {
            match find_period(pcm) {
                Some(period) if period.likeness < LIKENESS => return false,
                Some(period) => period.samples,
                None if pcm.iter().all(|&sample| sample == 0) => len / 2,
                None => return false,
            }
        };
        let made = if pace == Pace::Faster {
            let made = stretch::shorten(pcm, period, &mut self.ready);
            self.emit(2 * period as i64, at, 2);
            self.stats.removed_for_acceleration += period as u64;
            made
        } else {
            let made = stretch::lengthen(pcm, period, &mut self.ready);
            self.emit(period as i64, at, 1);
            self.stats.inserted_for_deceleration += period as u64;
            made
        };
        self.concealer.good(&mut self.ready[..made]);
        (self.ready_at, self.ready_end) = (0, made);
        self.stats.played += period as u64;
        self.governor.stretched(period);
        made > 0
    }

    /// `n` samples of media are played from `at` on, so many of them in one of output.
    fn emit(&mut self, n: i64, at: i64, speed: i64) {
        let position = self.position;
        self.consume(n, |this, (start, arrival), (from, to)| {
            let begins = at + (from - position) / speed;
            this.note_start(start, from, begins);
            let waited = (begins - arrival).clamp(0, LONGEST_WAIT);
            this.stats.jitter_buffer_delay += ((to - from) * waited) as u64;
            this.stats.jitter_buffer_emitted += (to - from) as u64;
        });
    }

    /// Moves on by `n` samples of media; how many of them were there. Tells start and arrival of
    /// each frame that is touched, and which part of it.
    fn consume(&mut self, n: i64, mut part: impl FnMut(&mut Self, (i64, i64), (i64, i64))) -> u64 {
        let end = self.position + n;
        let mut used = 0;
        while let Some((start, arrival, last)) =
            self.store.front().map(|frame| (frame.start, frame.arrival, frame.end()))
        {
            let (from, to) = (start.max(self.position), last.min(end));
            if from < to {
                used += (to - from) as u64;
                part(self, (start, arrival), (from, to));
                self.position = to;
            }
            if last > end {
                break;
            }
            self.forget_played();
            if self.store.front().is_none_or(|next| next.start >= end) {
                break;
            }
        }
        self.position = end;
        self.forget_played();
        used
    }
}
