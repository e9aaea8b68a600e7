//! Twelve panels, one a model: delay to the right, excess concealment upwards.

use std::fmt::Write;

use crate::arrivals::peers::Peer;

/// One model.
pub(crate) struct Panel {
    pub(crate) model: &'static str,
    /// Delay in ms, excess in per cent.
    pub(crate) curve: Vec<(f64, f64)>,
    /// `low_delay` and `high_quality`.
    pub(crate) presets: [(f64, f64); 2],
    pub(crate) neteq: Peer,
    pub(crate) speex: Peer,
}

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 210.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 74.0;
const OURS: &str = "#0b62a8";
const SPEEX: &str = "#c05a00";
const NETEQ: &str = "#7a2f8f";

/// The whole picture.
pub(crate) fn draw(panels: &[Panel]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"{w}\" height=\"{h}\" fill=\"white\"/>\n",
        w = 4.0 * WIDTH + 20.0,
        h = TOP + 3.0 * HEIGHT + 20.0,
    );
    svg += "<text x=\"20\" y=\"24\" font-size=\"16\">Excess concealment, %, over mean delay, ms</text>\n";
    let mut x = 20.0;
    for (shape, colour, name) in [
        ("dot", OURS, "low_delay, and its curve"),
        ("square", OURS, "high_quality"),
        ("dot", SPEEX, "speexdsp 1.2.1"),
        ("square", NETEQ, "WebRTC NetEQ, 2023"),
    ] {
        point(&mut svg, shape, colour, x + 6.0, 44.0);
        let _ = writeln!(svg, "<text x=\"{}\" y=\"48\">{name}</text>", x + 16.0);
        x += 190.0;
    }
    for (n, panel) in panels.iter().enumerate() {
        let (column, row) = ((n % 4) as f64, (n / 4) as f64);
        let _ =
            writeln!(svg, "<g transform=\"translate({},{})\">", 10.0 + column * WIDTH, TOP + row * HEIGHT);
        draw_panel(&mut svg, panel);
        svg += "</g>\n";
    }
    svg + "</svg>\n"
}

fn draw_panel(svg: &mut String, panel: &Panel) {
    let (wide, tall) = (WIDTH - LEFT - 20.0, HEIGHT - 54.0);
    let peers = [(panel.speex.delay, panel.speex.excess), (panel.neteq.delay, panel.neteq.excess)];
    let points = || peers.iter().chain(&panel.presets);
    let right = nice(1.25 * points().map(|p| p.0).fold(1.0, f64::max));
    let top = nice(1.25 * points().map(|p| p.1).fold(0.1, f64::max));
    let place =
        |(delay, excess): (f64, f64)| (LEFT + delay / right * wide, 18.0 + tall - excess / top * tall);
    let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"10\" font-weight=\"bold\">{}</text>", panel.model);
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let ((x, _), (_, y)) = (place((right * share, 0.0)), place((0.0, top * share)));
        let (bottom, end) = (18.0 + tall, LEFT + wide);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{end}M{x:.1} 18V{bottom}\" stroke=\"#ddd\" fill=\"none\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{:.0}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{}</text>",
            bottom + 14.0,
            right * share,
            LEFT - 5.0,
            y + 4.0,
            (top * share * 1e3).round() / 1e3,
        );
    }
    let inside: Vec<String> = panel
        .curve
        .iter()
        .filter(|&&(delay, excess)| delay <= right && excess <= top)
        .map(|&at| place(at))
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{OURS}\" stroke-width=\"1.5\"/>",
        inside.join(" ")
    );
    let marks = [("dot", OURS), ("square", OURS), ("dot", SPEEX), ("square", NETEQ)];
    let all = [panel.presets[0], panel.presets[1], peers[0], peers[1]];
    for ((shape, colour), at) in marks.into_iter().zip(all) {
        let (x, y) = place(at);
        point(svg, shape, colour, x, y);
    }
}

fn point(svg: &mut String, shape: &str, colour: &str, x: f64, y: f64) {
    let _ = if shape == "dot" {
        writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{colour}\"/>")
    } else {
        let (x, y) = (x - 4.0, y - 4.0);
        writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"8\" height=\"8\" fill=\"{colour}\"/>")
    };
}

/// The next of 1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8 times a power of ten.
fn nice(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|&step| step >= value).unwrap_or(value)
}
