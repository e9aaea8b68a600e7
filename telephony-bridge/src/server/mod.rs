//! The bridge's front door: webhooks, the media socket, the registry of calls, drain.
//!
//! **Nobody speaks who has not been announced**: a webhook is signed, its answer carries a token,
//! the socket's handshake is signed, and its `start` shows the token. Only then does a
//! [`CallRunner`] see an [`AcceptedStream`].

mod app;
mod board;
mod call;
mod calls;
mod driver;
pub mod fallback;
mod health;
mod keepalive;
mod registry;
mod routes;
mod serve;
mod status;
mod token;
mod upgrade;
mod voice;

pub use app::App;
pub use board::{Board, CallRow, CallStatus, OnBoard};
pub use call::{AcceptedStream, CallFuture, CallInfo, CallRunner, CallSignal};
pub use calls::{CALLS_PATH, CallsAnswer};
pub use driver::{LiveRunner, RunnerError};
pub use keepalive::{Keepalive, KeepaliveAction};
pub use registry::{Finished, LiveCall, NoPlace, Registry, RegistryStats, StreamRefused};
pub use routes::router;
pub use serve::{ServeError, serve};
pub use token::{TOKEN_TTL, TokenError};
