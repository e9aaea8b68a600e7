//! Adaptive playout under any arrivals and any pulls: both identities of its counters hold at any
//! time, every pull is filled, starts of frames are known frames in order, and delays stay in reach.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::codec::ulaw;
use audio_core::frame::WireFrame;
use audio_core::jitter::playout::{PlayoutBuffer, PlayoutConfig, PlayoutStats};
use fuzz_kit::names_a_field;
use fuzz_kit::sound::Sound;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    rules: Rules,
    start: u32,
    sound: Sound,
    steps: Vec<(Step, u8)>,
}

#[derive(Arbitrary, Debug)]
enum Rules {
    LowDelay,
    HighQuality,
    /// Every setting is this many 128ths of its default.
    Near(Vec<u8>),
    Any(Vec<u32>),
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// The sender's next frame, this many ms after it was sent, and 20 ms of output.
    Tick {
        late_ms: u8,
    },
    /// The next frame and no output.
    Push,
    /// Output of this length and no frame.
    Pull(u8),
    /// The clock moves, in units of 125 µs; back if negative.
    Wait(i16),
    /// The sender's clock moves.
    Skip(i16),
    /// A frame of any length from around the sender's clock.
    Stray {
        by: i16,
        len: u8,
    },
    /// A frame of any kind.
    Wild {
        timestamp: u32,
        len: u16,
    },
    Jump(u32),
    Far(u64),
    Reset,
}

struct Line {
    buffer: PlayoutBuffer,
    timestamp: u32,
    now_us: u64,
    sound: Sound,
    sent: usize,
}

fuzz_target!(|input: Input| {
    let config = input.rules.config();
    let buffer = match PlayoutBuffer::new(config) {
        Ok(buffer) => buffer,
        Err(error) => {
            assert!(matches!(input.rules, Rules::Any(_) | Rules::Near(_)), "{error}");
            return names_a_field(&error, "playout.");
        }
    };
    let sound = input.sound.clone();
    let mut line = Line { buffer, timestamp: input.start, now_us: 1_000_000, sound, sent: 0 };
    let first = line.run(&input.steps);
    line.buffer.reset();
    (line.timestamp, line.now_us, line.sent) = (input.start, 1_000_000, 0);
    assert!(first == line.run(&input.steps), "a reset leaves something behind");
});

impl Rules {
    fn config(&self) -> PlayoutConfig {
        match self {
            Self::LowDelay => PlayoutConfig::low_delay(),
            Self::HighQuality => PlayoutConfig::high_quality(),
            Self::Near(shares) => {
                changed(|n, value| shares.get(n).map_or(value, |&share| value * u64::from(share) / 128))
            }
            Self::Any(values) => changed(|n, value| values.get(n).map_or(value, |&any| any.into())),
        }
    }
}

/// The default with each number changed, by its place in the serialised form.
fn changed(change: impl Fn(usize, u64) -> u64) -> PlayoutConfig {
    let mut settings = serde_json::to_value(PlayoutConfig::default()).expect("settings are an object");
    let mut place = 0;
    each_number(&mut settings, &mut |value| {
        place += 1;
        change(place - 1, value)
    });
    serde_json::from_value(settings).expect("u32 each")
}

fn each_number(settings: &mut serde_json::Value, change: &mut impl FnMut(u64) -> u64) {
    match settings {
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|value| each_number(value, change)),
        number => *number = change(number.as_u64().expect("whole numbers")).into(),
    }
}

impl Line {
    /// All that was heard.
    fn run(&mut self, steps: &[(Step, u8)]) -> Vec<i16> {
        let (mut heard, mut count) = (Vec::new(), 0);
        for (step, times) in steps {
            for _ in 0..(times % 64 + 1) {
                count += 1;
                if count > 500 {
                    return heard;
                }
                self.step(step, &mut heard);
                self.balance();
            }
        }
        heard
    }

    fn step(&mut self, step: &Step, heard: &mut Vec<i16>) {
        match *step {
            Step::Tick { late_ms } => {
                let now = self.now_us;
                self.now_us += u64::from(late_ms) * 1_000;
                self.push(160, self.timestamp);
                self.timestamp = self.timestamp.wrapping_add(160);
                self.pull(160, heard);
                self.now_us = now + 20_000;
            }
            Step::Push => {
                self.push(160, self.timestamp);
                self.timestamp = self.timestamp.wrapping_add(160);
            }
            Step::Pull(length) => {
                self.pull(usize::from(length) * 3, heard);
                self.now_us += u64::from(length) * 3 * 125;
            }
            Step::Wait(by) => self.now_us = self.now_us.saturating_add_signed(i64::from(by) * 125),
            Step::Skip(by) => self.timestamp = self.timestamp.wrapping_add_signed(by.into()),
            Step::Stray { by, len } => {
                self.push(len.into(), self.timestamp.wrapping_add_signed(by.into()));
            }
            Step::Wild { timestamp, len } => self.push(len, timestamp),
            Step::Jump(timestamp) => self.timestamp = timestamp,
            // Two thousand years.
            Step::Far(now_us) => self.now_us = now_us >> 8,
            Step::Reset => {
                self.buffer.reset();
                assert_eq!(self.buffer.stats(), PlayoutStats::default());
            }
        }
    }

    fn push(&mut self, len: u16, timestamp: u32) {
        let mut frame = WireFrame { timestamp, len, ..WireFrame::SILENCE };
        ulaw::encode_slice(&self.sound.frame(self.sent), &mut frame.payload);
        self.sent += 1;
        self.buffer.push(&frame, self.now_us);
    }

    fn pull(&mut self, length: usize, heard: &mut Vec<i16>) {
        let before = self.buffer.stats().output;
        let mut out = vec![0x7abc; length];
        self.buffer.pull(self.now_us, &mut out);
        assert_eq!(self.buffer.stats().output - before, length as u64);
        assert!(self.buffer.frame_starts().is_sorted_by_key(|start| start.at_us));
        heard.extend(out);
    }

    fn balance(&self) {
        let s = self.buffer.stats();
        let made = s.before_start + s.concealed + s.played + s.inserted_for_deceleration;
        // A stretched piece is counted when it is made, and may be on its way out still.
        assert!((s.output..=s.output + 240).contains(&made), "{s:?}");
        assert_eq!(s.received, s.played + s.removed_for_acceleration + s.discarded + s.waiting, "{s:?}");
        assert!(s.silent_concealed <= s.concealed && s.concealment_events <= s.concealed, "{s:?}");
        assert!(self.buffer.delay_ms().is_finite() && self.buffer.target_ms().is_finite());
    }
}
