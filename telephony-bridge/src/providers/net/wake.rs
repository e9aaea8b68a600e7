//! Wakes a call's driver when a provider has something for it.

use std::sync::Arc;

use tokio::sync::Notify;

/// One for each call; clones wake the same driver. Wakes are not counted: several that come before the
/// driver looks are one.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Something is there to be polled.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Returns once [`wake`](Self::wake) was called since the last time. Cancel safe.
    pub async fn woken(&self) {
        self.0.notified().await;
    }
}
