//! Label tracks of Audacity: a line a label, start, end and text with tabs between them, times in seconds.
//!
//! A span is `kind: text`. Where a tape times its words, each is a label of no length at the word's end,
//! `word: text`. What a line cannot hold is written as `\t`, `\n` and `\\`.

use std::fmt::Write as _;

use audio_core::tape::{CallerSpan, SpanKind, Word};

const KINDS: [(SpanKind, &str); 5] = [
    (SpanKind::Turn, "turn"),
    (SpanKind::Backchannel, "backchannel"),
    (SpanKind::Interruption, "interruption"),
    (SpanKind::Noise, "noise"),
    (SpanKind::SideSpeech, "side_speech"),
];
const WORD: &str = "word";
/// A tape's times are whole milliseconds; a day is more than any call.
const MAX_SECONDS: f64 = 86_400.0;

/// A label track that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TrackError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, with the datum.
    pub problem: String,
}

/// A label track of the spans.
pub fn write(spans: &[CallerSpan]) -> String {
    let mut track = String::new();
    for span in spans {
        let kind = KINDS.iter().find(|(kind, _)| *kind == span.kind).map_or("turn", |(_, name)| name);
        let text = if span.text.is_empty() { String::new() } else { format!(" {}", escaped(&span.text)) };
        let _ = writeln!(track, "{}\t{}\t{kind}:{text}", seconds(span.start_ms), seconds(span.end_ms));
        for word in span.words.iter().flatten() {
            let at = seconds(word.t_ms);
            let _ = writeln!(track, "{at}\t{at}\t{WORD}: {}", escaped(&word.text));
        }
    }
    track
}

/// The spans of a label track, by time. A label without a kind in front is a turn; a word belongs to the
/// label before it that holds its time.
///
/// # Errors
/// [`TrackError`], with the line.
pub fn read(track: &str) -> Result<Vec<CallerSpan>, TrackError> {
    let mut spans: Vec<CallerSpan> = Vec::new();
    for (i, line) in track.trim_start_matches('\u{feff}').lines().enumerate() {
        // A line of frequencies follows a label that was made in the spectrogram.
        if line.trim().is_empty() || line.starts_with('\\') {
            continue;
        }
        let wrong = |problem: String| TrackError { line: i + 1, problem };
        let mut fields = line.splitn(3, '\t');
        let (Some(start), Some(end)) = (fields.next(), fields.next()) else {
            return Err(wrong(format!(
                "`{line}` is no label: expected start, end and text with tabs between them"
            )));
        };
        let text = fields.next().unwrap_or_default();
        let ms = |text: &str| {
            let seconds = text.trim().replace(',', ".").parse::<f64>().ok();
            let seconds = seconds.filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds));
            let problem =
                || wrong(format!("`{text}` is no time: expected seconds from the start of the recording"));
            seconds.map(|seconds| (seconds * 1e3).round() as u64).ok_or_else(problem)
        };
        let (start_ms, end_ms) = (ms(start)?, ms(end)?);
        let (name, rest) = text.split_once(':').map_or((text.trim(), ""), |(name, rest)| (name.trim(), rest));
        let said = |rest: &str| unescaped(rest.strip_prefix(' ').unwrap_or(rest));
        if name == WORD {
            let holds = |span: &&mut CallerSpan| (span.start_ms..=span.end_ms).contains(&start_ms);
            let Some(span) = spans.iter_mut().rev().find(holds) else {
                return Err(wrong(format!("`{text}` lies in no label before it")));
            };
            span.words.get_or_insert_default().push(Word { t_ms: start_ms, text: said(rest) });
            continue;
        }
        if end_ms <= start_ms {
            return Err(wrong(format!("the label's end, {end}, is not after its start, {start}")));
        }
        let kind = KINDS.iter().find(|(_, known)| *known == name);
        let (kind, text) = kind.map_or_else(|| (SpanKind::Turn, said(text)), |(kind, _)| (*kind, said(rest)));
        spans.push(CallerSpan { start_ms, end_ms, kind, text, words: None });
    }
    spans.sort_by_key(|span| span.start_ms);
    for words in spans.iter_mut().filter_map(|span| span.words.as_mut()) {
        words.sort_by_key(|word| word.t_ms);
    }
    Ok(spans)
}

/// Microseconds, as Audacity writes them.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}000", ms / 1_000, ms % 1_000)
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('t') => out.push('\t'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start_ms: u64, end_ms: u64, kind: SpanKind, text: &str) -> CallerSpan {
        CallerSpan { start_ms, end_ms, kind, text: text.to_owned(), words: None }
    }

    #[test]
    fn a_track_holds_everything() {
        let mut turn = span(1_234, 3_000, SpanKind::Turn, "היי: אני\tמחפשת\n\\דירה");
        turn.words = Some(vec![
            Word { t_ms: 2_000, text: "היי".to_owned() },
            Word { t_ms: 3_000, text: "אני".to_owned() },
        ]);
        let spans = vec![
            turn,
            span(2_500, 2_900, SpanKind::Noise, ""),
            span(4_000, 4_001, SpanKind::SideSpeech, " x "),
        ];
        let track = write(&spans);
        assert!(
            track.starts_with(
                "1.234000\t3.000000\tturn: היי: אני\\tמחפשת\\n\\\\דירה\n2.000000\t2.000000\tword: היי\n"
            ),
            "{track}"
        );
        assert_eq!(read(&track), Ok(spans));
        assert_eq!(write(&read(&track).expect("a track")), track);
    }

    #[test]
    fn what_a_hand_writes_is_read() {
        let track = "\u{feff}2,5\t3.2504\tnoise\r\n\\\t100.0\t3000.0\n0.5\t1\tכן בטח\n\n4\t5\n";
        let expected = [
            span(500, 1_000, SpanKind::Turn, "כן בטח"),
            span(2_500, 3_250, SpanKind::Noise, ""),
            span(4_000, 5_000, SpanKind::Turn, ""),
        ];
        assert_eq!(read(track), Ok(expected.to_vec()));
    }

    #[test]
    fn nonsense_is_named_with_its_line() {
        for (track, named) in [
            ("0\t1\tturn\n1 2 turn", "line 2: `1 2 turn` is no label"),
            ("a\t1\tturn", "line 1: `a` is no time"),
            ("-1\t1\t", "`-1` is no time"),
            ("1\tinf\t", "`inf` is no time"),
            ("1\t1\tturn", "the label's end, 1, is not after its start, 1"),
            ("1\t1\tword: x", "`word: x` lies in no label before it"),
        ] {
            let error = read(track).expect_err(track).to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
