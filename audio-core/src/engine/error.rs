//! What can go wrong at the engine's edge. Inside, on an audio thread, nothing returns an error:
//! what cannot be done is counted.

use std::time::Duration;

/// From [`Engine`](super::Engine): starting, attaching, stopping.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A setting of the engine, or of the call's pipeline, is out of its range.
    #[error(transparent)]
    Config(#[from] crate::Error),
    /// Every slot is taken: refuse the call, so that those that run stay whole (A-TEL-014).
    #[error("all {capacity} call slots are taken: refuse the call, or give the engine more slots")]
    Full {
        /// Slots over all workers.
        capacity: usize,
    },
    /// The engine was shut down, or its audio threads are gone.
    #[error("the engine has stopped")]
    Stopped,
    /// The operating system gave no thread.
    #[error("audio thread {index} could not be started (out of threads or memory?): {source}")]
    Spawn {
        /// Which worker.
        index: usize,
        /// Why.
        source: std::io::Error,
    },
    /// Some audio threads were still inside a tick when the time was up; they end by themselves.
    #[error("{running} audio threads had not stopped after {bound:?}")]
    ShutdownTimeout {
        /// Threads still running.
        running: usize,
        /// How long they were given.
        bound: Duration,
    },
    /// An audio thread died of a bug in the engine itself: its calls went silent.
    #[error("{count} audio threads had died")]
    WorkerPanicked {
        /// How many.
        count: usize,
    },
}

/// From a [`CallHandle`](super::CallHandle): a frame or a setting was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The ring is full. The newest is rejected and counted: the worker is behind, or more came
    /// than a call can play (A-TEL-015).
    #[error("the ring is full: the frame was dropped and counted")]
    Full,
    /// The frame is of a generation that [`flush`](super::CallHandle::flush) has not returned yet.
    #[error("frame of generation {frame}, but the call is at {current}")]
    Generation {
        /// The frame's.
        frame: u32,
        /// The call's.
        current: u32,
    },
    /// The call's pipeline panicked: this call is over, the others go on.
    #[error("the call's pipeline has failed")]
    Failed,
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
}
