//! The conversation as a state machine, without sockets, threads, clock or randomness.
//!
//! **Time is an argument, and every input may come at any time: late, twice or never.** Drive it
//! like this, live and in replay alike:
//!
//! 1. [`Session::handle`] with the time and an [`Input`];
//! 2. [`Session::poll`] until it returns `None`, carrying out each [`Output`];
//! 3. [`Session::poll_timeout`]: at that time at the latest, `handle(now, Input::Timeout)`.
//!
//! Whatever belongs to a turn carries its [`TurnId`] and whatever belongs to something said
//! carries its [`UtteranceId`]; answers for a turn or utterance that is over are counted and
//! dropped. Every path that starts speech also arms a timer that ends it, so the session can
//! never speak for ever.

mod config;
mod direct;
mod draft;
mod endpointing;
mod id;
mod input;
mod line;
mod listen;
mod output;
mod overlap;
mod speak;
mod state;
#[cfg(test)]
mod tests;
mod think;
mod timer;
mod transcript;
mod unheard;

use std::collections::VecDeque;
use std::time::Duration;

pub use config::{SessionConfig, SessionConfigError};
pub use id::{CallTime, TurnId, UtteranceId};
pub use input::{CallStart, Input, LlmEvent, Provider, SttEvent, TtsEvent};
pub use line::Line;
pub use output::{ClearReason, Output};
pub use state::State;
pub use timer::Timer;
pub use transcript::{Entry, Transcript};

use audio_core::frame::SampleTime;
use crm_api::{CallEventKind, EndReason};
use state::{Drafts, Listening, Phase, Saying, Waiting};
use timer::TimerTable;

/// One call's conversation. See the module's page for how to drive it.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    phase: Phase,
    timers: TimerTable,
    out: VecDeque<Output>,
    transcript: Transcript,
    /// Turn being heard; survives a reply that goes on over the caller's words.
    listening: Listening,
    drafts: Drafts,
    next_turn: u32,
    next_utterance: u32,
    /// Caller turns answered so far: the index of the next reply.
    completed: u32,
    reprompts: u32,
    /// When the caller must have been understood.
    silence_due: CallTime,
    /// Does a speech-to-speech model answer from the caller's voice?
    direct: bool,
    /// How long that model may take to decide that a turn is over, if it is to.
    turn_patience: Option<Duration>,
    /// What was heard after a turn whose words are still to come, that turn first.
    waiting: VecDeque<Waiting>,
    /// The last turn of the caller whose words are known, and the words.
    known: Option<(TurnId, String)>,
    /// A turn that is heard again, for its answer broke off.
    reheard: Option<TurnId>,
    stale: u64,
    started: bool,
}

impl Session {
    /// A session that waits for [`Input::Start`].
    pub fn new(config: SessionConfig) -> Self {
        Self {
            config,
            phase: Phase::Listening,
            timers: TimerTable::default(),
            out: VecDeque::with_capacity(32),
            transcript: Transcript::default(),
            listening: Listening::default(),
            drafts: Drafts::default(),
            next_turn: 0,
            next_utterance: 0,
            completed: 0,
            reprompts: 0,
            silence_due: CallTime(0),
            direct: false,
            turn_patience: None,
            waiting: VecDeque::new(),
            known: None,
            reheard: None,
            stale: 0,
            started: false,
        }
    }

    /// Takes one input. Call [`poll`](Self::poll) until `None` afterwards.
    pub fn handle(&mut self, now: CallTime, input: Input<'_>) {
        debug_assert!(self.out.is_empty(), "outputs must be drained before the next input");
        if matches!(self.phase, Phase::Ended) {
            if !matches!(input, Input::Timeout) {
                self.stale += 1;
            }
            return;
        }
        match input {
            Input::Start(start) => self.on_start(now, start),
            Input::Speech(event) => self.on_speech(now, event),
            Input::Stt { turn, event } => self.on_stt(now, turn, event),
            Input::Llm { turn, event } => self.on_llm(now, turn, event),
            Input::Tts { utterance, event } => self.on_tts(now, utterance, event),
            Input::Playing { utterance } => self.on_playing(now, utterance),
            Input::Mark { utterance } => self.on_mark(now, utterance),
            Input::Direct(direct) => self.on_direct(now, direct),
            Input::Stop(reason) => self.end(now, reason),
            Input::Timeout => self.on_timeout(now),
        }
    }

    /// The next thing to do; drain until `None` after every [`handle`](Self::handle).
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`Input::Timeout`] is due at the latest. Ask again after every `handle`.
    pub fn poll_timeout(&self) -> Option<CallTime> {
        self.timers.next().map(|(at, _)| at)
    }

    /// Where the conversation stands.
    pub fn state(&self) -> State {
        self.phase.state()
    }

    /// What was said so far, by both sides.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Inputs dropped because their turn, utterance or call was over.
    pub fn stale_inputs(&self) -> u64 {
        self.stale
    }

    fn on_start(&mut self, now: CallTime, start: CallStart) {
        if self.started {
            self.stale += 1;
            return;
        }
        self.started = true;
        self.direct = start.direct;
        let patience = Duration::from_millis(start.turn_patience_ms);
        self.turn_patience = (!patience.is_zero()).then_some(patience);
        self.timers.set(Timer::MaxCall, now + self.config.max_call);
        self.out.push_back(Output::Crm(CallEventKind::Started {
            from: start.from,
            to: start.to,
            stream_sid: start.stream_sid,
        }));
        // Whatever an earlier owner of the line left in the buffer is silenced first.
        self.out.push_back(Output::Clear(ClearReason::Greeting));
        if start.greeting.is_empty() {
            return self.return_to_listening(now);
        }
        let turn = self.new_turn();
        self.start_speaking(now, turn, Saying { cached: true, ..start.greeting.into() });
    }

    fn on_timeout(&mut self, now: CallTime) {
        while let Some((at, timer)) = self.timers.next() {
            if at > now {
                return;
            }
            self.timers.stop(timer);
            match timer {
                Timer::Endpointing | Timer::TurnLimit => self.finish_turn(now),
                Timer::Overlap => self.weigh_words_again(now),
                Timer::Draft => self.on_stable_words(),
                Timer::SttFinal => self.on_stt_overdue(now),
                Timer::Words => self.on_words_overdue(now),
                Timer::Reply => self.on_reply_overdue(now),
                Timer::FirstAudio | Timer::Playout => self.on_playout_overdue(now),
                Timer::Silence => self.on_silence(now),
                Timer::Unheard => self.listen_unheard(now),
                Timer::HangUp => self.end(now, EndReason::AgentHangUp),
                Timer::MaxCall => {
                    self.out.push_back(Output::HangUp);
                    self.end(now, EndReason::Silence);
                }
            }
        }
    }

    /// Nobody has spoken for a while.
    fn on_silence(&mut self, now: CallTime) {
        self.stop_listening_unheard();
        if matches!(self.phase, Phase::Listening) && !self.listening.is_open() {
            self.reprompt(now);
        }
    }

    /// Nothing was said, or nothing was understood: asks again, and after a while says goodbye.
    fn reprompt(&mut self, now: CallTime) {
        let turn = self.new_turn();
        if self.reprompts < self.config.max_reprompts {
            self.reprompts += 1;
            let line = self.config.reprompt.clone();
            self.start_speaking(now, turn, line.into());
        } else {
            let line = self.config.goodbye.clone();
            self.start_speaking(now, turn, line.into());
            self.hang_up_after_speech();
        }
    }

    fn end(&mut self, now: CallTime, reason: EndReason) {
        self.commit_answered();
        self.drop_draft();
        match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Speaking(speaking) => {
                self.note_heard(now, &speaking, true);
                self.out.push_back(Output::FlushPlayout);
            }
            Phase::Thinking(thinking) => {
                self.out.push_back(Output::CancelReply { turn: thinking.turn });
                self.commit_turn(thinking);
            }
            Phase::Listening | Phase::Ended => {}
        }
        // A hang-up in mid-sentence keeps the words that were understood.
        if let Some(turn) = self.listening.turn() {
            self.out.push_back(Output::SttCancel { turn });
            self.commit_unfinished(now);
        }
        self.settle_all(now);
        self.timers.stop_all();
        self.out.push_back(Output::Crm(CallEventKind::Ended { reason, duration_ms: now.as_ms() }));
        self.out.push_back(Output::State(State::Ended));
        self.out.push_back(Output::Ended(reason));
    }

    fn set_phase(&mut self, phase: Phase) {
        let before = self.phase.state();
        self.phase = phase;
        let after = self.phase.state();
        if before != after {
            self.out.push_back(Output::State(after));
        }
    }

    /// The single way back to listening: every path that ends speech or thought comes here.
    fn return_to_listening(&mut self, now: CallTime) {
        for timer in [Timer::SttFinal, Timer::Reply, Timer::FirstAudio, Timer::Playout] {
            self.timers.stop(timer);
        }
        self.set_phase(Phase::Listening);
        self.silence_due = now + self.config.silence;
        self.listen(now);
    }

    /// Back to listening after a sound without words: the wait for words goes on.
    fn listen_again(&mut self, now: CallTime) {
        self.timers.stop(Timer::SttFinal);
        if self.silence_due <= now {
            // Sounds, but no words for too long: music, or a line that nobody understands.
            return self.reprompt(now);
        }
        self.set_phase(Phase::Listening);
        self.listen(now);
    }

    fn listen(&mut self, now: CallTime) {
        if self.listening.voice && !self.listening.is_open() {
            // The caller has gone on speaking through the end of a turn.
            self.open_segment(now, SampleTime(now.0 / 125));
        } else if !self.listening.is_open() {
            let soonest = now + self.config.answer_window;
            self.timers.set(Timer::Silence, self.silence_due.max(soonest));
            self.timers.set(Timer::Unheard, now + self.config.unheard);
        }
    }

    fn new_turn(&mut self) -> TurnId {
        self.next_turn += 1;
        TurnId(self.next_turn)
    }

    fn new_utterance(&mut self) -> UtteranceId {
        self.next_utterance += 1;
        UtteranceId(self.next_utterance)
    }
}
