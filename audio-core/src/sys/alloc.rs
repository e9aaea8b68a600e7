//! A counting allocator: how the real-time law is checked, in tests and in production binaries.
//!
//! ```
//! use audio_core::sys::alloc::{CountingAllocator, count_on_this_thread};
//!
//! #[global_allocator]
//! static ALLOCATOR: CountingAllocator = CountingAllocator;
//!
//! let (sum, calls) = count_on_this_thread(|| (0..10).sum::<u32>());
//! assert_eq!((sum, calls), (45, 0));
//! let ((), calls) = count_on_this_thread(|| drop(std::hint::black_box(vec![1, 2, 3])));
//! assert_eq!(calls, 2, "the allocation and the free");
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Calls into the allocator made on real-time threads, over the whole process.
static REALTIME: AtomicU64 = AtomicU64::new(0);

thread_local! {
    // Const-initialised and without a destructor: reading one never allocates.
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static IS_REALTIME: Cell<bool> = const { Cell::new(false) };
}

/// The system allocator with a counter: every allocation, reallocation and free counts as one.
///
/// Without `#[global_allocator] static A: CountingAllocator = CountingAllocator;` in the binary
/// the functions of this module still work and report zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator;

fn note() {
    // `try_with`: a thread that is being torn down may still free.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
    if IS_REALTIME.try_with(Cell::get).unwrap_or(false) {
        REALTIME.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every method forwards its arguments unchanged to `System`, which upholds the contract
// of `GlobalAlloc`; `note` only touches const-initialised thread-local cells and an atomic, so
// it neither allocates (no re-entry) nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller upholds `alloc`'s contract, which is passed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        note();
        // SAFETY: `ptr` came from `System` through this allocator, with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller upholds `alloc_zeroed`'s contract, which is passed on unchanged.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note();
        // SAFETY: `ptr` came from `System` through this allocator, with this layout.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

/// Runs `work` and returns, with its result, how often it called the allocator on this thread.
pub fn count_on_this_thread<R>(work: impl FnOnce() -> R) -> (R, u64) {
    let before = COUNT.with(Cell::get);
    let result = work();
    (result, COUNT.with(Cell::get) - before)
}

/// Declares the calling thread an audio thread: from now on each of its calls into the
/// allocator is added to [`realtime_allocations`].
pub fn mark_thread_realtime() {
    IS_REALTIME.with(|flag| flag.set(true));
}

/// Withdraws [`mark_thread_realtime`], for a thread's own start-up and tear-down.
pub fn unmark_thread_realtime() {
    IS_REALTIME.with(|flag| flag.set(false));
}

/// Calls into the allocator (allocations, reallocations, frees) by all marked threads so far.
pub fn realtime_allocations() -> u64 {
    REALTIME.load(Ordering::Relaxed)
}
