//! A whole line by ear: twice in each direction, with what comes later known.
//!
//! A live call is decided causally, 20 ms at a time. Here nobody waits: the detector hears the line
//! forwards and backwards, so that its latency at onsets and ends cancels out, and edges are moved to where
//! the sound begins and ends.

mod listen;
mod spans;

pub(super) use listen::{HOP_MS, listen, without_echo};
pub(super) use spans::{Heard, spans};

/// When somebody is heard, in ms.
pub(super) type Span = (u64, u64);

/// When somebody is heard on a line.
pub(super) fn speech(samples: &[i16]) -> Vec<Span> {
    let heard = spans(&listen(samples)).into_iter().filter(|span| span.voice);
    heard.map(|span| (span.start_ms, span.end_ms)).collect()
}
