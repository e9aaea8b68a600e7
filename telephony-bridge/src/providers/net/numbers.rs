//! Metrics of providers.

/// Failures of providers; `provider`, `role`, `reason`.
pub const ERRORS: &str = "kav_bridge_provider_errors_total";
/// A provider's circuit: 0 closed, 1 being tried, 2 open; `provider`, `role`.
pub const CIRCUIT: &str = "kav_bridge_provider_circuit";
/// Seconds from a request to the first piece of its answer; `provider`, `role`.
pub const FIRST_RESULT: &str = "kav_bridge_provider_first_result_seconds";
/// Tools the model used; `tool`, `result`.
pub const TOOLS: &str = "kav_bridge_tools_total";
/// Replies begun before the caller's turn was certain; `result`: `adopted` or `wasted`.
pub const DRAFTS: &str = "kav_bridge_drafts_total";
/// Seconds by which an adopted one was ahead of its turn's last words.
pub const HEAD_START: &str = "kav_bridge_draft_head_start_seconds";
/// Fallbacks used: `provider` (`stt`, `llm`, `tts`, `realtime`), `reason`.
pub const FALLBACKS: &str = "kav_bridge_provider_fallbacks_total";
/// Recognised words that were not believed; `provider`, `reason`.
pub const DISBELIEVED: &str = "kav_bridge_stt_disbelieved_total";
/// Sentences whose audio was there beforehand; `from`: `memory` or `disk`.
pub const CACHE_HITS: &str = "kav_bridge_tts_cache_hits_total";
/// Sentences that had to be synthesised.
pub const CACHE_MISSES: &str = "kav_bridge_tts_cache_misses_total";
/// Tasks of providers that exist now.
pub const TASKS: &str = "kav_bridge_provider_tasks";

/// Sessions of speech to speech that were set up; `why`: `start`, `again` after one was lost, `rollover`.
pub const SESSIONS: &str = "kav_bridge_realtime_sessions_total";
/// Sessions of speech to speech that exist now, those about to follow another among them.
pub const SESSIONS_LIVE: &str = "kav_bridge_realtime_sessions_live";
/// Seconds until a session was set up: connected, its settings taken.
pub const SETUP: &str = "kav_bridge_realtime_setup_seconds";
/// Tokens that speech to speech cost; `direction`: `in`, `out`.
pub const TOKENS: &str = "kav_bridge_realtime_tokens_total";
/// Answers of which the caller did not hear the end, and the model was told so.
pub const CUT_OFF: &str = "kav_bridge_realtime_cut_off_total";

/// Says what they are.
pub fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!(ERRORS, "failures of providers, by provider, role and reason");
    describe_gauge!(CIRCUIT, "a provider's circuit: 0 closed, 1 being tried, 2 open");
    describe_histogram!(FIRST_RESULT, Unit::Seconds, "request to first piece of its answer");
    describe_counter!(TOOLS, "tools the model used, by tool and result");
    describe_counter!(DRAFTS, "replies begun before the caller's turn was certain, by what became of them");
    describe_histogram!(HEAD_START, Unit::Seconds, "by how much an adopted draft was ahead");
    describe_counter!(FALLBACKS, "fallbacks used, by what for and why");
    describe_counter!(DISBELIEVED, "recognised words not believed, by provider and reason");
    describe_counter!(CACHE_HITS, "sentences whose audio was there beforehand");
    describe_counter!(CACHE_MISSES, "sentences that had to be synthesised");
    describe_counter!(SESSIONS, "sessions of speech to speech that were set up, by why");
    describe_gauge!(SESSIONS_LIVE, "sessions of speech to speech that exist now");
    describe_histogram!(SETUP, Unit::Seconds, "until a session of speech to speech was set up");
    describe_counter!(TOKENS, "tokens that speech to speech cost, by direction");
    describe_counter!(
        CUT_OFF,
        "answers of speech to speech that were cut off where the caller stopped hearing them"
    );
    describe_gauge!(TASKS, "tasks of providers that exist now");
}
