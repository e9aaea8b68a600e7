//! The audio threads' numbers, for `GET /metrics`.

use std::hint::black_box;

use audio_core::engine::EngineStats;
use audio_core::sys::alloc::{count_on_this_thread, realtime_allocations};
use metrics::gauge;

/// Sets the gauges `kav_bridge_audio_*`.
pub(super) fn publish(stats: &EngineStats) {
    let sum = |of: fn(&audio_core::engine::WorkerStats) -> u64| stats.workers.iter().map(of).sum::<u64>();
    gauge!("kav_bridge_audio_calls").set(stats.calls as f64);
    gauge!("kav_bridge_audio_capacity").set(stats.capacity as f64);
    gauge!("kav_bridge_audio_ticks").set(sum(|w| w.ticks) as f64);
    gauge!("kav_bridge_audio_ticks_missed").set(stats.ticks_missed() as f64);
    gauge!("kav_bridge_audio_frames_in").set(sum(|w| w.frames_in) as f64);
    gauge!("kav_bridge_audio_frames_out").set(sum(|w| w.frames_out) as f64);
    // By where: `rejected` and `skipped` on the way in, `clean` before speech recognition, `wire` on
    // the way out. Together they are `EngineStats::frames_lost`.
    gauge!("kav_bridge_audio_frames_lost", "where" => "rejected").set(sum(|w| w.rejected) as f64);
    gauge!("kav_bridge_audio_frames_lost", "where" => "skipped").set(sum(|w| w.uplink_skipped) as f64);
    gauge!("kav_bridge_audio_frames_lost", "where" => "clean").set(sum(|w| w.clean_lost) as f64);
    gauge!("kav_bridge_audio_frames_lost", "where" => "wire").set(sum(|w| w.wire_lost) as f64);
    let frames = sum(|w| w.frames_in + w.frames_out);
    let busy_us: f64 = stats.workers.iter().map(|w| w.work.mean.as_secs_f64() * 1e6 * w.ticks as f64).sum();
    if frames > 0 {
        gauge!("kav_bridge_audio_us_per_frame").set(busy_us / frames as f64);
    }
    for (index, worker) in stats.workers.iter().enumerate() {
        let worker_name = index.to_string();
        gauge!("kav_bridge_audio_realtime", "worker" => worker_name.clone())
            .set(f64::from(worker.priority.level()));
        gauge!("kav_bridge_audio_late_p99_us", "worker" => worker_name)
            .set(worker.late.p99.as_secs_f64() * 1e6);
    }
    // Only a binary with the counting allocator can say how often an audio thread allocated.
    if count_on_this_thread(|| drop(black_box(Box::new(0u8)))).1 > 0 {
        gauge!("kav_bridge_audio_allocations").set(realtime_allocations() as f64);
    }
}
