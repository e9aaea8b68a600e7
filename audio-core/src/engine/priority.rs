//! What an audio thread asks of the scheduler, and what it got.

/// How an audio thread is scheduled. This crate does not log: show it, and say so once if it is
/// not [`Fifo`](Self::Fifo), because under load it decides between 5 and 35 ms at the 99th
/// percentile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Priority {
    /// The thread has not started yet, or no raise was asked for.
    #[default]
    Normal,
    /// Real-time, first in first out (`SCHED_FIFO` 10).
    Fifo,
    /// Normal scheduling with a better nice value (−10).
    Nice,
    /// The system refused both: grant `CAP_SYS_NICE` or an `rtprio` limit.
    Refused,
    /// One core: a real-time thread could starve everything else, so none was asked for.
    SingleCore,
}

impl Priority {
    /// Raises the calling thread as an audio thread is raised, and says what the system granted: for
    /// whoever ticks a [`Worker`](super::Worker) on a thread of their own.
    pub fn raise() -> Self {
        raise()
    }

    /// A value for a metric: 2 real-time, 1 nice, 0 normal.
    pub const fn level(self) -> u8 {
        match self {
            Self::Fifo => 2,
            Self::Nice => 1,
            Self::Normal | Self::Refused | Self::SingleCore => 0,
        }
    }

    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    pub(crate) const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Fifo,
            2 => Self::Nice,
            3 => Self::Refused,
            4 => Self::SingleCore,
            _ => Self::Normal,
        }
    }
}

/// Raises the calling thread as far as the system allows.
pub(crate) fn raise() -> Priority {
    if super::config::cores() < 2 {
        return Priority::SingleCore;
    }
    os::raise()
}

#[cfg(unix)]
mod os {
    use thread_priority::{
        NormalThreadSchedulePolicy, RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue,
        ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
    };

    use super::Priority;

    const FIFO: u8 = 10;
    /// The crate maps 0..=99 to nice values +19..=−20; this one is −10.
    const NICE_MINUS_10: u8 = 73;

    pub(super) fn raise() -> Priority {
        let set = |value: u8, policy| {
            ThreadPriorityValue::try_from(value).is_ok_and(|value| {
                let priority = ThreadPriority::Crossplatform(value);
                set_thread_priority_and_policy(thread_native_id(), priority, policy).is_ok()
            })
        };
        let fifo = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
        let normal = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
        if set(FIFO, fifo) {
            Priority::Fifo
        } else if set(NICE_MINUS_10, normal) {
            Priority::Nice
        } else {
            Priority::Refused
        }
    }
}

#[cfg(not(unix))]
mod os {
    use super::Priority;

    pub(super) fn raise() -> Priority {
        match thread_priority::set_current_thread_priority(thread_priority::ThreadPriority::Max) {
            Ok(()) => Priority::Nice,
            Err(_) => Priority::Refused,
        }
    }
}

/// Pins the calling thread, worker `index` of `workers`, to a core of its own, counted from the
/// last one, if that leaves at least two cores for the rest of the process.
pub(crate) fn pin(index: usize, workers: usize) -> bool {
    let Some(cores) = core_affinity::get_core_ids() else { return false };
    if cores.len() < workers + 2 {
        return false;
    }
    cores.get(cores.len() - 1 - index).is_some_and(|&core| core_affinity::set_for_current(core))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        use Priority::{Fifo, Nice, Normal, Refused, SingleCore};
        for priority in [Normal, Fifo, Nice, Refused, SingleCore] {
            assert_eq!(Priority::from_code(priority.code()), priority);
        }
    }
}
