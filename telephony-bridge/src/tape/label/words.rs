//! What was recognised when the call was recorded, as the text of the spans it belongs to.

use audio_core::tape::{CallerSpan, SpanKind};

use crate::tape::rerun::Transcript;

/// Gives each transcript to the span of voice with which it has most time in common.
pub(super) fn give(labels: &mut [CallerSpan], transcripts: &[Transcript]) {
    for transcript in transcripts.iter().filter(|transcript| !transcript.text.trim().is_empty()) {
        let common = |label: &CallerSpan| {
            label.end_ms.min(transcript.end_ms).saturating_sub(label.start_ms.max(transcript.start_ms))
        };
        let voices = labels.iter_mut().filter(|label| label.kind != SpanKind::Noise);
        let Some(label) = voices.max_by_key(|label| common(label)).filter(|label| common(label) > 0) else {
            continue;
        };
        if !label.text.is_empty() {
            label.text.push(' ');
        }
        label.text.push_str(transcript.text.trim());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_to_whom_they_overlap_most() {
        let label =
            |start_ms, end_ms, kind| CallerSpan { start_ms, end_ms, kind, text: String::new(), words: None };
        let mut labels = [
            label(0, 900, SpanKind::Turn),
            label(1_000, 2_000, SpanKind::Turn),
            label(1_000, 2_500, SpanKind::Noise),
        ];
        let said = |start_ms, end_ms, text: &str| Transcript { start_ms, end_ms, text: text.to_owned() };
        give(
            &mut labels,
            &[
                said(800, 2_400, " שלום "),
                said(1_000, 2_400, "לך"),
                said(5_000, 6_000, "לא"),
                said(0, 500, ""),
            ],
        );
        assert_eq!(labels.map(|label| label.text), ["", "שלום לך", ""]);
    }
}
