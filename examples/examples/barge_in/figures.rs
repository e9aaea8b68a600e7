//! What all scenes amount to.

use super::facts::Facts;
use super::judge::{Scene, Turn};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) of: u32,
    pub(crate) count: u32,
}

impl Share {
    pub(crate) fn count<T>(all: impl Iterator<Item = T>, hit: impl Fn(&T) -> bool) -> Self {
        all.fold(Self::default(), |sum, item| Self {
            of: sum.of + 1,
            count: sum.count + u32::from(hit(&item)),
        })
    }

    pub(crate) fn percent(self) -> f64 {
        100.0 * f64::from(self.count) / f64::from(self.of.max(1))
    }

    /// E. B. Wilson's 95 % interval (1927), in per cent.
    pub(crate) fn interval(self) -> (f64, f64) {
        let (n, p, z) = (f64::from(self.of.max(1)), self.percent() / 100.0, 1.96);
        let centre = p + z * z / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let scale = 100.0 / (1.0 + z * z / n);
        ((centre - half).max(0.0) * scale, (centre + half) * scale)
    }
}

/// The median and the 95th percentile, in ms, of so many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delay {
    pub(crate) p50: u64,
    pub(crate) p95: u64,
}

impl Delay {
    pub(crate) fn of(mut all: Vec<u64>) -> Self {
        all.sort_unstable();
        let at =
            |p: usize| all.get((all.len() * p / 100).min(all.len().saturating_sub(1))).copied().unwrap_or(0);
        Self { p50: at(50), p95: at(95) }
    }
}

/// Yields to one kind of what is no interruption.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FalseYields {
    pub(crate) kind: &'static str,
    /// Events with one.
    pub(crate) events: Share,
    pub(crate) per_minute: f64,
}

/// What the table shows of one rule.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) interruptions: Share,
    pub(crate) duck: Delay,
    pub(crate) taken: Delay,
    /// Per minute of the agent's speech, in all scenes.
    pub(crate) idle_ducks: f64,
    pub(crate) idle_yields: f64,
    pub(crate) false_yields: Vec<FalseYields>,
    /// How long a backchannel that turned the agent down did so.
    pub(crate) turned_down: Delay,
    /// Of the scenes of kind `turn`; the others' turns are short and plain, and would hide these.
    pub(crate) cut_off: Share,
    pub(crate) cut_off_hesitant: Share,
    pub(crate) taken_back: Share,
    pub(crate) missed_turns: Share,
    pub(crate) end: Delay,
    pub(crate) end_fluent: Delay,
}

impl Figures {
    pub(crate) fn of(scenes: &[&Scene], facts: &Facts) -> Self {
        let kind = |name: &'static str| scenes.iter().copied().filter(move |scene| scene.kind() == name);
        let per_minute = |all: &mut dyn Iterator<Item = &Scene>, of: fn(&Scene) -> u32| {
            let (count, ms) = all.fold((0, 0), |(count, ms), s| (count + of(s), ms + s.agent_ms));
            f64::from(count) * 60_000.0 / (ms as f64).max(1.0)
        };
        let false_yields = |name: &'static str| {
            let known = |scene: &&Scene| scene.false_yields > 0 || scene.event.is_none_or(|e| e.counts);
            FalseYields {
                kind: name,
                events: Share::count(kind(name).filter(known), |scene| scene.false_yields > 0),
                per_minute: per_minute(&mut kind(name), |scene| scene.false_yields),
            }
        };
        let interruptions =
            || kind("interruption").filter_map(|scene| scene.event).filter(|event| event.counts);
        let turns = || {
            kind("turn").flat_map(|scene| {
                let pauses = facts.hesitations_ms(&scene.tape);
                scene
                    .turns
                    .iter()
                    .enumerate()
                    .map(move |(n, turn)| (*turn, pauses.get(n).copied().unwrap_or(0)))
            })
        };
        let end = |known: fn(u32) -> bool| {
            let all = turns().filter(|(turn, pause)| !turn.cut_off && known(*pause));
            Delay::of(all.filter_map(|(turn, _)| turn.wait_ms).collect())
        };
        let backchannels =
            || kind("backchannel").filter_map(|scene| scene.event).filter(|event| event.counts);
        let turned_down = backchannels().map(|event| event.turned_down_ms).filter(|ms| *ms > 0);
        let share = |hit: fn(&Turn) -> bool| Share::count(turns(), |(turn, _)| hit(turn));
        Self {
            interruptions: Share::count(interruptions(), |event| event.yield_after().is_some()),
            duck: Delay::of(interruptions().filter_map(|event| event.quieter_after()).collect()),
            taken: Delay::of(interruptions().filter_map(|event| event.yield_after()).collect()),
            idle_ducks: per_minute(&mut scenes.iter().copied(), |scene| scene.idle_ducks),
            idle_yields: per_minute(&mut scenes.iter().copied(), |scene| scene.idle_yields),
            false_yields: ["noise", "side_speech", "echo", "backchannel"]
                .into_iter()
                .map(false_yields)
                .collect(),
            turned_down: Delay::of(turned_down.collect()),
            cut_off: share(|turn| turn.cut_off),
            cut_off_hesitant: Share::count(turns().filter(|(_, pause)| *pause > 0), |(turn, _)| turn.cut_off),
            taken_back: share(|turn| turn.taken_back),
            missed_turns: share(|turn| turn.wait_ms.is_none()),
            end: end(|_| true),
            end_fluent: end(|pause| pause == 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against scipy.stats.binomtest(count, of).proportion_ci(method="wilson").
    #[test]
    fn wilsons_interval() {
        for (count, of, low, high) in
            [(0, 200, 0.0, 1.8845), (4, 200, 0.7804, 5.0287), (100, 200, 43.1361, 56.8639)]
        {
            let (a, b) = Share { of, count }.interval();
            assert!((a - low).abs() < 0.002 && (b - high).abs() < 0.002, "{count} of {of}: {a} to {b}");
        }
    }

    #[test]
    fn percentiles_of_what_was_seen() {
        let delay = Delay::of((1..=100).rev().collect());
        assert_eq!((delay.p50, delay.p95), (51, 96));
        assert_eq!(Delay::of(Vec::new()).p95, 0);
    }
}
