//! The one queue of the engine: a bounded, wait-free, single-producer single-consumer ring.
//!
//! A thin skin over `ringbuf`, so that the engine depends on six operations and not on a crate.
//! A full ring rejects the newest: an SPSC producer cannot drop the oldest. Neither end ever
//! spins, blocks, allocates or makes a system call.

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// The end that puts in.
pub(crate) struct Tx<T>(HeapProd<T>);

/// The end that takes out.
pub(crate) struct Rx<T>(HeapCons<T>);

/// A ring of `capacity` items, at least one. The only allocation of its life.
pub(crate) fn ring<T: Send>(capacity: usize) -> (Tx<T>, Rx<T>) {
    let (tx, rx) = HeapRb::new(capacity.max(1)).split();
    (Tx(tx), Rx(rx))
}

impl<T> Tx<T> {
    /// Puts one in, or hands it back if the ring is full.
    pub(crate) fn push(&mut self, item: T) -> Result<(), T> {
        self.0.try_push(item)
    }

    /// Free places; only this end can lower the number.
    pub(crate) fn vacant(&self) -> usize {
        self.0.vacant_len()
    }
}

impl<T> Rx<T> {
    /// Takes the oldest out.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.0.try_pop()
    }

    /// Looks at the oldest.
    pub(crate) fn peek(&self) -> Option<&T> {
        self.0.try_peek()
    }

    /// Items waiting; only this end can lower the number.
    pub(crate) fn occupied(&self) -> usize {
        self.0.occupied_len()
    }
}

impl<T: Copy> Rx<T> {
    /// Drops the `count` oldest in constant time; returns how many there were.
    pub(crate) fn skip(&mut self, count: usize) -> usize {
        self.0.skip(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ring_rejects_the_newest_and_keeps_the_rest() {
        let (mut tx, mut rx) = ring::<u32>(3);
        for n in 0..3 {
            assert_eq!(tx.push(n), Ok(()));
        }
        assert_eq!(tx.push(3), Err(3));
        assert_eq!((tx.vacant(), rx.occupied()), (0, 3));
        assert_eq!(rx.peek(), Some(&0));
        assert_eq!(rx.skip(2), 2);
        assert_eq!(tx.push(4), Ok(()));
        assert_eq!((rx.pop(), rx.pop(), rx.pop()), (Some(2), Some(4), None));
        assert_eq!(rx.skip(9), 0);
    }

    // Small enough for miri: `.ci/proofs miri`.
    #[test]
    fn two_threads_neither_lose_nor_double_nor_reorder() {
        const ITEMS: u64 = if cfg!(miri) { 200 } else { 100_000 };
        let (mut tx, mut rx) = ring::<[u64; 4]>(8);
        let producer = std::thread::spawn(move || {
            let mut n = 0;
            while n < ITEMS {
                match tx.push([n; 4]) {
                    Ok(()) => n += 1,
                    Err(_) => std::thread::yield_now(),
                }
            }
        });
        let mut next = 0;
        while next < ITEMS {
            match rx.pop() {
                Some(item) => {
                    assert_eq!(item, [next; 4]);
                    next += 1;
                }
                None => std::thread::yield_now(),
            }
        }
        producer.join().unwrap();
        assert_eq!(rx.pop(), None);
    }

    #[test]
    fn what_is_left_in_a_ring_is_dropped_with_it() {
        let item = std::sync::Arc::new(());
        let (mut tx, rx) = ring(4);
        tx.push(item.clone()).unwrap();
        drop(tx);
        assert_eq!(std::sync::Arc::strong_count(&item), 2);
        drop(rx);
        assert_eq!(std::sync::Arc::strong_count(&item), 1);
    }
}
