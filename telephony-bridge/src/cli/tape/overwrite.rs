//! What a command does where its output exists.

use crate::tape::store::{Existing, Place, StoreError};

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Overwrite {
    /// Replace tapes that exist.
    #[arg(long, conflicts_with = "skip_existing")]
    force: bool,
    /// Leave tapes that exist: goes on where an interrupted run ended.
    #[arg(long)]
    skip_existing: bool,
}

impl Overwrite {
    pub(super) fn existing(self) -> Existing {
        if self.force { Existing::Replace } else { Existing::Refuse }
    }

    /// Is there nothing to do at `place`?
    pub(super) fn leaves(self, place: &Place) -> Result<bool, StoreError> {
        Ok(self.skip_existing && place.is_taken()?)
    }

    /// An error with what helps against it.
    pub(super) fn hinted(self, error: String) -> String {
        match error.ends_with("exists already") {
            true => error + ": --force replaces it, --skip-existing leaves it",
            false => error,
        }
    }
}
