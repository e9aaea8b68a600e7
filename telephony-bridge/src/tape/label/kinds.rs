//! What a span is, by what the agent does meanwhile and what the caller does next.

use audio_core::tape::{CallerSpan, SpanKind};

use crate::tape::hearing::{Heard, Span};

/// A backchannel is no longer than this…
const BACKCHANNEL_MS: u64 = 700;
/// …and the agent speaks on for so long after it.
const GOES_ON_MS: u64 = 400;
/// Speech so soon after it was meant to go on: no backchannel.
const MORE_MS: u64 = 900;
/// Who begins this close to the agent's end answers.
const ANSWER_MS: u64 = 300;
/// Somebody else in the room is this much quieter than the caller.
const FARTHER_DB: f32 = 9.0;

/// Labels for what was heard.
pub(super) fn kinds(heard: &[Heard], agent: &[Span]) -> Vec<CallerSpan> {
    let mut levels: Vec<f32> = heard.iter().filter(|span| span.voice).map(|span| span.level).collect();
    levels.sort_by(f32::total_cmp);
    // The caller speaks most, and nearest: a level in the upper half.
    let caller = levels.get(levels.len() * 2 / 3).copied().unwrap_or(f32::NEG_INFINITY);
    let far = |span: &Heard| span.level < caller - FARTHER_DB;
    let voices: Vec<&Heard> = heard.iter().filter(|span| span.voice && !far(span)).collect();
    let mut labels = Vec::new();
    for span in heard {
        let next = voices.iter().find(|next| next.start_ms >= span.end_ms).map(|next| next.start_ms);
        let kind = match span.voice {
            false => SpanKind::Noise,
            true if far(span) => SpanKind::SideSpeech,
            true => kind(span, agent, next),
        };
        labels.push(CallerSpan {
            start_ms: span.start_ms,
            end_ms: span.end_ms,
            kind,
            text: String::new(),
            words: None,
        });
    }
    labels
}

fn kind(span: &Heard, agent: &[Span], next: Option<u64>) -> SpanKind {
    let over = agent.iter().find(|&&(start, end)| start <= span.start_ms && span.start_ms + ANSWER_MS < end);
    let Some(&(_, agent_end)) = over else { return SpanKind::Turn };
    let goes_on = agent_end >= span.end_ms + GOES_ON_MS;
    let more = next.is_some_and(|next| next < span.end_ms + MORE_MS);
    match span.end_ms - span.start_ms <= BACKCHANNEL_MS && goes_on && !more {
        true => SpanKind::Backchannel,
        false => SpanKind::Interruption,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_decides() {
        let voice = |start_ms, end_ms| Heard { start_ms, end_ms, voice: true, level: -22.0 };
        let heard = [
            voice(1_000, 3_000),                             // the agent is silent
            voice(6_000, 6_400),                             // and the agent goes on
            voice(9_000, 9_400),                             // followed by more
            voice(9_900, 11_000),                            // over the agent
            Heard { level: -36.0, ..voice(12_000, 13_000) }, // quieter
            Heard { voice: false, ..voice(14_000, 14_500) }, // no voice
            voice(15_900, 17_000),                           // as the agent ends
        ];
        let agent = [(5_000, 10_500), (11_500, 16_000)];
        let kinds: Vec<SpanKind> = kinds(&heard, &agent).iter().map(|label| label.kind).collect();
        assert_eq!(
            kinds,
            [
                SpanKind::Turn,
                SpanKind::Backchannel,
                SpanKind::Interruption,
                SpanKind::Interruption,
                SpanKind::SideSpeech,
                SpanKind::Noise,
                SpanKind::Turn,
            ]
        );
    }
}
