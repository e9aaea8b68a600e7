//! The engine's settings. What its threads do is in `engine_frames` and `engine_lifecycle`.

use std::time::Duration;

use audio_core::engine::{Engine, EngineConfig, EngineError};
use audio_core::pipeline::CallPipeline;
use proptest::prelude::*;

use crate::{cases, field};

/// The ranges of the documentation, written down again.
fn wrong(c: &EngineConfig) -> Option<&'static str> {
    let frame = Duration::from_millis(20);
    let divides = (1..=40).any(|n| c.tick * n == frame);
    let rules = [
        ((1..=64).contains(&c.workers), "engine.workers"),
        ((1..=65_536).contains(&c.slots_per_worker), "engine.slots_per_worker"),
        (divides, "engine.tick (µs)"),
        (c.speed >= 0.1 && c.speed <= 100.0, "engine.speed"),
        ((1..=10).contains(&c.playout_lead_frames), "engine.playout_lead_frames"),
        ((1..=16).contains(&c.uplink_high_water), "engine.uplink_high_water"),
        ((1..=c.uplink_high_water).contains(&c.uplink_low_water), "engine.uplink_low_water"),
    ];
    rules.into_iter().find(|(good, _)| !good).map(|(_, field)| field)
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn settings_are_taken_or_named(
        (workers, slots) in (0usize..66, prop_oneof![9 => 1usize..40, 1 => any::<usize>()]),
        tick in prop_oneof![(0u64..45).prop_map(|n| 20_000_000 / n.max(1)), 0u64..21_000_000],
        speed in prop_oneof![9 => 0.1..=100.0, 1 => any::<f64>()],
        (lead, high, low) in (0u32..12, 0usize..18, 0usize..18),
    ) {
        let mut config = EngineConfig::default();
        (config.workers, config.slots_per_worker, config.tick) = (workers, slots, Duration::from_nanos(tick));
        (config.speed, config.playout_lead_frames) = (speed, lead);
        (config.uplink_high_water, config.uplink_low_water) = (high, low);
        let wrong = wrong(&config);
        match Engine::<CallPipeline>::unthreaded(config) {
            Ok((engine, workers_made)) => {
                prop_assert_eq!(wrong, None);
                prop_assert_eq!(workers_made.len(), workers);
                prop_assert_eq!(engine.stats().workers.len(), workers);
            }
            Err(EngineError::Config(error)) => prop_assert_eq!(field(Err(error)), wrong),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
