//! Things that will be due at a known time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::session::CallTime;

/// A queue by due time; first in, first out among equals.
#[derive(Clone, Debug)]
pub(super) struct Due<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    next: u64,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    at: CallTime,
    order: u64,
    item: T,
}

impl<T> Default for Due<T> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), next: 0 }
    }
}

impl<T> Due<T> {
    pub(super) fn push(&mut self, at: CallTime, item: T) {
        self.heap.push(Reverse(Entry { at, order: self.next, item }));
        self.next += 1;
    }

    pub(super) fn pop(&mut self, now: CallTime) -> Option<T> {
        if self.next_at()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry.item)
    }

    pub(super) fn next_at(&self) -> Option<CallTime> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.heap.retain(|Reverse(entry)| keep(&entry.item));
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl<T> Eq for Entry<T> {}
impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}
