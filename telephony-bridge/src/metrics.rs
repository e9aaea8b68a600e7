//! The bridge's numbers, under one prefix, rendered for Prometheus by `GET /metrics`.

use std::sync::{Mutex, PoisonError};

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Streams that are live.
pub const CALLS_LIVE: &str = "kav_bridge_calls_live";
/// Calls announced whose stream is awaited.
pub const CALLS_AWAITED: &str = "kav_bridge_calls_awaited";
/// Calls announced by the webhook; `decision`.
pub const CALLS: &str = "kav_bridge_calls_total";
/// Calls turned away; `reason`.
pub const CALLS_REFUSED: &str = "kav_bridge_calls_refused_total";
/// Calls whose driver panicked.
pub const CALLS_PANICKED: &str = "kav_bridge_calls_panicked_total";
/// Calls handed over to a person; `result`: `rung`, or `over` where the caller was faster.
pub const TRANSFERS: &str = "kav_bridge_transfers_total";
/// Hang-ups by Twilio's API; `result`.
pub const HANG_UPS: &str = "kav_bridge_rest_hang_ups_total";
/// Calls that the bridge placed; `result`.
pub const OUTBOUND: &str = "kav_bridge_outbound_calls_total";
/// Messages that the bridge sent; `result`: `sent` or `failed`.
pub const MESSAGES: &str = "kav_bridge_messages_total";
/// Recordings at Twilio; `result`: `made`, `deleted`.
pub const RECORDINGS: &str = "kav_bridge_recordings_total";
/// Requests whose signature or form was refused; `route`, `reason`.
pub const WEBHOOKS_REFUSED: &str = "kav_bridge_webhooks_refused_total";
/// Status callbacks; `result`: `new` or `repeated`.
pub const STATUS_CALLBACKS: &str = "kav_bridge_status_callbacks_total";
/// Media sockets; `result`: `accepted`, or why not.
pub const STREAMS: &str = "kav_bridge_streams_total";
/// Messages of a stream that were not understood; `reason`.
pub const MESSAGES_IGNORED: &str = "kav_bridge_messages_ignored_total";
/// Time the CRM takes to decide, in seconds.
pub const ROUTE_SECONDS: &str = "kav_bridge_crm_route_seconds";
/// Calls that got the neutral decision because the CRM gave none.
pub const ROUTE_FALLBACKS: &str = "kav_bridge_crm_route_fallbacks_total";
/// Events waiting to be acknowledged by the CRM.
pub const OUTBOX_PENDING: &str = "kav_bridge_outbox_pending";
/// Age of the oldest of them, in seconds.
pub const OUTBOX_OLDEST: &str = "kav_bridge_outbox_oldest_seconds";
/// Events recorded.
pub const OUTBOX_RECORDED: &str = "kav_bridge_outbox_recorded_total";
/// Events acknowledged.
pub const OUTBOX_DELIVERED: &str = "kav_bridge_outbox_delivered_total";
/// Deliveries that failed and will be tried again.
pub const OUTBOX_RETRIES: &str = "kav_bridge_outbox_retries_total";
/// Events the CRM refused for good.
pub const OUTBOX_DEAD: &str = "kav_bridge_outbox_dead_letters_total";
/// Events that could not be kept; `reason`.
pub const OUTBOX_LOST: &str = "kav_bridge_outbox_lost_total";
/// 1 while the journal cannot be written.
pub const OUTBOX_DISK_FAILING: &str = "kav_bridge_outbox_disk_failing";
/// Damaged records found in the journal.
pub const OUTBOX_DAMAGED: &str = "kav_bridge_outbox_damaged_records_total";
/// 1 while Redis answers.
pub const REDIS_UP: &str = "kav_bridge_redis_up";
/// Seconds of a ping to Redis.
pub const REDIS_LATENCY: &str = "kav_bridge_redis_latency_seconds";
/// Memory that Redis uses, in bytes.
pub const REDIS_MEMORY: &str = "kav_bridge_redis_memory_bytes";
/// Exchanges with Redis that failed.
pub const REDIS_FAILURES: &str = "kav_bridge_redis_failures_total";
/// Records of other bridges that make no sense.
pub const REDIS_BAD_RECORDS: &str = "kav_bridge_redis_bad_records_total";
/// Resident memory of this process, in bytes.
pub const RESIDENT: &str = "kav_bridge_resident_bytes";
/// What it should stay under, in bytes; absent without `MAX_MEMORY_USAGE_MB`.
pub const MEMORY_LIMIT: &str = "kav_bridge_memory_limit_bytes";

/// Seconds from the socket to speech recognition, per frame.
pub const IN_TO_PROVIDER: &str = "kav_bridge_in_to_provider_seconds";
/// Seconds from synthesised audio to the socket, per utterance.
pub const PROVIDER_TO_OUT: &str = "kav_bridge_provider_to_out_seconds";
/// Seconds from the stream's `start` to the greeting's first frame.
pub const GREETING: &str = "kav_bridge_greeting_seconds";
/// Seconds from the decision that the caller's turn is over to the answer's first frame.
pub const RESPONSE: &str = "kav_bridge_response_seconds";

/// Latencies that percentiles are read from: their buckets are fine.
const LATENCIES: [&str; 4] = [IN_TO_PROVIDER, PROVIDER_TO_OUT, GREETING, RESPONSE];
/// Upper bound of their first bucket, in seconds…
const FINEST: f64 = 50e-6;
/// …by how much each bucket is wider than the one before…
const GROWTH: f64 = 1.25;
/// …and what the last one must reach.
const LONGEST: f64 = 5.0;

/// Installs the recorder of this process, once; later calls return the same handle.
///
/// Where the process has somebody else's recorder already, the numbers go there, and the handle
/// renders nothing.
///
/// # Errors
/// [`BuildError`] if the exporter refuses the buckets.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    static HANDLE: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut installed = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(handle.clone());
    }
    let buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
    let fine = fine_buckets();
    let mut builder = PrometheusBuilder::new().set_buckets(&buckets)?;
    for name in LATENCIES {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), &fine)?;
    }
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    match metrics::set_global_recorder(recorder) {
        Ok(()) => describe(),
        Err(_) => tracing::warn!("the process has another metrics recorder: /metrics stays empty"),
    }
    *installed = Some(handle.clone());
    Ok(handle)
}

/// Bounds from [`FINEST`] to the first at or above [`LONGEST`].
fn fine_buckets() -> Vec<f64> {
    let mut bounds = vec![FINEST];
    while let Some(&last) = bounds.last().filter(|last| **last < LONGEST) {
        bounds.push(last * GROWTH);
    }
    bounds
}

fn describe() {
    describe_gauge!(CALLS_LIVE, "streams that are live");
    describe_gauge!(CALLS_AWAITED, "calls announced whose stream is awaited");
    describe_counter!(CALLS, "calls announced, by decision");
    describe_counter!(CALLS_REFUSED, "calls turned away, by reason");
    describe_counter!(CALLS_PANICKED, "calls whose driver panicked");
    describe_counter!(TRANSFERS, "calls handed over to a person, by result");
    describe_counter!(HANG_UPS, "hang-ups by Twilio's API, by result");
    describe_counter!(OUTBOUND, "calls the bridge placed, by result");
    describe_counter!(MESSAGES, "messages the bridge sent, by result");
    describe_counter!(RECORDINGS, "recordings at Twilio, made and deleted");
    describe_counter!(WEBHOOKS_REFUSED, "webhooks refused, by route and reason");
    describe_counter!(STATUS_CALLBACKS, "status callbacks, new or repeated");
    describe_counter!(STREAMS, "media sockets, by result");
    describe_counter!(MESSAGES_IGNORED, "stream messages not understood, by reason");
    describe_histogram!(ROUTE_SECONDS, Unit::Seconds, "time the CRM takes to decide");
    describe_counter!(ROUTE_FALLBACKS, "calls that got the neutral decision");
    describe_gauge!(OUTBOX_PENDING, "events waiting for the CRM");
    describe_gauge!(OUTBOX_OLDEST, Unit::Seconds, "age of the oldest waiting event");
    describe_counter!(OUTBOX_RECORDED, "events recorded");
    describe_counter!(OUTBOX_DELIVERED, "events acknowledged by the CRM");
    describe_counter!(OUTBOX_RETRIES, "deliveries that will be tried again");
    describe_counter!(OUTBOX_DEAD, "events the CRM refused for good");
    describe_counter!(OUTBOX_LOST, "events that could not be kept, by reason");
    describe_gauge!(OUTBOX_DISK_FAILING, "1 while the journal cannot be written");
    describe_counter!(OUTBOX_DAMAGED, "damaged records found in the journal");
    describe_gauge!(REDIS_UP, "1 while Redis answers");
    describe_gauge!(REDIS_LATENCY, Unit::Seconds, "a ping to Redis and its answer");
    describe_gauge!(REDIS_MEMORY, Unit::Bytes, "memory that Redis uses");
    describe_counter!(REDIS_FAILURES, "exchanges with Redis that failed");
    describe_counter!(REDIS_BAD_RECORDS, "records of other bridges that make no sense");
    describe_gauge!(RESIDENT, Unit::Bytes, "resident memory of this process");
    describe_gauge!(MEMORY_LIMIT, Unit::Bytes, "what MAX_MEMORY_USAGE_MB says");
}
