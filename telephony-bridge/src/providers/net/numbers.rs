//! Metrics of providers.

/// Failures of providers; `provider`, `role`, `reason`.
pub const ERRORS: &str = "kav_bridge_provider_errors_total";
/// A provider's circuit: 0 closed, 1 being tried, 2 open; `provider`, `role`.
pub const CIRCUIT: &str = "kav_bridge_provider_circuit";
/// Seconds from a request to the first piece of its answer; `provider`, `role`.
pub const FIRST_RESULT: &str = "kav_bridge_provider_first_result_seconds";
/// Tasks of providers that exist now.
pub const TASKS: &str = "kav_bridge_provider_tasks";

/// Says what they are.
pub fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!(ERRORS, "failures of providers, by provider, role and reason");
    describe_gauge!(CIRCUIT, "a provider's circuit: 0 closed, 1 being tried, 2 open");
    describe_histogram!(FIRST_RESULT, Unit::Seconds, "request to first piece of its answer");
    describe_gauge!(TASKS, "tasks of providers that exist now");
}
