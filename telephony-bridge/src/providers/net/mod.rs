//! The seam for providers behind a network.
//!
//! The traits [`Stt`](super::Stt), [`Llm`](super::Llm) and [`Tts`](super::Tts) are polled and never wait.
//! A provider behind a network keeps its sockets in a task and talks to it over two bounded channels:
//!
//! - [`CallNet`] belongs to one call. [`CallNet::spawn`] starts a task and returns its [`Worker`]: commands
//!   in, results out. Every result wakes the call's driver at once ([`Wake`]), so that nothing waits for the
//!   driver's next look.
//! - **A task never outlives its provider.** Dropping the `Worker` cancels the task where it waits; the
//!   call joins its tasks when it ends ([`CallNet::close`]) and [`live_tasks`] counts those of the process.
//! - [`Health`] belongs to one provider of the process: it counts what went wrong, by [`Reason`], and opens
//!   the provider's circuit, which a probe in the background closes again.
//! - [`Endpoint`] is an HTTP service with its time limits: connect, first byte, between bytes.
//!
//! A provider reports a failure twice: to its `Health`, with the reason, and as `Failed` through its
//! trait, so that the chain above it goes on with the next provider.
//!
//! **Time.** Tasks live in real time. What comes out of a task is due when it is there: such a provider
//! answers `None` to `poll_timeout`. Limits in call time belong to the chain, which is told the time.

mod error;
mod health;
mod history;
mod http;
pub mod numbers;
mod tls;
mod wake;
mod worker;

pub use error::{Phase, ProviderError, Reason, Role};
pub use health::{Circuit, Health, Permit};
pub use history::History;
pub use http::{Answer, Endpoint, HttpClient, HttpLimits, Request};
pub use tls::tls_config;
pub use wake::Wake;
pub use worker::{CallNet, Inbox, Outbox, Refused, Worker, live_tasks};
