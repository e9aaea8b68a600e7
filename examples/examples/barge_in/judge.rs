//! One replayed scene against its labels.

use audio_core::tape::{CallerSpan, SpanKind};
use telephony_bridge::tape::info::kind_name;
use telephony_bridge::tape::{EventName, TimelineEvent};

/// A yield this long after an event's end still belongs to it (the replay contract).
const SLACK_MS: u64 = 1_000;
/// A duck this long after somebody's end still belongs to them: the detector's hangover.
const DUCK_SLACK_MS: u64 = 300;
/// An overlap shorter than this, or an agent that ends by itself within it, does not count.
const MIN_OVERLAP_MS: u64 = 300;
/// The end of a turn later than this is missed.
const LATEST_END_MS: u64 = 3_000;
/// A turn end this long before the label's may be the last sounds' fading.
const FADING_MS: u64 = 200;

pub(crate) const CSV_HEADER: &str = "rules,tape,start_ms,end_ms,counts,duck_ms,yield_ms,agent_s,ducks,yields,\
                                     cut_off,taken_back,end_waits_ms\n";

/// What happened in one scene.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) tape: String,
    /// The event over the agent.
    pub(crate) event: Option<Event>,
    /// Ducks while nobody spoke: noise, the agent's echo, or nothing at all.
    pub(crate) idle_ducks: u32,
    /// Yields that belong to no turn and to no interruption.
    pub(crate) false_yields: u32,
    /// Those of them that belong to no label at all.
    pub(crate) idle_yields: u32,
    /// How long the agent was heard.
    pub(crate) agent_ms: u64,
    pub(crate) turns: Vec<Turn>,
}

/// Something that happened while the agent spoke, or was meant to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    start_ms: u64,
    end_ms: u64,
    /// Was the agent heard at its start, or long enough?
    pub(crate) counts: bool,
    /// First duck and first yield from its start on, in ms of the call.
    duck: Option<u64>,
    taken: Option<u64>,
    /// How long the agent was turned down in all because of it, in ms.
    pub(crate) turned_down_ms: u64,
}

impl Event {
    /// From its start to the yield, in ms.
    pub(crate) fn yield_after(&self) -> Option<u64> {
        Some(self.taken? - self.start_ms)
    }

    /// From its start until the agent is quieter: turned down or silent, in ms.
    pub(crate) fn quieter_after(&self) -> Option<u64> {
        Some(self.duck.or(self.taken)? - self.start_ms)
    }
}

/// A turn of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// A reply was heard before its end.
    pub(crate) cut_off: bool,
    /// Its end was decided too early, and the caller was still heard.
    pub(crate) taken_back: bool,
    /// From its end to the decision, in ms; `None`: not noticed.
    pub(crate) wait_ms: Option<u64>,
}

/// When the caller heard the agent: from, to, ended by itself.
fn heard(timeline: &[TimelineEvent], end_ms: u64) -> Vec<(u64, u64, bool)> {
    let mut heard: Vec<(u64, u64, bool)> = Vec::new();
    for entry in timeline {
        match (entry.event, heard.last_mut()) {
            (EventName::AgentAudioStart, _) => heard.push((entry.t_ms, end_ms, true)),
            (EventName::AgentAudioEnd, Some(last)) => {
                let yielded = |e: &TimelineEvent| e.event == EventName::BargeIn && e.t_ms == entry.t_ms;
                (last.1, last.2) = (entry.t_ms, !timeline.iter().any(yielded));
            }
            _ => {}
        }
    }
    heard
}

fn kind_of(tape: &str) -> &str {
    tape.rsplit_once('_').map_or(tape, |(kind, _)| kind)
}

/// The replay contract's rule of what overlaps count.
fn overlaps(span: &CallerSpan, agent: &[(u64, u64, bool)]) -> bool {
    let audible: u64 = agent
        .iter()
        .map(|(from, to, _)| to.min(&span.end_ms).saturating_sub(*from.max(&span.start_ms)))
        .sum();
    let over_start = agent.iter().any(|&(from, to, by_itself)| {
        (from..to).contains(&span.start_ms) && !(by_itself && to <= span.start_ms + MIN_OVERLAP_MS)
    });
    over_start || audible >= MIN_OVERLAP_MS
}

impl Scene {
    /// Holds a replay of `end_ms` against the labels.
    pub(crate) fn new(tape: &str, labels: &[CallerSpan], timeline: &[TimelineEvent], end_ms: u64) -> Self {
        let times = |name: EventName| -> Vec<u64> {
            timeline.iter().filter(|entry| entry.event == name).map(|entry| entry.t_ms).collect()
        };
        let (ducks, yields) = (times(EventName::Duck), times(EventName::BargeIn));
        let agent = heard(timeline, end_ms);
        let belongs = |t: u64, slack: u64, kind: fn(SpanKind) -> bool| {
            labels.iter().any(|l| kind(l.kind) && (l.start_ms..=l.end_ms + slack).contains(&t))
        };
        let count = |all: &[u64], hit: &dyn Fn(u64) -> bool| all.iter().filter(|t| hit(**t)).count() as u32;
        let ends_duck =
            |name| matches!(name, EventName::Resume | EventName::BargeIn | EventName::AgentAudioEnd);
        let lasts = |duck: u64| {
            let up = timeline.iter().find(|entry| entry.t_ms >= duck && ends_duck(entry.event));
            up.map_or(end_ms, |entry| entry.t_ms) - duck
        };
        // Of scenes in which several things happen, the first of the kind that they are named after.
        let mut events = labels.iter().filter(|label| label.kind != SpanKind::Turn);
        let named = events.clone().find(|label| kind_name(label.kind) == kind_of(tape));
        let event = named.or_else(|| events.next()).map(|label| {
            let within = |t: &&u64| (label.start_ms..=label.end_ms + SLACK_MS).contains(*t);
            Event {
                start_ms: label.start_ms,
                end_ms: label.end_ms,
                counts: overlaps(label, &agent),
                duck: ducks.iter().find(within).copied(),
                taken: yields.iter().find(within).copied(),
                turned_down_ms: ducks.iter().filter(within).map(|duck| lasts(*duck)).sum(),
            }
        });
        let turn_ends = times(EventName::TurnEnd);
        let turn = |label: &CallerSpan| {
            let early = label.end_ms.saturating_sub(FADING_MS);
            // Decided again because of a later sound it counts as late; what follows the reply is no part
            // of it.
            let replied = agent.iter().map(|(from, ..)| *from).find(|from| *from >= label.end_ms);
            let latest = replied.unwrap_or(u64::MAX).min(label.end_ms + LATEST_END_MS);
            let noticed = turn_ends.iter().rfind(|t| (early..latest).contains(*t)).copied();
            Turn {
                cut_off: agent.iter().any(|(from, ..)| (label.start_ms..label.end_ms).contains(from)),
                taken_back: turn_ends.iter().any(|t| (label.start_ms..early).contains(t)),
                wait_ms: noticed.map(|t| t.saturating_sub(label.end_ms)),
            }
        };
        let meant = |kind| matches!(kind, SpanKind::Turn | SpanKind::Interruption);
        Self {
            tape: tape.to_owned(),
            event,
            idle_ducks: count(&ducks, &|t| !belongs(t, DUCK_SLACK_MS, |kind| kind != SpanKind::Noise)),
            false_yields: count(&yields, &|t| !belongs(t, SLACK_MS, meant)),
            idle_yields: count(&yields, &|t| !belongs(t, SLACK_MS, |_| true)),
            agent_ms: agent.iter().map(|(from, to, _)| to - from).sum(),
            turns: labels.iter().filter(|label| label.kind == SpanKind::Turn).map(turn).collect(),
        }
    }

    /// The kind: the name up to its last `_`.
    pub(crate) fn kind(&self) -> &str {
        kind_of(&self.tape)
    }

    pub(crate) fn csv_row(&self, rules: &str) -> String {
        let text = |t: Option<u64>| t.map(|t| t.to_string()).unwrap_or_default();
        let event = |of: fn(&Event) -> Option<u64>| text(self.event.as_ref().and_then(of));
        let waits: Vec<String> = self.turns.iter().map(|turn| text(turn.wait_ms)).collect();
        let turns = |hit: fn(&&Turn) -> bool| self.turns.iter().filter(hit).count();
        format!(
            "{rules},{},{},{},{},{},{},{:.2},{},{},{},{},{}\n",
            self.tape,
            event(|e| Some(e.start_ms)),
            event(|e| Some(e.end_ms)),
            event(|e| Some(e.counts.into())),
            event(|e| e.duck),
            event(|e| e.taken),
            self.agent_ms as f64 / 1_000.0,
            self.idle_ducks,
            self.false_yields,
            turns(|turn| turn.cut_off),
            turns(|turn| turn.taken_back),
            waits.join(" "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(kind: SpanKind, start_ms: u64, end_ms: u64) -> CallerSpan {
        CallerSpan { start_ms, end_ms, kind, text: String::new(), words: None }
    }

    /// A scene of 20 s in which the agent speaks from 5 to 15 s unless the timeline ends it.
    fn scene(label: CallerSpan, timeline: &[(u64, EventName)]) -> Scene {
        let mut all = vec![(5_000, EventName::AgentAudioStart)];
        all.extend(timeline);
        if timeline.iter().all(|(_, event)| *event != EventName::AgentAudioEnd) {
            all.push((15_000, EventName::AgentAudioEnd));
        }
        let timeline: Vec<_> = all.into_iter().map(|(t, event)| TimelineEvent::new(t, event)).collect();
        Scene::new("noise_0001", &[label], &timeline, 20_000)
    }

    #[test]
    fn a_duck_for_noise_is_one_with_nobody_speaking_and_one_for_speech_is_not() {
        let ducks = |kind, at| scene(span(kind, 8_000, 9_000), &[(at, EventName::Duck)]).idle_ducks;
        assert_eq!(ducks(SpanKind::Noise, 8_200), 1);
        assert_eq!(ducks(SpanKind::SideSpeech, 8_200), 0);
        assert_eq!(ducks(SpanKind::SideSpeech, 9_900), 1, "long after it");
    }

    #[test]
    fn of_several_events_the_first_counts_of_the_kind_that_the_scene_is_named_after() {
        let labels = [span(SpanKind::Backchannel, 6_000, 6_400), span(SpanKind::Interruption, 8_000, 9_000)];
        let timeline = [(5_000, EventName::AgentAudioStart), (8_500, EventName::BargeIn)];
        let timeline: Vec<_> = timeline.into_iter().map(|(t, event)| TimelineEvent::new(t, event)).collect();
        let after = |tape| {
            let scene = Scene::new(tape, &labels, &timeline, 10_000);
            scene.event.map(|event| (event.start_ms, event.yield_after()))
        };
        assert_eq!(after("interruption_0001"), Some((8_000, Some(500))));
        assert_eq!(after("echo_0001"), Some((6_000, None)), "none of its kind: the first");
        let turn = Scene::new("turn_0001", &[span(SpanKind::Turn, 6_000, 6_400)], &timeline, 10_000);
        assert!(turn.event.is_none(), "a turn is no event over the agent");
    }

    #[test]
    fn a_duck_lasts_until_the_agent_is_up_or_silent() {
        let timeline = [(8_100, EventName::Duck), (8_600, EventName::Resume), (9_000, EventName::Duck)];
        let event = scene(span(SpanKind::Backchannel, 8_000, 8_400), &timeline).event;
        assert_eq!(event.map(|event| event.turned_down_ms), Some(500 + 6_000), "the second to the end");
        let none = scene(span(SpanKind::Backchannel, 8_000, 8_400), &[]).event;
        assert_eq!(none.map(|event| event.turned_down_ms), Some(0));
    }

    #[test]
    fn a_yield_is_false_unless_somebody_took_the_floor() {
        let yields = |kind, at| {
            let scene =
                scene(span(kind, 8_000, 9_000), &[(at, EventName::BargeIn), (at, EventName::AgentAudioEnd)]);
            (scene.false_yields, scene.idle_yields, scene.event.and_then(|e| e.yield_after()), scene.agent_ms)
        };
        assert_eq!(yields(SpanKind::Interruption, 8_500), (0, 0, Some(500), 3_500));
        assert_eq!(yields(SpanKind::Backchannel, 8_500), (1, 0, Some(500), 3_500));
        assert_eq!(yields(SpanKind::Interruption, 6_000), (1, 1, None, 1_000));
    }

    #[test]
    fn an_event_after_the_agent_has_yielded_or_as_it_ends_does_not_count() {
        let counts = |end, yielded: bool| {
            let mut timeline = vec![(end, EventName::AgentAudioEnd)];
            timeline.extend(yielded.then_some((end, EventName::BargeIn)));
            scene(span(SpanKind::Interruption, 8_000, 8_250), &timeline)
                .event
                .is_some_and(|event| event.counts)
        };
        assert!(counts(15_000, false) && counts(8_200, true) && counts(8_310, false));
        assert!(!counts(7_900, true) && !counts(8_200, false));
    }

    #[test]
    fn a_turn_end_inside_a_hesitation_is_taken_back_and_is_not_the_end() {
        let turn =
            |timeline: &[(u64, EventName)]| scene(span(SpanKind::Turn, 1_000, 4_000), timeline).turns[0];
        let end = |t| (t, EventName::TurnEnd);
        assert_eq!(turn(&[end(4_350)]), Turn { cut_off: false, taken_back: false, wait_ms: Some(350) });
        assert_eq!(turn(&[end(2_000)]), Turn { cut_off: false, taken_back: true, wait_ms: None });
        assert_eq!(turn(&[end(2_000), end(4_350)]).wait_ms, Some(350));
        let reply = (4_900, EventName::AgentAudioStart);
        assert_eq!(turn(&[end(4_350), end(4_800), reply, end(6_000)]).wait_ms, Some(800));
        assert!(turn(&[(3_000, EventName::AgentAudioStart)]).cut_off);
    }
}
