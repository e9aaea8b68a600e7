//! Ends of calls that no stream reports.

use crm_api::{CallEventKind, EndReason};

use super::wall_clock::unix_ms;
use super::{App, CallInfo};

/// Reports the end of a call that has no stream: it never had one, or a person took it.
pub(super) fn report_end(app: &App, call: &CallInfo, duration_s: Option<u64>) {
    let duration_ms = match &call.earlier {
        Some(earlier) => u64::try_from(unix_ms() - earlier.started_at_ms).unwrap_or(0),
        None => duration_s.unwrap_or(0).saturating_mul(1_000),
    };
    let kind = CallEventKind::Ended { reason: EndReason::CallerHangUp, duration_ms };
    app.outbox.record(&call.call_sid, kind, unix_ms());
}
