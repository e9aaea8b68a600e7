//! Which settings nothing beats: fewer false yields, sooner, or fewer interruptions missed costs
//! something else.

use std::collections::BTreeMap;

use crate::tape::measures::Measures;

/// What a setting costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// False yields a minute of the agent's speech.
    pub false_per_minute: f64,
    /// Median time to a yield in ms; infinite where there was none.
    pub latency_ms: f64,
    /// 95th percentile of it.
    pub latency_p95_ms: f64,
    /// Interruptions missed.
    pub missed: u32,
}

impl Point {
    fn of(measures: &Measures) -> Option<Self> {
        let ms = |ms: Option<u64>| ms.map_or(f64::INFINITY, |ms| ms as f64);
        Some(Self {
            false_per_minute: measures.false_per_minute()?,
            latency_ms: ms(measures.yield_latency(50)),
            latency_p95_ms: ms(measures.yield_latency(95)),
            missed: measures.missed()?,
        })
    }

    /// What is judged.
    const fn costs(&self) -> (f64, f64, u32) {
        (self.false_per_minute, self.latency_ms, self.missed)
    }

    /// No worse in anything, better in something.
    pub fn beats(&self, other: &Self) -> bool {
        let no_worse = self.false_per_minute <= other.false_per_minute
            && self.latency_ms <= other.latency_ms
            && self.missed <= other.missed;
        let better = self.false_per_minute < other.false_per_minute
            || self.latency_ms < other.latency_ms
            || self.missed < other.missed;
        no_worse && better
    }
}

/// The point of each setting; `None` without ground truth or without the agent's speech.
pub fn points(measures: &[Measures]) -> Vec<Option<Point>> {
    measures.iter().map(Point::of).collect()
}

/// The settings that none beats, by their indices.
pub fn front(points: &[Option<Point>]) -> Vec<usize> {
    let beaten = |point: &Point| points.iter().flatten().any(|other| other.beats(point));
    (0..points.len()).filter(|&i| points[i].is_some_and(|point| !beaten(&point))).collect()
}

/// A letter for each setting of the front, from the fewest false yields on: A, B… Z, A1… Settings that
/// cost the same share one.
pub fn letters(points: &[Option<Point>], front: &[usize]) -> BTreeMap<usize, String> {
    let mut ranked: Vec<(usize, Point)> = front.iter().filter_map(|&i| Some((i, points[i]?))).collect();
    ranked.sort_by(|(_, a), (_, b)| {
        let by = |x: f64, y: f64| x.total_cmp(&y);
        by(a.false_per_minute, b.false_per_minute)
            .then(by(a.latency_ms, b.latency_ms))
            .then(a.missed.cmp(&b.missed))
    });
    let (mut letters, mut rank, mut last) = (BTreeMap::new(), 0, None::<Point>);
    for (i, point) in ranked {
        if last.is_some_and(|last| last.costs() != point.costs()) {
            rank += 1;
        }
        last = Some(point);
        let letter = char::from(b'A' + (rank % 26) as u8);
        let round = if rank < 26 { String::new() } else { (rank / 26).to_string() };
        letters.insert(i, format!("{letter}{round}"));
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_what_nothing_beats() {
        let point = |false_per_minute, latency_ms, missed| {
            Some(Point { false_per_minute, latency_ms, latency_p95_ms: latency_ms, missed })
        };
        let points = [
            point(0.0, f64::INFINITY, 9),
            point(0.0, 500.0, 1),
            point(1.0, 300.0, 1),
            point(1.0, 400.0, 1),
            None,
            point(1.0, 400.0, 0),
            point(1.0, 300.0, 1),
        ];
        let front = front(&points);
        assert_eq!(front, [1, 2, 5, 6]);
        let letters: Vec<String> = letters(&points, &front).into_values().collect();
        assert_eq!(letters, ["A", "B", "C", "B"]);
    }
}
