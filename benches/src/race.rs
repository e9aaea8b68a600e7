//! Who is faster, in one run: criterion first, then all entrants in turns, so that a busy machine
//! slows them alike.

use std::time::{Duration, Instant};

use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;

use crate::is_smoke_test;

/// How often everyone has a turn.
const TURNS: usize = 101;

/// One entrant's nanoseconds a call, over its turns.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// The best turn.
    pub best: f64,
    /// The median.
    pub median: f64,
}

/// Pieces of work of the same kind; the first is ours.
pub struct Race<'a> {
    name: String,
    calls: u32,
    pause: Duration,
    entrants: Vec<(String, Box<dyn FnMut() + 'a>)>,
}

impl<'a> Race<'a> {
    /// A race of this name, with so many calls a turn.
    pub fn new(name: impl Into<String>, calls: u32) -> Self {
        Self { name: name.into(), calls, pause: Duration::ZERO, entrants: Vec::new() }
    }

    /// A rest before everyone's turns: for work that looks at the clock.
    #[must_use]
    pub fn paced(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Adds an entrant. The first, ours, has no name of its own.
    pub fn enter(&mut self, name: impl Into<String>, work: impl FnMut() + 'a) {
        self.entrants.push((name.into(), Box::new(work)));
    }

    /// Gives each entrant to criterion, then lets them take turns. The times of the turns, in the
    /// order of entry, are printed and returned, unless a filter on the command line left all of
    /// it out, this is a smoke test, or there is one entrant only.
    pub fn run(mut self, group: &mut BenchmarkGroup<'_, WallTime>) -> Option<Vec<Time>> {
        let mut ran = false;
        for (name, work) in &mut self.entrants {
            let id = if name.is_empty() { self.name.clone() } else { format!("{}_{name}", self.name) };
            group.bench_function(id, |b| {
                ran = true;
                b.iter(&mut *work);
            });
        }
        if ran { self.turns() } else { None }
    }

    /// Lets all take turns, without criterion.
    pub fn turns(mut self) -> Option<Vec<Time>> {
        if is_smoke_test() {
            self.entrants.iter_mut().for_each(|(_, work)| work());
        }
        if is_smoke_test() || self.entrants.len() < 2 {
            return None;
        }
        let mut all = vec![Vec::with_capacity(TURNS); self.entrants.len()];
        for _ in 0..TURNS {
            std::thread::sleep(self.pause);
            for ((_, work), times) in self.entrants.iter_mut().zip(&mut all) {
                let start = Instant::now();
                for _ in 0..self.calls {
                    work();
                }
                times.push(start.elapsed().as_nanos() as f64 / f64::from(self.calls));
            }
        }
        let times: Vec<Time> = all.into_iter().map(time).collect();
        self.print(&times);
        Some(times)
    }

    fn print(&self, times: &[Time]) {
        let names = self.entrants.iter().map(|(name, _)| if name.is_empty() { "ours" } else { name });
        let width = names.clone().map(|name| name.chars().count()).max().unwrap_or(0);
        let width = width.max(self.name.chars().count());
        println!("\n{:<width$} {:>10} {:>10} {:>7}", self.name, "best ns", "median ns", "ours=1");
        for (name, time) in names.zip(times) {
            let ratio = time.median / times[0].median;
            println!("{name:<width$} {:>10.1} {:>10.1} {ratio:>7.2}", time.best, time.median);
        }
        println!();
    }
}

fn time(mut times: Vec<f64>) -> Time {
    times.sort_by(f64::total_cmp);
    Time { best: times[0], median: times[times.len() / 2] }
}
