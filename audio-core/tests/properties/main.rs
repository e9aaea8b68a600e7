//! Laws of the public functions, over random input: ranges, round trips, monotony, independence of
//! how a stream is cut, and `reset` against `new`. One file per module of the crate.

mod barge_in;
mod codec;
mod echo;
#[cfg(feature = "engine")]
mod engine;
mod frame;
mod framer;
mod pipeline;
mod reorder;
mod replay;
mod resample;
mod sound;
#[cfg(feature = "tape")]
mod tape;
mod vad;

use audio_core::Error;
use proptest::test_runner::Config;

/// So many cases, and no file for those that failed: they are shrunk and printed.
fn cases(count: u32) -> Config {
    Config { cases: count, failure_persistence: None, ..Config::default() }
}

/// The field that a refusal names.
fn field(refusal: Result<(), Error>) -> Option<&'static str> {
    match refusal {
        Ok(()) => None,
        Err(Error::OutOfRange { field, .. }) => Some(field),
        Err(other) => panic!("not about a number: {other}"),
    }
}
