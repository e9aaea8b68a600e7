//! The service over real sockets, every scenario on SQLite and on PostgreSQL.
//!
//! A PostgreSQL server is started from the system's binaries, one for the whole run; where there are
//! none, those halves say SKIP.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "clippy exempts tests from this rule, but not the helpers they share")]

#[macro_use]
mod support;

mod events;
mod events_without_route;
mod health;
mod http_faults;
mod isolation;
mod killed;
mod lead_fields;
mod lists;
mod process;
mod routing;
mod schema;
mod tools;
