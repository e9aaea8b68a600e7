//! Arrival traces, a voice to send over them, a playout buffer in virtual time, and what other
//! buffers did on the same models.
#![allow(dead_code)]

pub(crate) mod drive;
pub(crate) mod models;
pub(crate) mod peers;
pub(crate) mod random;
pub(crate) mod voice;
