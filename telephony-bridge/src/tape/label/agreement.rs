//! How well labels agree with others that are believed.

use audio_core::tape::{CallerSpan, SpanKind};

use crate::tape::hearing::HOP_MS;

/// Sums over tapes.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    /// Hops of 10 ms that both call voice.
    pub both: u64,
    /// Hops that only the new labels do.
    pub only_new: u64,
    /// Hops that only the believed ones do.
    pub only_believed: u64,
    /// Distance of each edge of a believed span of voice from that of the new one, in ms.
    pub edges_ms: Vec<u64>,
    /// Believed spans of voice that no new one overlaps.
    pub unheard: u32,
    /// New spans of voice that overlap no believed one.
    pub invented: u32,
    /// Of the believed spans that one overlaps: how many are of the same kind, and how many there are.
    pub kinds: (u32, u32),
    /// Kinds that differ: believed, new.
    pub confused: Vec<(SpanKind, SpanKind)>,
}

impl Agreement {
    /// Adds a tape.
    pub fn add(&mut self, believed: &[CallerSpan], new: &[CallerSpan]) {
        let voiced = |labels: &[CallerSpan]| -> Vec<CallerSpan> {
            labels.iter().filter(|label| label.kind != SpanKind::Noise).cloned().collect()
        };
        let (believed, new) = (voiced(believed), voiced(new));
        let end = believed.iter().chain(&new).map(|label| label.end_ms).max().unwrap_or(0);
        let within =
            |labels: &[CallerSpan], t| labels.iter().any(|label| label.start_ms <= t && t < label.end_ms);
        for hop in 0..end.div_ceil(HOP_MS) {
            let t = hop * HOP_MS + HOP_MS / 2;
            match (within(&believed, t), within(&new, t)) {
                (true, true) => self.both += 1,
                (true, false) => self.only_believed += 1,
                (false, true) => self.only_new += 1,
                (false, false) => {}
            }
        }
        let common = |a: &CallerSpan, b: &CallerSpan| {
            a.end_ms.min(b.end_ms).saturating_sub(a.start_ms.max(b.start_ms))
        };
        for label in &believed {
            let best =
                new.iter().max_by_key(|other| common(label, other)).filter(|other| common(label, other) > 0);
            let Some(best) = best else {
                self.unheard += 1;
                continue;
            };
            self.edges_ms.push(label.start_ms.abs_diff(best.start_ms));
            self.edges_ms.push(label.end_ms.abs_diff(best.end_ms));
            self.kinds.1 += 1;
            if label.kind == best.kind {
                self.kinds.0 += 1;
            } else {
                self.confused.push((label.kind, best.kind));
            }
        }
        self.invented +=
            new.iter().filter(|label| believed.iter().all(|other| common(label, other) == 0)).count() as u32;
    }

    /// Of what is called voice, how much both do: the harmonic mean of precision and recall, in [0, 1].
    pub fn f1(&self) -> Option<f64> {
        let all = 2 * self.both + self.only_new + self.only_believed;
        (all > 0).then(|| 2.0 * self.both as f64 / all as f64)
    }

    /// A percentile of the edges' distances, in ms.
    pub fn edge_ms(&self, percent: usize) -> Option<u64> {
        let mut sorted = self.edges_ms.clone();
        sorted.sort_unstable();
        sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_edges_are_counted() {
        let label =
            |kind, start_ms, end_ms| CallerSpan { start_ms, end_ms, kind, text: String::new(), words: None };
        let believed = [label(SpanKind::Turn, 1_000, 2_000), label(SpanKind::Backchannel, 5_000, 5_300)];
        let new = [label(SpanKind::Turn, 1_100, 2_000), label(SpanKind::Turn, 8_000, 8_100)];
        let mut found = Agreement::default();
        found.add(&believed, &new);
        assert_eq!((found.both, found.only_new, found.only_believed), (90, 10, 40));
        assert_eq!((found.unheard, found.invented, found.kinds), (1, 1, (1, 1)));
        assert_eq!((found.edge_ms(50), found.edge_ms(95)), (Some(0), Some(100)));
        assert!((found.f1().expect("voice") - 180.0 / 230.0).abs() < 1e-9);
        assert_eq!(Agreement::default().f1(), None);
    }
}
