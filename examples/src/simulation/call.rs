//! One simulated call: the real session and its providers, the far end, a caller, and what must always hold.

use std::collections::HashMap;
use std::time::Duration;

use audio_core::pipeline::PipelineEvent;
use crm_api::{CallEventKind, EndReason, Speaker};
use telephony_bridge::providers::{Providers, RealtimeOutput, TtsOutput, length_ms};
use telephony_bridge::session::{
    CallStart, CallTime, Input, Line, LlmEvent, Output, Session, SessionConfig, State, TtsEvent, UtteranceId,
};

use super::caller::Caller;
use super::early::Early;
use super::far_end::{FarEnd, Heard};
use super::providers::providers;
use super::realtime::{Broken, direct};
use super::rng::Rng;

/// The longest that a caller may hear nothing while the agent has the floor or thinks: a late transcript
/// (1.5 s), a late reply (6 s), a voice that does not come (3 s), a mark that does not (3 s), and the caller's own
/// voice in between (5 s).
const LONGEST_QUIET: Duration = Duration::from_millis(18_500);
/// Inputs at one moment from which on time no longer passes.
const LIVELOCK: u32 = 10_000;

/// What a call was like.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallFigures {
    /// Inputs of the session.
    pub inputs: u64,
    /// Replies asked for…
    pub replies: u64,
    /// …of which so many were begun early.
    pub ahead: u64,
    /// Replies begun early that nobody asked for.
    pub wasted: u64,
    /// Times the agent yielded.
    pub yields: u64,
    /// Fallbacks taken.
    pub degraded: u64,
    /// Inputs whose turn or utterance was over.
    pub stale: u64,
    /// The longest time without a sound while the agent had the floor.
    pub longest_quiet: Duration,
    /// How long the call lasted.
    pub lasted: Duration,
}

/// A call in virtual time.
pub(super) struct Call {
    session: Session,
    providers: Providers,
    caller: Caller,
    far: FarEnd,
    rng: Rng,
    faults: u64,
    /// The line ends then, for this reason.
    line_ends: (CallTime, EndReason),
    lines: HashMap<UtteranceId, (String, bool)>,
    /// What the model begins to say, and as which utterance it says it.
    spoken: (String, Option<UtteranceId>),
    /// What must not have happened to the model, on a call that it answers.
    broken: Option<Broken>,
    /// For the CRM.
    reports: Vec<CallEventKind>,
    resumed: Vec<PipelineEvent>,
    early: Early,
    quiet_since: Option<CallTime>,
    at_this_moment: (CallTime, u32),
    ended: bool,
    /// Say every step on standard error, under this name.
    trace: Option<String>,
    figures: CallFigures,
}

impl Call {
    /// A call as the seed has it. So many things in a thousand go wrong.
    pub(super) fn new(mut rng: Rng, faults: u64, trace: Option<String>) -> Self {
        let ends = CallTime(rng.between(0, 150_000_000));
        let why = *rng.pick(&[EndReason::CallerHangUp, EndReason::CallerHangUp, EndReason::SocketLost]);
        let chained = rng.chance(500);
        let mut call = Self {
            session: Session::new(SessionConfig::live()),
            providers: providers(&mut rng, faults, chained),
            caller: Caller::new(rng.split()),
            far: FarEnd::default(),
            faults,
            line_ends: (ends, why),
            lines: HashMap::new(),
            spoken: (String::new(), None),
            broken: None,
            reports: Vec::new(),
            resumed: Vec::new(),
            early: Early::default(),
            quiet_since: None,
            at_this_moment: (CallTime(0), 0),
            ended: false,
            trace,
            figures: CallFigures::default(),
            rng,
        };
        // A third of the calls.
        if call.rng.chance(333) {
            let (model, broken) = direct(&mut call.rng, faults);
            (call.providers.direct, call.broken) = (Some(model), Some(broken));
        }
        let greeting = if call.rng.chance(100) {
            Line::default()
        } else {
            Line::text("שלום, במה אפשר לעזור?")
        };
        let start = CallStart {
            direct: call.broken.is_some(),
            turn_patience_ms: 0,
            from: "+972502345678".into(),
            to: "+97233763805".into(),
            stream_sid: "MZ1".into(),
            greeting,
        };
        call.feed(CallTime(0), Input::Start(start));
        call
    }

    /// When something happens next; `None` once the call is over.
    pub(super) fn next_at(&self) -> Option<CallTime> {
        if self.ended {
            return None;
        }
        let next = [
            self.session.poll_timeout(),
            self.providers.poll_timeout(),
            self.far.next_at(),
            Some(self.caller.next_at()),
            Some(self.line_ends.0),
        ];
        next.into_iter().flatten().min()
    }

    /// Everything that happens at `now`. Returns what the CRM is told.
    ///
    /// # Errors
    /// What must always hold, and does not.
    pub(super) fn step(&mut self, now: CallTime) -> Result<Vec<CallEventKind>, String> {
        while let Some(heard) = self.far.pop(now) {
            match heard {
                Heard::Playing(utterance) => {
                    if let Some(line) = self.lines.get_mut(&utterance) {
                        line.1 = true;
                    }
                    self.feed(now, Input::Playing { utterance });
                }
                Heard::Mark(utterance) => {
                    self.feed(now, Input::Mark { utterance });
                    if self.rng.chance(self.faults / 4) {
                        self.feed(now, Input::Mark { utterance });
                    }
                }
            }
        }
        if now >= self.caller.next_at() {
            for event in self.caller.look(now, self.far.is_audible(now)) {
                self.feed(now, Input::Speech(event));
            }
        }
        for event in std::mem::take(&mut self.resumed) {
            self.feed(now, Input::Speech(event));
        }
        self.poll_providers(now);
        if self.session.poll_timeout().is_some_and(|at| at <= now) {
            self.feed(now, Input::Timeout);
        }
        if now >= self.line_ends.0 && !self.ended {
            self.feed(now, Input::Stop(self.line_ends.1));
        }
        self.must_hold(now)?;
        Ok(std::mem::take(&mut self.reports))
    }

    fn poll_providers(&mut self, now: CallTime) {
        loop {
            if let Some(output) = self.providers.poll_direct(now) {
                self.direct(now, output);
            } else if let Some((turn, result)) = self.providers.stt.poll(now) {
                self.feed(now, Input::Stt { turn, event: result.as_event() });
            } else if let Some((turn, event)) = self.providers.llm.poll(now) {
                self.early.answered(turn);
                self.feed(now, Input::Llm { turn, event });
            } else if let Some(output) = self.providers.poll_speech(now) {
                match output {
                    TtsOutput::Audio { utterance, frames } => {
                        self.far.push(now, utterance, frames.len());
                        let event = TtsEvent::Audio { ms: length_ms(&frames) };
                        self.feed(now, Input::Tts { utterance, event });
                    }
                    TtsOutput::Event { utterance, event } => {
                        let lost = self.rng.chance(self.faults / 4);
                        let way = self.rng.ms(10, 400);
                        self.far.end(now, utterance, (!lost).then_some(way));
                        self.feed(now, Input::Tts { utterance, event });
                    }
                }
            } else {
                return;
            }
        }
    }

    fn direct(&mut self, now: CallTime, output: RealtimeOutput) {
        match output {
            RealtimeOutput::Heard(turn, result) => {
                self.feed(now, Input::Stt { turn, event: result.as_event() });
            }
            RealtimeOutput::Answer(turn, event) => {
                match &event {
                    LlmEvent::Spoken(words) => self.spoken = (words.clone(), None),
                    LlmEvent::Words(words) => {
                        let line = self.spoken.1.and_then(|utterance| self.lines.get_mut(&utterance));
                        line.into_iter().for_each(|line| line.0.push_str(words));
                    }
                    _ => {}
                }
                self.feed(now, Input::Llm { turn, event });
            }
            RealtimeOutput::Direct(is_on) => self.feed(now, Input::Direct(is_on)),
        }
    }

    fn feed(&mut self, now: CallTime, input: Input<'_>) {
        self.figures.inputs += 1;
        if let Some(name) = &self.trace {
            eprintln!("{name} {:>9.3} s  {:9} ← {input:?}", now.0 as f64 / 1e6, self.session.state().name());
        }
        self.session.handle(now, input);
        while let Some(output) = self.session.poll() {
            if let Some(name) = &self.trace {
                eprintln!(
                    "{name} {:>9.3} s  {:9} → {output:?}",
                    now.0 as f64 / 1e6,
                    self.session.state().name()
                );
            }
            self.carry_out(now, output);
        }
    }

    fn carry_out(&mut self, now: CallTime, output: Output) {
        self.providers.carry_out(now, &output);
        match output {
            Output::Speak { utterance, line, .. } => {
                self.lines.insert(utterance, (line.text, false));
            }
            Output::Play { utterance, resumes, .. } => {
                let before = resumes.and_then(|of| self.lines.get(&of)).map(|line| line.0.clone());
                let text = before.unwrap_or_else(|| self.spoken.0.clone());
                self.lines.insert(utterance, (text, false));
                self.spoken.1 = Some(utterance);
            }
            Output::Clear(_) => self.far.clear(now),
            Output::Acquit => self.resumed.extend(self.caller.acquit(now)),
            Output::Crm(kind) => self.reports.push(kind),
            Output::Draft { turn, text, .. } => self.early.drafted(turn, &text),
            Output::DropDraft { turn } => self.early.dropped(turn),
            Output::Reply { turn, text, .. } => {
                self.figures.replies += 1;
                self.early.asked(turn, &text);
            }
            Output::Answer { .. } => self.figures.replies += 1,
            Output::Yield { .. } => self.figures.yields += 1,
            Output::Degraded(_) => self.figures.degraded += 1,
            // The far side closes soon, or forgets to.
            Output::HangUp if !self.rng.chance(self.faults) => {
                let closes = now + self.rng.ms(50, 400);
                self.line_ends = (self.line_ends.0.min(closes), EndReason::AgentHangUp);
            }
            Output::Ended(_) => self.ended = true,
            _ => {}
        }
    }

    /// The rules that no fault may break.
    fn must_hold(&mut self, now: CallTime) -> Result<(), String> {
        self.time_passes(now)?;
        self.what_was_heard()?;
        self.early.must_hold().map_err(|what| format!("{now:?}: {what}"))?;
        let broken = self.broken.as_ref().and_then(|broken| broken.lock().ok()?.take());
        if let Some(what) = broken {
            return Err(format!("{now:?}: the model is told what is not so: {what}"));
        }
        let state = self.session.state();
        let audible = self.far.is_audible(now);
        if audible && matches!(state, State::Listening | State::Ended) && !self.ended {
            return Err(format!("{now:?}: the agent is heard while the session is {}", state.name()));
        }
        if audible || !matches!(state, State::Thinking | State::Speaking) {
            self.quiet_since = None;
            return Ok(());
        }
        let quiet = now - *self.quiet_since.get_or_insert(now);
        self.figures.longest_quiet = self.figures.longest_quiet.max(quiet);
        match quiet > LONGEST_QUIET {
            true => Err(format!("{now:?}: {} without a sound for {quiet:?}", state.name())),
            false => Ok(()),
        }
    }

    fn time_passes(&mut self, now: CallTime) -> Result<(), String> {
        let times = if self.at_this_moment.0 == now { self.at_this_moment.1 + 1 } else { 0 };
        self.at_this_moment = (now, times);
        match times > LIVELOCK {
            true => Err(format!("{now:?}: time stands still")),
            false => Ok(()),
        }
    }

    /// The CRM is told of no word of the agent that nobody heard.
    fn what_was_heard(&self) -> Result<(), String> {
        for report in &self.reports {
            let CallEventKind::Turn { speaker: Speaker::Agent, text, .. } = report else { continue };
            if !self.lines.values().any(|(line, played)| *played && line.contains(text.as_str())) {
                return Err(format!("{text:?} is in the transcript, and nobody heard it"));
            }
        }
        Ok(())
    }

    /// What the call was like until `now`.
    pub(super) fn figures(&self, now: CallTime) -> CallFigures {
        CallFigures {
            ahead: self.early.adopted,
            wasted: self.early.wasted,
            stale: self.session.stale_inputs(),
            lasted: now - CallTime(0),
            ..self.figures
        }
    }
}
