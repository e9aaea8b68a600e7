//! Whole calls in virtual time under a seed: the bridge's session, its providers' answers, its outbox on a real
//! file, a CRM behind a network; and everything that goes wrong between them.
//!
//! A seed is a world of a few calls on one process. The same seed lives through the same world again, on
//! any machine.

mod call;
mod caller;
mod crm;
mod early;
mod far_end;
mod providers;
mod realtime;
mod rng;
mod world;

pub use call::CallFigures;
pub use world::{WorldFigures, live};

/// Calls of one world.
pub const CALLS_PER_WORLD: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn lived(seed: u64) -> String {
        let dir = tempfile::tempdir().expect("a folder");
        let figures = live(seed, CALLS_PER_WORLD, dir.path(), false)
            .unwrap_or_else(|what| panic!("seed {seed}: {what}"));
        format!("{figures:?}")
    }

    /// A-TEL-010, A-TEL-013, A-AUD-020: whatever fails, no call is stuck, and the CRM has every event once.
    #[test]
    fn forty_worlds_hold() {
        for seed in 0..40 {
            lived(seed);
        }
    }

    /// A failure can be looked at again.
    #[test]
    fn a_seed_lives_through_the_same_world_again() {
        for seed in 100..105 {
            assert_eq!(lived(seed), lived(seed), "seed {seed}");
        }
    }
}
