//! Wakes a call's driver when a provider has something for it.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

/// One for each call; clones wake the same driver, and one task at a time waits. Wakes are not counted:
/// several that come before the driver looks are one.
#[derive(Clone, Default)]
pub struct Wake(Arc<Inner>);

#[derive(Default)]
struct Inner {
    woken: AtomicBool,
    driver: AtomicWaker,
}

impl Wake {
    /// Something is there to be polled.
    pub fn wake(&self) {
        if !self.0.woken.swap(true, Ordering::AcqRel) {
            self.0.driver.wake();
        }
    }

    /// Returns once [`wake`](Self::wake) was called since the last time. Cancel safe.
    pub async fn woken(&self) {
        poll_fn(|cx| self.poll_woken(cx)).await;
    }

    /// Ready once [`wake`](Self::wake) was called since the last time; the task that asked last is woken.
    pub fn poll_woken(&self, cx: &mut Context<'_>) -> Poll<()> {
        // First, so that a wake in between is not lost.
        self.0.driver.register(cx.waker());
        match self.0.woken.swap(false, Ordering::AcqRel) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wake")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::time::Duration;

    use super::*;

    /// Whatever was there before a wake is seen after it, from another thread and at any moment.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_wake_is_lost() {
        const LAST: u64 = 100_000;
        let (wake, number) = (Wake::default(), Arc::new(AtomicU64::new(0)));
        let (waker, counter) = (wake.clone(), Arc::clone(&number));
        let counting = tokio::task::spawn_blocking(move || {
            for n in 1..=LAST {
                counter.store(n, Ordering::Relaxed);
                waker.wake();
            }
        });
        let seen = async {
            while number.load(Ordering::Relaxed) < LAST {
                wake.woken().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), seen).await.expect("woken for the last one too");
        counting.await.expect("it counts");
    }

    /// Two before the look are one, and the one after it is another.
    #[tokio::test]
    async fn wakes_are_not_counted() {
        let wake = Wake::default();
        wake.wake();
        wake.wake();
        wake.woken().await;
        let again = tokio::time::timeout(Duration::from_millis(20), wake.woken()).await;
        assert!(again.is_err(), "nothing has happened since");
        wake.wake();
        wake.woken().await;
    }
}
