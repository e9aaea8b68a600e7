//! What an error was caused by.

use super::super::{Phase, Reason};

/// Why a request failed in `phase`, `error` being what came of it.
pub(super) fn reason(phase: Phase, error: &(dyn std::error::Error + 'static)) -> Reason {
    match (phase, is_timeout(error)) {
        (_, true) => Reason::Slow,
        (Phase::Connect, false) => Reason::Refused,
        _ if is_malformed(error) => Reason::Garbage,
        _ => Reason::Dropped,
    }
}

/// An error and all that caused it.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<std::io::ErrorKind> {
    error.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
}

fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    causes(error).any(|cause| io_kind(cause) == Some(std::io::ErrorKind::TimedOut))
}

/// Did the far end break the protocol, rather than the connection?
fn is_malformed(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    causes(error).any(|cause| {
        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
            || matches!(io_kind(cause), Some(InvalidData | InvalidInput))
    })
}

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
