//! Streaming recognisers over real sockets, each against a stand-in that hears words from audio alone: what
//! is lost, doubled or late shows in the text.
#![allow(clippy::unwrap_used)]

mod deepgram;
mod google;
mod google_peer;
mod line;
mod matrix;
mod peer;
mod soniox;
