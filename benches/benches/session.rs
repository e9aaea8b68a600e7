//! The conversation: a scripted one through the state machine alone, and a whole recorded call
//! replayed through pipeline, session and embedded providers in virtual time.
//!
//! The elements a second are inputs for `conversation`, and caller frames of 20 ms for `replay`;
//! the line `× real time` below them is frames a second divided by 50.
//!
//! ```text
//! cargo bench -p benches --bench session
//! ```

use std::hint::black_box;
use std::time::{Duration, Instant};

use audio_core::barge_in::{Preset, Reasons};
use audio_core::frame::{FRAME_MS, SampleTime};
use audio_core::pipeline::PipelineEvent;
use audio_core::tape::{CallerSpan, SpanKind, Tape};
use audio_core::vad::{VadConfig, VadKind};
use criterion::{Criterion, Throughput};
use crm_api::EndReason;
use telephony_bridge::providers::embedded::VoiceLibrary;
use telephony_bridge::session::{
    CallStart, CallTime, Input, Line, LlmEvent, Output, Session, SessionConfig, State, SttEvent, TtsEvent,
    TurnId, UtteranceId,
};
use telephony_bridge::tape::{ReplayOptions, replay, tape_lines};

/// Both sides of a session, played by a script that answers at once.
struct Conversation {
    session: Session,
    now: CallTime,
    inputs: u64,
    turn: TurnId,
    utterance: UtteranceId,
}

impl Conversation {
    fn new() -> Self {
        let session = Session::new(SessionConfig::default());
        Self { session, now: CallTime(0), inputs: 0, turn: TurnId(0), utterance: UtteranceId(0) }
    }

    /// One input and everything it leads to, `ms` after the one before.
    fn after(&mut self, ms: u64, input: Input<'_>) {
        self.now = self.now + Duration::from_millis(ms);
        self.inputs += 1;
        self.session.handle(self.now, input);
        while let Some(output) = self.session.poll() {
            match black_box(output) {
                Output::SttStart { turn, .. } => self.turn = turn,
                Output::Speak { utterance, .. } => self.utterance = utterance,
                _ => {}
            }
        }
    }

    fn samples(&self) -> SampleTime {
        SampleTime::from_ms(self.now.as_ms())
    }

    /// The caller speaks until the session has heard enough.
    fn caller_says(&mut self, words: &[String]) {
        let (at, onset) = (self.samples() + 480, self.samples());
        self.after(60, Input::Speech(PipelineEvent::SpeechStart { at, onset }));
        for text in words {
            self.after(300, Input::Stt { turn: self.turn, event: SttEvent::Partial(text) });
        }
        let (at, last_voice) = (self.samples() + 2_400, self.samples());
        self.after(300, Input::Speech(PipelineEvent::SpeechEnd { at, last_voice }));
        self.now = self.session.poll_timeout().unwrap_or(self.now);
        self.after(0, Input::Timeout);
        let text = words.last().map_or("", String::as_str);
        self.after(250, Input::Stt { turn: self.turn, event: SttEvent::Final(text) });
    }

    fn reply_comes(&mut self, line: Line) {
        let turn = self.turn;
        self.after(300, Input::Llm { turn, event: LlmEvent::Sentence(line) });
        let done = LlmEvent::Done {
            fields: [("area".into(), "תל אביב".into())].into(),
            hang_up: false,
            transfer: false,
        };
        self.after(10, Input::Llm { turn, event: done });
    }

    /// The agent speaks its line for two seconds, or until the caller interrupts.
    fn agent_speaks(&mut self, interrupted: bool) {
        let utterance = self.utterance;
        self.after(120, Input::Playing { utterance });
        self.after(20, Input::Tts { utterance, event: TtsEvent::End { total_ms: 2_000 } });
        if interrupted {
            let (at, onset) = (self.samples() + 8_000, self.samples() + 4_000);
            let reasons = Reasons { voice: 0.9, level: 1.0, duration: 1.0, echo: 1.0 };
            self.after(1_000, Input::Speech(PipelineEvent::BargeIn { at, onset, score: 0.9, reasons }));
        } else {
            self.after(1_980, Input::Mark { utterance });
        }
    }
}

/// A whole call: greeting, every turn with its words one by one and its reply, the fourth reply
/// interrupted, goodbye. Returns the number of inputs.
fn converse(start: &CallStart, turns: &[(Vec<String>, Line)]) -> u64 {
    let mut call = Conversation::new();
    call.after(0, Input::Start(start.clone()));
    call.agent_speaks(false);
    for (i, (words, reply)) in turns.iter().enumerate() {
        call.caller_says(words);
        call.reply_comes(reply.clone());
        call.agent_speaks(i == 3);
    }
    call.after(500, Input::Stop(EndReason::CallerHangUp));
    assert_eq!(call.session.state(), State::Ended);
    assert_eq!(call.session.stale_inputs(), 0, "the script and the session have lost each other");
    call.inputs
}

/// What recognition hears of a turn, one more word each time.
fn interim_words(turn: &CallerSpan) -> Vec<String> {
    let words: Vec<&str> = turn.text.split_whitespace().collect();
    (1..=words.len()).map(|n| words[..n].join(" ")).collect()
}

fn conversation(c: &mut Criterion, tape: &Tape) {
    let start = CallStart {
        direct: false,
        turn_patience_ms: 0,
        from: "+972502345678".into(),
        to: "+97233763805".into(),
        stream_sid: "MZ0".into(),
        greeting: Line::text(tape.file.greeting.line().text),
    };
    let spoken = tape.file.caller.iter().filter(|span| span.kind == SpanKind::Turn);
    let turns: Vec<_> = spoken.map(interim_words).zip(tape_lines(tape)).collect();

    let mut group = c.benchmark_group("session");
    group.throughput(Throughput::Elements(converse(&start, &turns)));
    group.bench_function(format!("conversation/{}_turns", turns.len()), |b| {
        b.iter(|| converse(black_box(&start), black_box(&turns)));
    });
    group.finish();
}

fn replay_a_tape(c: &mut Criterion, tape: &Tape) {
    let barge_in = Preset::default().config();
    let options = ReplayOptions {
        barge_in,
        detector: VadKind::default(),
        vad: VadConfig::default(),
        session: SessionConfig::default(),
        timing: false,
        library: VoiceLibrary::default(),
    };
    let replay = || replay(black_box(tape), &options).expect("the fixtures are complete");
    let frames = replay().duration_ms / u64::from(FRAME_MS);

    let mut group = c.benchmark_group("session");
    group.throughput(Throughput::Elements(frames));
    let (mut calls, mut spent) = (0, Duration::ZERO);
    group.bench_function(format!("replay/{}", tape.name), |b| {
        b.iter_custom(|iters| {
            let begun = Instant::now();
            for _ in 0..iters {
                black_box(replay());
            }
            let elapsed = begun.elapsed();
            calls += iters;
            spent += elapsed;
            elapsed
        });
    });
    group.finish();
    if calls > 0 {
        let each = spent.div_f64(calls as f64);
        let length = Duration::from_millis(frames * u64::from(FRAME_MS));
        let factor = length.as_secs_f64() / each.as_secs_f64();
        println!("{}: {length:.1?} of call in {each:.2?}, {factor:.0} × real time", tape.name);
    }
}

fn main() {
    let tape = benches::tape("booking");
    benches::run(|c| {
        conversation(c, &tape);
        replay_a_tape(c, &tape);
    });
}
