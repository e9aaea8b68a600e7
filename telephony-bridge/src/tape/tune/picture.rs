//! The trade-off as one SVG that needs nothing else: latency to the right, false yields upwards, missed
//! interruptions as colour, the current setting ringed, the Pareto front lettered and joined.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::pareto::{Point, front, letters, points};
use crate::tape::measures::Measures;
use crate::tape::setting::Setting;

const WIDTH: f64 = 920.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 890.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 480.0;
/// Where there are no false yields.
const FLOOR: f64 = 462.0;
/// Height of a line of the legend.
const LINE: f64 = 22.0;
/// Lines of the legend, at most.
const NAMED: usize = 26;

const STYLE: &str = "\
svg{--ink:#1f2933;--soft:#6b7785;--grid:#e4e8ec;--paper:#fff;--line:#8795a1;--ring:#1f2933;font:13px system-ui,sans-serif}\
@media(prefers-color-scheme:dark){svg{--ink:#e6eaee;--soft:#93a1ae;--grid:#2b343d;--paper:#14191e;--line:#6d7b88;--ring:#fff}}\
text{fill:var(--ink)}.soft{fill:var(--soft)}.grid{stroke:var(--grid)}.paper{fill:var(--paper)}\
.front{stroke:var(--line);stroke-dasharray:4 4;fill:none}.p95{stroke:var(--line);opacity:.55}\
.ring{fill:none;stroke:var(--ring);stroke-width:1.5}.title{font-size:17px;font-weight:600}.letter{font-weight:600}";

/// Draws it.
pub fn picture(settings: &[Setting], measures: &[Measures]) -> String {
    let points = points(measures);
    let front = front(&points);
    let letters = letters(&points, &front);
    let legend = legend(settings, &points, &letters);
    let height = BOTTOM + 78.0 + LINE * legend.len().max(1) as f64;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"False yields against latency\"><style>{STYLE}</style>\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\
         <text class=\"title\" x=\"{LEFT}\" y=\"34\">What each setting costs</text>"
    );
    let tapes = measures.first().map_or(0, |m| m.tapes - m.unlabelled);
    let agent = measures.first().map_or(0.0, |m| m.agent_ms as f64 / 60_000.0);
    let _ = write!(
        svg,
        "<text class=\"soft\" x=\"{LEFT}\" y=\"56\">{} settings, {tapes} labelled tapes, {agent:.1} minutes of the agent's \
         speech under the current one</text>",
        settings.len()
    );
    let scale = Scale::of(&points);
    axes(&mut svg, &scale);
    colours(&mut svg, &scale);
    joined(&mut svg, &scale, &points, &front);
    // The front and the current setting lie on top.
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|i| (front.contains(i), *i == 0));
    let mut lettered = Vec::new();
    for i in order {
        let Some(point) = points[i].filter(|point| point.latency_ms.is_finite()) else { continue };
        let letter = letters.get(&i).filter(|letter| !lettered.contains(letter));
        lettered.extend(letter);
        dot(&mut svg, &scale, &point, &settings[i].to_string(), letter.map(String::as_str), i == 0);
    }
    for (row, (mark, text)) in legend.iter().enumerate() {
        let y = BOTTOM + 74.0 + LINE * row as f64;
        let _ = write!(
            svg,
            "<text class=\"letter\" x=\"{LEFT}\" y=\"{y}\">{mark}</text><text x=\"{}\" y=\"{y}\">{}</text>",
            LEFT + 30.0,
            escaped(text)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// From costs to places.
struct Scale {
    least_ms: f64,
    most_ms: f64,
    most_false: f64,
    most_missed: u32,
}

impl Scale {
    fn of(points: &[Option<Point>]) -> Self {
        let shown = || points.iter().flatten().filter(|point| point.latency_ms.is_finite());
        let least = shown().map(|point| point.latency_ms).fold(f64::INFINITY, f64::min);
        let most = shown().map(|point| point.latency_p95_ms).fold(0.0, f64::max);
        let (least, most) = if least.is_finite() { (least, most) } else { (0.0, 1_000.0) };
        let margin = ((most - least) * 0.08).max(25.0);
        let most_false = shown().map(|point| point.false_per_minute).fold(0.0, f64::max);
        let most_missed = points.iter().flatten().map(|point| point.missed).max().unwrap_or(0);
        Self {
            least_ms: (least - margin).max(0.0),
            most_ms: most + margin,
            most_false: if most_false > 0.0 { most_false * 1.12 } else { 1.0 },
            most_missed,
        }
    }

    fn x(&self, ms: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (ms - self.least_ms) / (self.most_ms - self.least_ms)
    }

    fn y(&self, false_per_minute: f64) -> f64 {
        // A dot on the axis would hide its numbers.
        FLOOR - (FLOOR - TOP) * false_per_minute / self.most_false
    }

    /// From teal, none missed, through sand to red, the most missed.
    fn colour(&self, missed: u32) -> String {
        const STOPS: [[f64; 3]; 3] = [[31.0, 138.0, 138.0], [222.0, 176.0, 82.0], [196.0, 69.0, 54.0]];
        let share = if self.most_missed == 0 { 0.0 } else { f64::from(missed) / f64::from(self.most_missed) };
        let (low, part) = if share < 0.5 { (0, share * 2.0) } else { (1, share * 2.0 - 1.0) };
        let mix = |i: usize| (STOPS[low][i] + (STOPS[low + 1][i] - STOPS[low][i]) * part).round();
        format!("rgb({},{},{})", mix(0), mix(1), mix(2))
    }
}

/// 1, 2 or 5 times a power of ten: about `count` steps of it make `span`.
fn step(span: f64, count: f64) -> f64 {
    let rough = (span / count).max(1e-9);
    let power = 10f64.powf(rough.log10().floor());
    power * [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= rough).unwrap_or(10.0)
}

fn axes(svg: &mut String, scale: &Scale) {
    let step_ms = step(scale.most_ms - scale.least_ms, 8.0);
    let mut ms = (scale.least_ms / step_ms).ceil() * step_ms;
    while ms <= scale.most_ms {
        let x = scale.x(ms);
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{x:.1} {TOP}V{BOTTOM}\"/><text class=\"soft\" x=\"{x:.1}\" y=\"{}\" \
             text-anchor=\"middle\">{ms:.0}</text>",
            BOTTOM + 20.0
        );
        ms += step_ms;
    }
    let step_false = step(scale.most_false, 6.0);
    let decimals = if step_false < 0.1 {
        2
    } else if step_false < 1.0 {
        1
    } else {
        0
    };
    for n in 0..=(scale.most_false / step_false).floor() as u32 {
        let value = f64::from(n) * step_false;
        let y = scale.y(value);
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/><text class=\"soft\" x=\"{}\" y=\"{:.1}\" \
             text-anchor=\"end\">{value:.decimals$}</text>",
            LEFT - 8.0,
            y + 4.5
        );
    }
    let (x, y) = ((LEFT + RIGHT) / 2.0, (TOP + BOTTOM) / 2.0);
    let _ = write!(
        svg,
        "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">interruption → yield, ms: dot at the median, line to the 95th \
         percentile</text><text text-anchor=\"middle\" transform=\"translate(24 {y})rotate(-90)\">false yields per \
         minute of agent speech</text>",
        BOTTOM + 44.0
    );
}

/// What the dots' colours mean.
fn colours(svg: &mut String, scale: &Scale) {
    let y = 34.0;
    let mut x = RIGHT - 176.0;
    let mut steps = vec![0, scale.most_missed.div_ceil(2), scale.most_missed];
    steps.dedup();
    x += 62.0 * (3 - steps.len()) as f64;
    let _ = write!(
        svg,
        "<text class=\"soft\" x=\"{}\" y=\"{}\" text-anchor=\"end\">missed</text>",
        x - 16.0,
        y + 4.5
    );
    for missed in steps {
        let _ = write!(
            svg,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"6\" fill=\"{}\"/><text x=\"{}\" y=\"{}\">{missed}</text>",
            scale.colour(missed),
            x + 11.0,
            y + 4.5
        );
        x += 62.0;
    }
}

/// The front from left to right.
fn joined(svg: &mut String, scale: &Scale, points: &[Option<Point>], front: &[usize]) {
    let mut on: Vec<Point> = front.iter().filter_map(|&i| points[i]).collect();
    on.retain(|point| point.latency_ms.is_finite());
    on.sort_by(|a, b| {
        a.latency_ms.total_cmp(&b.latency_ms).then(b.false_per_minute.total_cmp(&a.false_per_minute))
    });
    let path: Vec<String> = on
        .iter()
        .map(|point| format!("{:.1} {:.1}", scale.x(point.latency_ms), scale.y(point.false_per_minute)))
        .collect();
    if path.len() > 1 {
        let _ = write!(svg, "<path class=\"front\" d=\"M{}\"/>", path.join("L"));
    }
}

fn dot(svg: &mut String, scale: &Scale, point: &Point, name: &str, letter: Option<&str>, current: bool) {
    let (x, y) = (scale.x(point.latency_ms), scale.y(point.false_per_minute));
    let _ = write!(
        svg,
        "<g><title>{}: {:.2} false yields a minute, {:.0} / {:.0} ms, {} missed</title>\
         <path class=\"p95\" d=\"M{x:.1} {y:.1}H{:.1}m0 -4v8\"/>\
         <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{}\" fill=\"{}\"{}/>",
        escaped(name),
        point.false_per_minute,
        point.latency_ms,
        point.latency_p95_ms,
        point.missed,
        scale.x(point.latency_p95_ms),
        if letter.is_some() || current { 7 } else { 5 },
        scale.colour(point.missed),
        if letter.is_some() || current { "" } else { " opacity=\".6\"" },
    );
    if current {
        let _ = write!(svg, "<circle class=\"ring\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"11.5\"/>");
    }
    if let Some(letter) = letter {
        let _ = write!(
            svg,
            "<text class=\"letter\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{letter}</text>",
            x,
            y - 16.0
        );
    }
    svg.push_str("</g>");
}

/// Lettered settings in order, those that share a letter in one line; then the current one, and those that
/// are not in the picture.
fn legend(
    settings: &[Setting],
    points: &[Option<Point>],
    letters: &BTreeMap<usize, String>,
) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String, usize)> = Vec::new();
    let mut ranked: Vec<(&String, usize)> = letters.iter().map(|(i, letter)| (letter, *i)).collect();
    ranked.sort_by_key(|(letter, i)| (letter.len(), *letter, *i));
    for (letter, i) in ranked {
        match lines.last_mut().filter(|(last, ..)| last == letter) {
            Some((.., more)) => *more += 1,
            None => lines.push((letter.clone(), settings[i].to_string(), 0)),
        }
    }
    let all = lines.len();
    let mut legend: Vec<(String, String)> = lines
        .into_iter()
        .take(NAMED)
        .map(|(letter, name, more)| match more {
            0 => (letter, name),
            1 => (letter, format!("{name} and another that costs the same")),
            _ => (letter, format!("{name} and {more} more that cost the same")),
        })
        .collect();
    if all > NAMED {
        legend.push((String::new(), format!("and {} more", all - NAMED)));
    }
    if let Some(current) = settings.first() {
        legend.push(("◯".to_owned(), format!("{current}: the current setting")));
    }
    let silent: Vec<String> = settings
        .iter()
        .zip(points)
        .filter(|(_, point)| point.is_some_and(|point| point.latency_ms.is_infinite()))
        .map(|(setting, _)| setting.to_string())
        .collect();
    match &silent[..] {
        [] => {}
        [first] => legend.push(("–".to_owned(), format!("{first}: not shown, it yields to no interruption"))),
        [first, rest @ ..] => legend.push((
            "–".to_owned(),
            format!("{first} and {} more: not shown, they yield to no interruption", rest.len()),
        )),
    }
    if points.iter().all(Option::is_none) {
        legend.push(("–".to_owned(), "no labelled tape: nothing to judge by".to_owned()));
    }
    legend
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!((step(800.0, 8.0), step(3.0, 6.0), step(0.07, 6.0)), (100.0, 0.5, 0.02));
    }

    #[test]
    fn every_judged_setting_has_a_dot_and_the_front_a_letter() {
        let settings: Vec<Setting> =
            ["adaptive", "responsive", "polite"].map(|text| text.parse().expect("a setting")).to_vec();
        let measured = |false_yields, latency: &[u64], missed| Measures {
            tapes: 1,
            agent_ms: 60_000,
            false_yields,
            missed,
            yield_latency_ms: latency.to_vec(),
            ..Measures::default()
        };
        let measures = [measured(0, &[500], 0), measured(7, &[300, 400], 0), measured(0, &[], 1)];
        let svg = picture(&settings, &measures);
        // Two dots, two colours in the legend, one ring.
        assert_eq!(svg.matches("<circle").count(), 5, "{svg}");
        assert!(svg.contains(">A</text>") && svg.contains(">B</text>"), "{svg}");
        assert!(svg.contains("polite: not shown"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn without_labels_it_says_so() {
        let svg =
            picture(&[Setting::default()], &[Measures { tapes: 1, unlabelled: 1, ..Measures::default() }]);
        assert!(svg.contains("nothing to judge by") && !svg.contains("NaN"), "{svg}");
    }
}
