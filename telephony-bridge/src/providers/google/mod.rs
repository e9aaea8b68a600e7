//! Google: Speech-to-Text (gRPC) and Text-to-Speech (REST).

pub mod auth;
pub mod speech;
pub mod tts;
