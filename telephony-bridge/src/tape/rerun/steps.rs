//! What was recorded and what is decided anew, in one order.

use audio_core::pipeline::PipelineEvent;

use super::Recording;
use super::chain::Decided;
use crate::session::CallTime;
use crate::tape::wire::{Wire, WireInput};

/// The same decision at the same moment, give or take `slack`; scores may differ in the last place
/// between machines.
fn is_same(then: &PipelineEvent, now: &PipelineEvent, slack: u64) -> bool {
    std::mem::discriminant(then) == std::mem::discriminant(now) && then.at().0.abs_diff(now.at().0) <= slack
}

/// What the session's second run consists of.
pub(super) enum Step<'a> {
    AgentFrame,
    TakeBack(u32),
    Input(&'a WireInput),
    Speech(PipelineEvent),
}

/// The recorded inputs and the chain's decisions in one order, and when the chain first decides
/// otherwise than then. Until it does, its decisions keep their recorded place; later ones come with
/// their frame.
///
/// `slack`: decisions that fall so many samples apart are the same, and the recorded one is taken.
pub(super) fn steps<'a>(
    recording: &'a Recording,
    speech: &[Decided],
    slack: u64,
) -> (Vec<(CallTime, Step<'a>)>, Option<CallTime>) {
    let recorded: Vec<(usize, &PipelineEvent)> = recording
        .lines
        .iter()
        .enumerate()
        .filter_map(|(i, line)| match &line.what {
            Wire::Input { input: WireInput::Speech(event) } => Some((i, event)),
            _ => None,
        })
        .collect();
    let same =
        recorded.iter().zip(speech).take_while(|((_, then), now)| is_same(then, &now.event, slack)).count();
    // What was still on its way when the call ended reached nobody.
    let end = recording.followed().unwrap_or(u64::MAX);
    let in_time = speech[same..].iter().take_while(|decided| decided.event.at().0 <= end).count();
    let speech = &speech[..same + in_time];
    let then = recorded.get(same).map(|(line, _)| recording.lines[*line].t_us);
    let differs_at = then.into_iter().chain(speech.get(same).map(|decided| decided.at)).min();
    let others = recording.lines.iter().enumerate().filter_map(|(i, line)| {
        let step = match &line.what {
            Wire::Input { input: WireInput::Speech(_) } => return None,
            Wire::Input { input } => Step::Input(input),
            Wire::MediaOut { .. } => Step::AgentFrame,
            Wire::TakeBack { frames, .. } => Step::TakeBack(*frames),
            _ => return None,
        };
        Some((line.t_us, i, step))
    });
    let decided = speech.iter().enumerate().map(|(i, decided)| match recorded.get(i).filter(|_| i < same) {
        Some((line, then)) if slack > 0 => (recording.lines[*line].t_us, *line, Step::Speech(**then)),
        Some((line, _)) => (recording.lines[*line].t_us, *line, Step::Speech(decided.event)),
        None => (decided.at, decided.line, Step::Speech(decided.event)),
    });
    let mut steps: Vec<_> = others.chain(decided).collect();
    steps.sort_by_key(|(at, line, _)| (*at, *line));
    (steps.into_iter().map(|(at, _, step)| (at, step)).collect(), differs_at)
}
