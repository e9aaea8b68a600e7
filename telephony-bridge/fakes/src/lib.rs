//! Loopback stand-ins for the outside world.
//!
//! Test servers that speak the real wire protocols, written apart from the bridge's own code so
//! that each side checks the other. They are not the product's embedded providers.
#![forbid(unsafe_code)]

pub mod crm;
pub mod deepgram;
pub mod ear;
pub mod fault;
pub mod google;
pub mod openai;
mod port;
pub mod realtime;
pub mod relay;
pub mod s3;
mod served;
pub mod soniox;
pub mod speech_socket;
pub mod twilio_caller;
pub mod twilio_rest;
