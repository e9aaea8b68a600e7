//! A latency histogram that one thread writes and any thread reads, without a lock.
//!
//! Logarithmic buckets, 16 to an octave (as HdrHistogram with 4 significant bits): a value is
//! known to 6.25 %. The writer stores with relaxed ordering; a reader may see a tick half
//! recorded, which a percentile does not notice.

use core::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const SUB_BITS: u32 = 4;
const SUB: u64 = 1 << SUB_BITS;
/// Values from 2^36 ns (69 s) on share the last bucket.
const TOP_BIT: u32 = 36;
const BUCKETS: usize = ((TOP_BIT - SUB_BITS + 1) as u64 * SUB) as usize;

/// Durations with a resolution of 1 ns at the bottom and 6.25 % above.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Box<[AtomicU64]>,
    max: AtomicU64,
    sum: AtomicU64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            max: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    /// Only one thread may call this.
    pub(crate) fn record(&self, value: Duration) {
        let nanos = value.as_nanos().min(u128::from(u64::MAX)) as u64;
        if let Some(bucket) = self.buckets.get(index(nanos)) {
            bucket.store(bucket.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        // Wraps after five centuries of work.
        self.sum.store(self.sum.load(Ordering::Relaxed).wrapping_add(nanos), Ordering::Relaxed);
        if nanos > self.max.load(Ordering::Relaxed) {
            self.max.store(nanos, Ordering::Relaxed);
        }
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let counts: Vec<u64> = self.buckets.iter().map(|b| b.load(Ordering::Relaxed)).collect();
        let count: u64 = counts.iter().sum();
        let max = self.max.load(Ordering::Relaxed);
        let at = |per_mille: u64| {
            let rank = (count * per_mille).div_ceil(1_000).max(1);
            let mut seen = 0;
            let found = counts.iter().position(|n| {
                seen += n;
                seen >= rank
            });
            Duration::from_nanos(found.map_or(0, |i| upper(i).min(max)))
        };
        Percentiles {
            count,
            mean: Duration::from_nanos(self.sum.load(Ordering::Relaxed) / count.max(1)),
            p50: at(500),
            p99: at(990),
            p999: at(999),
            max: Duration::from_nanos(max),
        }
    }
}

fn index(nanos: u64) -> usize {
    let nanos = nanos.min((1 << TOP_BIT) - 1);
    if nanos < SUB {
        return nanos as usize;
    }
    let shift = nanos.ilog2() - SUB_BITS;
    (u64::from(shift + 1) * SUB + (nanos >> shift) - SUB) as usize
}

/// The greatest value of bucket `index`.
fn upper(index: usize) -> u64 {
    let index = index as u64;
    if index < SUB {
        return index;
    }
    let shift = index / SUB - 1;
    ((SUB + index % SUB + 1) << shift) - 1
}

/// A distribution of durations. Percentiles are upper bounds, at most 6.25 % too high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Percentiles {
    /// Values recorded.
    pub count: u64,
    /// Mean, exact.
    pub mean: Duration,
    /// Median.
    pub p50: Duration,
    /// 99th percentile.
    pub p99: Duration,
    /// 99.9th percentile.
    pub p999: Duration,
    /// The greatest value, exact.
    pub max: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket_and_buckets_are_narrow() {
        let values = (0..64u32).flat_map(|bit| [-1i64, 0, 1].map(|d| (1u64 << bit).wrapping_add_signed(d)));
        for value in values.filter(|v| *v < 1 << TOP_BIT) {
            let i = index(value);
            assert!(i < BUCKETS && upper(i) >= value, "{value} in {i}");
            assert!(upper(i) as f64 <= value as f64 * 1.0625 + 1.0, "{value} in {i}");
            assert!(i == 0 || upper(i - 1) < value, "{value} in {i}");
        }
        assert_eq!(index(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_of_a_ramp() {
        let histogram = Histogram::new();
        assert_eq!(histogram.percentiles(), Percentiles::default());
        (1..=10_000).for_each(|us| histogram.record(Duration::from_micros(us)));
        let p = histogram.percentiles();
        let near = |d: Duration, us: f64| (1.0..1.0626).contains(&(d.as_secs_f64() * 1e6 / us));
        assert_eq!((p.count, p.max), (10_000, Duration::from_millis(10)));
        assert!(near(p.p50, 5_000.0) && near(p.p99, 9_900.0) && p.p999 <= p.max, "{p:?}");
    }
}
