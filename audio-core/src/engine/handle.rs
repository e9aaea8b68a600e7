//! The other side of a call: what a session holds.

use std::fmt;
use std::sync::Arc;

use super::slot::{Command, Ends};
use super::stats::{CallCounters, WorkerShared};
use super::{CallNews, PushError};
use crate::barge_in::BargeInConfig;
use crate::frame::{CleanFrame, WireFrame};
use crate::pipeline::PipelineEvent;

/// One call on the engine. Every method returns at once; dropping it ends the call.
///
/// Poll [`pop_event`](Self::pop_event), [`pop_clean`](Self::pop_clean) and
/// [`pop_wire`](Self::pop_wire) until `None` at least every 20 ms; the audio thread wakes nobody.
/// What comes too fast or is not taken in time is dropped and counted in
/// [`counters`](Self::counters), never waited for (A-TEL-001, A-TEL-015).
#[must_use = "dropping the handle ends the call"]
pub struct CallHandle {
    ends: Ends,
    worker: usize,
    shared: Arc<WorkerShared>,
    wire_rejected: u64,
    agent_rejected: u64,
    commands_rejected: u64,
    wire_flushed: u64,
}

/// How a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallState {
    /// Served.
    Active,
    /// Its pipeline panicked and was stopped. Say goodbye and drop the handle.
    Failed,
    /// The engine was shut down.
    Stopped,
}

impl CallHandle {
    pub(crate) fn new(ends: Ends, worker: usize, shared: Arc<WorkerShared>) -> Self {
        Self {
            ends,
            worker,
            shared,
            wire_rejected: 0,
            agent_rejected: 0,
            commands_rejected: 0,
            wire_flushed: 0,
        }
    }

    /// How the call is.
    pub fn state(&self) -> CallState {
        if self.ends.link.failed.is_closed() {
            CallState::Failed
        } else if self.shared.is_running() {
            CallState::Active
        } else {
            CallState::Stopped
        }
    }

    /// Tells others than the handle's owner when to look into the call's rings.
    pub fn news(&self) -> CallNews {
        CallNews { link: Arc::clone(&self.ends.link), shared: Arc::clone(&self.shared) }
    }

    /// Which audio thread serves the call: its number in
    /// [`EngineStats::workers`](super::EngineStats::workers).
    pub fn worker(&self) -> usize {
        self.worker
    }

    fn check(&self) -> Result<(), PushError> {
        match self.state() {
            CallState::Active => Ok(()),
            CallState::Failed => Err(PushError::Failed),
            CallState::Stopped => Err(PushError::Stopped),
        }
    }

    /// A frame from the caller. Up to 16 wait for the worker (320 ms).
    pub fn push_wire(&mut self, frame: &WireFrame) -> Result<(), PushError> {
        self.check()?;
        self.ends.wire_in.push(*frame).map_err(|_| {
            self.wire_rejected += 1;
            self.shared.rejected.add_shared(1);
            PushError::Full
        })
    }

    /// Caller frames that [`push_wire`](Self::push_wire) will take now.
    pub fn wire_queue_free(&self) -> usize {
        self.ends.wire_in.vacant()
    }

    /// A frame of the agent's speech, of the generation that [`flush`](Self::flush) returned last
    /// (0 before the first). Up to 32 wait to be played (640 ms); keep fewer than 10, so that what
    /// was heard is known.
    ///
    /// A frame of an older generation is accepted and dropped on the way.
    pub fn push_agent(&mut self, frame: &WireFrame) -> Result<(), PushError> {
        self.check()?;
        let current = self.generation();
        if frame.generation > current {
            return Err(PushError::Generation { frame: frame.generation, current });
        }
        self.ends.agent_in.push(*frame).map_err(|_| {
            self.agent_rejected += 1;
            self.shared.rejected.add_shared(1);
            PushError::Full
        })
    }

    /// Agent frames that [`push_agent`](Self::push_agent) will take now.
    pub fn agent_queue_free(&self) -> usize {
        self.ends.agent_in.vacant()
    }

    /// The next frame to send to the caller, already paced: send it at once.
    ///
    /// Frames that a flush has overtaken are dropped here, so after [`flush`](Self::flush) none
    /// of them comes out. A stopped or failed call gives what it has left.
    pub fn pop_wire(&mut self) -> Option<WireFrame> {
        let generation = self.generation();
        loop {
            let frame = self.ends.wire_out.pop()?;
            if frame.generation >= generation {
                return Some(frame);
            }
            self.wire_flushed += 1;
        }
    }

    /// The next decoded caller frame for speech recognition.
    pub fn pop_clean(&mut self) -> Option<CleanFrame> {
        self.ends.clean.pop()
    }

    /// The next decision of the pipeline. If [`CallCounters::events_lost`] has moved, some are
    /// missing: 64 wait.
    pub fn pop_event(&mut self) -> Option<PipelineEvent> {
        self.ends.events.pop()
    }

    /// Silences the agent: everything said before is void, wherever it is. O(1), takes effect for
    /// [`pop_wire`](Self::pop_wire) now and on the worker at its next tick. Returns the new
    /// generation, to be put in the frames of the next reply.
    ///
    /// Frames already sent are the far side's: tell it to clear them.
    pub fn flush(&mut self) -> u32 {
        self.ends.link.generation.bump()
    }

    /// The generation the next agent frame must carry.
    pub fn generation(&self) -> u32 {
        self.ends.link.generation.current()
    }

    /// Changes the barge-in rules; the worker takes it within 20 ms. They are taken as they are:
    /// check them with [`BargeInConfig::validate`] where they enter the program.
    pub fn set_barge_in(&mut self, config: BargeInConfig) -> Result<(), PushError> {
        self.command(Command::BargeIn(config))
    }

    /// The caller's words are a backchannel: see [`CallPipeline::acquit`](crate::pipeline::CallPipeline::acquit).
    /// The worker takes it within 20 ms.
    pub fn acquit(&mut self) -> Result<(), PushError> {
        self.command(Command::Acquit)
    }

    /// No words followed the last interruption: see [`CallPipeline::false_alarm`](crate::pipeline::CallPipeline::false_alarm).
    /// The worker takes it within 20 ms.
    pub fn false_alarm(&mut self) -> Result<(), PushError> {
        self.command(Command::FalseAlarm)
    }

    fn command(&mut self, command: Command) -> Result<(), PushError> {
        self.check()?;
        self.ends.commands.push(command).map_err(|_| {
            self.commands_rejected += 1;
            self.shared.rejected.add_shared(1);
            PushError::Full
        })
    }

    /// What happened to the call's frames so far.
    pub fn counters(&self) -> CallCounters {
        let tally = &self.ends.link.tally;
        CallCounters {
            frames_in: tally.frames_in.get(),
            frames_out: tally.frames_out.get(),
            wire_rejected: self.wire_rejected,
            agent_rejected: self.agent_rejected,
            commands_rejected: self.commands_rejected,
            uplink_skipped: tally.uplink_skipped.get(),
            agent_flushed: tally.agent_flushed.get(),
            wire_flushed: self.wire_flushed,
            playout_held: tally.playout_held.get(),
            wire_lost: tally.wire_lost.get(),
            clean_lost: tally.clean_lost.get(),
            events_lost: tally.events_lost.get(),
        }
    }
}

impl Drop for CallHandle {
    /// Ends the call: one atomic store, which cannot fail or wait. The worker lets go at its next
    /// tick, and the control side recycles the pipeline.
    fn drop(&mut self) {
        self.ends.link.hung_up.close();
    }
}

impl fmt::Debug for CallHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallHandle")
            .field("worker", &self.worker)
            .field("state", &self.state())
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}
