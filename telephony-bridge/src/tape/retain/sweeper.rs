//! Keeps a bridge's folder of tapes: what is over goes, what was left half-written is settled.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Leftover, Verdict, recover_leftovers, retain};
use crate::tape::store::Place;

/// How often. A tape may live longer than its time by this.
const EVERY: Duration = Duration::from_secs(600);
/// What nothing was written to for so long is nobody's any more.
const IDLE: Duration = Duration::from_secs(60);

/// A task that sweeps one folder, at once and then every ten minutes.
#[derive(Debug)]
pub struct Sweeper {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Sweeper {
    /// Starts it on the folder `dir`, which need not exist.
    pub fn start(dir: PathBuf, retention: Duration) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            loop {
                let folder = dir.clone();
                // A sweep is blocking work; whoever stops the sweeper waits for its end.
                let swept = tokio::task::spawn_blocking(move || sweep(&folder, retention)).await;
                if let Err(error) = swept {
                    tracing::error!(%error, "the sweep of the tapes broke off");
                }
                tokio::select! {
                    () = tokio::time::sleep(EVERY) => {}
                    _ = &mut stopped => return,
                }
            }
        });
        Self { stop, task }
    }

    /// Stops it after the sweep that is running, if one is.
    pub async fn stop(self) {
        // Refused only by a task that has ended.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

fn sweep(dir: &Path, retention: Duration) {
    match recover_leftovers(dir, IDLE) {
        Ok(leftovers) => {
            for leftover in leftovers {
                let tape = leftover.path().display();
                match leftover {
                    Leftover::Recovered(_) => tracing::info!(%tape, "half-written tape recovered"),
                    Leftover::Removed(_) => tracing::info!(%tape, "half-written tape removed"),
                }
            }
        }
        Err(error) => tracing::warn!(folder = %dir.display(), %error, "tapes are not looked after"),
    }
    if !dir.exists() {
        return;
    }
    let mut removed = 0;
    for tape in retain([Place::Folder(dir.to_path_buf())], retention, SystemTime::now(), false) {
        match tape {
            Ok(tape) => removed += usize::from(tape.verdict == Verdict::Over),
            Err(crate::tape::store::StoreError::NoTape(_)) => {}
            Err(error) => tracing::warn!(%error, "a tape is kept longer than its time"),
        }
    }
    if removed > 0 {
        tracing::info!(removed, "tapes removed: their time is over");
    }
}
