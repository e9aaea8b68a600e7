//! What varies from frame to frame: the waveform's range, and the probability.

use std::fmt::Write;

use audio_core::frame::FRAME_SAMPLES;
use audio_core::vad::{Detection, VadConfig};

use super::rows::Row;
use super::{PROBABILITY, SCORE_Y, SOUND, TALL, THRESHOLD, VOICE, caption};

/// Samples whose range is one point: two points a frame, about one a pixel.
const POINT: usize = FRAME_SAMPLES / 2;

/// The outline between each point's lowest and highest sample.
pub(super) fn wave(svg: &mut String, pcm: &[i16], row: &Row, peak: f64) {
    let y = |sample: i16| TALL / 2.0 * (1.0 - f64::from(sample) / peak);
    let (mut upper, mut lower) = (String::new(), Vec::new());
    let samples = &pcm[row.start * FRAME_SAMPLES..row.end * FRAME_SAMPLES];
    for (n, part) in samples.chunks(POINT).enumerate() {
        let (low, high) = part.iter().fold((0, 0), |(low, high), &s| (s.min(low), s.max(high)));
        let x = row.x(row.start + 1) * (n as f64 + 0.5) * POINT as f64 / FRAME_SAMPLES as f64;
        let _ = write!(upper, "{x:.1},{:.1} ", y(high));
        lower.push(format!("{x:.1},{:.1} ", y(low)));
    }
    lower.reverse();
    // The stroke keeps silence visible.
    let _ = writeln!(
        svg,
        "<polygon points=\"{upper}{}\" fill=\"{SOUND}\" stroke=\"{SOUND}\" stroke-width=\"0.6\"/>",
        lower.concat()
    );
    caption(svg, TALL / 2.0 + 4.0, "waveform");
}

/// A step a frame in a box from 0 to 1, with the thresholds. The area below is filled where the
/// frame counts as voice: a high score close to the noise floor does not.
pub(super) fn score(svg: &mut String, trace: &[Detection], row: &Row, config: &VadConfig) {
    let wide = row.width();
    let _ = writeln!(
        svg,
        "<rect y=\"{SCORE_Y}\" width=\"{wide:.1}\" height=\"{TALL}\" fill=\"none\" stroke=\"#cccccc\"/>\
         <text x=\"-4\" y=\"{}\" text-anchor=\"end\" fill=\"#555555\">1</text>\
         <text x=\"-4\" y=\"{}\" text-anchor=\"end\" fill=\"#555555\">0</text>",
        y(1.0) + 6.0,
        y(0.0) + 2.0
    );
    let (mut path, mut voice) = (String::from("M0 "), String::new());
    for (n, found) in trace[row.start..row.end].iter().enumerate() {
        let step = if n == 0 { ' ' } else { 'V' };
        let (top, left, right) = (y(found.score), row.x(row.start + n), row.x(row.start + n + 1));
        let _ = write!(path, "{step}{top:.1}H{right:.1}");
        if found.voiced {
            let _ = write!(voice, "M{left:.1} {}V{top:.1}H{right:.1}V{}z", y(0.0), y(0.0));
        }
    }
    let _ = writeln!(
        svg,
        "<path d=\"{voice}\" fill=\"{VOICE}\"/>\
         <path d=\"{path}\" fill=\"none\" stroke=\"{PROBABILITY}\" stroke-width=\"1.4\"/>"
    );
    thresholds(svg, wide, config);
    caption(svg, SCORE_Y + TALL / 2.0 + 4.0, "probability");
}

/// Dashed where speech starts, dotted where it goes on; their values to the right, never on top of
/// each other.
fn thresholds(svg: &mut String, wide: f64, config: &VadConfig) {
    let (start, go_on) = (config.start_threshold, config.continue_threshold);
    let one = [(start, "6 4", "threshold")];
    let two = [(start, "6 4", "to start"), (go_on, "1.5 3", "to go on")];
    let mut lines = if start == go_on { one.to_vec() } else { two.to_vec() };
    lines.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut free = f64::NEG_INFINITY;
    for (value, dashes, name) in lines {
        let at = y(value);
        let text = free.max(at + 4.0);
        free = text + 12.0;
        let _ = writeln!(
            svg,
            "<line x1=\"0\" x2=\"{wide:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"{THRESHOLD}\" \
             stroke-dasharray=\"{dashes}\"/><text x=\"{:.1}\" y=\"{text:.1}\">{value} {name}</text>",
            wide + 6.0
        );
    }
}

fn y(score: f32) -> f64 {
    SCORE_Y + TALL * (1.0 - f64::from(score))
}
