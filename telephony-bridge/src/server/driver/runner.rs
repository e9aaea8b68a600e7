//! Puts a call together: a place on the engine, providers, a recorder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audio_core::barge_in::Preset;
use audio_core::engine::{Engine, EngineConfig, EngineError, EngineStats};
use audio_core::pipeline::{CallPipeline, PipelineConfig};
use audio_core::tape::{Latency, Tape, TapeError};
use audio_core::vad::VadKind;
use crm_api::RouteDecision;

use super::metronome::Metronome;
use super::{Parts, numbers};
use crate::config::Config;
use crate::providers::embedded::{
    ClipVoice, Dialogue, ScriptedLlm, ScriptedStt, ScriptedWord, VoiceError, VoiceLibrary, script_of,
};
use crate::providers::net::CallNet;
use crate::providers::setup::{CallSetup, SetupError, Toolkit};
use crate::providers::{Learned, Llm, Providers, ReplyPause, Stt};
use crate::server::{AcceptedStream, App, CallFuture, CallInfo, CallRunner};
use crate::session::{Line, SessionConfig, SessionConfigError};
use crate::tape::{RecordTapes, TapeRecorder, tape_lines};
use crate::words::Emergencies;

/// The runner could not be built.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The audio threads.
    #[error("audio threads: {0}")]
    Engine(#[from] EngineError),
    /// The clip library.
    #[error(transparent)]
    Voice(#[from] VoiceError),
    /// The tape behind the embedded speech recognition.
    #[error("EMBEDDED_TAPE {path}: {source}")]
    Tape {
        /// Which.
        path: PathBuf,
        /// Why.
        source: TapeError,
    },
    /// Providers.
    #[error(transparent)]
    Providers(#[from] SetupError),
    /// Timings and phrases of a conversation.
    #[error("session configuration: {0}")]
    Session(#[from] SessionConfigError),
    /// The preset.
    #[error("BARGE_IN_PRESET: {0}")]
    Preset(audio_core::Error),
}

/// Runs calls on the engine with the providers that are configured.
pub struct LiveRunner {
    engine: Engine<CallPipeline>,
    metronome: Metronome,
    toolkit: Toolkit,
    speed: f64,
    script: Option<Script>,
    voice: ClipVoice,
    session: SessionConfig,
    preset: Option<Preset>,
    record: RecordTapes,
    record_to: PathBuf,
}

/// What a tape contributes.
struct Script {
    words: Arc<[ScriptedWord]>,
    lines: Arc<[Line]>,
    latency: Latency,
}

impl LiveRunner {
    /// Starts the audio threads and reads what calls will need.
    ///
    /// # Errors
    /// [`RunnerError`].
    pub fn new(config: &Config) -> Result<Self, RunnerError> {
        config.session.validate()?;
        numbers::describe();
        let mut engine = EngineConfig::default();
        if config.engine_workers > 0 {
            engine.workers = config.engine_workers;
        }
        engine.speed = config.clock_speed;
        engine.duck_what_is_buffered = config.duck_buffered;
        // One bridge owns the machine.
        engine.pin_threads = true;
        // TCP delivers a stalled second in one burst: it is worked off, not skipped.
        engine.uplink_high_water = 16;
        engine.slots_per_worker = engine.slots_per_worker.max(config.max_calls.div_ceil(engine.workers));
        let library = match &config.voice_dir {
            Some(dir) => VoiceLibrary::load(dir)?,
            None => VoiceLibrary::default(),
        };
        let tape = match &config.embedded_tape {
            Some(path) => {
                Some(Tape::load(path).map_err(|source| RunnerError::Tape { path: path.clone(), source })?)
            }
            None => {
                if config.providers.stt_chain.iter().all(|name| *name == "embedded") {
                    tracing::warn!(
                        "no speech recognition: neither a provider nor EMBEDDED_TAPE is set, callers will not be understood"
                    );
                }
                None
            }
        };
        let toolkit = Toolkit::new(config, &library)?;
        if tokio::runtime::Handle::try_current().is_ok() {
            toolkit.start(phrases(&config.session));
        }
        let latency = tape.as_ref().map(|tape| tape.file.latency).unwrap_or_default();
        let mut voice = ClipVoice::new(library, latency.tts_ms);
        if let Some(tape) = &tape {
            voice = voice.with_tape(tape)?;
        }
        let preset =
            config.barge_in_preset.as_deref().map(str::parse).transpose().map_err(RunnerError::Preset)?;
        Ok(Self {
            metronome: Metronome::new(engine.tick.div_f64(engine.speed).max(Duration::from_millis(1))),
            engine: Engine::start(engine)?,
            toolkit,
            speed: config.clock_speed,
            session: config.session.clone(),
            script: tape.map(|tape| Script {
                words: script_of(&tape.file.caller).into(),
                lines: tape_lines(&tape).into(),
                latency,
            }),
            voice,
            preset,
            record: config.record_tapes.clone(),
            record_to: config.tapes_dir(),
        })
    }

    /// What the audio threads have done so far.
    pub fn engine_stats(&self) -> EngineStats {
        self.engine.stats()
    }

    fn parts(&self, app: &App, stream: &AcceptedStream) -> Result<Parts, EngineError> {
        let decision = &stream.call.decision;
        let preset = self.preset.unwrap_or_else(|| {
            decision.barge_in_preset.parse().unwrap_or_else(|error| {
                tracing::warn!(call_sid = %stream.call.call_sid, %error, "preset of the CRM is not known");
                Preset::Adaptive
            })
        });
        let sensitivity = sensitivity(&stream.call);
        let barge_in = preset.config().with_sensitivity(sensitivity);
        let handle = self.engine.attach(PipelineConfig::new(VadKind::default(), barge_in))?;
        let business = decision.business.as_ref().map(|business| business.slug.as_str());
        // Whatever the setting says, the business's rules come first.
        let recorded = decision.record && self.record.covers(&stream.call.call_sid, business);
        let recorder = recorded.then_some(&self.record_to).and_then(|dir| {
            TapeRecorder::start(dir, &stream.call)
                .inspect_err(|error| tracing::warn!(call_sid = %stream.call.call_sid, %error, "not recorded"))
                .ok()
        });
        let preset = preset.name().to_owned();
        let net = CallNet::new().at_speed(self.speed);
        let (learned, emergencies) = (Learned::default(), self.emergencies(decision));
        let setup = CallSetup {
            net: &net,
            call_sid: &stream.call.call_sid,
            decision,
            crm: &app.crm,
            learned: &learned,
            emergencies: &emergencies,
        };
        let providers = self.providers(&setup);
        let session = self.session.clone().spoken_by(self.toolkit.manner(decision).gender);
        let tick = self.engine.next_tick().unwrap_or_else(Instant::now);
        let seat = self.metronome.look_after(handle.news(), net.wake().clone(), tick);
        Ok(Parts {
            handle,
            seat,
            session,
            providers,
            net,
            recorder,
            preset,
            sensitivity,
            learned,
            emergencies,
        })
    }

    /// What makes a call urgent: the business's own list, else the language's.
    fn emergencies(&self, decision: &RouteDecision) -> Arc<Emergencies> {
        let own = decision.emergencies.as_ref().map(Emergencies::new);
        Arc::new(own.unwrap_or_else(|| self.session.lexicon.emergencies()))
    }

    fn providers(&self, call: &CallSetup<'_>) -> Providers {
        let latency = self.script.as_ref().map(|script| script.latency).unwrap_or_default();
        let words = self.script.as_ref().map(|script| Arc::clone(&script.words));
        // Without a script it hears nothing: in a chain that is no fallback.
        let hears = words.is_some() || !self.toolkit.hears();
        let stt: Box<dyn Stt> = Box::new(ScriptedStt::new(words.unwrap_or_default(), latency));
        let lines = self.script.as_ref().map(|script| Arc::clone(&script.lines)).unwrap_or_default();
        let llm: Box<dyn Llm> = match lines.is_empty() {
            true => {
                let dialogue = Dialogue::new(latency.llm_ms).with_emergencies(Arc::clone(call.emergencies));
                Box::new(dialogue.with_transfer(call.decision.dial.is_some()))
            }
            false => Box::new(ScriptedLlm::new(lines, latency.llm_ms)),
        };
        Providers {
            pause: ReplyPause::default(),
            direct: self.toolkit.direct(call),
            stt: self.toolkit.stt(call, hears.then_some(stt)),
            llm: self.toolkit.llm(call, llm),
            tts: self.toolkit.tts(call, Box::new(self.voice.clone())),
        }
    }
}

/// What every call may have to say.
fn phrases(session: &SessionConfig) -> Vec<Line> {
    [&session.reprompt, &session.apology, &session.goodbye].map(Line::clone).to_vec()
}

/// What the CRM asks for, in its range.
fn sensitivity(call: &CallInfo) -> f32 {
    let asked = call.decision.barge_in_sensitivity;
    if (-1.0..=1.0).contains(&asked) {
        return asked;
    }
    tracing::warn!(call_sid = %call.call_sid, asked, "barge-in sensitivity of the CRM is not -1 to 1");
    if asked.is_nan() { 0.0 } else { asked.clamp(-1.0, 1.0) }
}

impl CallRunner for LiveRunner {
    fn publish(&self) {
        // Between calls is a good time to free what ended ones left behind.
        self.engine.reap();
        super::publish::publish(&self.engine.stats());
    }

    fn prewarm(&self, call: &CallInfo) {
        let manner = self.toolkit.manner(&call.decision);
        let greeting = Line::text(call.decision.greeting.text.clone());
        let session = self.session.clone().spoken_by(manner.gender);
        self.toolkit.warm(manner, [vec![greeting], phrases(&session)].concat());
    }

    fn run(&self, app: Arc<App>, stream: AcceptedStream) -> CallFuture {
        let call_sid = stream.call.call_sid.clone();
        match self.parts(&app, &stream) {
            Ok(parts) => Box::pin(super::run(app, stream, parts)),
            Err(error) => Box::pin(async move {
                // Dropping the stream closes it: the TwiML's next verb hangs up.
                tracing::error!(call_sid, %error, "call refused");
            }),
        }
    }
}
