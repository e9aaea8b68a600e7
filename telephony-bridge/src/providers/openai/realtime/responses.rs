//! What the model's responses do to the answer at hand.

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::Using;
use super::call::RealtimeCall;
use super::wire::{self, Status};
use crate::providers::RealtimeOutput;
use crate::providers::net::{Phase, ProviderError, Reason, numbers};
use crate::providers::openai::stopgap::{FILLER_AFTER, GOODBYE, MAX_ROUNDS, filler, hand_over};
use crate::providers::openai::tools::{END_CALL, TRANSFER};
use crate::providers::openai::{NAME, ToolCall};
use crate::session::{CallTime, Line, LlmEvent, TurnId};

/// Longest use of tools that an answer waits for.
const TOOL_LIMIT: Duration = Duration::from_secs(5);

impl RealtimeCall {
    fn emit(&mut self, turn: TurnId, event: LlmEvent) {
        self.out.push_back(RealtimeOutput::Answer(turn, event));
    }

    fn say(&mut self, turn: TurnId, text: &str) {
        if let Some(answer) = &mut self.answer {
            answer.said = true;
        }
        self.emit(turn, LlmEvent::Sentence(Line::text(text)));
    }

    /// The answer this response belongs to, if it is still wanted: something of it has come.
    fn progress(&mut self, now: CallTime, response: &str) -> Option<TurnId> {
        let limit = self.limit;
        let answer = self.answer.as_mut().filter(|a| a.response.as_deref() == Some(response))?;
        answer.due = Some(now + limit);
        Some(answer.turn)
    }

    pub(super) fn on_begun(&mut self, response: String, turn: Option<TurnId>) {
        let asked = self.asked.pop_front();
        self.active = Some(response.clone());
        match &mut self.answer {
            Some(answer) if turn.or(asked) == Some(answer.turn) => answer.response = Some(response),
            // Nobody waits for it any more.
            _ => self.send(wire::cancel(&response)),
        }
    }

    pub(super) fn on_audio(&mut self, now: CallTime, response: &str, item: &str, ulaw: &[u8]) {
        let Some(turn) = self.progress(now, response) else { return };
        match self.items.audio(item, turn, ulaw) {
            Ok(first) => {
                let Some(words) = first else { return };
                if let Some(answer) = &mut self.answer {
                    answer.said = true;
                    if let Some(asked) = answer.asked.take() {
                        self.model.health().first_result(asked.elapsed());
                    }
                }
                self.emit(turn, LlmEvent::Spoken(words));
            }
            Err(limit_ms) => {
                let detail = format!("more than {limit_ms} ms in one go");
                self.give_up(now, &ProviderError::new(NAME, Phase::Answer, Reason::Garbage, detail));
            }
        }
    }

    pub(super) fn on_audio_done(&mut self, now: CallTime, response: &str, item: &str) {
        if self.progress(now, response).is_some() {
            self.items.done(item);
        }
    }

    pub(super) fn on_response_words(&mut self, now: CallTime, response: &str, item: &str, words: String) {
        let Some(turn) = self.progress(now, response) else { return };
        if let Some(words) = self.items.words(item, turn, words) {
            self.emit(turn, LlmEvent::Words(words));
        }
    }

    pub(super) fn on_done(
        &mut self,
        now: CallTime,
        response: &str,
        (status, detail): (Status, &str),
        calls: Vec<ToolCall>,
    ) {
        self.active.take_if(|active| active == response);
        let turn = self.progress(now, response);
        if let Some(turn) = turn {
            self.items.all_done();
            match status {
                Status::Failed => {
                    let reason = match detail {
                        d if d.contains("rate_limit") || d.contains("insufficient_quota") => {
                            Reason::Quota { retry_after: None }
                        }
                        _ => Reason::Server,
                    };
                    return self.give_up(now, &ProviderError::new(NAME, Phase::Answer, reason, detail));
                }
                // The server thought that it was interrupted, and we do not.
                Status::Cancelled if !self.has_said() && self.next_round() => self.ask(turn),
                Status::Cancelled | Status::Incomplete | Status::Completed => {
                    self.model.health().succeeded();
                    self.after(now, turn, calls);
                }
            }
        }
        if let Some(turn) = self.wanted.take() {
            self.ask(turn);
        }
    }

    fn has_said(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.said)
    }

    fn next_round(&mut self) -> bool {
        let Some(answer) = &mut self.answer else { return false };
        answer.rounds += 1;
        answer.rounds <= MAX_ROUNDS
    }

    /// The response is over: tools are used, or the answer is complete.
    fn after(&mut self, now: CallTime, turn: TurnId, calls: Vec<ToolCall>) {
        let (mut hang_up, mut transfer) = (false, false);
        let mut others = Vec::new();
        for call in calls {
            match call.name.as_str() {
                END_CALL => hang_up = true,
                TRANSFER if self.tools.can_transfer() => transfer = true,
                _ => {
                    others.push(call);
                    continue;
                }
            }
            self.send(wire::tool_output(&call.id, "{\"ok\":true}"));
        }
        if !others.is_empty() {
            self.use_tools(now, turn, others);
            if !(hang_up || transfer) && self.next_round() {
                if let Some(answer) = &mut self.answer {
                    (answer.response, answer.due) = (None, None);
                    answer.filler_at = Some(now + FILLER_AFTER);
                }
                return;
            }
        }
        if !self.has_said() {
            match (transfer, hang_up) {
                (true, _) => self.say(turn, hand_over(self.brief.gender)),
                (false, true) => self.say(turn, GOODBYE),
                (false, false) => {
                    let detail = "an answer without a word to say";
                    return self
                        .give_up(now, &ProviderError::new(NAME, Phase::Answer, Reason::Garbage, detail));
                }
            }
        }
        (self.answer, self.finished) = (None, None);
        self.emit(turn, LlmEvent::Done { fields: BTreeMap::new(), hang_up, transfer });
    }

    /// Uses the tools, one after the other. An interruption does not cancel them.
    fn use_tools(&mut self, now: CallTime, turn: TurnId, calls: Vec<ToolCall>) {
        let tools = self.tools.clone();
        let left = calls.iter().map(|call| call.id.clone()).collect();
        let worker = self.net.spawn(1, calls.len(), move |_, outbox| async move {
            for (index, call) in calls.iter().enumerate() {
                let result = tools.call(turn, index, call).await;
                outbox.send((call.id.clone(), result)).await;
            }
        });
        self.using.push(Using { turn, left, until: now + TOOL_LIMIT, worker });
    }

    /// Results of tools go to the model, which then goes on.
    pub(super) fn poll_tools(&mut self, now: CallTime) {
        let mut using = std::mem::take(&mut self.using);
        using.retain_mut(|using| {
            let ended = using.worker.has_ended();
            while let Some((call, result)) = using.worker.poll() {
                using.left.retain(|left| *left != call);
                self.send(wire::tool_output(&call, &result));
            }
            if !using.left.is_empty() && (ended || now >= using.until) {
                for call in using.left.drain(..) {
                    let result = "{\"ok\":false,\"error\":\"not available now\"}";
                    self.send(wire::tool_output(&call, result));
                }
            }
            if !using.left.is_empty() {
                return true;
            }
            let limit = self.limit;
            if let Some(answer) = self.answer.as_mut().filter(|answer| answer.turn == using.turn) {
                (answer.due, answer.filler_at) = (Some(now + limit), None);
                self.ask(using.turn);
            }
            false
        });
        using.append(&mut self.using);
        self.using = using;
        let waits = self.answer.as_mut().filter(|a| !a.said && a.filler_at.is_some_and(|at| now >= at));
        if let Some(answer) = waits {
            answer.filler_at = None;
            let turn = answer.turn;
            self.say(turn, filler(self.brief.gender));
        }
    }

    /// What the answers cost.
    pub(super) fn count_tokens((input, output): (u64, u64)) {
        metrics::counter!(numbers::TOKENS, "direction" => "in").increment(input);
        metrics::counter!(numbers::TOKENS, "direction" => "out").increment(output);
    }
}
