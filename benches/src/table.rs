//! Percentiles, as a table on standard output.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The greatest value that is told apart: a minute.
const MAX_NANOS: u64 = 60_000_000_000;

/// A histogram of nanoseconds, exact to three digits.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(MAX_NANOS, 3).expect("the bounds are possible")
}

/// A distribution of durations. A percentile is `None` if it was not measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Percentiles {
    /// How many values.
    pub count: u64,
    /// p50, p90, p99, p99.9.
    pub at: [Option<Duration>; 4],
    /// The greatest value.
    pub max: Duration,
}

/// What the columns of [`Percentiles::at`] stand for.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

impl From<&Histogram<u64>> for Percentiles {
    fn from(values: &Histogram<u64>) -> Self {
        Self {
            count: values.len(),
            at: QUANTILES.map(|q| Some(Duration::from_nanos(values.value_at_quantile(q)))),
            max: Duration::from_nanos(values.max()),
        }
    }
}

impl From<audio_core::engine::Percentiles> for Percentiles {
    fn from(values: audio_core::engine::Percentiles) -> Self {
        Self {
            count: values.count,
            at: [Some(values.p50), None, Some(values.p99), Some(values.p999)],
            max: values.max,
        }
    }
}

/// Prints rows of percentiles in milliseconds.
///
/// A dash: not measured, or fewer values than the percentile needs to be more than the maximum
/// (100 for p99, 1 000 for p99.9).
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<(String, Percentiles)>,
}

impl Table {
    /// Adds a row.
    pub fn row(&mut self, name: impl Into<String>, values: impl Into<Percentiles>) {
        self.rows.push((name.into(), values.into()));
    }

    /// Prints the rows under `title`; nothing if there are none.
    pub fn print(&self, title: &str) {
        if self.rows.is_empty() {
            return;
        }
        let width = self.rows.iter().map(|(name, _)| name.chars().count()).max();
        let width = width.unwrap_or(0).max(title.chars().count());
        println!(
            "\n{title:<width$} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "samples", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"
        );
        for (name, values) in &self.rows {
            print!("{name:<width$} {:>8}", values.count);
            for (quantile, value) in QUANTILES.into_iter().zip(values.at) {
                // The rounding keeps 1 / (1 - 0.9) at 10.
                let needed = (1.0 / (1.0 - quantile)).round() as u64;
                print!(" {:>9}", milliseconds(value.filter(|_| values.count >= needed)));
            }
            println!(" {:>9}", milliseconds((values.count > 0).then_some(values.max)));
        }
    }
}

fn milliseconds(value: Option<Duration>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{:.3}", value.as_secs_f64() * 1e3))
}
