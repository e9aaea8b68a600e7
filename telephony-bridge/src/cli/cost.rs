//! What a command cost: the processor's time against the calls' time.

use std::time::{Duration, Instant};

/// Ticks of `/proc/self/stat` a second, the same on every Linux machine.
const TICKS: u64 = 100;

/// Counts from when it was made.
#[derive(Debug)]
pub(super) struct Cost {
    begun: Instant,
    cpu: Option<Duration>,
    calls_ms: u64,
    calls: u64,
}

impl Cost {
    pub(super) fn start() -> Self {
        Self { begun: Instant::now(), cpu: cpu(), calls_ms: 0, calls: 0 }
    }

    pub(super) fn call(&mut self, ms: u64) {
        self.calls_ms += ms;
        self.calls += 1;
    }

    /// In one line. Without the processor's time it is that of the clock on the wall.
    pub(super) fn total(&self) -> String {
        let cpu = self.cpu.zip(cpu()).map(|(before, now)| now.saturating_sub(before));
        let (took, of) = cpu.map_or_else(|| (self.begun.elapsed(), "on the clock"), |cpu| (cpu, "of CPU"));
        let seconds = took.as_secs_f64().max(0.5 / TICKS as f64);
        let speed = self.calls_ms as f64 / 1e3 / seconds;
        format!(
            "{} calls, {:.1} minutes, in {seconds:.2} s {of}, reading included: {speed:.0} × real time per core",
            self.calls,
            self.calls_ms as f64 / 6e4
        )
    }
}

/// What this process has used.
fn cpu() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the program's name in brackets, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let sum = ticks()? + ticks()?;
    Some(Duration::from_millis(sum * 1_000 / TICKS))
}
