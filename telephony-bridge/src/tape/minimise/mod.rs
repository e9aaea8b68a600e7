//! The shortest tape that still shows a decision, for a report of a bug.
//!
//! Delta debugging (Zeller and Hildebrandt, IEEE Transactions on Software Engineering 28, 2002): the
//! time before the decision is cut into pieces at the edges of what is labelled, or of what is heard
//! where nothing is; pieces are left out, in ever smaller groups, as long as a replay still decides
//! the same at the same place in the sound. What the decision was learned from stays, for without it
//! there is another one. Nothing after a decision can be its cause: the tape ends there.
//!
//! A call recorded live is first tried as sound alone, without its record. If the decision hangs on
//! words, the record stays and only the end is cut.

mod cut;
mod error;
mod search;

use std::fs;
use std::path::Path;
use std::str::FromStr;

use audio_core::tape::write_wav_8k;

use cut::{Kept, Material};
pub use error::MinimiseError;

use super::player::{Playable, Player};
use super::report::ReplayReport;
use super::setting::Setting;
use super::store::{Existing, NewTape, Place};
use super::timeline::EventName;

/// The same decision falls at most this far from where it fell, in ms.
const TOLERANCE_MS: u64 = 100;

/// A decision on a tape: `barge_in@14390`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What was decided.
    pub event: EventName,
    /// When, in ms, give or take 100.
    pub t_ms: u64,
}

impl FromStr for Wanted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "expected KIND@MS, such as barge_in@14390, as `replay --json` lists them";
        let (kind, t_ms) = text.split_once('@').ok_or(wrong)?;
        let event = serde_json::from_value(kind.into()).map_err(|_| wrong)?;
        Ok(Self { event, t_ms: t_ms.parse().map_err(|_| wrong)? })
    }
}

/// What became of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minimised {
    /// Its length in ms.
    pub was_ms: u64,
    /// The new one's.
    pub is_ms: u64,
    /// When the decision falls now, in ms.
    pub t_ms: u64,
    /// How often it was replayed.
    pub replays: u32,
    /// It is a live call's record still, cut at its end only.
    pub live: bool,
}

/// Cuts the tape in `dir` down to `place`. `progress` is told the length in ms after each step.
///
/// # Errors
/// [`MinimiseError`]; then `place` is as it was.
pub fn minimise(
    dir: &Path,
    place: &Place,
    existing: Existing,
    wanted: Wanted,
    (player, setting): (&Player, &Setting),
    mut progress: impl FnMut(u64),
) -> Result<Minimised, MinimiseError> {
    let tape = Playable::load(dir)?;
    let new = NewTape::begin(place, existing)?;
    let first = nearest(&player.replay(&tape, setting)?, wanted)
        .map_err(|other| MinimiseError::NotDecided { wanted, other })?;
    let wanted = Wanted { t_ms: first, ..wanted };
    let was_ms = tape.tape.caller.len() as u64 / 8;
    let live = tape.recording.is_some();
    let material = Material::new(&tape, dir)?;
    let mut replays = 1;
    let mut shows = |kept: &Kept| -> Option<u64> {
        replays += 1;
        let report = player.replay(&material.cut(kept), setting).ok()?;
        nearest(&report, Wanted { t_ms: kept.moved(wanted.t_ms), ..wanted }).ok()
    };
    let whole = Kept::until(wanted.t_ms, was_ms);
    let kept = if shows(&whole).is_some() {
        let pieces = material.pieces(&whole);
        Some(search::shortest(whole, &pieces, |kept| {
            let shown = shows(kept).is_some();
            if shown {
                progress(kept.length_ms());
            }
            shown
        }))
    } else if live {
        None
    } else {
        return Err(MinimiseError::Unstable(wanted));
    };
    match &kept {
        Some(kept) => write(&material.cut(kept), dir, new.dir())?,
        None => cut::end_of_record(dir, new.dir(), wanted.t_ms + TOLERANCE_MS)?,
    }
    // What counts is what the files show.
    let made = Playable::load(new.dir())?;
    let expected = kept.as_ref().map_or(wanted.t_ms, |kept| kept.moved(wanted.t_ms));
    let t_ms = nearest(&player.replay(&made, setting)?, Wanted { t_ms: expected, ..wanted })
        .map_err(|_| MinimiseError::Unstable(wanted))?;
    let is_ms = made.tape.caller.len() as u64 / 8;
    new.put()?;
    Ok(Minimised { was_ms, is_ms, t_ms, replays: replays + 1, live: kept.is_none() })
}

/// When the decision falls, or the nearest time at which one of its kind does.
fn nearest(report: &ReplayReport, wanted: Wanted) -> Result<u64, Option<u64>> {
    let times = report.events.iter().filter(|event| event.event == wanted.event).map(|event| event.t_ms);
    match times.min_by_key(|t_ms| t_ms.abs_diff(wanted.t_ms)) {
        Some(t_ms) if t_ms.abs_diff(wanted.t_ms) <= TOLERANCE_MS => Ok(t_ms),
        other => Err(other),
    }
}

fn write(tape: &Playable, from: &Path, to: &Path) -> Result<(), MinimiseError> {
    write_wav_8k(to.join("caller.wav"), &tape.tape.caller)?;
    if let Some(agent) = &tape.agent {
        write_wav_8k(to.join("agent.wav"), &agent.samples)?;
    }
    let greeting = tape.tape.file.greeting.line();
    for clip in tape.tape.file.agent.iter().chain([&greeting]).filter_map(|line| line.clip.as_deref()) {
        let path = to.join(clip);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(MinimiseError::io(folder))?;
        }
        fs::copy(from.join(clip), &path).map_err(MinimiseError::io(&path))?;
    }
    cut::describe(&tape.tape.file, to)
}
