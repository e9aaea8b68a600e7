//! A build without the feature `otel` makes no spans.

use crm_api::EndReason;

use crate::server::CallInfo;
use crate::session::Output;
use crate::tape::WireInput;

/// Nothing.
pub(super) struct CallSpans;

impl CallSpans {
    pub(super) fn begin(_: &CallInfo, _: &str) -> Self {
        Self
    }

    pub(super) fn input(&mut self, _: &WireInput) {}

    pub(super) fn output(&mut self, _: &Output) {}

    pub(super) fn end(&mut self, _: EndReason) {}
}
