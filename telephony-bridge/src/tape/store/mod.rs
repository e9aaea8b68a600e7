//! Where tapes live: one way to name them, walk them, open them and put new ones in place.
//!
//! A [`Place`] is a folder, of this machine or, as `s3://bucket/prefix`, of an S3-compatible store.
//! It is a tape if it holds `tape.json` or `caller.wav`; else the tapes
//! are those of its subfolders. Names with a leading dot are passed over: a tape that is being
//! written has one. [`tapes_in`] walks places in sorted order and holds the names of one folder a
//! level, so that thousands of tapes cost no memory.

mod error;
mod open;
mod place;
mod put;
mod s3;
mod walk;

pub use error::StoreError;
pub use open::OpenTape;
pub use place::Place;
pub use put::{Existing, NewTape};
pub use s3::S3Path;
pub use walk::{TapeRef, TapesIn, tapes_in};
