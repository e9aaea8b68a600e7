//! A reply begun before anybody asked for it, and what becomes of it.

use std::collections::VecDeque;
use std::time::Instant;

use super::written::{Wanted, Written};
use crate::providers::net::{Worker, numbers};
use crate::session::{LlmEvent, TurnId};

/// A reply that may not be wanted. Dropping it ends the request.
#[derive(Debug)]
pub(super) struct Draft {
    turn: TurnId,
    begun: Instant,
    worker: Option<Worker<Wanted, Written>>,
}

impl Draft {
    pub(super) fn new(turn: TurnId, worker: Worker<Wanted, Written>) -> Self {
        Self { turn, begun: Instant::now(), worker: Some(worker) }
    }

    pub(super) const fn turn(&self) -> TurnId {
        self.turn
    }

    /// It is wanted: its task, and what that has written so far. `None`: it has failed, and is of no use.
    pub(super) fn adopt(mut self) -> Option<(Worker<Wanted, Written>, VecDeque<Written>)> {
        let worker = self.worker.as_mut()?;
        let ended = worker.has_ended();
        let written: VecDeque<Written> = std::iter::from_fn(|| worker.poll()).collect();
        match written.back() {
            Some(Written::Event(LlmEvent::Failed)) => return None,
            None if ended => return None,
            _ => {}
        }
        metrics::counter!(numbers::DRAFTS, "result" => "adopted").increment(1);
        metrics::histogram!(numbers::HEAD_START).record(self.begun.elapsed().as_secs_f64());
        Some((self.worker.take()?, written))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.worker.is_some() {
            metrics::counter!(numbers::DRAFTS, "result" => "wasted").increment(1);
        }
    }
}
