//! gRPC to Google: one HTTP/2 connection a service for all calls, and streams of bytes on it.

mod call;
mod codec;
mod connection;
mod status;

pub(super) use call::Call;
pub(super) use connection::Connection;
pub use connection::EndpointError;
pub(super) use status::error;
