//! Independent pieces of work on several threads, the results in the order of the work.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{bounded, unbounded};

/// Works on every item, on `jobs` threads. An item may have any number of results; `send` says whether
/// they are still wanted. `take` gets whatever has come since the last time, in any order.
///
/// # Errors
/// That of `take`, which ends the work.
pub fn as_done<T: Sync, R: Send, E>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T, &dyn Fn(R) -> bool) + Sync,
    mut take: impl FnMut(Vec<R>) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let (done, results) = unbounded();
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            let (done, next, work) = (done.clone(), &next, &work);
            scope.spawn(move || {
                let wanted = std::cell::Cell::new(true);
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item, &|result| {
                        wanted.set(done.send(result).is_ok());
                        wanted.get()
                    });
                    if !wanted.get() {
                        break;
                    }
                }
            });
        }
        drop(done);
        // Dropped with an error, so that the threads stop.
        let results = results;
        while let Ok(first) = results.recv() {
            take(std::iter::once(first).chain(results.try_iter()).collect())?;
        }
        Ok(())
    })
}

/// Works on every item, on `jobs` threads, and hands each result to `take` as soon as it and all
/// before it are done. Stops when `take` returns an error.
///
/// # Errors
/// That of `take`.
pub fn in_order<T: Sync, R: Send, E>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(usize, R) -> Result<(), E>,
) -> Result<(), E> {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (done, results) = bounded(2 * jobs.max(1));
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            let (done, next, stopped, work) = (done.clone(), &next, &stopped, &work);
            scope.spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(i) else { break };
                    if done.send((i, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        // Results that came before those of earlier items.
        let mut early = BTreeMap::new();
        let mut expected = 0;
        for (i, result) in &results {
            early.insert(i, result);
            while let Some(result) = early.remove(&expected) {
                if let Err(error) = take(expected, result) {
                    stopped.store(true, Ordering::Relaxed);
                    // Workers that wait to send must be let go.
                    drop(results);
                    return Err(error);
                }
                expected += 1;
            }
        }
        Ok(())
    })
}

/// As many threads as the machine runs at once.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        let items: Vec<u64> = (0..500).collect();
        let mut seen = Vec::new();
        let take = |i, result: u64| {
            seen.push((i as u64, result));
            Ok::<_, ()>(())
        };
        in_order(&items, 4, |item| item * 2, take).expect("no error");
        assert_eq!(seen, items.iter().map(|i| (*i, 2 * i)).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_stops_the_work() {
        let items: Vec<u64> = (0..100_000).collect();
        let worked = AtomicUsize::new(0);
        let work = |item: &u64| {
            worked.fetch_add(1, Ordering::Relaxed);
            *item
        };
        assert_eq!(
            in_order(&items, 2, work, |i, _| if i == 3 { Err("enough") } else { Ok(()) }),
            Err("enough")
        );
        assert!(worked.load(Ordering::Relaxed) < items.len());
    }
}
