//! The bridge's front door: webhooks, the media socket, the registry of calls, drain.
//!
//! **Nobody speaks who has not been announced**: a webhook is signed, its answer carries a token,
//! the socket's handshake is signed, and its `start` shows the token. Only then does a
//! [`CallRunner`] see an [`AcceptedStream`].

mod answer;
mod app;
mod board;
mod call;
mod calls;
mod door;
mod driver;
mod ended;
pub mod fallback;
mod health;
mod keepalive;
mod messages;
mod night;
mod outbound;
mod paths;
mod recordings;
mod registry;
mod remembered;
mod routes;
mod runtime;
mod serve;
mod sessions;
mod status;
mod token;
mod transfer;
mod upgrade;
mod voice;
mod wall_clock;

pub use app::{App, AppError};
pub use board::{About, Board, CallRow, CallStatus, Intent, OnBoard, Traffic};
pub use call::{AcceptedStream, CallFuture, CallInfo, CallRunner, CallSignal, Earlier};
pub use calls::CallsAnswer;
pub use driver::{LiveRunner, RunnerError};
pub use keepalive::{Keepalive, KeepaliveAction};
pub use paths::{CALLS_PATH, INBOUND_PATH, STATUS_PATH};
pub use registry::{Finished, LiveCall, NoPlace, Registry, RegistryStats, StreamRefused};
pub use routes::router;
pub use runtime::runtime;
pub use serve::{ServeError, serve};
pub use sessions::{LONGEST_PAUSE, RECORD_TTL, RedisHealth, Sessions, StoreError};
pub use token::{TOKEN_TTL, TokenError};
