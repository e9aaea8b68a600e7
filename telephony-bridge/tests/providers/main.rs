//! Calls through the real bridge with providers behind real sockets: what they do right and what they do
//! wrong.
#![allow(unreachable_pub, reason = "shared by the test's modules")]

mod chaos;
mod draft;
mod emergency;
mod full_call;
mod greeting;
mod latency;
mod matrix;
mod realtime;
mod recovery;
mod secrets;
mod site;
