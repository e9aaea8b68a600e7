//! A whole call: arbitrary frames from the caller, frames from the agent, which a far end plays and gives back as
//! an echo, frames sent again, flushes, polls or none, new rules and resets. Time moves forward, nothing is lost but
//! what a counter says, events come in order and in pairs, and the same call gives the same story again.
#![no_main]

use std::collections::VecDeque;

use arbitrary::Arbitrary;
use audio_core::barge_in::Preset;
use audio_core::codec::ulaw;
use audio_core::frame::{CleanFrame, FRAME_SAMPLES, SampleTime, WireFrame};
use audio_core::gain::PlayoutGainConfig;
use audio_core::pipeline::{CallPipeline, PipelineConfig, PipelineCounters, PipelineEvent as Event};
use audio_core::vad::VadKind;
use fuzz_kit::sound::Sound;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    kind: u8,
    preset: u8,
    capacity: u8,
    deadline: u8,
    hangover_ms: u16,
    pre_roll_ms: u16,
    echo: Echo,
    cancels_echo: bool,
    denoises: bool,
    /// Is the agent's level evened out?
    evens_out: bool,
    /// Poll after every frame, as the documentation asks.
    polite: bool,
    steps: Vec<(Step, u8)>,
}

/// What the far end gives back of the agent.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Echo {
    /// Up to a second, in samples.
    delay: u16,
    /// In dB; 255 for none.
    loss: u8,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Caller(Sound),
    /// Both lines at once.
    Both {
        caller: Sound,
        agent: Sound,
        reply: u8,
    },
    /// The caller's frames that never arrive.
    Lose(u16),
    /// The clock moves without a number missing, as at a comfort-noise pause.
    Pause(u16),
    Wild {
        seq: u32,
        timestamp: u32,
        len: u16,
        fill: u8,
    },
    Agent {
        generation: u32,
        reply: u32,
        len: u16,
        fill: u8,
    },
    /// The far end is cleared, and gets its newest frames once more.
    SendAgain(u8),
    Flush(u8),
    Preset(u8),
    Poll,
    Acquit,
    FalseAlarm,
    Reset,
}

struct Call {
    pipeline: CallPipeline,
    polite: bool,
    evens_out: bool,
    denoises: bool,
    far_end: FarEnd,
    next: WireFrame,
    steps: usize,
    generation: u32,
    sent: u64,
    fenced: u64,
    /// The last times seen, and what is open.
    now: SampleTime,
    event: SampleTime,
    clean: Option<SampleTime>,
    speech_end: SampleTime,
    speaking: bool,
    ducked: bool,
    polled: u64,
    story: Vec<Event>,
    audio: u64,
}

/// The other side of the line: it plays a frame for each that it sends.
struct FarEnd {
    echo: Echo,
    /// Sent and not played yet.
    unplayed: VecDeque<[u8; FRAME_SAMPLES]>,
    /// All that was played.
    played: Vec<i16>,
}

impl FarEnd {
    /// Plays 20 ms; `line` gets what comes back.
    fn play(&mut self, line: &mut [i16; FRAME_SAMPLES]) {
        let codes = self.unplayed.pop_front().unwrap_or([ulaw::SILENCE; FRAME_SAMPLES]);
        self.played.extend(codes.map(ulaw::decode));
        if self.echo.loss == u8::MAX {
            return;
        }
        let gain = 10f32.powf(-f32::from(self.echo.loss % 64) / 20.0);
        let late = FRAME_SAMPLES + usize::from(self.echo.delay % 8_001);
        for (n, sample) in line.iter_mut().enumerate() {
            let back = (self.played.len() + n).checked_sub(late).map_or(0, |at| self.played[at]);
            *sample = sample.saturating_add((gain * f32::from(back)) as i16);
        }
    }
}

fuzz_target!(|input: Input| {
    let kind = VadKind::ALL[usize::from(input.kind) % VadKind::ALL.len()];
    let mut config = PipelineConfig::new(kind, preset(input.preset));
    config.jitter.capacity_frames = u32::from(input.capacity % 64) + 1;
    config.jitter.deadline_frames = u32::from(input.deadline) % (config.jitter.capacity_frames + 1);
    config.jitter.min_deadline_frames = config.jitter.deadline_frames.min(u32::from(input.deadline >> 5));
    config.vad.hangover_ms = u32::from(input.hangover_ms % 5_001);
    config.vad.pre_roll_ms = u32::from(input.pre_roll_ms % 2_001);
    config.echo.enabled = input.cancels_echo;
    config.denoise.enabled = input.denoises;
    config.playout = input.evens_out.then(PlayoutGainConfig::default);
    let mut pipeline = CallPipeline::new(config).expect("the settings are in range");
    let first = play(&mut pipeline, &input);
    pipeline.reset();
    assert_eq!(pipeline.counters(), PipelineCounters::default());
    pipeline.set_barge_in(preset(input.preset).config());
    assert!(first == play(&mut pipeline, &input), "the same call tells another story");
});

fn preset(index: u8) -> Preset {
    Preset::ALL[usize::from(index) % Preset::ALL.len()]
}

/// The events and a digest of the audio.
fn play(pipeline: &mut CallPipeline, input: &Input) -> (Vec<Event>, u64) {
    let empty = CallPipeline::new(PipelineConfig::default()).expect("defaults");
    let mut call = Call {
        pipeline: core::mem::replace(pipeline, empty),
        polite: input.polite,
        evens_out: input.evens_out,
        denoises: input.denoises,
        far_end: FarEnd { echo: input.echo, unplayed: VecDeque::new(), played: Vec::new() },
        next: WireFrame::SILENCE,
        steps: 0,
        generation: 0,
        sent: 0,
        fenced: 0,
        now: SampleTime(0),
        event: SampleTime(0),
        clean: None,
        speech_end: SampleTime(0),
        speaking: false,
        ducked: false,
        polled: 0,
        story: Vec::new(),
        audio: 0,
    };
    for (step, times) in &input.steps {
        for _ in 0..(times % 64 + 1) {
            call.steps += 1;
            if call.steps <= 600 {
                call.step(step);
            }
        }
    }
    call.poll();
    *pipeline = call.pipeline;
    (call.story, call.audio)
}

impl Call {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Caller(sound) => self.caller(sound),
            Step::Both { caller, agent, reply } => {
                let mut frame =
                    WireFrame { generation: self.generation, seq: u32::from(*reply), ..WireFrame::SILENCE };
                ulaw::encode_slice(&agent.frame(self.steps), &mut frame.payload);
                self.agent(&frame);
                self.caller(caller);
            }
            Step::Lose(frames) => self.skip(u32::from(*frames), u32::from(*frames)),
            Step::Pause(samples) => self.skip(0, u32::from(*samples)),
            &Step::Wild { seq, timestamp, len, fill } => {
                let payload = [fill; FRAME_SAMPLES];
                self.wire(&WireFrame { seq, timestamp, len, payload, ..WireFrame::SILENCE });
            }
            &Step::Agent { generation, reply, len, fill } => {
                let payload = [fill; FRAME_SAMPLES];
                self.agent(&WireFrame { generation, seq: reply, len, payload, ..WireFrame::SILENCE });
            }
            Step::SendAgain(most) => self.send_again(usize::from(*most)),
            Step::Flush(by) => {
                let wanted = self.generation.saturating_add(u32::from(*by)).saturating_sub(2);
                self.generation = self.generation.max(wanted);
                self.poll();
                self.pipeline.flush(wanted);
                self.far_end.unplayed.clear();
                self.ducked = false;
            }
            Step::Preset(index) => self.pipeline.set_barge_in(preset(*index).config()),
            Step::Poll => self.poll(),
            Step::Acquit => self.pipeline.acquit(),
            Step::FalseAlarm => self.pipeline.false_alarm(),
            Step::Reset => self.reset(),
        }
        self.balance();
    }

    fn reset(&mut self) {
        self.pipeline.reset();
        (self.generation, self.sent, self.fenced, self.polled) = (0, 0, 0, 0);
        (self.now, self.event, self.clean, self.speech_end) = Default::default();
        (self.speaking, self.ducked) = (false, false);
        self.far_end.unplayed.clear();
        assert_eq!(self.pipeline.now(), SampleTime(0));
        assert!(self.pipeline.poll_event().is_none() && self.pipeline.poll_clean().is_none());
    }

    fn skip(&mut self, frames: u32, samples: u32) {
        self.next.seq = self.next.seq.wrapping_add(frames);
        self.next.timestamp = self.next.timestamp.wrapping_add(samples);
    }

    fn caller(&mut self, sound: &Sound) {
        let mut frame = self.next;
        let mut line = sound.frame(self.steps);
        self.far_end.play(&mut line);
        ulaw::encode_slice(&line, &mut frame.payload);
        self.skip(1, FRAME_SAMPLES as u32);
        self.wire(&frame);
        let echo = self.pipeline.echo_found();
        assert!(echo.residual.0.is_finite() && echo.removed.0.is_finite(), "{echo:?}");
        assert!(self.pipeline.echo().delay_ms().is_none_or(|ms| (0.0..=1_100.0).contains(&ms)));
    }

    fn wire(&mut self, frame: &WireFrame) {
        let before = self.pipeline.counters();
        self.pipeline.push_wire(frame);
        let counters = self.pipeline.counters();
        let released = counters.jitter.released - before.jitter.released;
        assert!(self.pipeline.now() - self.now >= released * FRAME_SAMPLES as u64, "time stood still");
        if self.polite {
            let polled = self.polled;
            self.poll();
            let dropped = counters.clean_dropped - before.clean_dropped;
            assert_eq!(self.polled - polled + dropped, released);
        }
    }

    fn agent(&mut self, frame: &WireFrame) {
        let stamp = self.pipeline.now().0 as u32;
        match self.pipeline.process_agent(Some(frame)) {
            Some(sent) => {
                // A duck turns it down; nothing makes it louder, unless its level is evened out.
                assert_eq!(sent, WireFrame { timestamp: stamp, payload: sent.payload, ..*frame });
                self.far_end.unplayed.push_back(sent.payload);
                let loudness = |code: u8| ulaw::decode(code).unsigned_abs();
                let pairs = || sent.payload.iter().zip(&frame.payload);
                assert!(self.evens_out || pairs().all(|(&now, &was)| loudness(now) <= loudness(was)));
                assert!(frame.generation >= self.generation, "a flushed generation is heard");
                self.sent += 1;
            }
            None => {
                assert!(frame.generation < self.generation, "the current generation is fenced");
                self.fenced += 1;
            }
        }
        assert_eq!(self.pipeline.process_agent(None), None);
    }

    fn send_again(&mut self, most: usize) {
        let generation = self.generation;
        let mut again = Vec::new();
        let frames = self.pipeline.send_again(most, |frame| again.push(frame));
        assert!(frames <= most && again.len() == frames, "{} of {frames} frames", again.len());
        for (n, frame) in again.iter().enumerate() {
            assert!(frame.is_again() && frame.generation >= generation);
            assert_eq!(frame.replaces(), if n == 0 { frames } else { 0 });
        }
        let left = self.far_end.unplayed.len().saturating_sub(frames);
        self.far_end.unplayed.truncate(left);
        self.far_end.unplayed.extend(again.iter().map(|frame| frame.payload));
    }

    fn balance(&mut self) {
        let counters = self.pipeline.counters();
        assert_eq!((counters.agent_sent, counters.agent_fenced), (self.sent, self.fenced));
        assert!(self.polled + counters.clean_dropped <= counters.jitter.released);
        assert!(self.pipeline.now() >= self.now, "time went back");
        self.now = self.pipeline.now();
    }

    fn poll(&mut self) {
        while let Some(frame) = self.pipeline.poll_clean() {
            self.hear(&frame);
        }
        while let Some(event) = self.pipeline.poll_event() {
            self.note(event);
        }
    }

    fn hear(&mut self, frame: &CleanFrame) {
        // The suppressor is late: its first frame's time would be below 0.
        let apart = if self.denoises { 0 } else { FRAME_SAMPLES as u64 };
        let earliest = self.clean.map_or(SampleTime(0), |at| at + apart);
        assert!(frame.at >= earliest, "{:?} before {earliest:?}", frame.at);
        assert!(frame.at + FRAME_SAMPLES as u64 <= self.pipeline.now());
        self.clean = Some(frame.at);
        self.polled += 1;
        for &sample in &frame.pcm {
            self.audio = self.audio.rotate_left(5) ^ sample as u16 as u64;
        }
    }

    fn note(&mut self, event: Event) {
        let whole = self.pipeline.counters().events_dropped == 0;
        let at = event.at();
        assert!(self.event <= at && at <= self.pipeline.now(), "{event:?}");
        self.event = at;
        match event {
            Event::SpeechStart { onset, .. } => {
                assert!(onset < at && onset >= self.speech_end, "{event:?}");
                assert!(!core::mem::replace(&mut self.speaking, true) || !whole, "{event:?}");
            }
            Event::SpeechEnd { last_voice, .. } => {
                assert!(last_voice <= at, "{event:?}");
                assert!(core::mem::replace(&mut self.speaking, false) || !whole, "{event:?}");
                self.speech_end = at;
            }
            Event::Duck { score, .. } => {
                assert!((0.0..=1.0).contains(&score), "{event:?}");
                assert!(!core::mem::replace(&mut self.ducked, true) || !whole, "{event:?}");
            }
            Event::Near { score, reasons, .. } => {
                assert!(self.ducked || !whole, "{event:?}");
                assert!((0.0..=1.0).contains(&score), "{event:?}");
                assert!(reasons.iter().all(|(_, value)| (0.0..=1.0).contains(&value)), "{event:?}");
            }
            Event::Resume { .. } => {
                assert!(core::mem::replace(&mut self.ducked, false) || !whole, "{event:?}");
            }
            Event::BargeIn { onset, score, reasons, .. } => {
                assert!(onset < at && (0.0..=1.0).contains(&score), "{event:?}");
                assert!(reasons.iter().all(|(_, value)| (0.0..=1.0).contains(&value)), "{event:?}");
                self.ducked = false;
            }
            Event::Flushed { generation, .. } => assert!(generation <= self.generation, "{event:?}"),
            _ => panic!("an event this target does not know: {event:?}"),
        }
        self.story.push(event);
    }
}
