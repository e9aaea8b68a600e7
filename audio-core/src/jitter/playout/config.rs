//! Settings of a [`PlayoutBuffer`](super::PlayoutBuffer).

use crate::Error;

/// What delay is worth, against concealment and against time-stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DelayWorth {
    /// Milliseconds of delay that are worth a first 1 % of concealment. 1 to 1000.
    pub delay_per_percent: u32,
    /// At this much concealment, in ms a second, a further millisecond counts three times as much
    /// as the first. 1 to 1000.
    pub often_ms_per_s: u32,
    /// What is rare still counts: well below this, in ms a second, the cost of concealment falls
    /// with its square root. 0 to 1000.
    pub rare_ms_per_s: u32,
    /// The delay at which another millisecond costs twice as much as the first, in ms. 1 to 10 000.
    pub delay_knee_ms: u32,
    /// Beyond this delay another millisecond costs no more than here, in ms. 1 to 10 000.
    pub delay_cap_ms: u32,
    /// The target lies this much above the cheapest delay, in per cent. 0 to 100.
    pub headroom_percent: u32,
    /// A delay this much above the target is left alone, in ms. 0 to 500.
    pub tolerance_ms: u32,
}

/// How much delay is worth how much concealment, and how gently the delay may change.
///
/// A stream in which no frame is missing or out of order comes over TCP, or as if. There lateness
/// comes in stalls and bursts, whose first frame pays for all that follow; over UDP each frame is
/// late for itself, and being safe from the last per mille costs little. So the two have prices
/// of their own.
///
/// Two presets: [`low_delay`](Self::low_delay) and [`high_quality`](Self::high_quality).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct PlayoutConfig {
    /// Delay before the first frame is played, in ms over the fastest frame so far. 0 to 1000.
    pub start_delay_ms: u32,
    /// The target never goes below this. 0 to `max_delay_ms`.
    pub min_delay_ms: u32,
    /// The target never goes above this; the delay does, after a longer stall. 20 to 2000.
    pub max_delay_ms: u32,
    /// Prices for a stream with holes.
    pub lossy: DelayWorth,
    /// Prices for a stream without holes in the last minute.
    pub gapless: DelayWorth,
    /// Seconds after which what was learned of the network counts 1/e. 1 to 1000.
    pub memory_s: u32,
    /// Time in which time-stretch takes away what is left of the delay above the target, to 1/e,
    /// in ms. 50 to 60 000.
    pub settle_ms: u32,
    /// Speech is shortened by no more than this, in per cent; pauses by three times as much.
    /// 0 to 50.
    pub max_speedup_percent: u32,
    /// Speech is lengthened by no more than this, in per cent, to reach the target, and only after
    /// a while: most often a late frame has raised the delay by then. 0 to 50.
    pub max_slowdown_percent: u32,
    /// Late by no more than this, a frame is played from where it should be by now, not from its
    /// beginning, if the delay is at its target. In ms, 0 to 20.
    pub late_trim_ms: u32,
    /// What was concealed for late frames is paid back: so much less is concealed at each loss
    /// until no more has been concealed than was lost. In ms, 0 to 10.
    pub repay_ms: u32,
}

impl PlayoutConfig {
    /// As little delay as a conversation wants: the delay follows the network closely, by
    /// time-stretch whenever that helps.
    pub const fn low_delay() -> Self {
        Self {
            start_delay_ms: 16,
            min_delay_ms: 3,
            max_delay_ms: 500,
            lossy: DelayWorth {
                delay_per_percent: 32,
                often_ms_per_s: 14,
                rare_ms_per_s: 0,
                delay_knee_ms: 8,
                delay_cap_ms: 38,
                headroom_percent: 0,
                tolerance_ms: 4,
            },
            gapless: DelayWorth {
                delay_per_percent: 50,
                often_ms_per_s: 31,
                rare_ms_per_s: 0,
                delay_knee_ms: 8,
                delay_cap_ms: 38,
                headroom_percent: 0,
                tolerance_ms: 5,
            },
            memory_s: 30,
            settle_ms: 250,
            max_speedup_percent: 30,
            max_slowdown_percent: 2,
            late_trim_ms: 20,
            repay_ms: 10,
        }
    }

    /// As little concealment and time-stretch as an acceptable delay allows.
    pub const fn high_quality() -> Self {
        Self {
            start_delay_ms: 7,
            min_delay_ms: 10,
            max_delay_ms: 800,
            lossy: DelayWorth {
                delay_per_percent: 78,
                often_ms_per_s: 12,
                rare_ms_per_s: 44,
                delay_knee_ms: 8,
                delay_cap_ms: 50,
                headroom_percent: 5,
                tolerance_ms: 33,
            },
            gapless: DelayWorth {
                delay_per_percent: 55,
                often_ms_per_s: 12,
                rare_ms_per_s: 8,
                delay_knee_ms: 10,
                delay_cap_ms: 62,
                headroom_percent: 0,
                tolerance_ms: 15,
            },
            memory_s: 122,
            settle_ms: 600,
            max_speedup_percent: 11,
            max_slowdown_percent: 1,
            late_trim_ms: 3,
            repay_ms: 10,
        }
    }

    /// Checks every field; the error names the first one out of range.
    pub fn validate(&self) -> Result<(), Error> {
        let within = |value: u32, low: u32, high: u32, field, expected| {
            Error::check((low..=high).contains(&value), field, value.into(), expected)
        };
        within(self.start_delay_ms, 0, 1_000, "playout.start_delay_ms", "0 to 1000")?;
        within(self.max_delay_ms, 20, 2_000, "playout.max_delay_ms", "20 to 2000")?;
        within(
            self.min_delay_ms,
            0,
            self.max_delay_ms,
            "playout.min_delay_ms",
            "at most playout.max_delay_ms",
        )?;
        self.lossy.validate(&LOSSY_FIELDS)?;
        self.gapless.validate(&GAPLESS_FIELDS)?;
        within(self.memory_s, 1, 1_000, "playout.memory_s", "1 to 1000")?;
        within(self.settle_ms, 50, 60_000, "playout.settle_ms", "50 to 60000")?;
        within(self.max_speedup_percent, 0, 50, "playout.max_speedup_percent", "0 to 50")?;
        within(self.max_slowdown_percent, 0, 50, "playout.max_slowdown_percent", "0 to 50")?;
        within(self.late_trim_ms, 0, 20, "playout.late_trim_ms", "0 to 20")?;
        within(self.repay_ms, 0, 10, "playout.repay_ms", "0 to 10")
    }
}

/// The fields of a [`DelayWorth`] in their order, as errors name them.
type Fields = [&'static str; 7];

const LOSSY_FIELDS: Fields = [
    "playout.lossy.delay_per_percent",
    "playout.lossy.often_ms_per_s",
    "playout.lossy.rare_ms_per_s",
    "playout.lossy.delay_knee_ms",
    "playout.lossy.delay_cap_ms",
    "playout.lossy.headroom_percent",
    "playout.lossy.tolerance_ms",
];
const GAPLESS_FIELDS: Fields = [
    "playout.gapless.delay_per_percent",
    "playout.gapless.often_ms_per_s",
    "playout.gapless.rare_ms_per_s",
    "playout.gapless.delay_knee_ms",
    "playout.gapless.delay_cap_ms",
    "playout.gapless.headroom_percent",
    "playout.gapless.tolerance_ms",
];

impl DelayWorth {
    fn validate(&self, names: &Fields) -> Result<(), Error> {
        let fields = [
            (self.delay_per_percent, 1..=1_000, "1 to 1000"),
            (self.often_ms_per_s, 1..=1_000, "1 to 1000"),
            (self.rare_ms_per_s, 0..=1_000, "0 to 1000"),
            (self.delay_knee_ms, 1..=10_000, "1 to 10000"),
            (self.delay_cap_ms, 1..=10_000, "1 to 10000"),
            (self.headroom_percent, 0..=100, "0 to 100"),
            (self.tolerance_ms, 0..=500, "0 to 500"),
        ];
        fields.into_iter().zip(names).try_for_each(|((value, range, expected), name)| {
            Error::check(range.contains(&value), name, value.into(), expected)
        })
    }
}

impl Default for PlayoutConfig {
    /// [`low_delay`](Self::low_delay).
    fn default() -> Self {
        Self::low_delay()
    }
}
