//! Parts of a tape, side by side as one.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use audio_core::tape::{AgentLine, CallerSpan, Greeting, TapeFile, Word, read_wav_8k, write_wav_8k};

use super::MinimiseError;
use crate::providers::embedded::script_of;
use crate::tape::WireLine;
use crate::tape::hearing;
use crate::tape::open_loop::RecordedAgent;
use crate::tape::player::Playable;

/// Samples of a ms.
const RATE: u64 = 8;
/// Left around what is labelled or heard, in ms: a detector's onset and hangover.
const MARGIN_MS: u64 = 200;
/// No piece is shorter, in ms: shorter ones gain nothing and take a replay each.
const MIN_PIECE_MS: u64 = 100;
/// No piece is longer: in a long silence, half of it may be needed.
const MAX_PIECE_MS: u64 = 1_000;

/// The parts of a tape's time that stay: in order, apart, in ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept(Vec<(u64, u64)>);

impl Kept {
    /// Everything until a decision at `t_ms`.
    pub(super) fn until(t_ms: u64, length_ms: u64) -> Self {
        Self(vec![(0, t_ms.min(length_ms).max(20))])
    }

    pub(super) fn without(&self, (from, to): (u64, u64)) -> Self {
        let parts = self.0.iter().flat_map(|&(start, end)| [(start, end.min(from)), (start.max(to), end)]);
        Self(parts.filter(|(start, end)| start < end).collect())
    }

    pub(super) fn length_ms(&self) -> u64 {
        self.0.iter().map(|(start, end)| end - start).sum()
    }

    /// Where a moment falls when the rest is gone.
    pub(super) fn moved(&self, t_ms: u64) -> u64 {
        let before = self.0.iter().map(|&(start, end)| end.min(t_ms).saturating_sub(start)).sum::<u64>();
        // The decision may come after the last sample that brought it about.
        before + t_ms.saturating_sub(self.0.last().map_or(0, |(_, end)| *end))
    }

    #[cfg(test)]
    pub(super) fn holds(&self, from: u64, to: u64) -> bool {
        self.0.iter().any(|&(start, end)| start <= from && to <= end)
    }

    fn audio(&self, samples: &[i16]) -> Vec<i16> {
        let at = |ms: u64| usize::try_from(ms * RATE).unwrap_or(usize::MAX).min(samples.len());
        self.0.iter().flat_map(|&(start, end)| &samples[at(start)..at(end)]).copied().collect()
    }

    /// What of a span stays; nothing if none of it does.
    fn span(&self, span: &CallerSpan) -> Option<CallerSpan> {
        let (start_ms, end_ms) = (self.moved_inside(span.start_ms), self.moved_inside(span.end_ms));
        if start_ms >= end_ms {
            return None;
        }
        if end_ms - start_ms == span.end_ms - span.start_ms {
            let mut words = span.words.clone();
            words.iter_mut().flatten().for_each(|word| word.t_ms = self.moved_inside(word.t_ms));
            return Some(CallerSpan { start_ms, end_ms, words, ..span.clone() });
        }
        // Words that are left keep their times; spread over what is left they would not.
        let inside = |t_ms: u64| self.0.iter().any(|&(from, to)| from < t_ms && t_ms <= to);
        let said = script_of(std::slice::from_ref(span)).into_iter().filter(|word| inside(word.end_ms));
        let words: Vec<Word> =
            said.map(|word| Word { t_ms: self.moved_inside(word.end_ms), text: word.text }).collect();
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        Some(CallerSpan { start_ms, end_ms, kind: span.kind, text, words: Some(words) })
    }

    fn moved_inside(&self, t_ms: u64) -> u64 {
        self.0.iter().map(|&(start, end)| end.min(t_ms).saturating_sub(start)).sum()
    }
}

/// A tape to be cut, as sound and script.
pub(super) struct Material {
    tape: Playable,
    /// When something is labelled or heard on the caller's line, in ms.
    heard: Vec<(u64, u64)>,
}

impl Material {
    pub(super) fn new(tape: &Playable, dir: &Path) -> Result<Self, MinimiseError> {
        let mut tape = tape.clone();
        let agent = dir.join("agent.wav");
        if tape.recording.take().is_some() && agent.exists() {
            let samples = read_wav_8k(agent)?;
            let speech = hearing::speech(&samples);
            tape.agent = Some(RecordedAgent { samples, speech });
        }
        let labels = tape.tape.file.caller.iter().map(|span| (span.start_ms, span.end_ms));
        let heard = match tape.tape.file.caller.is_empty() {
            true => hearing::speech(&tape.tape.caller),
            false => labels.collect(),
        };
        Ok(Self { tape, heard })
    }

    /// Pieces that may be left out, one by one or together.
    pub(super) fn pieces(&self, kept: &Kept) -> Vec<(u64, u64)> {
        let end = kept.0.last().map_or(0, |(_, end)| *end);
        let agent = self.tape.agent.iter().flat_map(|agent| agent.speech.iter().copied());
        let mut edges: Vec<u64> = self
            .heard
            .iter()
            .copied()
            .chain(agent)
            .flat_map(|(from, to)| [from.saturating_sub(MARGIN_MS), to + MARGIN_MS])
            .filter(|edge| *edge < end)
            .chain([0, end])
            .map(|edge| edge - edge % 20)
            .collect();
        edges.sort_unstable();
        edges.dedup_by(|later, earlier| *later < *earlier + MIN_PIECE_MS);
        let mut pieces = Vec::new();
        for pair in edges.windows(2) {
            let (mut from, to) = (pair[0], pair[1]);
            while from < to {
                let next = to.min(from + MAX_PIECE_MS);
                pieces.push((from, next));
                from = next;
            }
        }
        pieces
    }

    /// The tape that is left.
    pub(super) fn cut(&self, kept: &Kept) -> Playable {
        let mut cut = self.tape.clone();
        cut.tape.caller = kept.audio(&self.tape.tape.caller);
        let file = &mut cut.tape.file;
        // What the agent answered to a turn that is gone is gone too.
        let gone: Vec<usize> = turns(&self.tape.tape.file)
            .enumerate()
            .filter(|(_, turn)| kept.span(turn).is_none())
            .map(|(i, _)| i)
            .collect();
        let answers = |i: usize| !gone.contains(&i);
        let mut kept_lines: Vec<(AgentLine, Option<Vec<i16>>)> = Vec::new();
        for (i, line) in file.agent.iter().enumerate() {
            if answers(i) {
                kept_lines.push((line.clone(), cut.tape.agent_clips.get(i).cloned().flatten()));
            }
        }
        if let (true, Some(last)) = (kept_lines.is_empty(), file.agent.last()) {
            kept_lines.push((last.clone(), cut.tape.agent_clips.last().cloned().flatten()));
        }
        (file.agent, cut.tape.agent_clips) = kept_lines.into_iter().unzip();
        file.caller = self.tape.tape.file.caller.iter().filter_map(|span| kept.span(span)).collect();
        file.hang_up_ms = None;
        if let Some(agent) = &self.tape.agent {
            let samples = kept.audio(&agent.samples);
            let speech = hearing::speech(&samples);
            cut.agent = Some(RecordedAgent { samples, speech });
        }
        cut
    }
}

/// What the caller says when it is their turn.
fn turns(file: &TapeFile) -> impl Iterator<Item = &CallerSpan> {
    use audio_core::tape::SpanKind::{Interruption, Turn};
    file.caller.iter().filter(|span| matches!(span.kind, Turn | Interruption))
}

pub(super) fn describe(file: &TapeFile, dir: &Path) -> Result<(), MinimiseError> {
    let path = dir.join("tape.json");
    let json = serde_json::to_vec_pretty(file).map_err(io::Error::from).map_err(MinimiseError::io(&path))?;
    fs::write(&path, json).map_err(MinimiseError::io(&path))
}

/// A live call's tape without what comes after `end_ms`.
pub(super) fn end_of_record(from: &Path, to: &Path, end_ms: u64) -> Result<(), MinimiseError> {
    let mut file = TapeFile::load(from).map_err(crate::tape::ReplayError::from)?;
    let kept = Kept(vec![(0, end_ms)]);
    for track in ["caller.wav", "agent.wav"] {
        let path = from.join(track);
        if path.exists() {
            write_wav_8k(to.join(track), &kept.audio(&read_wav_8k(&path)?))?;
        }
    }
    let (wire, short) = (from.join("wire.jsonl"), to.join("wire.jsonl"));
    let lines = BufReader::new(File::open(&wire).map_err(MinimiseError::io(&wire))?);
    let mut out = BufWriter::new(File::create(&short).map_err(MinimiseError::io(&short))?);
    for line in lines.lines() {
        let line = line.map_err(MinimiseError::io(&wire))?;
        let late = serde_json::from_str::<WireLine>(&line).is_ok_and(|line| line.t_us.as_ms() > end_ms);
        if !late {
            writeln!(out, "{line}").map_err(MinimiseError::io(&short))?;
        }
    }
    out.flush().map_err(MinimiseError::io(&short))?;
    if let Greeting::Line(line) = &mut file.greeting {
        line.clip = None;
    }
    file.caller = file.caller.iter().filter_map(|span| kept.span(span)).collect();
    describe(&file, to)
}
