//! A FIFO with a fixed capacity: what a pipeline hands out between two polls.

use std::collections::VecDeque;

/// At most `capacity` items. A push into a full queue is refused and counted.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    items: VecDeque<T>,
    capacity: usize,
    dropped: u64,
}

impl<T: Copy> Queue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { items: VecDeque::with_capacity(capacity), capacity, dropped: 0 }
    }

    /// Never allocates: the deque is never asked to hold more than it was built for.
    pub(crate) fn push(&mut self, item: T) {
        if self.items.len() < self.capacity {
            self.items.push_back(item);
        } else {
            self.dropped += 1;
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front();
        if self.items.is_empty() {
            // The next one goes where the last one was: a queue of which one place is used at a time
            // keeps one place warm, and never touches the memory of the rest.
            self.items.clear();
        }
        item
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn reset(&mut self) {
        self.items.clear();
        self.dropped = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[test]
    fn a_full_queue_refuses_the_newest_and_counts_it() {
        let mut queue = Queue::new(2);
        (0..4).for_each(|n| queue.push(n));
        assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some(0), Some(1), None));
        assert_eq!(queue.dropped(), 2);
        queue.reset();
        assert_eq!(queue.dropped(), 0);
    }
}
