//! The tapes a command is given, all of them before anything is done.

use crate::tape::Playable;
use crate::tape::store::{Place, StoreError, TapeRef, tapes_in};

/// Every tape in `places`; the first place without one is an error.
pub(super) fn found(places: &[Place]) -> Result<Vec<TapeRef>, StoreError> {
    tapes_in(places.iter().cloned()).collect()
}

/// A tape, ready to be replayed.
pub(super) fn loaded(tape: &TapeRef) -> anyhow::Result<Playable> {
    Ok(Playable::load(tape.open()?.dir())?)
}
