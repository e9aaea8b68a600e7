//! What a replay writes down on its way: the timeline, the turns, what is to be counted.

use audio_core::pipeline::PipelineEvent;
use audio_core::tape::{CallerSpan, SpanKind};
use crm_api::{CallEventKind, Speaker};

use super::report::{BargeInCounts, CrmCounts, ReplayReport, TurnReport};
use super::score::Observed;
use super::timeline::{EventName, TimelineEvent, listed, quoted, rounded, why_resume, why_turn_end};
use crate::session::{CallTime, Output, State};

/// Notes of one call.
#[derive(Debug, Default)]
pub(super) struct Notebook {
    events: Vec<TimelineEvent>,
    turns: Vec<Turn>,
    last_turn_end_ms: u64,
    observed: Observed,
    crm: CrmCounts,
    taken_back: bool,
    /// Turns answered from the caller's voice whose words are still to come.
    wordless: Vec<u32>,
    /// Is the caller speaking?
    pub(super) voice: bool,
    /// Does the caller hear the agent?
    pub(super) audible: bool,
    /// When somebody was last heard.
    pub(super) last_activity_ms: u64,
}

/// A completed turn.
#[derive(Debug)]
struct Turn {
    /// Turns completed before it.
    index: u32,
    /// Which label it is.
    label: Option<usize>,
    report: TurnReport,
}

impl Notebook {
    /// A call of a known caller is a lead at once.
    pub(super) fn caller(&mut self, from: &str) {
        self.crm.leads = u32::from(!from.is_empty());
    }

    pub(super) fn speech(&mut self, t_ms: u64, event: &PipelineEvent) {
        let name = match event {
            PipelineEvent::SpeechStart { .. } => EventName::SpeechStart,
            PipelineEvent::SpeechEnd { .. } => EventName::SpeechEnd,
            _ => return,
        };
        self.voice = name == EventName::SpeechStart;
        self.events.push(TimelineEvent::new(t_ms, name));
    }

    /// The caller begins to hear the agent.
    pub(super) fn agent_starts(&mut self, t_ms: u64) {
        if std::mem::replace(&mut self.audible, true) {
            return;
        }
        self.events.push(TimelineEvent::new(t_ms, EventName::AgentAudioStart));
        self.observed.agent.push((t_ms, u64::MAX, false));
        if let Some(turn) = self.turns.last_mut() {
            turn.report.agent_start_ms.get_or_insert(t_ms);
        }
    }

    /// The caller no longer hears the agent.
    pub(super) fn agent_stops(&mut self, t_ms: u64, yielded: bool) {
        if !std::mem::replace(&mut self.audible, false) {
            return;
        }
        self.events.push(TimelineEvent::new(t_ms, EventName::AgentAudioEnd));
        self.last_activity_ms = t_ms;
        if let Some(last) = self.observed.agent.last_mut() {
            (last.1, last.2) = (t_ms, yielded);
        }
    }

    pub(super) fn output(&mut self, now: CallTime, output: &Output, labels: &[CallerSpan]) {
        let t_ms = now.as_ms();
        let entry = |event| TimelineEvent::new(t_ms, event);
        match output {
            Output::TurnEnd { silence, ending, words, .. } => {
                self.last_turn_end_ms = t_ms;
                self.observed.turn_ends.push(t_ms);
                let why = Some(why_turn_end(*silence, *ending, words));
                self.events.push(TimelineEvent { why, ..entry(EventName::TurnEnd) });
            }
            Output::Reply { index, text, .. } => self.turn(*index, text.clone(), labels),
            // The words come when the turn becomes part of the conversation.
            Output::Answer { index, .. } => {
                self.turn(*index, String::new(), labels);
                self.wordless.retain(|wordless| wordless != index);
                self.wordless.push(*index);
            }
            Output::Clear(reason) => {
                self.events.push(TimelineEvent { reason: Some(*reason), ..entry(EventName::Clear) });
                self.agent_stops(t_ms, true);
            }
            Output::Crm(kind) => self.crm(kind),
            Output::TakenBack { .. } => self.taken_back = true,
            Output::Duck { score, reasons } => {
                let (score, why) = (Some(rounded(*score)), Some(listed(reasons)));
                self.events.push(TimelineEvent { score, why, ..entry(EventName::Duck) });
            }
            Output::Resume { reason, words } => {
                let why = Some(why_resume(*reason, words));
                self.events.push(TimelineEvent { why, ..entry(EventName::Resume) });
            }
            Output::Yield { score, reasons, words } => {
                self.observed.yields.push(t_ms);
                let of_sound = reasons.iter().map(|(name, value)| (name.to_owned(), rounded(value).into()));
                // The sound had not decided yet: words did.
                let named = match words {
                    Some(_) => vec![("words".to_owned(), 1.0.into())],
                    None => of_sound.collect(),
                }
                .into_iter();
                self.events.push(TimelineEvent {
                    score: Some(rounded(*score)),
                    reasons: Some(named.collect()),
                    words: words.clone(),
                    why: Some(match words {
                        Some(words) => format!("the words {}", quoted(words)),
                        None => listed(reasons),
                    }),
                    ..entry(EventName::BargeIn)
                });
            }
            Output::State(state) => {
                let taken_back = std::mem::take(&mut self.taken_back);
                let why = taken_back
                    .then(|| "the turn's end is taken back: the caller goes on before the reply".to_owned());
                self.events.push(TimelineEvent { state: Some(*state), why, ..entry(EventName::State) });
            }
            _ => {}
        }
    }

    /// A turn is complete. A turn that went on after a hesitation replaces its first part.
    fn turn(&mut self, index: u32, text: String, labels: &[CallerSpan]) {
        self.turns.retain(|turn| turn.index != index);
        let detected_end_ms = self.last_turn_end_ms;
        // The last thing the caller is labelled to have said, unless an earlier turn was that.
        let is_turn = |l: &CallerSpan| matches!(l.kind, SpanKind::Turn | SpanKind::Interruption);
        let label = labels.iter().rposition(|l| is_turn(l) && l.start_ms < detected_end_ms);
        let label = label.filter(|label| self.turns.iter().all(|turn| turn.label != Some(*label)));
        let caller_end_ms = label.map(|label| labels[label].end_ms);
        let report = TurnReport { caller_end_ms, detected_end_ms, agent_start_ms: None, text };
        self.turns.push(Turn { index, label, report });
    }

    /// The words of the first turn that was answered without them.
    fn write_down(&mut self, text: &str) {
        let turns = &mut self.turns;
        self.wordless.retain(|index| turns.iter().any(|turn| turn.index == *index));
        if self.wordless.is_empty() {
            return;
        }
        let index = self.wordless.remove(0);
        if let Some(turn) = turns.iter_mut().find(|turn| turn.index == index) {
            text.clone_into(&mut turn.report.text);
        }
    }

    fn crm(&mut self, kind: &CallEventKind) {
        match kind {
            CallEventKind::Started { .. } => self.crm.calls += 1,
            CallEventKind::Turn { speaker: Speaker::Caller, text, .. } => {
                self.crm.turns += 1;
                self.write_down(text);
            }
            CallEventKind::LeadFields { .. } => self.crm.leads = 1,
            _ => {}
        }
    }

    /// The report. `labels` is `None` for a tape without ground truth; `stopped`: the final stop
    /// was none of the session's decisions and leaves the timeline.
    pub(super) fn report(
        mut self,
        tape: &str,
        end_ms: u64,
        final_state: State,
        stopped: bool,
        labels: Option<&[CallerSpan]>,
    ) -> ReplayReport {
        self.agent_stops(end_ms, false);
        self.observed.end_ms = end_ms;
        if stopped {
            self.events.retain(|e| e.state != Some(State::Ended));
        }
        let turns = self.turns.into_iter().map(|turn| turn.report).collect();
        ReplayReport {
            tape: tape.to_owned(),
            duration_ms: end_ms,
            turns,
            barge_in: labels.map_or_else(BargeInCounts::default, |l| self.observed.barge_in(l)),
            cut_off_turns: labels.map(|l| self.observed.cut_off_turns(l)),
            missed_turns: labels.map(|l| self.observed.missed_turns(l)),
            allocations_in_pipeline: 0,
            diverged_ms: None,
            us_per_frame_p50: None,
            us_per_frame_p99: None,
            final_state,
            crm: self.crm,
            events: self.events,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::TurnId;

    #[test]
    fn a_turn_end_that_is_taken_back_says_so() {
        let mut notes = Notebook::default();
        for output in [
            Output::TakenBack { turn: TurnId(1) },
            Output::State(State::Listening),
            Output::State(State::Thinking),
        ] {
            notes.output(CallTime::from_ms(20), &output, &[]);
        }
        let why: Vec<Option<&str>> = notes.events.iter().map(|event| event.why.as_deref()).collect();
        assert_eq!(why, [Some("the turn's end is taken back: the caller goes on before the reply"), None]);
    }
}
