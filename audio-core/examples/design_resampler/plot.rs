//! The response of a prototype as an SVG: gain, gain in the pass band, group delay. The pass band
//! is green, the stop band red; the dashed line is what is asked for there.

use crate::filters::{Filter, PASS, STOP, steps};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 30.0;
/// Above a panel's frame: its title. Below: the axis.
const ABOVE: f64 = 26.0;
const BELOW: f64 = 46.0;
const HEAD: f64 = 40.0;

/// Least rejection asked for, in dB.
const REJECTION: f64 = 85.0;

/// One panel: a curve over frequency inside a labelled frame, with a line every `step`.
struct Panel<'a> {
    title: &'a str,
    unit: &'a str,
    /// Right end of the axis and distance of its lines, in Hz.
    hz: (f64, f64),
    /// Lower and upper end, and distance of the lines.
    range: (f64, f64, f64),
    /// A requirement, and what it says.
    limit: Option<(f64, &'a str)>,
    curve: &'a dyn Fn(f64) -> f64,
}

/// The three panels of a filter, one below the other.
pub(crate) fn response(filter: &Filter, title: &str) -> String {
    let nyquist = filter.rate() / 2.0;
    let delay = filter.largest_delay();
    let top = if delay < 1.0 { (1.0, 0.2) } else { (2.5, 0.5) };
    let panels = [
        Panel {
            title: "Gain",
            unit: "dB",
            hz: (nyquist, if nyquist > 12_000.0 { 4_000.0 } else { 1_000.0 }),
            range: (-120.0, 10.0, 20.0),
            limit: Some((-REJECTION, "at most -85 dB")),
            curve: &|hz| filter.gain(hz),
        },
        Panel {
            title: "Gain in the pass band",
            unit: "dB",
            hz: (3_600.0, 400.0),
            range: (-0.005, 0.015, 0.005),
            limit: None,
            curve: &|hz| filter.gain(hz),
        },
        Panel {
            title: "Group delay",
            unit: "ms",
            hz: (3_600.0, 400.0),
            range: (0.0, top.0, top.1),
            limit: None,
            curve: &|hz| filter.delay(hz),
        },
    ];
    let row = ABOVE + HEIGHT + BELOW;
    let (width, height) = (LEFT + WIDTH + RIGHT, HEAD + 3.0 * row);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"26\" font-size=\"15\">{title}: {} taps at {} kHz, ripple {:.4} dB, \
         rejection {:.1} dB, delay at most {delay:.3} ms</text>\n",
        filter.taps.len(),
        filter.rate() / 1_000.0,
        filter.ripple(),
        filter.rejection(),
    );
    for (i, panel) in panels.iter().enumerate() {
        svg += &draw(panel, i, HEAD + i as f64 * row + ABOVE);
    }
    svg + "</svg>\n"
}

fn draw(panel: &Panel<'_>, index: usize, top: f64) -> String {
    let (low, high, step) = panel.range;
    let (last, hz_step) = panel.hz;
    let (right, bottom) = (LEFT + WIDTH, top + HEIGHT);
    let x = |hz: f64| LEFT + WIDTH * hz / last;
    let y = |value: f64| top + HEIGHT * (high - value) / (high - low);
    let mut svg = format!(
        "<text x=\"{LEFT}\" y=\"{:.1}\" font-weight=\"bold\">{}, {}</text>\n\
         <clipPath id=\"p{index}\">\
         <rect x=\"{LEFT}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/></clipPath>\n",
        top - 8.0,
        panel.title,
        panel.unit,
    );
    svg += &band("pass: to 3400 Hz", "honeydew", LEFT, x(PASS.min(last)), top);
    if STOP < last {
        svg += &band("stop: from 4600 Hz", "mistyrose", x(STOP), right, top);
    }
    for hz in (0..).map(|i| f64::from(i) * hz_step).take_while(|&hz| hz <= last) {
        svg += &format!(
            "<path d=\"M{0:.1} {top}v{HEIGHT}\" stroke=\"gainsboro\"/>\n\
             <text x=\"{0:.1}\" y=\"{1:.1}\" text-anchor=\"middle\">{hz:.0}</text>\n",
            x(hz),
            bottom + 16.0,
        );
    }
    let first = (low / step).ceil() as i32;
    for value in (first..).map(|i| f64::from(i) * step).take_while(|&value| value <= high + step / 1e3) {
        let digits = if step < 0.1 { 3 } else { usize::from(step < 1.0) };
        svg += &format!(
            "<path d=\"M{LEFT} {0:.1}h{WIDTH}\" stroke=\"gainsboro\"/>\n\
             <text x=\"{1:.1}\" y=\"{2:.1}\" text-anchor=\"end\">{value:.digits$}</text>\n",
            y(value),
            LEFT - 6.0,
            y(value) + 4.0,
        );
    }
    if let Some((limit, text)) = panel.limit {
        svg += &format!(
            "<path d=\"M{:.1} {1:.1}H{right}\" stroke=\"firebrick\" stroke-dasharray=\"5 4\"/>\n\
             <text x=\"{2:.1}\" y=\"{3:.1}\" text-anchor=\"end\" fill=\"firebrick\">{text}</text>\n",
            x(STOP),
            y(limit),
            right - 6.0,
            y(limit) - 6.0,
        );
    }
    let points: Vec<String> =
        steps(0.0, last).map(|hz| format!("{:.1},{:.1}", x(hz), y((panel.curve)(hz)))).collect();
    svg + &format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"navy\" clip-path=\"url(#p{index})\"/>\n\
         <rect x=\"{LEFT}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"gray\"/>\n\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">frequency, Hz</text>\n",
        points.join(" "),
        LEFT + WIDTH / 2.0,
        bottom + 32.0,
    )
}

/// A band's colour and name.
fn band(name: &str, colour: &str, from: f64, to: f64, top: f64) -> String {
    format!(
        "<rect x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{HEIGHT}\" fill=\"{colour}\"/>\n\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"dimgray\">{name}</text>\n",
        to - from,
        (from + to) / 2.0,
        top + 40.0,
    )
}
