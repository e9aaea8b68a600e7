//! What the picture is of, and what its lanes show.

use std::fmt::Write;

use super::turns::{ending, onset};
use super::{LABEL, PROBABILITY, Picture, SECOND, SOUND, SPEECH, THRESHOLD, TURN, VOICE, WIDTH, peak};

/// Left edge.
const X: f64 = 16.0;

/// Title, subtitle and legend.
pub(super) fn draw(svg: &mut String, picture: &Picture<'_>) {
    let _ = writeln!(
        svg,
        "<text x=\"{X}\" y=\"26\" font-size=\"16\" font-weight=\"bold\">{}</text>\n\
         <text x=\"{X}\" y=\"46\" font-size=\"13\">{}</text>",
        escaped(picture.file),
        escaped(&facts(picture))
    );
    // Two lines.
    let y = 66.0;
    let mut x = X;
    swatch(svg, &mut x, y, SOUND, "waveform");
    stroke(svg, &mut x, y, PROBABILITY, "", "probability of speech");
    if picture.config.start_threshold == picture.config.continue_threshold {
        stroke(svg, &mut x, y, THRESHOLD, "6 4", "threshold");
    } else {
        stroke(svg, &mut x, y, THRESHOLD, "6 4", "threshold to start");
        stroke(svg, &mut x, y, THRESHOLD, "1.5 3", "threshold to go on");
    }
    swatch(svg, &mut x, y, SPEECH, "decision (speech = 1 in the CSV)");
    if picture.labels.is_some() {
        swatch(svg, &mut x, y, LABEL, "label 1");
    }
    let y = 85.0;
    let gated = picture.config.noise_margin_db > 0.0;
    let voice = if gated { "voice: above threshold and noise" } else { "voice: above threshold" };
    let mut x = X;
    swatch(svg, &mut x, y, VOICE, voice);
    onset(svg, x + 8.0, y);
    text(svg, &mut x, y, "onset: first voice of a turn");
    ending(svg, x + 12.0, y);
    text(svg, &mut x, y, "end: after its last voice");
    stroke(svg, &mut x, y, TURN, "2 2", "pre-roll for recognition");
}

/// Everything that has to be known to draw the picture again.
fn facts(picture: &Picture<'_>) -> String {
    let (start, go_on) = (picture.config.start_threshold, picture.config.continue_threshold);
    let threshold =
        if start == go_on { format!("{start}") } else { format!("{start} to start, {go_on} to go on") };
    format!(
        "detector {}, threshold {threshold}, noise margin {} dB, hangover {} ms; {:.1} s, peak {:.0} dBFS",
        picture.detector,
        picture.config.noise_margin_db,
        picture.config.hangover_ms,
        picture.trace.len() as f64 / SECOND as f64,
        20.0 * (peak(picture.pcm) / 32_768.0).log10()
    )
}

fn swatch(svg: &mut String, x: &mut f64, y: f64, colour: &str, name: &str) {
    let _ =
        writeln!(svg, "<rect x=\"{x:.1}\" y=\"{}\" width=\"20\" height=\"10\" fill=\"{colour}\"/>", y - 5.0);
    text(svg, x, y, name);
}

fn stroke(svg: &mut String, x: &mut f64, y: f64, colour: &str, dashes: &str, name: &str) {
    let _ = writeln!(
        svg,
        "<path d=\"M{x:.1} {y}h20\" stroke=\"{colour}\" stroke-width=\"1.6\" stroke-dasharray=\"{}\"/>",
        if dashes.is_empty() { "none" } else { dashes }
    );
    text(svg, x, y, name);
}

/// The words to a sample, and where the next one goes.
fn text(svg: &mut String, x: &mut f64, y: f64, name: &str) {
    let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{}\">{name}</text>", *x + 26.0, y + 4.0);
    *x += 52.0 + 6.2 * name.len() as f64;
    debug_assert!(*x < WIDTH + 26.0, "the legend fits");
}

/// A name within XML, which knows no control characters.
fn escaped(text: &str) -> String {
    let visible = text.replace(|c: char| c.is_control(), "\u{fffd}");
    visible.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_file_name_is_no_markup() {
        assert_eq!(escaped("a<b>&\u{1b}.wav"), "a&lt;b&gt;&amp;\u{fffd}.wav");
    }
}
