//! Counters of one running service, as Prometheus text. They hang on the service, not on the process:
//! two services in one process count apart.

use std::time::Duration;

use metrics::{Key, Label, Level, Metadata, Recorder as _, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use crate::calls::events::Outcome;
use crate::error::Error;

static METADATA: Metadata<'static> = Metadata::new("crm_service", Level::INFO, None);

/// Bucket borders of request times, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// The counters.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, Error> {
        let recorder = PrometheusBuilder::new()
            .set_buckets(&SECONDS)
            .map_err(|error| Error::Config { setting: "metrics", problem: error.to_string() })?
            .build_recorder();
        recorder.describe_counter(
            "kav_crm_routes_total".into(),
            None,
            "Calls routed, by outcome: agent or unrouted.".into(),
        );
        recorder.describe_counter(
            "kav_crm_events_total".into(),
            None,
            "Call events, by what became of them: stored, held, again or conflict.".into(),
        );
        recorder.describe_counter("kav_crm_tools_total".into(), None, "Tools that ran.".into());
        recorder.describe_histogram(
            "kav_crm_request_seconds".into(),
            Some(Unit::Seconds),
            "Time to answer a request.".into(),
        );
        Ok(Self { recorder })
    }

    pub(crate) fn routed(&self, outcome: &'static str) {
        self.count("kav_crm_routes_total", vec![Label::new("outcome", outcome)], 1);
    }

    pub(crate) fn events(&self, outcome: &Outcome) {
        let parts = [
            ("stored", outcome.stored),
            ("held", outcome.held),
            ("again", outcome.again),
            ("conflict", outcome.conflicts),
        ];
        for (label, count) in parts {
            self.count("kav_crm_events_total", vec![Label::new("outcome", label)], u64::from(count));
        }
    }

    pub(crate) fn tool_ran(&self, name: &str) {
        self.count("kav_crm_tools_total", vec![Label::new("tool", name.to_owned())], 1);
    }

    pub(crate) fn answered(&self, route: &str, status: u16, took: Duration) {
        let labels = vec![Label::new("route", route.to_owned()), Label::new("status", status.to_string())];
        self.recorder
            .register_histogram(&Key::from_parts("kav_crm_request_seconds", labels), &METADATA)
            .record(took.as_secs_f64());
    }

    fn count(&self, name: &'static str, labels: Vec<Label>, by: u64) {
        self.recorder.register_counter(&Key::from_parts(name, labels), &METADATA).increment(by);
    }

    /// Prometheus text.
    pub(crate) fn render(&self) -> String {
        let handle = self.recorder.handle();
        handle.run_upkeep();
        handle.render()
    }
}
