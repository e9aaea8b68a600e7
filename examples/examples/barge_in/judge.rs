//! One replayed scene against its labels, and all of them together.

use audio_core::tape::{CallerSpan, SpanKind, Tape};
use telephony_bridge::tape::{EventName, ReplayReport};

/// A decision this long after an event's end still belongs to it.
const SLACK_MS: u64 = 1_000;
/// The end of a turn later than this is missed.
const LATEST_END_MS: u64 = 3_000;

pub(crate) const CSV_HEADER: &str =
    "rules,tape,start_ms,end_ms,duck_ms,yield_ms,agent_s,ducks,yields,cut_off,end_waits_ms\n";

/// What happened in one scene.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    tape: String,
    /// The kind: the name up to its last `_`.
    kind: String,
    /// The event over the agent.
    event: Option<(u64, u64)>,
    /// First duck and first yield from the event's start to its end and a second more.
    duck: Option<u64>,
    taken: Option<u64>,
    /// Ducks and yields of the whole scene that belong to no event.
    stray_ducks: u32,
    yields: u32,
    /// Seconds in which the agent was heard.
    agent_s: f64,
    /// Of each turn: was it cut off, and how long after its end was the end decided.
    turns: Vec<(bool, Option<u64>)>,
}

impl Scene {
    pub(crate) fn new(tape: &Tape, report: &ReplayReport) -> Self {
        let times = |name: EventName| -> Vec<u64> {
            report.events.iter().filter(|event| event.event == name).map(|event| event.t_ms).collect()
        };
        let (ducks, yields) = (times(EventName::Duck), times(EventName::BargeIn));
        let over = tape.file.caller.iter().find(|span| span.kind != SpanKind::Turn);
        let event = over.map(|span| (span.start_ms, span.end_ms));
        let within = |t: &&u64| event.is_some_and(|(start, end)| (start..=end + SLACK_MS).contains(*t));
        let first = |all: &[u64]| all.iter().find(within).copied();
        let starts = times(EventName::AgentAudioStart);
        let mut ends = times(EventName::AgentAudioEnd);
        ends.push(report.duration_ms);
        let heard: u64 = starts.iter().zip(&ends).map(|(start, end)| end.saturating_sub(*start)).sum();
        let turn_ends = times(EventName::TurnEnd);
        let turn = |span: &CallerSpan| {
            let cut = starts.iter().any(|t| (span.start_ms..span.end_ms).contains(t));
            let limit = span.end_ms + LATEST_END_MS;
            let end = turn_ends.iter().rfind(|t| (span.start_ms..limit).contains(*t));
            (cut, end.map(|t| t.saturating_sub(span.end_ms)))
        };
        Self {
            tape: tape.name.clone(),
            kind: tape.name.rsplit_once('_').map_or(tape.name.as_str(), |(kind, _)| kind).to_owned(),
            event,
            duck: first(&ducks),
            taken: first(&yields),
            stray_ducks: ducks.iter().filter(|t| !within(t)).count() as u32,
            yields: yields.len() as u32,
            agent_s: heard as f64 / 1_000.0,
            turns: tape.file.caller.iter().filter(|span| span.kind == SpanKind::Turn).map(turn).collect(),
        }
    }

    pub(crate) fn csv_row(&self, rules: &str) -> String {
        let text = |t: Option<u64>| t.map(|t| t.to_string()).unwrap_or_default();
        let (start, end) = self.event.unzip();
        let waits: Vec<String> = self.turns.iter().map(|(_, wait)| text(*wait)).collect();
        let cut = self.turns.iter().filter(|(cut, _)| *cut).count();
        format!(
            "{rules},{},{},{},{},{},{:.2},{},{},{cut},{}\n",
            self.tape,
            text(start),
            text(end),
            text(self.duck),
            text(self.taken),
            self.agent_s,
            self.stray_ducks,
            self.yields,
            waits.join(" "),
        )
    }

    /// How long after the event's start something happened.
    fn after(&self, t: Option<u64>) -> Option<u64> {
        Some(t?.saturating_sub(self.event?.0))
    }
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub(crate) of: u32,
    pub(crate) count: u32,
}

impl Share {
    fn count<'a>(all: impl Iterator<Item = &'a Scene>, hit: impl Fn(&Scene) -> bool) -> Self {
        all.fold(Self::default(), |sum, scene| Self {
            of: sum.of + 1,
            count: sum.count + u32::from(hit(scene)),
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

/// The median and the 95th percentile, in ms.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delay {
    pub(crate) p50: u64,
    pub(crate) p95: u64,
}

impl Delay {
    fn of(mut all: Vec<u64>) -> Self {
        all.sort_unstable();
        let at =
            |p: usize| all.get((all.len() * p / 100).min(all.len().saturating_sub(1))).copied().unwrap_or(0);
        Self { p50: at(50), p95: at(95) }
    }
}

/// What the table shows of one rule.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) interruptions: Share,
    pub(crate) duck: Delay,
    pub(crate) taken: Delay,
    /// Per minute of the agent's speech.
    pub(crate) idle_ducks: f64,
    /// Yields by kind of scene, and per minute of the agent's speech.
    pub(crate) false_yields: Vec<(&'static str, Share, f64)>,
    pub(crate) cut_off: Share,
    pub(crate) missed_turns: Share,
    pub(crate) end: Delay,
}

impl Figures {
    pub(crate) fn of(scenes: &[Scene]) -> Self {
        let kind = |kind: &'static str| scenes.iter().filter(move |scene| scene.kind == kind);
        let minutes = |kind_name: &'static str| kind(kind_name).map(|s| s.agent_s).sum::<f64>() / 60.0;
        let wrong = |name: &'static str| {
            let yields: u32 = kind(name).map(|scene| scene.yields).sum();
            (
                name,
                Share::count(kind(name), |scene| scene.yields > 0),
                f64::from(yields) / minutes(name).max(1e-9),
            )
        };
        let idle: u32 = scenes.iter().map(|scene| scene.stray_ducks).sum();
        let all: f64 = scenes.iter().map(|scene| scene.agent_s).sum::<f64>() / 60.0;
        let turns = || scenes.iter().flat_map(|scene| &scene.turns);
        let count = |hit: fn(&(bool, Option<u64>)) -> bool| Share {
            of: turns().count() as u32,
            count: turns().filter(|turn| hit(turn)).count() as u32,
        };
        Self {
            interruptions: Share::count(kind("interruption"), |scene| scene.taken.is_some()),
            duck: Delay::of(kind("interruption").filter_map(|s| s.after(s.duck.or(s.taken))).collect()),
            taken: Delay::of(kind("interruption").filter_map(|s| s.after(s.taken)).collect()),
            idle_ducks: f64::from(idle) / all.max(1e-9),
            false_yields: ["backchannel", "noise", "side_speech", "echo"].into_iter().map(wrong).collect(),
            cut_off: count(|(cut, _)| *cut),
            missed_turns: count(|(_, end)| end.is_none()),
            end: Delay::of(turns().filter(|(cut, _)| !cut).filter_map(|(_, end)| *end).collect()),
        }
    }
}
