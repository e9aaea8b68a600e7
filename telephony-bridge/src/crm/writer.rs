//! The thread that writes the journal. Nothing else touches the disk.
//!
//! It takes whatever has gathered, appends it with one sync for all of it (group commit), and only
//! then lets the deliverer see it: an event that the CRM knows is always on disk here, so its
//! number is never given out twice.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::journal::{Journal, Location};
use super::record::Record;
use super::shared::{Command, Shared};
use crate::metrics as names;

/// Commands taken in one go.
const MAX_GROUP: usize = 1_024;
/// For more to gather: so long an event may be the only one of its sync. Hundreds of calls would ask for
/// hundreds of syncs a second.
const GATHER: Duration = Duration::from_millis(10);
/// The wait after a disk error.
const DISK_RETRY: Duration = Duration::from_millis(500);

/// Runs until `Close` or until nobody can send any more.
pub(super) fn run(commands: &Receiver<Command>, mut journal: Journal, shared: &Arc<Shared>) {
    let mut lines = Vec::new();
    while let Ok(first) = commands.recv() {
        if matches!(first, Command::Append(_)) {
            std::thread::sleep(GATHER);
        }
        let mut group = vec![first];
        group.extend(commands.try_iter().take(MAX_GROUP));
        let mut closing = false;
        let mut records = Vec::new();
        let mut syncs = Vec::new();
        lines.clear();
        for command in group {
            match command {
                Command::Append(record) => match record.encode(&mut lines) {
                    Ok(len) => records.push((record, len)),
                    Err(error) => tracing::error!(%error, "an event that is not JSON"),
                },
                Command::Bury(letter, answer) => {
                    let buried = journal.bury(&letter);
                    if let Err(error) = &buried {
                        tracing::error!(%error, "cannot write the dead-letter file");
                    }
                    // Whoever asked may be gone.
                    let _ = answer.send(buried.is_ok());
                }
                Command::Sync(answer) => syncs.push(answer),
                Command::Close => closing = true,
            }
        }
        if !append(&mut journal, &lines, shared, closing) {
            return;
        }
        publish(&journal, shared, &records, lines.len());
        for answer in syncs {
            let _ = answer.send(());
        }
        if closing {
            return;
        }
        compact(&mut journal, shared);
    }
}

/// Appends until it works. `false`: gave up, because the outbox is closing.
fn append(journal: &mut Journal, lines: &[u8], shared: &Shared, closing: bool) -> bool {
    if lines.is_empty() {
        return true;
    }
    while let Err(error) = journal.append(lines) {
        tracing::error!(%error, "cannot write the outbox journal; trying again");
        metrics::gauge!(names::OUTBOX_DISK_FAILING).set(1.0);
        if closing || shared.closing.load(Ordering::Relaxed) {
            return false;
        }
        // Nothing is received meanwhile: calls will see a full queue, count it and go on.
        std::thread::sleep(DISK_RETRY);
    }
    metrics::gauge!(names::OUTBOX_DISK_FAILING).set(0.0);
    true
}

/// Shows the deliverer what is on disk now.
fn publish(journal: &Journal, shared: &Shared, records: &[(Record, usize)], bytes: usize) {
    if records.is_empty() {
        return;
    }
    let offset = journal.len() - bytes as u64;
    let mut state = shared.state();
    state.appended(offset, records, Instant::now());
    drop(state);
    shared.wake.notify_one();
}

/// Rewrites the journal where less than half of it is still needed.
pub(super) fn compact(journal: &mut Journal, shared: &Shared) {
    if journal.len() < shared.compact_above || !journal.has_doubled() {
        return;
    }
    let Some((head, keep)) = shared.state().worth_keeping(journal.len()) else { return };
    if let Err(error) = rewrite(journal, shared, &head, &keep) {
        tracing::error!(%error, "cannot compact the outbox journal; it keeps growing");
    }
}

fn rewrite(journal: &mut Journal, shared: &Shared, head: &[u8], keep: &[Location]) -> io::Result<()> {
    let (offsets, reader) = journal.rewrite(head, keep)?;
    shared.state().moved(keep, offsets, reader);
    Ok(())
}
