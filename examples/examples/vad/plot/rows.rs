//! Where a frame lies: rows of ten seconds.

use super::PER_FRAME;

/// Frames a second, and a row.
pub(super) const SECOND: usize = 50;
pub(super) const ROW: usize = 10 * SECOND;

/// The frames from `start` to before `end`; only the last row may be short.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Wraps `frames`.
pub(super) fn of(frames: usize) -> Vec<Row> {
    (0..frames).step_by(ROW).map(|start| Row { start, end: frames.min(start + ROW) }).collect()
}

impl Row {
    /// Left edge of a frame of the row, in pixels.
    pub(super) fn x(&self, frame: usize) -> f64 {
        (frame - self.start) as f64 * PER_FRAME
    }

    pub(super) fn width(&self) -> f64 {
        self.x(self.end)
    }

    pub(super) fn holds(&self, frame: usize) -> bool {
        (self.start..self.end).contains(&frame)
    }

    /// What the row shows of the frames from `from` to before `to`, in pixels, if anything.
    pub(super) fn part(&self, from: usize, to: usize) -> Option<(f64, f64)> {
        let (from, to) = (from.max(self.start), to.min(self.end));
        (from < to).then(|| (self.x(from), self.x(to)))
    }
}

#[cfg(test)]
mod tests {
    use super::{PER_FRAME, Row, of};

    #[test]
    fn a_minute_is_six_rows() {
        let rows = of(3_000);
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[5], Row { start: 2_500, end: 3_000 });
    }

    #[test]
    fn only_the_last_row_is_short() {
        assert_eq!(of(1), [Row { start: 0, end: 1 }]);
        assert_eq!(of(501), [Row { start: 0, end: 500 }, Row { start: 500, end: 501 }]);
    }

    #[test]
    fn what_crosses_a_row_is_cut_at_its_ends() {
        let row = Row { start: 500, end: 1_000 };
        assert_eq!(row.part(400, 510), Some((0.0, 10.0 * PER_FRAME)));
        assert_eq!(row.part(990, 1_100), Some((490.0 * PER_FRAME, 500.0 * PER_FRAME)));
        assert_eq!(row.part(400, 500), None);
        assert!(row.holds(500) && !row.holds(1_000));
    }
}
