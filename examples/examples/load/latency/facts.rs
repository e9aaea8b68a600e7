//! What was seen, and the times between.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use provider_fakes::openai::Request;
use provider_fakes::speech_socket::Finished;
use provider_fakes::twilio_caller::{CallRecord, Ending, Event};

use super::log::Decisions;
use super::script;

/// A call that was made.
pub(super) struct Call {
    pub(super) caller: u32,
    /// 0: with a cold cache.
    pub(super) round: u32,
    pub(super) sid: String,
    pub(super) record: CallRecord,
}

impl Call {
    /// When the caller saw what `wanted` likes, in order.
    fn seen(&self, wanted: impl Fn(&Event) -> bool) -> impl DoubleEndedIterator<Item = Instant> {
        let liked = self.record.log.iter().filter(move |logged| wanted(&logged.what));
        liked.filter_map(|logged| Some(self.record.opened? + logged.at))
    }

    fn over(&self) -> Option<Instant> {
        self.seen(|event| *event == Event::Over).next()
    }
}

/// A question to the model.
struct Chat {
    at: Instant,
    /// What the agent said first in this call.
    greeting: Option<String>,
    /// The caller's turns so far.
    said: Vec<String>,
}

/// Everything that both sides have of a run.
pub(super) struct Facts {
    pub(super) calls: Vec<Call>,
    pub(super) finished: Vec<Finished>,
    pub(super) chats: Vec<Request>,
    pub(super) speeches: Vec<Request>,
    /// By call.
    pub(super) log: BTreeMap<String, Decisions>,
}

/// All times of a path.
pub(super) type Times = Vec<Duration>;

/// The times of all paths.
#[derive(Debug, Default)]
pub(super) struct Paths {
    pub(super) webhook_cold: Times,
    pub(super) webhook_cached: Times,
    pub(super) start_cached: Times,
    pub(super) turn_to_finalise: Times,
    pub(super) words_to_model: Times,
    pub(super) sentence_to_voice: Times,
    pub(super) yield_to_clear: Times,
    pub(super) mark_to_hang_up: Times,
    pub(super) close_to_gone: Times,
    /// Frames of the agent that reached a caller after `clear` and before the caller's turn was over.
    pub(super) stale: usize,
}

impl Paths {
    pub(super) fn of(facts: &Facts) -> Self {
        let mut paths = Self::default();
        let chats: Vec<Chat> = facts.chats.iter().map(chat).collect();
        let voiced: BTreeMap<String, Instant> =
            facts.speeches.iter().rev().filter_map(|r| Some((spoken(r)?, r.at))).collect();
        let finished: BTreeMap<&str, Instant> =
            facts.finished.iter().map(|finished| (finished.text.as_str(), finished.at)).collect();
        let nothing = Decisions::default();
        for call in &facts.calls {
            let decisions = facts.log.get(&call.sid).unwrap_or(&nothing);
            let greeting = script::greeting(call.caller);
            let (rang, over) = (call.record.rang, call.over().unwrap_or(call.record.rang));
            // The same caller's other calls lie before and after.
            let own =
                |chat: &&Chat| chat.greeting.as_ref() == Some(&greeting) && (rang..=over).contains(&chat.at);
            let own: Vec<&Chat> = chats.iter().filter(own).collect();
            paths.greeting(call);
            for chat in &own {
                paths.turn(chat, decisions, &finished, &voiced);
            }
            paths.interruptions(call, decisions);
            paths.end(call, decisions);
        }
        paths
    }

    fn greeting(&mut self, call: &Call) {
        let first = call.seen(|event| matches!(event, Event::Media(_))).next();
        let Some((first, opened)) = first.zip(call.record.opened) else { return };
        if call.round == 0 {
            self.webhook_cold.push(first - call.record.rang);
        } else {
            self.webhook_cached.push(first - call.record.rang);
            self.start_cached.push(first - opened);
        }
    }

    /// From the end of the caller's turn to the model, and on to the voice where it is the first turn: the goodbye
    /// after the second is the same in all calls, and kept.
    fn turn(
        &mut self,
        chat: &Chat,
        decisions: &Decisions,
        finished: &BTreeMap<&str, Instant>,
        voiced: &BTreeMap<String, Instant>,
    ) {
        let Some(words) = chat.said.last() else { return };
        let Some(&finalised) = finished.get(words.as_str()) else { return };
        self.words_to_model.push(chat.at - finalised);
        if let Some(&ended) = decisions.turn_ends.iter().rfind(|at| **at <= finalised) {
            self.turn_to_finalise.push(finalised - ended);
        }
        if chat.said.len() == 1
            && let Some(&asked) = voiced.get(&script::first_sentence(words))
        {
            self.sentence_to_voice.push(asked - chat.at);
        }
    }

    /// A duck before it has a `clear` of its own, which may arrive when the agent has yielded already: that of the
    /// yield is the last before the caller's turn is over.
    fn interruptions(&mut self, call: &Call, decisions: &Decisions) {
        for yielded in &decisions.yields {
            let next = decisions.turn_ends.iter().find(|at| *at > yielded);
            let meanwhile = |at: &Instant| at >= yielded && next.is_none_or(|next| at < next);
            let Some(clear) = call.seen(|event| *event == Event::Clear).rfind(meanwhile) else { continue };
            self.yield_to_clear.push(clear - *yielded);
            let audio = call.seen(|event| matches!(event, Event::Media(_)));
            self.stale += audio.filter(|at| *at > clear && meanwhile(at)).count();
        }
    }

    fn end(&mut self, call: &Call, decisions: &Decisions) {
        let Some(over) = call.over() else { return };
        if matches!(call.record.ending, Ending::ClosedByBridge(_))
            && let Some(mark) = call.seen(|event| matches!(event, Event::SentMark(_))).next_back()
        {
            self.mark_to_hang_up.push(over - mark);
        }
        if let Some(gone) = decisions.gone {
            // The bridge may have noticed before this side wrote it down.
            self.close_to_gone.push(gone.saturating_duration_since(over));
        }
    }
}

fn chat(request: &Request) -> Chat {
    let greeting = script::said_by(request, "assistant").into_iter().next();
    Chat { at: request.at, greeting, said: script::said_by(request, "user") }
}

/// What a voice was asked to say.
fn spoken(request: &Request) -> Option<String> {
    Some(request.json()["input"].as_str()?.to_owned())
}
