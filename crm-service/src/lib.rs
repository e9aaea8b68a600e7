//! Businesses, leads, calls and conversations behind an HTTP API.
//!
//! **What is acknowledged is stored.** Routing a call, its events and the agent's tools are each one
//! transaction, idempotent by the ids that the bridge sends; a killed process loses nothing that was
//! answered, and resending is always safe.
//!
//! **A business sees its own rows.** The tenant comes from credentials, from the dialled number or from a
//! sealed call token, never from a body; repository functions take it as part of their transaction, and
//! PostgreSQL holds the line once more with row-level security. A call to a number that nobody owns
//! belongs to nobody.
//!
//! ```text
//! http       the surface: credentials, bodies, answers, OpenAPI
//!   routing  what to do with a call; the number normaliser, greetings, call tokens
//!   ingest   what happened in it
//!   tools    what the agent may do during it
//!   admin    businesses, keys and the demo, without HTTP
//!     calls, leads, tenancy   the repositories
//!       db   one SQL text over SQLite and PostgreSQL, migrations
//! ```
//!
//! Start it in a test or a demo on a free port:
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let mut config = crm_service::Config::default();
//! config.database_url = "sqlite://demo.db".to_owned().into();
//! config.internal_api_token = Some("a secret shared with the bridge".to_owned().into());
//! let seeded = crm_service::admin::seed_demo(&config, None).await?;
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let service = tokio::spawn(crm_service::serve(config, listener, async { _ = stopped.await; }));
//! // … http://{address} …
//! drop(stop);
//! service.await??;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod admin;
mod app;
mod calls;
mod cli;
mod clock;
pub mod config;
mod db;
mod error;
mod http;
mod ids;
mod ingest;
mod leads;
mod logging;
mod metrics;
mod paging;
mod redact;
mod routing;
mod serve;
mod tenancy;
mod tools;
mod words;

pub use cli::run_cli;
pub use config::Config;
pub use error::{Error, Fault, Refusal};
pub use serve::serve;
