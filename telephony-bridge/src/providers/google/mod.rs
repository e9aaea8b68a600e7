//! Google: Speech-to-Text (gRPC) and Text-to-Speech (REST, and gRPC where it streams).

pub mod auth;
mod grpc;
pub mod speech;
pub mod tts;

pub use grpc::EndpointError;
