//! How many calls one audio thread carries, in real time, and what a call weighs.
//!
//! ```text
//! cargo run --release -p benches --bin density                   400 calls with echo, 1,000 without
//! cargo run --release -p benches --bin density -- --calls 400 --seconds 20 [--no-echo]
//! cargo run --release -p benches --bin density -- --most [--no-echo]    the most without a missed tick
//! cargo run --release -p benches --bin density -- --memory       resident memory a call, 1 to 500 calls
//! ```
//!
//! One worker ticks on a thread of its own, scheduled as the engine's threads are; a second thread is the
//! far side of every call, 20 ms for 20 ms. With echo, the worst case: the agent speaks all the time, its
//! voice comes back 40 to 120 ms later and 18 dB down, the caller talks over it, and nobody stops. Without,
//! the same conversation with nothing coming back and the canceller off.
//!
//! Work is the thread's CPU time, so what else the machine does is not in it, but for the caches. Missed
//! ticks are real time: a tick more than 20 ms late, as the engine counts them. A run fits if none was
//! missed, no frame was lost and p99 work is at most 80 % of a tick.

mod far_side;
mod run;
mod weigh;

use std::time::Duration;

use clap::Parser;
use run::{Report, Scene};

#[derive(Parser)]
struct Args {
    /// Calls at once. Without it: 400 with echo, then 1,000 without.
    #[arg(long)]
    calls: Option<usize>,
    /// How long each run is measured.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Nothing comes back from the far side, and nothing is cancelled.
    #[arg(long)]
    no_echo: bool,
    /// Find the most calls that fit.
    #[arg(long)]
    most: bool,
    /// Weigh a call: resident memory with 1 call and with 500.
    #[arg(long)]
    memory: bool,
    /// One JSON object a run.
    #[arg(long)]
    json: bool,
}

fn main() {
    let args = Args::parse();
    let scene = if args.no_echo { Scene::WithoutEcho } else { Scene::WithEcho };
    if args.memory {
        weigh::run(args.json);
        return;
    }
    if !args.json {
        Report::header();
    }
    if args.most {
        most(&args, scene);
        return;
    }
    match args.calls {
        Some(calls) => {
            measure(&args, calls, scene);
        }
        None => {
            measure(&args, 400, Scene::WithEcho);
            measure(&args, 1_000, Scene::WithoutEcho);
        }
    }
}

fn measure(args: &Args, calls: usize, scene: Scene) -> Report {
    let report = run::measure(calls, Duration::from_secs_f64(args.seconds.max(0.1)), scene);
    report.print(args.json);
    report
}

/// Doubles until a run does not fit, then halves the distance down to 25 calls.
fn most(args: &Args, scene: Scene) {
    const STEP: usize = 25;
    let (mut fits, mut fails) = (0, usize::MAX);
    let mut calls = 200;
    while fails.saturating_sub(fits) > STEP {
        match measure(args, calls, scene).fits() {
            true => fits = calls,
            false => fails = calls,
        }
        let next = if fails == usize::MAX { fits * 2 } else { (fits + fails) / 2 };
        calls = (next / STEP * STEP).max(STEP);
        if calls == fits || calls == fails {
            break;
        }
    }
    if !args.json {
        println!("the most that fits, {}: {fits} calls", scene.name());
    }
}
