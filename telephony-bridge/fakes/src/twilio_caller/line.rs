//! The caller's line as a state machine: ticks of 20 ms and messages in, messages out. No socket.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::playout::{Playout, TICK};
use super::{CallRecord, Caller, Event, Injection, Logged, Wire};

const TICK_MS: u64 = 20;
const SILENCE: u8 = 0xff;

/// A line in use.
pub(super) struct Line {
    caller: Caller,
    wire: Wire,
    playout: Playout,
    record: CallRecord,
    /// What was said on an earlier stream of the call.
    base: usize,
    ticks: u64,
    /// Samples sent.
    sent: usize,
    next_size: usize,
    next_injection: usize,
    audible: bool,
    /// When the agent was last audible, in ms of the line.
    last_audible_ms: u64,
}

impl Line {
    pub(super) fn new(caller: Caller, wire: Wire, record: CallRecord) -> Self {
        let base = record.said.len();
        Self {
            caller,
            wire,
            playout: Playout::default(),
            record,
            ticks: 0,
            base,
            sent: 0,
            next_size: 0,
            next_injection: 0,
            audible: false,
            last_audible_ms: 0,
        }
    }

    /// The stream is open.
    pub(super) fn opened(&self) {
        if let Some(lean) = &self.caller.lean {
            lean.opened();
        }
    }

    /// 20 ms pass, `at` after the stream was opened: what the caller sends now.
    pub(super) fn tick(&mut self, at: Duration) -> Vec<Message> {
        let mut out = Vec::new();
        let mut heard = [SILENCE; TICK];
        let (marks, played) = self.playout.tick(&mut heard);
        self.hear(at, played);
        if self.caller.lean.is_some() {
            self.say_lean(&heard, &mut out);
        } else {
            self.say(at, &heard, &mut out);
        }
        for name in marks {
            self.return_mark(at, name, &mut out);
        }
        self.inject(at, &mut out);
        out
    }

    /// The caller's next 20 ms.
    fn say(&mut self, at: Duration, heard: &[u8; TICK], out: &mut Vec<Message>) {
        self.record.heard.extend_from_slice(heard);
        let mut said = [SILENCE; TICK];
        let start = self.ticks as usize * TICK;
        let left = self.caller.audio.get(start..).unwrap_or_default();
        let n = left.len().min(TICK);
        said[..n].copy_from_slice(&left[..n]);
        if let Some(line) = &mut self.caller.line {
            line(&mut said, heard);
        }
        self.record.said.extend_from_slice(&said);
        self.ticks += 1;
        loop {
            let size = self.caller.payload_sizes[self.next_size % self.caller.payload_sizes.len()];
            let from = self.base + self.sent;
            let Some(payload) = self.record.said.get(from..from + size) else {
                break;
            };
            out.push(text(self.wire.media(self.sent, payload)));
            self.log(at, Event::SentMedia(size));
            self.sent += size;
            self.next_size += 1;
        }
    }

    /// The same for one of hundreds.
    fn say_lean(&mut self, heard: &[u8; TICK], out: &mut Vec<Message>) {
        let mut said = [SILENCE; TICK];
        let Some(lean) = &self.caller.lean else { return };
        if lean.say(self.ticks, &mut said) {
            if let Some(line) = &mut self.caller.line {
                line(&mut said, heard);
            }
            out.push(text(self.wire.media(self.sent, &said)));
            self.sent += TICK;
        }
        self.ticks += 1;
    }

    /// A message of the bridge: what the caller answers at once.
    pub(super) fn receive(&mut self, at: Duration, message: &str) -> Vec<Message> {
        let mut out = Vec::new();
        let value: Value = serde_json::from_str(message).unwrap_or(Value::Null);
        let ours = value["streamSid"] == self.caller.stream_sid.as_str();
        match value["event"].as_str() {
            Some("media") if ours => {
                let payload = value["media"]["payload"].as_str().map(|text| STANDARD.decode(text));
                match payload {
                    Some(Ok(mulaw)) => {
                        self.log(at, Event::Media(mulaw.len()));
                        self.playout.audio(&mulaw);
                    }
                    _ => self.log(at, Event::Nonsense(message.to_owned())),
                }
            }
            Some("mark") if ours && value["mark"]["name"].is_string() => {
                let name = value["mark"]["name"].as_str().unwrap_or_default().to_owned();
                self.log(at, Event::Mark(name.clone()));
                if let Some(name) = self.playout.mark(name) {
                    self.return_mark(at, name, &mut out);
                }
            }
            Some("clear") if ours => {
                self.log(at, Event::Clear);
                for name in self.playout.clear() {
                    self.return_mark(at, name, &mut out);
                }
                self.hear(at, 0);
            }
            _ => self.log(at, Event::Nonsense(message.to_owned())),
        }
        out
    }

    /// The caller hangs up: what is sent last.
    pub(super) fn stop(&mut self, at: Duration) -> Message {
        self.log(at, Event::Sent("stop".to_owned()));
        text(self.wire.stop())
    }

    /// There is no stream any more.
    pub(super) fn over(&mut self, at: Duration) {
        self.log(at, Event::Over);
    }

    /// Does the connection break now?
    pub(super) fn breaks(&self) -> bool {
        self.caller.faults.drop_after_ms.is_some_and(|ms| self.now_ms() >= ms)
    }

    /// Does the caller hang up now?
    pub(super) fn hangs_up(&self) -> bool {
        if let Some(lean) = &self.caller.lean {
            return lean.hangs_up();
        }
        let now = self.now_ms();
        if self.caller.hang_up_ms.is_some_and(|ms| now >= ms) {
            return true;
        }
        let said_ms = self.caller.audio.len() as u64 / 8;
        let quiet_since = said_ms.max(self.last_audible_ms);
        let idle = self.playout.is_empty() && now >= quiet_since + self.caller.idle_ms;
        idle || now >= said_ms + self.caller.patience_ms
    }

    /// Length of the call so far, in ms of the line.
    pub(super) const fn now_ms(&self) -> u64 {
        self.ticks * TICK_MS
    }

    /// What is left of the line: who called, and what was seen.
    pub(super) fn finish(mut self) -> (Caller, CallRecord) {
        self.record.line_ms = self.now_ms();
        (self.caller, self.record)
    }

    fn hear(&mut self, at: Duration, played: usize) {
        let audible = played > 0;
        if audible {
            self.last_audible_ms = self.now_ms() + TICK_MS;
        }
        if audible != self.audible {
            self.audible = audible;
            self.log(at, if audible { Event::AgentAudible } else { Event::AgentSilent });
        }
    }

    fn return_mark(&mut self, at: Duration, name: String, out: &mut Vec<Message>) {
        out.push(text(self.wire.mark(&name)));
        self.log(at, Event::SentMark(name));
    }

    fn inject(&mut self, at: Duration, out: &mut Vec<Message>) {
        while let Some((ms, injection)) = self.caller.injections.get(self.next_injection)
            && *ms <= self.now_ms()
        {
            let message = match injection {
                Injection::Dtmf(digit) => text(self.wire.dtmf(*digit)),
                Injection::Text(raw) => text(raw.clone()),
                Injection::Binary(bytes) => Message::binary(bytes.clone()),
                Injection::Close => Message::Close(None),
            };
            let what: String = message.to_string().chars().take(80).collect();
            out.push(message);
            self.log(at, Event::Sent(what));
            self.next_injection += 1;
        }
    }

    fn log(&mut self, at: Duration, what: Event) {
        if let Some(lean) = &self.caller.lean {
            match what {
                Event::Media(_) => lean.heard(),
                Event::Nonsense(_) => lean.puzzled(),
                _ => {}
            }
            return;
        }
        let line_ms = self.now_ms();
        self.record.log.push(Logged { at, line_ms, what });
    }
}

fn text(json: String) -> Message {
    Message::text(json)
}
