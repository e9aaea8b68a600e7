//! Somebody else speaks behind a caller all the time: a television, people at the next table.

use audio_core::barge_in::{BargeInConfig, Preset};
use audio_core::frame::FRAME_SAMPLES;
use audio_core::pipeline::PipelineEvent as Event;
use audio_core::vad::VadKind;

use super::{replay, said};

/// Frames of the television before the caller speaks and after.
const BEFORE: usize = 50;
const AFTER: usize = 125;

/// One person after another out of a loudspeaker across the room: dull, with its reflections, `db` below a caller of this power.
fn television(samples: usize, power: f64, db: f64) -> Vec<i16> {
    let mut low = 0.0;
    let mut dull = said("interruption", 0, 0).into_iter().flat_map(|(_, line)| line).cycle().map(|sample| {
        low += 0.7 * (f64::from(sample) - low);
        low
    });
    let direct: Vec<f64> = dull.by_ref().take(samples + 800).collect();
    let reflected = (800..direct.len())
        .map(|n| direct[n] + 0.3 * direct[n - 97] + 0.2 * direct[n - 271] + 0.1 * direct[n - 797]);
    let heard: Vec<f64> = reflected.collect();
    let gain = (power * 10f64.powf(-db / 10.0) / mean_square(&heard)).sqrt();
    heard.iter().map(|sample| (sample * gain) as i16).collect()
}

fn mean_square(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64
}

/// How long after the caller's last sound the line was silent for good, in ms; `None` if the television held the turn open.
fn turn_end(rules: impl Into<BargeInConfig>, caller: &[i16], db: f64) -> Option<u64> {
    let power = mean_square(&caller.iter().map(|&x| f64::from(x)).collect::<Vec<_>>());
    let samples = (BEFORE + AFTER) * FRAME_SAMPLES + caller.len();
    let mut line = television(samples, power, db);
    let speaks = BEFORE * FRAME_SAMPLES;
    for (sample, own) in line[speaks..].iter_mut().zip(caller) {
        *sample = sample.saturating_add(*own);
    }
    let events = replay(VadKind::Kav, rules).run(&line);
    let end = ((speaks + caller.len()) / 8) as u64;
    match events.iter().rfind(|e| matches!(e, Event::SpeechStart { .. } | Event::SpeechEnd { .. })) {
        Some(Event::SpeechEnd { at, .. }) => Some(at.as_ms().saturating_sub(end)),
        _ => None,
    }
}

/// A-AUD-007: whoever talks behind the caller does not hold their turn open. Without the network, which the other presets do
/// not ask, many turns last longer than anybody waits for an answer.
#[test]
fn a_television_does_not_hold_the_callers_turn_open() {
    let turns = said("booking", 0, 0).into_iter().map(|(_, line)| line).filter(|line| line.len() > 8_000);
    let (mut ends, mut others) = (Vec::new(), Vec::new());
    for turn in turns {
        for db in [7.0, 9.0, 11.0] {
            ends.push(turn_end(Preset::Adaptive, &turn, db));
            others.push(turn_end(Preset::Polite, &turn, db));
        }
    }
    assert!(ends.iter().all(|end| end.is_some_and(|ms| (200..=1_300).contains(&ms))), "{ends:?}");
    let held = others.iter().filter(|end| end.is_none_or(|ms| ms > 1_500)).count();
    assert!(held * 3 > others.len(), "{others:?}");
}
