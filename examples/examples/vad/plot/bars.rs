//! Yes or no over time: a bar for every run of frames.

use std::fmt::Write;

use super::BAR;
use super::rows::Row;

/// The bars of one row.
pub(super) fn draw(svg: &mut String, on: &[bool], row: &Row, y: f64, colour: &str) {
    // A line where there is no bar: known and silent is not unknown.
    let middle = y + BAR / 2.0;
    let _ = writeln!(
        svg,
        "<line x1=\"0\" x2=\"{:.1}\" y1=\"{middle}\" y2=\"{middle}\" stroke=\"#cccccc\"/>",
        row.width()
    );
    for (first, end) in runs(on) {
        let Some((from, to)) = row.part(first, end) else { continue };
        let _ = writeln!(
            svg,
            "<rect x=\"{from:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>",
            to - from
        );
    }
}

/// First frame of every run of true ones, and the frame after its last.
fn runs(on: &[bool]) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    on.chunk_by(|a, b| a == b).filter_map(move |run| {
        let start = first;
        first += run.len();
        run[0].then_some((start, first))
    })
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn runs_are_the_true_frames() {
        let found: Vec<_> = runs(&[true, true, false, true]).collect();
        assert_eq!(found, [(0, 2), (3, 4)]);
        assert_eq!(runs(&[]).count(), 0);
    }
}
