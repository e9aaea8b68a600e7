//! What a bridge says on `/metrics`: Prometheus text, differences and percentiles.

use std::collections::BTreeMap;

/// One reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Snapshot {
    /// By name and labels, as printed.
    values: BTreeMap<String, f64>,
    /// By name: how many were at or below each bound, by rising bound in seconds.
    histograms: BTreeMap<String, Vec<(f64, f64)>>,
}

/// Percentiles in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub(super) struct Percentiles {
    pub(super) p50: Option<f64>,
    pub(super) p99: Option<f64>,
    pub(super) p999: Option<f64>,
}

impl Snapshot {
    pub(super) fn parse(text: &str) -> Self {
        let mut snapshot = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<f64>() else { continue };
            match bucket(series) {
                Some((name, bound)) => {
                    snapshot.histograms.entry(name.to_owned()).or_default().push((bound, value));
                }
                None => {
                    snapshot.values.insert(series.to_owned(), value);
                }
            }
        }
        for buckets in snapshot.histograms.values_mut() {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        snapshot
    }

    /// What has happened since an earlier reading.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let mut change = self.clone();
        for (series, value) in &mut change.values {
            *value -= earlier.values.get(series).copied().unwrap_or(0.0);
        }
        for (name, buckets) in &mut change.histograms {
            let Some(before) = earlier.histograms.get(name) else { continue };
            for ((_, count), (_, before)) in buckets.iter_mut().zip(before) {
                *count -= before;
            }
        }
        change
    }

    /// The sum over all labels that contain `label`; `None` where there is no such series.
    fn sum(&self, name: &str, label: &str) -> Option<f64> {
        let of_name = |series: &str| {
            let labels = series.strip_prefix(name)?;
            ((labels.is_empty() || labels.starts_with('{')) && labels.contains(label)).then_some(())
        };
        self.values
            .iter()
            .filter(|(series, _)| of_name(series).is_some())
            .map(|(_, value)| *value)
            .reduce(|a, b| a + b)
    }

    /// Caller frames given to signal chains.
    pub(super) fn frames_in(&self) -> Option<f64> {
        self.sum("kav_bridge_audio_frames_in", "")
    }

    /// Frames lost after that, on either way. Those rejected or skipped before it were never
    /// given to a chain: they are missing from [`frames_in`](Self::frames_in) already.
    pub(super) fn lost_behind(&self) -> Option<f64> {
        let lost = |place| self.sum("kav_bridge_audio_frames_lost", place);
        let dropped = self.sum("kav_bridge_messages_dropped_total", "").unwrap_or(0.0);
        Some(lost("where=\"clean\"")? + lost("where=\"wire\"")? + dropped)
    }

    /// Allocator calls on audio threads; known where the bridge has the counting allocator.
    pub(super) fn allocations(&self) -> Option<f64> {
        self.sum("kav_bridge_audio_allocations", "")
    }

    pub(super) fn ticks_missed(&self) -> Option<f64> {
        self.sum("kav_bridge_audio_ticks_missed", "")
    }

    /// Percentiles of a histogram of seconds.
    pub(super) fn percentiles(&self, name: &str) -> Percentiles {
        let buckets = self.histograms.get(name).map_or(&[][..], Vec::as_slice);
        let ms = |p| percentile(buckets, p).map(|seconds| seconds * 1_000.0);
        Percentiles { p50: ms(0.5), p99: ms(0.99), p999: ms(0.999) }
    }
}

/// Name and bound of `name_bucket{…le="bound"}`.
fn bucket(series: &str) -> Option<(&str, f64)> {
    let (name, labels) = series.split_once("_bucket{")?;
    let (_, bound) = labels.split_once("le=\"")?;
    let (bound, _) = bound.split_once('"')?;
    Some((name, bound.parse().ok()?))
}

/// Interpolated inside its bucket. What is beyond the last bound counts as that bound.
fn percentile(buckets: &[(f64, f64)], p: f64) -> Option<f64> {
    let &(_, total) = buckets.last()?;
    if total < 1.0 {
        return None;
    }
    let rank = p * total;
    let index = buckets.iter().position(|(_, count)| *count >= rank)?;
    let (low, below) = index.checked_sub(1).map_or((0.0, 0.0), |before| buckets[before]);
    let (high, up_to) = buckets[index];
    if high.is_infinite() {
        return Some(low);
    }
    Some(low + (high - low) * (rank - below) / (up_to - below).max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# TYPE kav_bridge_audio_frames_in gauge
kav_bridge_audio_frames_in 1000
kav_bridge_audio_frames_in_other 7
# TYPE kav_bridge_audio_frames_lost gauge
kav_bridge_audio_frames_lost{where="rejected"} 1
kav_bridge_audio_frames_lost{where="skipped"} 2
kav_bridge_audio_frames_lost{where="clean"} 4
kav_bridge_audio_frames_lost{where="wire"} 8
kav_bridge_messages_dropped_total 16
# TYPE t_seconds histogram
t_seconds_bucket{le="0.001"} 10
t_seconds_bucket{le="0.002"} 20
t_seconds_bucket{le="0.004"} 100
t_seconds_bucket{le="+Inf"} 100
t_seconds_sum 0.3
t_seconds_count 100
"#;

    #[test]
    fn the_text_is_understood() {
        let snapshot = Snapshot::parse(TEXT);
        assert_eq!(snapshot.frames_in(), Some(1_000.0));
        assert_eq!(snapshot.lost_behind(), Some(28.0));
        assert_eq!(snapshot.allocations(), None);
        let ms = snapshot.percentiles("t_seconds");
        assert!((ms.p50.unwrap() - 2.75).abs() < 1e-9, "{ms:?}");
        assert!((ms.p99.unwrap() - 3.975).abs() < 1e-9, "{ms:?}");
        assert_eq!(snapshot.percentiles("unknown"), Percentiles::default());
    }

    #[test]
    fn only_what_happened_between_two_readings_counts() {
        let (before, after) = (Snapshot::parse(TEXT), Snapshot::parse(&TEXT.replace(" 100\n", " 200\n")));
        let change = after.since(&before);
        assert_eq!(change.frames_in(), Some(0.0));
        assert_eq!(change.lost_behind(), Some(0.0));
        assert_eq!(change.percentiles("t_seconds").p50, Some(3.0));
        assert_eq!(before.since(&before).percentiles("t_seconds"), Percentiles::default());
        assert_eq!(after.since(&Snapshot::default()), after);
    }

    #[test]
    fn beyond_the_last_bound_is_the_last_bound() {
        assert_eq!(percentile(&[(1.0, 0.0), (f64::INFINITY, 5.0)], 0.5), Some(1.0));
    }
}
