//! What the network does: the least delay, and how often frames come later than that.
//!
//! All in samples of 125 µs. The *lag* of a frame is its arrival on the receiver's clock, as the
//! next pull sees it, less its media time; only differences of lags mean anything.

use super::config::{DelayWorth, PlayoutConfig};
use crate::frame::FRAME_SAMPLES;

/// Width of a class of the histogram: 2.5 ms.
const CLASS: i64 = 20;
const CLASS_MS: f32 = 2.5;
/// Classes in one frame.
const FRAME_CLASSES: usize = 8;
/// A base that rises by no more than so many classes at once is the clocks' doing: 20 ms.
const DRIFT: usize = 8;
/// The least lag is that of the last 15 to 20 s.
const EPOCHS: usize = 4;
const EPOCH: i64 = 5 * 8_000;
/// The target is looked for anew every so many frames.
const REVIEW: u32 = 5;
/// Frames a second.
const RATE: f32 = 50.0;
/// A stream counts as gapless after this many frames without a hole, a minute, and from its
/// beginning to its first hole.
const GAPLESS: u32 = 3_000;
/// Weights are scaled down when the newest weighs this much.
const MAX_WEIGHT: f32 = 1_048_576.0;

/// What a delay costs, and the concealment that goes with it. In ms of delay, more or less.
#[derive(Clone, Copy, Debug)]
struct Cost {
    per_ms: f32,
    often: f32,
    rare: f32,
    knee: f32,
    cap: f32,
    /// 1 + headroom, in per cent.
    headroom: i64,
    tolerance: i64,
}

impl Cost {
    const fn new(config: &DelayWorth) -> Self {
        Self {
            // 1 % is 10 ms a second.
            per_ms: config.delay_per_percent as f32 / 10.0,
            often: config.often_ms_per_s as f32,
            rare: config.rare_ms_per_s as f32,
            knee: config.delay_knee_ms as f32,
            cap: config.delay_cap_ms as f32,
            headroom: 100 + config.headroom_percent as i64,
            tolerance: config.tolerance_ms as i64 * 8,
        }
    }

    /// Of `concealed` ms a second at a delay of `delay` ms.
    fn of(&self, concealed: f32, delay: f32) -> f32 {
        let bent = delay.min(self.cap);
        self.per_ms * (concealed + concealed * concealed / self.often + 2.0 * (self.rare * concealed).sqrt())
            + delay
            + (bent * delay - 0.5 * bent * bent) / self.knee
    }
}

/// A forgetting histogram of lags and the delay that costs least.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// Class i: lags in (origin + (i - 1) · CLASS, origin + i · CLASS]; class 0 also below.
    classes: Box<[f32]>,
    total: f32,
    weight: f32,
    growth: f32,
    origin: i64,
    /// Least lag in each epoch, newest first.
    least: [i64; EPOCHS],
    epoch_end: i64,
    seen: u32,
    target: i64,
    floor: i64,
    lossy: Cost,
    gapless: Cost,
    start: i64,
    /// Where the next frame begins if none is missing, and how many came so in a row.
    expected: Option<i64>,
    in_a_row: u32,
}

impl Arrivals {
    pub(super) fn new(config: &PlayoutConfig) -> Self {
        let classes = (config.max_delay_ms as i64 * 8).div_euclid(CLASS) as usize + 1;
        Self {
            classes: vec![0.0; classes].into_boxed_slice(),
            total: 0.0,
            weight: 1.0,
            growth: 1.0 + 1.0 / (RATE * config.memory_s as f32),
            origin: 0,
            least: [i64::MAX; EPOCHS],
            epoch_end: i64::MIN,
            seen: 0,
            target: 0,
            floor: i64::from(config.min_delay_ms) * 8,
            lossy: Cost::new(&config.lossy),
            gapless: Cost::new(&config.gapless),
            start: i64::from(config.start_delay_ms) * 8,
            expected: None,
            in_a_row: GAPLESS,
        }
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        self.classes.fill(0.0);
        self.total = 0.0;
        self.weight = 1.0;
        self.in_a_row = GAPLESS;
        self.rebase();
    }

    /// The clocks have nothing to do with each other any more: only the distribution stays.
    pub(super) fn rebase(&mut self) {
        self.least = [i64::MAX; EPOCHS];
        self.epoch_end = i64::MIN;
        self.seen = 0;
        self.expected = None;
    }

    /// Least lag of late; `None` before the first frame.
    pub(super) fn base(&self) -> Option<i64> {
        let base = self.least.iter().copied().min().unwrap_or(i64::MAX);
        (base != i64::MAX).then_some(base)
    }

    /// The delay to aim at, as a lag.
    pub(super) fn target(&self) -> i64 {
        self.origin + self.target
    }

    /// Samples above the target that are left alone.
    pub(super) fn tolerance(&self) -> i64 {
        self.cost().tolerance
    }

    fn cost(&self) -> &Cost {
        if self.in_a_row >= GAPLESS { &self.gapless } else { &self.lossy }
    }

    /// A new frame, which begins at `start`, was seen at `now`.
    pub(super) fn observe(&mut self, start: i64, now: i64) {
        let in_order = self.expected.is_none_or(|expected| expected == start);
        self.in_a_row = if in_order { self.in_a_row.saturating_add(1) } else { 0 };
        self.expected = self.expected.max(Some(start + FRAME_SAMPLES as i64));
        let lag = now - start;
        if self.epoch_end == i64::MIN {
            self.epoch_end = now + EPOCH;
            self.origin = lag;
            self.target = self.start;
        } else if now >= self.epoch_end {
            self.least.rotate_right(1);
            self.least[0] = i64::MAX;
            self.epoch_end = now + EPOCH;
        }
        self.least[0] = self.least[0].min(lag);
        let base = self.base().unwrap_or(lag);
        self.follow(base);
        let class = (lag - self.origin + CLASS - 1).div_euclid(CLASS).clamp(0, self.classes.len() as i64 - 1);
        self.classes[class as usize] += self.weight;
        self.total += self.weight;
        self.weight *= self.growth;
        if self.weight > MAX_WEIGHT {
            self.classes.iter_mut().for_each(|class| *class /= MAX_WEIGHT);
            self.total /= MAX_WEIGHT;
            self.weight /= MAX_WEIGHT;
        }
        self.seen = (self.seen + 1) % REVIEW;
        if self.seen == 0 {
            self.target = (self.cheapest() as i64 * CLASS * self.cost().headroom / 100).max(self.floor);
        }
    }

    /// Moves the classes so that class 0 is the base again.
    fn follow(&mut self, base: i64) {
        let moved = (base - self.origin).div_euclid(CLASS);
        if moved == 0 {
            return;
        }
        let by = usize::try_from(moved.unsigned_abs()).unwrap_or(usize::MAX).min(self.classes.len() - 1);
        let last = self.classes.len() - 1;
        if moved > 0 {
            // Faster than the fastest of late: by a little, clocks drift, and such a frame would be
            // among the fastest now; by more, it came by another path.
            let below: f32 = self.classes[..by].iter().sum();
            self.classes.copy_within(by.., 0);
            self.classes[last + 1 - by..].fill(0.0);
            if by <= DRIFT {
                self.classes[0] += below;
            } else {
                self.total = self.classes.iter().sum();
            }
        } else {
            let above: f32 = self.classes[last + 1 - by..].iter().sum();
            self.classes.copy_within(..=last - by, by);
            self.classes[..by].fill(0.0);
            self.classes[last] += above;
        }
        self.origin += moved * CLASS;
    }

    /// The class whose delay has the least cost: its own, and that of what comes later.
    fn cheapest(&self) -> usize {
        let cost_of = self.cost();
        let per_frame = 1.0 / self.total.max(1e-9);
        // Weighted milliseconds that come too late.
        let mut late_ms = 0.0f32;
        let mut best = (f32::INFINITY, 0);
        for class in (0..self.classes.len()).rev() {
            let delay = class as f32 * CLASS_MS;
            let cost = cost_of.of(RATE * late_ms * per_frame, delay);
            if cost <= best.0 {
                best = (cost, class);
            }
            let near = &self.classes[class..(class + FRAME_CLASSES).min(self.classes.len())];
            late_ms += CLASS_MS * near.iter().sum::<f32>();
        }
        best.1
    }
}
