//! One run after another with more and more calls, and a picture of it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// What a run said; see `report`.
#[derive(Debug, Deserialize)]
struct Point {
    calls: u32,
    frames_lost: Option<u64>,
    in_to_provider_ms: Latency,
    bridge_cpu_percent_per_call: Option<f64>,
    bridge_rss_kb_per_call: Option<f64>,
    ticks_missed: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Latency {
    p50: Option<f64>,
    p99: Option<f64>,
}

/// Runs this program once for every number of calls, prints a row each, and draws them into `svg`.
pub(super) fn run(counts: &[u32], seconds: u64, svg: Option<&Path>) -> anyhow::Result<ExitCode> {
    println!(
        "{:>6} {:>9} {:>9} {:>12} {:>12} {:>6} {:>7}",
        "calls", "p50 ms", "p99 ms", "CPU %/call", "KiB/call", "lost", "missed"
    );
    let mut points = Vec::new();
    for &calls in counts {
        let point = measure(calls, seconds).with_context(|| format!("the run with {calls} calls"))?;
        let two = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let whole = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        println!(
            "{calls:>6} {:>9} {:>9} {:>12} {:>12} {:>6} {:>7}",
            two(point.in_to_provider_ms.p50),
            two(point.in_to_provider_ms.p99),
            two(point.bridge_cpu_percent_per_call),
            two(point.bridge_rss_kb_per_call),
            whole(point.frames_lost),
            whole(point.ticks_missed),
        );
        points.push(point);
    }
    if let Some(path) = svg {
        std::fs::write(path, draw(&points)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A process of its own, so that no run stands on another's memory.
fn measure(calls: u32, seconds: u64) -> anyhow::Result<Point> {
    let (calls, seconds) = (calls.to_string(), seconds.to_string());
    let output = Command::new(std::env::current_exe()?)
        .args(["--calls", &calls, "--seconds", &seconds, "--json"])
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 56.0;

/// Two panels: latency, and the bridge's CPU, over the number of calls.
fn draw(points: &[Point]) -> String {
    let series = |of: fn(&Point) -> Option<f64>| -> Vec<(f64, f64)> {
        points.iter().filter_map(|point| Some((f64::from(point.calls), of(point)?))).collect()
    };
    let latency = [
        ("p50", "#0b62a8", series(|point| point.in_to_provider_ms.p50)),
        ("p99", "#c05a00", series(|point| point.in_to_provider_ms.p99)),
    ];
    let cpu = |point: &Point| Some(point.bridge_cpu_percent_per_call? * f64::from(point.calls));
    let cpu = [("all calls", "#0b62a8", series(cpu))];
    let (width, height) = (2.0 * (WIDTH + LEFT + 24.0), TOP + HEIGHT + 44.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    panel(&mut svg, LEFT, "Socket to speech recognition, ms", &latency);
    panel(&mut svg, WIDTH + 2.0 * LEFT + 24.0, "The bridge's CPU, % of a core", &cpu);
    svg.push_str("</svg>\n");
    svg
}

/// A line of the picture: its name, its colour and its points.
type Series<'a> = (&'a str, &'a str, Vec<(f64, f64)>);

fn panel(svg: &mut String, left: f64, title: &str, series: &[Series<'_>]) {
    let all = || series.iter().flat_map(|(_, _, points)| points);
    let most_x = ceiling(all().map(|point| point.0).fold(0.0, f64::max));
    let most_y = ceiling(all().map(|point| point.1).fold(0.0, f64::max));
    let x = |value: f64| left + value / most_x * WIDTH;
    let y = |value: f64| TOP + HEIGHT - value / most_y * HEIGHT;
    // Writing into a string does not fail.
    let _ = writeln!(svg, "<text x=\"{left}\" y=\"20\" font-size=\"14\">{title}</text>");
    for quarter in 0..=4 {
        let part = f64::from(quarter) / 4.0;
        let (gx, gy) = (x(part * most_x), y(part * most_y));
        let (right, bottom) = (left + WIDTH, TOP + HEIGHT);
        let _ = writeln!(
            svg,
            "<path d=\"M{left:.1} {gy:.1}H{right:.1}M{gx:.1} {TOP:.1}V{bottom:.1}\" stroke=\"#ddd\" fill=\"none\"/>\
             <text x=\"{gx:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{}</text>",
            bottom + 14.0,
            part * most_x,
            left - 5.0,
            gy + 4.0,
            part * most_y,
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">calls</text>",
        left + WIDTH / 2.0,
        TOP + HEIGHT + 32.0
    );
    for (n, (name, colour, points)) in series.iter().enumerate() {
        let at = left + 90.0 * n as f64;
        let _ = writeln!(
            svg,
            "<rect x=\"{at:.1}\" y=\"32\" width=\"8\" height=\"8\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"40\">{name}</text>",
            at + 13.0
        );
        let line: Vec<String> = points.iter().map(|p| format!("{:.1},{:.1}", x(p.0), y(p.1))).collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
            line.join(" ")
        );
        for point in points {
            let (cx, cy) = (x(point.0), y(point.1));
            let _ = writeln!(svg, "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
    }
}

/// The next of 1, 2, 4 or 8 times a power of ten: its quarters are short numbers.
fn ceiling(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let decade = 10f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 4.0, 8.0].map(|step| step * decade);
    steps.into_iter().find(|&step| step >= value).unwrap_or(10.0 * decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers_above_what_is_drawn() {
        for (value, end) in
            [(0.0, 1.0), (1.0, 1.0), (1.1, 2.0), (3.0, 4.0), (37.0, 40.0), (200.0, 200.0), (81.0, 100.0)]
        {
            assert!((ceiling(value) - end).abs() < 1e-9, "{value}: {}", ceiling(value));
        }
    }

    #[test]
    fn every_known_figure_is_a_point_of_the_picture() {
        let point = |calls, p99| Point {
            calls,
            frames_lost: Some(0),
            in_to_provider_ms: Latency { p50: Some(2.5), p99 },
            bridge_cpu_percent_per_call: Some(0.2),
            bridge_rss_kb_per_call: None,
            ticks_missed: Some(0),
        };
        let svg = draw(&[point(1, Some(4.0)), point(100, None), point(200, Some(8.0))]);
        assert_eq!(svg.matches("<circle").count(), 3 + 2 + 3);
        // 200 calls at the right end; 0.2 % each of a scale that ends at 40.
        assert!(svg.contains(&format!("cx=\"{:.1}\" cy=\"{TOP:.1}\"", WIDTH + 2.0 * LEFT + 24.0 + WIDTH)));
    }
}
