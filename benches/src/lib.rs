//! Benches live in `benches/`, one file a part; this library holds what they share.
//!
//! ```text
//! cargo bench -p benches                            everything, some minutes
//! cargo bench -p benches --bench codec              one file
//! cargo bench -p benches -- pipeline/speech         what the filter names
//! cargo bench -p benches -- --test                  smoke test: everything once
//! cargo bench -p benches --features peers           with other people's work in the same runs
//! cargo run --release -p benches --bin instructions -- check     instructions a frame
//! cargo run --release -p benches --features peers --bin playout_peers     jitter buffers, same traces
//! ```
//!
//! Nothing here asserts a time: a slow or busy machine prints greater numbers and passes.

#![deny(unsafe_code)]

mod line;
pub mod peers;
mod race;
mod table;

use std::path::PathBuf;

use audio_core::frame::{FRAME_SAMPLES, PcmFrame};
use audio_core::tape::{SpanKind, Tape};
use criterion::Criterion;

pub use line::Line;
pub use race::{Race, Time};
pub use table::{Percentiles, Table, histogram};

/// The `main` of a bench file: criterion with the command line's settings.
pub fn run(bench: impl FnOnce(&mut Criterion)) {
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    bench(&mut criterion);
    criterion.final_summary();
}

/// Is everything to run just once? Decided as criterion decides it: `cargo bench` passes
/// `--bench`, `cargo test --benches` does not.
pub fn is_smoke_test() -> bool {
    let given = |flag: &str| std::env::args().any(|arg| arg == flag);
    given("--test") || !given("--bench")
}

/// `few` in a smoke test, else `many`.
pub fn samples<T>(few: T, many: T) -> T {
    if is_smoke_test() { few } else { many }
}

/// The folder of a call in `fixtures/calls`.
pub fn fixture(call: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/calls")).join(call)
}

/// A call from `fixtures/calls`.
pub fn tape(call: &str) -> Tape {
    Tape::load(fixture(call)).expect("the fixtures are complete")
}

/// The names of all calls in `fixtures/calls`, sorted.
pub fn all_calls() -> Vec<String> {
    let folder = std::fs::read_dir(fixture("")).expect("the fixtures are complete");
    let mut names: Vec<String> =
        folder.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Cuts PCM into frames; an unfinished last one is left out.
pub fn frames(pcm: &[i16]) -> Vec<PcmFrame> {
    pcm.as_chunks::<FRAME_SAMPLES>().0.to_vec()
}

/// What the caller of a fixture call says: the frames inside its labelled turns.
pub fn speech(call: &str) -> Vec<PcmFrame> {
    let tape = tape(call);
    let turns = tape.file.caller.iter().filter(|span| span.kind == SpanKind::Turn);
    turns
        .flat_map(|turn| frames(&tape.caller[turn.start_ms as usize * 8..turn.end_ms as usize * 8]))
        .collect()
}
