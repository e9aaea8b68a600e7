//! One recording as rows of ten seconds, handwritten SVG.
//!
//! Each row has five lanes, and a lane its own colour: waveform, probability, reported turns,
//! decision, labels. What a lane shows can be told by its place alone.

mod bars;
mod legend;
mod rows;
mod signals;
mod turns;

use std::fmt::Write;

use audio_core::vad::{Detection, VadConfig};

use rows::{ROW, SECOND};

/// What is drawn.
pub(crate) struct Picture<'a> {
    pub(crate) file: &'a str,
    pub(crate) detector: &'a str,
    pub(crate) config: &'a VadConfig,
    pub(crate) pcm: &'a [i16],
    /// At least one frame.
    pub(crate) trace: &'a [Detection],
    /// As long as the trace.
    pub(crate) labels: Option<&'a [bool]>,
}

/// Pixels.
const LEFT: f64 = 100.0;
const RIGHT: f64 = 90.0;
const PER_FRAME: f64 = 2.2;
const WIDTH: f64 = LEFT + ROW as f64 * PER_FRAME + RIGHT;
/// Above the first row.
const HEAD: f64 = 106.0;
/// Height of the waveform, and of the probability.
const TALL: f64 = 60.0;
const BAR: f64 = 12.0;
const GAP: f64 = 8.0;
/// Upper edges within a row.
const SCORE_Y: f64 = TALL + GAP;
const TURN_Y: f64 = SCORE_Y + TALL + GAP;
const SPEECH_Y: f64 = TURN_Y + BAR + GAP;
const LABEL_Y: f64 = SPEECH_Y + BAR + GAP;
/// Below the lanes: the time, and space.
const BELOW: f64 = 48.0;

/// Colours that people with any colour vision tell apart (M. Okabe and K. Ito, 2008).
const SOUND: &str = "#777777";
const PROBABILITY: &str = "#0072b2";
/// [`PROBABILITY`], pale.
const VOICE: &str = "#bfdcec";
const THRESHOLD: &str = "#000000";
const TURN: &str = "#d55e00";
const SPEECH: &str = "#009e73";
const LABEL: &str = "#e69f00";

/// The whole picture.
pub(crate) fn draw(picture: &Picture<'_>) -> String {
    let rows = rows::of(picture.trace.len());
    let lanes = if picture.labels.is_some() { LABEL_Y } else { SPEECH_Y } + BAR + 6.0;
    let height = HEAD + rows.len() as f64 * (lanes + BELOW);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    legend::draw(&mut svg, picture);
    let speaking: Vec<bool> = picture.trace.iter().map(|found| found.speaking).collect();
    let turns = turns::of(picture.trace, picture.config.pre_roll_frames() as usize);
    let peak = peak(picture.pcm);
    for (n, row) in rows.iter().enumerate() {
        let top = HEAD + n as f64 * (lanes + BELOW);
        let _ = writeln!(svg, "<g transform=\"translate({LEFT},{top})\">");
        turns::lines(&mut svg, &turns, row, lanes);
        signals::wave(&mut svg, picture.pcm, row, peak);
        signals::score(&mut svg, picture.trace, row, picture.config);
        turns::draw(&mut svg, &turns, row);
        bars::draw(&mut svg, &speaking, row, SPEECH_Y, SPEECH);
        caption(&mut svg, SPEECH_Y + BAR - 2.0, "decision");
        if let Some(labels) = picture.labels {
            bars::draw(&mut svg, labels, row, LABEL_Y, LABEL);
            caption(&mut svg, LABEL_Y + BAR - 2.0, "label");
        }
        axis(&mut svg, row, lanes);
        svg += "</g>\n";
    }
    svg + "</svg>\n"
}

/// A lane's name, left of it.
fn caption(svg: &mut String, y: f64, text: &str) {
    let _ = writeln!(svg, "<text x=\"-10\" y=\"{y}\" text-anchor=\"end\">{text}</text>");
}

/// The time, to the end of the recording.
fn axis(svg: &mut String, row: &rows::Row, y: f64) {
    let end = row.width();
    let _ = writeln!(svg, "<line x1=\"0\" x2=\"{end:.1}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#333333\"/>");
    for frame in (row.start..=row.end).step_by(SECOND) {
        let x = row.x(frame);
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{y}\" y2=\"{}\" stroke=\"#333333\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            y + 5.0,
            y + 17.0,
            frame / SECOND
        );
    }
    let _ = writeln!(svg, "<text x=\"-24\" y=\"{}\" text-anchor=\"end\">time, s</text>", y + 17.0);
}

/// The largest sample. The whole recording has one scale: a quiet stretch looks quiet.
fn peak(pcm: &[i16]) -> f64 {
    f64::from(pcm.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0).max(1))
}
