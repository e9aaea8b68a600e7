//! What the server says, and what it means for the call.

use super::call::RealtimeCall;
use super::task::reason_of;
use super::turns::Placed;
use super::wire::{self, Event};
use crate::providers::RealtimeOutput;
use crate::providers::SttResult;
use crate::providers::net::{Phase, ProviderError};
use crate::providers::openai::NAME;
use crate::session::CallTime;

impl RealtimeCall {
    pub(super) fn on_event(&mut self, now: CallTime, event: Event) {
        match event {
            Event::Committed { item } => match self.turns.committed(&item) {
                Placed::Asked => {}
                Placed::ByServer(turn) => {
                    self.out.push_back(RealtimeOutput::Heard(turn, SttResult::TurnOver));
                }
                Placed::Unwanted => self.send(wire::delete(&item)),
            },
            Event::HeardMore { item, delta } => {
                if let Some((turn, text)) = self.turns.heard_more(&item, &delta) {
                    self.out.push_back(RealtimeOutput::Heard(turn, SttResult::Partial(text)));
                }
            }
            Event::Heard { item, text } => self.on_words(&item, Some(&text)),
            Event::NotHeard { item, why } => {
                tracing::warn!(provider = NAME, why, "the caller's words are not written down");
                self.on_words(&item, None);
            }
            Event::Begun { response, turn } => self.on_begun(response, turn),
            Event::Audio { response, item, ulaw } => self.on_audio(now, &response, &item, &ulaw),
            Event::AudioDone { response, item } => self.on_audio_done(now, &response, &item),
            Event::Words { response, item, delta } => self.on_response_words(now, &response, &item, delta),
            Event::Done { response, status, detail, calls, tokens } => {
                Self::count_tokens(tokens);
                self.on_done(now, &response, (status, &detail), calls);
            }
            Event::Error { kind, code, message } => self.on_error(now, &kind, &code, &message),
            Event::Session { .. } | Event::Other => {}
        }
    }

    fn on_words(&mut self, item: &str, text: Option<&str>) {
        if let Some((turn, text)) = self.turns.heard(item, text) {
            self.out.push_back(RealtimeOutput::Heard(turn, SttResult::Final(text)));
        }
    }

    /// Most errors say that a message came too late. Some end the session.
    fn on_error(&mut self, now: CallTime, kind: &str, code: &str, message: &str) {
        if let Some(reason) = reason_of(kind, code) {
            let detail = format!("{kind} {code}: {message}");
            return self.on_lost(now, &ProviderError::new(NAME, Phase::Answer, reason, detail));
        }
        tracing::debug!(provider = NAME, kind, code, message, "refused");
        match code {
            "input_audio_buffer_commit_empty" => {
                if let Some(turn) = self.turns.commit_failed() {
                    self.out.push_back(RealtimeOutput::Heard(turn, SttResult::Final(String::new())));
                }
            }
            // It is asked for again once the server says that it is free.
            "conversation_already_has_active_response" => self.wanted = self.asked.pop_front(),
            _ => {}
        }
    }
}
