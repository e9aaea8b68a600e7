//! What it takes to begin and to end a call: on the thread that asks, and on the audio thread. CPU time of the
//! thread, so that a busy machine does not count: what else ran meanwhile is not the engine's.

use std::time::Duration;

use audio_core::engine::{CallHandle, Engine, EngineConfig};
use audio_core::pipeline::{CallPipeline, PipelineConfig};

use crate::run::thread_time;

/// Calls that come, and go, between two ticks: as many as a tick takes in.
const AT_ONCE: usize = 16;
const ROUNDS: usize = 400;

/// Nanoseconds a call, one number a round.
#[derive(Default)]
struct Times {
    attach: Vec<f64>,
    detach: Vec<f64>,
    taken_in: Vec<f64>,
    let_go: Vec<f64>,
}

pub(crate) fn run(json: bool) {
    for (name, pooled) in [("built", 0), ("recycled", AT_ONCE)] {
        let times = rounds(pooled);
        let [attach, detach, taken_in, let_go] = [times.attach, times.detach, times.taken_in, times.let_go]
            .map(|mut each| {
                each.sort_by(f64::total_cmp);
                let at = |part: f64| each[((each.len() - 1) as f64 * part) as usize] / 1e3;
                (at(0.5), at(0.99))
            });
        if json {
            println!(
                "{}",
                serde_json::json!({"pipeline": name, "attach_us": attach, "detach_us": detach,
                    "taken_in_us": taken_in, "let_go_us": let_go})
            );
            continue;
        }
        println!("pipeline {name}, µs of CPU a call             p50      p99");
        println!("  attach, on the thread that asks       {:>8.2} {:>8.2}", attach.0, attach.1);
        println!("  detach, on the thread that asks       {:>8.2} {:>8.2}", detach.0, detach.1);
        println!("  taken in, on the audio thread         {:>8.2} {:>8.2}", taken_in.0, taken_in.1);
        println!("  let go, on the audio thread           {:>8.2} {:>8.2}", let_go.0, let_go.1);
    }
}

fn rounds(pooled: usize) -> Times {
    let mut config = EngineConfig::default();
    (config.workers, config.slots_per_worker, config.pooled_pipelines) = (1, AT_ONCE, pooled);
    let tick = config.tick;
    let (engine, mut workers) = Engine::<CallPipeline>::unthreaded(config).expect("the settings are valid");
    let mut now = Duration::ZERO;
    let mut timed_tick = || {
        now += tick;
        let begun = thread_time();
        workers[0].tick(now);
        thread_time() - begun
    };
    let mut times = Times::default();
    let each = |length: Duration| length.as_nanos() as f64 / AT_ONCE as f64;
    for round in 0..ROUNDS {
        let mut calls: Vec<CallHandle> = Vec::with_capacity(AT_ONCE);
        for _ in 0..AT_ONCE {
            let begun = thread_time();
            calls.push(engine.attach(PipelineConfig::default()).expect("there is a slot"));
            times.attach.push((thread_time() - begun).as_nanos() as f64);
        }
        // A tick that takes calls in and serves them, less one that serves them.
        let (with, without) = (timed_tick(), timed_tick());
        let begun = thread_time();
        drop(calls);
        let detach = thread_time() - begun;
        // One that lets them go, less one without any.
        let (going, gone) = (timed_tick(), timed_tick());
        if round == 0 {
            times = Times::default(); // nothing is in the pool yet
            continue;
        }
        times.detach.push(each(detach));
        times.taken_in.push(each(with.saturating_sub(without)));
        times.let_go.push(each(going.saturating_sub(gone)));
    }
    times
}
