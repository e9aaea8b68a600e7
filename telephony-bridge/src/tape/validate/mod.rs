//! Everything that is wrong with a tape, in one go, each problem with its place.
//!
//! [`Tape::load`](audio_core::tape::Tape::load) stops at the first problem; this one looks on.
//! Audio is read a piece at a time.

mod audio;
mod json;
mod wire;

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// Something wrong with a tape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where: a file, or a field as in `tape.json: caller[2].end_ms`.
    pub place: String,
    /// What is wrong there, the datum included.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// Problems in the order in which they were found.
#[derive(Debug, Default)]
struct Findings(Vec<Problem>);

impl Findings {
    fn add(&mut self, place: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Problem { place: place.into(), problem: problem.into() });
    }

    /// A field of `tape.json`.
    fn field(&mut self, field: &str, problem: impl Into<String>) {
        self.add(format!("tape.json: {field}"), problem);
    }
}

/// Everything wrong with the tape in `dir`: none for a good one.
pub fn validate(dir: &Path) -> Vec<Problem> {
    let mut findings = Findings::default();
    let file = json::check(dir, &mut findings);
    audio::check(dir, file.as_ref(), &mut findings);
    wire::check(dir, &mut findings);
    findings.0
}
