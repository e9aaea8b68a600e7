//! Speech recognition that reads a tape's ground truth.
//!
//! Words are spread evenly over their span unless the tape times them. A word shows in interim
//! results `stt_interim_ms` after its end. The final result comes `stt_ms` after the turn's end
//! and holds the words from 200 ms before the onset to the decision that no earlier final held.

use std::sync::Arc;

use audio_core::frame::SampleTime;
use audio_core::tape::{CallerSpan, Latency, SpanKind};

use super::due::Due;
use crate::providers::{Stt, SttResult};
use crate::session::{CallTime, TurnId};

/// Words that ended this long before the onset still belong to the turn: a recogniser is fed
/// with pre-roll.
const LOOK_BACK_MS: u64 = 200;

/// One word and the time of its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedWord {
    /// End, in ms since the caller's first sample.
    pub end_ms: u64,
    /// The word.
    pub text: String,
}

/// The words on a caller's line, in order.
pub fn script_of(spans: &[CallerSpan]) -> Vec<ScriptedWord> {
    let mut script = Vec::new();
    for span in spans.iter().filter(|span| span.kind != SpanKind::Noise) {
        if let Some(words) = &span.words {
            script.extend(words.iter().map(|w| ScriptedWord { end_ms: w.t_ms, text: w.text.clone() }));
            continue;
        }
        let words: Vec<&str> = span.text.split_whitespace().collect();
        let length = span.end_ms.saturating_sub(span.start_ms);
        script.extend(words.iter().enumerate().map(|(i, word)| ScriptedWord {
            end_ms: span.start_ms + length * (i as u64 + 1) / words.len() as u64,
            text: (*word).to_owned(),
        }));
    }
    script.sort_by_key(|word| word.end_ms);
    script
}

/// Recognition for one call. See the module's page.
#[derive(Debug)]
pub struct ScriptedStt {
    script: Arc<[ScriptedWord]>,
    /// Was the word part of a final result?
    delivered: Vec<bool>,
    latency: Latency,
    open: Option<Open>,
    finals: Due<(TurnId, Vec<usize>)>,
}

#[derive(Debug)]
struct Open {
    turn: TurnId,
    from_ms: u64,
    shown: usize,
    /// No word more ends before this.
    next_ms: u64,
}

impl ScriptedStt {
    /// Recognition of `script`, in order.
    pub fn new(script: impl Into<Arc<[ScriptedWord]>>, latency: Latency) -> Self {
        let script = script.into();
        let delivered = vec![false; script.len()];
        Self { script, delivered, latency, open: None, finals: Due::default() }
    }

    /// Undelivered words that ended in `[from_ms, until_ms]`.
    fn words(&self, from_ms: u64, until_ms: u64) -> impl Iterator<Item = usize> {
        let first = self.script.partition_point(|word| word.end_ms < from_ms);
        let spoken = self.script[first..].iter().take_while(move |word| word.end_ms <= until_ms);
        (first..).zip(spoken).map(|(i, _)| i).filter(|&i| !self.delivered[i])
    }

    fn text(&self, words: &[usize]) -> String {
        words.iter().map(|&i| self.script[i].text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl Stt for ScriptedStt {
    fn start(&mut self, turn: TurnId, from: SampleTime) {
        self.open =
            Some(Open { turn, from_ms: from.as_ms().saturating_sub(LOOK_BACK_MS), shown: 0, next_ms: 0 });
    }

    fn finish(&mut self, now: CallTime, turn: TurnId) {
        let Some(open) = self.open.take_if(|open| open.turn == turn) else { return };
        let words = self.words(open.from_ms, now.as_ms()).collect();
        self.finals.push(CallTime(now.0 + self.latency.stt_ms * 1_000), (turn, words));
    }

    fn cancel(&mut self, turn: TurnId) {
        self.open.take_if(|open| open.turn == turn);
        self.finals.retain(|(t, _)| *t != turn);
    }

    fn poll(&mut self, now: CallTime) -> Option<(TurnId, SttResult)> {
        if let Some((turn, words)) = self.finals.pop(now) {
            let words: Vec<usize> = words.into_iter().filter(|&i| !self.delivered[i]).collect();
            for &i in &words {
                self.delivered[i] = true;
            }
            return Some((turn, SttResult::Final(self.text(&words))));
        }
        let open = self.open.as_ref()?;
        // Asked at every look: nothing is counted or put together before there can be something new.
        let until_ms = now.as_ms().checked_sub(self.latency.stt_interim_ms)?;
        if until_ms < open.next_ms {
            return None;
        }
        let visible: Vec<usize> = self.words(open.from_ms, until_ms).collect();
        let next_ms = self.words(open.from_ms.max(until_ms + 1), u64::MAX).next();
        let next_ms = next_ms.map_or(u64::MAX, |word| self.script[word].end_ms);
        let (turn, text, new) = (open.turn, self.text(&visible), visible.len() > open.shown);
        if let Some(open) = &mut self.open {
            (open.next_ms, open.shown) = (next_ms, open.shown.max(visible.len()));
        }
        new.then_some((turn, SttResult::Partial(text)))
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        self.finals.next_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(kind: SpanKind, start_ms: u64, end_ms: u64, text: &str) -> CallerSpan {
        CallerSpan { start_ms, end_ms, kind, text: text.to_owned(), words: None }
    }

    fn latency() -> Latency {
        Latency { stt_ms: 250, stt_interim_ms: 300, llm_ms: 0, tts_ms: 0 }
    }

    #[test]
    fn words_are_spread_evenly_and_noise_has_none() {
        let script = script_of(&[
            span(SpanKind::Turn, 1_000, 2_000, "אחת שתיים"),
            span(SpanKind::Noise, 3_000, 4_000, "בום"),
        ]);
        assert_eq!(script.iter().map(|w| w.end_ms).collect::<Vec<_>>(), [1_500, 2_000]);
    }

    #[test]
    fn a_final_holds_what_no_earlier_final_held() {
        let script = script_of(&[span(SpanKind::Turn, 1_000, 3_000, "אחת שתיים שלוש ארבע")]);
        let mut stt = ScriptedStt::new(script, latency());
        stt.start(TurnId(1), SampleTime::from_ms(1_100));
        assert_eq!(stt.poll(CallTime::from_ms(1_700)), None);
        assert_eq!(stt.poll(CallTime::from_ms(1_800)), Some((TurnId(1), SttResult::Partial("אחת".into()))));
        stt.finish(CallTime::from_ms(2_100), TurnId(1));
        assert_eq!(stt.poll(CallTime::from_ms(2_349)), None);
        assert_eq!(
            stt.poll(CallTime::from_ms(2_350)),
            Some((TurnId(1), SttResult::Final("אחת שתיים".into())))
        );
        stt.start(TurnId(2), SampleTime::from_ms(1_100));
        stt.finish(CallTime::from_ms(3_500), TurnId(2));
        assert_eq!(
            stt.poll(CallTime::from_ms(3_750)),
            Some((TurnId(2), SttResult::Final("שלוש ארבע".into())))
        );
    }

    #[test]
    fn a_cancelled_turn_keeps_its_words_for_the_next() {
        let script = script_of(&[span(SpanKind::Turn, 1_000, 2_000, "שלום עולם")]);
        let mut stt = ScriptedStt::new(script, latency());
        stt.start(TurnId(1), SampleTime::from_ms(1_000));
        stt.finish(CallTime::from_ms(2_200), TurnId(1));
        stt.cancel(TurnId(1));
        assert_eq!(stt.poll_timeout(), None);
        stt.start(TurnId(2), SampleTime::from_ms(1_000));
        stt.finish(CallTime::from_ms(2_500), TurnId(2));
        assert_eq!(
            stt.poll(CallTime::from_ms(3_000)),
            Some((TurnId(2), SttResult::Final("שלום עולם".into())))
        );
    }
}
