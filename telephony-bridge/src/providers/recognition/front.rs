//! A call's end of it: what the session's driver gives and polls.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use audio_core::codec::ulaw;
use audio_core::frame::{CleanFrame, FRAME_SAMPLES, SampleTime, ULAW_SILENCE, WIRE_RATE};

use super::task::{Command, run};
use super::turn::Outcome;
use super::{Limits, Recogniser};
use crate::providers::net::{CallNet, Health, History, Worker};
use crate::providers::{SpeechFrame, Stt, SttResult};
use crate::session::{CallTime, TurnId};

/// A recogniser hears the line from this long before the voice was noticed: the first sound of a word is soft.
const LOOK_BACK: Duration = Duration::from_millis(200);
/// How much of the line is kept while nobody speaks…
const IDLE: Duration = Duration::from_secs(2);
/// …and of a turn, which may be taken back and heard again together with what follows.
const LONGEST: Duration = Duration::from_secs(60);
/// Commands that may wait for the task: 10 s of audio.
const COMMANDS: usize = 512;
/// Results that may wait for the driver.
const RESULTS: usize = 64;

/// Streaming recognition for one call.
pub struct StreamingStt<R: Recogniser> {
    net: CallNet,
    recogniser: Arc<R>,
    health: Arc<Health>,
    limits: Limits,
    worker: Worker<Command, Outcome>,
    history: History,
    /// Frames came since the last poll, outside a turn: all of them are kept. A chain that puts this
    /// recogniser in charge in the middle of a turn gives the turn so far in one burst, and starts it then.
    burst: bool,
    /// The turn that is being heard.
    open: Option<TurnId>,
    /// Turns that are over and whose words are awaited, with the end of their audio.
    awaited: Vec<(TurnId, SampleTime)>,
    /// The words before this were delivered for good.
    delivered: SampleTime,
    /// End of the line's audio so far.
    end: SampleTime,
    failed: VecDeque<TurnId>,
}

impl<R: Recogniser> std::fmt::Debug for StreamingStt<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamingStt")
            .field("provider", &self.health.provider())
            .field("open", &self.open)
            .field("awaited", &self.awaited)
            .finish_non_exhaustive()
    }
}

impl<R: Recogniser> StreamingStt<R> {
    /// Recognition for the call of `net`. Must be called on a tokio runtime: it opens its first stream now,
    /// where opening takes time.
    pub fn new(net: &CallNet, recogniser: Arc<R>, health: Arc<Health>, limits: Limits) -> Self {
        let worker = spawn(net, &recogniser, &health, limits);
        Self {
            net: net.clone(),
            recogniser,
            health,
            limits,
            worker,
            history: History::new(IDLE, LONGEST),
            burst: false,
            open: None,
            awaited: Vec::new(),
            delivered: SampleTime(0),
            end: SampleTime(0),
            failed: VecDeque::new(),
        }
    }

    fn send(&mut self, command: Command) {
        if let Err(refused) = self.worker.send(command) {
            tracing::warn!(provider = self.health.provider(), %refused, "recognition begins anew");
            self.begin_anew();
        }
    }

    /// The task is gone or does not get on: another one, and the turns it had have failed.
    fn begin_anew(&mut self) {
        self.worker = spawn(&self.net, &self.recogniser, &self.health, self.limits);
        self.failed.extend(self.awaited.drain(..).map(|(turn, _)| turn));
        self.failed.extend(self.open.take());
    }

    fn is_idle(&self) -> bool {
        self.open.is_none() && self.awaited.is_empty()
    }

    fn is_wanted(&self, turn: TurnId) -> bool {
        self.open == Some(turn) || self.awaited.iter().any(|(awaited, _)| *awaited == turn)
    }

    /// The turn is over for good: was it heard up to its end?
    fn close(&mut self, turn: TurnId, heard: bool) {
        if let Some(index) = self.awaited.iter().position(|(awaited, _)| *awaited == turn) {
            let (_, end) = self.awaited.remove(index);
            if heard {
                self.delivered = self.delivered.max(end);
            }
        }
        self.open.take_if(|open| *open == turn);
    }
}

fn spawn<R: Recogniser>(
    net: &CallNet,
    recogniser: &Arc<R>,
    health: &Arc<Health>,
    limits: Limits,
) -> Worker<Command, Outcome> {
    let (recogniser, health) = (Arc::clone(recogniser), Arc::clone(health));
    net.spawn(COMMANDS, RESULTS, move |inbox, outbox| run(recogniser, health, limits, inbox, outbox))
}

/// A time in samples of the line.
const fn samples(time: Duration) -> u64 {
    time.as_millis() as u64 * WIRE_RATE as u64 / 1_000
}

fn coded(frame: &CleanFrame) -> SpeechFrame {
    let mut codes = [ULAW_SILENCE; FRAME_SAMPLES];
    ulaw::encode_slice(&frame.pcm, &mut codes);
    codes
}

impl<R: Recogniser> Stt for StreamingStt<R> {
    fn start(&mut self, turn: TurnId, from: SampleTime) {
        let from = SampleTime(from.0.saturating_sub(samples(LOOK_BACK))).max(self.delivered);
        self.history.hold(from);
        self.burst = false;
        let frames: Vec<&CleanFrame> = self.history.since(from).collect();
        let from = frames.first().map_or(self.end, |frame| frame.at);
        let audio = frames.into_iter().flat_map(coded).collect();
        self.open = Some(turn);
        self.send(Command::Start { turn, from, audio });
    }

    fn audio(&mut self, frame: &CleanFrame) {
        if self.is_idle() && !self.burst {
            self.burst = true;
            self.history.hold(SampleTime(frame.at.0.saturating_sub(samples(IDLE))));
        }
        self.history.push(frame);
        self.end = SampleTime(frame.at.0 + FRAME_SAMPLES as u64);
        if self.open.is_some() {
            self.send(Command::Audio(coded(frame)));
        }
    }

    fn finish(&mut self, _now: CallTime, turn: TurnId) {
        if self.open.take_if(|open| *open == turn).is_some() {
            self.awaited.push((turn, self.end));
            self.send(Command::Finish(turn));
        }
    }

    fn cancel(&mut self, turn: TurnId) {
        self.failed.retain(|failed| *failed != turn);
        if self.is_wanted(turn) {
            self.close(turn, false);
            self.send(Command::Cancel(turn));
        }
    }

    fn poll(&mut self, _now: CallTime) -> Option<(TurnId, SttResult)> {
        while let Some((turn, result)) = self.worker.poll() {
            if !self.is_wanted(turn) {
                continue;
            }
            if !matches!(result, SttResult::Partial(_)) {
                self.close(turn, matches!(result, SttResult::Final(_)));
            }
            return Some((turn, result));
        }
        if self.is_idle() {
            // A turn that was cancelled and is heard again starts before this.
            self.history.release();
            self.burst = false;
        } else if self.worker.has_ended() {
            self.begin_anew();
        }
        self.failed.pop_front().map(|turn| (turn, SttResult::Failed))
    }

    /// What comes is there when it comes, and wakes the driver.
    fn poll_timeout(&self) -> Option<CallTime> {
        None
    }
}
