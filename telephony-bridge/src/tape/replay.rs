//! Replay in virtual time: the tape's caller, the real pipeline, the real session, the embedded
//! providers. Same tape, same decisions.
//!
//! Each 20 ms step, at time `t`: whatever is due by `t` is delivered; the far end plays its next
//! 20 ms; the caller's 20 ms, echo included, reach the pipeline at `t + 20 ms`.

use std::time::Instant;

use audio_core::barge_in::BargeInConfig;
use audio_core::frame::{FRAME_MS, FRAME_SAMPLES, PcmFrame, WireFrame};
use audio_core::pipeline::{CallPipeline, PipelineConfig};
use audio_core::sys::alloc::count_on_this_thread;
use audio_core::tape::{AgentLine, Echo, Tape};
use audio_core::vad::{VadConfig, VadKind};
use crm_api::EndReason;

use super::error::ReplayError;
use super::line::{EchoLine, FarEnd, mixed};
use super::notebook::Notebook;
use super::report::{ReplayReport, percentile_us};
use super::trace::Trace;
use crate::providers::embedded::{ClipVoice, ScriptedLlm, ScriptedStt, VoiceError, VoiceLibrary, script_of};
use crate::providers::{Providers, ReplyPause, TtsOutput, length_ms};
use crate::session::{
    CallStart, CallTime, Input, Line, Output, Session, SessionConfig, State, TtsEvent, UtteranceId,
};

/// Both sides idle for this long after the recording ends: the call is over.
const IDLE_MS: u64 = 5_000;
/// However busy, the call ends this long after the recording.
const MAX_TAIL_MS: u64 = 30_000;
const STEP_MS: u64 = FRAME_MS as u64;

/// How to replay.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// Barge-in rules.
    pub barge_in: BargeInConfig,
    /// Which voice detector listens.
    pub detector: VadKind,
    /// Its thresholds, hangover and pre-roll.
    pub vad: VadConfig,
    /// The conversation's timings, words and phrases.
    pub session: SessionConfig,
    /// Measure the time of each frame.
    pub timing: bool,
    /// Voice for lines without a clip.
    pub library: VoiceLibrary,
}

/// Replays one tape.
///
/// # Errors
/// [`ReplayError`].
pub fn replay(tape: &Tape, options: &ReplayOptions) -> Result<ReplayReport, ReplayError> {
    options.session.validate()?;
    let mut sim = Simulation::new(tape, options)?;
    sim.run();
    Ok(sim.report())
}

/// [`replay`], with what the signal chain heard and found in every frame.
///
/// # Errors
/// [`ReplayError`].
pub fn replay_traced(tape: &Tape, options: &ReplayOptions) -> Result<(ReplayReport, Trace), ReplayError> {
    options.session.validate()?;
    let mut sim = Simulation::new(tape, options)?;
    sim.trace = Some(Trace::default());
    sim.run();
    let trace = sim.trace.take().unwrap_or_default();
    Ok((sim.report(), trace))
}

/// A tape's line as the session wants it.
fn line_of(line: &AgentLine) -> Line {
    Line { text: line.text.clone(), clip: line.clip.clone() }
}

/// The agent's lines of a tape.
pub fn tape_lines(tape: &Tape) -> Vec<Line> {
    tape.file.agent.iter().map(line_of).collect()
}

/// The embedded providers that play a tape.
fn scripted_providers(tape: &Tape, library: &VoiceLibrary) -> Result<Providers, VoiceError> {
    let latency = tape.file.latency;
    Ok(Providers {
        pause: ReplyPause::default(),
        direct: None,
        stt: Box::new(ScriptedStt::new(script_of(&tape.file.caller), latency)),
        llm: Box::new(ScriptedLlm::new(tape_lines(tape), latency.llm_ms)),
        tts: Box::new(ClipVoice::new(library.clone(), latency.tts_ms).with_tape(tape)?),
    })
}

struct Simulation<'a> {
    tape: &'a Tape,
    timing: bool,
    pipeline: CallPipeline,
    session: Session,
    providers: Providers,
    far_end: FarEnd,
    echo: Option<EchoLine>,
    generation: u32,
    playing: Option<UtteranceId>,
    frame_ns: Vec<u64>,
    allocations: u64,
    notes: Notebook,
    trace: Option<Trace>,
    /// First yield, on a line that carries the echo of a recorded agent.
    diverged_ms: Option<u64>,
    end_ms: u64,
}

impl<'a> Simulation<'a> {
    fn new(tape: &'a Tape, options: &ReplayOptions) -> Result<Self, ReplayError> {
        let providers = scripted_providers(tape, &options.library)
            .map_err(|source| ReplayError::Voice { tape: tape.name.clone(), source })?;
        let mut config = PipelineConfig::new(options.detector, options.barge_in);
        config.vad = options.vad;
        Ok(Self {
            tape,
            timing: options.timing,
            pipeline: CallPipeline::new(config)?,
            session: Session::new(options.session.clone()),
            providers,
            far_end: FarEnd::default(),
            echo: match &tape.file.echo {
                Some(Echo::Path(path)) => Some(EchoLine::new(path)),
                Some(Echo::Recorded(_)) | None => None,
            },
            generation: 0,
            playing: None,
            frame_ns: Vec::new(),
            allocations: 0,
            notes: Notebook::default(),
            trace: None,
            diverged_ms: None,
            end_ms: 0,
        })
    }

    fn run(&mut self) {
        let file = &self.tape.file;
        let start = CallStart {
            direct: false,
            turn_patience_ms: 0,
            from: file.from.clone().unwrap_or_default(),
            to: file.to.clone().unwrap_or_default(),
            stream_sid: self.tape.name.clone(),
            greeting: line_of(&file.greeting.line()),
        };
        self.notes.caller(&start.from);
        self.feed(CallTime(0), Input::Start(start));
        let recorded_ms = self.tape.caller.len() as u64 / 8;
        for step in 0u32.. {
            let t_ms = u64::from(step) * STEP_MS;
            self.deliver_due(CallTime::from_ms(t_ms));
            if self.is_over(t_ms, recorded_ms) {
                self.end_ms = file.hang_up_ms.map_or(t_ms, |at| at.min(t_ms));
                break;
            }
            let played = self.play(t_ms);
            self.hear(step, played.as_ref());
        }
    }

    fn is_over(&self, t_ms: u64, recorded_ms: u64) -> bool {
        if self.session.state() == State::Ended || self.tape.file.hang_up_ms.is_some_and(|at| t_ms >= at) {
            return true;
        }
        let idle = !self.notes.voice && !self.notes.audible && self.session.state() == State::Listening;
        t_ms >= recorded_ms
            && ((idle && t_ms >= self.notes.last_activity_ms + IDLE_MS) || t_ms >= recorded_ms + MAX_TAIL_MS)
    }

    /// Delivers everything that is due by `now`, each at its own time.
    fn deliver_due(&mut self, now: CallTime) {
        loop {
            let due =
                [self.session.poll_timeout(), self.providers.poll_timeout()].into_iter().flatten().min();
            let Some(at) = due.filter(|at| *at <= now) else { break };
            self.poll_providers(at);
            if self.session.poll_timeout().is_some_and(|timer| timer <= at) {
                self.feed(at, Input::Timeout);
            }
        }
        self.poll_providers(now);
    }

    fn poll_providers(&mut self, now: CallTime) {
        loop {
            if let Some((turn, result)) = self.providers.stt.poll(now) {
                self.feed(now, Input::Stt { turn, event: result.as_event() });
            } else if let Some((turn, event)) = self.providers.llm.poll(now) {
                self.feed(now, Input::Llm { turn, event });
            } else if let Some(output) = self.providers.poll_speech(now) {
                self.on_speech_audio(now, output);
            } else {
                return;
            }
        }
    }

    fn on_speech_audio(&mut self, now: CallTime, output: TtsOutput) {
        match output {
            TtsOutput::Audio { utterance, frames } => {
                let ms = length_ms(&frames);
                for payload in frames {
                    let frame = WireFrame {
                        generation: self.generation,
                        seq: utterance.0,
                        payload,
                        ..WireFrame::SILENCE
                    };
                    self.far_end.push(frame);
                }
                self.feed(now, Input::Tts { utterance, event: TtsEvent::Audio { ms } });
            }
            TtsOutput::Event { utterance, event } => {
                self.far_end.end_utterance();
                self.feed(now, Input::Tts { utterance, event });
            }
        }
    }

    /// The far end plays the 20 ms that start at `t_ms`.
    fn play(&mut self, t_ms: u64) -> Option<WireFrame> {
        let queued = self.far_end.play();
        let pipeline = &mut self.pipeline;
        let (frame, allocations) = count_on_this_thread(|| pipeline.process_agent(queued.as_ref()));
        self.allocations += allocations;
        match &frame {
            Some(frame) => {
                let utterance = UtteranceId(frame.seq);
                self.notes.agent_starts(t_ms);
                if self.playing.replace(utterance) != Some(utterance) {
                    self.feed(CallTime::from_ms(t_ms), Input::Playing { utterance });
                }
            }
            None => {
                self.playing = None;
                self.notes.agent_stops(t_ms, false);
            }
        }
        frame
    }

    /// The caller's 20 ms reach the pipeline.
    fn hear(&mut self, step: u32, played: Option<&WireFrame>) {
        let mut caller: PcmFrame = [0; FRAME_SAMPLES];
        let from = (step as usize * FRAME_SAMPLES).min(self.tape.caller.len());
        let samples = &self.tape.caller[from..(from + FRAME_SAMPLES).min(self.tape.caller.len())];
        caller[..samples.len()].copy_from_slice(samples);
        let echo = self.echo.as_mut().map(|echo| echo.process(played));
        let wire = WireFrame {
            seq: step,
            timestamp: step * FRAME_SAMPLES as u32,
            payload: mixed(&caller, echo.as_ref()),
            ..WireFrame::SILENCE
        };
        let begun = self.timing.then(Instant::now);
        let pipeline = &mut self.pipeline;
        let ((), allocations) = count_on_this_thread(|| pipeline.push_wire(&wire));
        self.allocations += allocations;
        if let Some(begun) = begun {
            self.frame_ns.push(begun.elapsed().as_nanos() as u64);
        }
        if let Some(trace) = &mut self.trace {
            trace.push(&self.pipeline, &wire.payload, played.map(|frame| &frame.payload));
        }
        let now = CallTime::from_ms(u64::from(step + 1) * STEP_MS);
        while let Some(clean) = self.pipeline.poll_clean() {
            self.providers.stt.audio(&clean);
        }
        while let Some(event) = self.pipeline.poll_event() {
            self.notes.speech(now.as_ms(), &event);
            self.feed(now, Input::Speech(event));
        }
        if let Some(frame) = played.filter(|frame| frame.is_last()) {
            self.feed(now, Input::Mark { utterance: UtteranceId(frame.seq) });
        }
        if self.notes.voice {
            self.notes.last_activity_ms = now.as_ms();
        }
    }

    fn feed(&mut self, now: CallTime, input: Input<'_>) {
        self.session.handle(now, input);
        let mut flushed_marks = Vec::new();
        while let Some(output) = self.session.poll() {
            self.carry_out(now, &output, &mut flushed_marks);
        }
        for utterance in flushed_marks {
            self.feed(now, Input::Mark { utterance });
        }
    }

    fn carry_out(&mut self, now: CallTime, output: &Output, flushed_marks: &mut Vec<UtteranceId>) {
        self.notes.output(now, output, &self.tape.file.caller);
        self.providers.carry_out(now, output);
        match output {
            // The agent falls silent; its echo on the recorded line does not.
            Output::Yield { .. } if matches!(self.tape.file.echo, Some(Echo::Recorded(_))) => {
                self.diverged_ms.get_or_insert(now.as_ms());
            }
            Output::FlushPlayout => {
                self.generation += 1;
                self.pipeline.flush(self.generation);
            }
            Output::Acquit => self.pipeline.acquit(),
            Output::FalseAlarm => self.pipeline.false_alarm(),
            Output::Clear(_) => {
                flushed_marks.extend(self.far_end.clear());
                self.playing = None;
            }
            _ => {}
        }
    }

    fn report(mut self) -> ReplayReport {
        let end = CallTime::from_ms(self.end_ms);
        let hung_up = self.tape.file.hang_up_ms.is_some_and(|at| self.end_ms >= at);
        let mut final_state = self.session.state();
        let stopped = !hung_up && final_state != State::Ended;
        self.feed(end, Input::Stop(EndReason::CallerHangUp));
        if hung_up {
            final_state = self.session.state();
        }
        self.frame_ns.sort_unstable();
        let (p50, p99) = (percentile_us(&self.frame_ns, 50), percentile_us(&self.frame_ns, 99));
        let labels = self.tape.file.ground_truth();
        ReplayReport {
            allocations_in_pipeline: self.allocations,
            diverged_ms: self.diverged_ms,
            us_per_frame_p50: p50,
            us_per_frame_p99: p99,
            ..self.notes.report(&self.tape.name, self.end_ms, final_state, stopped, labels)
        }
    }
}
