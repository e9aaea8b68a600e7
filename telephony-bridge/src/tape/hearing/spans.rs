//! From probabilities and levels to spans of voice and of noise.

use super::listen::{HOP_MS, Line};

/// A span of speech has a hop at least this sure…
const SURE: f32 = 0.6;
/// …and goes on while hops are this sure.
const LIKELY: f32 = 0.35;
/// Pauses up to this long are within a span.
const JOIN_MS: u64 = 480;
/// Speech shorter than this is none.
const MIN_VOICE_MS: u64 = 100;
/// An edge is moved by no more than this to where the sound begins or ends.
const EDGE_MS: u64 = 200;
/// Sound is this much above the noise around it.
const EDGE_DB: f32 = 8.0;
/// Noise is a burst this much above what surrounds it…
const BURST_DB: f32 = 12.0;
/// …and this long.
const MIN_BURST_MS: u64 = 120;
/// Bursts closer than this are one.
const JOIN_BURSTS_MS: u64 = 250;
/// The noise around is what lies below most of the levels this far before and after.
const AROUND_MS: u64 = 4_000;

/// Somebody speaks, or something sounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::tape) struct Heard {
    pub(in crate::tape) start_ms: u64,
    pub(in crate::tape) end_ms: u64,
    /// Speech?
    pub(in crate::tape) voice: bool,
    /// Mean level of its loud half, in dBFS.
    pub(in crate::tape) level: f32,
}

/// Spans of voice, and of noise where nobody speaks, by time.
pub(in crate::tape) fn spans(line: &Line) -> Vec<Heard> {
    let floor = floor(&line.level);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (start, end) in runs_of(line.voice.len(), |i| line.voice[i] >= LIKELY) {
        if line.voice[start..end].iter().all(|p| *p < SURE) || (end - start) as u64 * HOP_MS < MIN_VOICE_MS {
            continue;
        }
        runs.push(edges(line, &floor, start, end));
    }
    let voices = joined(runs, JOIN_MS);
    let near_voice = |i: usize| {
        let reach = (EDGE_MS / HOP_MS) as usize;
        let at = voices.partition_point(|&(_, end)| end + reach <= i);
        voices.get(at).is_some_and(|&(start, _)| start <= i + reach)
    };
    let loud = |i: usize| line.level[i] >= floor[i] + BURST_DB && !near_voice(i);
    let bursts = joined(runs_of(line.level.len(), loud), JOIN_BURSTS_MS);
    let bursts = bursts.into_iter().filter(|(start, end)| (end - start) as u64 * HOP_MS >= MIN_BURST_MS);
    let heard = |(start, end): (usize, usize), voice| Heard {
        start_ms: start as u64 * HOP_MS,
        end_ms: end as u64 * HOP_MS,
        voice,
        level: loudness(&line.level[start..end]),
    };
    let mut found: Vec<Heard> = voices.iter().map(|&run| heard(run, true)).collect();
    found.extend(bursts.map(|run| heard(run, false)));
    found.sort_by_key(|span| (span.start_ms, span.end_ms));
    found
}

/// Where a condition holds: from, to.
fn runs_of(len: usize, holds: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for i in (0..len).filter(|&i| holds(i)) {
        match runs.last_mut().filter(|run| run.1 == i) {
            Some(run) => run.1 = i + 1,
            None => runs.push((i, i + 1)),
        }
    }
    runs
}

fn joined(runs: Vec<(usize, usize)>, gap_ms: u64) -> Vec<(usize, usize)> {
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (start, end) in runs {
        match joined.last_mut() {
            Some(last) if (start.saturating_sub(last.1)) as u64 * HOP_MS <= gap_ms => {
                last.1 = last.1.max(end);
            }
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// Moves both ends to where the sound begins and ends: a hop of sound that the detector is not sure
/// of belongs to the speech beside it, silence does not.
fn edges(line: &Line, floor: &[f32], mut start: usize, mut end: usize) -> (usize, usize) {
    let reach = (EDGE_MS / HOP_MS) as usize;
    let sounds = |i: usize| line.level.get(i).is_some_and(|level| *level >= floor[i] + EDGE_DB);
    let (first, last) = (start.saturating_sub(reach), (end + reach).min(line.level.len()));
    while start + 1 < end && start < first + 2 * reach && !sounds(start) {
        start += 1;
    }
    while start > first && sounds(start - 1) {
        start -= 1;
    }
    while end > start + 1 && end + 2 * reach > last && !sounds(end - 1) {
        end -= 1;
    }
    while end < last && sounds(end) {
        end += 1;
    }
    (start, end)
}

/// The level of the noise around each hop: the third that is quietest of what lies around, in blocks
/// of a tenth of a second.
fn floor(level: &[f32]) -> Vec<f32> {
    const BLOCK: usize = 10;
    let blocks: Vec<f32> =
        level.chunks(BLOCK).map(|block| block.iter().sum::<f32>() / block.len() as f32).collect();
    let reach = (AROUND_MS / HOP_MS) as usize / BLOCK;
    let around = |n: usize| {
        let mut near = blocks[n.saturating_sub(reach)..(n + reach + 1).min(blocks.len())].to_vec();
        near.sort_by(f32::total_cmp);
        near[near.len() / 5]
    };
    let of_block: Vec<f32> = (0..blocks.len()).map(around).collect();
    (0..level.len()).map(|i| of_block[i / BLOCK]).collect()
}

/// Mean power of the louder half, in dBFS: pauses do not make a voice quieter.
fn loudness(levels: &[f32]) -> f32 {
    let mut sorted = levels.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.truncate(sorted.len().div_ceil(2));
    let power: f32 = sorted.iter().map(|level| 10f32.powf(level / 10.0)).sum();
    10.0 * (power / sorted.len().max(1) as f32).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 s silence, 0.5 s voice, 0.3 s pause, 0.5 s voice, 2 s silence with a bang in it.
    fn line() -> Line {
        let mut line = Line { voice: vec![0.05; 430], level: vec![-60.0; 430] };
        for i in (100..150).chain(180..230) {
            (line.voice[i], line.level[i]) = (0.9, -22.0);
        }
        // A fricative before the detector is sure, and the detector late at the end.
        line.level[92..100].fill(-40.0);
        line.voice[230..240].fill(0.8);
        line.level[330..350].fill(-25.0);
        line
    }

    #[test]
    fn pauses_are_within_and_edges_are_those_of_the_sound() {
        let found = spans(&line());
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((found[0].start_ms, found[0].end_ms, found[0].voice), (920, 2_300, true));
        assert!((found[0].level + 22.0).abs() < 0.5);
        assert_eq!((found[1].start_ms, found[1].end_ms, found[1].voice), (3_300, 3_500, false));
    }

    #[test]
    fn an_empty_line_holds_nothing() {
        assert_eq!(spans(&Line::default()), []);
        assert_eq!(spans(&Line { voice: vec![0.1; 50], level: vec![-60.0; 50] }), []);
    }
}
