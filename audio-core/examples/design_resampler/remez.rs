//! Equiripple linear-phase low-pass filters: the Parks–McClellan exchange with barycentric
//! interpolation (Parks and McClellan, IEEE Trans. Circuit Theory 19(2), 1972).

use std::f64::consts::PI;

/// Points of the search grid per extremum of the error.
const DENSITY: usize = 24;
/// The exchange settles in well under this many rounds.
const ROUNDS: usize = 100;

/// A low-pass to design, edges as fractions of the sampling rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LowPass {
    /// End of the pass band.
    pub(crate) pass: f64,
    /// Start of the stop band.
    pub(crate) stop: f64,
    /// Deviation allowed in the stop band over that allowed in the pass band.
    pub(crate) stop_over_pass: f64,
}

/// One point of the search grid.
#[derive(Clone, Copy)]
struct Point {
    /// cos ω.
    x: f64,
    desired: f64,
    weight: f64,
}

/// The symmetric impulse response of `2 × degree + 1` taps that deviates least, and its largest
/// deviation in the stop band.
pub(crate) fn design(spec: LowPass, degree: usize) -> (Vec<f64>, f64) {
    let grid = grid(spec, degree);
    let count = degree + 2;
    let mut extrema: Vec<usize> = (0..count).map(|k| k * (grid.len() - 1) / (count - 1)).collect();
    let mut fit = Fit::new(&grid, &extrema);
    for _ in 0..ROUNDS {
        let errors: Vec<f64> = grid.iter().map(|p| p.weight * (p.desired - fit.at(p.x))).collect();
        let next = exchange(&errors, count, spec_split(&grid));
        let settled = next == extrema;
        extrema = next;
        fit = Fit::new(&grid, &extrema);
        if settled {
            break;
        }
    }
    // Inverse DFT of the response at 2 × degree + 1 even steps.
    let n = 2 * degree + 1;
    let samples: Vec<f64> = (0..=degree).map(|k| fit.at((2.0 * PI * k as f64 / n as f64).cos())).collect();
    let half: Vec<f64> = (0..=degree)
        .map(|m| {
            let sum: f64 =
                (1..=degree).map(|k| samples[k] * (2.0 * PI * ((k * m) % n) as f64 / n as f64).cos()).sum();
            (samples[0] + 2.0 * sum) / n as f64
        })
        .collect();
    let taps = (0..n).map(|i| half[i.abs_diff(degree)]).collect();
    (taps, fit.deviation.abs() * spec.stop_over_pass)
}

/// Both bands, spaced evenly in frequency, pass band first.
fn grid(spec: LowPass, degree: usize) -> Vec<Point> {
    let points = (degree + 2) * DENSITY;
    let width = spec.pass + 0.5 - spec.stop;
    let band = |from: f64, to: f64, desired: f64, weight: f64| {
        let n = ((points as f64 * (to - from) / width) as usize).max(DENSITY);
        (0..=n).map(move |i| {
            let f = from + (to - from) * i as f64 / n as f64;
            Point { x: (2.0 * PI * f).cos(), desired, weight }
        })
    };
    band(0.0, spec.pass, 1.0, 1.0).chain(band(spec.stop, 0.5, 0.0, 1.0 / spec.stop_over_pass)).collect()
}

/// Index of the first point of the stop band.
fn spec_split(grid: &[Point]) -> usize {
    grid.partition_point(|p| p.desired > 0.5)
}

/// The polynomial in cos ω whose weighted error alternates on a set of points.
struct Fit {
    nodes: Vec<(f64, f64, f64)>,
    deviation: f64,
}

impl Fit {
    fn new(grid: &[Point], extrema: &[usize]) -> Self {
        let points: Vec<Point> = extrema.iter().map(|&i| grid[i]).collect();
        // The factor 2 keeps the products near 1: the capacity of [-1, 1] is a half.
        let weight = |k: usize, n: usize| -> f64 {
            let others = (0..n).filter(|&i| i != k);
            1.0 / others.map(|i| 2.0 * (points[k].x - points[i].x)).product::<f64>()
        };
        let (mut above, mut below) = (0.0, 0.0);
        for (k, point) in points.iter().enumerate() {
            let b = weight(k, points.len());
            above += b * point.desired;
            below += b * sign(k) / point.weight;
        }
        let deviation = above / below;
        let n = points.len() - 1;
        let node = |k: usize| {
            let p = points[k];
            (p.x, p.desired - sign(k) * deviation / p.weight, weight(k, n))
        };
        Self { nodes: (0..n).map(node).collect(), deviation }
    }

    fn at(&self, x: f64) -> f64 {
        let (mut above, mut below) = (0.0, 0.0);
        for &(node, value, weight) in &self.nodes {
            let distance = x - node;
            if distance == 0.0 {
                return value;
            }
            above += weight / distance * value;
            below += weight / distance;
        }
        above / below
    }
}

fn sign(k: usize) -> f64 {
    if k.is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// The `count` alternating extrema with the largest errors; `split` starts the second band.
fn exchange(errors: &[f64], count: usize, split: usize) -> Vec<usize> {
    let peak = |i: usize| {
        let (first, last) = if i < split { (0, split - 1) } else { (split, errors.len() - 1) };
        let e = errors[i] * errors[i].signum();
        let left = i == first || e >= errors[i - 1] * errors[i].signum();
        let right = i == last || e > errors[i + 1] * errors[i].signum();
        left && right
    };
    let mut found: Vec<usize> = Vec::new();
    for i in (0..errors.len()).filter(|&i| peak(i)) {
        match found.last_mut() {
            Some(last) if errors[*last].signum() == errors[i].signum() => {
                if errors[i].abs() > errors[*last].abs() {
                    *last = i;
                }
            }
            _ => found.push(i),
        }
    }
    while found.len() > count {
        let (first, last) = (found[0], found[found.len() - 1]);
        if errors[first].abs() < errors[last].abs() {
            found.remove(0);
        } else {
            found.pop();
        }
    }
    assert_eq!(found.len(), count, "the exchange lost an extremum: fewer taps or a wider transition");
    found
}
