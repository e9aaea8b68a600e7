//! Admission: how many calls a worker has promised to carry.

use super::atomic::{AtomicU32, Ordering};

/// Counts seats taken on the control side and given back by the worker.
///
/// The worker only stores, it never does a read-modify-write: `taken` belongs to the control
/// side, `freed` to the worker, and the difference is how many seats are in use. A reader that
/// sees an old `freed` believes the worker fuller than it is, never emptier, so the arena cannot
/// be oversubscribed (modelled in `tests/loom_engine.rs`).
#[derive(Debug)]
pub struct Seats {
    taken: AtomicU32,
    freed: AtomicU32,
    capacity: u32,
}

impl Seats {
    /// `capacity` free seats.
    pub fn new(capacity: u32) -> Self {
        Self { taken: AtomicU32::new(0), freed: AtomicU32::new(0), capacity }
    }

    /// Control side: takes a seat, or says that there is none.
    pub fn take(&self) -> bool {
        loop {
            // `freed` first: then `taken` is at least as new, and the difference cannot wrap.
            let freed = self.freed.load(Ordering::Acquire);
            let taken = self.taken.load(Ordering::Relaxed);
            if taken.wrapping_sub(freed) >= self.capacity {
                return false;
            }
            let next = taken.wrapping_add(1);
            let swap = self.taken.compare_exchange(taken, next, Ordering::AcqRel, Ordering::Relaxed);
            if swap.is_ok() {
                return true;
            }
        }
    }

    /// Control side: gives back a seat that no worker has seen.
    pub fn untake(&self) {
        self.taken.fetch_sub(1, Ordering::AcqRel);
    }

    /// Worker side, and only there: a call has left its slot.
    pub fn free(&self) {
        let freed = self.freed.load(Ordering::Relaxed);
        self.freed.store(freed.wrapping_add(1), Ordering::Release);
    }

    /// Seats in use, from the promise to attach until the worker has let go. Seats that change
    /// hands while this looks may count twice, but never beyond the capacity.
    pub fn used(&self) -> u32 {
        let freed = self.freed.load(Ordering::Acquire);
        self.taken.load(Ordering::Relaxed).wrapping_sub(freed).min(self.capacity)
    }

    /// Seats altogether.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }
}
