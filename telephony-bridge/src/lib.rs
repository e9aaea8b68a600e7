//! Twilio Media Streams wired to speech providers and to the CRM.
//!
//! Three layers meet here: [`audio_core`]'s pipeline on its own threads, the [`session`] that
//! holds the conversation without sockets or clock, and the [`server`] that drives both.
#![forbid(unsafe_code)]

pub mod cli;
pub mod config;
pub mod crm;
pub mod logging;
pub mod metrics;
#[cfg_attr(not(feature = "otel"), path = "no_otel.rs")]
pub mod otel;
pub mod providers;
pub mod server;
pub mod session;
pub mod speech_text;
pub mod tape;
mod toml_text;
pub mod twilio;
pub mod words;
