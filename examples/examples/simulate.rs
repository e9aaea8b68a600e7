//! Simulates calls in virtual time: providers, network, disk and the process fail as the seed has it.
//!
//! `cargo run --release -p examples --example simulate -- --calls 100000`; a failure names its world, and
//! `--world N --trace` lives through that one again and says every step.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Parser;
use examples::simulation::{CALLS_PER_WORLD, CallFigures, WorldFigures, live};
use indicatif::{ProgressBar, ProgressStyle};

/// Simulates calls in virtual time, with everything that may go wrong
#[derive(Parser)]
struct Args {
    /// Calls, rounded up to whole worlds of eight.
    #[arg(long, default_value = "10000")]
    calls: NonZeroU64,
    /// The first world's seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// This world alone.
    #[arg(long)]
    world: Option<u64>,
    /// Say every input and output of every session, on standard error.
    #[arg(long, requires = "world")]
    trace: bool,
    /// Where the outboxes' journals are: memory, if the machine has it as a folder.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// All worlds together.
#[derive(Default)]
struct Total {
    worlds: WorldFigures,
    inputs: u64,
    sums: CallFigures,
    lasted: Duration,
    failures: Vec<(u64, String)>,
}

impl Total {
    fn add(&mut self, world: &WorldFigures) {
        let sum = &mut self.worlds;
        sum.calls += world.calls;
        sum.events += world.events;
        sum.kills += world.kills;
        sum.cut_off += world.cut_off;
        sum.unsynced += world.unsynced;
        sum.buried += world.buried;
        sum.repeated += world.repeated;
        sum.disk_errors += world.disk_errors;
        for call in &world.each {
            self.inputs += call.inputs;
            self.lasted += call.lasted;
            self.sums.replies += call.replies;
            self.sums.ahead += call.ahead;
            self.sums.wasted += call.wasted;
            self.sums.yields += call.yields;
            self.sums.degraded += call.degraded;
            self.sums.stale += call.stale;
            self.sums.longest_quiet = self.sums.longest_quiet.max(call.longest_quiet);
        }
    }
}

fn main() -> ExitCode {
    examples::exit(run(&Args::parse()))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let memory = Path::new("/dev/shm");
    let base = args.dir.clone().unwrap_or_else(|| match memory.is_dir() {
        true => memory.to_owned(),
        false => std::env::temp_dir(),
    });
    let folder = base.join(format!("kav-simulate-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let done = simulate(args, &folder);
    // Whatever came of it, the journals are of no more use.
    let _ = std::fs::remove_dir_all(&folder);
    done
}

fn simulate(args: &Args, folder: &Path) -> anyhow::Result<()> {
    let worlds = match args.world {
        Some(_) => 1,
        None => args.calls.get().div_ceil(u64::from(CALLS_PER_WORLD)),
    };
    let first = args.world.unwrap_or(args.seed);
    let bar = ProgressBar::new(worlds * u64::from(CALLS_PER_WORLD));
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {human_pos} of {human_len} calls, {per_sec}, {eta} left",
    )?);
    let (next, total) = (AtomicU64::new(0), Mutex::new(Total::default()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let began = Instant::now();
    let worker = |thread: usize| -> anyhow::Result<()> {
        let dir = folder.join(thread.to_string());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= worlds {
                return Ok(());
            }
            std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
            let lived = live(first + index, CALLS_PER_WORLD, &dir, args.trace);
            std::fs::remove_dir_all(&dir).with_context(|| format!("cannot empty {}", dir.display()))?;
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            match lived {
                Ok(world) => total.add(&world),
                Err(what) => total.failures.push((first + index, what)),
            }
            drop(total);
            bar.inc(u64::from(CALLS_PER_WORLD));
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || worker(thread))).collect();
        running.into_iter().try_for_each(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    bar.finish_and_clear();
    let mut total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    report(&total, began.elapsed());
    total.failures.sort();
    let Some((world, what)) = total.failures.first() else { return Ok(()) };
    bail!("{} of {worlds} worlds break a rule; world {world}: {what}", total.failures.len())
}

fn report(total: &Total, took: Duration) {
    let Total { worlds, inputs, sums, lasted, .. } = total;
    let rate = worlds.calls as f64 / took.as_secs_f64();
    let hours = lasted.as_secs_f64() / 3_600.0;
    println!(
        "{} calls, {hours:.1} hours of them, in {:.1} s: {rate:.0} a second",
        worlds.calls,
        took.as_secs_f64()
    );
    println!(
        "  conversation   {inputs} inputs, {} replies, {} yields, {} fallbacks, {} answers too late",
        sums.replies, sums.yields, sums.degraded, sums.stale
    );
    println!(
        "                 {} replies had been begun early, {} more had been for nothing",
        sums.ahead, sums.wasted
    );
    println!(
        "                 longest time without a sound while the agent had the floor: {:.1} s",
        sums.longest_quiet.as_secs_f64()
    );
    println!(
        "  events         {} recorded, {} not yet on disk when the process was killed, {} refused by the CRM for good",
        worlds.events, worlds.unsynced, worlds.buried
    );
    println!(
        "  faults         {} kills with {} calls cut off, {} writes refused by the disk, {} batches sent again",
        worlds.kills, worlds.cut_off, worlds.disk_errors, worlds.repeated
    );
    println!("  stuck, lost, doubled or out of order: {}", total.failures.len());
}
