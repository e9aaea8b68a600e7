//! What a call weighs: resident memory with 1 call and with 500, all of them talking.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use audio_core::engine::EngineStats;

use super::run::{Conversations, Scene, engine, tick};

const FEW: usize = 1;
const MANY: usize = 500;
/// Until everything that a call ever touches has been touched.
const LENGTH: Duration = Duration::from_secs(4);

pub(crate) fn run(json: bool) {
    let (engine, mut worker, period) = engine(MANY);
    let (measuring, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    // The far sides' own memory is all taken before the first look.
    let mut conversations = Conversations::new(MANY, Scene::WithEcho);
    let mut weigh = |calls| {
        conversations.begin(&engine, calls);
        let begun = Instant::now();
        conversations.go_on(|| begun.elapsed() >= LENGTH);
        resident_kb()
    };
    let (few, many, stats): (u64, u64, EngineStats) = thread::scope(|scope| {
        scope.spawn(|| tick(&mut worker, period, &measuring, &stop));
        let (few, many) = (weigh(FEW), weigh(MANY - FEW));
        stop.store(true, Ordering::Relaxed);
        (few, many, engine.stats())
    });
    assert_eq!(stats.calls, MANY, "all of them are calls");
    let slope = many.saturating_sub(few) as f64 / (MANY - FEW) as f64;
    if json {
        println!("{}", serde_json::json!({"rss_kb_1": few, "rss_kb_500": many, "kb_per_call": slope}));
    } else {
        println!("resident: {few} kB with {FEW} call, {many} kB with {MANY}: {slope:.1} kB a call");
    }
}

/// Resident memory of this process.
fn resident_kb() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64 / 1_024
}
