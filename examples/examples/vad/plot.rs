//! One recording as rows of ten seconds: waveform, probability, decision and labels.

use std::fmt::Write;

use audio_core::frame::FRAME_SAMPLES;
use audio_core::vad::{Change, Detection, VadConfig};

/// Frames per row and per second.
const ROW: usize = 500;
const SECOND: usize = 50;
/// Pixels.
const LEFT: f64 = 92.0;
const PER_FRAME: f64 = 2.2;
const WIDTH: f64 = LEFT + ROW as f64 * PER_FRAME + 20.0;
const TOP: f64 = 66.0;
const WAVE: f64 = 60.0;
const SCORE: f64 = 60.0;
const BAR: f64 = 12.0;
const GAP: f64 = 6.0;
const HEIGHT: f64 = WAVE + SCORE + 2.0 * BAR + 3.0 * GAP + 44.0;
/// Colours that people with any colour vision tell apart (M. Okabe and K. Ito, 2008).
const SOUND: &str = "#777777";
const PROBABILITY: &str = "#0072b2";
const THRESHOLD: &str = "#000000";
const SPEECH: &str = "#009e73";
const LABEL: &str = "#e69f00";
const ONSET: &str = "#d55e00";

/// The whole picture. `labels` may be a few frames longer or shorter than the trace.
pub(crate) fn draw(
    title: &str,
    pcm: &[i16],
    trace: &[Detection],
    config: &VadConfig,
    labels: Option<&[bool]>,
) -> String {
    let rows = trace.len().div_ceil(ROW).max(1);
    let height = TOP + rows as f64 * HEIGHT;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>\n\
         <text x=\"12\" y=\"24\" font-size=\"15\">{}</text>\n",
        escaped(title)
    );
    legend(&mut svg, labels.is_some());
    let speaking: Vec<bool> = trace.iter().map(|found| found.speaking).collect();
    // The whole recording has one scale, so that a quiet stretch looks quiet.
    let peak = pcm.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0).max(1);
    for row in 0..rows {
        let frames = row * ROW..trace.len().min((row + 1) * ROW);
        let _ = writeln!(svg, "<g transform=\"translate({LEFT},{})\">", TOP + row as f64 * HEIGHT);
        wave(&mut svg, pcm, &frames, f64::from(peak));
        score(&mut svg, trace, &frames, config);
        let mut y = WAVE + SCORE + 2.0 * GAP;
        bars(&mut svg, &speaking, &frames, y, SPEECH, "speech");
        turns(&mut svg, trace, &frames, y, config.pre_roll_frames() as usize);
        if let Some(labels) = labels {
            y += BAR + GAP;
            bars(&mut svg, labels, &frames, y, LABEL, "label");
        }
        axis(&mut svg, &frames);
        svg += "</g>\n";
    }
    svg + "</svg>\n"
}

fn legend(svg: &mut String, labelled: bool) {
    let mut x = 12.0;
    let labels = labelled.then_some((LABEL, "labelled by a person"));
    let shown = [
        (SOUND, "waveform"),
        (PROBABILITY, "probability of speech"),
        (THRESHOLD, "thresholds (dashed)"),
        (SPEECH, "decided: speech"),
        (ONSET, "reported onset, with and without pre-roll, and end"),
    ];
    for (colour, text) in shown.into_iter().chain(labels) {
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"37\" width=\"12\" height=\"12\" fill=\"{colour}\"/><text x=\"{}\" y=\"47\">{text}</text>",
            x + 17.0
        );
        x += 40.0 + 6.4 * text.len() as f64;
    }
}

/// The range of every frame's samples, as one outline.
fn wave(svg: &mut String, pcm: &[i16], frames: &core::ops::Range<usize>, peak: f64) {
    let y = |sample: i16| WAVE / 2.0 * (1.0 - f64::from(sample) / peak);
    let (mut upper, mut lower) = (String::new(), Vec::new());
    for (n, frame) in frames.clone().enumerate() {
        let samples = &pcm[frame * FRAME_SAMPLES..(frame + 1) * FRAME_SAMPLES];
        let (low, high) = samples.iter().fold((0, 0), |(low, high), &s| (s.min(low), s.max(high)));
        let x = (n as f64 + 0.5) * PER_FRAME;
        let _ = write!(upper, "{x:.1},{:.1} ", y(high));
        lower.push(format!("{x:.1},{:.1} ", y(low)));
    }
    lower.reverse();
    let _ = writeln!(
        svg,
        "<polygon points=\"{upper}{}\" fill=\"{SOUND}\"/><text x=\"-8\" y=\"{}\" text-anchor=\"end\">waveform</text>",
        lower.concat(),
        WAVE / 2.0 + 4.0
    );
}

fn score(svg: &mut String, trace: &[Detection], frames: &core::ops::Range<usize>, config: &VadConfig) {
    let top = WAVE + GAP;
    let wide = ROW as f64 * PER_FRAME;
    let y = |p: f32| top + SCORE * (1.0 - f64::from(p));
    let _ = writeln!(
        svg,
        "<rect x=\"0\" y=\"{top}\" width=\"{wide}\" height=\"{SCORE}\" fill=\"none\" stroke=\"#cccccc\"/>\
         <text x=\"-8\" y=\"{}\" text-anchor=\"end\">probability</text>\
         <text x=\"-8\" y=\"{}\" text-anchor=\"end\" fill=\"#777777\">1</text>\
         <text x=\"-8\" y=\"{}\" text-anchor=\"end\" fill=\"#777777\">0</text>",
        top + SCORE / 2.0 + 4.0,
        top + 9.0,
        top + SCORE
    );
    for threshold in [config.start_threshold, config.continue_threshold] {
        let _ = writeln!(
            svg,
            "<line x1=\"0\" x2=\"{wide}\" y1=\"{0:.1}\" y2=\"{0:.1}\" stroke=\"{THRESHOLD}\" stroke-dasharray=\"4 4\" stroke-width=\"0.7\"/>",
            y(threshold)
        );
    }
    let mut points = String::new();
    for (n, frame) in frames.clone().enumerate() {
        let _ = write!(points, "{:.1},{:.1} ", (n as f64 + 0.5) * PER_FRAME, y(trace[frame].score));
    }
    let _ = writeln!(
        svg,
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"{PROBABILITY}\" stroke-width=\"1.4\"/>"
    );
}

/// One bar per run of true frames.
fn bars(svg: &mut String, on: &[bool], frames: &core::ops::Range<usize>, y: f64, colour: &str, name: &str) {
    let _ = writeln!(svg, "<text x=\"-8\" y=\"{}\" text-anchor=\"end\">{name}</text>", y + BAR - 2.0);
    for (first, count) in runs(on, frames) {
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>",
            (first - frames.start) as f64 * PER_FRAME,
            count as f64 * PER_FRAME
        );
    }
}

/// First frame and length of every run of true frames in the row.
fn runs(on: &[bool], frames: &core::ops::Range<usize>) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for frame in frames.clone().filter(|&frame| on.get(frame).copied().unwrap_or(false)) {
        match found.last_mut() {
            Some((first, count)) if *first + *count == frame => *count += 1,
            _ => found.push((frame, 1)),
        }
    }
    found
}

/// Where speech is said to have begun and ended: flags over the decision's bar.
fn turns(svg: &mut String, trace: &[Detection], frames: &core::ops::Range<usize>, y: f64, pre_roll: usize) {
    for frame in frames.clone() {
        let (from, to) = match trace[frame].change {
            Some(Change::Start { frames_ago }) => {
                let voice = frame.saturating_sub(frames_ago as usize);
                (voice.saturating_sub(pre_roll), voice)
            }
            Some(Change::End { frames_ago }) => {
                let end = frame.saturating_sub(frames_ago as usize) + 1;
                (end, end)
            }
            None => continue,
        };
        for at in [from, to] {
            let x = (at.max(frames.start) - frames.start) as f64 * PER_FRAME;
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"{ONSET}\" stroke-width=\"1.6\"/>",
                y - 4.0,
                y + BAR + 4.0
            );
        }
    }
}

fn axis(svg: &mut String, frames: &core::ops::Range<usize>) {
    let y = HEIGHT - 36.0;
    let wide = ROW as f64 * PER_FRAME;
    let _ = writeln!(svg, "<line x1=\"0\" x2=\"{wide}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#333333\"/>");
    for tick in (0..=ROW).step_by(SECOND) {
        let x = tick as f64 * PER_FRAME;
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" x2=\"{x}\" y1=\"{y}\" y2=\"{}\" stroke=\"#333333\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{} s</text>",
            y + 4.0,
            y + 16.0,
            (frames.start + tick) / SECOND
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn runs_are_cut_at_the_row_and_labels_may_be_short() {
        let on = [true, true, false, true, true, true];
        assert_eq!(runs(&on, &(0..6)), [(0, 2), (3, 3)]);
        assert_eq!(runs(&on, &(1..4)), [(1, 1), (3, 1)]);
        assert_eq!(runs(&on, &(4..9)), [(4, 2)]);
    }
}
