//! How long tapes are kept.
//!
//! A tape holds a voice, and goes when its time is over (X-009, A-CRM-023). A redacted one does not and
//! may stay. Its age counts from `started_at` or from when `caller.wav` was last written, whichever
//! is earlier: neither a copy nor a wrong date makes a tape younger.

mod leftovers;
mod sweeper;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use audio_core::tape::TapeFile;

pub use leftovers::{Leftover, recover_leftovers};
pub use sweeper::Sweeper;

use super::store::{Place, StoreError, TapeRef, tapes_in};

/// Two days.
pub const DEFAULT_RETENTION: Duration = Duration::from_secs(48 * 3_600);

/// What is to become of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stays: its time is not over.
    Young,
    /// It stays: it has been redacted.
    Redacted,
    /// It goes.
    Over,
}

/// What is to become of the tape in `dir`. A tape that cannot be read is not known to be redacted.
///
/// # Errors
/// [`StoreError`] if the folder cannot be read.
pub fn verdict(dir: &Path, older_than: Duration, now: SystemTime) -> Result<Verdict, StoreError> {
    let file = TapeFile::load(dir).ok();
    let started = file.as_ref().and_then(|file| file.started_at.as_deref());
    let started = started.and_then(|text| text.parse::<jiff::Timestamp>().ok()).map(SystemTime::from);
    let written = ["caller.wav", "tape.json"].iter().find_map(|name| modified(&dir.join(name)));
    let written = match written {
        Some(written) => written,
        None => modified(dir).ok_or_else(|| StoreError::NotAFolder(dir.to_path_buf()))?,
    };
    let began = started.map_or(written, |started| started.min(written));
    if now.duration_since(began).is_ok_and(|age| age <= older_than) || began > now {
        return Ok(Verdict::Young);
    }
    Ok(if file.is_some_and(|file| file.redacted) { Verdict::Redacted } else { Verdict::Over })
}

/// What [`retain`] did, or would have done, with one tape.
#[derive(Debug)]
pub struct Retained {
    /// Which.
    pub tape: TapeRef,
    /// What was decided.
    pub verdict: Verdict,
}

/// Removes the tapes below `places` whose time is over; with `dry_run`, only says so. One that
/// cannot be judged or removed is an error among the rest.
pub fn retain(
    places: impl IntoIterator<Item = Place>,
    older_than: Duration,
    now: SystemTime,
    dry_run: bool,
) -> impl Iterator<Item = Result<Retained, StoreError>> {
    tapes_in(places).map(move |tape| {
        let tape = tape?;
        let verdict = verdict(tape.open_description()?.dir(), older_than, now)?;
        if verdict == Verdict::Over && !dry_run {
            tape.remove()?;
        }
        Ok(Retained { tape, verdict })
    })
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape(root: &Path, name: &str, more: &str) -> Place {
        let dir = root.join(name);
        fs::create_dir_all(&dir).expect("a folder");
        let json = format!(r#"{{"version":1,"greeting":{{"text":""}},"caller":[],"agent":[]{more}}}"#);
        fs::write(dir.join("tape.json"), json).expect("written");
        fs::write(dir.join("caller.wav"), "").expect("written");
        Place::Folder(dir)
    }

    /// X-009, A-CRM-023: two days, then the tape goes; a redacted one stays.
    #[test]
    fn what_is_over_goes_and_what_is_redacted_stays() {
        let root = tempfile::tempdir().expect("a folder");
        let started = |text: &str| format!(r#","started_at":"{text}""#);
        tape(root.path(), "old", &started("2026-11-01T10:00:00+02:00"));
        tape(root.path(), "new", "");
        tape(root.path(), "dated_ahead", &started("2126-11-01T10:00:00+02:00"));
        tape(root.path(), "kept", &(started("2026-11-01T10:00:00+02:00") + r#","redacted":true"#));
        tape(root.path(), "unreadable", "}");
        let run = |now: SystemTime, dry: bool| -> Vec<(String, Verdict)> {
            let place = Place::Folder(root.path().to_path_buf());
            let all = retain([place], DEFAULT_RETENTION, now, dry);
            all.map(|r| r.expect("judged")).map(|r| (r.tape.name().to_owned(), r.verdict)).collect()
        };
        let now = SystemTime::now();
        // Whatever today is, the dates above may lie ahead: the files' own do not.
        let later = now + Duration::from_secs(50 * 3_600);
        let wanted = [
            ("dated_ahead", Verdict::Over),
            ("kept", Verdict::Redacted),
            ("new", Verdict::Over),
            ("old", Verdict::Over),
            ("unreadable", Verdict::Over),
        ];
        let wanted = wanted.map(|(name, verdict)| (name.to_owned(), verdict));
        assert_eq!(run(later, true), wanted);
        assert_eq!(run(later, true), wanted, "a dry run removes nothing");
        assert_eq!(run(later, false), wanted);
        assert_eq!(run(later, false), [("kept".to_owned(), Verdict::Redacted)]);
        tape(root.path(), "today", "");
        assert_eq!(run(now, false).last(), Some(&("today".to_owned(), Verdict::Young)));
    }
}
