//! Turns as the decision layer reports them: it knows of an onset some frames after it, and of an
//! end after the hangover, and says how long ago they were.

use std::fmt::Write;

use audio_core::vad::{Change, Detection};

use super::rows::Row;
use super::{BAR, TURN, TURN_Y, caption};

/// One turn, in frames.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Where recognition starts to listen.
    pre_roll: usize,
    /// The first voice.
    onset: usize,
    /// After the last voice. None: the recording ends first.
    end: Option<usize>,
}

/// The turns of a whole recording.
pub(super) fn of(trace: &[Detection], pre_roll: usize) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for (frame, found) in trace.iter().enumerate() {
        match found.change {
            Some(Change::Start { frames_ago }) => {
                let onset = frame.saturating_sub(frames_ago as usize);
                turns.push(Turn { pre_roll: onset.saturating_sub(pre_roll), onset, end: None });
            }
            Some(Change::End { frames_ago }) => {
                if let Some(turn) = turns.last_mut() {
                    turn.end = Some((frame + 1).saturating_sub(frames_ago as usize));
                }
            }
            None => {}
        }
    }
    turns
}

/// Thin lines through all lanes, so that an onset can be looked up in the waveform.
pub(super) fn lines(svg: &mut String, turns: &[Turn], row: &Row, tall: f64) {
    let onsets = turns.iter().map(|turn| (turn.onset, ""));
    let ends = turns.iter().filter_map(|turn| Some((turn.end?, " stroke-dasharray=\"2 3\"")));
    for (frame, dashes) in onsets.chain(ends).filter(|&(frame, _)| row.holds(frame)) {
        let x = row.x(frame);
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"0\" y2=\"{tall}\" stroke=\"{TURN}\" stroke-opacity=\"0.6\"{dashes}/>"
        );
    }
}

/// The lane: the pre-roll dotted, the turn a line, a triangle at its onset and a bar at its end.
pub(super) fn draw(svg: &mut String, turns: &[Turn], row: &Row) {
    let y = TURN_Y + BAR / 2.0;
    for turn in turns {
        let end = turn.end.unwrap_or(row.end);
        for (part, dashes) in [
            (row.part(turn.pre_roll, turn.onset), " stroke-dasharray=\"2 2\""),
            (row.part(turn.onset, end), ""),
        ] {
            let Some((from, to)) = part else { continue };
            let _ = writeln!(
                svg,
                "<line x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{TURN}\" stroke-width=\"2\"{dashes}/>"
            );
        }
        if row.holds(turn.onset) {
            onset(svg, row.x(turn.onset), y);
        }
        if let Some(end) = turn.end.filter(|&end| row.holds(end)) {
            ending(svg, row.x(end), y);
        }
    }
    caption(svg, y + 4.0, "turn");
}

/// A triangle that points to where the turn goes on.
pub(super) fn onset(svg: &mut String, x: f64, y: f64) {
    let _ = writeln!(svg, "<path d=\"M{x:.1} {}l8 6l-8 6z\" fill=\"{TURN}\"/>", y - 6.0);
}

/// An upright bar.
pub(super) fn ending(svg: &mut String, x: f64, y: f64) {
    let _ = writeln!(svg, "<path d=\"M{:.1} {}h3v12h-3z\" fill=\"{TURN}\"/>", x - 3.0, y - 6.0);
}

#[cfg(test)]
mod tests {
    use audio_core::vad::{Change, Detection};

    use super::{Turn, of};

    #[test]
    fn a_turn_lies_where_the_voice_was_not_where_it_was_decided() {
        let mut trace = [Detection::SILENCE; 100];
        trace[31].change = Some(Change::Start { frames_ago: 1 });
        trace[60].change = Some(Change::End { frames_ago: 15 });
        trace[90].change = Some(Change::Start { frames_ago: 2 });
        let first = Turn { pre_roll: 20, onset: 30, end: Some(46) };
        assert_eq!(of(&trace, 10), [first, Turn { pre_roll: 78, onset: 88, end: None }]);
    }

    #[test]
    fn a_pre_roll_ends_at_the_beginning() {
        let mut trace = [Detection::SILENCE; 4];
        trace[3].change = Some(Change::Start { frames_ago: 1 });
        assert_eq!(of(&trace, 10), [Turn { pre_roll: 0, onset: 2, end: None }]);
    }
}
