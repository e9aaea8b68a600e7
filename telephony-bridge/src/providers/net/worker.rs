//! A provider's task and the two channels to it.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Wake, numbers};

/// Tasks of providers that exist now, in this process.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Tasks of providers that exist now, in this process, whatever call they belong to.
pub fn live_tasks() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// What the providers of one call share: their driver's [`Wake`] and the list of their tasks.
#[derive(Clone, Debug)]
pub struct CallNet {
    /// Call time a second of real time.
    speed: f64,
    wake: Wake,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl Default for CallNet {
    fn default() -> Self {
        Self::new()
    }
}

impl CallNet {
    /// For a call that begins, in real time.
    pub fn new() -> Self {
        Self {
            speed: 1.0,
            wake: Wake::default(),
            tasks: TaskTracker::new(),
            cancel: CancellationToken::new(),
        }
    }

    /// The same where the call's clock runs `speed` times as fast.
    #[must_use]
    pub fn at_speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// Wakes the call's driver.
    pub fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Starts a provider's task. It ends when `run` returns, at the latest when the [`Worker`] is dropped
    /// or the call is closed: then `run` is dropped where it waits, with everything it holds.
    ///
    /// `commands` and `results` bound the channels. Must be called on a tokio runtime.
    pub fn spawn<C, R, F>(
        &self,
        commands: usize,
        results: usize,
        run: impl FnOnce(Inbox<C>, Outbox<R>) -> F,
    ) -> Worker<C, R>
    where
        C: Send + 'static,
        R: Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (command_tx, command_rx) = mpsc::channel(commands);
        let (result_tx, result_rx) = mpsc::channel(results);
        let cancel = self.cancel.child_token();
        let wake = self.wake.clone();
        let running = run(Inbox(command_rx), Outbox { results: result_tx, wake: wake.clone() });
        let counted = Counted::new(wake);
        let token = cancel.clone();
        self.tasks.spawn(async move {
            let _counted = counted;
            let _ended = token.run_until_cancelled_owned(running).await;
        });
        Worker { commands: command_tx, results: result_rx, cancel }
    }

    /// Starts work that an interruption does not cancel and the end of the call waits for. It must bound
    /// itself.
    pub fn spawn_to_its_end(&self, work: impl Future<Output = ()> + Send + 'static) {
        let counted = Counted::new(self.wake.clone());
        self.tasks.spawn(async move {
            let _counted = counted;
            work.await;
        });
    }

    /// `call`, a length of call time, as real time.
    pub fn real(&self, call: Duration) -> Duration {
        call.div_f64(self.speed)
    }

    /// Ends every task of the call and waits for them, `limit` at most (A-TEL-008). Returns how many did
    /// not end in time.
    pub async fn close(&self, limit: Duration) -> usize {
        self.cancel.cancel();
        self.tasks.close();
        match tokio::time::timeout(limit, self.tasks.wait()).await {
            Ok(()) => 0,
            Err(_) => self.tasks.len(),
        }
    }
}

/// Counts a task, and wakes the driver when it ends.
struct Counted(Wake);

impl Counted {
    fn new(wake: Wake) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        metrics::gauge!(numbers::TASKS).increment(1.0);
        Self(wake)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!(numbers::TASKS).decrement(1.0);
        self.0.wake();
    }
}

/// The driver's end: give commands, poll results. Dropping it ends the task.
#[derive(Debug)]
pub struct Worker<C, R> {
    commands: mpsc::Sender<C>,
    results: mpsc::Receiver<R>,
    cancel: CancellationToken,
}

/// A command found no taker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// As many commands as may wait are waiting: the far end does not keep up.
    #[error("the queue to the provider is full")]
    Full,
    /// The task has ended.
    #[error("the provider's task has ended")]
    Ended,
}

impl<C, R> Worker<C, R> {
    /// Gives the task a command; never waits.
    ///
    /// # Errors
    /// [`Refused`]; the command is lost.
    pub fn send(&self, command: C) -> Result<(), Refused> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refused::Full,
            mpsc::error::TrySendError::Closed(_) => Refused::Ended,
        })
    }

    /// The next result, if one is there.
    pub fn poll(&mut self) -> Option<R> {
        self.results.try_recv().ok()
    }

    /// Will no more results come? What was left may still be there: ask before [`poll`](Self::poll).
    pub fn has_ended(&self) -> bool {
        self.results.is_closed()
    }
}

impl<C, R> Drop for Worker<C, R> {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// The task's end of the commands.
#[derive(Debug)]
pub struct Inbox<C>(mpsc::Receiver<C>);

impl<C> Inbox<C> {
    /// The next command; `None` when no more will come. Cancel safe.
    pub async fn recv(&mut self) -> Option<C> {
        self.0.recv().await
    }

    /// The next command, if one is there.
    pub fn try_recv(&mut self) -> Option<C> {
        self.0.try_recv().ok()
    }
}

/// The task's end of the results.
#[derive(Debug)]
pub struct Outbox<R> {
    results: mpsc::Sender<R>,
    wake: Wake,
}

impl<R> Clone for Outbox<R> {
    fn clone(&self) -> Self {
        Self { results: self.results.clone(), wake: self.wake.clone() }
    }
}

impl<R> Outbox<R> {
    /// Hands a result over and wakes the driver; waits while there is no room. `false`: nobody wants
    /// results any more.
    pub async fn send(&self, result: R) -> bool {
        let sent = self.results.send(result).await.is_ok();
        self.wake.wake();
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_secs(10);

    /// A result is there when the driver wakes, and commands arrive in order.
    #[tokio::test]
    async fn a_result_wakes_the_driver() {
        let net = CallNet::new();
        let mut worker = net.spawn(4, 4, |mut inbox: Inbox<u32>, outbox: Outbox<u32>| async move {
            while let Some(number) = inbox.recv().await {
                outbox.send(number * 2).await;
            }
        });
        for number in 1..=3 {
            worker.send(number).expect("room");
        }
        let mut seen = Vec::new();
        while seen.len() < 3 {
            tokio::time::timeout(MOMENT, net.wake().woken()).await.expect("a wake");
            seen.extend(std::iter::from_fn(|| worker.poll()));
        }
        assert_eq!(seen, [2, 4, 6]);
    }

    /// A full queue refuses; a task that has ended says so and wakes.
    #[tokio::test]
    async fn queues_are_bounded() {
        let net = CallNet::new();
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let worker = net.spawn(1, 1, |inbox: Inbox<u32>, outbox: Outbox<()>| async move {
            let _held = (inbox, outbox);
            let _ = gone.await;
        });
        worker.send(1).expect("room");
        assert_eq!(worker.send(2), Err(Refused::Full));
        drop(go);
        tokio::time::timeout(MOMENT, net.wake().woken()).await.expect("a wake");
        assert!(worker.has_ended());
        assert_eq!(worker.send(3), Err(Refused::Ended));
    }

    /// A-TEL-007, A-TEL-008, A-TEL-017: what outlives the conversation is tracked from the call's construction on, is
    /// waited for, and is given up and counted where it hangs.
    #[tokio::test]
    async fn work_after_the_call_is_tracked() {
        assert_eq!(CallNet::new().close(MOMENT).await, 0, "a call that did nothing ends at once");
        let net = CallNet::new();
        let (done, mut told) = tokio::sync::mpsc::channel(3);
        for number in 0..3 {
            let done = done.clone();
            net.spawn_to_its_end(async move {
                tokio::task::yield_now().await;
                let _ = done.send(number).await;
            });
        }
        net.spawn_to_its_end(std::future::pending());
        assert_eq!(net.close(Duration::from_millis(200)).await, 1, "one hangs");
        let mut finished = [told.recv().await, told.recv().await, told.recv().await];
        finished.sort_unstable();
        assert_eq!(finished, [Some(0), Some(1), Some(2)]);
    }

    /// A-TEL-008, A-TEL-009: nothing a task holds outlives its provider, whatever it waits for.
    #[tokio::test]
    async fn a_task_ends_with_its_provider() {
        let net = CallNet::new();
        let (held, mut freed) = tokio::sync::mpsc::channel::<()>(1);
        let task = |_: Inbox<()>, _: Outbox<()>| {
            let held = held.clone();
            async move {
                let _held = held;
                std::future::pending::<()>().await;
            }
        };
        let first = net.spawn(1, 1, task);
        let second = net.spawn(1, 1, task);
        drop(held);
        drop(first);
        assert_eq!(net.close(MOMENT).await, 0, "the second is ended by the call");
        assert_eq!(freed.recv().await, None);
        assert!(second.has_ended());
    }
}
