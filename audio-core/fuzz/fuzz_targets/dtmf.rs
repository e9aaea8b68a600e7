//! DTMF: a generator of any settings and any digits, a receiver of any line. Cuts are not heard,
//! digits come in order and are long enough, and both sample types hear the same.
#![no_main]

use arbitrary::Arbitrary;
use audio_core::Error;
use audio_core::dtmf::{Digit, DtmfConfig, DtmfDetector, DtmfEvent, DtmfGenerator};
use audio_core::frame::Dbfs;
use fuzz_kit::names_a_field;
use fuzz_kit::sound::{Line, cut};
use libfuzzer_sys::fuzz_target;

/// Longest line, 2.5 s.
const MOST: usize = 20_000;

#[derive(Arbitrary, Debug)]
struct Input {
    digits: String,
    level: f32,
    twist_db: f32,
    duration_ms: u32,
    pause_ms: u32,
    /// Within their ranges?
    tame: bool,
    line: Line,
    cuts: Vec<u8>,
    hostile: Vec<f32>,
}

fuzz_target!(|input: Input| {
    let mut pcm = generate(&input).unwrap_or_default();
    pcm.truncate(MOST);
    for (n, &sample) in input.line.pcm(MOST).iter().enumerate() {
        match pcm.get_mut(n) {
            Some(slot) => *slot = slot.saturating_add(sample),
            None => pcm.push(sample),
        }
    }
    let mut detector = DtmfDetector::new();
    let whole = listen(&mut detector, &[&pcm]);
    in_order(&whole, pcm.len());

    // Whatever a broken microphone sends, a reset forgets it.
    detector.process_f32(&input.hostile, |_| {});
    detector.reset();
    assert_eq!(detector.current(), None);
    assert_eq!(listen(&mut detector, &cut(&pcm, &input.cuts)), whole, "the cuts are heard");

    let floats: Vec<f32> = pcm.iter().map(|&s| f32::from(s) / 32_768.0).collect();
    let (mut detector, mut events) = (DtmfDetector::new(), Vec::new());
    detector.process_f32(&floats, |event| events.push(event));
    detector.flush(|event| events.push(event));
    assert_eq!(events, whole, "the sample types differ");
});

fn listen(detector: &mut DtmfDetector, pieces: &[&[i16]]) -> Vec<DtmfEvent> {
    let mut events = Vec::new();
    for piece in pieces {
        detector.process(piece, |event| events.push(event));
    }
    let held = detector.current();
    let before = events.len();
    detector.flush(|event| events.push(event));
    assert_eq!(events.get(before).map(|event| event.digit), held, "what is held is what flush reports");
    assert_eq!(detector.current(), None);
    detector.flush(|event| panic!("flushed twice: {event:?}"));
    events
}

/// Each end is known to 5 ms, so neighbours may overlap by 10.
fn in_order(events: &[DtmfEvent], samples: usize) {
    for event in events {
        assert!(event.end - event.start >= 256 && event.end.0 <= samples as u64, "{event:?}");
    }
    for pair in events.windows(2) {
        assert!(pair[0].end.0 <= pair[1].start.0 + 80, "{pair:?}");
    }
}

/// The generator's signal, unless the settings are refused.
fn generate(input: &Input) -> Option<Vec<i16>> {
    let mut config = DtmfConfig {
        level: Dbfs(input.level),
        twist_db: input.twist_db,
        duration_ms: input.duration_ms,
        pause_ms: input.pause_ms,
    };
    let mut digits = input.digits.clone();
    if input.tame {
        config.level = Dbfs(-10.0 - (input.duration_ms >> 24) as f32 / 5.0);
        config.twist_db = (input.pause_ms >> 28) as f32 - 8.0;
        config.duration_ms = input.duration_ms % 200 + 1;
        config.pause_ms = input.pause_ms % 200;
        digits.retain(|name| Digit::from_char(name).is_some());
    }
    let mut generator = match DtmfGenerator::new(&digits, config) {
        Ok(generator) => generator,
        Err(Error::UnknownName { given, .. }) => {
            assert!(input.digits.contains(&given) && !given.chars().any(|c| Digit::from_char(c).is_some()));
            return None;
        }
        Err(error) => {
            names_a_field(&error, "dtmf.");
            assert!(!input.tame, "{error}");
            return None;
        }
    };
    let total = digits.chars().count() * 8 * (config.duration_ms + config.pause_ms) as usize;
    let mut pcm = vec![77; total.min(MOST)];
    assert_eq!(generator.fill(&mut pcm), pcm.len());
    if total < MOST {
        assert_eq!(generator.fill(&mut [0; 9]), 0, "longer than its digits");
    }
    generator.reset();
    let (mut again, mut done) = (vec![0; pcm.len()], 0);
    for piece in cut(&pcm, &input.cuts) {
        done += generator.fill(&mut again[done..done + piece.len()]);
    }
    assert!(again == pcm, "the cuts are heard");
    Some(pcm)
}
