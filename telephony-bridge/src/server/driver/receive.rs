//! What comes from the far end.

use std::time::Instant;

use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, WireFrame};
use axum::extract::ws::Message as WsMessage;
use crm_api::EndReason;

use super::finish::Leave;
use super::{ARRIVALS, Driver, numbers};
use crate::tape::{Payload, Wire, WireInput};
use crate::twilio::{Body, parse};

/// A stream that sends this much nonsense is closed.
const MAX_BAD_MESSAGES: u32 = 100;
/// Caller frames that may wait for the engine: five seconds.
const MAX_BACKLOG: usize = 250;

impl Driver {
    pub(super) fn on_message(&mut self, message: &WsMessage) -> Option<Leave> {
        self.received += 1;
        let text = match message {
            WsMessage::Text(text) => text.as_str(),
            WsMessage::Close(_) => {
                self.far_end_closed = true;
                return Some(Leave::Stop(EndReason::SocketLost));
            }
            WsMessage::Binary(_) => "",
            WsMessage::Pong(_) => {
                if let Some(after) = self.keepalive.pong(Instant::now()) {
                    metrics::histogram!(numbers::PING).record(after.as_secs_f64());
                    self.status.pong(after);
                }
                return None;
            }
            WsMessage::Ping(_) => return None,
        };
        let message = match parse(text) {
            Ok(message) => message,
            Err(error) => return self.on_bad_message(&error.to_string()),
        };
        match message.body {
            Body::Media(media) if media.is_inbound() => {
                let room = media.room();
                if self.media.len() < room {
                    self.media.resize(room, 0);
                }
                match media.decode(&mut self.media) {
                    Ok(bytes) => {
                        let bytes = bytes.len();
                        self.on_media(media.timestamp_ms, bytes);
                    }
                    Err(error) => return self.on_bad_message(&error.to_string()),
                }
            }
            Body::Mark { name } => {
                if let Some(utterance) = self.marks.heard(&name) {
                    self.feed(WireInput::Mark(utterance));
                }
            }
            Body::Dtmf { digit } => self.record(Wire::Dtmf { digit }),
            Body::Stop => return Some(Leave::Stop(EndReason::CallerHangUp)),
            _ => {}
        }
        None
    }

    /// A message that makes no sense harms nobody; a stream of them is closed.
    fn on_bad_message(&mut self, why: &str) -> Option<Leave> {
        self.bad_messages += 1;
        metrics::counter!(crate::metrics::MESSAGES_IGNORED, "reason" => "malformed").increment(1);
        if self.bad_messages == 1 {
            tracing::warn!(call_sid = %self.call_sid, why, "message ignored");
        }
        (self.bad_messages >= MAX_BAD_MESSAGES).then_some(Leave::Stop(EndReason::Failed))
    }

    fn on_media(&mut self, timestamp_ms: Option<u64>, bytes: usize) {
        let now = Instant::now();
        let t_us = self.clock.now();
        let Self { framer, first_frame, backlog, recorder, arrivals, media, dropped_in, .. } = self;
        // Audio that begins late keeps the call's time, not its own.
        let begun_ms = t_us.as_ms().saturating_sub(u64::from(FRAME_MS));
        let offset = *first_frame.get_or_insert((begun_ms / u64::from(FRAME_MS)) as u32);
        framer.push(timestamp_ms, &media[..bytes], |frame| {
            let frame = &WireFrame {
                seq: frame.seq + offset,
                timestamp: frame.timestamp + offset * FRAME_SAMPLES as u32,
                ..*frame
            };
            arrivals[frame.seq as usize % ARRIVALS] = now;
            if backlog.len() == MAX_BACKLOG {
                *dropped_in += 1;
                return;
            }
            backlog.push_back(*frame);
            if let Some(recorder) = recorder {
                let (seq, timestamp) = (frame.seq, frame.timestamp);
                recorder.line(t_us, Wire::MediaIn { seq, timestamp, payload: Payload(frame.payload) });
            }
        });
        self.push_backlog();
    }

    /// Gives the engine what it has room for. What the network held back comes in a burst and waits
    /// here; nothing of it is lost.
    pub(super) fn push_backlog(&mut self) {
        if self.backlog.is_empty() {
            return;
        }
        for _ in 0..self.handle.wire_queue_free() {
            let Some(frame) = self.backlog.pop_front() else { return };
            // Refused only by a chain that has stopped; the loop notices that by itself.
            let _ = self.handle.push_wire(&frame);
        }
    }
}

/// Is it the caller's audio?
pub(super) fn is_media(message: &WsMessage) -> bool {
    matches!(message, WsMessage::Text(text) if parse(text).is_ok_and(|m| matches!(m.body, Body::Media(_))))
}
