//! What a replay reports: the JSON of `telephony-bridge replay --json`
//! (`fixtures/schema/replay.schema.json`).

use serde::{Deserialize, Serialize};

use super::timeline::TimelineEvent;
use crate::session::State;

/// One tape's replay. Counts that need ground truth are `None` on a tape without labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayReport {
    /// Folder name.
    pub tape: String,
    /// Length of the call in ms.
    pub duration_ms: u64,
    /// Completed turns of the caller.
    pub turns: Vec<TurnReport>,
    /// Interruptions against the labels.
    pub barge_in: BargeInCounts,
    /// Replies that began inside a labelled turn.
    pub cut_off_turns: Option<u32>,
    /// Labelled turns whose end was not noticed in time.
    pub missed_turns: Option<u32>,
    /// Allocations and frees while frames were processed.
    pub allocations_in_pipeline: u64,
    /// Median time of one caller frame in µs, if measured.
    pub us_per_frame_p50: Option<f64>,
    /// 99th percentile of the same.
    pub us_per_frame_p99: Option<f64>,
    /// From here on the recording may no longer be true, because a decision differs from the one it
    /// was made with; absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverged_ms: Option<u64>,
    /// State before the final stop.
    pub final_state: State,
    /// What the CRM would hold.
    pub crm: CrmCounts,
    /// Everything, in order.
    pub events: Vec<TimelineEvent>,
}

/// One completed turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnReport {
    /// Labelled end in ms.
    pub caller_end_ms: Option<u64>,
    /// When the end was decided, in ms.
    pub detected_end_ms: u64,
    /// When the caller heard the reply, in ms.
    pub agent_start_ms: Option<u64>,
    /// What the caller said.
    pub text: String,
}

/// Interruptions against the labels; all `None` on a tape without labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BargeInCounts {
    /// Labelled interruptions and turns over the agent's speech to which it yielded.
    pub true_positives: Option<u32>,
    /// Yields to anything else.
    pub false_positives: Option<u32>,
    /// Those to which it did not yield.
    pub missed: Option<u32>,
    /// Overlaps too short to count.
    #[serde(rename = "void")]
    pub void_items: Option<u32>,
    /// Labelled start → yield, in ms, one per true positive.
    pub latency_ms: Option<Vec<u64>>,
}

/// What the CRM would hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmCounts {
    /// Calls.
    pub calls: u32,
    /// Leads.
    pub leads: u32,
    /// The caller's turns.
    pub turns: u32,
}

impl ReplayReport {
    /// One line of JSON with sorted keys.
    pub fn to_json_line(&self) -> String {
        // `Value` keeps its keys in a BTreeMap, so they come out sorted.
        serde_json::to_value(self).map(|value| value.to_string()).unwrap_or_default()
    }
}

/// A percentile of sorted nanoseconds, in µs with two decimals.
pub(super) fn percentile_us(sorted_ns: &[u64], p: usize) -> Option<f64> {
    let ns = sorted_ns.get(sorted_ns.len().checked_sub(1)? * p / 100)?;
    Some((*ns as f64 / 10.0).round() / 100.0)
}
