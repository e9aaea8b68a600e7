//! The response of a prototype as an SVG: gain, gain in the pass band, group delay.

use crate::filters::{Filter, PASS, STOP, steps};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
const MARGIN: f64 = 60.0;

/// One panel: a curve over frequency inside a labelled frame.
struct Panel<'a> {
    label: &'a str,
    hz: (f64, f64),
    range: (f64, f64),
    curve: &'a dyn Fn(f64) -> f64,
}

/// The three panels of a filter, one below the other.
pub(crate) fn response(filter: &Filter, title: &str) -> String {
    let delay = filter.largest_delay();
    let panels = [
        Panel {
            label: "gain, dB",
            hz: (0.0, filter.rate() / 2.0),
            range: (-120.0, 10.0),
            curve: &|hz| filter.gain(hz),
        },
        Panel {
            label: "gain, dB",
            hz: (0.0, PASS + 100.0),
            range: (-0.01, 0.01),
            curve: &|hz| filter.gain(hz),
        },
        Panel {
            label: "group delay, ms",
            hz: (0.0, STOP - 600.0),
            range: (0.0, delay * 1.3),
            curve: &|hz| filter.delay(hz),
        },
    ];
    let (width, height) = (WIDTH + 2.0 * MARGIN, 3.0 * (HEIGHT + MARGIN) + MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"24\" font-size=\"15\">{title}: {} taps at {} kHz, ripple {:.4} dB, \
         rejection {:.1} dB, delay at most {delay:.3} ms</text>\n",
        filter.taps.len(),
        filter.rate() / 1_000.0,
        filter.ripple(),
        filter.rejection(),
    );
    for (row, panel) in panels.iter().enumerate() {
        svg += &draw(panel, 44.0 + row as f64 * (HEIGHT + MARGIN));
    }
    svg + "</svg>\n"
}

fn draw(panel: &Panel<'_>, top: f64) -> String {
    let (low, high) = panel.range;
    let x = |hz: f64| MARGIN + WIDTH * (hz - panel.hz.0) / (panel.hz.1 - panel.hz.0);
    let y = |value: f64| top + HEIGHT * (high - value.clamp(low, high)) / (high - low);
    let mut svg = format!(
        "<rect x=\"{MARGIN}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"gray\"/>\n\
         <text x=\"{}\" y=\"{}\">{}</text>\n",
        MARGIN + 6.0,
        top + 16.0,
        panel.label,
    );
    for edge in [PASS, STOP].into_iter().filter(|&hz| hz < panel.hz.1) {
        svg += &format!(
            "<path d=\"M{0:.1} {top}v{HEIGHT}\" stroke=\"silver\" stroke-dasharray=\"4\"/>\n",
            x(edge)
        );
    }
    for tick in 0..=4 {
        let part = f64::from(tick) / 4.0;
        let (hz, value) = (panel.hz.0 + part * (panel.hz.1 - panel.hz.0), low + part * (high - low));
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{hz:.0} Hz</text>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
            x(hz),
            top + HEIGHT + 16.0,
            MARGIN - 6.0,
            y(value) + 4.0,
            (value * 1_000.0).round() / 1_000.0,
        );
    }
    let points: Vec<String> =
        steps(panel.hz.0, panel.hz.1).map(|hz| format!("{:.1},{:.1}", x(hz), y((panel.curve)(hz)))).collect();
    svg + &format!("<polyline points=\"{}\" fill=\"none\" stroke=\"navy\"/>\n", points.join(" "))
}
